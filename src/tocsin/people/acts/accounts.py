"""Accounts: who can be let in at the desk, by which ways, and how each of them ends."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, is_uuid, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.journal.acts import record, record_all
from tocsin.law.calendar import zone_named
from tocsin.people.entries import (
    AccountOpened,
    DevicesWithdrawn,
    FactorAdded,
    FactorRemoved,
    InvitationTaken,
    PersonInvited,
    RecoveryCodesShown,
    SignedOut,
)
from tocsin.people.errors import (
    DevicesInForceError,
    LastFactorError,
    LinkTakenError,
    NoOrganisationError,
    PersonFieldError,
    UnknownAccountError,
    UnknownDeviceError,
    UnknownInvitationError,
    UnknownPersonError,
)
from tocsin.people.models import Account, Invitation, Person, Session
from tocsin.people.reads import FACTORS, SECOND_FACTORS, organisation_id, organisation_is_enough
from tocsin.people.rules.sign_in import INVITATION_LIFE, Way, check_sign_in_name, sign_in_name_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from tocsin.journal.entries import Entry


@dataclass(frozen=True, slots=True)
class Invited:
    """A link, shown this once: ``token`` is what stands in it."""

    token: str
    sign_in_name: str
    until: Instant


def open_account(
    person_id: PersonId,
    *,
    by: Actor,
    at: Instant,
    sign_in_name: str = "",
    language: str = "en",
    zone: str = "",
    password: str = "",
    app_secret: str = "",
) -> str:
    """Open a person's account and return her sign-in name; one that is open is changed in nothing.

    With ``password`` and ``app_secret`` (base32, for an authenticator app) she can sign in at once: for nodes that are
    made to be looked at. Everybody else is invited. Raises ``UnknownPersonError`` and ``PersonFieldError``.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(id=person_id, until=None).first()
        if person is None:
            raise UnknownPersonError(person=person_id)
        account = Account.objects.filter(person=person).first()
        if account is not None:
            return account.sign_in_name
        account = Account(id=new_uuid(), person=person, sign_in_name=_free_name(sign_in_name, person.name))
        account.language, account.zone = _checked_language(language), _checked_zone(zone)
        account.set_unusable_password()
        if password:
            account.set_password(password)
        account.save(force_insert=True)
        entries: list[Entry] = [AccountOpened(person=str(person.id), sign_in_name=account.sign_in_name)]
        if app_secret:
            TOTP.activate(account, app_secret)
            entries.append(FactorAdded(person=str(person.id), factor=FACTORS["totp"], name=""))
        record_all(entries, by=by, at=at)
    return account.sign_in_name


def invite(person_id: PersonId, *, by: Actor, at: Instant, sign_in_name: str = "", language: str = "en") -> Invited:
    """Make a link by which a person sets up how she signs in; a link that she had before is void.

    Raises ``DevicesInForceError`` for somebody who can sign in: a link would let another in beside her.
    """
    with transaction.atomic():
        named = open_account(person_id, by=by, at=at, sign_in_name=sign_in_name, language=language)
        account = Account.objects.select_for_update().get(sign_in_name=named)
        if Authenticator.objects.filter(user=account, type__in=SECOND_FACTORS).exists():
            raise DevicesInForceError(person=account.person.name)
        Invitation.objects.filter(account=account, taken=None).update(taken=at)
        token, until = secrets.token_urlsafe(32), at + INVITATION_LIFE
        Invitation.objects.create(id=new_uuid(), account=account, sha256=hash_of(token), since=at, until=until)
        record(PersonInvited(person=str(person_id), until=text(until)), by=by, at=at)
    return Invited(token=token, sign_in_name=named, until=until)


def hash_of(token: str) -> str:
    """What is kept of an invitation."""
    return hashlib.sha256(token.encode()).hexdigest()


# -- what she sets up herself -----------------------------------------------------------------------


def set_password(account_id: str, password: str, *, keep_session: str, by: Actor, at: Instant) -> None:
    """Set or change a password; her sessions end but ``keep_session``."""
    with transaction.atomic():
        account = _account(account_id)
        account.set_password(password)
        account.save(update_fields=["password"])
        _other_sessions(account, keep_session).delete()
        _record_added(account, "password", "", by=by, at=at)


def add_passkey(account_id: str, *, name: str, credential: Mapping[str, Any], by: Actor, at: Instant) -> bool:
    """Add a passkey that was proven; whether recovery codes were made beside it, which she has to be shown."""
    with transaction.atomic():
        account = _account(account_id)
        WebAuthn.add(account, name, dict(credential))
        return _with_codes(account, FACTORS["webauthn"], name, by=by, at=at)


