"""JSON Schemas of what letters say, made from the rules that read them.

``python -m tests.docs.body_schemas`` writes ``docs/formats/body.schema.json``, and for each instrument the schema of
its form, ``docs/formats/forms/<instrument>.schema.json``, made from the instrument's own file. What a schema cannot
say is in its descriptions; ``tests/docs/test_body_schemas.py`` names each such rule and compares the rest with the
code both ways.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from re import Pattern
from typing import Any

from tests.docs.pages import FORMATS
from tocsin.base.ids import MEMBER_PATTERN
from tocsin.law import form as forms
from tocsin.law import identifiers
from tocsin.law.instrument import instruments
from tocsin.law.provisions import Field, FieldKind, Grounds, Instrument
from tocsin.law.vocabulary import DataCategory, LetterKind, OffenceList, Privilege, Reader
from tocsin.requests.rules import letters, marks
from tocsin.requests.rules.letters import MOST_LINE, MOST_LIST, MOST_WORDS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BODY = FORMATS / "body.schema.json"
FORMS = FORMATS / "forms"

NULL: Schema = {"type": "null"}
BOOLEAN: Schema = {"type": "boolean"}
DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
INSTANT: Schema = {
    "type": "string",
    "pattern": f"^{DAY}T{CLOCK}:[0-5][0-9]\\.[0-9]{{3}}Z$",
    "description": "A day that there is, in UTC with milliseconds.",
}
MEMBERS_ONLY = {"type": "object", "additionalProperties": False}
CONTROL = "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f"
BLANK = "\\u0009\\u000a\\u0020\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"


# --- Small words --------------------------------------------------------------------------------


def matching(pattern: Pattern[str]) -> Schema:
    """A text that is wholly of a pattern of the rules."""
    return {"type": "string", "pattern": f"^({pattern.pattern})$"}


def text(most: int) -> Schema:
    """A text that is not blank, without control characters other than tab and line feed."""
    written = [{"pattern": f"^[^{CONTROL}]*$"}, {"pattern": f"[^{BLANK}{CONTROL}]"}]
    return {"type": "string", "maxLength": most, "allOf": written}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [NULL, schema]}


def one_of(choices: Iterable[str]) -> Schema:
    return {"enum": [str(each) for each in choices]}


def whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def members(properties: Mapping[str, Schema], **more: Any) -> Schema:
    """An object with exactly these members."""
    return MEMBERS_ONLY | {"required": list(properties), "properties": dict(properties)} | more


def listed(items: Schema, *, most: int, least: int = 0, **more: Any) -> Schema:
    return {"type": "array", "minItems": least, "maxItems": most, "items": items} | more


def named(values: Schema, *, most: int, names: Pattern[str] = marks.FIELD_NAME) -> Schema:
    """An object whose members have names of a pattern."""
    names_of = {"propertyNames": matching(names)}
    return {"type": "object", "maxProperties": most, "additionalProperties": values} | names_of


def when(name: str, value: Schema, then: Schema) -> Schema:
    return {"if": {"properties": {name: value}}, "then": {"properties": then}}


# --- What letters say ---------------------------------------------------------------------------

WORDS, LINE = text(MOST_WORDS), text(MOST_LINE)
GROUND, CLOCK_ID = matching(marks.GROUND_CODE), matching(marks.CLOCK_ID)
HASH = matching(marks.HEX_64)
SIGNATURE = members({"name": text(200), "role": matching(letters._ROLE), "at": INSTANT})
CONDITIONS = listed(members({"kind": one_of(letters.ConditionKind), "words": WORDS}), most=MOST_LIST)


def ask() -> Schema:
    urgency = members({"level": one_of(marks.Urgency), "reason": or_null(WORDS), "reply_by": or_null(INSTANT)})
    pressing = when("level", {"not": {"const": marks.Urgency.ORDINARY.value}}, {"reason": {"type": "string"}})
    clock = members({"id": CLOCK_ID, "of": matching(marks.INSTRUMENT_ID)})
    form: Schema = {"description": "By the schema of the instrument's form, docs/formats/forms/."}
    return members(
        {
            "form": named({}, most=marks.MOST_FIELDS) | form,
            "categories": listed(one_of(DataCategory), most=16, uniqueItems=True),
            "clocks": listed(clock, most=marks.MOST_CLOCKS) | {"description": "Each id only once."},
            "urgency": urgency | pressing,
            "case_reference": LINE,
            "earlier": listed(matching(letters._UUID), most=32, uniqueItems=True),
            "signed_off": listed(SIGNATURE, most=16),
            "validation_follows": BOOLEAN,
            "overrides": listed(members({"rule": matching(letters._RULE), "reason": WORDS}), most=MOST_LIST),
            "other_way": or_null(members({"ground": matching(letters._RULE), "words": WORDS})),
            "conditions": CONDITIONS,
        }
    )


def indicate() -> Schema:
    said = {"form": {"type": "string"}, "when": {"type": "string"}}
    answer: Schema = {"whether": one_of(marks.Whether), "form": or_null(LINE), "when": or_null(INSTANT)}
    no = {"not": {"const": marks.Whether.NO.value}}
    return members(answer | {"words": or_null(WORDS)}) | when("whether", no, said)


def query() -> Schema:
    asked = members({"field": matching(marks.FIELD_NAME), "why": one_of(letters.Why)})
    fields = listed(asked, least=1, most=MOST_LIST) | {"description": "Each field only once."}
    return members({"fields": fields, "preserved": or_null(BOOLEAN), "words": or_null(WORDS)})


def supplement() -> Schema:
    reserved = {
        letters.NEW_DEADLINE: members({"clock": CLOCK_ID, "until": INSTANT}),
        letters.NO_GROUND_RAISED: members({"by": matching(MEMBER_PATTERN), "at": INSTANT, "letter": HASH}),
    }
    cannot = named(WORDS, most=marks.MOST_FIELDS) | {"description": "No field that stands in fields as well."}
    said = [{"fields": {"minProperties": 1}}, {"cannot": {"minProperties": 1}}, {"validation": {"type": "object"}}]
    return members(
        {
            "fields": named({}, most=marks.MOST_FIELDS) | {"properties": reserved},
            "cannot": cannot,
            "validation": or_null(SIGNATURE),
            "words": or_null(WORDS),
        },
        anyOf=[{"properties": each} for each in said],
    )


def extend() -> Schema:
    either = [{"days": {"type": "integer"}, "until": NULL}, {"days": NULL, "until": {"type": "string"}}]
    extended = {"clock": CLOCK_ID, "days": or_null(whole(1, 3660)), "until": or_null(INSTANT)}
    return members(extended | {"reason": or_null(WORDS)}, oneOf=[{"properties": each} for each in either])


def disclose() -> Schema:
    country = or_null(matching(letters._COUNTRY))
    lines = listed(members({"provider": LINE, "path": WORDS, "country": country}), most=MOST_LIST)
    withheld = or_null(members({"ground": GROUND, "reason": WORDS}))
    either = [{"lines": {"minItems": 1}, "withheld": NULL}, {"lines": {"maxItems": 0}, "withheld": {"type": "object"}}]
    return members({"lines": lines, "withheld": withheld}, oneOf=[{"properties": each} for each in either])


def follow_up() -> Schema:
    said = {
        "stage": one_of(marks.Stage),
        "reference": LINE,
        "at": INSTANT,
        "instrument": or_null(matching(marks.INSTRUMENT_ID)),
        "authority": or_null(LINE),
        "outcome": or_null(one_of(letters.Outcome)),
    }
    decided = when("stage", {"const": marks.Stage.DECIDED.value}, {"outcome": {"type": "string"}})
    return members(said) | decided | {"else": {"properties": {"outcome": NULL}}}


def bodies() -> dict[LetterKind, Schema]:
    """The schema of each kind's body."""
    reference, said = or_null(LINE), or_null(WORDS)
    part = or_null(matching(marks.PART))
    held = {"effected_at": INSTANT, "scope": WORDS, "complete": BOOLEAN, "keeps_until": or_null(INSTANT)}
    return {
        LetterKind.ASK: ask(),
        LetterKind.ACKNOWLEDGE: members({"reference": reference, "words": said}),
        LetterKind.INDICATE: indicate(),
        LetterKind.QUERY: query(),
        LetterKind.SUPPLEMENT: supplement(),
        LetterKind.ACCEPT: members({"conditions": CONDITIONS, "reference": reference, "words": said}),
        LetterKind.REFUSE: members({"ground": GROUND, "reason": WORDS, "part": part}),
        LetterKind.POSTPONE: members({"ground": GROUND, "reason": WORDS, "until": or_null(INSTANT)}),
        LetterKind.EXTEND: extend(),
        LetterKind.PRESERVED: members(held | {"reference": reference}),
        LetterKind.DISCLOSE: disclose(),
        LetterKind.DELIVER: members({"package": HASH, "complete": BOOLEAN, "words": said}),
        LetterKind.RELEASE: members({"released_at": INSTANT, "scope": WORDS, "why": one_of(letters.ReleaseReason)}),
        LetterKind.FOLLOW_UP: follow_up(),
        LetterKind.WITHDRAW: members({"reason": WORDS, "obtained": one_of(letters.Obtained)}),
        LetterKind.CLOSE: members({"words": said}),
    }


