"""National law tables: signing one's own, taking in another member's."""

from hashlib import sha256

from django.db import transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts.rows import check_may, one_at_a_time
from tocsin.directory.entries import NationalTableSigned, NationalTableTaken
from tocsin.directory.errors import NationalTableRefusedError, UnknownMemberError
from tocsin.directory.models import NationalTable
from tocsin.directory.rules import national, tuf
from tocsin.directory.rules.trust import Source
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json, parse_strict
from tocsin.proof.errors import CanonicalError

OWN = "own"
"""The source of this node's own table, beside those of cards."""


def sign_national_table(payload: bytes, *, by: Actor, at: Instant) -> str:
    """Sign this State's table, a JSON file, and keep it as this node's own; the signed table.

    Raises ``NationalTableError`` with every fault, ``NationalTableRefusedError`` when it is another's.
    """
    check_may(by, Right.RUN_NODE)
    card = reads.own_card()
    if card is None:
        raise UnknownMemberError(member=this_node().member)
    fields = _object_in(payload)
    jws = national.sign_table(fields, card=card.card, key=this_node().keys.signing)
    with transaction.atomic():
        one_at_a_time()
        if _keep(jws, member=this_node().member, source=OWN, when=instant.true_now()):
            record(NationalTableSigned(sha256=_hex(jws)), by=by, at=at)
    return jws


def take_national_table(content: bytes, *, by: Actor, at: Instant) -> MemberId:
    """Take in another member's table from a file; its member.

    Only a member whose card lets letters in can be believed. Raises what ``card_of`` raises, and the errors of
    ``rules/national.py``.
    """
    check_may(by, Right.CONFIRM_CARD)
    member = MemberId(str(national.claim_table(national.jws_in(content)).payload.get("member")))
    with transaction.atomic():
        one_at_a_time()
        source = reads.card_of(member).source
        taken = take_in(content, member=member, source=source, when=instant.true_now())
        if taken:
            record(NationalTableTaken(member=member, sha256=taken, source=source.value), by=by, at=at)
    return member


def take_in(content: bytes, *, member: MemberId, source: Source, when: Instant) -> str | None:
    """Verify a member's table by its card in force and keep it, inside the caller's transaction.

    Its hash, or ``None`` when it is known already. Raises like ``take_national_table``.
    """
    claim = national.claim_table(national.jws_in(content))
    if member == this_node().member:
        return None  # our own is kept when it is signed
    trusted = reads.card_of(member)
    national.verified_table(claim, card=trusted.card, refused=frozenset(trusted.refused))
    return _hex(claim.compact) if _keep(claim.compact, member=member, source=source.value, when=when) else None


def known_files() -> dict[str, bytes]:
    """The tables in their place, as target files by path, so that none is fetched twice."""
    rows = NationalTable.objects.filter(until=None)
    return {tuf.national_path(MemberId(row.member)): national.file_of(row.jws) for row in rows}


def _object_in(payload: bytes) -> dict[str, Json]:
    try:
        fields = parse_strict(payload)
    except CanonicalError as error:
        raise NationalTableRefusedError(member=this_node().member, rule=f"the file: {error}") from error
    if not isinstance(fields, dict):
        raise NationalTableRefusedError(member=this_node().member, rule="the file holds no JSON object")
    return fields


def _keep(jws: str, *, member: MemberId, source: str, when: Instant) -> bool:
    table = national.read_table(jws)
    before = NationalTable.objects.filter(member=member, until=None).first()
    if before and before.sha256 == _hex(jws):
        return False
    if before and table.as_of < before.as_of:
        raise NationalTableRefusedError(member=member, rule=f"it is as of {table.as_of}, before {before.as_of}")
    NationalTable.objects.filter(member=member, until=None).update(until=when)
    NationalTable.objects.create(member=member, source=source, sha256=_hex(jws), jws=jws, as_of=table.as_of, since=when)
    return True


def _hex(jws: str) -> str:
    return sha256(jws.encode("ascii")).hexdigest()
