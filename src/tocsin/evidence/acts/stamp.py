"""Time stamps (RFC 3161): somebody outside signs that a manifest or a state of our journal was there by an instant.

The authority is named in ``time-authority.toml`` in the node's home::

    url = "https://time.example/tsa"
    root = "time-authority.pem"      # the root certificate that its tokens are verified against

The request carries the SHA-256 and a nonce and asks for the certificate; the reply is verified before it is kept. A
package without a time stamp is as good as before: an authority that fails stops nothing.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from django.db import transaction
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.evidence import reads
from tocsin.evidence.acts.custody import check_usable, keep_event, next_signed
from tocsin.evidence.entries import TimeStamped
from tocsin.evidence.errors import TimestampError
from tocsin.evidence.models import Package, Stamp
from tocsin.evidence.reads import StampLine
from tocsin.evidence.rules.custody import CustodyKind, event_hash
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_PATIENCE = 20.0
_LONGEST_REPLY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority: where it answers, and the root (PEM) that its tokens lead back to."""

    url: str
    root: str


def authority_of_home() -> Authority:
    """The authority that this node was told of; raises ``TimestampError`` when there is none or it cannot be read."""
    path = this_node().home / "time-authority.toml"
    try:
        told = tomllib.loads(path.read_text())
        return Authority(url=str(told["url"]), root=(path.parent / Path(str(told["root"]))).read_text())
    except (OSError, KeyError, ValueError) as fault:
        # Said over the API too, where nobody has to learn how this machine's folders are called.
        rule = fault.strerror if isinstance(fault, OSError) else f"{fault}"
        raise TimestampError(authority=f"of {path.name} in the node's home", rule=f"none is named ({rule})") from fault


def time_stamp_manifest(package: str, *, authority: Authority, by: Actor, at: Instant, place: str = "") -> StampLine:
    """Have a package's manifest time-stamped; an event of its custody tells of it. Raises ``TimestampError``."""
    rights.check(by, Right.EXPORT_PROOF)
    row = reads.package_to_change(by, package)
    check_usable(row)
    over = bytes(row.manifest)
    reply, stamped_at = obtain(over, authority)
    with transaction.atomic():
        reads.package_row(by, package, lock=True)
        note = f"by {authority.url}, which says {text(stamped_at)}"
        event = next_signed(row, CustodyKind.TIME_STAMPED, by=by, at=at, place=place, note=note)
        stamp = _stamp(row, over, "manifest", authority, reply, stamped_at, at=at)
        entry = _record(stamp, event_hash(event.jws), by=by, at=at)
        keep_event(row, event, entry=entry)
    return reads.stamp_line(stamp)


def time_stamp_checkpoint(*, authority: Authority, by: Actor, at: Instant) -> StampLine:
    """Have the present state of this node's journal time-stamped, and with it all that stands there."""
    rights.check(by, Right.EXPORT_PROOF)
    signed = journal.checkpoint_to_cosign(at=at)
    reply, stamped_at = obtain(signed.note, authority)
    with transaction.atomic():
        stamp = _stamp(None, signed.note, "checkpoint", authority, reply, stamped_at, at=at)
        _record(stamp, "", by=by, at=at)
    return reads.stamp_line(stamp)


def obtain(over: bytes, authority: Authority) -> tuple[bytes, Instant]:
    """A verified reply over these bytes and the instant it tells; raises ``TimestampError``."""
    request = TimestampRequestBuilder().data(over).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
    asked = request.cert_request(cert_request=True).build()
    reply = _asked(authority, asked.as_bytes())
    try:
        answered = decode_timestamp_response(reply)
        _check_granted(answered, authority)
        root = x509.load_pem_x509_certificate(authority.root.encode())
        verifier = VerifierBuilder.from_request(asked).add_root_certificate(root).build()
        verifier.verify_message(answered, over)
    except (ValueError, VerificationError) as fault:
        raise TimestampError(authority=authority.url, rule=f"its reply does not verify ({fault})") from fault
    return reply, answered.tst_info.gen_time


def _check_granted(answered: TimeStampResponse, authority: Authority) -> None:
    if answered.status not in (0, 1):
        said = "; ".join(answered.status_string) or f"status {answered.status}"
        raise TimestampError(authority=authority.url, rule=f"it refused ({said})")


def _asked(authority: Authority, query: bytes) -> bytes:
    try:
        with (
            httpx.Client(timeout=_PATIENCE, follow_redirects=False) as client,
            client.stream("POST", authority.url, content=query, headers={"Content-Type": _QUERY}) as answer,
        ):
            answer.raise_for_status()
            if answer.headers.get("content-type", "").partition(";")[0].strip() != _REPLY:
                raise TimestampError(authority=authority.url, rule=f"it did not answer with {_REPLY}")
            reply = b""
            for block in answer.iter_bytes():
                reply += block
                if len(reply) > _LONGEST_REPLY:
                    raise TimestampError(authority=authority.url, rule=f"its reply is over {_LONGEST_REPLY} bytes long")
            return reply
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise TimestampError(authority=authority.url, rule=f"it does not answer ({fault})") from fault


def _stamp(
    row: Package | None, over: bytes, kind: str, authority: Authority, reply: bytes, stamped_at: Instant, *, at: Instant
) -> Stamp:
    return Stamp(
        package=row,
        over=over,
        over_sha256=hashlib.sha256(over).hexdigest(),
        kind=kind,
        authority=authority.url,
        root=authority.root,
        reply=reply,
        stamped_at=stamped_at,
        at=at,
    )


def _record(stamp: Stamp, custody_sha256: str, *, by: Actor, at: Instant) -> int:
    told = TimeStamped(
        over=stamp.kind,
        over_sha256=stamp.over_sha256,
        reply_sha256=hashlib.sha256(bytes(stamp.reply)).hexdigest(),
        authority=stamp.authority,
        stamped_at=text(stamp.stamped_at),
        custody_sha256=custody_sha256,
    )
    stamp.entry = journal.record(told, by=by, at=at).index
    stamp.save(force_insert=True)
    return stamp.entry
