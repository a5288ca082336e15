"""The story: one request for evidence from State A to State B and on to a provider, with what goes wrong on the way.

Each step is a person's act at her own node, over its API; the next step waits for what it needs to have arrived over
the wire. Every step is told as it happens, with the clock that is running, and stands in ``summary.json``.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tocsin.base import instant
from tocsin.base.instant import Instant, parse, text
from tocsin.node.demo import forms
from tocsin.node.demo.desk import Desk
from tocsin.node.demo.plots import ADMINISTRATOR
from tocsin.node.demo.town import Town

EVIDENCE_BYTES = 50 * 1024 * 1024
NINE_HOURS = 9 * 3600


@dataclass
class Teller:
    """Prints each step as it happens and keeps it for ``summary.json``."""

    folder: Path
    say: Callable[[str], None]
    steps: list[dict[str, Any]] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def step(
        self, words: str, *, who: str, letter: Any = None, entry: Any = None, clock: str = "", since: float = 0
    ) -> None:
        """One step: who did what, which letter, its place in the journal, how long until it was receipted."""
        latency = round((time.monotonic() - since) * 1000) if since else None
        took = f"  {latency} ms" if latency is not None else ""
        running = f"\n{'':10}clock: {clock}" if clock else ""
        self.say(f"{time.monotonic() - self.begun:7.2f} s  {words}{took}{running}")
        self.steps.append(
            {
                "step": words,
                "who": who,
                "instant": text(instant.true_now()),
                "letter": letter,
                "journal_index": entry,
                "latency_ms": latency,
            }
        )
        self.keep()

    def keep(self, **more: Any) -> None:
        """Write ``summary.json`` as far as the story has come."""
        path = self.folder / "summary.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"steps": self.steps, **more}, indent=2, ensure_ascii=False) + "\n")
        fresh.replace(path)


class Story:
    """What the people of the demo do, from the first ask to the proof."""

    def __init__(self, town: Town, teller: Teller, *, back: timedelta = timedelta(0)) -> None:
        self.town, self.tell = town, teller
        self.back = back
        """How far the town's clocks stand behind the machine's."""
        self.ioana = town.desk("ro", "Ioana Exemplu")
        self.radu = town.desk("ro", "Radu Model")
        self.ines = town.desk("pt", "Inês Exemplo")
        self.rui = town.desk("pt", "Rui Modelo")
        self.sofia = town.desk("example-mail", "Sofia Amostra")
        self.now = self._now()

    def play(self) -> dict[str, str]:
        """The whole story; returns the ids of its requests."""
        keep = self.ask_to_preserve()
        self.query_and_supplement(keep)
        order = self.order_to_keep(keep)
        self.preserved(keep, order)
        self.disclose(keep)
        hand_over = self.ask_for_the_data(keep)
        produce = self.order_to_produce(hand_over)
        self.deliver(hand_over, produce)
        self.close(keep, hand_over)
        refused = self.refused_on_a_ground()
        urgent = self.eight_hours_missed()
        return {
            "preservation": keep,
            "order_to_keep": order,
            "stored_data": hand_over,
            "order_to_produce": produce,
            "refused": refused,
            "urgent": urgent,
        }

    # -- the first request -----------------------------------------------------------------------

    def ask_to_preserve(self) -> str:
        """Article 29: State A asks; its node is killed while the letter is under way, and started again."""
        content = forms.without_period(forms.preservation(self.now, reference="RO-2026-0042"))
        draft = self.ioana.draft(content)
        for found in draft["faults"]:
            self.tell.say(f"{'':10}the check says ({found['severity']}): {found['sentence']} [{found['rule']}]")
        signed = self.radu.sign(draft["draft"], draft["sha256"])
        self.tell.step(
            f"RO  drafted by Ioana Exemplu, signed off by {signed['signed'][0]['name']} (four eyes)", who="ro"
        )
        since = time.monotonic()
        sent = self.ioana.send(draft["draft"])
        self.town.kill("ro")
        self.tell.step(
            "RO  the ask is in the outbox; State A's node is killed with SIGKILL", who="ro", letter=sent["letter"]
        )
        self.town.start("ro")
        self.town.wait_ready("ro")
        for desk in (self.ioana, self.radu):
            desk.forget_connection()
        self._receipted(self.ioana, sent, "RO → PT  Article 29: preserve the data of a named account", since)
        self._once_only(self.ines, sent)
        self.ines.look(sent["request"], "a new request came in on my watch")
        self._write(self.ines, self.ioana, sent["request"], "acknowledge", reference="PT-24/7-118", words=None)
        return str(sent["request"])

    def query_and_supplement(self, request: str) -> None:
        """State B queries a field that names nobody; State A supplements it; State B accepts."""
        query = {
            "fields": [{"field": "identifiers", "why": "insufficient"}],
            "preserved": False,
            "words": "Behind that address sit many customers: which source port?",
        }
        self._write(self.ines, self.ioana, request, "query", **query)
        port = {**forms.ADDRESS, "at": text(self.now)[:10] + "T00:00:00Z"}
        fields = {"identifiers": [forms.ACCOUNT, port]}
        self._write(self.ioana, self.ines, request, "supplement", fields=fields, cannot={}, validation=None, words=None)
        self._write(self.ines, self.ioana, request, "accept", conditions=[], reference="PT-2026-0099", words=None)

    def order_to_keep(self, request: str) -> str:
        """State B passes an order on to the provider, which cannot be reached: the hub's sealed mailbox is used."""
        self.town.stop("example-mail")
        self.tell.step("the provider's node cannot be reached", who="example-mail")
        content = forms.keep_order(self.now, reference="PT-2026-0099", on_request_of="RO-2026-0042")
        sent, since = self._ordered(content, request)
        self._relayed(sent)
        self.town.start("example-mail")
        self.town.wait_ready("example-mail")
        self.sofia.forget_connection()
        self.tell.step("the provider's node is back", who="example-mail")
        self._receipted(
            self.ines, sent, "PT → example-mail  Article 16: keep the data (by the hub's sealed mailbox)", since
        )
        self._once_only(self.sofia, sent)
        return str(sent["request"])

    def preserved(self, keep: str, order: str) -> None:
        """The provider confirms; State B tells State A since when the data are held."""
        self.sofia.look(order, "an order of the Portuguese contact point")
        self._write(self.sofia, self.ines, order, "acknowledge", reference="EM-7", words=None)
        effected = text(self._now())
        body = {"effected_at": effected, "scope": "account example.user", "complete": True, "keeps_until": None}
        self._write(self.sofia, self.ines, order, "preserved", **body, reference="EM-7")
        self._write(self.ines, self.ioana, keep, "preserved", **body, reference="PT-2026-0099")

    def disclose(self, keep: str) -> None:
        """Article 30: the few lines that name a further provider."""
        lines = [{"provider": "Example Relay", "country": "SE", "path": "198.51.100.7 to 203.0.113.7"}]
        self._write(self.ines, self.ioana, keep, "disclose", lines=lines, withheld=None)

    # -- the data themselves ---------------------------------------------------------------------

    def ask_for_the_data(self, keep: str) -> str:
        """Article 31: State A asks for what was preserved, and says so in the first thread."""
        content = forms.stored(self.now, reference="RO-2026-0055", preserved="PT-2026-0099", earlier=keep)
        draft = self.ioana.draft(content, parent=keep)
        self.radu.sign(draft["draft"], draft["sha256"])
        since = time.monotonic()
        sent = self.ioana.send(draft["draft"])
        self._receipted(self.ioana, sent, "RO → PT  Article 31: hand over the stored data", since)
        follow_up = {
            "stage": "issued",
            "reference": "RO-2026-0055",
            "at": text(self._now()),
            "instrument": "budapest-31-stored",
            "authority": None,
            "outcome": None,
        }
        self._write(self.ioana, self.ines, keep, "follow-up", **follow_up)
        self._write(self.ines, self.ioana, sent["request"], "acknowledge", reference="PT-2026-0107", words=None)
        return str(sent["request"])

    def order_to_produce(self, request: str) -> str:
        """State B orders the provider to hand the data over."""
        content = forms.produce_order(self.now, reference="PT-2026-0107", on_request_of="RO-2026-0055")
        sent, since = self._ordered(content, request)
        self._receipted(self.ines, sent, "PT → example-mail  Article 18: hand the data over", since)
        self.sofia.look(sent["request"], "an order of the Portuguese contact point")
        self._write(self.sofia, self.ines, sent["request"], "acknowledge", reference="EM-8", words=None)
        return str(sent["request"])

    def deliver(self, hand_over: str, produce: str) -> None:
        """50 MB from the provider through State B to State A, with every hand on record."""
        mailbox = self._mailbox()
        since = time.monotonic()
        package = self.sofia.pack(produce, mailbox, title="Mailbox of example.user")
        self.sofia.deliver_package(package["package"])
        self.ines.take_in(produce, package["package"])
        self.tell.step("example-mail → PT  delivers a package of 50 MB", who="example-mail", since=since)
        since = time.monotonic()
        self.ines.pass_on(package["package"], hand_over)
        self.ioana.take_in(hand_over, package["package"])
        self.tell.step("PT → RO  passes the package on", who="pt", since=since)
        opened = self.ioana.open_package(package["package"], reason="case RO-2026-0055, reading the evidence")
        digest = hashlib.sha256(mailbox.read_bytes()).hexdigest()
        found = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in opened["files"]]
        if digest not in found:
            raise AssertionError("what State A opened is not what the provider had")
        custody = self.ioana.custody(package["package"])
        self.tell.step(
            f"RO  opens it: {len(custody['events'])} custody events, complete; the same bytes as at the provider",
            who="ro",
        )

    def close(self, keep: str, hand_over: str) -> None:
        """The data came: State A closes the request for them, State B says how the follow-up was decided."""
        decided = {
            "stage": "decided",
            "reference": "RO-2026-0055",
            "at": text(self._now()),
            "instrument": "budapest-31-stored",
            "authority": None,
            "outcome": "executed",
        }
        self._write(self.ines, self.ioana, keep, "follow-up", **decided)
        self._write(self.ioana, self.ines, hand_over, "close", words="Received with thanks.")
        self._write(self.ioana, self.ines, keep, "close", words=None)

    # -- the second and the third ----------------------------------------------------------------

    def refused_on_a_ground(self) -> str:
        """A request that State B refuses on a ground of Article 29(5)."""
        content = forms.preservation(self.now, reference="RO-2026-0043", ordre_public=True)
        draft = self.ioana.draft(content)
        self.radu.sign(draft["draft"], draft["sha256"])
        since = time.monotonic()
        sent = self.ioana.send(draft["draft"])
        self._receipted(self.ioana, sent, "RO → PT  a second request under Article 29", since)
        reason = "The data are those of a journalist's source; keeping them would prejudice essential interests."
        body = {"ground": "ETS185_ORDRE_PUBLIC", "reason": reason, "part": None}
        self._write(self.ines, self.ioana, sent["request"], "refuse", **body)
        return str(sent["request"])

    def eight_hours_missed(self) -> str:
        """Directive 2013/40, Article 13: State B says nothing for eight hours, and it escalates on both sides."""
        draft = self.ioana.draft(forms.urgent(self.now, reference="RO-2026-0044"))
        since = time.monotonic()
        sent = self.ioana.send(draft["draft"])
        self._receipted(self.ioana, sent, "RO → PT  urgent, Directive 2013/40, Article 13: eight hours", since)
        for member in self.town.houses:
            self.town.desk(member, ADMINISTRATOR).shift_clock(NINE_HOURS - int(self.back.total_seconds()))
        self.tell.step(
            "all four clocks are shifted by 9 h (exercise nodes only; journalled, and shown in every letter)", who="all"
        )
        alarm = self.ines.wait_alarm(sent["request"], "missed")
        self.tell.step(
            f"PT  missed: told {', '.join(alarm['told'])}", who="pt", clock=self._clock(self.ines, sent["request"])
        )
        theirs = self.ioana.wait_alarm(sent["request"], "missed-by-them")
        self.tell.step(f"RO  not answered in time: told {', '.join(theirs['told'])}", who="ro")
        body = {
            "whether": "yes",
            "form": "by letter",
            "when": text(self._shifted(6 * 3600)),
            "words": "With our apologies.",
        }
        self._write(self.ines, self.ioana, sent["request"], "indicate", **body)
        return str(sent["request"])

    # -- how it is done --------------------------------------------------------------------------

    def _ordered(self, content: dict[str, Any], parent: str) -> tuple[Any, float]:
        draft = self.ines.draft(content, parent=parent)
        self.rui.sign(draft["draft"], draft["sha256"])
        since = time.monotonic()
        return self.ines.send(draft["draft"]), since

    def _write(self, desk: Desk, other: Desk, request: str, kind: str, **body: Any) -> None:
        since = time.monotonic()
        sent = desk.write(request, kind, **body)
        arrow = f"{_short(desk.member)} → {_short(other.member)}"
        self._receipted(desk, sent, f"{arrow}  {kind}", since)

    def _receipted(self, desk: Desk, sent: Any, words: str, since: float) -> None:
        place = desk.wait_receipt(sent["request"], sent["sha256"])
        receipt = next(each for each in place["receipts"] if each["stage"] == "stored")
        self.tell.step(
            words,
            who=desk.member,
            letter=sent["letter"],
            entry=receipt["index"],
            clock=self._clock(desk, sent["request"]),
            since=since,
        )

    def _relayed(self, sent: Any) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = next(each for each in self.ines.places(sent["request"]) if each["sha256"] == sent["sha256"])
            if found["relayed"]:
                self.tell.step(
                    "PT  the provider does not answer: the letter lies sealed in the hub's mailbox", who="pt"
                )
                return
            time.sleep(0.05)
        raise TimeoutError("the letter was not left in the hub's mailbox")

    def _once_only(self, desk: Desk, sent: Any) -> None:
        """What was sent before the kill has arrived, and once."""
        found = [each for each in desk.places(sent["request"]) if each["sha256"] == sent["sha256"]]
        if len(found) != 1:
            raise AssertionError(f"the letter stands {len(found)} times at {desk.member}")

    def _clock(self, desk: Desk, request: str) -> str:
        ticking = [each for each in desk.clocks(request) if each["strict"] and each["phase"] not in {"met", "lifted"}]
        if not ticking:
            return ""
        nearest = min(ticking, key=lambda each: each["strict"])
        rests_on = nearest["article"] or "a target"
        left = _left(nearest["strict"], self._shifted())
        return f"{nearest['clock']} ({rests_on}), {nearest['phase']}, {left}"

    def _now(self) -> Instant:
        """The town's time before anybody moved its clocks on."""
        return instant.true_now() - self.back

    def _shifted(self, more: int = 0) -> Instant:
        told = self.ioana.call("GET", "/node")
        return parse(told["at"]) + timedelta(seconds=more)

    def _mailbox(self) -> Path:
        """50 MB that a provider might hold: a harmless invented mailbox of random bytes."""
        path = self.town.folder / "provider-files" / "mailbox.mbox"
        path.parent.mkdir(exist_ok=True)
        head = b"From example.user@mail.example Fri Nov 20 00:00:00 2026\nSubject: an invented message\n\n"
        path.write_bytes(head + os.urandom(EVIDENCE_BYTES - len(head)))
        return path


def _short(member: str) -> str:
    """A State by its code, everybody else by name."""
    return member.upper() if len(member) == len("ro") else member


def _left(due: str, at: Instant) -> str:
    seconds = int((parse(due) - at).total_seconds())
    days, rest = divmod(abs(seconds), 86_400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    words = f"{days} d {hours} h" if days else f"{hours} h {minutes} min"
    return f"{words} left" if seconds >= 0 else f"{words} over"
