"""A clerk of the month: a process that is one node and does there, by the acts, what the people of its desk would do.

The demo tells it what to do, line by line over a socket, and hears what came of it; the letters leave with the node's
own worker over the real wire. It is an entrance like the command line: it may nothing that the acts do not let it.
"""

import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant
from tocsin.node import wiring
from tocsin.node.config import HOME_VARIABLE
from tocsin.node.demo.foundation import administrator

SETTLE_SECONDS = 120.0
_LOOK_AGAIN = 0.03
_ALL = 100_000
_WEEK = 7


class Clerk:
    """The demo's end of a clerk."""

    def __init__(self, member: str, line: socket.socket) -> None:
        self.member = member
        with line:
            self._line = line.makefile("rw", encoding="utf-8")

    def begin(self, do: str, **told: Any) -> None:
        """Tell it what to do; ``answer`` is to be asked next."""
        self._line.write(json.dumps({"do": do, **told}) + "\n")
        self._line.flush()

    def answer(self) -> Any:
        """What came of it; raises ``RuntimeError`` with what the clerk says went wrong."""
        said = self._line.readline()
        if not said:
            raise RuntimeError(f"the clerk at {self.member} is gone")
        answer = json.loads(said)
        if "fault" in answer:
            raise RuntimeError(f"{self.member}: {answer['fault']}")
        return answer["came"]

    def tell(self, do: str, **told: Any) -> Any:
        """``begin`` and ``answer``."""
        self.begin(do, **told)
        return self.answer()

    def leave(self) -> None:
        """Let it go home."""
        with suppress(OSError, ValueError):
            self._line.close()


# --- In the clerk's process ---------------------------------------------------------------------


def work() -> int:
    """Do what is asked for on the line that is this process's input, until nobody asks any more."""
    started = wiring.start(Path(os.environ[HOME_VARIABLE]))
    try:
        with socket.socket(fileno=os.dup(0)) as line, line.makefile("rw", encoding="utf-8") as told:
            for wish in told:
                told.write(json.dumps(_answered(json.loads(wish))) + "\n")
                told.flush()
    finally:
        started.stop()
    return 0


def _answered(wish: dict[str, Any]) -> dict[str, Any]:
    do = wish.pop("do")
    try:
        return {"came": _DOES[do](**wish)}
    except Exception as error:  # noqa: BLE001 - the demo is told, whatever it was
        return {"fault": f"{do} {json.dumps(wish, ensure_ascii=False)[:600]}: {type(error).__name__}: {error}"}


@cache
def _person(name: str) -> Actor:
    from tocsin.people import reads  # noqa: PLC0415 - needs Django set up

    return reads.actor_of(name)


def shift(seconds: int) -> str:
    """Move this node's clock; the instant that it shows now."""
    from tocsin.requests.acts.shift import shift_clock  # noqa: PLC0415 - needs Django set up

    at = instant.now()
    shift_clock(seconds, by=administrator(), at=at)
    return instant.text(instant.true_now() + timedelta(seconds=seconds))


def ring() -> int:
    """Ring the clocks that are due, as the worker does every few seconds: in the month those are hours."""
    from tocsin.requests.acts.ring import ring_clocks  # noqa: PLC0415 - needs Django set up

    return ring_clocks(at=instant.now())


def join(name: str, roles: list[str], function: str) -> str:
    """A colleague comes to the desk."""
    from tocsin.people.acts.people import add_person  # noqa: PLC0415 - needs Django set up

    return str(add_person(name=name, roles=frozenset(roles), function=function, by=administrator(), at=instant.now()))


def make_dossiers(titles: list[str], by: str) -> list[str]:
    """The dossiers of a desk."""
    from tocsin.dossiers.acts.dossiers import make_dossier  # noqa: PLC0415 - needs Django set up

    at = instant.now()
    return [make_dossier(title, members_only=False, by=_person(by), at=at) for title in titles]


