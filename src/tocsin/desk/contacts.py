"""Contacts without a node, by hearsay: one's own list taken in, one written down, one tried.

What a list says is shown as what it is: from whom, of which day, last tried when and with what outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from cryptography.x509 import load_pem_x509_certificate
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base import instant
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.sheet import MOST_BYTES, SheetError
from tocsin.desk import inputs, words
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads
from tocsin.directory.acts import contacts as acts
from tocsin.directory.acts.contacts import Preview
from tocsin.directory.errors import (
    ContactKnownError,
    ContactMovedError,
    ListFaultyError,
    ListGoneError,
    ListSourceError,
    UnknownMemberError,
)
from tocsin.directory.rules.card import CardKind
from tocsin.directory.rules.columns import Column
from tocsin.directory.rules.hearsay import Defaults, Listed, Outcome, is_hearsay
from tocsin.directory.rules.sight import ContactView
from tocsin.law.errors import UnknownInstrumentError
from tocsin.law.instrument import instrument, instruments, notifications
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, reaches

COLUMNS: Mapping[Column, Any] = {
    Column.NAME: _("Name"),
    Column.KIND: _("What it is"),
    Column.COUNTRY: _("Country"),
    Column.LANGUAGES: _("Languages"),
    Column.PHONE: _("Telephone"),
    Column.EMAIL: _("E-mail"),
    Column.HOURS: _("Hours"),
    Column.ZONE: _("Time zone"),
    Column.SUBDIVISION: _("Public holidays of (region)"),
    Column.COMPETENCES: _("Answers for"),
    Column.SMIME: _("S/MIME certificate"),
    Column.KEY: _("The list's own number"),
}
KINDS = (CardKind.STATE, CardKind.PROVIDER, CardKind.PRIVATE)
_NOT_THERE = "-"
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A contact by hearsay as a line, in words."""

    contact: ContactView
    kind: str
    country: str
    languages: str
    instead: tuple[tuple[str, str], ...]
    """Others that answer: where they are shown, and their names."""

    @property
    def url(self) -> str:
        """Its page."""
        return page_of(self.contact.member)


def page_of(member: MemberId) -> str:
    """Where a contact is shown, with a node or by hearsay."""
    return reverse("directory-contact" if is_hearsay(member) else "directory-member", args=[member])


def lines_of(found: list[ContactView]) -> list[Line]:
    """Contacts by hearsay in words."""
    names = reads.contacts_named(other for each in found for other in each.instead)
    return [_line(each, names) for each in found]


def _line(seen: ContactView, names: Mapping[MemberId, str]) -> Line:
    known = words.locale()
    return Line(
        contact=seen,
        kind=words.word(f"member:{seen.kind.value}"),
        country=str(known.territories.get(seen.country, seen.country)),
        languages=", ".join(str(known.languages.get(each, each)) for each in seen.languages),
        instead=tuple((page_of(other), names.get(other, other)) for other in seen.instead),
    )


# --- The list -----------------------------------------------------------------------------------


