"""The form of an instrument as an officer fills it in: its fields as inputs, and what was typed as its values again.

Nothing that is typed is refused here. A draft holds what was written, and ``law.draft_check`` says what is wrong with
it, each fault at its input: ``identifiers[0].at`` is the input ``identifiers.0.at``.

An instant is two inputs, the time as it was read and where it was read (a time zone or an offset), and becomes one
with its offset. Without a zone it stays without, and the law asks for it; so it does for an hour that a clock shows
twice, in the night in which summer time ends.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tocsin.base import instant
from tocsin.desk import letters, words
from tocsin.desk.needs import CATEGORIES
from tocsin.law.conditions import Circumstances, is_filled
from tocsin.law.faults import WORDS, Fault, FaultCode, Severity
from tocsin.law.form import is_asked, is_required
from tocsin.law.identifiers import IDENTIFIER_TYPES
from tocsin.law.provisions import Field, FieldKind, Instrument
from tocsin.law.rendering import fields_kept_from_addressee
from tocsin.law.vocabulary import Confidence, OffenceList, Privilege
from tocsin.proof.canonical import Json

MOST_IDENTIFIERS = 40
_LONG = 200


@dataclass(slots=True, kw_only=True)
class Input:
    """One input of a form."""

    name: str
    label: str
    kind: str = "line"
    """line, area, number, date, instant, select, checks"""
    value: str = ""
    chosen: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    errors: list[str] = field(default_factory=list)
    when: str = ""
    """Another input and its values for which this one is asked: ``identifiers.0.type|ip``."""
    most: int | None = None

    def __post_init__(self) -> None:
        """What stands in a draft and is no choice here is shown as it is: keeping the page must not lose it."""
        if self.kind in {"select", "checks"}:
            known = {value for value, _said in self.choices}
            stands = self.chosen if self.kind == "checks" else (self.value,)
            self.choices += tuple((each, words.word(each)) for each in stands if each and each not in known)

    @property
    def id(self) -> str:
        """Its id on the page."""
        return id_of(self.name)


@dataclass(slots=True, kw_only=True)
class Group:
    """Inputs that belong together: an identifier, an authority, or the one input of a plain field."""

    inputs: list[Input]
    title: str = ""
    more: list[Input] = field(default_factory=list)
    """Those that are rarely needed."""
    another: bool = False
    """Empty, for one more than there are."""

    @property
    def more_filled(self) -> bool:
        return any(each.value or each.chosen or each.errors for each in self.more)


@dataclass(slots=True, kw_only=True)
class Shown:
    """A field of the form."""

    id: str
    label: str
    rule: str
    groups: list[Group]
    plain: bool
    """One input, which bears the label itself."""
    needed: bool
    asked: bool
    memory: bool
    hidden_from_addressee: bool
    errors: list[str] = field(default_factory=list)
    folds: bool = False
    """Several inputs, all empty, and none of them needed: shown by its name alone until somebody opens it."""

    @property
    def place(self) -> str:
        """Its id on the page; that of its input where it has but one."""
        return f"{id_of(self.id)}-place" if self.plain else id_of(self.id)

    def inputs(self) -> Iterator[Input]:
        """Every input of it."""
        for group in self.groups:
            yield from (*group.inputs, *group.more)


@dataclass(slots=True, kw_only=True)
class Section:
    """A part of the form under a heading."""

    title: str
    fields: list[Shown]

    @property
    def asked(self) -> bool:
        """Whether anything in it is asked."""
        return any(each.asked for each in self.fields)


def id_of(name: str) -> str:
    """The id of an input on the page."""
    return "f-" + name.replace(".", "-").replace("_", "-")


# --- From values to inputs ----------------------------------------------------------------------


def sections(
    law: Instrument,
    form: Mapping[str, Json],
    around: Circumstances,
    *,
    zones: Sequence[str],
    every_part: bool = False,
) -> list[Section]:
    """The form in its sections, filled in. ``zones`` are the viewer's own time zone, and those of both sides.

    Parts that are rarely needed have inputs where something stands in one of them, or with ``every_part``.
    """
    kept = fields_kept_from_addressee(law)
    found: dict[str, list[Shown]] = {}
    for each in law.form.fields:
        groups = _groups(each, form.get(each.id), law, zones=zones)
        for group in groups:
            group.more = group.more if every_part or group.more_filled else []
        plain = len(groups) == 1 and len(groups[0].inputs) == 1 and not groups[0].more
        shown = Shown(
            id=each.id,
            label=words.law(each.label),
            rule=str(replace(each.basis, confidence=Confidence.PAGE)),
            groups=groups,
            plain=plain,
            folds=not (plain or is_required(each, around) or is_filled(form.get(each.id))),
            needed=is_required(each, around),
            asked=is_asked(each, around) or is_filled(form.get(each.id)),
            memory=each.basis.confidence is Confidence.MEMORY,
            hidden_from_addressee=each.id in kept,
        )
        found.setdefault(each.section, []).append(shown)
    return [Section(title=words.law(title), fields=fields) for title, fields in found.items()]


def _groups(spec: Field, value: Json, law: Instrument, *, zones: Sequence[str]) -> list[Group]:
    if spec.kind is FieldKind.IDENTIFIERS:
        items = [each for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []
        groups = [_identifier(spec.id, number, each, zones) for number, each in enumerate([*items, {}])]
        groups[-1].another = bool(items)
        return groups
    if spec.kind is FieldKind.PERIOD:
        return [Group(inputs=_period(spec.id, _table(value), zones))]
    if spec.kind is FieldKind.INSTANT:
        return [Group(inputs=_instant(spec.id, "at", words.law(spec.label), _text(value), zones))]
    if spec.kind in (FieldKind.EMERGENCY, FieldKind.URGENCY):
        return [Group(inputs=_danger(spec, _table(value), law, zones))]
    if spec.kind in _PARTS:
        first, more = _PARTS[spec.kind]
        table = _table(value)
        return [
            Group(
                inputs=[_part(spec.id, name, table) for name in first],
                more=[_part(spec.id, name, table) for name in more],
            )
        ]
    return [Group(inputs=[_plain(spec, value, law)])]


_PARTS: Mapping[FieldKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    FieldKind.AUTHORITY: (
        ("name", "person", "phone", "email"),
        ("organisation", "function", "address", "mobile", "fax", "office_hours", "file_number"),
    ),
    FieldKind.PERSON: (("name", "born", "address", "nationality"), ("role", "note")),
    FieldKind.REFERENCE: (("authority", "number", "date"), ("executed_by", "channel", "sent_to", "sent_on", "note")),
    FieldKind.OFFENCE: (
        ("qualification", "provisions", "max_penalty_months", "listed", "online"),
        ("sentence_months", "note"),
    ),
}
_AREAS = frozenset({"qualification", "note", "address", "reasons"})
_DATES = frozenset({"date", "born", "sent_on"})
_NUMBERS = frozenset({"max_penalty_months", "sentence_months", "port"})
_YES_NO = (("", _("not said")), ("yes", _("yes")), ("no", _("no")))


def _part(prefix: str, name: str, table: Mapping[str, Json]) -> Input:
    made = Input(name=f"{prefix}.{name}", label=letters.label(name), value=_text(table.get(name)))
    if name == "listed":
        listed = tuple((each.value, words.word(f"listed:{each.value}")) for each in OffenceList)
        return replace(made, kind="checks", choices=listed, chosen=_texts(table.get(name)), value="")
    if name == "online":
        return _yes_no(made, table.get(name))
    kinds = (("area", _AREAS), ("date", _DATES), ("number", _NUMBERS))
    return replace(made, kind=next((kind for kind, names in kinds if name in names), "line"))


def _yes_no(made: Input, value: Json) -> Input:
    chosen = {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else _text(value)
    return replace(made, kind="select", choices=tuple((key, str(said)) for key, said in _YES_NO), value=chosen)


def _identifier(prefix: str, number: int, item: Mapping[str, Json], zones: Sequence[str]) -> Group:
    name = f"{prefix}.{number}"
    types = tuple((each, words.word(f"type:{each}")) for each in IDENTIFIER_TYPES)
    at, zone = split_instant(_text(item.get("at")), zones)
    ip, service = f"{name}.type|ip", f"{name}.type|account|user"
    shared = (("", gettext("not said")), *((each, words.word(f"shared:{each}")) for each in ("yes", "no", "unknown")))
    fixed = (("", gettext("no, it changes hands")), ("yes", gettext("yes, it is always the same customer's")))
    return Group(
        title=gettext("Identifier %(n)s") % {"n": number + 1},
        inputs=[
            Input(
                name=f"{name}.type",
                label=letters.label("type"),
                kind="select",
                value=_text(item.get("type")) or "ip",
                choices=types,
            ),
            Input(name=f"{name}.value", label=letters.label("value"), value=_text(item.get("value"))),
            Input(
                name=f"{name}.at",
                label=gettext("When it was seen, as the log has it"),
                kind="instant",
                value=at,
                when=ip,
            ),
            _zone(f"{name}.zone", zone, zones, when=ip),
            Input(
                name=f"{name}.port", label=letters.label("port"), kind="number", value=_text(item.get("port")), when=ip
            ),
            Input(
                name=f"{name}.shared",
                label=letters.label("shared"),
                kind="select",
                value=_text(item.get("shared")),
                choices=shared,
                when=ip,
            ),
            Input(
                name=f"{name}.service",
                label=letters.label("service"),
                value=_text(item.get("service")),
                when=service,
            ),
            Input(
                name=f"{name}.fixed",
                label=gettext("A fixed address"),
                kind="select",
                value="yes" if item.get("fixed") is True else "",
                choices=fixed,
                when=ip,
            ),
            Input(name=f"{name}.note", label=letters.label("note"), value=_text(item.get("note"))),
        ],
    )


def _period(prefix: str, table: Mapping[str, Json], zones: Sequence[str]) -> list[Input]:
    ends = {end: split_instant(_text(table.get(end)), zones) for end in ("from", "until")}
    told = {zone for local, zone in ends.values() if local}
    if len(told) > 1:
        ends = {end: _in_utc(_text(table.get(end))) for end in ends}
        told = {"UTC"}
    zone = told.pop() if told else zones[0]
    return [
        *(
            Input(name=f"{prefix}.{end}", label=letters.label(end), kind="instant", value=local)
            for end, (local, _zone_of_end) in ends.items()
        ),
        _zone(f"{prefix}.zone", zone, zones),
    ]


def _instant(prefix: str, part: str, label: str, value: str, zones: Sequence[str]) -> list[Input]:
    at, zone = split_instant(value, zones)
    return [
        Input(name=f"{prefix}.{part}", label=label, kind="instant", value=at),
        _zone(f"{prefix}.zone", zone if at else zones[0], zones),
    ]


def _danger(spec: Field, table: Mapping[str, Json], law: Instrument, zones: Sequence[str]) -> list[Input]:
    grounds = law.emergency if spec.kind is FieldKind.EMERGENCY else law.urgency
    options = tuple((each.id, words.law(each.label)) for each in grounds.options) if grounds else ()
    label = letters.label("ground")
    chosen = _text(table.get("ground"))
    none = gettext("no emergency") if spec.kind is FieldKind.EMERGENCY else gettext("not urgent")
    found = [Input(name=f"{spec.id}.ground", label=label, kind="select", value=chosen, choices=(("", none), *options))]
    found.append(
        Input(name=f"{spec.id}.reasons", label=letters.label("reasons"), kind="area", value=_text(table.get("reasons")))
    )
    if spec.kind is FieldKind.URGENCY:
        found += _instant(spec.id, "answer_by", letters.label("answer_by"), _text(table.get("answer_by")), zones)
    return found


def _plain(spec: Field, value: Json, law: Instrument) -> Input:  # noqa: PLR0911 - one flat table of kinds
    made = Input(name=spec.id, label=words.law(spec.label), value=_text(value), most=spec.most)
    named = tuple((each.id, words.law(each.label)) for each in spec.options)
    unsaid = ("", gettext("not said"))
    match spec.kind:
        case FieldKind.NUMBER:
            return replace(made, kind="number")
        case FieldKind.DATE:
            return replace(made, kind="date")
        case FieldKind.BOOLEAN:
            return _yes_no(made, value)
        case FieldKind.CHOICE:
            return replace(made, kind="select", choices=(unsaid, *named))
        case FieldKind.PRIVILEGE:
            known = tuple((each.value, words.word(each.value)) for each in Privilege)
            return replace(made, kind="select", choices=(unsaid, *known))
        case FieldKind.LANGUAGE:
            tongues = tuple((code, letters.language_name(code)) for code, _name in settings.LANGUAGES)
            return replace(made, kind="select", choices=(unsaid, *sorted(tongues, key=lambda each: each[1])))
        case FieldKind.TICKS | FieldKind.DECLARATIONS:
            return replace(made, kind="checks", choices=named, chosen=_texts(value), value="")
        case FieldKind.CATEGORIES:
            known = tuple((each.value, f"{said}: {which}") for each, (said, which) in CATEGORIES.items())
            covered = tuple(each for each in known if each[0] in law.categories)
            return replace(made, kind="checks", choices=covered, chosen=_texts(value), value="")
        case _:
            short = spec.most is not None and spec.most <= _LONG
            return made if short else replace(made, kind="area")


# --- From inputs to values ----------------------------------------------------------------------


def form_of(law: Instrument, typed: QueryDict, before: Mapping[str, Json]) -> dict[str, Json]:
    """The values of every field, ``None`` for one in which nothing was typed.

    Parts of ``before`` for which there is no input (those that an API wrote) stay, and what means the same as before
    stays as it was written: keeping a form that nobody touched changes no letter of what was signed.
    """
    return {
        each.id: _as_before(_value(each, typed, before.get(each.id)), before.get(each.id)) for each in law.form.fields
    }


def _as_before(value: Json, before: Json) -> Json:
    """``before`` where both say the same: the same instant, the same choices in another order."""
    if isinstance(value, Mapping) and isinstance(before, Mapping):
        return {name: _as_before(part, before.get(name)) for name, part in value.items()}
    if isinstance(value, list) and isinstance(before, (list, tuple)) and len(value) == len(before):
        if all(isinstance(each, str) for each in (*value, *before)):
            return list(before) if set(value) == set(before) else value
        return [_as_before(mine, theirs) for mine, theirs in zip(value, before, strict=True)]
    return before if isinstance(value, str) and isinstance(before, str) and _same_instant(value, before) else value


def _same_instant(one: str, other: str) -> bool:
    if not (_LOCAL.fullmatch(one) and _LOCAL.fullmatch(other)):
        return False
    try:
        return instant.parse(one) == instant.parse(other)
    except ValueError:
        return False


def _value(spec: Field, typed: QueryDict, before: Json) -> Json:  # noqa: PLR0911 - one flat table of kinds
    said = _said(typed, spec.id)
    match spec.kind:
        case FieldKind.IDENTIFIERS:
            return _identifiers(spec.id, typed, before)
        case FieldKind.PERIOD:
            zone = _said(typed, f"{spec.id}.zone")
            ends = {end: join_instant(_said(typed, f"{spec.id}.{end}"), zone) for end in ("from", "until")}
            return _filled(ends) or None
        case FieldKind.INSTANT:
            return join_instant(_said(typed, f"{spec.id}.at"), _said(typed, f"{spec.id}.zone")) or None
        case FieldKind.EMERGENCY | FieldKind.URGENCY:
            found: dict[str, Json] = {part: _said(typed, f"{spec.id}.{part}") for part in ("ground", "reasons")}
            found["answer_by"] = join_instant(_said(typed, f"{spec.id}.answer_by"), _said(typed, f"{spec.id}.zone"))
            return _filled(found) or None
        case kind if kind in _PARTS:
            return _parts(spec, typed, before)
        case FieldKind.TICKS | FieldKind.DECLARATIONS | FieldKind.CATEGORIES:
            return [str(each) for each in typed.getlist(spec.id)] or None
        case FieldKind.NUMBER:
            return _number(said)
        case FieldKind.BOOLEAN:
            return _truth(said)
        case _:
            return said or None


def _parts(spec: Field, typed: QueryDict, before: Json) -> Json:
    first, more = _PARTS[spec.kind]
    found: dict[str, Json] = {}
    for part in (*first, *more):
        said = _said(typed, f"{spec.id}.{part}")
        if part in more and f"{spec.id}.{part}" not in typed:
            continue
        if part == "listed":
            found[part] = [str(each) for each in typed.getlist(f"{spec.id}.{part}")]
        elif part == "online":
            found[part] = _truth(said)
        else:
            found[part] = _number(said) if part in _NUMBERS else said
    there = _filled(found)
    stay = {name: part for name, part in _table(before).items() if name not in found}
    return {**stay, **there} if there else None


def _identifiers(prefix: str, typed: QueryDict, before: Json) -> Json:
    earlier = [_table(each) for each in before] if isinstance(before, (list, tuple)) else []
    found: list[Json] = []
    for number in range(MOST_IDENTIFIERS):
        name = f"{prefix}.{number}"
        value = _said(typed, f"{name}.value")
        if value:
            kept = earlier[number] if number < len(earlier) and earlier[number].get("value") == value else {}
            found.append(_one_identifier(name, value, typed, kept))
    return found or None


def _one_identifier(name: str, value: str, typed: QueryDict, before: Mapping[str, Json]) -> Json:
    kind = _said(typed, f"{name}.type")
    parts: dict[str, Json] = {"type": kind, "value": value, "note": _said(typed, f"{name}.note")}
    if kind == "ip":
        parts["at"] = join_instant(_said(typed, f"{name}.at"), _said(typed, f"{name}.zone"))
        parts["port"] = _number(_said(typed, f"{name}.port"))
        parts["shared"] = _said(typed, f"{name}.shared")
        parts["fixed"] = _said(typed, f"{name}.fixed") == "yes" or None
        parts["protocol"] = before.get("protocol")
    elif kind in {"account", "user"}:
        parts["service"] = _said(typed, f"{name}.service")
    return _filled(parts)


def _filled(parts: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in parts.items() if is_filled(value)}


def _said(typed: QueryDict, name: str) -> str:
    found = typed.get(name)
    return found.replace("\r\n", "\n").replace("\0", "").strip() if isinstance(found, str) else ""


def _number(said: str) -> Json:
    """A whole number; what is none stays as it was typed, and is a fault there."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 12 else said or None  # noqa: PLR2004