def plan_duty(first: str, second: str, zone: str, weeks: int) -> int:
    """The rota of the month: two people take turns of twelve hours, each the other's deputy; how many turns."""
    from tocsin.duty.acts.rota import plan_turn  # noqa: PLC0415 - needs Django set up

    at = instant.now()
    begins = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    planned = 0
    for number in range(2 * _WEEK):
        since = begins + timedelta(hours=12 * number)
        whole: dict[str, Any] = {"begins": since, "ends": since + timedelta(hours=12), "zone": zone, "weeks": weeks}
        for place, who in zip(("first", "deputy"), (first, second) if number % 2 else (second, first), strict=True):
            planned += len(plan_turn(_person(who).person, place=place, by=_person(first), at=at, **whole))
    return planned


def hand_shift(by: str, to: str, words: str) -> str:
    """A shift ends: its note goes to the colleague, who takes it."""
    from tocsin.duty.acts.shifts import acknowledge  # noqa: PLC0415 - needs Django set up
    from tocsin.requests.acts.shift_note import hand_shift_over  # noqa: PLC0415 - needs Django set up

    at = instant.now()
    note = hand_shift_over(to=_person(to).person, words=words, since=at - timedelta(hours=12), by=_person(by), at=at)
    acknowledge(note, by=_person(to), at=instant.now())
    return note


def call_drill(by: str) -> int:
    """Call every contact point that answers; how many."""
    from tocsin.directory.acts.drill import call_all  # noqa: PLC0415 - needs Django set up

    return len(call_all(by=_person(by), at=instant.now()))


def answer_drills(by: str) -> int:
    """Answer the calls that wait; how many."""
    from tocsin.directory import reads  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.acts.drill import answer_drill  # noqa: PLC0415 - needs Django set up

    waiting = reads.waiting_drills()
    for each in waiting:
        answer_drill(each.id, by=_person(by), at=instant.now())
    return len(waiting)


def ask(content: dict[str, Any], by: str, signs: str) -> str:
    """Draft an ask, have it signed off, send it; the request's id."""
    from tocsin.requests.acts.draft import write_draft  # noqa: PLC0415 - needs Django set up
    from tocsin.requests.acts.send import send_request  # noqa: PLC0415 - needs Django set up
    from tocsin.requests.acts.sign_off import sign_off  # noqa: PLC0415 - needs Django set up

    at = instant.now()
    draft = write_draft(content, by=_person(by), at=at)
    if signs:
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=_person(signs), at=at)
    return str(send_request(draft.id, by=_person(by), at=at).thread)


def act(steps: list[dict[str, Any]]) -> int:
    """Do steps of requests one after the other; how many."""
    for step in steps:
        _STEPS[step["act"]](step["request"], step, _person(step["by"]), instant.now())
    return len(steps)


def settle() -> list[str]:
    """Wait until everything that this node has to say has been received; what was refused for good, and why."""
    from tocsin.wire import reads  # noqa: PLC0415 - needs Django set up

    until = time.monotonic() + SETTLE_SECONDS
    while reads.peers_waited_for():
        if time.monotonic() > until:
            raise TimeoutError(f"letters still wait after {SETTLE_SECONDS:.0f} s")
        time.sleep(_LOOK_AGAIN)
    return [f"{each.id} to {each.peer}: {each.problem}" for each in reads.status(administrator()).refused]


def standing() -> dict[str, Any]:
    """How the desk stands: requests by state, and how many of those that are open have a clock that ran out."""
    from tocsin.people import reads as people  # noqa: PLC0415 - needs Django set up
    from tocsin.requests import reads  # noqa: PLC0415 - needs Django set up

    viewer = people.actor_of(next(each.name for each in people.people() if "duty-officer" in each.roles))
    open_ones, ended = reads.watch(viewer, most=_ALL), reads.watch(viewer, ended=True, most=_ALL)
    states: dict[str, int] = {}
    for each in (*open_ones, *ended):
        states[each.state] = states.get(each.state, 0) + 1
    at = instant.now()
    late = [each for each in open_ones if each.due_strict is not None and each.due_strict < at]
    return {"states": states, "open": len(open_ones), "overdue": len(late)}


# --- Steps of a request -------------------------------------------------------------------------


