"""The directory: who answers for what, how this node knows it, and how soon people there answer.

Ages are measured in true time, as the directory runs on it; an exercise makes no card old (``directory.reads``).
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base import instant
from tocsin.base.errors import PeerError, ProofError, RuleError, TocsinError
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.desk import contacts, europe, inputs, words
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads
from tocsin.directory.acts import cards, drill, submit
from tocsin.directory.acts import own_words as own_words_acts
from tocsin.directory.errors import (
    NoDirectoryError,
    OwnWordsGoneError,
    OwnWordsPersonError,
    OwnWordsSecondError,
    SignedFormError,
    UnknownMemberError,
    WordsDifferError,
    WordsFormError,
)
from tocsin.directory.rules.card import Card, CardKind
from tocsin.directory.rules.own_card import OwnWords, differences, words_of_card
from tocsin.directory.rules.sight import Contact, DirectoryStanding
from tocsin.directory.rules.trust import Source
from tocsin.directory.rules.words import Words, words_of
from tocsin.law.errors import UnknownInstrumentError
from tocsin.law.instrument import instrument
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, reaches

_MOST_CARD = 65_536
_MOST_HEARD = 30
"""How many contacts by hearsay the directory's page shows; all of them stand on theirs."""
_NIGHT = (22, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A contact point as a line of the table, in words."""

    contact: Contact
    card: Card
    state: str
    """``answers``, ``fades`` or ``unconfirmed``: also how it is drawn on the map."""
    kind: str
    country: str
    languages: str
    there: Instant
    asleep: bool
    """Whether it is night there."""
    instead: tuple[tuple[MemberId, str], ...]
    """Points of the same State whose people answer, by id and name: to be asked first."""
    alive_ago: timedelta | None
    reaction: timedelta | None

    @property
    def url(self) -> str:
        """Its page."""
        return reverse("directory-member", args=[self.contact.member])


# --- The list -----------------------------------------------------------------------------------


@require_GET
def directory(request: DeskRequest) -> HttpResponse:
    """Every contact point, as a table and as a map."""
    rights.check(request.viewer, Right.READ_DIRECTORY)
    return _page(request)


@require_POST
def take(request: DeskRequest) -> HttpResponse:
    """Take a card from a file; it lets no letters in before it is confirmed by voice."""
    rights.check(request.viewer, Right.CONFIRM_CARD)
    form = CardFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        content = form.cleaned_data["card"].read(_MOST_CARD + 1)
        held, _taking = cards.take_card(content, by=request.viewer, at=request.at)
    except (RuleError, PeerError, ProofError, SignedFormError) as error:
        form.add_error("card", words.said(error))
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if held.source.trusted:
        messages.success(request, gettext("The card continues one that was confirmed; it is in force."))
    else:
        messages.warning(request, gettext("The card is here and lets no letters in yet: confirm it by voice."))
    return HttpResponseRedirect(reverse("directory-member", args=[held.signed.card.member]))


@require_POST
def call(request: DeskRequest) -> HttpResponse:
    """Begin a drill: call one contact point, or all of them."""
    rights.check(request.viewer, Right.CONFIRM_CARD)
    member = MemberId(request.POST.get("member", ""))

    def act() -> str:
        if member:
            drill.call_drill(member, by=request.viewer, at=request.at)
            messages.success(request, gettext("Called: now it shows how soon somebody there answers."))
            return reverse("directory-member", args=[member])
        called = len(drill.call_all(by=request.viewer, at=request.at, post=False))
        told = ngettext("%(n)d contact point is called.", "%(n)d contact points are called.", called)
        messages.success(request, told % {"n": called})
        return reverse("directory")

    return answer_once(request, act)


@require_POST
def answer(request: DeskRequest, call_id: UUID) -> HttpResponse:
    """Answer another member's call: a person is here."""
    rights.check(request.viewer, Right.CONFIRM_CARD)
    drill.answer_drill(str(call_id), by=request.viewer, at=request.at)
    messages.success(request, gettext("Answered."))
    return HttpResponseRedirect(reverse("directory"))


class CardFileForm(forms.Form):
    """A card as a file."""

    card = forms.FileField(label=_("File with the card"), max_length=200)

    def clean_card(self) -> Any:
        """No file is read that is larger than any card."""
        file = self.cleaned_data["card"]
        if file.size > _MOST_CARD:
            raise forms.ValidationError(gettext("A card is smaller than 64 KiB."))
        return file


def _page(request: DeskRequest, *, form: CardFileForm | None = None, status: int = HTTPStatus.OK) -> HttpResponse:
    when = instant.true_now()
    own = reads.own_card()
    known = reads.points()
    names = {each.member: each.shown.card.name for each in known}
    listed = [_line(each, names, when=when) for each in known if each.member != this_node().member]
    shown_country = request.GET.get("country", "")[:2].upper()
    points = [(each.card.country, each.state, _of_country(each.card.country, listed)) for each in listed]
    if own is not None:
        points.append((own.card.country, "own", reverse("directory-own")))
    heard = reads.hearsay_for(country=shown_country or None)
    called_for = reads.waiting_drills() if reaches(request.viewer, Right.CONFIRM_CARD) else []
    shown = {
        "section": "directory",
        "lines": [each for each in listed if shown_country in {"", each.card.country}],
        "all": len(listed),
        "shown_country": shown_country,
        "tiles": [(tile, _territory(tile.country)) for tile in europe.tiles(points)],
        "map": f"0 0 {europe.WIDE * europe.PITCH} {europe.HIGH * europe.PITCH}",
        "size": europe.SIZE,
        "hearsay": len(heard),
        "heard": contacts.lines_of(heard[:_MOST_HEARD]),
        "own": own.card if own else None,
        "standing": _standing(),
        "waiting": [(each, names.get(each.member, each.member)) for each in called_for],
        "may_confirm": reaches(request.viewer, Right.CONFIRM_CARD),
        "form": form or CardFileForm(),
        "true_now": when,
    }
    return render(request, "desk/directory/directory.html", shown, status=status)


def _of_country(country: str, listed: list[Line]) -> str:
    """Where a State's tile leads: to its only point, or to the list of them."""
    here = [each for each in listed if each.card.country == country]
    return here[0].url if len(here) == 1 else f"{reverse('directory')}?country={country}"


def _standing() -> DirectoryStanding | None:
    try:
        return reads.standing()
    except NoDirectoryError:
        return None


def _line(contact: Contact, names: dict[MemberId, str], *, when: Instant) -> Line:
    card = contact.shown.card
    there = when.astimezone(words.zone_of(card.zone))
    reached = contact.drill.seconds if contact.drill else None
    return Line(
        contact=contact,
        card=card,
        state="unconfirmed" if contact.in_force is None else "fades" if contact.fades else "answers",
        kind=words.word(f"member:{card.kind.value}"),
        country=_territory(card.country),
        languages=", ".join(_language(each) for each in card.languages),
        there=when,
        asleep=not _NIGHT[1] <= there.hour < _NIGHT[0],
        instead=tuple((other, names.get(other, other)) for other in contact.instead),
        alive_ago=when - contact.alive if contact.alive else None,
        reaction=timedelta(seconds=reached) if reached is not None else None,
    )


def _territory(country: str) -> str:
    return str(words.locale().territories.get(country, country))


def _language(code: str) -> str:
    return str(words.locale().languages.get(code, code))


# --- One member ---------------------------------------------------------------------------------


class HeardForm(forms.Form):
    """The six words that the other side read aloud of its own card."""

    heard = inputs.line(_("The six words that they read aloud"), most=300, required=True)


@require_http_methods(["GET", "POST"])
def member(request: DeskRequest, member_id: str) -> HttpResponse:
    """A contact point with its cards, keys, competences and history; a POST confirms its card by voice."""
    rights.check(request.viewer, Right.READ_DIRECTORY)
    try:
        contact = reads.point(MemberId(member_id))
    except UnknownMemberError:
        raise Http404 from None
    if request.method == "POST":
        return _confirmed(request, contact)
    return _member_page(request, contact, HeardForm())


def _confirmed(request: DeskRequest, contact: Contact) -> HttpResponse:
    rights.check(request.viewer, Right.CONFIRM_CARD)
    form = HeardForm(request.POST)
    if form.is_valid():
        try:
            # Words that differ are journalled, so what is refused here is not undone (no ``answer_once``).
            heard = form.cleaned_data["heard"]
            cards.confirm_card(contact.member, heard=heard, by=request.viewer, at=request.at)
        except (WordsFormError, WordsDifferError) as error:
            form.add_error("heard", words.said(error))
        else:
            messages.success(request, gettext("Confirmed by voice: its letters are let in."))
            return HttpResponseRedirect(reverse("directory-member", args=[contact.member]))
    return _member_page(request, contact, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _member_page(
    request: DeskRequest, contact: Contact, form: HeardForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    when = instant.true_now()
    names = {each.member: each.shown.card.name for each in reads.points()}
    line = _line(contact, names, when=when)
    may = reaches(request.viewer, Right.CONFIRM_CARD)
    shown = {
        "section": "directory",
        "line": line,
        "card": line.card,
        "contact": contact,
        "keys": _keys(line.card, contact, when=when),
        "competences": [_competence(each) for each in line.card.competences],
        "history": reads.past_cards(contact.member),
        "drills": reads.drill_results(contact.member)[:12],
        "form": form,
        "to_confirm": may and any(not each.source.trusted or each.source is Source.TUF for each in contact.held),
        "waits": any(not each.source.trusted for each in contact.held),
        "may_confirm": may,
        "may_drill": may and contact.in_force is not None and line.card.kind is not CardKind.HUB,
    }
    return render(request, "desk/directory/member.html", shown, status=status)


def _keys(card: Card, contact: Contact, *, when: Instant) -> list[dict[str, Any]]:
    refused = contact.in_force.refused if contact.in_force else {}
    return [
        {
            "kid": key.kid,
            "use": words.word(f"key:{key.use.value}"),
            "since": key.since,
            "until": key.until,
            "state": "refused" if key.kid in refused else "in-force" if key.in_force(when) else "not-in-force",
        }
        for key in card.keys
    ]


def _competence(instrument_id: InstrumentId) -> tuple[str, str]:
    """The title and article of an instrument; one that this node does not know by its id."""
    try:
        law = instrument(instrument_id)
    except UnknownInstrumentError:
        return instrument_id, ""
    return words.law(law.title), str(law.basis)


# --- One's own card -----------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def own(request: DeskRequest) -> HttpResponse:
    """Show this node's own card and its six words; a POST signs it anew, from the node's settings and keys."""
    rights.check(request.viewer, Right.READ_DIRECTORY)
    if request.method == "POST":
        return _sign(request)
    signed = reads.own_card()
    when = instant.true_now()
    waiting = reads.waiting_words()
    may_settle = waiting is not None and reaches(request.viewer, Right.CONFIRM_CARD)
    shown = {
        "section": "directory",
        "waiting": waiting,
        "changes": _changes(own_words_acts.words_now(), waiting.words) if waiting else [],
        "may_settle": may_settle,
        "is_mine": waiting is not None and waiting.by_person == request.viewer.person,
        "unlike_settings": _changes(own_words_acts.words_in_settings(), own_words_acts.words_now()),
        "unsigned": signed is not None and own_words_acts.words_now() != words_of_card(signed.card),
        "joined": _standing() is not None or (signed is not None and signed.card.kind is CardKind.HUB),
        "signed": signed,
        "card": signed.card if signed else None,
        "kind": words.word(f"member:{signed.card.kind.value}") if signed else "",
        "country": _territory(signed.card.country) if signed else "",
        "languages": ", ".join(_language(each) for each in signed.card.languages) if signed else "",
        "keys": [
            {
                "kid": key.kid,
                "use": words.word(f"key:{key.use.value}"),
                "since": key.since,
                "until": key.until,
                "state": "in-force" if key.in_force(when) else "not-in-force",
            }
            for key in (signed.card.keys if signed else ())
        ],
        "competences": [_competence(each) for each in signed.card.competences] if signed else [],
        "words": _words_of(signed.jws, signed.card.member).words if signed else (),
        "may_sign": reaches(request.viewer, Right.RUN_NODE),
    }
    return render(request, "desk/directory/own.html", shown)


class OwnWordsForm(forms.Form):
    """What the card says of this node, as far as people at the desk change it."""

    name = inputs.line(_("Name"), most=200)
    hours = inputs.line(_("Hours"), most=100, help_text=_("24/7, or spans like Mo-Fr 08:00-16:00."))
    phone = inputs.line(_("Telephone for call-back"), most=40)
    zone = inputs.line(_("Time zone"), most=60)
    subdivision = inputs.line(_("Public holidays of (region's code)"), most=8)
    languages = inputs.line(_("Languages (codes)"), most=120)
    competences = forms.MultipleChoiceField(
        label=_("We answer for"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        competences: Any = self.fields["competences"]
        known = contacts.instrument_choices()
        others = set(own_words_acts.words_now().competences) - {each for each, _title in known}
        competences.choices = [*known, *((each, each) for each in sorted(others))]

    def words(self) -> OwnWords:
        """What was typed."""
        said = self.cleaned_data
        return OwnWords(
            name=said["name"].strip(),
            hours=said["hours"].strip(),
            phone=said["phone"].strip() or None,
            zone=said["zone"].strip(),
            subdivision=said["subdivision"].strip() or None,
            languages=tuple(dict.fromkeys(said["languages"].replace(",", " ").lower().split())),
            competences=tuple(InstrumentId(each) for each in said["competences"]),
        )


@require_http_methods(["GET", "POST"])
def own_words(request: DeskRequest) -> HttpResponse:
    """Propose what this node's card is to say; a second person confirms it."""
    rights.check(request.viewer, Right.RUN_NODE)
    if request.method == "GET":
        return _own_words_page(request, OwnWordsForm(initial=_typed_words(own_words_acts.words_now())))
    form = OwnWordsForm(request.POST)
    if form.is_valid():
        wanted = form.words()
        for fault in own_words_acts.faults_in(wanted):
            field = "subdivision" if fault.field.startswith("holidays") else fault.field
            form.add_error(field if field in form.fields else None, words.law(fault.rule))
    if form.is_valid():

        def act() -> str:
            own_words_acts.propose_words(wanted, by=request.viewer, at=request.at)
            messages.success(request, gettext("Proposed: a second person confirms it, and the card is signed."))
            return reverse("directory-own")

        try:
            return answer_once(request, act)
        except (OwnWordsGoneError, OwnWordsPersonError) as error:
            form.add_error(None, words.said(error))
    return _own_words_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
def settle_words(request: DeskRequest, proposal: UUID) -> HttpResponse:
    """Confirm what somebody else proposed that the card says, or give it up."""
    rights.check(request.viewer, Right.CONFIRM_CARD)

    def act() -> str:
        if "confirm" not in request.POST:
            own_words_acts.withdraw_words(str(proposal), by=request.viewer, at=request.at)
            messages.success(request, gettext("Given up: the card stays as it is."))
        else:
            signed = own_words_acts.confirm_words(str(proposal), by=request.viewer, at=request.at)
            told = gettext("Confirmed and signed, as serial %(serial)d. Now it has to reach the others.")
            messages.success(request, told % {"serial": signed.card.serial})
        return reverse("directory-own")

    try:
        return answer_once(request, act)
    except (OwnWordsGoneError, OwnWordsSecondError, OwnWordsPersonError) as error:
        messages.error(request, words.said(error))
    return HttpResponseRedirect(reverse("directory-own"))


@require_POST
def hand_in(request: DeskRequest) -> HttpResponse:
    """Hand this node's card to the hub, which publishes it in the directory."""
    rights.check(request.viewer, Right.RUN_NODE)
    try:
        path, content = submit.own_submission(by=request.viewer, at=request.at)
        submit.hand_in_own(path, content, at=request.at)
    except TocsinError as error:
        messages.error(request, words.said(error))
    else:
        messages.success(request, gettext("Handed in: the directory has the card."))
    return HttpResponseRedirect(reverse("directory-own"))


def _own_words_page(request: DeskRequest, form: OwnWordsForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    waiting = reads.waiting_words()
    shown = {"section": "directory", "form": form, "waiting": waiting}
    return render(request, "desk/directory/own_words.html", shown, status=status)


def _typed_words(said: OwnWords) -> dict[str, Any]:
    return {
        "name": said.name,
        "hours": said.hours,
        "phone": said.phone or "",
        "zone": said.zone,
        "subdivision": said.subdivision or "",
        "languages": ", ".join(said.languages),
        "competences": list(said.competences),
    }


def _changes(before: OwnWords, after: OwnWords) -> list[dict[str, str]]:
    """What would differ, in words."""
    labels = {name: str(field.label) for name, field in OwnWordsForm.base_fields.items()}
    return [
        {"label": labels[name], "before": _said_of(before, name), "after": _said_of(after, name)}
        for name in differences(before, after)
    ]


def _said_of(said: OwnWords, name: str) -> str:
    value = getattr(said, name)
    if name == "competences":
        return "; ".join(_competence(each)[0] for each in value)
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")


@require_GET
def own_file(request: DeskRequest) -> HttpResponse:
    """Give this node's card as a file, for another contact point."""
    rights.check(request.viewer, Right.READ_DIRECTORY)
    signed = reads.own_card()
    if signed is None:
        raise Http404
    answer = HttpResponse(signed.file, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{signed.card.member}.card.json"'
    return answer


def _sign(request: DeskRequest) -> HttpResponse:
    rights.check(request.viewer, Right.RUN_NODE)
    before = reads.own_card()
    try:
        signed = cards.sign_own_card(by=request.viewer, at=request.at)
    except TocsinError as error:
        messages.error(request, words.said(error))
    else:
        if before is not None and before.card.serial == signed.card.serial:
            messages.info(request, gettext("Nothing has changed since the last card: it stands."))
        else:
            messages.success(request, gettext("Signed. Read its six words to whoever confirmed the one before."))
    return HttpResponseRedirect(reverse("directory-own"))


@lru_cache(maxsize=4)
def _words_of(jws: str, member: MemberId) -> Words:
    return words_of(jws, member=member)  # most of a second and 128 MiB, by design: once for each card
