"""Members that write letters without a node: their side of the wire is rules alone."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from tests.directory.cards import Member
from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, MemberId, RequestId, new_uuid
from tocsin.base.this_node import this_node
from tocsin.directory.entries import CardTaken
from tocsin.directory.models import KnownCard
from tocsin.directory.rules.card import SignedCard
from tocsin.directory.rules.trust import Source
from tocsin.journal import acts as journal
from tocsin.law.vocabulary import LetterKind
from tocsin.wire.acts.admit import Caller, admit
from tocsin.wire.acts.receive import receive
from tocsin.wire.rules.batch import Answer
from tocsin.wire.rules.letter import CardSource, DirectoryNote, Letter, UnsignedLetter, Writer
from tocsin.wire.rules.seal import SealedLetter, seal_letter, sign_letter
from tocsin.wire.rules.ticket import Asked, Down, new_ticket

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ASKED = Asked(method="POST", path="/wire/inbox")


def new_thread() -> RequestId:
    return RequestId(new_uuid())


@dataclass
class Desk:
    """A member with keys and a card, that writes chains of letters."""

    someone: Member
    chains: dict[RequestId, list[Letter]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, *, at: datetime = NOW, **profile: Any) -> "Desk":
        someone = Member(name)
        someone.profile = replace(someone.profile, **profile)
        someone.card(at=at - timedelta(days=1))
        return cls(someone)

    @property
    def member(self) -> MemberId:
        return self.someone.member

    @property
    def card(self) -> SignedCard:
        return self.someone.cards[-1]

    @property
    def signing_key(self) -> jose.SigningKey:
        return jose.signing_key(self.someone.keys.signing)

    def draft(self, to: MemberId, thread: RequestId, **changes: Any) -> UnsignedLetter:
        chain = self.chains.get(thread, [])
        fields: dict[str, Any] = {
            "id": LetterId(new_uuid()),
            "kind": LetterKind.ASK if not chain else LetterKind.SUPPLEMENT,
            "thread": thread,
            "sender": self.member,
            "addressee": to,
            "seq": len(chain) + 1,
            "prev": chain[-1].sha256 if chain else None,
            "seen": None,
            "written": NOW,
            "by": Writer(name="Ioana Exemplu", role="duty-officer"),
            "instrument": "budapest-29-preserve",
            "directory": DirectoryNote(source=CardSource.VOICE),
            "body": {"account": "someone@mail.example"},
        }
        return UnsignedLetter(**(fields | changes))

    def write(self, to: MemberId, thread: RequestId | None = None, **changes: Any) -> Letter:
        """The next letter of a chain, signed."""
        thread = thread or new_thread()
        letter = sign_letter(self.draft(to, thread, **changes), key=self.signing_key)
        self.chains.setdefault(thread, []).append(letter)
        return letter

    def ticket(self, *, asked: Asked = ASKED, at: datetime = NOW, down: Down | None = None) -> str:
        """The header by which this member makes a request of the node that this process is."""
        to = this_node().member
        made = new_ticket(asked, sender=self.member, to=to, key=self.signing_key, at=at, down=down)
        return f"Tocsin {made.decode()}"

    def admitted(self, *, at: datetime = NOW, down: Down | None = None) -> Caller:
        return admit(self.ticket(at=at, down=down), asked=ASKED, at=at)

    def brings(self, *letters: Letter | SealedLetter, at: datetime = NOW, down: Down | None = None) -> list[Answer]:
        """Bring letters to the node that this process is, as its inbox would take them."""
        sealed = [one if isinstance(one, SealedLetter) else sealed_to_this_node(one) for one in letters]
        return receive(sealed, caller=self.admitted(at=at, down=down), at=at)


def sealed_to_this_node(letter: Letter) -> SealedLetter:
    public = this_node().keys.sealing.public_key().public_bytes_raw()
    return seal_letter(letter, key=jose.sealing_key(public))


def know(card: SignedCard, *, since: datetime = NOW - timedelta(hours=12)) -> None:
    """Let the node that this process is deal with a member, as if its card had been confirmed by voice."""
    with transaction.atomic():
        entry = CardTaken(card.card.member, card.card.serial, card.sha256, "voice", "update", "", ())
        journal.record(entry, by=Actor.node(this_node().member), at=since)
        KnownCard.objects.filter(member=card.card.member, until=None).update(until=since)
        KnownCard.objects.create(
            member=card.card.member,
            source=Source.VOICE,
            serial=card.card.serial,
            sha256=card.sha256,
            jws=card.jws,
            since=since,
            confirmed_by="p1",
            confirmed_name="Ana Exemplo",
            confirmed_at=since,
            confirmed_serial=card.card.serial,
        )
