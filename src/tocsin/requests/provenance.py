"""Who really issued a request that reached this house, in what power and on what ground: to be shown above its text.

Everything here comes from the card, the keys, the law and what came before; what the sender's node merely claims is
said to be its claim. What the message itself says of numbers and addresses is never a way to reach its sender.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.directory import reads as directory
from tocsin.directory.rules.sight import PastCard
from tocsin.directory.rules.trust import TrustedCard
from tocsin.law.instrument import instrument
from tocsin.law.provisions import FieldKind, Instrument, Side
from tocsin.law.vocabulary import LetterKind
from tocsin.notices import reads as notices
from tocsin.notices.reads import Marks, Match
from tocsin.notices.rules.features import address_hash, domain_of, normal_phone
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json
from tocsin.requests.beside import ArrivalLine
from tocsin.requests.counterparts import Counterpart, KnownBy, counterpart_of
from tocsin.requests.reads import Standing, Thread
from tocsin.requests.rules.call_back import Emergency, emergency_of
from tocsin.requests.rules.provenance import Before, Fact, Seen, Unusual, unusual
from tocsin.wire import peers
from tocsin.wire import reads as wire
from tocsin.wire.rules.letter import DirectoryNote, Letter

MOST_LOOKED_AT: Final = 300
"""Earlier requests of a sender that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A person, and as what: as the sender's node claims, which alone vouches for it."""

    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who issued a request, in what power and on what ground."""

    sender: Counterpart | None
    """As this house knows it; nothing for one that nobody here knows."""
    trusted: TrustedCard | None
    """The card by which letters of it are verified: from the directory or by voice, and since when."""
    why_not: str
    """Why no card of it is trusted."""
    kid: str
    """The key that signed the ask; empty for what no node sent."""
    key_first_seen: Instant | None
    number: str
    """To be called back at: the directory's, never one in the message."""
    number_since: Instant | None
    """Since when its cards have named this number without a break."""
    writer: Signer | None
    signed_off: tuple[Signer, ...]
    article: str
    emergency: Emergency | None
    ground: str
    """The ground that is pleaded, in the words of the instrument."""
    ground_article: str
    senders_directory: DirectoryNote | None
    """What the sender's own directory was worth when it wrote, as its node claims."""
    arrivals: tuple[ArrivalLine, ...]
    """Of what no node sent: the ways on which it came, and how each was checked."""
    unusual: tuple[Fact, ...]
    before: Before | None
    warnings: tuple[Match, ...]
    """Warnings of forgeries of which it reminds."""


def provenance_of(viewer: Actor, standing: Standing) -> Provenance | None:
    """Who issued a request that this side is asked; nothing for a request of our own."""
    rights.check(viewer, Right.READ_REQUESTS)
    thread = standing.thread
    if thread.line.side is not Side.ASKED:
        return None
    letter = thread.letters[0] if thread.letters and thread.letters[0].kind is LetterKind.ASK else None
    sender, trusted, why_not = _sender(thread.line.counterpart)
    past = directory.past_cards(thread.line.counterpart) if sender else []
    kid = jose.header_of(letter.jws).kid if letter else ""
    number = sender.phone if sender else ""
    emergency = standing.call_back.standing.emergency
    before = _before(thread, letter) if letter else None
    key_since = _key_since(past, kid)
    number_since = _number_since(past, number)
    seen = Seen(
        written=letter.written if letter else thread.line.opened_at,
        zone=sender.zone if sender else "UTC",
        key_since=key_since,
        number_since=number_since,
        directory_stale_since=trusted.stale_since if trusted else None,
        senders_stale_since=letter.directory.stale_since if letter else None,
        sources_disagree=trusted is not None and trusted.sources_disagree,
        validation_follows=thread.ask_body.get("validation_follows") is True,
        emergency=emergency is not None,
    )
    arrivals = standing.beside.arrivals
    return Provenance(
        sender=sender,
        trusted=trusted,
        why_not=why_not,
        kid=kid,
        key_first_seen=key_since,
        number=number,
        number_since=number_since,
        writer=Signer(name=letter.by.name, role=letter.by.role) if letter else None,
        signed_off=_signed_off(thread.ask_body),
        article=str(thread.instrument.basis),
        emergency=emergency,
        ground=_ground(thread.instrument, emergency),
        ground_article=_ground_article(thread.instrument, emergency),
        senders_directory=letter.directory if letter else None,
        arrivals=arrivals,
        unusual=_facts(sender, seen, before),
        before=before,
        warnings=tuple(notices.matches(marks_of(thread, kid, arrivals), at=peers.machine_instant(standing.at))),
    )