def _truth(said: str) -> Json:
    return {"yes": True, "no": False}.get(said)


def _table(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Json) -> str:
    return "" if value is None or isinstance(value, (list, tuple, Mapping)) else str(value)


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, (list, tuple)) else ()


# --- Instants and their zones -------------------------------------------------------------------

_LOCAL = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ]+(\d{1,2}:\d{2})(?::(\d{2}(?:\.\d{1,6})?))? ?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_OFFSETS = tuple(f"{sign}{hours:02}:00" for sign, most in (("-", 12), ("+", 14)) for hours in range(1, most + 1))


def split_instant(value: str, zones: Sequence[str]) -> tuple[str, str]:
    """The time as it is typed, and the zone: one of ``zones`` where its clocks showed that time, or the offset."""
    found = _LOCAL.fullmatch(value)
    if found is None:
        return value, ""
    day, hour, second, offset = found.groups()
    exact = (second or "00").removesuffix(".000")
    local = f"{day} {hour.rjust(5, '0')}" + (f":{exact}" if exact != "00" else "")
    if offset is None:
        return local, ""
    if offset in {"Z", "+00:00"}:
        return local, "UTC"
    return local, next((each for each in zones if join_instant(local, each)[-6:] == offset), offset)


def join_instant(local: str, zone: str) -> str:
    """The instant with its offset; without one where no zone is said, or where its clocks showed that time twice."""
    found = _LOCAL.fullmatch(local.strip())
    if found is None:
        return local.strip()
    day, hour, second, offset = found.groups()
    text = f"{day}T{hour.rjust(5, '0')}:{second or '00'}"
    if offset or not zone:
        return text + (offset or "")
    if re.fullmatch(r"[+-]\d{2}:\d{2}", zone):
        return text + zone
    try:
        there = datetime.fromisoformat(text).replace(tzinfo=words.zone_of(zone))
    except ValueError:
        return text
    twice = there.utcoffset() != there.replace(fold=1).utcoffset()
    return text if twice else there.isoformat()


