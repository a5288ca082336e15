"""Mail at the desk: the tray of what came, one mail with what it claims and what was verified, and what leaves.

Nothing of a mail is ever drawn: its text is text, its files leave as bytes that no browser opens.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base import instant
from tocsin.base.errors import RuleError
from tocsin.base.ids import MemberId, RequestId, is_uuid
from tocsin.desk import inputs, words
from tocsin.desk.beside import kinds_to_take_down
from tocsin.desk.downloads import BYTES, guarded
from tocsin.desk.forms import languages_of_forms
from tocsin.desk.once import answer_once
from tocsin.desk.requests import line_seen, may_act
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.forms import reads as printed
from tocsin.forms.catalogues import language_for
from tocsin.forms.rules.number import plain
from tocsin.law.provisions import Side
from tocsin.mail import post, reads
from tocsin.mail.acts.contacts import record_mail_address
from tocsin.mail.acts.send import send_again, send_form, tell_password, withdraw_mail
from tocsin.mail.acts.sort import belongs_to, look_at_mail, mail_bytes, not_for_us
from tocsin.mail.acts.take_in import Read, take_in_file
from tocsin.mail.errors import MailSortedError, UnknownMailError
from tocsin.mail.reads import IncomingLine, OutgoingLine
from tocsin.mail.rules.outward import Way
from tocsin.notices import reads as notices
from tocsin.notices.reads import Marks
from tocsin.notices.rules.features import address_hash, domain_of, phones_in
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.requests.errors import UnknownRequestError
from tocsin.requests.reads import RequestLine

_MOST_NUMBER = 80
_STRANGE = HTTPStatus.UNPROCESSABLE_ENTITY


# --- The tray -----------------------------------------------------------------------------------


class UploadForm(forms.Form):
    """A mail that was saved as a file."""

    file = forms.FileField(label=_("A mail as a file"), help_text=_("As mail programs save it: .eml"))


@require_http_methods(["GET", "POST"])
def tray(request: DeskRequest) -> HttpResponse:
    """What came and nobody has sorted; posted, a mail that somebody brings as a file."""
    rights.check(request.viewer, Right.READ_REQUESTS)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        try:
            line = take_in_file(_uploaded(form), way="upload", by=request.viewer, at=request.at)
        except RuleError as error:
            form.add_error("file", words.said(error))
        else:
            return HttpResponseRedirect(reverse("mail-one", args=[line.id]))
    shown = {
        "section": "mail",
        "form": form,
        "mails": _mails(request, reads.tray(request.viewer)),
        "others": _mails(request, reads.sorted_out(request.viewer)),
        "stopped": [_leaving(each) for each in reads.stopped(request.viewer)],
        "mailboxes": reads.mailboxes(),
        "names": _names(),
    }
    return render(request, "desk/mail/tray.html", shown, status=_STRANGE if form.errors else HTTPStatus.OK)


def _uploaded(form: UploadForm) -> bytes:
    """The file, no further than a byte more than may be taken in: the act says that it is too long."""
    return bytes(form.cleaned_data["file"].read(post.settings().most_bytes + 1))


# --- One mail -----------------------------------------------------------------------------------


class BelongsForm(forms.Form):
    """To which request a mail belongs."""

    request = forms.CharField(
        label=_("Number of a form, or the request's id"), max_length=_MOST_NUMBER, help_text=_("Like RO-7K3M-Q4ZP.")
    )


class NotOursForm(forms.Form):
    """Why a mail is not for this node."""

    reason = forms.CharField(label=_("Why it is not for us"), max_length=300)


@require_GET
def mail(request: DeskRequest, mail_id: UUID) -> HttpResponse:
    """What a mail claims, what was verified, its text and its files; the look is journalled."""
    return _page(request, mail_id)


@require_POST
def belongs(request: DeskRequest, mail_id: UUID) -> HttpResponse:
    """Say to which request a mail belongs."""
    form = BelongsForm(request.POST)
    if not form.is_valid():
        return _page(request, mail_id, belongs_form=form)
    try:
        to = _request_named(request, form.cleaned_data["request"])
        belongs_to(str(mail_id), to, by=request.viewer, at=request.at)
    except UnknownMailError:
        raise Http404 from None
    except MailSortedError as error:
        messages.error(request, words.said(error))
        return HttpResponseRedirect(reverse("mail-one", args=[mail_id]))
    except RuleError as error:
        form.add_error("request", words.said(error))
        return _page(request, mail_id, belongs_form=form)
    messages.success(
        request, gettext("It belongs to this request now. What it says counts once it is written down there.")
    )
    return HttpResponseRedirect(reverse("request-mail", args=[to]))


@require_POST
def not_ours(request: DeskRequest, mail_id: UUID) -> HttpResponse:
    """Say that a mail is not for this node."""
    form = NotOursForm(request.POST)
    if not form.is_valid():
        return _page(request, mail_id, not_ours_form=form)
    try:
        not_for_us(str(mail_id), reason=form.cleaned_data["reason"], by=request.viewer, at=request.at)
    except UnknownMailError:
        raise Http404 from None
    except MailSortedError as error:
        messages.error(request, words.said(error))
        return HttpResponseRedirect(reverse("mail-one", args=[mail_id]))
    except RuleError as error:
        form.add_error("reason", words.said(error))
        return _page(request, mail_id, not_ours_form=form)
    messages.success(request, gettext("Sorted out. It is erased after 30 days."))
    return HttpResponseRedirect(reverse("mail"))


@require_GET
def download(request: DeskRequest, mail_id: UUID, part: int) -> HttpResponse:
    """The whole mail (0) or one of its files, as bytes: never drawn, and under a name of ours."""
    try:
        content = mail_bytes(str(mail_id), part=part, by=request.viewer, at=request.at)
    except UnknownMailError:
        raise Http404 from None
    name = f"mail-{str(mail_id)[:8]}.eml" if part == 0 else f"mail-{str(mail_id)[:8]}-{part}.bin"
    return guarded(HttpResponse(content, content_type=BYTES), name)


def _page(
    request: DeskRequest,
    mail_id: UUID,
    *,
    belongs_form: BelongsForm | None = None,
    not_ours_form: NotOursForm | None = None,
) -> HttpResponse:
    try:
        line, read = look_at_mail(str(mail_id), by=request.viewer, at=request.at)
    except UnknownMailError:
        raise Http404 from None
    shown = {
        "section": "mail",
        "m": _mails(request, [line])[0],
        "read": read,
        "defects": read.parsed.defects,
        "reminds": notices.matches(_marks(line, read), at=instant.true_now()),
        "files": list(enumerate(read.parsed.attachments, start=1)),
        "belongs_form": belongs_form or BelongsForm(initial={"request": line.proposed or ""}),
        "not_ours_form": not_ours_form or NotOursForm(),
        "names": _names(),
    }
    faulty = (belongs_form is not None and belongs_form.errors) or (not_ours_form is not None and not_ours_form.errors)
    return render(request, "desk/mail/mail.html", shown, status=_STRANGE if faulty else HTTPStatus.OK)


def _marks(line: IncomingLine, read: Read) -> Marks:
    """What of a mail is compared with warnings of forgeries: where it says it is from, its numbers, its files."""
    domain = domain_of(line.claims_address)
    return Marks(
        domains=frozenset({domain} if domain else ()),
        addresses=frozenset({address_hash(line.claims_address)} if domain else ()),
        phones=phones_in(read.parsed.text or ""),
        files=frozenset({line.sha256, *(each.sha256 for each in read.parsed.attachments)}),
        claimed=frozenset({MemberId(line.member)} if line.member else ()),
    )


def _request_named(request: DeskRequest, typed: str) -> RequestId:
    """The request of a number or id, in the viewer's sight; raises ``UnknownRequestError``."""
    named = typed.strip()
    if is_uuid(named.lower()):
        return requests.line_for(request.viewer, named.lower()).id
    found = printed.requests_of(numbers=[plain(named)])
    if not found:
        raise UnknownRequestError(request=named)
    return requests.line_for(request.viewer, found[0]).id


