"""Requests, drafts, all that hangs on them, and their letters are closed to who may not see them.

A request is read whole by the desk unless it lies in a dossier of its members alone, and by those who were let in;
counsel sees the request and its letters and nothing that is internal. The tables of ``wire`` are closed here, since
only here it is known what a thread is. A subquery on ``requests_request`` is itself under row security, for who asks.

The two functions of the search run as their owner, who uses the indexes, and ask for themselves what may be seen:
behind a policy PostgreSQL uses no index for ``@@`` and ``ILIKE``.
"""

from django.db import migrations

_BY_DESK = "NOT {0}members_only AND (SELECT viewing_desk())"
_LET_IN = "{0}dossier_id = ANY ((SELECT viewing_reads())::uuid[])"
_WHOLE = f"({_BY_DESK} OR {_LET_IN})"
_SEEN = f"({_BY_DESK} OR {{0}}dossier_id = ANY ((SELECT viewing_sees())::uuid[]))"


def _of_request(column: str, *, whole: bool = True) -> str:
    """A row that hangs on a request."""
    condition = f" AND {_WHOLE.format('its.')}" if whole else ""
    return f"EXISTS (SELECT FROM requests_request AS its WHERE its.id = {column}{condition})"


_DRAFT = "EXISTS (SELECT FROM requests_draft AS its WHERE its.id = draft_id)"
_LETTER = "EXISTS (SELECT FROM wire_storedletter AS its WHERE its.id = letter_id)"
_MINE = "person = (SELECT viewing_person())"
_THREAD = _of_request("thread", whole=False)

GUARDED: dict[str, tuple[str, ...]] = {
    "requests_request": (_SEEN.format(""), _WHOLE.format("")),
    "requests_draft": (_WHOLE.format(""), _WHOLE.format("")),
    "requests_storedsignoff": (_DRAFT, _DRAFT),
    **{
        f"requests_{table}": (_of_request("request_id"), _of_request("request_id"))
        for table in ("subject", "storedclock", "alarm", "releasedraft", "handover", "note", "wording")
    },
    "requests_look": (
        f"(SELECT viewing_all_looks()) OR {_MINE} OR {_of_request('request_id')}",
        _MINE,
        "false",
    ),
    "requests_savedview": (_MINE, _MINE),
    "requests_doneonce": (_MINE, _MINE),
    "wire_storedletter": (_THREAD, _THREAD),
    "wire_storedreceipt": (_LETTER, _LETTER),
    "wire_outgoing": (_THREAD, _THREAD),
}

SEARCH = """
CREATE FUNCTION requests_whole(members_only boolean, dossier_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('tocsin.looking', true), '') <> 'on'
           OR NOT members_only AND viewing_desk() OR coalesce(dossier_id = ANY (viewing_reads()), false)
$$;

CREATE FUNCTION requests_worded(query tsquery, part text, headline text, most_read int, most int)
RETURNS TABLE (request_id uuid, piece text) LANGUAGE sql STABLE SECURITY DEFINER AS $$
SELECT DISTINCT ON (worded.request_id) worded.request_id,
       CASE WHEN vector @@ query THEN ts_headline(dictionary::regconfig, left(words, 4000), query, headline)
            ELSE left(words, 200) END
  FROM (SELECT w.request_id, w.id, w.vector, w.dictionary, w.words FROM requests_wording AS w
         WHERE w.vector @@ query
        UNION ALL
        SELECT w.request_id, w.id, w.vector, w.dictionary, w.words FROM requests_wording AS w
         WHERE w.dictionary = 'tocsin_simple' AND length(part) >= 5 AND w.words ILIKE part
        LIMIT most_read) AS worded
  JOIN requests_request AS its ON its.id = worded.request_id AND requests_whole(its.members_only, its.dossier_id)
 ORDER BY worded.request_id, worded.id
 LIMIT most
$$;

CREATE FUNCTION requests_referenced(part text, most int)
RETURNS TABLE (request_id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
SELECT id FROM requests_request
 WHERE case_reference ILIKE part AND requests_whole(members_only, dossier_id)
 ORDER BY opened_at DESC LIMIT most
$$;

DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION requests_worded(tsquery, text, text, int, int) SET search_path = %I, pg_temp',
                   current_schema());
    EXECUTE format('ALTER FUNCTION requests_referenced(text, int) SET search_path = %I, pg_temp', current_schema());
END $$;
"""
NO_SEARCH = """
DROP FUNCTION requests_referenced(text, int);
DROP FUNCTION requests_worded(tsquery, text, text, int, int);
DROP FUNCTION requests_whole(boolean, uuid);
"""


def _guard(table: str) -> str:
    said = ", ".join(f"'{text}'" for text in (table, *GUARDED[table]))
    return f"SELECT viewing_guard({said})"


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0004_row_security"),
        ("requests", "0005_dossiers"),
        ("wire", "0002_guard"),
    ]

    operations = [
        *(migrations.RunSQL(_guard(table), f"SELECT viewing_unguard('{table}')") for table in GUARDED),
        migrations.RunSQL(SEARCH, NO_SEARCH),
    ]
