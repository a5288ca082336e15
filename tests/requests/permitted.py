"""What five instruments permit, written down by hand from their articles.

The product reads this from the instruments' files; the tests compare the two. Clock ids and codes
of grounds are those of the law data.
"""

from tocsin.base.ids import InstrumentId
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import ClockId, GroundUse, LetterKind
from tocsin.requests.rules.permits import Extension, Ground, Permits

REFUSE = frozenset({GroundUse.REFUSE})
POSTPONE = frozenset({GroundUse.POSTPONE})
REFUSE_OR_WITHHOLD = frozenset({GroundUse.REFUSE, GroundUse.WITHHOLD})

ANYBODY_ASKS = frozenset({LetterKind.SUPPLEMENT, LetterKind.WITHDRAW, LetterKind.CLOSE})
ANYBODY_ANSWERS = frozenset(
    {
        LetterKind.ACKNOWLEDGE,
        LetterKind.INDICATE,
        LetterKind.QUERY,
        LetterKind.ACCEPT,
        LetterKind.REFUSE,
        LetterKind.CLOSE,
    }
)

FLOOR = ClockId("ets185.29.7.preserve_min")
CEILING = ClockId("eev.11.1.preserve")

# Budapest Convention, Art. 29: a floor of 60 days that nobody has a right to lengthen (29(7)); Art. 30
# works without a new request; grounds of 29(4)-(5); postponement 27(5).
PRESERVE = Permits(
    instrument=InstrumentId("budapest-29-preserve"),
    asker=ANYBODY_ASKS | {LetterKind.EXTEND, LetterKind.FOLLOW_UP},
    asked=ANYBODY_ANSWERS
    | {
        LetterKind.POSTPONE,
        LetterKind.EXTEND,
        LetterKind.PRESERVED,
        LetterKind.DISCLOSE,
        LetterKind.RELEASE,
        LetterKind.FOLLOW_UP,
    },
    fulfilled_by=frozenset({LetterKind.PRESERVED}),
    grounds=(
        Ground(code="ETS185_POLITICAL", uses=REFUSE_OR_WITHHOLD),
        Ground(code="ETS185_ORDRE_PUBLIC", uses=REFUSE_OR_WITHHOLD),
        Ground(code="ETS185_DUAL_CRIM_RES", uses=REFUSE),
        Ground(code="ETS185_POSTPONE", uses=POSTPONE),
    ),
    extensions=(Extension(clock=FLOOR, by=frozenset({Side.ASKER, Side.ASKED}), consent=True),),
)

# Budapest Convention, Art. 31: the data themselves.
STORED = Permits(
    instrument=InstrumentId("budapest-31-stored"),
    asker=ANYBODY_ASKS,
    asked=ANYBODY_ANSWERS | {LetterKind.POSTPONE, LetterKind.DELIVER},
    fulfilled_by=frozenset({LetterKind.DELIVER}),
    grounds=(
        Ground(code="ETS185_LAW", uses=REFUSE),
        Ground(code="ETS185_POLITICAL", uses=REFUSE),
        Ground(code="ETS185_ORDRE_PUBLIC", uses=REFUSE),
        Ground(code="ETS185_POSTPONE", uses=POSTPONE),
    ),
)

# Regulation 2023/1543, EPOC: to the provider; Annex III is a query (10(6)) or a refusal (10(5), (7), (8));
# whatever is asked for is preserved at once (10(1)). Nobody accepts, postpones or extends.
EPOC = Permits(
    instrument=InstrumentId("eev-epoc"),
    asker=ANYBODY_ASKS,
    asked=frozenset(
        {
            LetterKind.ACKNOWLEDGE,
            LetterKind.QUERY,
            LetterKind.REFUSE,
            LetterKind.PRESERVED,
            LetterKind.DELIVER,
            LetterKind.RELEASE,
            LetterKind.CLOSE,
        }
    ),
    fulfilled_by=frozenset({LetterKind.DELIVER}),
    grounds=(
        Ground(code="EEV_ENF_IMPOSSIBLE", uses=REFUSE),
        Ground(code="EEV_THIRD_COUNTRY", uses=REFUSE),
    ),
    set_anew=frozenset({ClockId("eev.10.3.produce"), ClockId("eev.10.2.produce_notified")}),  # Art. 10(8)
)

# Regulation 2023/1543, EPOC-PR: 60 days, once 30 more (11(1), Annex VI), open-ended after Annex V.
EPOC_PR = Permits(
    instrument=InstrumentId("eev-epoc-pr"),
    asker=ANYBODY_ASKS | {LetterKind.EXTEND, LetterKind.FOLLOW_UP},
    asked=frozenset(
        {
            LetterKind.ACKNOWLEDGE,
            LetterKind.QUERY,
            LetterKind.REFUSE,
            LetterKind.PRESERVED,
            LetterKind.RELEASE,
            LetterKind.FOLLOW_UP,
            LetterKind.CLOSE,
        }
    ),
    fulfilled_by=frozenset({LetterKind.PRESERVED}),
    grounds=(Ground(code="EEV_ENF_IMPOSSIBLE", uses=REFUSE),),
    extensions=(Extension(clock=CEILING, by=frozenset({Side.ASKER}), times=1, days=30),),
)

# Budapest Convention, Art. 26: the side that opens the thread has the information; it says under which
# conditions (26(2)), hears whether they can be kept, and then decides for itself.
SPONTANEOUS = Permits(
    instrument=InstrumentId("budapest-26-spontaneous"),
    asker=ANYBODY_ASKS | {LetterKind.DELIVER},
    asked=frozenset(
        {LetterKind.ACKNOWLEDGE, LetterKind.INDICATE, LetterKind.QUERY, LetterKind.ACCEPT, LetterKind.CLOSE}
    ),
    fulfilled_by=frozenset({LetterKind.DELIVER}),
    waits=frozenset({LetterKind.DELIVER}),
)

ALL = (PRESERVE, STORED, EPOC, EPOC_PR, SPONTANEOUS)
BY_NAME = {permits.instrument: permits for permits in ALL}