def _in_utc(value: str) -> tuple[str, str]:
    try:
        at = instant.parse(value)
    except ValueError:
        return value, ""
    return at.strftime("%Y-%m-%d %H:%M:%S"), "UTC"


def _zone(name: str, value: str, zones: Sequence[str], *, when: str = "") -> Input:
    named = [(each, words.city(each)) for each in dict.fromkeys(zones) if each != "UTC"]
    offsets = [*_OFFSETS, *([value] if value and value[0] in "+-" and value not in _OFFSETS else [])]
    choices = (
        ("", gettext("not said")),
        *named,
        ("UTC", "UTC"),
        *((each, each) for each in sorted(offsets, key=lambda each: int(each[:3]))),
    )
    return Input(name=name, label=gettext("Time zone of it"), kind="select", value=value, choices=choices, when=when)


# --- Faults -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fault in the reader's words, and the input that it is about."""

    fault: Fault
    sentence: str
    cure: str
    rule: str
    name: str
    """Of the input; the field's id, or what stands on no form."""
    label: str

    @property
    def at(self) -> str:
        """The id on the page that leads to it."""
        return id_of(self.name)

    @property
    def missing(self) -> bool:
        """Whether something was not written yet, and nothing that was is wrong."""
        return self.fault.code in {FaultCode.FIELD_MISSING, FaultCode.PART_MISSING, FaultCode.DECLARATION_MISSING}


