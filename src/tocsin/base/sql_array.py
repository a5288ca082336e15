"""Many values as one parameter of a statement: the text of an array, as PostgreSQL reads it.

psycopg asks of each value of a list what it is; a batch of letters has thousands of them. Here they are written
down as they are, and the statement says of what type: ``unnest(%s::uuid[])``.
"""

from collections.abc import Iterable


def sql_array(values: Iterable[object]) -> str:
    """The array of these values (texts, ids, numbers, instants with a zone, truth values, nothing)."""
    return "{" + ",".join(map(_item, values)) + "}"


def _item(value: object) -> str:
    if value is None:
        return "NULL"
    text = value if type(value) is str else str(value)
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
