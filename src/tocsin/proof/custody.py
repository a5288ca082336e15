"""Packages of evidence: what they hold, and in whose hands they were.

The manifest is canonical JSON; its SHA-256 is what custody events name:

    {"v": 1, "type": "manifest", "package": "<uuid>", "request": "<uuid>", "title": "…",
     "made": {"at": "…", "member": "…", "person": "…", "place": "…", "tool": {…}},
     "files": [{"name": "mailbox.mbox", "size": 52428800, "sha256": "…", "sha512": "…", …}, …]}

A custody event is a JWS (``tocsin-custody+jws``) by the member that had the package:

    {"v": 1, "type": "custody", "package": "<uuid>", "manifest_sha256": "…", "seq": 2,
     "prev": "<SHA-256 of the event before, as JWS>" | null, "event": "handed-over", "member": "example-mail",
     "person": "…", "to": "pt" | null, "at": "…", "exercise": null | {"shift_seconds": 3600}, "place": "…", "note": "…"}

The events are a chain like letters. ``made`` comes first and once; ``handed-over`` offers the package
to ``to``; only that member can write ``received``; every other event is written by who holds it. In an
exercise, and only there, each event says how far its clock was ahead: ``at`` less that is the true instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256, sha512

from tocsin.proof.bundle import Container, ListedPackage, chunks_of, hash_of_file, read_file
from tocsin.proof.canonical import Json, parse_canonical
from tocsin.proof.errors import AlteredError, CanonicalError
from tocsin.proof.fields import Fields, said
from tocsin.proof.findings import CannotTellError, Report
from tocsin.proof.jws import CUSTODY, parse_jws
from tocsin.proof.members import Members
from tocsin.proof.thread import LETTERS, Attachment, Letter, Thread, shift_of

_SAID = {
    "made": "made the package",
    "handed-over": "handed it over to",
    "received": "received it",
    "opened": "opened it",
    "verified": "verified it",
    "converted": "converted a file of it",
    "time-stamped": "had it time-stamped",
}


@dataclass(frozen=True, slots=True)
class Event:
    """A custody event whose signature was verified."""

    path: str
    sha256: str
    seq: int
    prev: str | None
    event: str
    member: str
    to: str | None
    package: str
    manifest_sha256: str
    exercise: bool


@dataclass(slots=True)
class Packages:
    """Checks each package of the bundle."""

    container: Container
    members: Members
    thread: Thread
    report: Report

    def check(self, package: ListedPackage) -> None:
        """Check manifest, custody and files of one package, and say what was found."""
        digest, files = "", list[Fields]()
        with self.report.accusing(package.manifest):
            content = read_file(self.container, package.manifest)
            digest, manifest, files = sha256(content).hexdigest(), *_manifest(package.manifest, content)
            self._say_manifest(package.manifest, digest, manifest, files)
        self._check_custody(package, digest)
        self._check_files(package, [] if self.report.is_accused(package.manifest) else files)
        for path in package.sealed:
            with self.report.accusing(path):
                self._check_sealed(path)

    def _say_manifest(self, path: str, digest: str, manifest: Fields, files: Sequence[Fields]) -> None:
        made = manifest.object("made")
        text = (
            f"The manifest of the package {manifest.text('package')} names {len(files)} files with their sizes and "
            f"hashes; it says that {made.text('person')} of {made.text('member')} made it at "
            f"{said(made.instant('at'))} in {made.text('place')}. Its SHA-256 is {digest}."
        )
        self.report.established(path, text)
        naming = [letter for letter in self.thread.letters.values() if _mentions(letter.body, digest)]
        for letter in naming or self._carrying(digest):
            self.report.established(path, f"This manifest is named in {letter.said()}.")

    def _check_custody(self, package: ListedPackage, digest: str) -> None:
        events = list[Event]()
        for path in package.custody:
            with self.report.accusing(path):
                event, text = self._event(path, read_file(self.container, path))
                if digest and event.manifest_sha256 != digest:
                    raise AlteredError(package.manifest, f"it is not the manifest that {path} names")
                events.append(event)
                self.report.established(path, text)
        if len(events) < len(package.custody) or not digest:
            thing = package.manifest.rpartition("/")[0]
            self.report.not_checked(thing, "Whether the chain of custody is complete, since a part of it is altered.")
            return
        with self.report.accusing(package.manifest):
            holder = _walk(events, package.manifest)
            text = (
                f"The chain of custody is complete: {len(events)} events, each signed and each naming the one before "
                f"it by its hash. At its end the package was in the hands of {self.members.name_of(holder)}."
            )
            self.report.established(package.manifest, text)

    def _event(self, path: str, jws: bytes) -> tuple[Event, str]:
        claimed = parse_jws(jws, typ=CUSTODY)
        fields = Fields(path, claimed.payload).expect(v=1, type="custody")
        member, at, what = fields.text("member"), fields.instant("at"), fields.text("event")
        shift = shift_of(fields)
        claimed.verify(self.members.signing_key(member, claimed.kid, at - (shift or timedelta(0))))
        if what not in _SAID:
            raise AlteredError(path, f"{what!r} is not an event of custody")
        event = Event(
            path=path,
            sha256=sha256(jws).hexdigest(),
            seq=fields.number("seq"),
            prev=fields.optional_hex64("prev"),
            event=what,
            member=member,
            to=fields.optional_text("to"),
            package=fields.text("package"),
            manifest_sha256=fields.hex64("manifest_sha256"),
            exercise=shift is not None,
        )
        to = f" {self.members.name_of(event.to)}" if event.to else ""
        who = f"{self.members.name_of(member)} signed that {fields.text('person')}"
        text = f"Custody {event.seq}: {who} {_SAID[what]}{to} at {said(at)} by its clock, in {fields.text('place')}."
        if shift is not None:
            text += f" It is of an exercise: that clock was shifted by {int(shift.total_seconds())} seconds."
        return event, text

    def _check_files(self, package: ListedPackage, files: Sequence[Fields]) -> None:
        stated, here = {file.text("name"): file for file in files}, dict(package.files)
        for name, path in package.files:
            with self.report.accusing(path):
                if not stated:
                    raise CannotTellError("the manifest that describes it is altered")
                if name not in stated:
                    raise AlteredError(path, f"the manifest names no file {name!r}")
                self._check_file(path, name, stated[name])
        for name in sorted(stated.keys() - here.keys()):
            text = f"The file {name!r} of the manifest is not in the clear in this bundle."
            self.report.not_checked(
                package.manifest, text, f"sha256sum FILE   # must show {stated[name].hex64('sha256')}"
            )

    def _check_file(self, path: str, name: str, stated: Fields) -> None:
        short, long = sha256(), sha512()
        for chunk in chunks_of(self.container, path):
            short.update(chunk)
            long.update(chunk)
        if self.container.sizes[path] != stated.number("size"):
            raise AlteredError(path, f"not as long as the manifest states for {name!r}")
        if (short.hexdigest(), long.hexdigest()) != (stated.text("sha256"), stated.text("sha512")):
            raise AlteredError(path, f"not the file that the manifest states for {name!r}")
        text = f"The file {name!r} is what the manifest states, byte for byte (SHA-256 {short.hexdigest()}, SHA-512)."
        for letter in self._carrying(short.hexdigest()):
            text += f" It went with {letter.said()}."
        self.report.established(path, text)

    def _check_sealed(self, path: str) -> None:
        digest = hash_of_file(self.container, path)
        for letter in self.thread.letters.values():
            for attachment in letter.attachments:
                if attachment.age_sha256 == digest and attachment.age_size == self.container.sizes[path]:
                    self._say_sealed(path, letter, attachment)
                    return
        if self.thread.unread or self.report.is_accused(LETTERS):
            raise CannotTellError("which letter it went with, since a letter is altered or missing")
        raise AlteredError(path, "no letter of this bundle carried this sealed file")

    def _say_sealed(self, path: str, letter: Letter, attachment: Attachment) -> None:
        name = attachment.name
        text = f"The sealed file is, byte for byte, the one that went with {letter.said()} under the name {name!r}."
        self.report.established(path, text)
        command = f"age --decrypt --identity KEY_FILE {path} | sha256sum   # must show {attachment.sha256}"
        self.report.not_checked(
            path, f"What is inside the sealed file {name!r}: it takes the addressee's key.", command
        )

    def _carrying(self, digest: str) -> list[Letter]:
        letters = self.thread.letters.values()
        return [letter for letter in letters if any(one.sha256 == digest for one in letter.attachments)]


def _manifest(path: str, content: bytes) -> tuple[Fields, list[Fields]]:
    try:
        manifest = Fields(path, parse_canonical(content)).expect(v=1, type="manifest")
    except CanonicalError as error:
        raise AlteredError(path, str(error)) from error
    files = manifest.objects("files")
    if len({file.text("name") for file in files}) != len(files):
        raise AlteredError(path, "a file stands in it twice")
    return manifest, files


def _walk(events: Sequence[Event], manifest: str) -> str:
    """Who holds the package at the end; raises ``AlteredError`` at the first break."""
    holder, offered, before = "", None, None
    for place, event in enumerate(events, start=1):
        if event.seq != place or event.prev != (before.sha256 if before else None):
            raise AlteredError(event.path, f"it does not follow event {place - 1}: an event is missing or was changed")
        if before and before.exercise != event.exercise:
            raise AlteredError(event.path, "it is of an exercise and the event before it is not, or the reverse")
        holder, offered = _hands(event, holder, offered)
        before = event
    if not holder:
        raise AlteredError(manifest, "there is no event of custody at all")
    return holder


def _hands(event: Event, holder: str, offered: str | None) -> tuple[str, str | None]:
    """Who holds the package after an event, and to whom it is offered."""
    if (event.event == "made") != (event.seq == 1):
        raise AlteredError(event.path, "a package is made once, at the beginning")
    if event.event == "made":
        return event.member, None
    if event.event == "received":
        if event.member != offered:
            raise AlteredError(event.path, f"{event.member} received what was handed to {offered or 'nobody'}")
        return event.member, None
    if event.member != holder:
        raise AlteredError(event.path, f"{event.member} writes of a package that {holder} holds")
    if event.event == "handed-over":
        if event.to is None or event.to == holder:
            raise AlteredError(event.path, "a hand-over names another member")
        return holder, event.to
    return holder, offered


def _mentions(value: Json, digest: str) -> bool:
    """Whether a hash stands anywhere in a letter's body."""
    if isinstance(value, dict):
        return any(_mentions(item, digest) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item, digest) for item in value)
    return value == digest
