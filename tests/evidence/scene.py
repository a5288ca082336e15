"""What the tests of evidence have in common: three offices, two requests, files to deliver, and a postman for files."""

import json
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.offices import START, STATE_TAKES, Offices, console, member_named
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import InstrumentId, MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory.acts.national import sign_national_table
from tocsin.evidence.acts.deliver import deliver, pass_on
from tocsin.evidence.acts.pack import pack
from tocsin.evidence.acts.take_in import take_in
from tocsin.evidence.reads import PackageView
from tocsin.node.demo import forms
from tocsin.node.demo.plots import TABLE
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules.letters import Acknowledge
from tocsin.wire.acts.uploads import Announced, append_piece, begin_upload
from tocsin.wire.models import OutgoingFile

CSV = b'at,address,bytes\r\n2026-11-20T03:00:00Z,192.0.2.7,512\r\n2026-11-20T03:05:00Z,192.0.2.8,"1,024"\r\n'


@dataclass
class Scene:
    """Who is there, and what they are about."""

    offices: Offices
    ines: Actor
    sofia: Actor
    ioana: Actor
    hand_over: str
    """The request of ro to pt for the stored data."""
    produce: str
    """The order of pt to the provider."""
    at: Instant = START
    files: list[Path] = field(default_factory=list)

    @classmethod
    def set(cls, offices: Offices, *, at: Instant | None = None, exercise: bool = False) -> "Scene":
        """Found the offices and send the two requests; with ``at`` not before that instant."""
        pt = member_named("pt")
        pt.profile = replace(pt.profile, competences=(*STATE_TAKES, InstrumentId("budapest-18-order")))
        for member in ("ro", "pt", "example-mail"):
            offices.found(member, exercise=exercise)
        begun = START if at is None else max(at, instant.true_now())
        ioana = offices.person("ro", "Ioana Exemplu", "duty-officer", function="police")
        ines = offices.person("pt", "Inês Exemplo", "duty-officer", function="police")
        sofia = offices.person("example-mail", "Sofia Amostra", "duty-officer")
        offices.be("pt")
        sign_national_table(json.dumps(TABLE).encode(), by=console(), at=begun)
        stored = forms.stored(begun, reference="RO-55", preserved="P-9", earlier=new_uuid())
        asked = _asked(offices, "ro", ioana, stored, at=begun)
        order = forms.produce_order(begun, reference="PT-99", on_request_of="RO-55")
        ordered = _asked(offices, "pt", ines, order, at=begun)
        made = cls(offices, ines=ines, sofia=sofia, ioana=ioana, hand_over=asked, produce=ordered, at=begun)
        for member, who, request in (("pt", ines, asked), ("example-mail", sofia, ordered)):
            offices.be(member)
            write_letter(request, Acknowledge(reference="A-1"), by=who, at=begun)
        made.carry()
        made.files = _files(offices.be("example-mail").node.home)
        return made

    def later(self) -> Instant:
        """A minute later, each time."""
        self.at += timedelta(minutes=1)
        return self.at

    def packed(self, *files: Path, title: str = "Mailbox of example.user") -> PackageView:
        """The provider packs; this process is its node afterwards."""
        self.offices.be("example-mail")
        return pack(
            self.produce,
            title=title,
            files=files or self.files,
            by=self.sofia,
            at=self.later(),
            place="Lisboa, PT",
        )

    def delivered(self, *files: Path) -> PackageView:
        """The provider packs and delivers, and everything arrives; this process is pt's node afterwards."""
        made = self.packed(*files)
        deliver(made.id, by=self.sofia, at=self.later())
        self.carry()
        self.offices.be("pt")
        return made

    def held_by_pt(self, *files: Path) -> PackageView:
        """pt has taken the package in; this process is pt's node."""
        self.delivered(*files)
        (taken,) = take_in(self.produce, by=self.ines, at=self.later())
        return taken

    def held_by_ro(self, *files: Path) -> PackageView:
        """The package went from the provider through pt to ro; this process is ro's node."""
        held = self.held_by_pt(*files)
        pass_on(held.id, request=self.hand_over, by=self.ines, at=self.later())
        self.carry()
        self.offices.be("ro")
        (taken,) = take_in(self.hand_over, by=self.ioana, at=self.later())
        return taken

    def carry(self) -> None:
        """Bring letters and files to where they go."""
        refused = self.offices.carry(at=self.at)
        assert refused == [], refused
        here = this_node().member
        for member in ("ro", "pt", "example-mail"):
            carry_files(self.offices, member, at=self.at)
        self.offices.be(here)


def carry_files(offices: Offices, member: str, *, at: Instant) -> None:
    """Upload what waits at a member to its addressee, as the wire's own entrance takes it."""
    home = offices.be(member).node.home
    for row in OutgoingFile.objects.filter(state="waiting", attempts=0):
        content = (home / row.path).read_bytes()
        offices.be(row.peer)
        begin_upload(
            Announced(
                sender=MemberId(member),
                addressee=MemberId(row.peer),
                attachment=str(row.attachment),
                size=row.size,
                sha256=row.sha256,
            ),
            at=at,
        )
        left = [content]
        append_piece(
            MemberId(member),
            MemberId(row.peer),
            str(row.attachment),
            offset=0,
            length=len(content),
            read=lambda _most, left=left: left.pop() if left else b"",  # type: ignore[misc]  # bound as it is now
            at=at,
        )
        offices.be(member)
        OutgoingFile.objects.filter(pk=row.pk).update(attempts=1, next_attempt_at=at + timedelta(days=9))


def _asked(offices: Offices, member: str, who: Actor, content: dict[str, Any], *, at: Instant) -> str:
    offices.be(member)
    judge = offices.person(member, "Radu Model", "issuing-authority", function="prosecutor")
    draft = write_draft(content, by=who, at=at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=judge, at=at)
    letter = send_request(draft.id, by=who, at=at)
    refused = offices.carry(at=at)
    assert refused == [], refused
    return str(letter.thread)


def _files(home: Path) -> list[Path]:
    folder = home / "made"
    folder.mkdir()
    (folder / "mailbox.mbox").write_bytes(random.Random(7).randbytes(300_000))  # noqa: S311 - an example
    (folder / "sessions.csv").write_bytes(CSV)
    (folder / "empty.txt").write_bytes(b"")
    return sorted(folder.iterdir())
