"""Files that came with what was typed in: kept encrypted, taken out by who may see their request, and never shown."""

import hashlib
from dataclasses import dataclass

import pyrage
from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.entries import BroughtFileOpened
from tocsin.requests.errors import LookReasonError, UnknownBroughtError
from tocsin.requests.models import BroughtFile, Request
from tocsin.requests.rules.ways import ANY_BYTES, Brought

_MOST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file as it is taken out: always as a download, whatever it says it is."""

    name: str
    content: bytes


def keep_file(row: Request, file: Brought, *, at: Instant) -> BroughtFile:
    """Keep a file with a request, encrypted to this node; part of the act that says where it came from."""
    return BroughtFile.objects.create(
        id=new_uuid(),
        request=row,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        age=pyrage.encrypt(file.content, [pyrage.x25519.Recipient.from_str(own_recipient())]),
        at=at,
    )


def keep_sealed(row: Request, *, name: str, age: bytes, sha256: str, at: Instant) -> BroughtFile:
    """Keep a file that its sender or the outer door encrypted to this node: nobody here has looked into it."""
    return BroughtFile.objects.create(
        id=new_uuid(), request=row, name=name, media_type=ANY_BYTES, size=len(age), sha256=sha256, age=age, at=at
    )


def hash_of(sha256: str, age: bytes) -> str:
    """By which a file is named: of the file in the clear where that is known, else of what came."""
    return sha256 or hashlib.sha256(age).hexdigest()


def open_brought(request: str, file: str, *, reason: str, by: Actor, at: Instant) -> OpenedFile:
    """Take out a file that came with a request; who did and why stands in the journal.

    Raises ``UnknownRequestError``, ``UnknownBroughtError``, ``LookReasonError``; what cannot be decrypted is given as
    it came, under a name that ends in ``.age``.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="look")
    if not reason.strip() or len(reason) > _MOST_REASON or not reason.isprintable():
        raise LookReasonError(most=_MOST_REASON)
    with transaction.atomic():
        row = reads.row_for(by, request)
        near = BroughtFile.objects.filter(request__in=[row, *row.joined.all()])
        found = near.filter(id=file).first() if is_uuid(file) else None
        if found is None:
            raise UnknownBroughtError(file=file)
        opened = taken_out(found.name, bytes(found.age))
        told = BroughtFileOpened(
            request=str(row.id),
            file=str(found.id),
            file_sha256=hashlib.sha256(opened.content).hexdigest(),
            reason=reason,
        )
        BroughtFile.objects.filter(id=found.id).update(name=found.name)  # the act that the entry is of
        journal.record(told, by=by, at=at)
    return opened


def taken_out(name: str, age: bytes) -> OpenedFile:
    """A file in the clear; what this node cannot decrypt as it came, under a name that ends in ``.age``."""
    keys = this_node().keys
    try:
        known = [pyrage.x25519.Identity.from_str(each) for each in (keys.age, *keys.older_age)]
        return OpenedFile(name=name, content=pyrage.decrypt(age, known))
    except pyrage.DecryptError:
        return OpenedFile(name=f"{name}.age", content=age)


def own_recipient() -> str:
    """To whom what is kept here is encrypted: this node's present ``age`` key."""
    return str(pyrage.x25519.Identity.from_str(this_node().keys.age).to_public())
