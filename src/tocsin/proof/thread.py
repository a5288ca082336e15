r"""The letters of a request, and what their addressees confirmed.

A letter is a JWS (``tocsin-letter+jws``) whose payload begins

    {"v": 1, "type": "letter", "id": "…", "kind": "ask", "thread": "51c0…", "from": "ro", "to": "pt",
     "seq": 2, "prev": "<hash of the sender's letter 1>", "seen": "<hash of the last letter seen>" | null,
     "written": "2026-11-24T03:00:00.000Z", "exercise": null | {"shift_seconds": 3600},
     "directory": {"source": "tuf", "stale_since": null}, "by": {"name": "…", "role": "duty-officer"},
     "attachments": [{"id": "…", "name": "…", "size": …, "sha256": "…", "age_size": …, "age_sha256": "…"}], …}

Its hash is the SHA-256 of the whole JWS. A sender's letters of one request are a chain: numbered from
1 on, each naming the hash of the one before. ``seen`` ties the two chains together.

A step that no letter carries (said on paper, by telephone, in another system) is no JWS: canonical JSON that the maker
of the bundle wrote down. Its hash is the SHA-256 of its file, letters may name it as seen, and it proves nothing but
that they named it so.

A receipt is a JWS (``tocsin-receipt+jws``) by the addressee: the letter by id and hash, the stage
(stored, opened, accepted), and the opened entry of his journal that records it (opening.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from tocsin.proof.bundle import Erased
from tocsin.proof.canonical import Json, parse_canonical
from tocsin.proof.errors import AlteredError, CanonicalError
from tocsin.proof.fields import Fields, said
from tocsin.proof.findings import CannotTellError, Report
from tocsin.proof.journals import Journals
from tocsin.proof.jws import LETTER, RECEIPT, parse_jws
from tocsin.proof.members import Members
from tocsin.proof.opening import opening_in

LETTERS = "letters"
"""The letters as a whole: accused when one is missing."""

_STAGES = {"stored": "was stored by the node", "opened": "was opened by a person", "accepted": "was accepted"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that went with a letter; hashes in hexadecimal."""

    name: str
    size: int
    sha256: str
    age_size: int
    age_sha256: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter whose signature was verified, or the place of one that was erased."""

    path: str
    sha256: str
    sender: str
    addressee: str
    thread: str
    seq: int
    kind: str
    id: str = ""
    prev: str | None = None
    seen: str | None = None
    body: Json = None
    shift: timedelta | None = None
    """How far its writer's clock was shifted, in an exercise."""
    parts: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    erased: bool = False
    taken_down: bool = False
    """Whether it is a step that nobody signed."""

    def said(self) -> str:
        """The letter in words."""
        return f"letter {self.seq} of {self.sender} ({self.kind})"


