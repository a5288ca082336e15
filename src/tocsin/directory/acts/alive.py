"""Signs of life: each node signs that it runs, the hub collects and publishes them, the others check them.

They are observations and not acts: each is its own proof, and the next takes its place.
"""

from tocsin.base import instant
from tocsin.base.errors import PeerError, ProofError, RuleError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts.connect import exchange
from tocsin.directory.acts.hub import hub_client, is_hub
from tocsin.directory.errors import AliveRefusedError, DirectoryUnreachableError, UnknownMemberError
from tocsin.directory.models import SignOfLife
from tocsin.directory.rules import signed
from tocsin.directory.rules.card import Card, CardKey, Use, key_named
from tocsin.directory.rules.life import CLOCK_SLACK, LIMIT, Alive, claim_alive, sign_alive
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError

ALIVE = "/directory/alive"
_LIST_LIMIT = 2 * 1024 * 1024
_TAKEN = 200


def send_sign_of_life() -> Instant:
    """Sign that this node runs, now, and hand it to the hub; the instant.

    Raises ``NoDirectoryError``, ``EndpointUnreachableError``, ``AliveRefusedError`` with the hub's reason.
    """
    alive = Alive(member=this_node().member, at=instant.parse(instant.text(instant.true_now())))
    jws = sign_alive(alive, key=this_node().keys.signing)
    if is_hub(reads.standing()):
        _keep(jws, alive)
        return alive.at
    answer = exchange(hub_client(), "POST", ALIVE, content=jws.encode("ascii"), limit=LIMIT)
    if answer.status != _TAKEN:
        raise AliveRefusedError(member=alive.member, rule=answer.problem.detail.removesuffix("."))
    return alive.at


def take_sign_of_life(content: bytes) -> Alive:
    """At the hub: check and keep a member's sign of life.

    It is of now, within five minutes, so that nobody can keep one for later. Raises ``AliveRefusedError``,
    ``SignedFormError``, ``SignatureWrongError``, and what ``card_of`` raises for a member that is not trusted.
    """
    jws = content.decode("ascii", errors="replace")
    alive = _verified(jws)
    if abs(alive.at - instant.true_now()) > CLOCK_SLACK:
        raise AliveRefusedError(member=alive.member, rule=f"it is of {instant.text(alive.at)}, which is not now")
    _keep(jws, alive)
    return alive


def collect_signs_of_life() -> list[MemberId]:
    """Fetch what the hub has collected and keep what proves more than is known; the members that are news.

    What does not verify is left out: the hub can withhold a sign of life and cannot make one. Raises
    ``NoDirectoryError``, ``EndpointUnreachableError``, ``DirectoryUnreachableError``.
    """
    if is_hub(reads.standing()):
        return []
    answer = exchange(hub_client(), "GET", ALIVE, limit=_LIST_LIMIT)
    if answer.status != _TAKEN:
        raise DirectoryUnreachableError(
            endpoint=reads.standing().endpoint, reason=answer.problem.detail.removesuffix(".")
        )
    return [member for jws in _listed(answer.content) for member in _news(jws)]


def alive_list() -> bytes:
    """At the hub: what it publishes."""
    signs: list[Json] = list(reads.signs_of_life())
    return canonical({"v": 1, "type": "alive-list", "alive": signs})


def _listed(content: bytes) -> list[str]:
    try:
        found = parse_canonical(content)
    except CanonicalError:
        return []
    signs = found.get("alive") if isinstance(found, dict) else None
    return [jws for jws in signs if isinstance(jws, str)] if isinstance(signs, list) else []


def _news(jws: str) -> list[MemberId]:
    try:
        alive = _verified(jws)
    except (RuleError, PeerError, ProofError):
        return []
    future = alive.at > instant.true_now() + CLOCK_SLACK
    return [alive.member] if not future and _keep(jws, alive) else []


def _verified(jws: str) -> Alive:
    claim, alive = claim_alive(jws)
    signed.verified(claim, public=_sign_key(alive.member, claim.kid, at=alive.at).raw)
    return alive


def _sign_key(member: MemberId, kid: str, *, at: Instant) -> CardKey:
    if member == this_node().member:
        return key_named(_own_card(), kid=kid, use=Use.SIGN, at=at)
    return reads.card_of(member).key(kid, use=Use.SIGN, at=at)


def _own_card() -> Card:
    card = reads.own_card()
    if card is None:
        raise UnknownMemberError(member=this_node().member)
    return card.card


def _keep(jws: str, alive: Alive) -> bool:
    """Keep a sign of life unless a later one is known; whether it was kept."""
    now = instant.true_now()
    _, made = SignOfLife.objects.get_or_create(member=alive.member, defaults={"at": alive.at, "taken": now, "jws": jws})
    if made:
        return True
    later = SignOfLife.objects.filter(member=alive.member, at__lt=alive.at)
    return later.update(at=alive.at, taken=now, jws=jws) > 0
