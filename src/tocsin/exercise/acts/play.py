"""What a played party does by itself: injects that are due, and answers to what came in.

The worker calls it again and again. Each move is one transaction and done once, whoever is killed when; what an act
refuses is written down with its code, and is not tried again. A move stands in the journal twice: as what it is, by the
person who is called so, and as *played*.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from io import BytesIO
from typing import Any, get_args

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.evidence.acts import upload
from tocsin.evidence.acts.deliver import deliver
from tocsin.evidence.acts.pack import pack
from tocsin.exercise.acts.run import PLAYER, SIGNER, check_exercise_node
from tocsin.exercise.entries import MovePlayed
from tocsin.exercise.models import Exercise, PlayedMove
from tocsin.exercise.rules.scenario import Inject, Move, Scenario, read_scenario, said_at
from tocsin.journal import acts as journal
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.people import reads as people
from tocsin.requests import reads as requests
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.look import look_at_request
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules.letters import Body, parse_body

_MOST_FAULT = 120
_MEMBERS = {body.kind: [member.name for member in fields(body)] for body in get_args(Body)}
"""The members of each letter's body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    about: str
    number: int
    what: Inject | Move
    request: RequestId | None = None


def play(*, at: Instant) -> int:
    """Do every move that is due; how many. Nothing where no exercise runs in which this node is played."""
    row = Exercise.objects.filter(ended_at=None, plays=True).first()
    if row is None:
        return 0
    check_exercise_node()
    scenario = read_scenario(row.scenario)
    due = list(_due(row, scenario, at=at))
    for each in due:
        _move(row, each, at=at)
    return len(due)


def _due(row: Exercise, scenario: Scenario, *, at: Instant) -> Iterator[_Due]:
    played = {(each.about, each.number): each for each in row.moves.all()}
    for inject in scenario.injects:
        about = f"inject:{inject.id}"
        if inject.member == this_node().member and (about, 0) not in played and row.began_at + inject.after <= at:
            yield _Due(about=about, number=0, what=inject)
    for line in requests.watch(people.actor_of(PLAYER), most=1000):
        if line.side is Side.ASKED and line.opened_at >= row.began_at:
            answer = scenario.answer_to(line.instrument, member=this_node().member)
            done = [each for (about, _), each in played.items() if about == line.id]
            if answer is not None and len(done) < len(answer.moves):
                move = answer.moves[len(done)]
                since = _since(line, move, max((each.at for each in done), default=line.opened_at))
                if since is not None and since + move.after <= at:
                    yield _Due(about=line.id, number=len(done), what=move, request=line.id)


def _since(line: requests.RequestLine, move: Move, before: Instant) -> Instant | None:
    """From when a move's time runs: the one before it, or the other side's letter that it waits for."""
    if not move.on:
        return before
    standing = requests.standing_for(people.actor_of(PLAYER), line.id, at=line.changed_at)
    came = [
        kept.at for kept in standing.thread.kept if not kept.sent and kept.letter and kept.letter.kind.value == move.on
    ]
    return max([before, *came]) if came else None


def _move(row: Exercise, due: _Due, *, at: Instant) -> None:
    fault = ""
    try:
        with transaction.atomic():
            request = _do(due, at=at)
            _note(row, due, request=request, fault="", at=at)
    except TocsinError as refused:
        fault = f"{refused.code}: {refused}"[:_MOST_FAULT]
    if fault:
        with transaction.atomic():
            _note(row, due, request=due.request, fault=fault, at=at)


def _do(due: _Due, *, at: Instant) -> RequestId:
    player = people.actor_of(PLAYER)
    if isinstance(due.what, Inject):
        return _inject(due.what, player, at=at)
    assert due.request is not None  # noqa: S101 - an answer has a request
    if due.number == 0:
        look_at_request(due.request, reason="played by the exercise", by=player, at=at, derived=True)
    says = said_at(due.what.says, at)
    if due.what.letter is LetterKind.DELIVER:
        _deliver(due.request, due.what, says, player, at=at)
    else:
        whole = dict.fromkeys(_MEMBERS[due.what.letter]) | says  # a scenario leaves out what is not said
        write_letter(due.request, parse_body(due.what.letter, whole), by=player, at=at)
    return due.request


def _inject(inject: Inject, player: Actor, *, at: Instant) -> RequestId:
    content = {**said_at(inject.content, at), "to": inject.to}
    draft = write_draft(content, by=player, at=at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=people.actor_of(SIGNER), at=at)
    return send_request(draft.id, by=player, at=at).thread


def _deliver(request: RequestId, move: Move, says: Any, player: Actor, *, at: Instant) -> None:
    name, content = "exercise-records.csv", _records(move.rows or 10, at)
    upload.take_upload(request, name=name, size=len(content), read=BytesIO(content).read, by=player)
    made = pack(request, title="EXERCISE", files=upload.uploaded(request, [name]), by=player, at=at)
    upload.forget_uploads(request)
    deliver(made.id, complete=bool(says.get("complete", True)), words=str(says.get("words", "")), by=player, at=at)


def _records(rows: int, at: Instant) -> bytes:
    lines = ["EXERCISE: invented records", "at,account,address,port"]
    lines += [f"{text(at)},example.user,203.0.113.{number % 254 + 1},{20_000 + number}" for number in range(rows)]
    return ("\n".join(lines) + "\n").encode()


def _note(row: Exercise, due: _Due, *, request: RequestId | None, fault: str, at: Instant) -> None:
    kind = LetterKind.ASK if isinstance(due.what, Inject) else due.what.letter
    PlayedMove.objects.create(
        exercise=row, about=due.about, number=due.number, request=request, letter_kind=kind.value, at=at, fault=fault
    )
    told = MovePlayed(
        exercise=str(row.id), move=due.about, number=due.number, letter_kind=kind.value, fault=fault.partition(":")[0]
    )
    journal.record(told, by=people.actor_of(PLAYER), at=at)
