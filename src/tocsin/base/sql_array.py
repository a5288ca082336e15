"""Many values as one parameter of a statement: the text of an array, as PostgreSQL reads it.

psycopg asks of each value of a list what it is; a batch of letters has thousands of them. Here they are written
down as they are, and the statement says of what type: ``unnest(%s::uuid[])``.
"""

from collections.abc import Iterable


def sql_array(values: Iterable[object]) -> str:
    """The array of these values (texts, ids, numbers, instants with a zone, truth values, nothing)."""
    listed = list(values)
    if not listed:
        return "{}"
    if None not in listed:
        joined = '","'.join(map(str, listed))
        # Nothing to escape, as nearly always: no quotation mark but those between the values.
        if "\\" not in joined and joined.count('"') == 2 * (len(listed) - 1):
            return f'{{"{joined}"}}'
    return "{" + ",".join(map(_item, listed)) + "}"


def _item(value: object) -> str:
    if value is None:
        return "NULL"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
