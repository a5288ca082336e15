"""Forgeries and warnings: say that something is forged, let a second person confirm it, and see what others warn of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base import instant
from tocsin.base.errors import TocsinError
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.desk import inputs, requests, strips, words
from tocsin.desk.coded_words import CODED
from tocsin.desk.once import answer_once, told_once
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.law.instrument import instruments
from tocsin.law.vocabulary import DataCategory
from tocsin.notices import reads as notices
from tocsin.notices.errors import UnknownWarningError
from tocsin.notices.reads import WarningView
from tocsin.notices.rules.features import (
    MOST_OF_EACH,
    Channel,
    Claimed,
    Features,
    Office,
    Wording,
    address_hash,
    domain_of,
    hour_of,
    normal_domain,
    normal_phone,
)
from tocsin.notices.rules.notice import MOST_DAYS, USUAL_DAYS, Why
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, rights_of
from tocsin.requests import forged as forgeries
from tocsin.requests.acts.forgery import confirm_forgery, mark_forged, take_back_forgery
from tocsin.requests.provenance import Provenance, provenance_of
from tocsin.requests.reads import Standing
from tocsin.requests.rules.ways import Way

_HEX = "0123456789abcdef"
_SHA, _KID = 64, 16
_MOST_GIVEN = 2000
_MOST_FILE = 20 * 1024 * 1024
_CHANNELS = {
    Way.PAPER: Channel.PAPER,
    Way.TELEPHONE: Channel.TELEPHONE,
    Way.MAIL: Channel.MAIL,
    Way.UPLOAD: Channel.UPLOAD,
    Way.ORDER_PAGE: Channel.UPLOAD,
}


def _lines(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "dir": "ltr"})
    return forms.CharField(label=label, required=False, max_length=6000, widget=widget, help_text=help_text)


class FeaturesForm(forms.Form):
    """What lets others know a forgery again. Everything is a code, a domain, a number or a hash: it has no words."""

    template_name = "desk/parts/fields.html"
    channel = forms.ChoiceField(
        label=_("How it came"), choices=[(each.value, _(CODED[f"channel:{each.value}"])) for each in Channel]
    )
    country = forms.RegexField(
        r"[A-Za-z]{2}", label=_("Claimed country"), required=False, help_text=_("Two letters, like PT.")
    )
    office = forms.ChoiceField(
        label=_("Claimed to be"),
        required=False,
        choices=[inputs.NOT_SAID, *((each.value, _(CODED[f"office:{each.value}"])) for each in Office)],
    )
    addresses = _lines(
        _("Mail addresses that it used"),
        _("One on each line. Others get each as a hash, to compare with, and its domain."),
    )
    domains = _lines(_("Further domains that it used"), _("One on each line, like police-pt.example."))
    phones = _lines(_("Telephone numbers that it gave or came from"), _("One on each line, with + and country code."))
    hashes = _lines(_("SHA-256 of files that came with it"), _("One on each line."))
    upload = forms.FileField(
        label=_("or a file, to take its hash"), required=False, help_text=_("It is not kept; its hash alone is told.")
    )
    keys = _lines(_("Keys that signed it"), _("Only of a stolen key or account: 16 hexadecimal digits each."))
    wording = forms.MultipleChoiceField(
        label=_("What is striking about it"),
        required=False,
        choices=[(each.value, _(CODED[f"wording:{each.value}"])) for each in Wording],
        widget=forms.CheckboxSelectMultiple,
    )
    asked = forms.MultipleChoiceField(
        label=_("What data it wanted"),
        required=False,
        choices=[(each.value, _(CODED.get(each.value, each.value))) for each in DataCategory],
        widget=forms.CheckboxSelectMultiple,
    )
    words = inputs.text_area(
        _("Why you say that it is forged"), most=2000, help_text=_("For this house alone; it never leaves.")
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, zone: str, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, files, auto_id="f-%s", use_required_attribute=False, initial=dict(initial or {}))
        known = [(each.member, each.name) for each in directory.contacts(hearsay=False) if each.has_node]
        self.fields["member"] = forms.ChoiceField(
            label=_("Claimed sender, where it is one of the directory"),
            required=False,
            choices=[inputs.NOT_SAID, *known],
        )
        laws = [(each.id, words.law(each.title)) for each in instruments().values()]
        self.fields["instrument"] = forms.ChoiceField(
            label=_("Under which instrument it claimed to be made"), required=False, choices=[inputs.NOT_SAID, *laws]
        )
        label = gettext("When it came, to the hour")
        self.fields["seen"] = inputs.InstantField(label=f"{label} ({words.city(zone)})", zone=zone)
        first, last = ("channel", "member", "country", "office", "seen"), ("wording", "asked", "instrument", "words")
        self.order_fields([*first, "addresses", "domains", "phones", "hashes", "upload", "keys", *last])

    def clean_addresses(self) -> list[str]:
        """Whole addresses."""
        return self._each("addresses", lambda each: each if domain_of(each) else None, gettext("is no mail address"))

    def clean_domains(self) -> list[str]:
        """Domains as the wire writes them."""
        return self._each("domains", normal_domain, gettext("is no domain"))

    def clean_phones(self) -> list[str]:
        """Numbers as E.164 writes them."""
        return self._each("phones", normal_phone, gettext("is no telephone number with + and its country code"))

    def clean_hashes(self) -> list[str]:
        """Hashes."""
        return self._each("hashes", lambda each: _hex(each, _SHA), gettext("is no SHA-256"))

    def clean_keys(self) -> list[str]:
        """Key ids."""
        return self._each("keys", lambda each: _hex(each, _KID), gettext("is no key id"))

    def clean_upload(self) -> Any:
        """No file is read that is larger than any that is kept."""
        file = self.cleaned_data["upload"]
        if file is not None and file.size > _MOST_FILE:
            raise forms.ValidationError(gettext("The file is larger than 20 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        """Something by which others can know it again."""
        said = self.cleaned_data
        if not self.errors and not any(
            said.get(name) for name in ("member", "addresses", "domains", "phones", "hashes", "upload", "keys")
        ):
            raise forms.ValidationError(gettext("Say something by which others can know it again."))
        return said

    def _each(self, name: str, read: Callable[[str], str | None], fault: str) -> list[str]:
        found: list[str] = []
        for line in filter(None, map(str.strip, self.cleaned_data[name].splitlines())):
            value = read(line)
            if value is None:
                raise forms.ValidationError(f"{line}: {fault}.")
            found.append(value)
        if len(set(found)) > MOST_OF_EACH:
            raise forms.ValidationError(gettext("At most %(most)d.") % {"most": MOST_OF_EACH})
        return list(dict.fromkeys(found))

    def features(self) -> Features:
        """What others are told; only after ``is_valid``."""
        said = self.cleaned_data
        file = said["upload"]
        files = [*said["hashes"], *([sha256(file.read()).hexdigest()] if file else [])]
        domains = [*said["domains"], *(domain for each in said["addresses"] if (domain := domain_of(each)))]
        return Features(
            channel=Channel(said["channel"]),
            claimed=Claimed(
                member=MemberId(said["member"]) if said["member"] else None,
                country=said["country"].upper() or None,
                office=Office(said["office"]) if said["office"] else None,
            ),
            domains=tuple(dict.fromkeys(domains)),
            addresses=tuple(dict.fromkeys(map(address_hash, said["addresses"]))),
            phones=tuple(said["phones"]),
            files=tuple(dict.fromkeys(files)),
            keys=tuple(said["keys"]),
            wording=tuple(map(Wording, said["wording"])),
            instrument=InstrumentId(said["instrument"]) if said["instrument"] else None,
            asked=tuple(map(DataCategory, said["asked"])),
            seen=hour_of(said["seen"]),
        )


def _hex(written: str, digits: int) -> str | None:
    plain = written.lower()
    return plain if len(plain) == digits and set(plain) <= set(_HEX) else None


# --- Marking --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def forged(request: DeskRequest, request_id: UUID | None = None) -> HttpResponse:
    """Say that a request is forged, or something that nobody took in."""
    rights.check(request.viewer, Right.READ_REQUESTS)
    if request_id is None:
        return _marking(request, None)
    standing = requests.looked_at_or_asked(request, requests.line_seen(request, request_id))
    return standing if isinstance(standing, HttpResponse) else _marking(request, standing)


def _marking(request: DeskRequest, standing: Standing | None) -> HttpResponse:
    rights.check(request.viewer, Right.ANSWER)
    if request.method == "GET":
        return _mark_page(request, standing, FeaturesForm(initial=_begin(request, standing), zone=request.zone))
    form = FeaturesForm(request.POST, request.FILES, zone=request.zone)
    if not form.is_valid():
        return _mark_page(request, standing, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    thread = standing.thread.line.id if standing else None

    def act() -> str:
        mark_forged(thread, form.features(), words=form.cleaned_data["words"], by=request.viewer, at=request.at)
        return reverse("request", args=[thread]) if thread else reverse("warnings")

    try:
        answer = answer_once(request, act)
    except TocsinError as error:
        form.add_error(None, words.said(error))
        return _mark_page(request, standing, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, gettext("Kept. A second person confirms it; then everybody is warned."))
    return answer


def _mark_page(
    request: DeskRequest, standing: Standing | None, form: FeaturesForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    strip = strips.strips([standing.thread.line], viewer=request.viewer, at=request.at)[0] if standing else None
    shown = {"section": "watch" if standing else "warnings", "s": strip, "form": form}
    return render(request, "desk/warned/forged.html", shown, status=status)


def _begin(request: DeskRequest, standing: Standing | None) -> Mapping[str, Any]:
    """What is known of it already."""
    found = provenance_of(request.viewer, standing) if standing else None
    if standing is None or found is None:
        return {
            "channel": Channel.MAIL.value,
            "seen": request.at,
            "addresses": request.GET.get("address", "")[:_MOST_GIVEN],
            "hashes": "\n".join(request.GET.getlist("file"))[:_MOST_GIVEN],
        }
    thread = standing.thread
    return {
        "channel": _channel_of(found).value,
        "member": thread.line.counterpart if found.trusted else "",
        "country": found.sender.country if found.sender else next((each.country for each in found.arrivals), ""),
        "addresses": "\n".join(each.sender_address for each in found.arrivals if domain_of(each.sender_address)),
        "phones": "\n".join(each.sender_address for each in found.arrivals if normal_phone(each.sender_address)),
        "hashes": "\n".join(each.file.sha256 for each in found.arrivals if each.file and each.file.sha256),
        "keys": found.kid,
        "instrument": thread.line.instrument,
        "asked": [str(each) for each in _categories(thread.ask_body)],
        "wording": [Wording.LIFE_IN_DANGER.value] if found.emergency and found.emergency.life_at_risk else [],
        "seen": min((each.received_at for each in found.arrivals), default=thread.line.opened_at),
    }


def _channel_of(found: Provenance) -> Channel:
    ways = [_CHANNELS.get(each.way, Channel.OTHER) for each in found.arrivals]
    return ways[0] if ways else Channel.NODE


def _categories(ask: Mapping[str, Any]) -> list[Any]:
    told = ask.get("categories")
    return list(told) if isinstance(told, list | tuple) else []


@require_POST
def forgery(request: DeskRequest, forgery: UUID) -> HttpResponse:
    """Confirm as a second person that something is forged, or take it back."""
    rights.check(request.viewer, Right.READ_REQUESTS)
    found = forgeries.forgery_for(request.viewer, str(forgery))
    if found is None:
        raise Http404
    back = reverse("request", args=[found.request]) if found.request else reverse("warnings")

    def act() -> str:
        if request.POST.get("do") == "confirm":
            confirm_forgery(found.id, by=request.viewer, at=request.at, days=_days(request))
        else:
            take_back_forgery(found.id, why=_why(request), by=request.viewer, at=request.at)
        return back

    told = (
        gettext("Everybody is being warned.")
        if request.POST.get("do") == "confirm"
        else gettext("It is taken back, and whoever was warned is told.")
    )
    return told_once(request, act, told=told, back=back)


def _days(request: DeskRequest) -> int:
    typed = request.POST.get("days", "")
    return min(MOST_DAYS, max(1, int(typed))) if typed.isascii() and typed.isdigit() else USUAL_DAYS


def _why(request: DeskRequest) -> Why:
    said = request.POST.get("why", "")
    return Why(said) if said in list(Why) else Why.MISTAKEN


# --- Warnings -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A warning in words."""

    view: WarningView
    issuer: str
    state: str
    """``in-force``, ``withdrawn`` or ``over``."""
    claimed: str
    traits: tuple[tuple[str, tuple[str, ...]], ...]
    wording: tuple[str, ...]
    asked: tuple[str, ...]
    delivered: int

    @property
    def url(self) -> str:
        """Its page."""
        return reverse("warning", args=[self.view.id])