def add_app(account_id: str, *, secret: str, by: Actor, at: Instant) -> bool:
    """Add an authenticator app that was proven, in the place of the one before; whether codes were made beside it."""
    with transaction.atomic():
        account = _account(account_id)
        Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).delete()
        TOTP.activate(account, secret)
        return _with_codes(account, FACTORS["totp"], "", by=by, at=at)


def renew_codes(account_id: str, *, by: Actor, at: Instant) -> None:
    """Make new recovery codes; those before are void."""
    with transaction.atomic():
        account = _account(account_id)
        Authenticator.objects.filter(user=account, type=Authenticator.Type.RECOVERY_CODES).delete()
        RecoveryCodes.activate(account)
        _record_added(account, FACTORS["recovery_codes"], "", by=by, at=at)


def show_codes(account_id: str, *, by: Actor, at: Instant) -> list[str]:
    """The recovery codes, once: after that nothing, and she makes new ones."""
    with transaction.atomic():
        account = _account(account_id)
        row = Authenticator.objects.filter(user=account, type=Authenticator.Type.RECOVERY_CODES).first()
        codes = row.wrap() if row is not None else None
        if codes is None or codes.did_view:
            return []
        codes.mark_as_viewed()
        shown: list[str] = codes.get_unused_codes()
        record(RecoveryCodesShown(person=str(account.person_id)), by=by, at=at)
    return shown


def remove_factor(account_id: str, number: int, *, keep_session: str, by: Actor, at: Instant) -> None:
    """Remove a passkey or the authenticator app, and end what was opened with it; ``keep_session`` stays.

    Raises ``UnknownDeviceError``, and ``LastFactorError`` for the last one.
    """
    with transaction.atomic():
        account = _account(account_id)
        factors = list(Authenticator.objects.filter(user=account, type__in=SECOND_FACTORS))
        found = next((each for each in factors if each.pk == number), None)
        if found is None:
            raise UnknownDeviceError
        if len(factors) == 1:
            raise LastFactorError
        entry = FactorRemoved(person=str(account.person_id), factor=FACTORS[found.type], name=_name_of(found))
        found.delete()
        _other_sessions(account, keep_session).filter(device=number).delete()
        record(entry, by=by, at=at)


def prefer(account_id: str, *, language: str, zone: str) -> None:
    """Speak to her in this language and show instants in this zone; no act of the office, so without an entry."""
    told = {"language": _checked_language(language), "zone": _checked_zone(zone)}
    Account.objects.filter(id=account_id).update(**told)


# -- sessions ------------------------------------------------------------------------------------


def end_session(account_id: str, session_id: str, *, by: Actor, at: Instant) -> None:
    """End one of her sessions now; raises ``UnknownDeviceError`` if it is not hers."""
    if not is_uuid(session_id):
        raise UnknownDeviceError
    if not _end(account_id, Session.objects.filter(id=session_id), by=by, at=at):
        raise UnknownDeviceError


def end_other_sessions(account_id: str, *, keep_session: str, by: Actor, at: Instant) -> int:
    """Sign her out everywhere but here; how many sessions ended."""
    kept = [keep_session] if is_uuid(keep_session) else []
    return _end(account_id, Session.objects.exclude(id__in=kept), by=by, at=at)


def _end(account_id: str, rows: "QuerySet[Session]", *, by: Actor, at: Instant) -> int:
    with transaction.atomic():
        account = _account(account_id)
        hers = rows.filter(account=account)
        ended = [str(each) for each in hers.values_list("id", flat=True)]
        hers.delete()
        record_all([SignedOut(person=str(account.person_id), session=each) for each in ended], by=by, at=at)
    return len(ended)


# -- what administrators do --------------------------------------------------------------------------


