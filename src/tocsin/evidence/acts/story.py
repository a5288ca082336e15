"""From a request and its packages to what a bundle's pages tell."""

from collections.abc import Mapping, Sequence

from tocsin.base.ids import InstrumentId
from tocsin.base.instant import Instant, text
from tocsin.directory import reads as directory
from tocsin.directory.errors import NoDirectoryError
from tocsin.evidence.reads import PackageView
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind
from tocsin.evidence.rules.manifest import EvidenceFile
from tocsin.evidence.rules.pages import ClockTold, FileTold, LetterTold, Located, PackageTold, Story
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.law.running import Phase
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.beside import StepLine
from tocsin.requests.reads import Standing
from tocsin.requests.rules.reckoning import ClockLine
from tocsin.requests.rules.ways import TYPED, Way
from tocsin.wire.reads import KeptLetter
from tocsin.wire.rules.letter import Letter

_MISSED = frozenset({Phase.MISSED, Phase.MET_LATE})
_HANDS = {
    CustodyKind.MADE: "made it",
    CustodyKind.HANDED_OVER: "handed it over to",
    CustodyKind.RECEIVED: "received it",
    CustodyKind.OPENED: "opened it",
    CustodyKind.VERIFIED: "checked every size and hash",
    CustodyKind.CONVERTED: "converted a file",
    CustodyKind.TIME_STAMPED: "had it time-stamped",
}
_LONGEST = 2000
_FORMS = ("form", "fields")
"""Members of a body that hold fields of the form: of an ask, of a supplement."""


def story_of(
    standing: Standing, packages: Sequence[PackageView], located: Located, *, made_by: str, made_at: Instant
) -> Story:
    """What the pages tell of a request, as it stands."""
    thread = standing.thread
    sides = {Side.ASKER: thread.state.asker, Side.ASKED: thread.state.asked}
    return Story(
        request=thread.line.id,
        title=thread.instrument.title,
        reference=thread.line.case_reference,
        asker=_named(sides[Side.ASKER] or "", located),
        asked=_named(sides[Side.ASKED] or "", located),
        state=thread.line.state,
        exercise=thread.line.exercise,
        letters=_in_order(standing, located),
        clocks=[_clock(each) for each in standing.clocks],
        packages=[_package(each, located) for each in packages],
        lost_entries=located.lost,
        made_by=_named(made_by, located),
        made_at=text(made_at),
        anchors=_anchors(),
    )


def _anchors() -> list[str]:
    own = directory.own_card()
    found = [f"the card of {own.card.member}, fingerprint {own.sha256}"] if own else []
    try:
        return [f"the directory's first root, SHA-256 {directory.standing().root_sha256}", *found]
    except NoDirectoryError:
        return found


def _named(member: str, located: Located) -> str:
    return f"{located.names[member]} ({member})" if member in located.names else member


def _letter(kept: KeptLetter, located: Located) -> LetterTold:
    letter = kept.letter
    if letter is None:
        return LetterTold(
            seq=kept.seq,
            kind=kept.kind,
            sender="this node" if kept.sent else kept.peer,
            addressee=kept.peer if kept.sent else "this node",
            written=text(kept.written),
            by="",
            sha256=kept.sha256,
            path="",
            said=(),
            withheld=(),
            receipts=(),
            erased=True,
        )
    return LetterTold(
        seq=letter.seq,
        kind=letter.kind.value,
        sender=_named(letter.sender, located),
        addressee=_named(letter.addressee, located),
        written=text(letter.written),
        by=f"{letter.by.name} as {letter.by.role}",
        sha256=letter.sha256,
        path=located.places.get(letter.sha256, ""),
        said=_said(letter),
        withheld=_withheld(letter),
        receipts=[
            f"{_named(receipt.giver, located)} signed that it was {receipt.stage.value} at {text(receipt.at)}"
            for receipt in kept.receipts
        ],
    )


def _in_order(standing: Standing, located: Located) -> list[LetterTold]:
    """Letters, and what no letter carries, by when each was written or received."""
    thread = standing.thread
    found = [(each.written, _letter(each, located)) for each in thread.kept if each.set_aside is None]
    found += [(each.received_at, _step(each, thread.instrument.id, located)) for each in thread.taken_down]
    return [told for _, told in sorted(found, key=lambda each: each[0])]


_TYPED_IN = "typed in by a person of this node"
_SAID_THERE = {
    Way.ORDER_PAGE: "said on the order page",
    Way.PARTNER: "said by somebody of that organisation, who was signed in at this node under her own name",
}
"""Of what nobody here typed in: how it came to stand here."""


