"""An ask written out for another system: where the lawful way of an instrument is not ours.

A few files that a person takes there, each text in UTF-8 and the same bytes for the same draft, signatures and
instant::

    request.json         what the addressee may read, for programs: canonical JSON
    request.txt          the same for people
    for-authority.json   only where the instrument keeps something from its addressee: what the notified
    for-authority.txt    authority alone may read (2023/1543, Art. 9(2)), never to be given to the addressee
    SHA256SUMS           the SHA-256 of each, as ``sha256sum -c SHA256SUMS`` checks them

The export's hash is the SHA-256 of ``SHA256SUMS``. It stands in the journal, and in the thread where a letter's hash
would. The headings of the forms are our own short wording of the articles, not the official text of an annex: every
file says so, and names the fields whose article was not read on any page. ``request.json``::

    {"v": 1, "type": "request-export", "request": "<uuid>", "reader": "addressee", "made_at": "…", "exercise": false,
     "from": "ro", "to": "example-mail", "instrument": {"id", "title", "act", "article", "confidence"},
     "channel": {"id", "label", "article"}, "wording": "unofficial", "from_memory": ["<field>" …], "ask": {…}}

``ask`` has the members of a letter's body (``letters``), its form that of the reader.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tocsin.base.ids import MemberId, RequestId
from tocsin.base.instant import Instant, text
from tocsin.law.provisions import Channel, Field, Instrument
from tocsin.law.rendering import fields_kept_from_addressee, for_addressee
from tocsin.law.vocabulary import Confidence, Reader
from tocsin.proof.canonical import Json, canonical
from tocsin.requests.rules.letters import Ask, body_payload

SUMS = "SHA256SUMS"
_UNOFFICIAL = "The headings are this system's own short wording of the articles, not the official text of the form."
_INDENT = "    "


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """All that an export is made from; ``ask.form`` is the whole form."""

    request: RequestId
    law: Instrument
    channel: Channel
    sender: MemberId
    addressee: MemberId
    exercise: bool
    ask: Ask
    made_at: Instant


def files_of(export: Export) -> dict[str, str]:
    """The files of an export by name, ``SHA256SUMS`` last."""
    files: dict[str, str] = {}
    for name, reader, form in _renderings(export):
        files[f"{name}.json"] = _json(export, reader, form)
        files[f"{name}.txt"] = "\n".join(_words(export, reader, form)) + "\n"
    return {**files, SUMS: "".join(f"{_sha256(files[name])}  {name}\n" for name in sorted(files))}


def export_sha256(files: Mapping[str, str]) -> str:
    """The hash by which an export is known."""
    return _sha256(files[SUMS])


def _renderings(export: Export) -> Iterator[tuple[str, Reader, Mapping[str, Json]]]:
    whole = export.ask.form
    shown = for_addressee(export.law, whole).values
    yield "request", Reader.ADDRESSEE, {name: whole[name] for name in shown}
    kept = {name: whole[name] for name in sorted(fields_kept_from_addressee(export.law) & whole.keys())}
    if kept:
        yield "for-authority", Reader.ENFORCING_AUTHORITY, kept


def _sha256(written: str) -> str:
    return hashlib.sha256(written.encode()).hexdigest()


# --- For programs ---------------------------------------------------------------------------------


def _json(export: Export, reader: Reader, form: Mapping[str, Json]) -> str:
    law, channel = export.law, export.channel
    written: dict[str, Json] = {
        "v": 1,
        "type": "request-export",
        "request": export.request,
        "reader": reader.value,
        "made_at": text(export.made_at),
        "exercise": export.exercise,
        "from": export.sender,
        "to": export.addressee,
        "instrument": {
            "id": law.id,
            "title": law.title,
            "act": law.basis.act,
            "article": law.basis.article,
            "confidence": law.basis.confidence.value,
        },
        "channel": {"id": channel.id, "label": channel.label, "article": channel.basis.article},
        "wording": "unofficial",
        "from_memory": [each.id for each in _shown(law, form) if each.basis.confidence is Confidence.MEMORY],
        "ask": body_payload(replace(export.ask, form=form)),
    }
    return canonical(written).decode() + "\n"


# --- For people -----------------------------------------------------------------------------------


def _words(export: Export, reader: Reader, form: Mapping[str, Json]) -> Iterator[str]:
    yield from _head(export, reader)
    section = None
    for field in _shown(export.law, form):
        if field.section != section:
            section = field.section
            yield from ("", f"SECTION {section}" if section else "FORM")
        memory = " (from memory)" if field.basis.confidence is Confidence.MEMORY else ""
        yield f"  {field.label} [{field.basis.article}]{memory}"
        yield from (f"{_INDENT}{line}" for line in _value(field, form[field.id]))


def _head(export: Export, reader: Reader) -> Iterator[str]:
    law, ask = export.law, export.ask
    if export.exercise:
        yield "EXERCISE. This is no real request."
    if reader is Reader.ENFORCING_AUTHORITY:
        yield "ONLY FOR THE NOTIFIED ENFORCING AUTHORITY. NEVER TO BE GIVEN TO THE ADDRESSEE."
    yield law.title
    yield str(law.basis)
    yield f"UNOFFICIAL WORDING. {_UNOFFICIAL}"
    yield ""
    yield f"To be entered in: {export.channel.label} ({export.channel.id}; {export.channel.basis})"
    yield f"Request: {export.request}"
    yield f"Case: {ask.case_reference}"
    yield f"From: {export.sender}"
    yield f"To: {export.addressee}"
    yield f"Written out at: {text(export.made_at)}"
    yield from (f"Signed off by: {each.name} ({each.role}) at {text(each.at)}" for each in ask.signed_off)
    if ask.validation_follows:
        yield "Validation follows."
    if ask.other_way:
        yield f"Ground for this way: {ask.other_way.ground}: {ask.other_way.words}"
    yield from (f"Check overruled: {each.rule}: {each.reason}" for each in ask.overrides)


def _shown(law: Instrument, form: Mapping[str, Json]) -> list[Field]:
    return [each for each in law.form.fields if each.id in form]


def _value(field: Field, value: Json) -> Iterable[str]:
    labels = {each.id: each.label for each in field.options}
    return _lines(value, labels)


def _lines(value: Json, labels: Mapping[str, str]) -> Iterator[str]:
    """A value in lines: an object by its members, a list by its items, an option by its label."""
    match value:
        case dict():
            for name in sorted(value):
                first, *more = _lines(value[name], labels) or [""]
                yield f"{name.replace('_', ' ')}: {first}"
                yield from (f"{_INDENT}{line}" for line in more)
        case list():
            for item in value:
                first, *more = _lines(item, labels) or [""]
                yield f"- {first}"
                yield from (f"  {line}" for line in more)
        case str():
            yield from (labels.get(value, value)).splitlines() or [""]
        case bool():
            yield "yes" if value else "no"
        case _:
            yield "" if value is None else str(value)
