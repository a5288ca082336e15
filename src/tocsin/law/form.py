"""Forms: what stands in a field of each kind, and the check that finds every fault at once.

Values are JSON without fractions, so that they travel in canonical form:

| kind | value |
|---|---|
| text, language | text |
| number | whole number |
| boolean | true or false |
| choice | an option's id |
| privilege | one of `Privilege` |
| ticks, declarations | list of option ids; of declarations all must be there |
| categories | list of data categories |
| date | ``2026-11-24`` |
| instant | ``2026-11-24T03:00:00+02:00``: RFC 3339 with its UTC offset; the seconds may be left out |
| period | ``{"from": instant, "until": instant}`` |
| identifiers | list of identifiers (``identifiers``) |
| authority | ``{"name": …}`` and any of the parts in ``_AUTHORITY`` |
| person | ``{"name": …}`` and any of the parts in ``_PERSON`` |
| reference | ``{"authority", "number", "date"}`` and any of the parts in ``_REFERENCE`` |
| offence | ``{"qualification", "provisions"}``, ``max_penalty_months``, ``listed``, ``online``, … |
| emergency, urgency | ``{"ground": id, "reasons": text}``, and ``answer_by`` for urgency |
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

from tocsin.base import instant
from tocsin.law.conditions import Circumstances, Json, holds, is_filled
from tocsin.law.faults import Fault, FaultCode, Spot, fault
from tocsin.law.identifiers import identifier_faults, instant_faults
from tocsin.law.provisions import Field, FieldKind, Form, Grounds, Option
from tocsin.law.vocabulary import Danger, DataCategory, Known, OffenceList, Privilege, Reader

MOST_TEXT = 10_000
_SHORT_TEXT = 500
_MOST_NUMBER = 1_000_000
_MOST_MONTHS = 1_200
_MOST_ITEMS = 500
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")

_AUTHORITY = (
    "name",
    "organisation",
    "function",
    "person",
    "address",
    "phone",
    "mobile",
    "email",
    "fax",
    "office_hours",
    "zone",
    "file_number",
    "languages",
)
_PERSON = ("name", "born", "address", "nationality", "role", "note")
_REFERENCE = ("authority", "number", "date", "executed_by", "channel", "sent_to", "sent_on", "note")
_OFFENCE = ("qualification", "provisions", "max_penalty_months", "sentence_months", "listed", "online", "note")


def form_faults(
    form: Form,
    values: Mapping[str, Json],
    *,
    reader: Reader,
    circumstances: Circumstances,
    emergency: Grounds | None = None,
    urgency: Grounds | None = None,
) -> list[Fault]:
    """Every fault of ``values`` as the fields that ``reader`` may see; in the order of the form."""
    mine = [each for each in form.fields if reader is Reader.ADDRESSEE or Reader.ADDRESSEE not in each.readers]
    faults = []
    for each in mine:
        if reader in each.readers:
            grounds = {FieldKind.EMERGENCY: emergency, FieldKind.URGENCY: urgency}.get(each.kind)
            faults += _field_faults(each, values.get(each.id), circumstances, grounds)
        elif each.id in values:
            faults.append(_spot(each).fault(FaultCode.READER_FORBIDDEN))
    known = {each.id for each in mine}
    strangers = [name for name in values if name not in known]
    return faults + [fault(name, str(form.basis), FaultCode.FIELD_UNKNOWN, name=name) for name in strangers]


def is_required(field: Field, circumstances: Circumstances) -> bool:
    """Whether the field must be filled in these circumstances."""
    if field.required:
        return True
    return bool(field.required_when) and holds(field.required_when, circumstances) is Known.YES


def is_asked(field: Field, circumstances: Circumstances) -> bool:
    """Whether the field may be asked for; a field asked under a condition is not, unless it holds."""
    return holds(field.asked_when, circumstances) is Known.YES


def _field_faults(field: Field, value: Json, circumstances: Circumstances, grounds: Grounds | None) -> list[Fault]:
    if not is_asked(field, circumstances):
        if not is_filled(value):
            return []
        return [_spot(field).fault(FaultCode.FIELD_NOT_ASKED).warns()]
    if not is_filled(value):
        if not is_required(field, circumstances):
            return []
        return [_spot(field).fault(FaultCode.FIELD_MISSING)]
    if field.kind in (FieldKind.EMERGENCY, FieldKind.URGENCY):
        return _danger_faults(field, value, grounds)
    return _value_faults(field, value)


def _value_faults(field: Field, value: Json) -> list[Fault]:
    """Every fault of a value that is there."""
    if field.kind in _PLAIN:
        return _PLAIN[field.kind](value, _spot(field))
    return _BY_FIELD[field.kind](field, value, _spot(field))


# -- plain values ----------------------------------------------------------------------------------


def _text(field: Field, value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, str):
        return [_type_fault(spot, "text")]
    most = field.most or MOST_TEXT
    return [spot.fault(FaultCode.TEXT_TOO_LONG, most=str(most))] if len(value) > most else []


def _number(field: Field, value: Json, spot: Spot) -> list[Fault]:
    return _number_faults(value, spot, least=1, most=field.most or _MOST_NUMBER)


def _number_faults(value: Json, spot: Spot, *, least: int, most: int) -> list[Fault]:
    if not isinstance(value, int) or isinstance(value, bool):
        return [_type_fault(spot, "a whole number")]
    if not least <= value <= most:
        return [spot.fault(FaultCode.NUMBER_RANGE, least=str(least), most=str(most))]
    return []


def _boolean(value: Json, spot: Spot) -> list[Fault]:
    return [] if isinstance(value, bool) else [_type_fault(spot, "true or false")]


def _date(value: Json, spot: Spot) -> list[Fault]:
    try:
        good = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        good = False
    return [] if good else [spot.fault(FaultCode.DATE_INVALID, value=str(value))]


def _instant(value: Json, spot: Spot) -> list[Fault]:
    return instant_faults(value, spot)


def is_language(value: Json) -> bool:
    """Whether ``value`` is a language tag such as ``pt`` or ``pt-PT``."""
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def _language(value: Json, spot: Spot) -> list[Fault]:
    return [] if is_language(value) else [spot.fault(FaultCode.LANGUAGE_INVALID, value=str(value))]


# -- choices ---------------------------------------------------------------------------------------


def _choice(field: Field, value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, str):
        return [_type_fault(spot, "one of the options")]
    return _option_faults(field, value, spot, field.options)


def _ticks(field: Field, value: Json, spot: Spot) -> list[Fault]:
    return [
        found
        for number, item in enumerate(_items(value))
        for found in _option_faults(field, item, spot.item(number), field.options)
    ] or _list_faults(value, spot)


def _declarations(field: Field, value: Json, spot: Spot) -> list[Fault]:
    missing = [
        spot.fault(FaultCode.DECLARATION_MISSING, option=option.label)
        for option in field.options
        if option.id not in _items(value)
    ]
    return _ticks(field, value, spot) + missing


def _categories(value: Json, spot: Spot) -> list[Fault]:
    return [
        spot.item(number).fault(FaultCode.OPTION_UNKNOWN, value=str(item), options=", ".join(DataCategory))
        for number, item in enumerate(_items(value))
        if item not in list(DataCategory)
    ] or _list_faults(value, spot)


def _privilege(value: Json, spot: Spot) -> list[Fault]:
    if value in list(Privilege):
        return []
    return [spot.fault(FaultCode.OPTION_UNKNOWN, value=str(value), options=", ".join(Privilege))]


def _option_faults(field: Field, value: Json, spot: Spot, options: Iterable[Option]) -> list[Fault]:
    chosen = next((each for each in options if each.id == value), None)
    if chosen is None:
        known = ", ".join(each.id for each in options)
        return [spot.fault(FaultCode.OPTION_UNKNOWN, value=str(value), options=known)]
    if chosen.stops:
        article = f"{field.basis.act}, {chosen.stops}"
        return [replace(spot, rule=article).fault(FaultCode.OPTION_STOPS, option=chosen.label, article=article)]
    return []


def _danger_faults(field: Field, value: Json, grounds: Grounds | None) -> list[Fault]:
    spot = _spot(field)
    if not isinstance(value, Mapping):
        return [_type_fault(spot, "a ground with its reasons")]
    parts = ("ground", "reasons", "answer_by") if field.kind is FieldKind.URGENCY else ("ground", "reasons")
    needs = ("ground", "reasons") if grounds else ("reasons",)
    faults = _parts_faults(value, spot, parts=parts, needs=needs)
    if grounds and is_filled(value.get("ground")):
        faults += _ground_faults(value["ground"], grounds, spot.part("ground"))
    if is_filled(value.get("answer_by")):
        faults += instant_faults(value["answer_by"], spot.part("answer_by"))
    return faults


def _ground_faults(ground: Json, grounds: Grounds, spot: Spot) -> list[Fault]:
    """A danger that another instrument knows is too wide here; anything else is no danger at all."""
    if ground in [each.id for each in grounds.options]:
        return []
    code = FaultCode.EMERGENCY_TOO_WIDE if ground in list(Danger) else FaultCode.OPTION_UNKNOWN
    options = ", ".join(each.label for each in grounds.options)
    return [replace(spot, rule=str(grounds.basis)).fault(code, value=str(ground), options=options)]


# -- tables of parts -------------------------------------------------------------------------------


def _period(value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, Mapping):
        return [_type_fault(spot, "a period with from and until")]
    ends = ("from", "until")
    faults = _parts_faults(value, spot, parts=ends, needs=ends, texts=False)
    for end in ends:
        if is_filled(value.get(end)):
            faults += instant_faults(value[end], spot.part(end))
    if not faults and instant.parse(str(value["from"])) >= instant.parse(str(value["until"])):
        faults.append(spot.fault(FaultCode.PERIOD_REVERSED))
    return faults


def _identifiers(value: Json, spot: Spot) -> list[Fault]:
    return [
        found for number, item in enumerate(_items(value)) for found in identifier_faults(item, spot.item(number))
    ] or _list_faults(value, spot)


def _authority(value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, Mapping):
        return [_type_fault(spot, "an authority with its name")]
    plain = {key: part for key, part in value.items() if key != "languages"}
    faults = _parts_faults(plain, spot, parts=_AUTHORITY, needs=("name",))
    if is_filled(value.get("email")):
        faults += identifier_faults({"type": "email", "value": value["email"]}, spot.part("email"))
    if is_filled(value.get("languages")):
        faults += _list_faults(value["languages"], spot.part("languages"))
    for number, item in enumerate(_items(value.get("languages", ()))):
        faults += _language(item, spot.part("languages").item(number))
    return faults


def _person(value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, Mapping):
        return [_type_fault(spot, "a person with a name")]
    faults = _parts_faults(value, spot, parts=_PERSON, needs=("name",))
    if is_filled(value.get("born")):
        faults += _date(value["born"], spot.part("born"))
    return faults


def _reference(value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, Mapping):
        return [_type_fault(spot, "a reference with authority, number and date")]
    faults = _parts_faults(value, spot, parts=_REFERENCE, needs=("authority", "number", "date"))
    for day in ("date", "sent_on"):
        if is_filled(value.get(day)):
            faults += _date(value[day], spot.part(day))
    return faults


def _offence(value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, Mapping):
        return [_type_fault(spot, "an offence with its qualification and provisions")]
    texts = {key: part for key, part in value.items() if key in ("qualification", "provisions", "note")}
    faults = _parts_faults(texts, spot, parts=_OFFENCE, needs=("qualification", "provisions"))
    faults += _unknown_parts(value, spot, _OFFENCE)
    for months in ("max_penalty_months", "sentence_months"):
        if value.get(months) is not None:
            faults += _number_faults(value[months], spot.part(months), least=0, most=_MOST_MONTHS)
    if "online" in value and not isinstance(value["online"], bool):
        faults.append(_type_fault(spot.part("online"), "true or false"))
    if is_filled(value.get("listed")):
        faults += _list_faults(value["listed"], spot.part("listed"))
    for number, item in enumerate(_items(value.get("listed", ()))):
        if item not in list(OffenceList):
            named = {"value": str(item), "options": ", ".join(OffenceList)}
            faults.append(spot.part("listed").item(number).fault(FaultCode.OPTION_UNKNOWN, **named))
    return faults


def _parts_faults(
    value: Mapping[str, Json],
    spot: Spot,
    *,
    parts: tuple[str, ...],
    needs: tuple[str, ...],
    texts: bool = True,
) -> list[Fault]:
    faults = _unknown_parts(value, spot, parts)
    faults += [
        spot.part(part).fault(FaultCode.PART_MISSING, part=part) for part in needs if not is_filled(value.get(part))
    ]
    if texts:
        for part in parts:
            if is_filled(value.get(part)):
                faults += _part_text(value[part], spot.part(part))
    return faults


def _part_text(value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, str):
        return [_type_fault(spot, "text")]
    return [spot.fault(FaultCode.TEXT_TOO_LONG, most=str(MOST_TEXT))] if len(value) > MOST_TEXT else []


def _unknown_parts(value: Mapping[str, Json], spot: Spot, parts: tuple[str, ...]) -> list[Fault]:
    return [spot.part(part).fault(FaultCode.PART_UNKNOWN, part=part) for part in value if part not in parts]


# -- lists -----------------------------------------------------------------------------------------


def _items(value: Json) -> list[Json]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _list_faults(value: Json, spot: Spot) -> list[Fault]:
    if not isinstance(value, (list, tuple)):
        return [_type_fault(spot, "a list")]
    if len(value) > _MOST_ITEMS:
        return [spot.fault(FaultCode.NUMBER_RANGE, least="1", most=str(_MOST_ITEMS))]
    return []


def _type_fault(spot: Spot, expected: str) -> Fault:
    return spot.fault(FaultCode.VALUE_TYPE, expected=expected)


def _spot(field: Field) -> Spot:
    return Spot(field.id, field.label, str(field.basis))


_PLAIN: Mapping[FieldKind, Callable[[Json, Spot], list[Fault]]] = {
    FieldKind.BOOLEAN: _boolean,
    FieldKind.DATE: _date,
    FieldKind.INSTANT: _instant,
    FieldKind.PERIOD: _period,
    FieldKind.IDENTIFIERS: _identifiers,
    FieldKind.AUTHORITY: _authority,
    FieldKind.PERSON: _person,
    FieldKind.REFERENCE: _reference,
    FieldKind.OFFENCE: _offence,
    FieldKind.LANGUAGE: _language,
    FieldKind.CATEGORIES: _categories,
    FieldKind.PRIVILEGE: _privilege,
}
_BY_FIELD: Mapping[FieldKind, Callable[[Field, Json, Spot], list[Fault]]] = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.CHOICE: _choice,
    FieldKind.TICKS: _ticks,
    FieldKind.DECLARATIONS: _declarations,
}
