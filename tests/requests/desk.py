"""Ioana and Radu in Romania, Inês in Portugal: who acts in the tests of requests, and their forms."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.offices import Offices
from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant, text
from tocsin.node.demo import forms
from tocsin.requests import reads
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.reads import DraftView, Standing
from tocsin.requests.rules.letters import Body
from tocsin.wire.rules.letter import Letter


@dataclass
class Pair:
    """Two contact points and their people; ``at`` goes forward as the test says."""

    offices: Offices
    at: Instant = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.offices.at
        for member in ("ro", "pt"):
            self.offices.found(member)
        person = self.offices.person
        self.ioana = person("ro", "Ioana Exemplu", "duty-officer", function="police")
        self.radu = person("ro", "Radu Model", "issuing-authority", function="prosecutor")
        self.ines = person("pt", "Inês Exemplo", "duty-officer", function="police")
        self.ro()

    def ro(self) -> None:
        self.offices.be("ro")

    def pt(self) -> None:
        self.offices.be("pt")

    def later(self, **much: float) -> Instant:
        """Let time pass; letters that wait arrive now."""
        self.at += timedelta(**much)
        return self.at

    def draft(self, content: dict[str, Any] | None = None, *, by: Actor | None = None) -> DraftView:
        self.ro()
        written = content or forms.preservation(self.at, reference="RO-2026-0042")
        return write_draft(written, by=by or self.ioana, at=self.at)

    def sent(self, content: dict[str, Any] | None = None) -> RequestId:
        """An ask of ro, signed off where it has to be, that has arrived at pt."""
        draft = self.draft(content)
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=self.radu, at=self.at)
        letter = send_request(draft.id, by=self.ioana, at=self.at)
        assert self.carry() == []
        return letter.thread

    def carry(self) -> list[Any]:
        return self.offices.carry(at=self.at)

    def ro_writes(self, request: RequestId, body: Body) -> Letter:
        self.ro()
        letter = write_letter(request, body, by=self.ioana, at=self.at)
        assert self.carry() == []
        return letter

    def pt_writes(self, request: RequestId, body: Body) -> Letter:
        self.pt()
        letter = write_letter(request, body, by=self.ines, at=self.at)
        assert self.carry() == []
        return letter

    def at_ro(self, request: RequestId) -> Standing:
        self.ro()
        return reads.standing_for(self.ioana, request, at=self.at)

    def at_pt(self, request: RequestId) -> Standing:
        self.pt()
        return reads.standing_for(self.ines, request, at=self.at)


def urgent(at: Instant) -> dict[str, Any]:
    """Directive 2013/40, Article 13: an answer within eight hours."""
    return forms.urgent(at, reference="RO-2026-0044")


def preservation(at: Instant, **fields: Any) -> dict[str, Any]:
    """Article 29, with fields of the form changed; ``None`` takes one out."""
    content = forms.preservation(at, reference="RO-2026-0042")
    changed = {**content["form"], **fields}
    return {**content, "form": {name: value for name, value in changed.items() if value is not None}}


def stored(at: Instant, *, earlier: RequestId) -> dict[str, Any]:
    """Article 31: hand over what a preservation kept."""
    return forms.stored(at, reference="RO-2026-0055", preserved="PT-2026-0099", earlier=earlier)


def in_words(at: Instant) -> str:
    return text(at)
