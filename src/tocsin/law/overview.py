"""The law as data on one page, made from the data: ``docs/law/README.md``.

    python -m tocsin.law.overview > docs/law/README.md

A test compares the page with what this module makes, so that nobody reads an old one.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from tocsin.law.basis import sources
from tocsin.law.clock import ClockRule
from tocsin.law.grounds import ground
from tocsin.law.instrument import instruments, other_clocks
from tocsin.law.provisions import Basis, Competence, Instrument
from tocsin.law.treaty import Treaty, cells, reservation_cells
from tocsin.law.vocabulary import Confidence

_OPENING = """# The law as data

This page is made from the instruments and tables that Tocsin ships (`python -m tocsin.law.overview`); it is
not a legal text and no advice. Only the Official Journal and the depositary of a treaty are authentic.

*page*: read on a stored copy of the text. *from memory*: not confirmed on any page; forms, clocks and
screens say so, and nobody should rely on it before looking it up. *interpretation*: the law is silent or
disputed, and the choice is ours.

What national law decides is not shipped. Until a member has filled in its table, signed, the answer is
"national law of X: not recorded".
"""


def overview() -> str:
    """The whole page."""
    parts = [_OPENING, "## Instruments\n", *_list_of_instruments(), ""]
    for each in _in_order():
        parts += [*_instrument(each), ""]
    parts += ["## Clocks without an instrument\n", *_other_clocks(), ""]
    parts += ["## Who is bound\n", *_treaties(), ""]
    parts += ["## Sources\n", *_sources(), ""]
    return "\n".join(parts).rstrip() + "\n"


def _in_order() -> list[Instrument]:
    return sorted(instruments().values(), key=lambda each: each.id)


def _list_of_instruments() -> Iterator[str]:
    yield "| instrument | what | article | in force | confidence |"
    yield "|---|---|---|---|---|"
    for each in _in_order():
        since = f"since {each.force.since}" if each.force.since else "not in force"
        yield f"| [`{each.id}`](#{each.id}) | {each.title} | {_cited(each.basis)} | {since} | {each.basis.confidence} |"


def _instrument(each: Instrument) -> Iterator[str]:
    yield f"### {each.id}\n"
    yield f"{each.title}. {_cited(each.basis)} ({_read(each.basis)}).\n"
    if each.note:
        yield f"{each.note}\n"
    force = f"since {each.force.since}" if each.force.since else f"not in force: {each.force.pending}"
    ends = "between two States" if each.parties.across else "inside one State"
    binding = f"{each.parties.sender} to {each.parties.recipient}, {ends}, both bound by `{each.parties.binds}`"
    yield f"- In force: {force} ({_read(each.force.basis)})"
    yield f"- Between: {binding} ({_read(each.parties.basis)})"
    for competence in each.competences:
        yield f"- {_names(sorted(competence.categories))} data: {_who(competence)} ({_read(competence.basis)})"
    channels = [f"{one.label}{' (a ground is needed)' if one.grounds else ''}" for one in each.channels]
    yield f"- Ways, in their order: {'; '.join(channels)}"
    if each.notification:
        told = each.notification
        yield f"- Notified: the enforcing authority, in a thread under `{told.id}` ({_read(told.basis)})"
    if each.grounds:
        yield f"- Grounds: {', '.join(f'`{one.code}` ({_read(ground(one.code).basis)})' for one in each.grounds)}"
    yield f"- Form: {_fields(each)}"
    if each.clocks:
        yield ""
        yield from _clock_table((one.rule, one.step) for one in each.clocks)
    for also in each.also:
        yield f"\nAlso carries `{also.clock}` of `{also.of}` where its condition holds ({_cited(also.basis)})."


def _who(competence: Competence) -> str:
    if competence.national:
        return "national law of the sender's State"
    ways = [_names(competence.alone)] if competence.alone else []
    if competence.validated:
        ways.append(f"{_names(competence.validated)} with a validation by {_names(competence.validators)}")
    after = f"; validation may follow ({competence.later.basis.article})" if competence.later else ""
    return f"{'; or '.join(ways)}{after}"


def _fields(each: Instrument) -> str:
    forms = [each.form, *each.annexes]
    fields = [field for form in forms for field in form.fields]
    count = Counter(field.basis.confidence for field in fields)
    told = ", ".join(f"{count[confidence]} {confidence}" for confidence in Confidence if count[confidence])
    memory = [f"`{field.id}`" for field in fields if field.basis.confidence is Confidence.MEMORY]
    if memory and each.basis.confidence is not Confidence.MEMORY:
        return f"{len(fields)} fields ({told}); from memory: {', '.join(memory)}"
    return f"{len(fields)} fields ({told})"


def _clock_table(clocks: Iterable[tuple[ClockRule, str]]) -> Iterator[str]:
    yield "| clock | article | what | length | kind | counted by | confidence |"
    yield "|---|---|---|---|---|---|---|"
    for rule, step in clocks:
        confidence = Confidence.PAGE if rule.confirmed else Confidence.MEMORY
        row = (f"`{rule.id}`", rule.article, step, _length(rule), rule.kind, rule.counting, confidence)
        yield f"| {' | '.join(str(cell) for cell in row)} |"


def _length(rule: ClockRule) -> str:
    if rule.date is not None:
        return f"{rule.date.day:02}.{rule.date.month:02}."
    unit = str(rule.unit).replace("_", " ")
    return unit if rule.value is None else f"{rule.value} {unit}"


def _other_clocks() -> Iterator[str]:
    yield "Statistics, removals, notices, incidents: counted and sourced, and moved by no letter.\n"
    yield from _clock_table((each.rule, f"{each.basis.act}: {each.step}") for each in other_clocks().values())


def _treaties() -> Iterator[str]:
    yield "`src/tocsin/law/sources/treaty_status.csv` has one line per State and treaty, each with its source.\n"
    yield "| treaty or act | yes, page | yes, from memory | no, page | no, from memory | unknown |"
    yield "|---|---|---|---|---|---|"
    for treaty in Treaty:
        count = Counter((each.answer, each.confidence) for each in cells() if each.subject == treaty)
        unknown = sum(number for (answer, _), number in count.items() if answer == "unknown")
        columns = [count[answer, confidence] for answer in ("yes", "no") for confidence in _TWO]  # type: ignore[index]
        yield f"| {treaty.full_name} | {' | '.join(str(each) for each in (*columns, unknown))} |"
    yield "\nA no from memory is offered as unknown: no is said only where a source says no.\n"
    yield "Reservations and declarations known:\n"
    for cell in reservation_cells():
        yield f"- {cell.state}, `{cell.subject}`: {cell.answer} ({cell.source}, {cell.confidence})"


def _sources() -> Iterator[str]:
    yield "| key | text | stored copy | read |"
    yield "|---|---|---|---|"
    for each in sources().values():
        yield f"| {each.key} | {each.text} | {each.copy} | {each.read} |"


_TWO = (Confidence.PAGE, Confidence.MEMORY)


def _names(words: Iterable[str]) -> str:
    return ", ".join(str(each) for each in words)


def _cited(basis: Basis) -> str:
    return f"{basis.act}, {basis.article}" if basis.article else basis.act


def _read(basis: Basis) -> str:
    article = f"{basis.article}, " if basis.article else ""
    return f"{article}{basis.source}" if basis.confidence is Confidence.PAGE else f"{article}{basis.confidence}"


if __name__ == "__main__":
    sys.stdout.write(overview())