def _mails(request: DeskRequest, found: Sequence[IncomingLine]) -> list[dict[str, Any]]:
    """Mails with the words for what was verified, apart from what each claims."""
    about = requests.lines_among(request.viewer, (_about(each) for each in found))
    return [_shown(each, about.get(RequestId(_about(each)))) for each in found]


def _about(line: IncomingLine) -> str:
    return line.request or line.proposed or ""


def _shown(line: IncomingLine, about: RequestLine | None) -> dict[str, Any]:
    icon, tone, said = _VERIFIED[_worth(line)]
    return {"line": line, "icon": icon, "tone": tone, "verified": said, "about": about, "why": _WHY.get(line.why, "")}


def _worth(line: IncomingLine) -> str:
    if line.seal == "fits":
        return ("known" if line.same_address else "known-elsewhere") if line.member else "unknown"
    if line.encrypted and line.seal == "none":
        return "encrypted"
    return line.seal


_VERIFIED: dict[str, tuple[str, str, Any]] = {
    "known": ("shield-check", "met", _("signed with the certificate recorded of this contact")),
    "known-elsewhere": (
        "shield-check",
        "soon",
        _("signed with the certificate recorded of this contact, under another address than the recorded one"),
    ),
    "unknown": ("shield-question-mark", "soon", _("signed by somebody unknown here: that proves nothing")),
    "expired": ("shield-alert", "soon", _("signed with a certificate that was not valid when it came")),
    "broken": ("shield-alert", "late", _("its signature does not fit: it was altered, or never true")),
    "unreadable": ("shield-alert", "late", _("it claims a signature that cannot be read here")),
    "encrypted": ("lock", "soon", _("encrypted, without a signature")),
    "none": ("shield-off", "", _("not signed: anybody can have written it")),
}
_WHY: dict[str, Any] = {
    "letter": _("the signed letter is in a file"),
    "file": _("a file is a form of ours"),
    "answer": _("it answers a mail of ours"),
    "number": _("it names a number of ours"),
    "bounce": _("it says that a mail of ours did not arrive"),
}