def _step(line: StepLine, law: InstrumentId, located: Located) -> LetterTold:
    ways = {"paper": "on paper", "telephone": "by telephone", "mail": "by mail", "upload": "by upload"}
    way = ways.get(line.way.value, line.way.value.replace("-", " "))
    typed = line.way in TYPED
    read = f"read again by a second person at {text(line.read_at)}" if line.read_at else "not read by a second person"
    differs = [f"The second reader found that it differs: {line.differs}"] if line.differs else []
    file = [f"With the file {line.file.name}, SHA-256 {line.file.sha256 or 'not known'}"] if line.file else []
    return LetterTold(
        seq=line.step.seq,
        kind=line.step.kind.value,
        sender=_named(line.step.sender, located),
        addressee=_named(line.step.addressee, located),
        written=text(line.received_at),
        by=line.said_by or "nobody who is named",
        sha256=line.step.sha256,
        path=located.places.get(line.step.sha256, ""),
        said=_said_in(law, line.body),
        withheld=differs,
        receipts=[
            f"received {way} at {text(line.received_at)}",
            _TYPED_IN if typed else _SAID_THERE[line.way],
            *([read] if typed else []),
            *file,
        ],
        unsigned=True,
    )


def _said(letter: Letter) -> list[tuple[str, str]]:
    """What a letter says, field by field, the form's fields by the words of the instrument."""
    return _said_in(letter.instrument, letter.body)


def _said_in(law: InstrumentId, body: Mapping[str, Json]) -> list[tuple[str, str]]:
    labels = {field.id: field.label for field in instrument(law).form.fields}
    found = [(name.replace("_", " "), value) for name, value in body.items() if name not in _FORMS]
    for name in _FORMS:
        values = body.get(name)
        if isinstance(values, Mapping):
            found += [(labels.get(field, field), value) for field, value in values.items()]
    return [(name, _shortened(_value(value))) for name, value in found if value not in (None, [], {}, "")]


def _value(value: Json) -> str:
    """A value in words: parts by their names, items one after the other."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping():
            parts = [(name, part) for name, part in value.items() if part not in (None, [], {}, "")]
            return "; ".join(f"{name.replace('_', ' ')}: {_value(part)}" for name, part in parts)
        case list():
            return " · ".join(_value(item) for item in value)
        case _:
            return str(value)


def _shortened(written: str) -> str:
    return written if len(written) <= _LONGEST else f"{written[:_LONGEST]} … (the whole stands in the letter)"


def _withheld(letter: Letter) -> list[str]:
    found = [
        f"The part “{part.name}” is for other readers alone: only its commitment {part.commitment} is in the letter."
        for part in letter.parts
        if part.sealed is None
    ]
    if letter.kind is LetterKind.DELIVER and letter.body.get("complete") is False:
        found.append("The delivery was said to be a part: more was to come.")
    if letter.kind is LetterKind.REFUSE:
        part = letter.body.get("part")
        found.append(f"Refused{f' in part ({part})' if part else ''}: {letter.body.get('reason')}")
    return found


def _clock(line: ClockLine) -> ClockTold:
    strict = text(line.strict) if line.strict else "the law gives no number"
    latest = (
        f", at the latest {text(line.legal_latest)}" if line.legal_latest and line.legal_latest != line.strict else ""
    )
    down = "; the line was down meanwhile, as both sides' attempts show" if line.state.line_down else ""
    return ClockTold(
        name=line.clock.id,
        article=line.clock.article,
        side=line.clock.by.value,
        due=strict + latest,
        verdict=line.state.phase.value.replace("-", " ") + down,
        missed=line.state.phase in _MISSED,
    )


def _package(view: PackageView, located: Located) -> PackageTold:
    manifest = view.manifest
    return PackageTold(
        title=manifest.title,
        package=view.id,
        manifest_sha256=view.manifest_sha256,
        path=located.places.get(view.id, ""),
        made=(
            f"Made at {text(manifest.made_at)} in {manifest.place} by {manifest.person} of "
            f"{_named(manifest.member, located)}, with {manifest.tool_name} {manifest.tool_version}."
        ),
        files=[_file(view, file, located) for file in manifest.files],
        hands=[_hand(event, located) for event in view.chain],
        stamps=[f"{text(each.stamped_at)} by {each.authority}, over {each.over_sha256}" for each in view.stamps],
    )


def _file(view: PackageView, file: EvidenceFile, located: Located) -> FileTold:
    how = file.converted
    origin = f"raw, as it came; last changed {text(file.modified)}" if file.modified else "raw, as it came"
    if how is not None:
        origin = (
            f"converted from {how.source} by {how.program} {how.version} ({how.arguments}): {how.before} {how.counted} "
            f"before, {how.after} after"
        )
    return FileTold(
        name=file.name,
        size=file.size,
        sha256=file.sha256,
        sha512=file.sha512,
        origin=origin,
        path=located.places.get(f"{view.id}/{file.name}", ""),
        lost_rows=how is not None and how.before != how.after,
    )


def _hand(event: CustodyEvent, located: Located) -> str:
    to = f" {_named(event.to, located)}" if event.to else ""
    note = f" ({event.note})" if event.note else ""
    who = f"{event.person} of {_named(event.member, located)}"
    return f"{text(event.at)}{_whose_time(event)}, {event.place}: {who} {_HANDS[event.event]}{to}{note}"


def _whose_time(event: CustodyEvent) -> str:
    shift = event.exercise_shift_seconds
    return "" if shift is None else f" by the clock of an exercise ({shift} seconds ahead)"