def marks_of(thread: Thread, kid: str, arrivals: Iterable[ArrivalLine]) -> Marks:
    """What of a request is compared with warnings: key, claimed sender, and all that stands on what arrived."""
    came = list(arrivals)
    addresses = [each.sender_address for each in came if each.sender_address]
    domains = {domain for each in addresses if (domain := domain_of(each))}
    phones = {phone for each in addresses if (phone := normal_phone(each))}
    return Marks(
        keys=frozenset({kid} if kid else ()),
        claimed=frozenset({thread.line.counterpart}),
        domains=frozenset(domains),
        addresses=frozenset(address_hash(each) for each in addresses if domain_of(each)),
        phones=frozenset(phones),
        files=frozenset(
            {each.file.sha256 for each in came if each.file and each.file.sha256}
            | {file.sha256 for letter in thread.letters[:1] for file in letter.attachments}
        ),
    )


# --- Who ------------------------------------------------------------------------------------------


def _sender(member: MemberId) -> tuple[Counterpart | None, TrustedCard | None, str]:
    try:
        sender = counterpart_of(member)
    except RuleError as error:
        return None, None, str(error)
    if sender.known is not KnownBy.CARD:
        return sender, None, sender.why_not
    return sender, directory.card_of(member), ""


def _key_since(past: Iterable[PastCard], kid: str) -> Instant | None:
    """When this node first held a card that names the key; a card's own dates prove nothing of that."""
    return min(
        (each.held.since for each in past if kid in {key.kid for key in each.held.signed.card.keys}), default=None
    )


def _number_since(past: Iterable[PastCard], number: str) -> Instant | None:
    """Since when every trusted card names this number, from the latest back without a break."""
    since, wanted = None, normal_phone(number) or number
    for each in sorted(past, key=lambda each: each.held.since, reverse=True):
        if not each.held.source.trusted:
            continue
        phone = each.held.signed.card.phone or ""
        if (normal_phone(phone) or phone) != wanted:
            break
        since = each.held.since
    return since


def _before(thread: Thread, letter: Letter) -> Before:
    came = min((each.at for each in thread.kept if each.sha256 == letter.sha256), default=thread.line.opened_at)
    found = wire.asks_before(thread.line.counterpart, before=came, most=MOST_LOOKED_AT)
    known = [each for each in found if each is not None]
    return Before(
        requests=len(found),
        by_person=sum(each.by.name == letter.by.name for each in known),
        emergencies=sum(_was_emergency(each) for each in known),
        bounded=len(found) == MOST_LOOKED_AT,
    )


def _was_emergency(letter: Letter) -> bool:
    try:
        law = instrument(letter.instrument)
    except RuleError:
        return False
    return emergency_of(law, letter.body) is not None


def _facts(sender: Counterpart | None, seen: Seen, before: Before | None) -> tuple[Fact, ...]:
    if sender is None:
        return (Fact(what=Unusual.NOT_KNOWN),)
    # The directory runs on true time, and so do the ages of what it knows.
    known = before or Before(requests=1, by_person=1, emergencies=1)
    return unusual(seen, known, at=instant.true_now())


def _signed_off(ask: Mapping[str, Json]) -> tuple[Signer, ...]:
    listed = ask.get("signed_off")
    signed = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list | tuple) else []
    return tuple(Signer(name=str(each.get("name", "")), role=str(each.get("role", ""))) for each in signed)


# --- On what ground -------------------------------------------------------------------------------


def _ground(law: Instrument, emergency: Emergency | None) -> str:
    counted = [law.emergency, law.urgency]
    options = [option for each in counted if each for option in each.options]
    return next((each.label for each in options if emergency and each.id == emergency.ground), "")


def _ground_article(law: Instrument, emergency: Emergency | None) -> str:
    if emergency is None:
        return ""
    counted = law.emergency if law.form.of_kind(FieldKind.EMERGENCY) and law.emergency else law.urgency
    return str(counted.basis) if counted else ""
