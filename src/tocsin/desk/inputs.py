"""Inputs for the values that forms of the law hold: instants with their zone, choices, tables of parts.

An instant is typed in the reader's zone, which the label names, and becomes UTC. A form's field of one kind becomes one
input or several (``inputs_of``), and what was typed becomes its value again (``value_of``).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant, text
from tocsin.desk import letters, words
from tocsin.law.identifiers import IDENTIFIER_TYPES
from tocsin.law.provisions import Field, FieldKind, Grounds, Instrument
from tocsin.law.vocabulary import DataCategory, Privilege
from tocsin.proof.canonical import Json
from tocsin.requests.rules.ways import Brought, brought

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

_TYPED = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")
_LONG = 200
NOT_SAID = ("", _("not said"))
"""The choice of nothing."""
PARTS: Mapping[FieldKind, tuple[str, ...]] = {
    FieldKind.IDENTIFIERS: ("type", "value", "service", "port", "at"),
    FieldKind.PERIOD: ("from", "until"),
    FieldKind.AUTHORITY: ("name", "organisation", "person", "phone", "email"),
    FieldKind.PERSON: ("name", "born", "address", "nationality"),
    FieldKind.REFERENCE: ("authority", "number", "date"),
    FieldKind.OFFENCE: ("qualification", "provisions", "max_penalty_months"),
    FieldKind.EMERGENCY: ("ground", "reasons"),
    FieldKind.URGENCY: ("ground", "reasons"),
}
"""The parts that an officer fills in at the desk; the API takes all that there are."""


class InstantField(forms.Field):
    """An instant, typed in a zone."""

    default_error_messages = {"invalid": _("Enter day and time, like 2026-11-24 14:30.")}  # noqa: RUF012 - Django's own

    def __init__(self, *, zone: str, **traits: Any) -> None:
        self.zone = zone
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "short"}), **traits)

    def to_python(self, value: Any) -> Instant | None:
        """The instant in UTC; nothing for nothing."""
        if value in self.empty_values:
            return None
        for form in _TYPED:
            try:
                there = datetime.strptime(str(value).strip(), form).replace(tzinfo=words.zone_of(self.zone))
            except ValueError:
                continue
            return there.astimezone(words.zone_of("UTC"))
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")

    def prepare_value(self, value: Any) -> Any:
        """The instant as it is typed."""
        if isinstance(value, datetime):
            return value.astimezone(words.zone_of(self.zone)).strftime("%Y-%m-%dT%H:%M")
        return value


def line(label: Any, *, most: int = 500, required: bool = False, **traits: Any) -> forms.CharField:
    """One line of text."""
    return forms.CharField(label=label, max_length=most, required=required, **traits)


def text_area(label: Any, *, most: int = 20_000, required: bool = False, **traits: Any) -> forms.CharField:
    """Text of several lines."""
    widget = forms.Textarea(attrs={"rows": 4, "dir": "auto"})
    return forms.CharField(label=label, max_length=most, required=required, widget=widget, **traits)


def day(label: Any, **traits: Any) -> forms.DateField:
    """A day of the calendar; it may stay empty."""
    widget = forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"], **traits)


def brought_in(file: "UploadedFile[bytes] | None") -> Brought | None:
    """A file that came with a form, whatever it is; raises ``BroughtFaultyError``."""
    return brought(file.name or "", file.read(), file.content_type or "") if file else None


def yes_or_no(label: Any, **traits: Any) -> forms.ChoiceField:
    """Yes, no, or not said."""
    choices = [NOT_SAID, ("yes", _("yes")), ("no", _("no"))]
    return forms.ChoiceField(label=label, choices=choices, required=False, **traits)


def truth(chosen: str) -> bool | None:
    """What ``yes_or_no`` said."""
    return {"yes": True, "no": False}.get(chosen)


def written(at: Instant | None) -> str | None:
    """An instant as a letter says it."""
    return text(at) if at else None


# --- The fields of an instrument's form ---------------------------------------------------------


def inputs_of(field: Field, law: Instrument, *, zone: str) -> dict[str, forms.Field]:
    """The inputs for a field, by the part of it that each is for; ``""`` for the whole."""
    if field.kind in PARTS:
        return {part: _part(field, part, law, zone=zone) for part in PARTS[field.kind]}
    return {"": _whole(field, zone=zone)}


def value_of(field: Field, typed: Mapping[str, Any]) -> Json:
    """The value of a field from what was typed into its inputs; ``None`` when nothing was."""
    if field.kind in PARTS:
        parts = {name: _plain(value) for name, value in typed.items() if value not in (None, "")}
        if field.kind is FieldKind.IDENTIFIERS:
            return [parts] if parts.get("value") else None
        return parts or None
    value = typed[""]
    if field.kind is FieldKind.BOOLEAN:
        return truth(value)
    if field.kind is FieldKind.AUTHORITY:
        return {"name": value} if value else None
    return _plain(value) if value not in (None, "", []) else None


def _plain(value: Any) -> Json:
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, (list, tuple)) else value


def _whole(field: Field, *, zone: str) -> forms.Field:  # noqa: PLR0911 - one flat table of kinds
    label, named = words.law(field.label), [(each.id, words.law(each.label)) for each in field.options]
    match field.kind:
        case FieldKind.NUMBER:
            return forms.IntegerField(label=label, required=False, min_value=1, max_value=field.most)
        case FieldKind.BOOLEAN:
            return yes_or_no(label)
        case FieldKind.CHOICE:
            return forms.ChoiceField(label=label, required=False, choices=[NOT_SAID, *named])
        case FieldKind.TICKS | FieldKind.DECLARATIONS:
            return _several(label, named)
        case FieldKind.CATEGORIES:
            return _several(label, [(each.value, words.word(each.value)) for each in DataCategory])
        case FieldKind.PRIVILEGE:
            known = [(each.value, words.word(each.value)) for each in Privilege]
            return forms.ChoiceField(label=label, required=False, choices=[NOT_SAID, *known])
        case FieldKind.DATE:
            return day(label)
        case FieldKind.INSTANT:
            return InstantField(label=label, required=False, zone=zone)
        case _:
            short = field.most is not None and field.most <= _LONG
            return line(label, most=field.most or _LONG) if short else text_area(label, most=field.most or 10_000)


def _part(  # noqa: PLR0911 - one flat table of parts
    field: Field, part: str, law: Instrument, *, zone: str
) -> forms.Field:
    label = f"{words.law(field.label)}: {letters.label(part)}"
    if part == "type":
        known = [(each, words.word(f"type:{each}")) for each in IDENTIFIER_TYPES]
        return forms.ChoiceField(label=label, required=False, choices=known)
    if part == "ground":
        options = (_dangers(field, law) or Grounds(options=(), basis=field.basis)).options
        named = [(each.id, words.law(each.label)) for each in options]
        return forms.ChoiceField(label=label, required=False, choices=[NOT_SAID, *named])
    if part in {"at", "until"} or (part == "from" and field.kind is FieldKind.PERIOD):
        return InstantField(label=f"{label} ({words.city(zone)})", required=False, zone=zone)
    if part in {"date", "born"}:
        return day(label)
    if part == "port":
        return forms.IntegerField(label=label, required=False, min_value=1, max_value=65535)
    if part == "max_penalty_months":
        return forms.IntegerField(label=label, required=False, min_value=0, max_value=1200)
    return text_area(label) if part in {"reasons", "qualification"} else line(label)


def _dangers(field: Field, law: Instrument) -> Grounds | None:
    return law.emergency if field.kind is FieldKind.EMERGENCY else law.urgency


def _several(label: str, choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple)


def field_of(error: TocsinError, form: forms.Form) -> str | None:
    """The field of a form that an error names; nothing where it is about no single one."""
    field = str(error.fields.get("field", ""))
    return field if field in form.fields else None


def refuse(form: forms.Form, error: TocsinError) -> None:
    """Say what an act refused: the rule alone at the field that it names, the whole sentence above the form."""
    field = field_of(error, form)
    form.add_error(field, (field and words.rule(error)) or words.said(error))


def needed() -> str:
    """What is said at a field that may not stay empty here."""
    return gettext("This has to be said.")
