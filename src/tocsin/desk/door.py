"""The door of the desk: signing in, the second step, a link of an invitation, and what has to be set up first.

allauth checks what people show; the pages and their words are ours, and every try that fails is counted for the
journal. A session in which nobody has shown two factors sees nothing behind the door (``viewer.py``).
"""

import base64
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.forms import LoginForm
from allauth.account.views import LoginView, LogoutView
from allauth.account.views import ReauthenticateView as AgainByPassword
from allauth.mfa.adapter import get_adapter as factors
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as AgainByCode
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import LoginWebAuthnView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView as AgainByPasskey
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tocsin.base.errors import TocsinError
from tocsin.desk.viewer import DeskRequest
from tocsin.people import reads, sessions, sign_in
from tocsin.people.acts import accounts, sign_ins

FAULTY, TOO_OFTEN = 422, 429
View = Callable[..., HttpResponseBase]


def known(view: View) -> View:
    """A page for whoever is signed in, if only half; others are led to the first page of the door."""

    @wraps(view)
    def answer(request: DeskRequest, **named: Any) -> HttpResponseBase:
        return view(request, **named) if request.user.is_authenticated else redirect("account_login")

    return never_cache(answer)


def proven(view: View) -> View:
    """A page for whoever proved who she is within the last minutes; others are asked again first."""
    return known(reauthentication_required(view, app="allauth.mfa"))


def _count(request: HttpRequest, step: str, sign_in_name: str) -> None:
    sign_ins.note_failure(sign_in_name, step=step, address=sign_in.address_of(request), at=request.at)  # type: ignore[attr-defined]


def _faulty(answer: HttpResponse) -> HttpResponse:
    answer.status_code = FAULTY
    return answer


# -- coming in -------------------------------------------------------------------------------------


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name and password."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        name, password = self.fields["login"], self.fields["password"]
        name.label, password.label, password.help_text = _("Sign-in name"), _("Password"), ""
        name.widget = forms.TextInput(
            attrs={"autocomplete": "username webauthn", "autocapitalize": "none", "spellcheck": "false"}
        )
        password.widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})


class SignIn(LoginView):  # type: ignore[misc]
    """The first page: a passkey, or name and password, or the organisation's provider."""

    template_name = "desk/account/sign_in.html"

    def get_form_class(self) -> type[SignInForm]:
        return SignInForm

    def form_invalid(self, form: Any) -> HttpResponse:
        _count(self.request, "password", form.data.get("login", ""))
        return _faulty(super().form_invalid(form))

    def get_context_data(self, **named: Any) -> dict[str, Any]:
        return {**super().get_context_data(**named), "organisation": reads.organisation_name()}


class ByPasskey(LoginWebAuthnView):  # type: ignore[misc]
    """Signing in with a passkey alone; without a name."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        _count(self.request, "passkey", "")
        answer: HttpResponse = super().form_invalid(form)
        return answer


class _Code:
    """A code of an authenticator app or a recovery code: each counts once."""

    user: Any
    authenticator: Any

    def clean_code(self) -> str:
        code: str = super().clean_code().strip()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            self.recovery_codes_left = reads.codes_left(str(self.user.pk))
        elif not sign_ins.first_use(str(self.user.pk), code):
            raise factors().validation_error("incorrect_code")
        return code


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]
    """The second step."""


class CodeAgainForm(_Code, ReauthenticateForm):  # type: ignore[misc]
    """The same, of somebody who is signed in."""


class SecondStep(AuthenticateView):  # type: ignore[misc]
    """After the password: a code of the app, a recovery code or a key."""

    template_name = "desk/account/second_step.html"

    def get_form_class(self) -> type[CodeForm]:
        return CodeForm

    @transaction.atomic  # a recovery code is used up and recorded in one step
    def post(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        answer: HttpResponse = super().post(request, *args, **named)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        _record_recovery(self.request, form, self.stage.login.user)
        answer: HttpResponse = super().form_valid(form)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        _count(self.request, "second-step", self.stage.login.user.sign_in_name)
        return _faulty(super().form_invalid(form))


def _record_recovery(request: HttpRequest, form: Any, account: Any) -> None:
    left = getattr(form, "recovery_codes_left", None)
    if left is not None:
        sign_ins.note_recovery_code(str(account.person_id), left=left, at=request.at)  # type: ignore[attr-defined]


class Leave(LogoutView):  # type: ignore[misc]
    """Signing out."""

    http_method_names = ("post", "options")


@never_cache
@require_GET
def by_organisation(request: DeskRequest) -> HttpResponse:
    """To the organisation's own provider."""
    onward = request.GET.get("next", "")
    safe = onward if url_has_allowed_host_and_scheme(onward, allowed_hosts={request.get_host()}) else ""
    try:
        return HttpResponseRedirect(sign_in.to_organisation(request, link=False, onward=safe))
    except TocsinError as error:
        return _refused(request, error)


@require_GET
def inactive(request: DeskRequest) -> HttpResponse:
    """Of somebody whose place ended: as of one whom nobody knows."""
    del request
    return redirect("account_login")


