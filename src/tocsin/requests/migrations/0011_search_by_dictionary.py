"""A search is judged by the dictionary of each text: what must not be there, and which words are shown marked."""

from django.db import migrations

SEARCH = """
CREATE FUNCTION requests_worded(
    query tsquery, asked text, part text, headline text, most_read int, most int
) RETURNS TABLE (request_id uuid, piece text) LANGUAGE sql STABLE SECURITY DEFINER AS $$
SELECT found.request_id,
       CASE WHEN found.vector @@ websearch_to_tsquery(found.dictionary::regconfig, asked)
            THEN ts_headline(found.dictionary::regconfig, left(found.words, 4000),
                             websearch_to_tsquery(found.dictionary::regconfig, asked), headline)
            ELSE left(found.words, 200) END
  FROM (SELECT DISTINCT ON (hit.request_id) hit.id
          FROM (SELECT w.request_id, w.id FROM requests_wording AS w WHERE w.vector @@ query
                UNION ALL
                SELECT w.request_id, w.id FROM requests_wording AS w
                 WHERE w.dictionary = 'tocsin_simple' AND length(part) >= 5 AND w.words ILIKE part
                LIMIT most_read) AS hit
          JOIN requests_request AS its ON its.id = hit.request_id AND requests_whole(its.members_only, its.dossier_id)
         ORDER BY hit.request_id, hit.id
         LIMIT 4 * most) AS picked
  JOIN requests_wording AS found ON found.id = picked.id
 WHERE found.vector @@ websearch_to_tsquery(found.dictionary::regconfig, asked)
    OR found.dictionary = 'tocsin_simple' AND found.words ILIKE part
 LIMIT most
$$;

DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION requests_worded(tsquery, text, text, text, int, int) SET search_path = %I, pg_temp',
                   current_schema());
END $$;
"""
NO_SEARCH = "DROP FUNCTION requests_worded(tsquery, text, text, text, int, int)"


class Migration(migrations.Migration):
    dependencies = [("requests", "0010_looks")]

    operations = [migrations.RunSQL(SEARCH, NO_SEARCH)]