def body_schema() -> Schema:
    """Of any object that has a ``kind`` and a ``body``, a letter above all: the body is one of that kind."""
    by_kind = [
        {
            "if": {"properties": {"kind": {"const": kind.value}}},
            "then": {"properties": {"body": {"$ref": f"#/$defs/{kind.value}"}}},
        }
        for kind in LetterKind
    ]
    return {
        "$schema": DIALECT,
        "$id": "urn:tocsin:schema:body:1",
        "title": "What a letter says",
        "description": "The body of a letter by its kind: docs/reference/protocol.md, section 4. Whether a letter of "
        "that kind may be written where it stands is for section 5.",
        "type": "object",
        "required": ["kind", "body"],
        "properties": {"kind": one_of(LetterKind)},
        "allOf": by_kind,
        "$defs": {kind.value: schema for kind, schema in bodies().items()},
    }


# --- Forms --------------------------------------------------------------------------------------

NOTHING: Schema = {
    "anyOf": [
        {"enum": [None, [], {}]},
        {"type": "string", "pattern": f"^[{BLANK}\\u000b-\\u000d\\u001c-\\u001f\\u0085]*$"},
    ]
}
"""What says nothing in a form."""
SOMETHING: Schema = {"not": {"$ref": "#/$defs/nothing"}}
ITEMS = forms._MOST_ITEMS
DATE: Schema = {"type": "string", "pattern": f"^{DAY}$"}
OFFSET_INSTANT: Schema = {
    "type": "string",
    "pattern": f"^{identifiers.INSTANT_FORM.pattern}$",
    "description": "RFC 3339 with its UTC offset; the seconds may be left out.",
}
LANGUAGE: Schema = matching(forms._LANGUAGE)


