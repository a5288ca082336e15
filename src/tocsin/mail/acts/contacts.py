"""Writing down where a contact gets mail, and with which certificate; by a person, who says how he knows."""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.mail import reads
from tocsin.mail.entries import MailAddressRecorded
from tocsin.mail.errors import MailAddressError
from tocsin.mail.models import MailContact
from tocsin.mail.reads import Contact
from tocsin.mail.rules.addresses import is_address
from tocsin.mail.rules.smime import fault_of_certificate
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.acts.persons import check_person

_MOST_KNOWN = 300
_MOST_PEM = 20_000


def record_mail_address(
    member: MemberId, *, address: str, certificate: str, known_from: str, by: Actor, at: Instant
) -> Contact:
    """Record where a contact gets mail; what was recorded before counts no longer.

    ``certificate`` is one in PEM or nothing; what is encrypted goes to it, and what he signs is checked against it, so
    ``known_from`` says how both are known. Raises ``MailAddressError``.
    """
    rights.check(by, Right.CONFIRM_CARD)
    check_person(by, kind="mail-address")
    if not is_address(address):
        raise MailAddressError(field="address", rule="is one mail address, like desk@authority.example")
    if not known_from.strip() or len(known_from) > _MOST_KNOWN or not known_from.isprintable():
        raise MailAddressError(field="known_from", rule=f"on one line, 1 to {_MOST_KNOWN} characters")
    read = _certificate(certificate, at=at)
    pem = read.public_bytes(serialization.Encoding.PEM).decode() if read else ""
    fingerprint = read.fingerprint(hashes.SHA256()).hex() if read else ""
    with transaction.atomic():
        MailContact.objects.filter(member=member, until=None).update(until=at)
        row = MailContact.objects.create(
            id=new_uuid(),
            member=member,
            address=address,
            certificate=pem,
            certificate_sha256=fingerprint,
            known_from=known_from.strip(),
            recorded_by=by.person,
            since=at,
        )
        told = MailAddressRecorded(
            contact=str(row.id),
            member=member,
            address_sha256=hashlib.sha256(address.encode()).hexdigest(),
            certificate_sha256=fingerprint,
            known_from=row.known_from,
        )
        journal.record(told, by=by, at=at)
    return reads.contact_of_row(row)


def _certificate(pem: str, *, at: Instant) -> x509.Certificate | None:
    if not pem.strip():
        return None
    rule = "is one certificate in PEM"
    if len(pem) > _MOST_PEM or pem.count("-----BEGIN ") != 1:
        raise MailAddressError(field="certificate", rule=rule)
    try:
        found = x509.load_pem_x509_certificate(pem.strip().encode("ascii"))
        fault = fault_of_certificate(found, at=at)
    except ValueError as error:  # UnicodeEncodeError is one
        raise MailAddressError(field="certificate", rule=rule) from error
    if fault:
        raise MailAddressError(field="certificate", rule=fault)
    return found
