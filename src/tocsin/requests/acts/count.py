"""Making the figures of reports anew: by the node itself, by rule, over all requests, and without a word of any.

One pass over requests, letters and clocks, as a whole, so that figures never drift from what they count. It runs once
an hour, less often where it takes long, and never within a page.
"""

from time import monotonic

from django.db import connection, transaction

from tocsin.base.instant import Instant
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.models import Counted

ANSWERS = (
    *(LetterKind.INDICATE, LetterKind.QUERY, LetterKind.ACCEPT, LetterKind.REFUSE, LetterKind.POSTPONE),
    *(LetterKind.PRESERVED, LetterKind.DISCLOSE, LetterKind.DELIVER),
)
"""What counts as an answer: every word of the asked side but that it received the ask."""
_RESTS = 20
"""How many times as long as it took the figures are left as they are."""
_LOCK = 0x666967

_FIGURES = """
WITH by_wire AS (
    SELECT thread,
           min(at) FILTER (WHERE kind = 'ask' AND direction = 'received') AS came,
           min(id) FILTER (WHERE kind = 'ask' AND direction = 'sent') AS ask,
           min(sha256) FILTER (WHERE kind = 'ask' AND direction = 'sent') AS ask_sha256,
           min(at) FILTER (WHERE kind = ANY(%(answers)s) AND direction = 'sent') AS we_said,
           min(at) FILTER (WHERE kind = ANY(%(answers)s) AND direction = 'received') AS they_said
      FROM wire_storedletter WHERE set_aside IS NULL GROUP BY thread
), grounds AS (
    SELECT DISTINCT ON (thread) thread, convert_from(decode(rpad(
               translate(split_part(jws, '.', 2), '-_', '+/'), (length(split_part(jws, '.', 2)) + 3) / 4 * 4, '='
           ), 'base64'), 'UTF8')::jsonb #>> '{body,ground}' AS ground
      FROM wire_storedletter
     WHERE kind = 'refuse' AND set_aside IS NULL AND jws IS NOT NULL ORDER BY thread, seq
), taken_down AS (
    SELECT s.request_id,
           min(s.received_at) FILTER (WHERE s.step #>> '{marks,kind}' = ANY(%(answers)s)
               AND (s.step ->> 'from' = r.counterpart) = (r.side = 'asker')) AS said,
           min(s.step #>> '{marks,ground}') FILTER (WHERE s.step #>> '{marks,kind}' = 'refuse') AS ground
      FROM requests_stepelsewhere AS s JOIN requests_request AS r ON r.id = s.request_id GROUP BY s.request_id
), told AS (
    SELECT r.opened_at, r.side, r.instrument, r.counterpart, r.urgent, r.state, r.ended_at IS NOT NULL AS ended,
           coalesce(grounds.ground, taken_down.ground, '') AS ground,
           CASE WHEN r.side = 'asked'
                THEN coalesce((SELECT min(a.received_at) FROM requests_arrival AS a WHERE a.request_id = r.id), came)
                ELSE coalesce(stored.at, form.received_at, r.channel_received_at) END AS received,
           least(CASE WHEN r.side = 'asked' THEN we_said ELSE they_said END, taken_down.said) AS answered
      FROM requests_request AS r
      LEFT JOIN by_wire ON by_wire.thread = r.id
      LEFT JOIN grounds ON grounds.thread = r.id
      LEFT JOIN taken_down ON taken_down.request_id = r.id
      LEFT JOIN wire_storedreceipt AS stored ON stored.letter_id = by_wire.ask AND stored.stage = 'stored'
      LEFT JOIN requests_formreceipt AS form ON form.letter_sha256 = by_wire.ask_sha256
     WHERE r.joined_to_id IS NULL
)
INSERT INTO requests_figure
       (opened, side, instrument, counterpart, urgent, state, ended, ground, seconds, received, answered)
SELECT (opened_at AT TIME ZONE 'UTC')::date, side, instrument, counterpart, urgent, state, ended, left(ground, 120),
       CASE WHEN answered >= received THEN extract(epoch FROM answered - received)::bigint END,
       received IS NOT NULL, answered IS NOT NULL
  FROM told
"""
_CLOCKS = """
INSERT INTO requests_clockfigure (opened, side, instrument, counterpart, clock, phase, count)
SELECT (r.opened_at AT TIME ZONE 'UTC')::date, r.side, r.instrument, r.counterpart, c.clock, c.phase, count(*)
  FROM requests_storedclock AS c JOIN requests_request AS r ON r.id = c.request_id
 WHERE r.joined_to_id IS NULL GROUP BY 1, 2, 3, 4, 5, 6
"""


def count_anew(*, at: Instant, unless_fresh: bool = False) -> bool:
    """Make all figures anew; whether it was done. With ``unless_fresh`` not so soon after it took long.

    They decide nothing and hold no personal data, so no entry is made; whoever reads them sees the whole as it was at
    one instant.
    """
    before = Counted.objects.first()
    if unless_fresh and before is not None and (at - before.at).total_seconds() < before.seconds * _RESTS:
        return False
    begun = monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("DELETE FROM requests_figure")
        cursor.execute("DELETE FROM requests_clockfigure")
        cursor.execute(_FIGURES, {"answers": [kind.value for kind in ANSWERS]})
        cursor.execute(_CLOCKS)
        Counted.objects.update_or_create(only=True, defaults={"at": at, "seconds": monotonic() - begun})
    return True