@require_GET
def warnings(request: DeskRequest) -> HttpResponse:
    """What everybody is warned of, what waits for a second person here, and who asks in our name."""
    rights.check(request.viewer, Right.READ_REQUESTS)
    now = instant.true_now()
    past = bool(request.GET.get("all"))
    found = notices.warnings(request.viewer, at=now, all_of_them=past)
    names = _names(found)
    shown = {
        "section": "warnings",
        "warnings": [shown_warning(each, names, at=now) for each in found],
        "past": past,
        "waiting": forgeries.waiting_for_second(request.viewer),
        "in_our_name": [
            (each, names.get(each.sender) or each.sender) for each in forgeries.in_our_name(request.viewer)
        ],
        "may_answer": may_answer(request),
        "me": request.viewer.person,
        "days": USUAL_DAYS,
    }
    return render(request, "desk/warned/warnings.html", shown)


@require_GET
def warning(request: DeskRequest, warning: UUID) -> HttpResponse:
    """One warning: its features, who warned, who has it."""
    rights.check(request.viewer, Right.READ_REQUESTS)
    try:
        view = notices.warning_for(request.viewer, str(warning))
    except UnknownWarningError:
        raise Http404 from None
    now = instant.true_now()
    names = _names([view])
    shown = {
        "section": "warnings",
        "w": shown_warning(view, names, at=now),
        "told": [(each, names.get(each.member) or each.member) for each in view.told],
        "forgery": forgeries.forgery_of_warning(request.viewer, view.id) if view.ours else None,
        "may_answer": may_answer(request),
    }
    return render(request, "desk/warned/warning.html", shown)