# --- What leaves --------------------------------------------------------------------------------


class SendForm(forms.Form):
    """How a request goes by mail."""

    way = forms.ChoiceField(
        label=_("How it goes"),
        widget=forms.RadioSelect,
        choices=[
            (Way.ENCRYPTED.value, _("Encrypted to the recorded certificate, the form inside")),
            (Way.LOCKED.value, _("The form in an encrypted PDF; you tell the password by telephone")),
            (Way.NOTICE.value, _("A notice without personal data: number, who asks, where to fetch it")),
        ],
    )
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, *given: Any, first: str, **traits: Any) -> None:
        super().__init__(*given, **traits)
        own = self.fields["language"]
        own.choices = languages_of_forms()  # type: ignore[attr-defined]
        own.initial = first


class AddressForm(forms.Form):
    """Where a contact gets mail."""

    address = forms.CharField(label=_("Mail address"), max_length=254)
    certificate = forms.CharField(
        label=_("Certificate for S/MIME (PEM)"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    known_from = forms.CharField(
        label=_("How you know both"),
        max_length=300,
        help_text=_(
            "Like: told by telephone at the directory's number, compared with the list of the Council of Europe."
        ),
    )


class ToldForm(forms.Form):
    """Over which channel a password was told."""

    channel = forms.CharField(
        label=_("Told over"), max_length=300, help_text=_("Like: by telephone, at the directory's number.")
    )


@require_http_methods(["GET", "POST"])
def of_request(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """The mails of a request, both ways; posted, its form is sent."""
    line = line_seen(request, request_id)
    form = SendForm(request.POST if request.method == "POST" else None, first=_language_of(line))
    if form.is_valid():
        try:
            return answer_once(request, lambda: _sent(request, line, form))
        except RuleError as error:
            form.add_error(None, words.said(error))
    return _of_request(request, line, form=form)


def _sent(request: DeskRequest, line: RequestLine, form: SendForm) -> str:
    told = form.cleaned_data
    send_form(line.id, way=Way(told["way"]), language=told["language"], by=request.viewer, at=request.at)
    messages.success(request, gettext("It lies in the outbox and leaves within seconds."))
    return reverse("request-mail", args=[line.id])


@require_POST
def address(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Record where the other side of a request gets mail."""
    line = line_seen(request, request_id)
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            record_mail_address(MemberId(line.counterpart), **form.cleaned_data, by=request.viewer, at=request.at)
        except RuleError as error:
            inputs.refuse(form, error)
        else:
            messages.success(request, gettext("Recorded."))
            return HttpResponseRedirect(reverse("request-mail", args=[line.id]))
    return _of_request(request, line, address_form=form)


@require_POST
def outgoing(request: DeskRequest, request_id: UUID, mail_id: UUID) -> HttpResponse:
    """Something is done with a mail that leaves: its password was told, it is withdrawn, it goes once more."""
    line = line_seen(request, request_id)
    form, done = ToldForm(request.POST), request.POST.get("do", "")
    try:
        match done:
            case "again":
                send_again(str(mail_id), by=request.viewer, at=request.at)
            case "withdraw":
                withdraw_mail(str(mail_id), by=request.viewer, at=request.at)
            case "told" if form.is_valid():
                tell_password(str(mail_id), channel=form.cleaned_data["channel"], by=request.viewer, at=request.at)
            case _:
                return _of_request(request, line, told_form=form, told_of=str(mail_id))
    except UnknownMailError:
        raise Http404 from None
    except RuleError as error:
        messages.error(request, words.said(error))
    return HttpResponseRedirect(reverse("request-mail", args=[line.id]))


def _of_request(
    request: DeskRequest,
    line: RequestLine,
    *,
    form: SendForm | None = None,
    address_form: AddressForm | None = None,
    told_form: ToldForm | None = None,
    told_of: str = "",
) -> HttpResponse:
    contact = reads.contact_of(line.counterpart)
    known = {"address": contact.address} if contact else _listed(line)
    asker = line.side is Side.ASKER
    leaving = reads.outgoing_of(request.viewer, line.id)
    may_send = asker and rights.reaches(request.viewer, Right.SEND)
    shown = {
        "section": "watch",
        "line": line,
        "asker": asker,
        "on": post.settings().sends,
        "may_send": may_send,
        "may_record": rights.reaches(request.viewer, Right.CONFIRM_CARD),
        "contact": contact,
        "form": form or SendForm(first=_language_of(line)),
        "address_form": address_form or AddressForm(initial=known),
        "told_form": told_form or ToldForm(),
        "told_of": told_of,
        "outgoing": [_leaving(each) for each in leaving],
        "passwords": _passwords(request, leaving) if may_send else {},
        "incoming": _mails(request, reads.incoming_of(request.viewer, line.id)),
        "to_take_down": _to_take_down(request, line),
        "names": _names(),
    }
    given = (form, address_form, told_form)
    faulty = any(each is not None and each.is_bound and each.errors for each in given)
    return render(request, "desk/mail/request.html", shown, status=_STRANGE if faulty else HTTPStatus.OK)


def _listed(line: RequestLine) -> dict[str, str]:
    """What a list says of where a contact gets mail: for a person to look at, and to record."""
    try:
        found = directory.contact(line.counterpart)
    except RuleError:
        return {}
    source = " ".join(filter(None, [found.source, found.source_date.isoformat() if found.source_date else ""]))
    told = {"address": found.listed.email or "", "certificate": found.listed.smime or ""}
    return {**told, "known_from": source} if any(told.values()) else {}


def _to_take_down(request: DeskRequest, line: RequestLine) -> list[dict[str, Any]]:
    """What may be taken down next from a mail, where this request is one of those that go by form."""
    if not line.by_form or not may_act(request.viewer, line):
        return []
    standing = requests.standing_for(request.viewer, line.id, at=request.at)
    return [
        {"kind": kind.value, "words": words.word(f"letter:{kind.value}")}
        for _side, kind in kinds_to_take_down(standing)
    ]


def _passwords(request: DeskRequest, leaving: Sequence[OutgoingLine]) -> dict[str, str]:
    return {each.id: reads.password_for(request.viewer, each.id) for each in leaving if each.password_waits}


def _leaving(line: OutgoingLine) -> dict[str, Any]:
    icon, tone, said = _STATES[line.state]
    return {"line": line, "icon": icon, "tone": tone, "said": said}


_STATES: dict[str, tuple[str, str, Any]] = {
    "waiting": ("clock", "", _("waits to leave")),
    "sent": ("send", "met", _("taken by the mail server: that proves no arrival")),
    "refused": ("circle-x", "late", _("refused by a mail server")),
    "given-up": ("circle-x", "late", _("given up after days of trying")),
    "unsure": ("circle-alert", "late", _("it may have gone: nobody knows")),
    "bounced": ("circle-alert", "late", _("a mail says that it did not arrive")),
    "withdrawn": ("circle-slash", "", _("withdrawn before it left")),
}


def _language_of(line: RequestLine) -> str:
    try:
        return language_for(directory.contact(line.counterpart).languages)
    except RuleError:
        return language_for(())


def _names() -> dict[str, str]:
    return {each.id: each.name for each in people.people()}
