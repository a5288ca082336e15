"""A search is judged by the dictionary of each text: what must not be there, and which words are shown marked."""

from django.db import migrations

SEARCH = """
CREATE FUNCTION requests_worded(
    query tsquery, asked text, part text, headline text, most_read int, most int
) RETURNS TABLE (request_id uuid, piece text) LANGUAGE sql STABLE SECURITY DEFINER AS $$
SELECT DISTINCT ON (worded.request_id) worded.request_id,
       CASE WHEN vector @@ websearch_to_tsquery(dictionary::regconfig, asked)
            THEN ts_headline(dictionary::regconfig, left(words, 4000),
                             websearch_to_tsquery(dictionary::regconfig, asked), headline)
            ELSE left(words, 200) END
  FROM (SELECT w.request_id, w.id, w.vector, w.dictionary, w.words FROM requests_wording AS w
         WHERE w.vector @@ query AND w.vector @@ websearch_to_tsquery(w.dictionary::regconfig, asked)
        UNION ALL
        SELECT w.request_id, w.id, w.vector, w.dictionary, w.words FROM requests_wording AS w
         WHERE w.dictionary = 'tocsin_simple' AND length(part) >= 5 AND w.words ILIKE part
        LIMIT most_read) AS worded
  JOIN requests_request AS its ON its.id = worded.request_id AND requests_whole(its.members_only, its.dossier_id)
 ORDER BY worded.request_id, worded.id
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