def filled(most: int) -> Schema:
    return {"type": "string", "maxLength": most, "allOf": [SOMETHING]}


def parts(names: Iterable[str], *, needs: Iterable[str], **special: Schema) -> Schema:
    """A table of parts; those that are not needed may be there and say nothing."""
    usual = dict.fromkeys(names, filled(forms.MOST_TEXT)) | special
    needed = set(needs)
    properties = {name: schema if name in needed else maybe(schema) for name, schema in usual.items()}
    return MEMBERS_ONLY | {"required": sorted(needed), "properties": properties}


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [{"$ref": "#/$defs/nothing"}, schema]}


def identifier() -> Schema:
    """An identifier; that the value is a real address, number or IBAN is for a program to find out."""
    return {"oneOf": [_identifier(name, kind) for name, kind in identifiers._KINDS.items()]}


def _identifier(name: str, kind: Any) -> Schema:
    special: dict[str, Schema] = {
        "port": or_null(whole(1, identifiers._MOST_PORT)),
        "shared": or_null(one_of(identifiers._SHARED)),
        "fixed": BOOLEAN,
    }
    usual = {"value": {"type": "string", "allOf": [SOMETHING]}, "note": maybe({"type": "string"})}
    more = {each: special.get(each, maybe({"type": "string"})) for each in sorted(kind.also | kind.needs)}
    if "at" in more:
        more["at"] = maybe(OFFSET_INSTANT)
    needed = {each: {"type": "string", "allOf": [SOMETHING]} for each in kind.needs}
    table = MEMBERS_ONLY | {"required": ["type", "value", *sorted(kind.needs)], "description": kind.expected}
    table |= {"properties": {"type": {"const": name}} | usual | more | needed}
    return table | _when_used() if name == "ip" else table


def _when_used() -> Schema:
    """An address names somebody at an instant, unless it is fixed."""
    fixed = {"required": ["fixed"], "properties": {"fixed": {"const": True}}}
    return {"anyOf": [fixed, {"required": ["at"], "properties": {"at": SOMETHING}}]}


def danger(grounds: Grounds | None, *, urgent: bool) -> Schema:
    names = ("ground", "reasons", "answer_by") if urgent else ("ground", "reasons")
    needs = ("ground", "reasons") if grounds else ("reasons",)
    special: dict[str, Schema] = {"answer_by": OFFSET_INSTANT} if urgent else {}
    if grounds:
        special["ground"] = one_of(each.id for each in grounds.options)
    return parts(names, needs=needs, **special)