def withdraw_devices(person_id: PersonId, *, by: Actor, at: Instant) -> None:
    """Take every way to sign in from somebody at once, with her sessions and invitations; then she is invited again.

    Raises ``UnknownAccountError``.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().filter(person_id=person_id).first()
        if account is None:
            raise UnknownAccountError(person=person_id)
        record(closed(account, at=at), by=by, at=at)


def closed(account: Account, *, at: Instant) -> DevicesWithdrawn:
    """Take every way in from an account, within the act that records it."""
    account.set_unusable_password()
    account.save(update_fields=["password"])
    Invitation.objects.filter(account=account, taken=None).update(taken=at)
    devices = Authenticator.objects.filter(user=account, type__in=SECOND_FACTORS).count()
    Authenticator.objects.filter(user=account).delete()
    SocialAccount.objects.filter(user=account).delete()
    sessions, _ = Session.objects.filter(account=account).delete()
    return DevicesWithdrawn(person=str(account.person_id), devices=devices, sessions=sessions)


def link_organisation(account_id: str, *, subject: str, by: Actor, at: Instant) -> None:
    """Bind an account to the subject that the organisation's provider knows: issuer and subject, never an address.

    Raises ``NoOrganisationError`` where none is set, ``PersonFieldError``, and ``LinkTakenError`` for a subject that
    somebody else has.
    """
    provider = organisation_id()
    if not provider:
        raise NoOrganisationError
    if not subject.strip() or len(subject) > 191:  # noqa: PLR2004 - as long as the column
        raise PersonFieldError(field="subject", rule="what the provider calls her in its tokens (sub)")
    with transaction.atomic():
        account = _account(account_id)
        there = SocialAccount.objects.filter(provider=provider, uid=subject).first()
        if there is not None and there.user_id != account.id:
            raise LinkTakenError
        if there is None:
            SocialAccount.objects.create(user=account, provider=provider, uid=subject)
            if organisation_is_enough():
                Invitation.objects.filter(account=account, taken=None).update(taken=at)
            _record_added(account, "organisation", settings.TOCSIN_ORGANISATION["issuer"], by=by, at=at)


def unlink_organisation(account_id: str, *, by: Actor, at: Instant) -> None:
    """The organisation's provider lets her in no longer, and whoever came in by it is out."""
    with transaction.atomic():
        account = _account(account_id)
        if not SocialAccount.objects.filter(user=account).delete()[0]:
            raise UnknownDeviceError
        Session.objects.filter(account=account, way=Way.ORGANISATION).delete()
        record(FactorRemoved(person=str(account.person_id), factor="organisation", name=""), by=by, at=at)


# -- steps -----------------------------------------------------------------------------------------


def account_invited(token: str, *, at: Instant) -> Account:
    """Whose invitation this is; raises ``UnknownInvitationError``. The door signs her in with it."""
    rows = Invitation.objects.filter(sha256=hash_of(token), until__gt=at, taken=None, account__is_active=True)
    found = rows.select_related("account__person").first()
    if found is None:
        raise UnknownInvitationError
    return found.account


def _account(account_id: str) -> Account:
    account = Account.objects.select_for_update().filter(id=account_id, is_active=True).first()
    if account is None:
        raise UnknownAccountError(person=account_id)
    return account


def _other_sessions(account: Account, kept: str) -> "QuerySet[Session]":
    return Session.objects.filter(account=account).exclude(id__in=[kept] if is_uuid(kept) else [])


def _with_codes(account: Account, factor: str, name: str, *, by: Actor, at: Instant) -> bool:
    had = Authenticator.objects.filter(user=account, type=Authenticator.Type.RECOVERY_CODES).exists()
    if not had:
        RecoveryCodes.activate(account)
    taken = Invitation.objects.filter(account=account, taken=None).update(taken=at)
    person = str(account.person_id)
    entries: list[Entry] = [FactorAdded(person=person, factor=factor, name=name)]
    entries += [] if had else [FactorAdded(person=person, factor=FACTORS["recovery_codes"], name="")]
    entries += [InvitationTaken(person=person)] if taken else []
    record_all(entries, by=by, at=at)
    return not had


def _record_added(account: Account, factor: str, name: str, *, by: Actor, at: Instant) -> None:
    record(FactorAdded(person=str(account.person_id), factor=factor, name=name), by=by, at=at)


def _name_of(factor: Authenticator) -> str:
    return str(factor.wrap().name) if factor.type == Authenticator.Type.WEBAUTHN else ""


def _free_name(told: str, name: str) -> str:
    taken = set(Account.objects.values_list("sign_in_name", flat=True))
    chosen = told.strip().lower() or sign_in_name_of(name, taken=taken)
    check_sign_in_name(chosen)
    if chosen in taken:
        raise PersonFieldError(field="sign_in_name", rule=f"somebody here signs in as {chosen} already")
    return chosen


def _checked_language(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise PersonFieldError(field="language", rule="one of the official languages of the Union")
    return language


def _checked_zone(zone: str) -> str:
    if zone:
        zone_named(zone)
    return zone