class ListForm(forms.Form):
    """A list of contacts as a file."""

    file = forms.FileField(
        label=_("List (CSV or XLSX)"),
        max_length=500,
        help_text=_("Its first row names the columns. Nothing is taken in before you have seen it."),
    )

    def clean_file(self) -> Any:
        """No file is read that is larger than any list."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(gettext("A list is smaller than 4 MiB."))
        return file


@require_http_methods(["GET", "POST"])
def contacts(request: DeskRequest) -> HttpResponse:
    """All contacts by hearsay; a POST lays a list down to be looked at."""
    rights.check(request.viewer, Right.READ_DIRECTORY)
    form = ListForm()
    if request.method == "POST":
        rights.check(request.viewer, Right.CONFIRM_CARD)
        form = ListForm(request.POST, request.FILES)
        waiting = _laid(request, form) if form.is_valid() else ""
        if waiting:
            return HttpResponseRedirect(reverse("directory-list", args=[waiting]))
    shown = {
        "section": "directory",
        "lines": lines_of(reads.hearsay_for()),
        "form": form,
        "may_change": reaches(request.viewer, Right.CONFIRM_CARD),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "desk/contacts/contacts.html", shown, status=status)


def _laid(request: DeskRequest, form: ListForm) -> str:
    file = form.cleaned_data["file"]
    try:
        return acts.lay_list(file.read(MOST_BYTES + 1), file_name=file.name, by=request.viewer, at=request.at)
    except SheetError as error:
        form.add_error("file", words.said(error))
        return ""


# --- A list that waits --------------------------------------------------------------------------


class MeantForm(forms.Form):
    """What the columns of a list mean, whose list it is, and what holds where it has no column."""

    source = inputs.line(_("Whose list it is"), most=200)
    source_date = inputs.day(_("Of which day"))
    kind = forms.ChoiceField(label=_("Where no column says what it is"), required=False)
    country = inputs.line(_("Where no column says the country (code)"), most=2)

    def __init__(self, header: tuple[str, ...], **traits: Any) -> None:
        super().__init__(**traits)
        self.header = header
        kinds: Any = self.fields["kind"]
        kinds.choices = [(each.value, words.word(f"member:{each.value}")) for each in KINDS]
        named = [(_NOT_THERE, gettext("no column"))]
        named += [(str(place), name or gettext("column %(n)d") % {"n": place + 1}) for place, name in enumerate(header)]
        for column, label in COLUMNS.items():
            self.fields[f"of-{column.value}"] = forms.ChoiceField(label=label, required=False, choices=named)

    @property
    def columns(self) -> list[Any]:
        """The fields that say what a column means."""
        return [self[f"of-{column.value}"] for column in COLUMNS]

    @property
    def others(self) -> list[Any]:
        """The fields about the whole list."""
        return [self[name] for name in ("source", "source_date", "kind", "country")]

    def mapping(self) -> dict[Column, int]:
        """Which column says what."""
        said = {column: self.cleaned_data.get(f"of-{column.value}") or _NOT_THERE for column in COLUMNS}
        return {column: int(place) for column, place in said.items() if place != _NOT_THERE}

    def defaults(self) -> Defaults:
        """What holds where no column says so."""
        kind = self.cleaned_data.get("kind") or CardKind.STATE.value
        return Defaults(kind=CardKind(kind), country=str(self.cleaned_data.get("country") or "").upper())


@require_http_methods(["GET", "POST"])
def waiting_list(request: DeskRequest, waiting: UUID) -> HttpResponse:
    """A list that waits: what its columns mean, what would change, each fault; a POST looks again or takes it in."""
    rights.check(request.viewer, Right.CONFIRM_CARD)
    try:
        guessed = acts.preview_list(str(waiting), by=request.viewer)
    except ListGoneError as error:
        messages.warning(request, words.said(error))
        return HttpResponseRedirect(reverse("directory-contacts"))
    said = request.POST if request.method == "POST" else request.GET
    form = MeantForm(guessed.header, data=_filled(guessed, said))
    form.is_valid()  # with a default for every field; what is wrong shows beside it
    if request.method == "POST" and "look" in request.POST:
        kept = {name: form.data[name] for name in form.fields}
        return HttpResponseRedirect(f"{reverse('directory-list', args=[waiting])}?{urlencode(kept)}")
    shown = acts.preview_list(str(waiting), mapping=form.mapping(), defaults=form.defaults(), by=request.viewer)
    if request.method == "POST" and form.is_valid():
        taken = _taken(request, shown, form)
        if taken is not None:
            return taken
    if request.method == "GET":
        form = MeantForm(guessed.header, initial=_filled(guessed, said).dict())
    return _list_page(request, shown, form)


def _taken(request: DeskRequest, shown: Preview, form: MeantForm) -> HttpResponse | None:
    def act() -> str:
        acts.import_list(
            shown.id,
            mapping=form.mapping(),
            defaults=form.defaults(),
            source=form.cleaned_data["source"].strip(),
            source_date=form.cleaned_data["source_date"] or date.max,
            by=request.viewer,
            at=request.at,
        )
        told = ngettext("%(n)d contact is new", "%(n)d contacts are new", len(shown.new)) % {"n": len(shown.new)}
        changed = gettext("%(told)s, %(n)d changed.") % {"told": told, "n": len(shown.changed)}
        messages.success(request, changed)
        return reverse("directory-contacts")

    try:
        return answer_once(request, act)
    except ListSourceError as error:
        form.add_error(inputs.field_of(error, form), words.said(error))
    except ListFaultyError:
        form.add_error(None, gettext("Nothing was taken in: mend the list, or say what its columns mean."))
    return None


def _filled(guessed: Preview, said: QueryDict) -> QueryDict:
    """What was said of a list, and what is guessed where nothing was said."""
    filled = QueryDict(mutable=True)
    for column in COLUMNS:
        guess = str(guessed.mapping[column]) if column in guessed.mapping else _NOT_THERE
        filled[f"of-{column.value}"] = said.get(f"of-{column.value}") or guess
    filled["kind"] = said.get("kind") or CardKind.STATE.value
    for name in ("source", "source_date", "country"):
        filled[name] = said.get(name, "")
    return filled


def _list_page(request: DeskRequest, shown: Preview, form: MeantForm) -> HttpResponse:
    changes = [each for each in shown.changes if each.changed]
    page = {
        "section": "directory",
        "list": shown,
        "form": form,
        "faults": shown.faults[:_MOST_ROWS],
        "changes": [
            {
                "row": each.row,
                "name": each.listed.name,
                "country": each.listed.country,
                "new": each.new,
                "fields": [
                    {
                        "label": COLUMNS[Column(name)],
                        "before": _told(each.before, name),
                        "after": _told(each.listed, name),
                    }
                    for name in each.changed
                    if not each.new or (name in {"phone", "email", "languages", "hours"} and _told(each.listed, name))
                ],
            }
            for each in changes[:_MOST_ROWS]
        ],
        "more": max(0, len(changes) - _MOST_ROWS),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "desk/contacts/list.html", page, status=status)


def _told(listed: Listed | None, name: str) -> str:
    """A field of a contact in words."""
    value = getattr(listed, name) if listed is not None else None
    if name == "smime":
        return gettext("a certificate") if value else ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return words.word(f"member:{value.value}") if isinstance(value, CardKind) else str(value or "")


# --- One contact --------------------------------------------------------------------------------


class ContactForm(forms.Form):
    """One contact, as it is typed."""

    name = inputs.line(_("Name"), most=200)
    kind = forms.ChoiceField(label=_("What it is"))
    country = inputs.line(_("Country (code or name)"), most=80)
    phone = inputs.line(_("Telephone"), most=60)
    email = inputs.line(_("E-mail"), most=200)
    languages = inputs.line(_("Languages (codes or names)"), most=300)
    hours = inputs.line(_("Hours"), most=100)
    zone = inputs.line(_("Time zone"), most=60, help_text=_("Left empty, that of most people of the country."))
    subdivision = inputs.line(_("Public holidays of (region's code)"), most=12)
    competences = forms.MultipleChoiceField(label=_("Answers for"), required=False, widget=forms.CheckboxSelectMultiple)
    smime = inputs.text_area(_("S/MIME certificate (PEM)"), most=10_000)
    source = inputs.line(_("Who says so"), most=200)
    source_date = inputs.day(_("On which day"))

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        kinds: Any = self.fields["kind"]
        kinds.choices = [(each.value, words.word(f"member:{each.value}")) for each in KINDS]
        competences: Any = self.fields["competences"]
        competences.choices = instrument_choices()

    def contact(self, key: str) -> Listed | None:
        """What was typed, as a contact; its faults are said at their fields."""
        said = self.cleaned_data
        texts: dict[Column, str] = {
            column: ";".join(said[column.value]) if column is Column.COMPETENCES else said.get(column.value) or ""
            for column in Column
            if column is not Column.KEY
        }
        if key:
            texts[Column.KEY] = key
        listed, faults = acts.typed_contact(texts)
        for fault in faults:
            self.add_error(fault.column if fault.column in self.fields else None, words.law(fault.rule))
        return listed


@require_http_methods(["GET", "POST"])
def new_contact(request: DeskRequest) -> HttpResponse:
    """Write a contact down that no list names yet."""
    rights.check(request.viewer, Right.CONFIRM_CARD)
    if request.method == "POST":
        return _written(request, ContactForm(request.POST), None)
    return _contact_page(request, ContactForm(initial={"source_date": instant.true_now().date()}), None)


@require_http_methods(["GET", "POST"])
def contact(request: DeskRequest, member_id: str) -> HttpResponse:
    """A contact by hearsay: what is told of it, by whom, when it was tried; a POST writes down what is told now."""
    rights.check(request.viewer, Right.READ_DIRECTORY)
    seen = _seen(member_id)
    if request.method == "POST":
        rights.check(request.viewer, Right.CONFIRM_CARD)
        return _written(request, ContactForm(request.POST), seen)
    return _contact_page(request, ContactForm(initial=_typed(seen)), seen)


@require_POST
def tried(request: DeskRequest, member_id: str) -> HttpResponse:
    """Write down that a contact was tried just now."""
    rights.check(request.viewer, Right.CONFIRM_CARD)
    seen = _seen(member_id)
    said = request.POST.get("outcome", "")
    if said not in list(Outcome):
        raise Http404

    def act() -> str:
        note = request.POST.get("note", "")
        acts.try_contact(seen.member, outcome=Outcome(said), note=note, by=request.viewer, at=request.at)
        messages.success(request, gettext("Written down: tried just now."))
        return page_of(seen.member)

    return answer_once(request, act)


@require_POST
def give_up(request: DeskRequest, member_id: str) -> HttpResponse:
    """Take a contact off the list."""
    rights.check(request.viewer, Right.CONFIRM_CARD)
    seen = _seen(member_id)
    reason = " ".join(request.POST.get("reason", "").split())
    if not reason:
        messages.error(request, gettext("Say why it is taken off the list."))
        return HttpResponseRedirect(page_of(seen.member))

    def act() -> str:
        acts.give_up_contact(seen.member, reason=reason, by=request.viewer, at=request.at)
        messages.success(request, gettext("%(name)s is off the list.") % {"name": seen.name})
        return reverse("directory-contacts")

    return answer_once(request, act)


def _seen(member_id: str) -> ContactView:
    if not is_hearsay(member_id):
        raise Http404
    try:
        return reads.contact(MemberId(member_id))
    except UnknownMemberError:
        raise Http404 from None


def _written(request: DeskRequest, form: ContactForm, seen: ContactView | None) -> HttpResponse:
    listed = form.contact(seen.listed.key if seen else "") if form.is_valid() else None
    if listed is None:
        return _contact_page(request, form, seen)

    def act() -> str:
        version = request.POST.get("seen", "")
        member = acts.write_contact(
            listed,
            member=seen.member if seen else None,
            seen=int(version) if version.isdecimal() else 0,
            source=form.cleaned_data["source"].strip(),
            source_date=form.cleaned_data["source_date"] or date.max,
            by=request.viewer,
            at=request.at,
        )
        messages.success(request, gettext("Written down."))
        return page_of(member)

    try:
        return answer_once(request, act)
    except (ListSourceError, ContactKnownError, ContactMovedError) as error:
        form.add_error(inputs.field_of(error, form), words.said(error))
    return _contact_page(request, form, seen)


def _typed(seen: ContactView) -> dict[str, Any]:
    listed = seen.listed
    return {
        "name": listed.name,
        "kind": listed.kind.value,
        "country": listed.country,
        "phone": listed.phone or "",
        "email": listed.email or "",
        "languages": ", ".join(listed.languages),
        "hours": listed.hours,
        "zone": listed.zone,
        "subdivision": listed.subdivision or "",
        "competences": list(listed.competences),
        "smime": listed.smime or "",
        "source": seen.source,
        "source_date": seen.source_date,
    }


def _contact_page(request: DeskRequest, form: ContactForm, seen: ContactView | None) -> HttpResponse:
    bad = form.is_bound and bool(form.errors)
    page: dict[str, Any] = {
        "section": "directory",
        "form": form,
        "contact": seen,
        "may_change": reaches(request.viewer, Right.CONFIRM_CARD) and not (seen and seen.given_up),
        "opened": bad,
    }
    if seen is not None:
        page |= {
            "line": lines_of([seen])[0],
            "there": instant.true_now(),
            "competences": [_competence(each) for each in seen.competences],
            "tries": reads.tries_of(seen.member, most=12),
            "history": reads.past_hearsay(seen.member, most=20),
            "certificate_ends": _ends(seen.smime),
        }
    template = "desk/contacts/contact.html" if seen else "desk/contacts/new.html"
    return render(request, template, page, status=HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK)


def _competence(instrument_id: InstrumentId) -> tuple[str, str]:
    try:
        law = instrument(instrument_id)
    except UnknownInstrumentError:
        return instrument_id, ""
    return words.law(law.title), str(law.basis)


def _ends(certificate: str | None) -> Instant | None:
    """When the certificate for encrypted mail ends."""
    return load_pem_x509_certificate(certificate.encode("ascii")).not_valid_after_utc if certificate else None


def instrument_choices() -> list[tuple[str, str]]:
    """Every instrument by id and title, for a list of competences."""
    return sorted(
        ((law.id, words.law(law.title)) for law in (*instruments().values(), *notifications().values())),
        key=lambda each: each[1],
    )