def told(faults: Iterable[Fault], shown: Sequence[Section]) -> list[Told]:
    """Faults in words, each with the input that it is about."""
    inputs = {each.name: each for section in shown for spec in section.fields for each in spec.inputs()}
    fields = {spec.id: spec for section in shown for spec in section.fields}
    return [_told(each, inputs, fields) for each in faults]


def _told(fault: Fault, inputs: Mapping[str, Input], fields: Mapping[str, Shown]) -> Told:
    name = next((each for each in _names(fault) if each in inputs), fault.field.partition(".")[0].partition("[")[0])
    spec = fields.get(name.partition(".")[0])
    label = spec.label if spec else _ELSEWHERE.get(name, letters.label(name))
    named = {key: _named(key, value) for key, value in fault.named}
    part = re.sub(r"\[\d+\]$", "", fault.field).rpartition(".")
    if part[0] and fault.code in _OF_PARTS and "label" in named:
        named["label"] = f"{named['label']}: {letters.label(part[2])}"
    said = WORDS[fault.code]
    return Told(
        fault=fault,
        sentence=gettext(said.sentence).format(**named),
        cure=gettext(said.cure).format(**named),
        rule=fault.rule,
        name=name,
        label=str(label),
    )


_ELSEWHERE = {"case_reference": _("Reference of your case"), "to": _("To"), "channel": _("How it goes")}
"""What stands on no form of an instrument."""
_OF_PARTS = frozenset(
    {
        FaultCode.NUMBER_RANGE,
        FaultCode.TEXT_TOO_LONG,
        FaultCode.VALUE_TYPE,
        FaultCode.OPTION_UNKNOWN,
        FaultCode.DATE_INVALID,
        FaultCode.INSTANT_INVALID,
    }
)
"""Faults whose sentence names the field alone: here the part is said too."""