def tables() -> dict[FieldKind, Schema]:
    """The kinds of field that look the same in every form."""
    months = or_null(whole(0, forms._MOST_MONTHS))
    offence_needs = ("qualification", "provisions")
    return {
        FieldKind.BOOLEAN: BOOLEAN,
        FieldKind.DATE: DATE,
        FieldKind.INSTANT: OFFSET_INSTANT,
        FieldKind.PERIOD: members({"from": OFFSET_INSTANT, "until": OFFSET_INSTANT})
        | {"description": "from lies before until."},
        FieldKind.IDENTIFIERS: listed({"$ref": "#/$defs/identifier"}, least=1, most=ITEMS),
        FieldKind.AUTHORITY: parts(forms._AUTHORITY, needs=("name",), languages=listed(LANGUAGE, least=1, most=ITEMS)),
        FieldKind.PERSON: parts(forms._PERSON, needs=("name",), born=DATE),
        FieldKind.REFERENCE: parts(forms._REFERENCE, needs=("authority", "number", "date"), date=DATE, sent_on=DATE),
        FieldKind.OFFENCE: _with(
            parts(forms._OFFENCE, needs=offence_needs, listed=listed(one_of(OffenceList), least=1, most=ITEMS)),
            max_penalty_months=months,
            sentence_months=months,
            online=BOOLEAN,
        ),
        FieldKind.LANGUAGE: LANGUAGE,
        FieldKind.CATEGORIES: listed(one_of(DataCategory), least=1, most=ITEMS),
        FieldKind.PRIVILEGE: one_of(Privilege),
    }


def _with(table: Schema, **properties: Schema) -> Schema:
    return table | {"properties": table["properties"] | properties}


def value_of(field: Field, instrument: Instrument) -> Schema:  # noqa: PLR0911 - one flat table of kinds
    """What may stand in a field, when something does."""
    options = [each.id for each in field.options if not each.stops]
    match field.kind:
        case FieldKind.TEXT:
            return filled(field.most or forms.MOST_TEXT)
        case FieldKind.NUMBER:
            return whole(1, field.most or forms._MOST_NUMBER)
        case FieldKind.CHOICE:
            return one_of(options)
        case FieldKind.TICKS:
            return listed(one_of(options), least=1, most=ITEMS)
        case FieldKind.DECLARATIONS:
            all_made = [{"contains": {"const": each.id}} for each in field.options]
            return listed(one_of(options), least=1, most=ITEMS) | {"allOf": all_made}
        case FieldKind.EMERGENCY:
            return danger(instrument.emergency, urgent=False)
        case FieldKind.URGENCY:
            return danger(instrument.urgency, urgent=True)
        case _:
            return {"$ref": f"#/$defs/{field.kind.value}"}


def rendering(instrument: Instrument, *, reader: Reader) -> Schema:
    """The form as ``reader`` gets it: the addressee in ``form``, another reader as the content of his part."""
    mine = [
        each
        for each in instrument.form.fields
        if reader in each.readers and (reader is Reader.ADDRESSEE or Reader.ADDRESSEE not in each.readers)
    ]
    properties = {each.id: _field(each, instrument) for each in mine}
    required = [each.id for each in mine if _always(each)]
    return MEMBERS_ONLY | {"required": required, "properties": properties}


def _always(field: Field) -> bool:
    return field.required and not field.asked_when


def _field(field: Field, instrument: Instrument) -> Schema:
    value = value_of(field, instrument)
    told = f"{field.label} ({field.basis})"
    if field.required_when:
        told += ". Required under conditions that the instrument's file names"
    if field.asked_when:
        told += ". Asked only under conditions that the instrument's file names"
    return {"description": f"{told}.", "allOf": [value if _always(field) else maybe(value)]}


def form_schema(instrument: Instrument) -> Schema:
    """The form of an instrument, made from its file."""
    used = {each.kind.value for each in instrument.form.fields}
    shared: Schema = {str(kind): schema for kind, schema in tables().items() if kind.value in used}
    if FieldKind.IDENTIFIERS in used:
        shared["identifier"] = identifier()
    kept = rendering(instrument, reader=Reader.ENFORCING_AUTHORITY)
    return {
        "$schema": DIALECT,
        "$id": f"urn:tocsin:schema:form:{instrument.id}:1",
        "title": instrument.title,
        "description": f"The form of an ask under {instrument.basis}, as its addressee reads it: `form` in the body. "
        "Made from the instrument's file.",
        **rendering(instrument, reader=Reader.ADDRESSEE),
        "$defs": {"nothing": NOTHING, **shared, **({"for-authority": kept} if kept["properties"] else {})},
    }


# --- Files --------------------------------------------------------------------------------------


def files() -> dict[Path, str]:
    """Every file that is made here, and what has to stand in it."""
    made = {BODY: body_schema()}
    made |= {FORMS / f"{name}.schema.json": form_schema(each) for name, each in instruments().items()}
    return {path: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for path, schema in made.items()}


def main() -> None:
    FORMS.mkdir(exist_ok=True)
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