@dataclass(slots=True)
class Thread:
    """The letters found so far, by their hash."""

    members: Members
    report: Report
    letters: dict[str, Letter] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    """Paths of letters that could not be read: whatever misses a letter may miss one of these."""

    def take_letter(self, path: str, read: Callable[[], bytes]) -> None:
        """Verify a letter and say what it is; whatever is wrong becomes a finding."""
        self.unread.append(path)
        with self.report.accusing(path):
            letter, text = read_letter(path, read(), self.members)
            self.letters[letter.sha256] = letter
            self.unread.remove(path)
            self.report.established(path, text)

    def take_erased(self, erased: Iterable[Erased]) -> None:
        """Take the places of letters that were erased."""
        for one in erased:
            place = f"the place of letter {one.seq} of {one.sender}"
            self.letters[one.sha256] = Letter(
                place, one.sha256, one.sender, one.addressee, one.thread, one.seq, one.kind, erased=True
            )
            text = f"Letter {one.seq} of {one.sender} ({one.kind}) was erased under a retention rule; its hash stays."
            self.report.note(LETTERS, text)

    def take_steps(self, steps: Iterable[tuple[str, Callable[[], bytes]]], *, made_by: str) -> None:
        """Take the steps that were taken down, after the letters; say of each that nobody signed it."""
        ours = (letter for letter in self.letters.values() if letter.sender == made_by)
        own_side = "asker" if any(letter.kind == "ask" and letter.seq == 1 for letter in ours) else "asked"
        for path, read in steps:
            self.unread.append(path)
            with self.report.accusing(path):
                step = read_step(path, read(), own_side=own_side, made_by=made_by)
                self.letters[step.sha256] = step
                self.unread.remove(path)
                self.report.not_proved(path, _step_said(step, made_by))

    def check_chains(self) -> None:
        """Say of each sender in each request whether its letters are complete."""
        if self.unread:
            self.report.not_checked(LETTERS, f"Whether letters are missing, since {self.unread[0]} cannot be read.")
            return
        chains: dict[tuple[str, str], list[Letter]] = {}
        for letter in self.letters.values():
            chains.setdefault((letter.thread, letter.sender), []).append(letter)
        for (thread, sender), letters in chains.items():
            if all(letter.taken_down for letter in letters):
                continue
            with self.report.accusing(LETTERS):
                _check_chain(sorted(letters, key=lambda letter: letter.seq))
                self._check_seen(letter for letter in letters if not letter.taken_down)
                text = (
                    f"In the request {thread}, {sender} wrote the letters 1 to {len(letters)}: each names the one "
                    "before it by its hash, so none was left out, put in or changed in between."
                )
                self.report.established(LETTERS, text)

    def named(self, sha256_of_letter: str, *, by: str) -> Letter:
        """The letter that something names; raises ``AlteredError`` when the bundle lacks it."""
        if sha256_of_letter in self.letters:
            return self.letters[sha256_of_letter]
        if self.unread:
            raise CannotTellError(f"{by} names a letter which is not here, and {self.unread[0]} cannot be read")
        raise AlteredError(LETTERS, f"{by} names the letter with the hash {sha256_of_letter}, which is missing")

    def _check_seen(self, letters: Iterable[Letter]) -> None:
        for letter in letters:
            if letter.seen is not None:
                other = self.named(letter.seen, by=letter.path)
                if other.taken_down:
                    if other.thread != letter.thread or other.sender == letter.sender:
                        raise AlteredError(
                            letter.path, "it says that it has seen a step which the other side did not take"
                        )
                    continue
                if (other.thread, other.addressee) != (letter.thread, letter.sender):
                    raise AlteredError(letter.path, "it says that it has seen a letter which was not written to it")

    def take_receipt(self, path: str, jws: bytes, journals: Journals) -> None:
        """Verify a receipt and say what it proves."""
        with self.report.accusing(path):
            self.report.established(path, self._receipt(path, jws, journals))

    def _receipt(self, path: str, jws: bytes, journals: Journals) -> str:
        claimed = parse_jws(jws, typ=RECEIPT)
        fields = Fields(path, claimed.payload).expect(v=1, type="receipt")
        giver, at, stage = fields.text("from"), fields.instant("at"), fields.text("stage")
        claimed.verify(self._key_of_giver(fields, claimed.kid, at))
        letter = self.named(fields.hex64("letter_sha256"), by=path)
        if (letter.addressee, letter.sender) != (giver, fields.text("to")) or stage not in _STAGES:
            raise AlteredError(path, f"{giver} is not the addressee of {letter.said()}, or the stage is unknown")
        opening = opening_in(fields, member=giver)
        verified = opening.verify(self.members.logs_of(giver), list(self.members.witnesses()))
        opening.event.object("by").expect(member=giver)
        opening.event.expect(
            kind=f"letter-{stage}", letter_sha256=letter.sha256, letter=fields.text("letter"), at=fields.text("at")
        )
        journals.note(verified, thing=path)
        tree = verified.checkpoint
        return (
            f"{self.members.name_of(giver)} signed that {letter.said()} {_STAGES[stage]}, at {said(at)} by its clock; "
            f"this stands in its journal {tree.origin} at place {opening.proof.index} of {tree.size}."
        )

    def _key_of_giver(self, fields: Fields, kid: str, at: datetime) -> bytes:
        """The key that signed a receipt: cards are dated by true clocks, what an exercise signs by shifted ones.

        A receipt does not say how far its giver's clock was shifted; in an exercise that is as far as the letter's,
        or not at all.
        """
        giver, letter = fields.text("from"), self.letters.get(fields.text("letter_sha256"))
        try:
            return self.members.signing_key(giver, kid, at)
        except AlteredError:
            if letter is None or not letter.shift:
                raise
            return self.members.signing_key(giver, kid, at - letter.shift)


