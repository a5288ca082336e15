"""Letters in words: what each says, field by field, with the labels of its instrument's form.

Everything that somebody typed is marked as such (``typed``), so that a template shows it as text in its own direction
and never as markup. Coded values are said in the reader's language.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from babel import Locale
from django.utils.translation import gettext, gettext_noop

from tocsin.base.instant import Instant, parse
from tocsin.desk import words
from tocsin.forms.rules.labels import LABELS
from tocsin.law.grounds import grounds
from tocsin.law.provisions import Field, FieldKind, Grounds, Instrument
from tocsin.law.vocabulary import DataCategory, LetterKind
from tocsin.proof.canonical import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value as it is shown: words, or an instant, or parts with labels of their own."""

    text: str = ""
    typed: bool = False
    """Somebody wrote it: text in its own language and direction."""
    at: Instant | None = None
    parts: tuple["Said", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A label and what stands under it."""

    label: str
    values: tuple[Value, ...]
    section: str = ""
    name: str = ""


_LABELS: Mapping[str, str] = {
    **LABELS,
    "categories": gettext_noop("Categories of data"),
    "clock": gettext_noop("Clock"),
    "complete": gettext_noop("Complete"),
    "conditions": gettext_noop("Conditions"),
    "days": gettext_noop("Days"),
    "effected_at": gettext_noop("Held since"),
    "form": gettext_noop("In what form"),
    "instrument": gettext_noop("Instrument"),
    "keeps_until": gettext_noop("Kept until"),
    "obtained": gettext_noop("Data already obtained"),
    "other_way": gettext_noop("Why this way was taken"),
    "outcome": gettext_noop("Outcome"),
    "overrides": gettext_noop("Overruled checks"),
    "package": gettext_noop("Package (SHA-256 of its manifest)"),
    "part": gettext_noop("Part"),
    "preserved": gettext_noop("Data held meanwhile"),
    "reason": gettext_noop("Reason"),
    "reference": gettext_noop("Reference"),
    "released_at": gettext_noop("Released at"),
    "scope": gettext_noop("What it covers"),
    "signed_off": gettext_noop("Signed off by"),
    "stage": gettext_noop("Stage"),
    "validation": gettext_noop("Validation"),
    "validation_follows": gettext_noop("Validation follows"),
    "whether": gettext_noop("Will be answered"),
    "when": gettext_noop("When"),
    "why": gettext_noop("Why"),
    "withheld": gettext_noop("Withheld"),
    "words": gettext_noop("Remarks"),
    "provider": gettext_noop("Provider"),
    "country": gettext_noop("Country"),
    "path": gettext_noop("Path"),
    "kind": gettext_noop("Kind"),
    "rule": gettext_noop("Rule"),
    "validates": gettext_noop("Validates"),
    "new_deadline": gettext_noop("New deadline"),
    "no_ground_raised": gettext_noop("The notified authority raises no ground"),
    "by": gettext_noop("By"),
    "letter": gettext_noop("Letter"),
}
_INSTANTS = frozenset({"effected_at", "keeps_until", "until", "when", "released_at", "at", "from", "answer_by"})
_CODES = frozenset(
    {"listed", "whether", "obtained", "outcome", "stage", "why", "kind", "shared", "role", "function", "type"}
)
_FIRST = (
    *("ground", "type", "value", "service", "port", "shared", "name", "organisation", "function", "person", "role"),
    *("phone", "mobile", "email", "fax", "address", "office_hours", "zone", "languages", "file_number"),
    *("authority", "number", "date", "qualification", "provisions", "max_penalty_months", "listed", "online"),
    *("provider", "country", "path", "from", "until", "at"),
)
"""In which order the parts of a value are shown; canonical JSON sorts them by name, which helps nobody."""
_DATES = frozenset({"date", "born", "sent_on"})
_LANGUAGES = frozenset({"language", "languages"})
_APART = frozenset({"form", "clocks", "urgency", "case_reference", "earlier"})
"""Members of an ask that are shown elsewhere: its form field by field, its clocks running, its urgency on top."""


def said_in(kind: LetterKind, body: Mapping[str, Json], law: Instrument) -> list[Said]:
    """What a letter says, in the order of the form for its fields."""
    if kind is LetterKind.ASK:
        form = body.get("form")
        values = form if isinstance(form, Mapping) else {}
        return [*_form(law, values), *_members(body, law, but=_APART | {"categories"})]
    if kind is LetterKind.SUPPLEMENT:
        fields, cannot = body.get("fields"), body.get("cannot")
        given = _form(law, fields) if isinstance(fields, Mapping) else []
        missing = [_cannot(law, name, why) for name, why in cannot.items()] if isinstance(cannot, Mapping) else []
        return [*given, *missing, *_members(body, law, but=frozenset({"fields", "cannot"}))]
    if kind is LetterKind.QUERY:
        asked = body.get("fields")
        items = asked if isinstance(asked, (list, tuple)) else []
        return [*_asked(law, items), *_members(body, law, but=frozenset({"fields"}))]
    return list(_members(body, law, but=frozenset()))


def urgency_of(body: Mapping[str, Json]) -> tuple[str, str, Instant | None]:
    """How urgent an ask says it is, why, and by when it wishes an answer."""
    found = body.get("urgency")
    urgency = found if isinstance(found, Mapping) else {}
    return str(urgency.get("level") or ""), str(urgency.get("reason") or ""), _instant(urgency.get("reply_by"))


def ground_words(code: str) -> str:
    """A ground of the catalogue in words, with its article; another code as it is."""
    found = grounds().get(code)
    return f"{words.law(found.text)} ({found.basis})" if found else code


def field_label(law: Instrument, name: str) -> str:
    """What the form calls a field; its id where the form has none of that name."""
    found = law.form.field(name)
    return words.law(found.label) if found else label(name)


def label(name: str) -> str:
    """The label of a part that has no form of its own."""
    return gettext(_LABELS[name]) if name in _LABELS else name.replace("_", " ")


# --- Fields of a form ---------------------------------------------------------------------------


def _form(law: Instrument, values: Mapping[str, Json]) -> list[Said]:
    known = [field for field in law.form.fields if field.id in values]
    strangers = [name for name in values if law.form.field(name) is None]
    return [
        *(
            Said(label=words.law(f.label), values=_field(f, values[f.id], law), section=f.section, name=f.id)
            for f in known
        ),
        *(Said(label=label(name), values=tuple(_plain(name, values[name])), name=name) for name in strangers),
    ]


def _field(  # noqa: PLR0911 - one flat table of kinds
    field: Field, value: Json, law: Instrument
) -> tuple[Value, ...]:
    match field.kind:
        case FieldKind.CHOICE | FieldKind.TICKS | FieldKind.DECLARATIONS:
            named = {option.id: words.law(option.label) for option in field.options}
            return tuple(Value(text=named.get(str(item), str(item))) for item in _items(value))
        case FieldKind.CATEGORIES:
            return tuple(Value(text=words.word(str(item))) for item in _items(value))
        case FieldKind.LANGUAGE:
            return tuple(Value(text=language_name(str(item))) for item in _items(value))
        case FieldKind.PRIVILEGE:
            return (Value(text=words.word(str(value))),)
        case FieldKind.DATE:
            return (Value(text=words.day(str(value))),)
        case FieldKind.EMERGENCY | FieldKind.URGENCY:
            return _danger(value, law.emergency if field.kind is FieldKind.EMERGENCY else law.urgency)
        case _:
            return tuple(_plain(field.id, value, instant=field.kind is FieldKind.INSTANT))


def _danger(value: Json, known: Grounds | None) -> tuple[Value, ...]:
    if not isinstance(value, Mapping):
        return tuple(_plain("", value))
    named = {option.id: words.law(option.label) for option in known.options} if known else {}
    ground = str(value.get("ground") or "")
    shown = {**value, "ground": named.get(ground, ground)}
    return (Value(parts=tuple(_parts(shown))),)


def _cannot(law: Instrument, name: str, why: Json) -> Said:
    told = gettext("cannot be given:")
    return Said(label=field_label(law, name), values=(Value(text=told), Value(text=str(why), typed=True)), name=name)


def _asked(law: Instrument, items: Iterable[Json]) -> Iterator[Said]:
    for item in items:
        if isinstance(item, Mapping):
            name = str(item.get("field"))
            why = Value(text=words.word(f"why:{item.get('why')}"))
            yield Said(label=field_label(law, name), values=(why,), name=name)


# --- Members and parts --------------------------------------------------------------------------


def _members(body: Mapping[str, Json], law: Instrument, *, but: frozenset[str]) -> Iterator[Said]:
    for name, value in body.items():
        if name in but or value in (None, "", [], {}, ()):
            continue
        if name == "ground":
            yield Said(label=label(name), values=(Value(text=ground_words(str(value))),), name=name)
        elif name == "clock":
            yield Said(label=label(name), values=(Value(text=clock_words(law, str(value))),), name=name)
        elif name == "validation_follows" and value is False:
            continue
        else:
            yield Said(label=label(name), values=tuple(_plain(name, value)), name=name)


def clock_words(law: Instrument, clock: str) -> str:
    """What a clock's duty is, with its article."""
    found = next((each for each in law.clocks if each.id == clock), None)
    return f"{words.law(found.step)}: {words.law(found.obligation)} ({found.rule.article})" if found else clock


def _plain(name: str, value: Json, *, instant: bool = False) -> Iterator[Value]:
    """A value of no known field: by its name and by what it is."""
    if isinstance(value, bool):
        yield Value(text=gettext("yes") if value else gettext("no"))
    elif isinstance(value, Mapping):
        yield Value(parts=tuple(_parts(value)))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _plain(name, item, instant=instant)
    elif value is not None:
        yield _scalar(name, str(value), instant=instant)


def _scalar(name: str, value: str, *, instant: bool) -> Value:
    at = _instant(value) if instant or name in _INSTANTS else None
    if at is not None:
        return Value(at=at)
    if name in _CODES:
        return Value(text=words.word(f"{name}:{value}") if words.is_coded(f"{name}:{value}") else words.word(value))
    if name in _LANGUAGES:
        return Value(text=language_name(value))
    if name in _DATES:
        return Value(text=words.day(value))
    return Value(text=value, typed=True)


def _parts(value: Mapping[str, Json]) -> Iterator[Said]:
    for name in sorted(value, key=lambda each: (_FIRST.index(each) if each in _FIRST else len(_FIRST), each)):
        part = value[name]
        if part not in (None, "", [], {}, ()):
            found = (Value(text=ground_words(str(part))),) if name == "ground" else tuple(_plain(name, part))
            yield Said(label=label(name), values=found, name=name)


def _items(value: Json) -> list[Json]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _instant(value: object) -> Instant | None:
    try:
        return parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def language_name(tag: str) -> str:
    """A language by its name in the reader's; its tag where there is none."""
    try:
        return Locale.parse(tag.replace("-", "_")).get_display_name(words.locale()) or tag
    except (ValueError, LookupError):
        return tag


def categories_words(codes: Iterable[DataCategory]) -> str:
    """Categories of data in words."""
    return ", ".join(words.word(code.value) for code in codes)
