"""Carries notices between the offices of a test, as ``acts.deliver`` and a node's own path do; the line is left out."""

from tests.offices import Offices
from tocsin.base import instant, jose
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.problem import Problem
from tocsin.base.this_node import this_node
from tocsin.law.vocabulary import DataCategory
from tocsin.notices.acts import deliver
from tocsin.notices.acts.take import take_notices
from tocsin.notices.models import OutgoingNotice
from tocsin.notices.rules.features import Channel, Claimed, Features, Office, Wording, address_hash, hour_of
from tocsin.wire import peers
from tocsin.wire.acts.admit import admit
from tocsin.wire.rules.batch import Answer
from tocsin.wire.rules.seal import SealedLetter
from tocsin.wire.rules.ticket import Asked, new_ticket

PATH = Asked(method="POST", path=deliver.PATH)


def carry(offices: Offices, *, at: Instant) -> list[Problem]:
    """Bring everything that waits at any office to its addressee; what was refused."""
    here = this_node().member
    problems = [
        problem for member in list(offices._offices) for problem in _carry_from(offices, MemberId(member), at=at)
    ]
    offices.be(here)
    return problems


def _carry_from(offices: Offices, member: MemberId, *, at: Instant) -> list[Problem]:
    offices.be(member)
    problems: list[Problem] = []
    for call in list(deliver._calls(at=at)):
        answers = _answered(offices, member, call.peer.member, call.envelopes, at=at)
        offices.be(member)
        deliver._settle(call, answers, at=at)
        problems += [each for each in answers if isinstance(each, Problem)]
    return problems


def _answered(
    offices: Offices, member: MemberId, peer: MemberId, envelopes: tuple[bytes, ...], *, at: Instant
) -> list[Answer]:
    key = jose.signing_key(this_node().keys.signing)
    machine = peers.machine_instant(at)
    ticket = new_ticket(PATH, sender=member, to=peer, key=key, at=machine, down=None)
    offices.be(peer)
    there = machine + instant.shift()
    caller = admit(f"Tocsin {ticket.decode()}", asked=PATH, at=there)
    return take_notices([SealedLetter(each) for each in envelopes], caller=caller, at=there)


def waiting() -> int:
    """How many notices of the node that this process is have no receipt yet."""
    return OutgoingNotice.objects.filter(delivered_at=None).count()


def forgery(at: Instant, **changed: object) -> Features:
    """A mail with the letterhead of the Portuguese police, from an invented domain, with a number of its own."""
    features: dict[str, object] = {
        "channel": Channel.MAIL,
        "claimed": Claimed(member=None, country="PT", office=Office.POLICE),
        "domains": ("police-pt.example",),
        "addresses": (address_hash("duty@police-pt.example"),),
        "phones": ("+442079460999",),
        "files": ("ab" * 32,),
        "wording": (Wording.LIFE_IN_DANGER, Wording.DEADLINE_WITHIN_HOURS, Wording.GENUINE_LETTERHEAD),
        "asked": (DataCategory.SUBSCRIBER,),
        "seen": hour_of(at),
    }
    return Features(**{**features, **changed})  # type: ignore[arg-type]
