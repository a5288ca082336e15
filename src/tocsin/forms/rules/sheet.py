"""What stands on a form: a function of the instrument, the ask, and the words of a language.

The result is JSON for ``form.typ``, which only places it::

    {"lang", "title", "article", "marks": [word], "band": {"word", "told"} | null, "exercise": word | null,
     "head": [{"label", "values"}], "check": {...} | null, "clocks": [...], "sections": [{"title", "fields"}],
     "notes": [word], "attach": [...], "words": {...}}

A word is ``{"t": text, "en": the English beside it | null, "x": whether a translation lacks}``; a value is
``{"text": word, "typed": whether somebody wrote it}`` or ``{"parts": [{"label", "values"}]}``. Nothing of it is ever
read as typst's own language: the document takes it as data.

Who asks, in what power, on what ground and for what data stands above the text, so that a forged form has to lie at
the top (Regulation 2023/1543, Annexes I and II begin so too). A field whose article was not read on any page is marked,
and a form that holds one is called "arranged after" its template.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant, parse, text
from tocsin.directory.rules.card_form import BY_HEARSAY
from tocsin.forms.rules import labels
from tocsin.forms.rules.number import Check
from tocsin.forms.rules.said import Words, drawable
from tocsin.law.grounds import grounds
from tocsin.law.provisions import Field, FieldKind, Grounds, Instrument, Option
from tocsin.law.rendering import fields_kept_from_addressee
from tocsin.law.vocabulary import Confidence
from tocsin.proof.canonical import Json
from tocsin.requests.rules.letters import Ask

_INSTANTS = frozenset({"at", "from", "until", "answer_by"})
_DAYS = frozenset({"date", "born", "sent_on"})
_LANGUAGES = frozenset({"language", "languages"})


class What(StrEnum):
    """What is printed."""

    REQUEST = "request"
    """One that this node sent, or that goes out as this form: it has number and code."""
    LETTER = "letter"
    """A later letter of this node in a thread whose other side has no node: it has number and code as well."""
    COPY = "copy"
    """One that came in, printed by who received it."""
    DRAFT = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Who stands at an end of a request, as its card says."""

    member: str
    name: str
    country: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A clock as it is printed."""

    step: str
    obligation: str
    article: str
    by: str
    confirmed: bool
    strict: Instant | None
    latest: Instant | None
    runs: bool
    """Whether it runs already; otherwise a later step begins it: a receipt, or a letter."""
    length: tuple[int, str] | None = None
    """How many of which unit, where the law gives a whole number of one that has a name in every language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file beside the letter."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSaid:
    """What a letter after the ask says."""

    kind: str
    body: Mapping[str, Json]
    written: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that a form is printed from. ``ask.form`` is what the addressee may see, and nothing else."""

    what: What
    request: RequestId
    law: Instrument
    ask: Ask
    sender: End
    addressee: End
    exercise: bool
    written: Instant | None = None
    times: tuple[Time, ...] = ()
    files: tuple[File, ...] = ()
    channel: str = ""
    """The other way that it goes; empty for our own letters."""
    said: LetterSaid | None = None
    """The letter that is printed, where it is not the ask."""
    attached: str = ""
    """The name of the file inside the form."""
    letter_sha256: str = ""
    check: Check | None = None
    address: str = ""
    """Where a stranger checks it."""
    order_address: str = ""
    """Where its reader answers it without a node; empty where it has no page of its own."""
    seal: str = ""
    """The fingerprint of the certificate that seals it."""


def shown(sheet: Sheet, words: Words) -> dict[str, Json]:
    """The form as data for ``form.typ``.

    Raises ``ValueError`` for an ask that holds what its addressee must not see.
    """
    kept = fields_kept_from_addressee(sheet.law) & sheet.ask.form.keys()
    if kept:
        raise ValueError(f"not for the addressee: {sorted(kept)}")
    law = sheet.law
    written: dict[str, Json] = {
        "lang": words.language,
        "title": words.said(labels.LETTERS[sheet.said.kind] if sheet.said else law.title),
        "article": str(law.basis),
        "reference": drawable(sheet.check.number if sheet.check else sheet.request),
        "band": _band(sheet, words),
        "exercise": [words.said(labels.EXERCISE), words.said(labels.EXERCISE_TOLD)] if sheet.exercise else None,
        "head": list(_head(sheet, words)),
        "check": _check(sheet, words),
        "clocks": [_time(each, words) for each in sheet.times],
        "sections": list(_said(sheet.said, words) if sheet.said else _sections(sheet, words)),
        "further": list(_further(sheet, words)),
        "attach": list(_attached(sheet, words)),
        "words": {
            name: words.said(getattr(labels, name.upper()))
            for name in ("clocks", "clock", "due", "latest", "whose", "form", "further", "attached")
        },
        "page": _page(words),
    }
    return {**written, "marks": list(_marks(sheet, words))}


def is_arranged(law: Instrument, form: Iterable[str]) -> bool:
    """Whether the form, or a field that is filled in, was laid out from memory."""
    filled = set(form)
    fields = [each for each in law.form.fields if each.id in filled]
    return Confidence.MEMORY in {
        law.basis.confidence,
        law.form.basis.confidence,
        *(each.basis.confidence for each in fields),
    }


# --- Above the text -------------------------------------------------------------------------------


def _band(sheet: Sheet, words: Words) -> Json:
    told = {
        What.DRAFT: (labels.DRAFT, labels.DRAFT_TOLD),
        What.COPY: (labels.COPY, labels.COPY_TOLD),
    }.get(sheet.what)
    return None if told is None else [words.said(each) for each in told]


def _marks(sheet: Sheet, words: Words) -> Iterator[Json]:
    yield words.said(labels.UNOFFICIAL)
    if is_arranged(sheet.law, sheet.ask.form):
        yield words.said(labels.ARRANGED_AFTER, form=_template(sheet.law))
    if words.bilingual:
        yield words.said(labels.NOT_REVIEWED)
    if words.missing:
        yield words.said(labels.PARTLY_MISSING, count=len(words.missing))


def _template(law: Instrument) -> str:
    """What the fields from memory follow: the template that their article names."""
    named = [each.basis.article for each in law.form.fields if each.basis.confidence is Confidence.MEMORY]
    return named[0] if named else str(law.form.basis.article)


def _head(sheet: Sheet, words: Words) -> Iterator[Json]:
    law, ask = sheet.law, sheet.ask
    yield _line(words.said(labels.ISSUER), [_plain(words.as_is(each)) for each in _end(sheet.sender)])
    if sheet.sender.phone:
        told = _plain(words.said(labels.CALL_BACK_TOLD))
        yield _line(words.said(labels.CALL_BACK), [_plain(words.as_is(sheet.sender.phone)), told])
    yield _line(words.said(labels.ADDRESSEE), [_plain(words.as_is(each)) for each in _end(sheet.addressee)])
    yield _line(words.said(labels.POWER), [_plain(words.said(law.title)), _plain(words.as_is(str(law.basis)))])
    yield _line(words.said(labels.ON_GROUND), list(_ground(sheet, words)))
    if ask.categories:
        yield _line(words.said(labels.DATA), [_plain(_coded(words, each.value)) for each in ask.categories])
    signed: list[Json] = [
        {"parts": [_line(_coded(words, each.role), [_typed(f"{each.name}"), _plain(words.at(each.at))])]}
        for each in ask.signed_off
    ]
    if ask.validation_follows:
        signed.append(_plain(words.said(labels.VALIDATION_FOLLOWS)))
    if signed:
        yield _line(words.said(labels.SIGNED_OFF), signed)
    urgency = [_plain(_coded(words, ask.urgency.value))]
    urgency += [_typed(ask.urgency_reason)] if ask.urgency_reason else []
    urgency += (
        [{"parts": [_line(words.said(labels.LABELS["answer_by"]), [_plain(words.at(ask.reply_by))])]}]
        if ask.reply_by
        else []
    )
    yield _line(words.said(labels.URGENCY), urgency)
    if sheet.said:
        yield _line(words.said(labels.ANSWERS), [_plain(words.at(sheet.written))] if sheet.written else [])
        yield _line(
            words.said(labels.WRITTEN),
            [_plain(words.at(sheet.said.written)), _plain(words.as_is(text(sheet.said.written)))],
        )
    elif sheet.written:
        yield _line(
            words.said(labels.WRITTEN), [_plain(words.at(sheet.written)), _plain(words.as_is(text(sheet.written)))]
        )
    yield _line(words.said(labels.CASE), [_typed(ask.case_reference)])
    if sheet.channel:
        yield _line(words.said(labels.BY_WAY_OF), [_plain(words.said(sheet.channel))])


def _end(end: End) -> list[str]:
    known = not end.member.startswith(BY_HEARSAY)  # the id of a list's contact says nothing to anybody
    return [end.name, f"{end.member} · {end.country}" if known else end.country]


def _ground(sheet: Sheet, words: Words) -> Iterator[Json]:
    """The legal basis as its sender wrote it, and what he pleads."""
    told = sheet.ask.form.get("legal_basis")
    if isinstance(told, str) and told:
        yield _typed(told)
    if sheet.ask.other_way:
        yield _typed(f"{sheet.ask.other_way.ground}: {sheet.ask.other_way.words}")
    yield _plain(words.as_is(str(sheet.law.basis)))


def _check(sheet: Sheet, words: Words) -> Json:
    if sheet.what is What.DRAFT or not sheet.seal:
        return None
    told: list[Json] = []
    check: Json = None
    if sheet.check:
        check = {
            "number": {"label": words.said(labels.NUMBER), "value": sheet.check.number},
            "code": {"label": words.said(labels.CODE), "value": sheet.check.code},
        }
        open_page = words.said(labels.CHECK_TOLD, address=sheet.address)
        told.append(open_page if sheet.address else words.said(labels.CHECK_CLOSED))
        told += [words.said(labels.ORDER_TOLD, address=sheet.order_address)] if sheet.order_address else []
    return {
        "title": words.said(labels.CHECK),
        "told": told,
        "check": check,
        "seal": [words.said(labels.SEAL), words.said(labels.SEAL_TOLD)],
        "fingerprint": _in_groups(sheet.seal),
    }


def _in_groups(digest: str) -> str:
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def _time(each: Time, words: Words) -> Json:
    if each.strict is not None:
        due = [words.due(each.strict)]
    else:
        due = [words.said(labels.NO_LIMIT if each.runs else labels.NOT_BEGUN)]
    if each.length is not None and each.strict is None:
        due.insert(0, words.lasting(*each.length))
    return {
        "step": words.said(each.step),
        "obligation": words.said(each.obligation),
        "article": each.article,
        "mark": None if each.confirmed else words.said(labels.ARRANGED_MARK),
        "by": _coded(words, each.by),
        "due": due,
        "latest": words.due(each.latest) if each.latest and each.latest != each.strict else None,
    }


def _page(words: Words) -> Json:
    """The words around the number of a page; two control characters stand for the numbers."""
    return words.said(labels.PAGE, page="\x01", pages="\x02")


# --- The form -------------------------------------------------------------------------------------


def _sections(sheet: Sheet, words: Words) -> Iterator[Json]:
    found: dict[str, list[Json]] = {}
    for each in sheet.law.form.fields:
        if each.id in sheet.ask.form:
            found.setdefault(each.section, []).append(_field(each, sheet.ask.form[each.id], sheet.law, words))
    for section, fields in found.items():
        yield {"title": words.said(section) if section else None, "fields": fields}


def _said(letter: LetterSaid, words: Words) -> Iterator[Json]:
    """A letter after the ask, part by part; what it leaves out is left out."""
    parts = [(name, value) for name, value in letter.body.items() if value not in (None, "", [], {}, ())]
    yield {
        "title": words.said(labels.SAID),
        "fields": [
            {
                "label": _label(name, words),
                "article": "",
                "mark": None,
                "values": list(_of_letter(name, value, words)),
            }
            for name, value in parts
        ],
    }


def _of_letter(name: str, value: Json, words: Words) -> Iterator[Json]:
    if name == "ground" and str(value) in grounds():
        known = grounds()[str(value)]
        yield _plain(words.said(known.text))
        yield _plain(words.as_is(str(known.basis)))
    elif name in _LETTER_INSTANTS:
        yield _instant(value, words)
    else:
        yield from _values(name, value, words)


_LETTER_INSTANTS = frozenset({"when", "until", "effected_at", "keeps_until", "released_at", "at"})


def _field(field: Field, value: Json, law: Instrument, words: Words) -> Json:
    mark = {
        Confidence.MEMORY: labels.ARRANGED_MARK,
        Confidence.INTERPRETATION: labels.READING_MARK,
    }.get(field.basis.confidence)
    return {
        "label": words.said(field.label),
        "article": field.basis.article,
        "mark": words.said(mark) if mark else None,
        "values": list(_of_kind(field, value, law, words)),
    }


def _of_kind(field: Field, value: Json, law: Instrument, words: Words) -> Iterator[Json]:
    match field.kind:
        case FieldKind.CHOICE | FieldKind.TICKS | FieldKind.DECLARATIONS:
            for item in _items(value):
                yield _option(field.options, item, words)
        case FieldKind.CATEGORIES | FieldKind.PRIVILEGE:
            for item in _items(value):
                yield _plain(_coded(words, str(item)))
        case FieldKind.LANGUAGE:
            yield _plain(words.name_of_language(str(value)))
        case FieldKind.DATE:
            yield _plain(words.day(str(value)))
        case FieldKind.INSTANT:
            yield _instant(value, words)
        case FieldKind.EMERGENCY | FieldKind.URGENCY:
            yield _danger(value, law.emergency if field.kind is FieldKind.EMERGENCY else law.urgency, words)
        case _:
            yield from _values(field.id, value, words)


def _option(options: Iterable[Option], chosen: Json, words: Words) -> Json:
    label = next((each.label for each in options if each.id == chosen), "")
    return _plain(words.said(label)) if label else _typed(str(chosen))


def _danger(value: Json, known: Grounds | None, words: Words) -> Json:
    if not isinstance(value, dict):
        return _typed(str(value))
    parts = [
        _line(_label("ground", words), [_option(known.options if known else (), value[name], words)])
        if name == "ground"
        else _part(name, value[name], words)
        for name in _in_order(value)
    ]
    return {"parts": parts}


def _values(name: str, value: Json, words: Words) -> Iterator[Json]:
    match value:
        case None:
            return
        case bool():
            yield _plain(words.said(labels.YES if value else labels.NO))
        case dict():
            yield {"parts": [_part(each, value[each], words) for each in _in_order(value)]}
        case list() | tuple():
            for item in value:
                yield from _values(name, item, words)
        case _ if name in _INSTANTS:
            yield _instant(value, words)
        case _ if name in _DAYS:
            yield _plain(words.day(str(value)))
        case _ if name in _LANGUAGES:
            yield _plain(words.name_of_language(str(value)))
        case _ if f"{name}:{value}" in labels.CODED:
            yield _plain(_coded(words, f"{name}:{value}"))
        case _:
            yield _typed(str(value))


def _instant(value: Json, words: Words) -> Json:
    """An instant in the reader's zone, and as its sender wrote it."""
    try:
        return {"parts": [_line(words.at(parse(str(value))), [_typed(str(value))])]}
    except ValueError:
        return _typed(str(value))


