"""How allauth is told what this house wants: its three adapters (``ACCOUNT_ADAPTER`` and the like in the settings).

Nobody signs up. Who comes in is written into the session and the journal in one step; who leaves as well. Secrets of
authenticator apps lie encrypted. The organisation's provider binds by issuer and subject: an address in its tokens is
never asked for and never looked at, and a subject that no account is linked to is turned away.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.base import instant
from tocsin.base.this_node import this_node
from tocsin.people import at_rest, sessions
from tocsin.people.acts import accounts, sign_ins
from tocsin.people.errors import LinkTakenError, NoOrganisationError, OrganisationAwayError
from tocsin.people.reads import actor_of, organisation_id, organisation_is_enough
from tocsin.people.rules.sign_in import device_of, shown_by

if TYPE_CHECKING:
    from tocsin.people.models import Account


def address_of(request: HttpRequest) -> str:
    """From where a request comes, as far as the forwarders before the desk are told and say so."""
    return str(AccountAdapter(request).get_client_ip(request))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in and out."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("Name or password is wrong."),
        "incorrect_password": gettext_lazy("The password is wrong."),
        "too_many_login_attempts": gettext_lazy("It failed too often. Wait five minutes, or use a passkey."),
        "rate_limited": gettext_lazy("It failed too often. Wait five minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an administrator adds people."""
        del request
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say what went wrong; what went well the pages say themselves."""
        del message_template, message_context
        if message and level >= messages.WARNING:
            messages.add_message(request, level, message, extra_tags=extra_tags)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Let somebody in: the session is hers from here on, and the journal knows."""
        super().login(request, user)
        account: Account = user
        address = address_of(request)
        records = get_authentication_records(request, user)
        shown = shown_by(records, trusts_organisation=organisation_is_enough())
        agent = request.headers.get("User-Agent", "")
        named = sessions.note_door(request.session, shown, address=address, agent=agent, at=instant.true_now())
        sign_ins.note_sign_in(str(account.person_id), shown, session=named, address=address, at=instant.now())

    def logout(self, request: HttpRequest) -> None:
        """Let somebody out."""
        account, named = cast("Account", request.user), sessions.session_id(request.session)
        super().logout(request)
        if named:
            sign_ins.note_sign_out(str(account.person_id), sessions=[named], at=instant.now())

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether somebody has to prove herself again: not within five minutes of having done so by any way."""
        del app, kwargs
        request = context.request
        records = get_authentication_records(request, request.user)
        now = instant.true_now().timestamp()
        return not any(now - float(each["at"]) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for each in records)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No mail: accounts have no address."""


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys, authenticator apps, recovery codes."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That did not fit. A code is good for a minute and once."),
    }

    def encrypt(self, text: str) -> str:
        """What is kept of a secret."""
        return at_rest.encrypted(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; an empty one, which no code fits, if it was written under another node's."""
        return at_rest.decrypted(encrypted_text) or ""

    def get_totp_issuer(self) -> str:
        """Under what the app lists the account."""
        return f"Tocsin {this_node().member}"

    def _get_site_name(self) -> str:
        return f"Tocsin {this_node().member}"

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - allauth's own word
        """What a passkey is called unless she says otherwise: the browser in which it was made."""
        del user, type
        return device_of(context.request.headers.get("User-Agent", "")) or _("Passkey")

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """Who she is, as her passkey keeps it and shows it to her."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "display_name": cast("Account", user).person.name}


class OrganisationAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The organisation's own provider, by OpenID Connect."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: an administrator links or invites."""
        del request, sociallogin
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Link her account when she asked for that; let in who is linked; turn away everybody else."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(self._linked(request, sociallogin.account.uid))
        if not sociallogin.is_existing:
            self._note_failure(request)
            raise ImmediateHttpResponse(
                self._turned_away(request, _("Your organisation's account opens nothing here."))
            )

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> None:
        """Lead whoever was refused by the provider back to the door."""
        del provider, error, exception, extra_context
        self._note_failure(request)
        said = _("Your organisation's provider did not let you in. Try again, or sign in by another way.")
        raise ImmediateHttpResponse(self._turned_away(request, said))

    def _linked(self, request: HttpRequest, subject: str) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponseRedirect(reverse("account_login"))
        account, at = request.user, instant.now()
        try:
            by = actor_of(str(account.person_id))
            accounts.link_organisation(str(account.id), subject=subject, by=by, at=at)
        except LinkTakenError as error:
            messages.error(request, _(error.sentence))
        else:
            if organisation_is_enough():
                sessions.make_whole(request.session)
        return HttpResponseRedirect(reverse("account"))

    def _note_failure(self, request: HttpRequest) -> None:
        sign_ins.note_failure("", step="organisation", address=address_of(request), at=instant.now())

    def _turned_away(self, request: HttpRequest, said: str) -> HttpResponse:
        messages.error(request, said)
        return HttpResponseRedirect(reverse("account_login"))


def enter_by_invitation(request: HttpRequest, token: str) -> None:
    """Let in whoever holds a link, so far as to set up how she signs in; raises ``UnknownInvitationError``.

    Whoever was signed in in this browser is out. The link stays good until she has set it up.
    """
    account = accounts.account_invited(token, at=instant.now())
    adapter = AccountAdapter(request)
    if request.user.is_authenticated:
        adapter.logout(request)
    record_authentication(request, account, method="invitation")
    adapter.login(request, account)


def renewed(request: HttpRequest) -> None:
    """After a new password: this browser stays signed in, the others do not."""
    account = cast("Account", request.user)
    account.refresh_from_db()
    update_session_auth_hash(request, account)


def to_organisation(request: HttpRequest, *, link: bool, onward: str = "") -> str:
    """The address at the organisation's provider at which somebody signs in, or links her account to hers here.

    Raises ``NoOrganisationError``, and ``OrganisationAwayError`` when the provider does not answer.
    """
    named = organisation_id()
    if not named:
        raise NoOrganisationError
    provider = OrganisationAdapter(request).get_provider(request, named)
    process = AuthProcess.CONNECT if link else AuthProcess.LOGIN
    try:
        answer = provider.redirect(request, process=process, next_url=onward or None)
    except (OSError, KeyError, ValueError) as error:  # requests' own errors are OSErrors
        raise OrganisationAwayError from error
    return str(answer.url)