def too_often(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Too many tries from one address."""
    del exception
    return render(request, "desk/account/too_often.html", status=TOO_OFTEN)


# -- proving it again ------------------------------------------------------------------------------


class _Again:
    """Whoever is about to change how she signs in proves once more who she is."""

    template_name = "desk/account/again.html"
    request: Any

    def form_invalid(self, form: Any) -> HttpResponse:
        _count(self.request, "again", self.request.user.sign_in_name)
        return _faulty(self.render_to_response(self.get_context_data(form=form)))  # type: ignore[attr-defined]


class ByPasswordAgain(_Again, AgainByPassword):  # type: ignore[misc]
    """With the password."""


class ByCodeAgain(_Again, AgainByCode):  # type: ignore[misc]
    """With a code."""

    def get_form_class(self) -> type[CodeAgainForm]:
        return CodeAgainForm

    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        answer: HttpResponse = super().post(request, *args, **named)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        _record_recovery(self.request, form, self.request.user)
        answer: HttpResponse = super().form_valid(form)
        return answer


class ByPasskeyAgain(_Again, AgainByPasskey):  # type: ignore[misc]
    """With a passkey."""


# -- an invitation, and what has to be set up first ----------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def invited(request: DeskRequest, token: str) -> HttpResponse:
    """The page behind the link of an invitation; nothing happens before she says so (mail programs look at links)."""
    try:
        if request.method == "POST":
            sign_in.enter_by_invitation(request, token)
            return redirect("set_up")
        account = reads.invited(token, at=request.at)
    except TocsinError as error:
        return _refused(request, error)
    return render(request, "desk/account/invited.html", {"account": account})


@known
@require_GET
def set_up(request: DeskRequest) -> HttpResponse:
    """What somebody who has no second factor sets up before she sees anything."""
    if sessions.is_whole(request.session):
        return redirect("account")
    return render(request, "desk/account/set_up.html", {"organisation": reads.organisation_name()})


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey: always one that signs in alone, and asks who holds it for finger, face or PIN."""

    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_passwordless(self) -> bool:
        return True


@proven
@require_http_methods(["GET", "POST"])
def add_passkey(request: DeskRequest) -> HttpResponse:
    """Add a passkey."""
    form = PasskeyForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        name, credential = form.cleaned_data["name"][:80], form.cleaned_data["credential"]
        coded = accounts.add_passkey(
            str(request.user.pk), name=name, credential=credential, by=request.viewer, at=request.at
        )
        return _set_up_further(request, coded=coded)
    options = begin_registration(request.user, passwordless=True)
    status = FAULTY if form.is_bound else 200
    return render(request, "desk/account/add_passkey.html", {"form": form, "options": options}, status=status)


@proven
@require_http_methods(["GET", "POST"])
def add_app(request: DeskRequest) -> HttpResponse:
    """Set up an authenticator app, or another in its place; beside a password or the organisation's word."""
    if not reads.can_prove_first(str(request.user.pk)):
        return redirect("set_password")
    form = ActivateTOTPForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        coded = accounts.add_app(str(request.user.pk), secret=form.secret, by=request.viewer, at=request.at)
        sign_ins.first_use(str(request.user.pk), form.cleaned_data["code"].strip())
        clear_totp_secret(request)
        return _set_up_further(request, coded=coded)
    picture = factors().build_totp_svg(factors().build_totp_url(request.user, form.secret))
    drawn = "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()
    shown = {"form": form, "secret": form.secret, "drawn": drawn}
    return render(request, "desk/account/add_app.html", shown, status=FAULTY if form.is_bound else 200)


class PasswordForm(forms.Form):
    """A new password, typed twice."""

    password = forms.CharField(
        label=_("New password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )
    again = forms.CharField(
        label=_("The same again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def __init__(self, *args: Any, account: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._account = account

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self._account)
        return password

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if self.cleaned_data.get("password") not in {None, again}:
            raise ValidationError(_("This is not the same."))
        return again


@proven
@require_http_methods(["GET", "POST"])
def set_password(request: DeskRequest) -> HttpResponse:
    """Set or change the password."""
    form = PasswordForm(request.POST or None, account=request.user)
    if request.method == "POST" and form.is_valid():
        kept = sessions.session_id(request.session)
        accounts.set_password(
            str(request.user.pk), form.cleaned_data["password"], keep_session=kept, by=request.viewer, at=request.at
        )
        sign_in.renewed(request)
        return redirect("account" if sessions.is_whole(request.session) else "add_app")
    shown = {"form": form, "rules": password_validators_help_texts()}
    return render(request, "desk/account/set_password.html", shown, status=FAULTY if form.is_bound else 200)


@proven
@require_http_methods(["GET", "POST"])
def codes(request: DeskRequest) -> HttpResponse:
    """The recovery codes: shown once; a POST makes new ones."""
    account = str(request.user.pk)
    if request.method == "POST":
        accounts.renew_codes(account, by=request.viewer, at=request.at)
        return redirect("codes")
    shown = accounts.show_codes(account, by=request.viewer, at=request.at)
    return render(request, "desk/account/codes.html", {"codes": shown, "left": reads.codes_left(account)})


def _set_up_further(request: DeskRequest, *, coded: bool) -> HttpResponse:
    """She has a second factor now: all is open to her, after her recovery codes if they are new."""
    sessions.make_whole(request.session)
    return redirect("codes" if coded else "account")


def _refused(request: DeskRequest, error: TocsinError) -> HttpResponse:
    return render(request, "desk/account/refused.html", {"error": error}, status=error.status)