def _letter(request: str, step: Mapping[str, Any], by: Actor, at: Instant) -> None:
    from tocsin.law.vocabulary import LetterKind  # noqa: PLC0415 - for this step alone
    from tocsin.requests.acts.write import write_letter  # noqa: PLC0415 - needs Django set up
    from tocsin.requests.rules.letters import parse_body  # noqa: PLC0415 - for this step alone

    write_letter(request, parse_body(LetterKind(step["kind"]), step["says"]), by=by, at=at)


def _look(request: str, step: Mapping[str, Any], by: Actor, at: Instant) -> None:
    from tocsin.requests.acts.look import look_at_request  # noqa: PLC0415 - needs Django set up

    look_at_request(request, reason=step["says"]["reason"], by=by, at=at)


def _take(request: str, _step: Mapping[str, Any], by: Actor, at: Instant) -> None:
    from tocsin.requests.acts.look import take_request  # noqa: PLC0415 - needs Django set up

    take_request(request, by=by, at=at)


def _note(request: str, step: Mapping[str, Any], by: Actor, at: Instant) -> None:
    from tocsin.requests.acts.note import write_note  # noqa: PLC0415 - needs Django set up

    write_note(request, step["says"]["words"], language=step["says"]["language"], by=by, at=at)


def _hand_over(request: str, step: Mapping[str, Any], by: Actor, at: Instant) -> None:
    from tocsin.requests.acts.look import hand_over_request  # noqa: PLC0415 - needs Django set up

    to = _person(step["says"]["to"]).person
    hand_over_request(request, to=to, words=step["says"]["words"], by=by, at=at)


def _dossier(request: str, step: Mapping[str, Any], by: Actor, at: Instant) -> None:
    from tocsin.requests.acts.dossier import put_in_dossier  # noqa: PLC0415 - needs Django set up

    put_in_dossier(request, step["says"]["dossier"], reason="same case", by=by, at=at)


def _pack(request: str, step: Mapping[str, Any], by: Actor, at: Instant) -> None:
    """A small table of records that a provider might hold, made into a package and delivered."""
    from tocsin.evidence.acts import upload  # noqa: PLC0415 - needs Django set up
    from tocsin.evidence.acts.deliver import deliver  # noqa: PLC0415 - needs Django set up
    from tocsin.evidence.acts.pack import pack  # noqa: PLC0415 - needs Django set up

    says, name = step["says"], step["says"]["name"]
    content = records(says["rows"], at)
    upload.take_upload(request, name=name, size=len(content), read=BytesIO(content).read, by=by)
    package = pack(request, title=says["title"], files=upload.uploaded(request, [name]), by=by, at=at)
    upload.forget_uploads(request)
    deliver(package.id, complete=says["complete"], by=by, at=instant.now())


def _take_in(request: str, _step: Mapping[str, Any], by: Actor, _at: Instant) -> None:
    from tocsin.evidence.acts.take_in import take_in  # noqa: PLC0415 - needs Django set up

    until = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            take_in(request, by=by, at=instant.now())
        except TocsinError as refused:
            if refused.code != "evidence.files-on-the-way" or time.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            return


def records(rows: int, at: Instant) -> bytes:
    """Invented connection records, as CSV."""
    lines = ["EXERCISE: invented records", "at,account,address,port,seconds"]
    for number in range(rows):
        when = instant.text(at - timedelta(minutes=7 * number + 3))
        lines.append(f"{when},example.user,203.0.113.{number % 254 + 1},{20_000 + 31 * number % 40_000},{number % 900}")
    return ("\n".join(lines) + "\n").encode()


_STEPS: Mapping[str, Callable[[str, Mapping[str, Any], Actor, Instant], None]] = {
    "letter": _letter,
    "look": _look,
    "take": _take,
    "note": _note,
    "hand-over": _hand_over,
    "dossier": _dossier,
    "pack": _pack,
    "take-in": _take_in,
}
_DOES: Mapping[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        shift,
        ring,
        join,
        make_dossiers,
        plan_duty,
        hand_shift,
        call_drill,
        answer_drills,
        ask,
        act,
        settle,
        standing,
    )
}
