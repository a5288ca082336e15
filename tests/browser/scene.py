"""A night at two desks: requests in many states, made by the same acts and letters as anywhere."""

from datetime import timedelta

from tests.offices import Offices
from tests.requests.desk import Pair, preservation, urgent
from tocsin.base import instant
from tocsin.base.ids import RequestId
from tocsin.requests.acts.look import look_at_request, take_request
from tocsin.requests.acts.note import write_note
from tocsin.requests.acts.ring import ring_clocks
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Stage, Whether

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}{% now "Y" %}\u202e'


class Night(Pair):
    """Ro and pt, some hours before now; what happens goes forward in time until now."""

    def __init__(self, offices: Offices, *, ago: timedelta = timedelta(hours=12)) -> None:
        offices.at = instant.true_now().replace(microsecond=0) - ago
        super().__init__(offices)

    def many(self) -> dict[str, RequestId]:
        """Requests at pt, by what became of each."""
        found: dict[str, RequestId] = {}
        found["late"] = self.sent(urgent(self.at))
        found["kept"] = self.sent(self.named("RO-2026-0031"))
        self.later(minutes=40)
        self.pt()
        look_at_request(found["kept"], reason="on duty", by=self.ines, at=self.at)
        take_request(found["kept"], by=self.ines, at=self.at)
        self.pt_writes(found["kept"], say.Accept(reference="PT-2026-0099"))
        held = say.Preserved(effected_at=self.at, scope="the account and its messages", reference="PT-2026-0099")
        self.pt_writes(found["kept"], held)
        write_note(
            found["kept"], "Mail provider called back at 03:10; box is frozen.", language="en", by=self.ines, at=self.at
        )
        found["queried"] = self.sent(self.named("RO-2026-0032"))
        query = say.Query(fields=(say.FieldQuery(field="period", why=say.Why.UNCLEAR),), preserved=True)
        self.pt_writes(found["queried"], query)
        found["refused"] = self.sent(self.named("RO-2026-0033", facts="An invented editor wrote about a minister."))
        self.pt_writes(found["refused"], say.Refuse(ground="ETS185_POLITICAL", reason="The matter is political."))
        self.later(hours=5)
        found["promised"] = self.sent(urgent(self.at))
        self.pt_writes(
            found["promised"],
            say.Indicate(whether=Whether.YES, form="confirmation of preservation", when=self.at + timedelta(hours=30)),
        )
        found["followed"] = self.sent(self.named("RO-2026-0034"))
        self.pt_writes(found["followed"], say.Preserved(effected_at=self.at, scope="all", complete=True))
        issued = say.FollowUp(stage=Stage.ISSUED, reference="MLA-77/2026", at=self.at)
        self.ro_writes(found["followed"], issued)
        found["hostile"] = self.sent(self.named("RO-2026-0035", facts=HOSTILE, holder=HOSTILE))
        self.later(hours=6)
        found["urgent"] = self.sent(urgent(self.at))
        found["fresh"] = self.sent(self.named("RO-2026-0036"))
        for member in ("ro", "pt"):
            self.offices.be(member)
            ring_clocks(at=instant.true_now())
        return found

    def carry_now(self) -> None:
        """What was written at the desks, at this very moment, arrives."""
        self.at = instant.true_now()
        assert self.carry() == []

    def named(self, reference: str, **fields: object) -> dict[str, object]:
        content = preservation(self.at, reference=reference, **fields)
        return {**content, "case_reference": reference}