def read_letter(path: str, jws: bytes, members: Members) -> tuple[Letter, str]:
    """A letter with its signature verified, and what it is in words; raises ``AlteredError``."""
    claimed = parse_jws(jws, typ=LETTER)
    fields = Fields(path, claimed.payload).expect(v=1, type="letter")
    sender, written, shift = fields.text("from"), fields.instant("written"), shift_of(fields)
    claimed.verify(members.signing_key(sender, claimed.kid, written - (shift or timedelta(0))))
    letter = Letter(
        path=path,
        sha256=sha256(jws).hexdigest(),
        sender=sender,
        addressee=fields.text("to"),
        thread=fields.text("thread"),
        seq=fields.number("seq"),
        kind=fields.text("kind"),
        id=fields.text("id"),
        prev=fields.optional_hex64("prev"),
        seen=fields.optional_hex64("seen"),
        body=fields.members.get("body"),
        shift=shift,
        parts=tuple(part.text("name") for part in fields.objects("parts")),
        attachments=tuple(_attachment(one) for one in fields.objects("attachments")),
    )
    return letter, _letter_said(letter, fields, members, claimed.kid, written, shift)


def read_step(path: str, content: bytes, *, own_side: str, made_by: str) -> Letter:
    """A step that was taken down; raises ``AlteredError`` for what is none."""
    try:
        fields = Fields(path, parse_canonical(content)).expect(type="step-elsewhere")
    except CanonicalError as error:
        raise AlteredError(path, str(error)) from error
    side, by_form = fields.text("side"), fields.text("channel") == "form"
    own_side = own_side if by_form else "asker"  # in another system it is the maker who asked
    here, there = made_by, "the other side"
    return Letter(
        path=path,
        sha256=sha256(content).hexdigest(),
        sender=here if side == own_side else there,
        addressee=there if side == own_side else here,
        thread=fields.text("request"),
        seq=fields.number("seq"),
        kind=fields.text("kind"),
        body=fields.members.get("body"),
        taken_down=True,
    )


def _step_said(step: Letter, made_by: str) -> str:
    who = "its own" if step.sender == made_by else "the other side's"
    return (
        f"That {who} step {step.seq} ({step.kind}) was said so: {made_by} wrote it down, and nobody signed it. Letters "
        "that name its hash were written after it was written down as it stands here."
    )


def _letter_said(
    letter: Letter, fields: Fields, members: Members, kid: str, written: datetime, shift: timedelta | None
) -> str:
    by = fields.object("by")
    text = (
        f"Letter {letter.seq} of {members.name_of(letter.sender)} to {members.name_of(letter.addressee)} "
        f"({letter.kind}) is signed with the sender's key {kid} and unaltered; written at {said(written)} by the "
        f"sender's clock, by {by.text('name')} as {by.text('role')}."
    )
    if shift is not None:
        text += f" It is an exercise: that clock was shifted by {int(shift.total_seconds())} seconds."
    stale = fields.object("directory").optional_instant("stale_since")
    if stale is not None:
        text += f" The letter says that its sender's directory had not been renewed since {said(stale)}."
    return text


def shift_of(fields: Fields) -> timedelta | None:
    """How far the clock of an exercise stood ahead, by a member ``exercise``; ``None`` outside of one."""
    if fields.members.get("exercise", "") is None:
        return None
    shift = fields.object("exercise").members.get("shift_seconds")
    if not isinstance(shift, int) or abs(shift) > _LONGEST_SHIFT:
        raise AlteredError(fields.thing, "its exercise names no shift in seconds")
    return timedelta(seconds=shift)


_LONGEST_SHIFT = 100 * 366 * 86_400


def _attachment(fields: Fields) -> Attachment:
    return Attachment(
        name=fields.text("name"),
        size=fields.number("size"),
        sha256=fields.hex64("sha256"),
        age_size=fields.number("age_size"),
        age_sha256=fields.hex64("age_sha256"),
    )


def _check_chain(letters: list[Letter]) -> None:
    before: Letter | None = None
    for place, letter in enumerate(letters, start=1):
        if letter.seq < place:
            raise AlteredError(letter.path, f"a second letter {letter.seq} of {letter.sender}")
        if letter.seq > place:
            raise AlteredError(LETTERS, f"letter {place} of {letter.sender} is missing")
        if not letter.erased and not letter.taken_down and letter.prev != (before.sha256 if before else None):
            raise AlteredError(letter.path, f"it does not name the letter before it, which is {before and before.path}")
        before = letter
