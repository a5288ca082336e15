"""Making the figures of reports anew: by the node itself, by rule, over all requests, and without a word of any.

What is counted of a request is derived again while it is open, and once more after it changed; what has ended stays as
it was counted. From these facts the figures of each month are made anew as a whole. It runs once an hour, less often
where it takes long, and never within a page.
"""

from datetime import UTC, datetime, timedelta
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
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_SLACK = timedelta(hours=2)
"""What changed so long before the last count is looked at again: transactions end later than they begin."""

_FACTS = """
INSERT INTO requests_fact (request, month, side, instrument, counterpart, state, ended, ground, answered, seconds)
SELECT r.id, date_trunc('month', r.opened_at AT TIME ZONE 'UTC')::date, r.side, r.instrument, r.counterpart, r.state,
       r.ended_at IS NOT NULL, left(coalesce(refused.ground, typed.ground, ''), 120), its.answered IS NOT NULL,
       CASE WHEN its.answered >= its.received THEN extract(epoch FROM its.answered - its.received)::bigint END
  FROM requests_request AS r
  CROSS JOIN LATERAL (
      SELECT min(at) FILTER (WHERE kind = 'ask' AND direction = 'received') AS came,
             min(id) FILTER (WHERE kind = 'ask' AND direction = 'sent') AS ask,
             min(sha256) FILTER (WHERE kind = 'ask' AND direction = 'sent') AS ask_sha256,
             min(at) FILTER (WHERE kind = ANY(%(answers)s)
                 AND direction = CASE r.side WHEN 'asked' THEN 'sent' ELSE 'received' END) AS said
        FROM wire_storedletter WHERE thread = r.id AND set_aside IS NULL) AS wire
  LEFT JOIN LATERAL (
      SELECT convert_from(decode(rpad(translate(split_part(jws, '.', 2), '-_', '+/'),
                 (length(split_part(jws, '.', 2)) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb #>> '{body,ground}'
                 AS ground
        FROM wire_storedletter
       WHERE thread = r.id AND r.state = 'refused' AND kind = 'refuse' AND set_aside IS NULL AND jws IS NOT NULL
       ORDER BY seq LIMIT 1) AS refused ON true
  CROSS JOIN LATERAL (
      SELECT min(received_at) FILTER (WHERE step #>> '{marks,kind}' = ANY(%(answers)s)
                 AND (step ->> 'from' = r.counterpart) = (r.side = 'asker')) AS said,
             min(step #>> '{marks,ground}') FILTER (WHERE step #>> '{marks,kind}' = 'refuse') AS ground
        FROM requests_stepelsewhere WHERE request_id = r.id) AS typed
  CROSS JOIN LATERAL (
      SELECT least(wire.said, typed.said) AS answered,
             CASE WHEN r.side = 'asked'
                  THEN coalesce((SELECT min(a.received_at) FROM requests_arrival AS a WHERE a.request_id = r.id),
                                wire.came)
                  ELSE coalesce((SELECT at FROM wire_storedreceipt WHERE letter_id = wire.ask AND stage = 'stored'),
                                (SELECT received_at FROM requests_formreceipt WHERE letter_sha256 = wire.ask_sha256),
                                r.channel_received_at) END AS received) AS its
 WHERE r.joined_to_id IS NULL AND (r.ended_at IS NULL OR greatest(r.ended_at, r.changed_at) >= %(since)s
        OR NOT EXISTS (SELECT FROM requests_fact AS known WHERE known.request = r.id))
    ON CONFLICT (request) DO UPDATE SET state = excluded.state, ended = excluded.ended, ground = excluded.ground,
       answered = excluded.answered, seconds = excluded.seconds, counterpart = excluded.counterpart
"""
_JOINED = """
DELETE FROM requests_fact USING requests_request AS r WHERE r.id = request AND r.joined_to_id IS NOT NULL
"""
_FIGURES = """
INSERT INTO requests_figure (month, side, instrument, counterpart, state, ended, ground, answered, timed, count)
SELECT month, side, instrument, counterpart, state, ended, ground, answered, seconds IS NOT NULL, count(*)
  FROM requests_fact GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
_REACTIONS = """
INSERT INTO requests_reaction (month, side, instrument, counterpart, seconds, count)
SELECT month, side, coalesce(instrument, ''), coalesce(counterpart, ''), rounded, count(*)
  FROM (SELECT *, CASE WHEN seconds < 100 THEN seconds
                       ELSE round(seconds, 1 - floor(log(seconds::numeric))::int) END::bigint AS rounded
          FROM requests_fact WHERE seconds IS NOT NULL) AS known
 GROUP BY GROUPING SETS ((month, side, instrument, rounded), (month, side, counterpart, rounded))
"""
_CLOCKS = """
INSERT INTO requests_clockfigure (month, side, instrument, counterpart, clock, phase, count)
SELECT f.month, f.side, f.instrument, f.counterpart, c.clock, c.phase, count(*)
  FROM requests_storedclock AS c JOIN requests_fact AS f ON f.request = c.request_id GROUP BY 1, 2, 3, 4, 5, 6
"""
_MADE_ANEW = ("requests_figure", "requests_reaction", "requests_clockfigure")


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
        since = before.at - _SLACK if before else _EARLIEST
        cursor.execute(_FACTS, {"answers": [kind.value for kind in ANSWERS], "since": since})
        cursor.execute(_JOINED)
        for table in _MADE_ANEW:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        for statement in (_FIGURES, _REACTIONS, _CLOCKS):
            cursor.execute(statement)
        Counted.objects.update_or_create(only=True, defaults={"at": at, "seconds": monotonic() - begun})
    return True