def _names(fault: Fault) -> Iterator[str]:
    """The inputs at which a fault may stand, the best first."""
    path = re.sub(r"\[(\d+)\]", r".\1", fault.field)
    head = path.rpartition(".")[0]
    if fault.code is FaultCode.UTC_OFFSET_MISSING:
        yield f"{head or path}.zone"
    yield path
    yield f"{path}.at"
    while path:
        path = path.rpartition(".")[0]
        yield path


def _named(key: str, value: str) -> str:
    if key in {"label", "option"}:
        return words.law(value)
    if key == "part":
        return letters.label(value)
    if key == "category":
        return words.word(value)
    return value


def place(found: Iterable[Told], shown: Sequence[Section], *, missing: bool) -> None:
    """Put each fault that stops at its input; what is only missing yet, when somebody asked for it."""
    inputs = {each.name: each for section in shown for spec in section.fields for each in spec.inputs()}
    fields = {spec.id: spec for section in shown for spec in section.fields}
    for each in found:
        if each.fault.severity is not Severity.STOPS or (each.missing and not missing):
            continue
        if each.name in inputs:
            inputs[each.name].errors.append(f"{each.sentence} {each.cure}")
        elif each.name in fields:
            fields[each.name].errors.append(f"{each.sentence} {each.cure}")