def _part(name: str, value: Json, words: Words) -> Json:
    return _line(_label(name, words), list(_values(name, value, words)))


def _label(name: str, words: Words) -> Json:
    return words.said(labels.PARTS[name]) if name in labels.PARTS else words.as_is(name.replace("_", " "))


def _in_order(value: Mapping[str, Json]) -> list[str]:
    filled = [name for name, said in value.items() if said not in (None, "", [], {})]
    return sorted(filled, key=lambda name: (labels.ORDER.index(name) if name in labels.ORDER else 99, name))


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


# --- After the form -------------------------------------------------------------------------------


def _further(sheet: Sheet, words: Words) -> Iterator[Json]:
    """What the ask says beside its form: checks that were overruled, with the reason that the reader sees."""
    for each in sheet.ask.overrides:
        yield _line(words.as_is(each.rule), [_typed(each.reason)])


def _attached(sheet: Sheet, words: Words) -> Iterator[Json]:
    if sheet.attached and sheet.letter_sha256:
        yield _line(words.said(labels.ATTACHED_LETTER, name=sheet.attached), [])
        yield _line(words.said(labels.LETTER_HASH), [_plain(words.as_is(sheet.letter_sha256))])
    elif sheet.attached:
        yield _line(words.said(labels.ATTACHED_REQUEST, name=sheet.attached), [_plain(words.said(labels.NO_LETTER))])
    for each in sheet.files:
        yield _line(words.as_is(each.name), [_plain(words.as_is(f"{each.size} B, SHA-256 {each.sha256}"))])


def _line(label: Json, values: list[Json]) -> Json:
    return {"label": label, "values": values}


def _plain(word: Json) -> Json:
    return {"text": word, "typed": False}


def _typed(written: str) -> Json:
    return {"text": {"t": drawable(written), "en": None, "x": False}, "typed": True}


def _coded(words: Words, code: str) -> Json:
    return words.said(labels.CODED[code]) if code in labels.CODED else words.as_is(code)
