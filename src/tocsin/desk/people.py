"""Administration: who works here, in which roles, and how they get in. No page here shows a request or a dossier."""

from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.errors import TocsinError
from tocsin.base.ids import PersonId
from tocsin.desk import inputs, words
from tocsin.desk.door import FAULTY, View
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.people import reads
from tocsin.people.acts import accounts
from tocsin.people.acts import people as acts
from tocsin.people.errors import PersonFieldError, RightMissingError, UnknownPersonError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, Role


def _administrators(view: View) -> View:
    """A page for those who run the node: to others it is not there."""

    @wraps(view)
    def answer(request: DeskRequest, **named: Any) -> HttpResponseBase:
        try:
            rights.check(request.viewer, Right.RUN_NODE)
            return view(request, **named)
        except (RightMissingError, UnknownPersonError) as error:
            raise Http404 from error
        except TocsinError as error:
            messages.error(request, words.said(error))
            return redirect(request.path if request.method == "GET" else reverse("people"))

    return never_cache(answer)


class PersonForm(forms.Form):
    """A person: what she may do, and for whom."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    roles = forms.MultipleChoiceField(label=gettext_lazy("Roles"), widget=forms.CheckboxSelectMultiple)
    function = forms.ChoiceField(
        label=gettext_lazy("Office"),
        required=False,
        help_text=gettext_lazy("What she is by law: decides what her sign-off is worth."),
    )
    organisation = forms.CharField(
        label=gettext_lazy("Organisation"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "contacts"}),
        help_text=gettext_lazy(
            "Of a partner alone: the id of a contact without a node, from the directory. She sees only what is "
            "addressed to it."
        ),
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["roles"].choices = [(role.value, words.word(role.value)) for role in Role]  # type: ignore[attr-defined]
        offices = sorted(filter(None, acts.FUNCTIONS))
        self.fields["function"].choices = [("", _("none")), *((each, words.word(each)) for each in offices)]  # type: ignore[attr-defined]

    @property
    def contacts(self) -> list[tuple[str, str]]:
        """Contacts without a node, by id and name: a partner works for one of them."""
        return [(each.member, each.name) for each in directory.hearsay_for()]

    def told(self) -> dict[str, Any]:
        """What the acts are told, beside the name."""
        cleaned = self.cleaned_data
        return {
            "roles": frozenset(cleaned["roles"]),
            "function": cleaned["function"],
            "organisation": cleaned["organisation"].strip(),
        }


@_administrators
@require_http_methods(["GET", "POST"])
def people(request: DeskRequest) -> HttpResponse:
    """Everybody who has a place here; a POST adds one."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = acts.add_person(name=form.cleaned_data["name"], by=request.viewer, at=request.at, **form.told())
        except PersonFieldError as error:
            form.add_error(inputs.field_of(error, form), words.said(error))
        else:
            return redirect("person", person=added)
    known_accounts = reads.accounts(at=request.at)
    listed = [(each, known_accounts.get(each.id)) for each in reads.people()]
    shown = {"listed": listed, "form": form, "section": "people"}
    return render(request, "desk/people/people.html", shown, status=FAULTY if form.is_bound else 200)


@_administrators
@require_http_methods(["GET", "POST"])
def person(request: DeskRequest, person: str) -> HttpResponse:
    """One of them; a POST changes roles, office and organisation."""
    found = reads.person(str(person))
    initial = {"name": found.name, "roles": found.roles, "function": found.function, "organisation": found.organisation}
    told = {**request.POST.dict(), "name": found.name, "roles": request.POST.getlist("roles")}
    form = PersonForm(told if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            acts.change_person(found.id, by=request.viewer, at=request.at, **form.told())
        except PersonFieldError as error:
            form.add_error(inputs.field_of(error, form), words.said(error))
        except TocsinError as error:
            form.add_error(None, words.said(error))
        else:
            messages.success(request, _("Changed: it holds from now on, in open sessions too."))
            return redirect("person", person=found.id)
    account = reads.account_of(found.id, at=request.at)
    shown = {
        "person": found,
        "form": form,
        "access": account,
        "devices": reads.devices_of(account.id) if account else [],
        "link": request.session.pop("invitation", {}).get(str(found.id), ""),
        "organisation": reads.organisation_name(),
        "section": "people",
    }
    return render(request, "desk/people/person.html", shown, status=FAULTY if form.is_bound else 200)


@_administrators
@require_POST
def invite(request: DeskRequest, person: str) -> HttpResponse:
    """Make a link for her, shown once on the next page."""
    made = accounts.invite(PersonId(str(person)), by=request.viewer, at=request.at)
    path = reverse("invited", kwargs={"token": made.token})
    request.session["invitation"] = {str(person): request.build_absolute_uri(path)}
    return redirect("person", person=person)


@_administrators
@require_POST
def withdraw(request: DeskRequest, person: str) -> HttpResponse:
    """Take every device from her: lost ones open nothing from now on."""
    accounts.withdraw_devices(PersonId(str(person)), by=request.viewer, at=request.at)
    messages.success(request, _("No device of hers opens anything now, and she is signed out. Invite her again."))
    return redirect("person", person=person)


@_administrators
@require_POST
def link(request: DeskRequest, person: str) -> HttpResponse:
    """Bind her account to the subject by which the organisation's provider knows her."""
    account = reads.account_of(str(person), at=request.at)
    if account is None:
        accounts.open_account(PersonId(str(person)), by=request.viewer, at=request.at)
        account = reads.account_of(str(person), at=request.at)
    if account is not None:
        subject = request.POST.get("subject", "").strip()
        accounts.link_organisation(account.id, subject=subject, by=request.viewer, at=request.at)
    return redirect("person", person=person)


@_administrators
@require_http_methods(["GET", "POST"])
def end(request: DeskRequest, person: str) -> HttpResponse:
    """End her place, after asking once."""
    found = reads.person(str(person))
    if request.method == "POST":
        acts.end_person(found.id, by=request.viewer, at=request.at)
        messages.success(request, _("%(name)s no longer works here.") % {"name": found.name})
        return redirect("people")
    return render(request, "desk/people/end.html", {"person": found, "section": "people"})