def may_answer(request: DeskRequest) -> bool:
    """Whether the viewer may say that something is forged, confirm it and take it back."""
    return bool(request.viewer.person) and Right.ANSWER in rights_of(request.viewer.roles)


def _names(views: list[WarningView]) -> Mapping[MemberId, str]:
    members = {each.warned.sender for each in views} | {told.member for each in views for told in each.told}
    members |= {each.warned.features.claimed.member for each in views if each.warned.features.claimed.member}
    return directory.contacts_named(members)


def shown_warning(view: WarningView, names: Mapping[MemberId, str], *, at: Instant) -> Shown:
    """A warning in words."""
    told, claimed = view.warned.features, view.warned.features.claimed
    who = [
        names.get(claimed.member) or claimed.member if claimed.member else "",
        words.word(f"office:{claimed.office.value}") if claimed.office else "",
        claimed.country or "",
    ]
    traits = {
        "domain": told.domains,
        "address": tuple(f"{each[:16]}…" for each in told.addresses),
        "phone": told.phones,
        "file": tuple(f"{each[:16]}…" for each in told.files),
        "key": told.keys,
    }
    return Shown(
        view=view,
        issuer=gettext("this house")
        if view.warned.sender == this_node().member
        else names.get(view.warned.sender) or view.warned.sender,
        state="withdrawn" if view.warned.withdrawn else "in-force" if view.in_force(at) else "over",
        claimed=", ".join(each for each in who if each),
        traits=tuple((words.word(f"trait:{name}"), values) for name, values in traits.items() if values),
        wording=tuple(words.word(f"wording:{each.value}") for each in told.wording),
        asked=tuple(words.word(each.value) for each in told.asked),
        delivered=sum(each.delivered_at is not None for each in view.told),
    )
