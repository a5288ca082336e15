"""The check of a proof bundle, as it can be read out in court.

The reader brings two things: a bundle, and an *anchor* that he knows from elsewhere and trusts: the
root of the directory, or the fingerprint of one contact point's card. From these alone, without any
network, and with the standard library and one library for signatures, the check goes these steps:

     1  Files.      Every file is the one that the index lists, by size and SHA-256; none is missing,
                    none was added.
     2  Directory.  Beginning at the anchor, each root of the directory is signed by enough keys of the
                    one before it.
     3  Cards.      Each card is the one that the directory stated for its member, or is vouched for in
                    another way that leads back to the anchor. From here on a key has an owner.
     4  Letters.    Each letter is signed with a key of its sender that was good when it was written,
                    and is unaltered.
     5  Chains.     Each sender's letters are numbered without a gap and each names the one before it by
                    hash; a letter that another letter has seen is there.
     6  Journals.   Each state of a journal is signed by its owner, no journal has two histories, and it
                    is said which witnesses have seen it and when.
     7  Receipts.   Each receipt is signed by the addressee, and the entry that it opens stands at its
                    place in the addressee's journal.
     8  Entries.    Each opened entry stands at its place in a journal.
     9  Evidence.   Each package's manifest is the one that its custody events name, the chain of
                    custody has no gap, and each file in the clear is the one in the manifest.
    10  Time.       Each time stamp is over the file that it is said to be over.
    11  The rest.   What was not checked here, with the command that checks it, and what no such check
                    can prove.

What each thing looks like stands at the top of the file that reads it: bundle.py the bundle, tuf.py
the directory, members.py cards, thread.py letters and receipts, journals.py and opening.py journals,
custody.py evidence.

A fault ends nothing: it becomes a finding that accuses the thing, what rests on that thing is said to
be undecided, and the check goes on. Whoever finds one word ``ALTERED`` in the result should not rely
on the bundle before that thing is explained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tocsin.proof.bundle import (
    INDEX,
    Container,
    Index,
    ListedFile,
    Stamp,
    hash_of_file,
    open_container,
    read_file,
    read_index,
)
from tocsin.proof.custody import Packages
from tocsin.proof.errors import AlteredError, UnreadableError
from tocsin.proof.fields import said
from tocsin.proof.findings import CannotTellError, Finding, Kind, Report
from tocsin.proof.journals import Journals, entries
from tocsin.proof.members import Anchor, Members, Vouching, read_anchor
from tocsin.proof.opening import Opening, parse_opening
from tocsin.proof.thread import LETTERS, Thread


def verify(bundle: Path, *, anchors: Sequence[str]) -> list[Finding]:
    """Check a bundle against the anchors that the reader brings, and say everything that was found.

    An anchor is a file (TUF root or card) or 64 hexadecimal digits (the SHA-256 of the root's file, or
    a card's fingerprint). Raises ``UnreadableError`` when there is no bundle or no anchor to read.
    """
    if not anchors:
        raise UnreadableError("an anchor is needed: a root of the directory or the fingerprint of a card")
    brought = [read_anchor(anchor) for anchor in anchors]
    report = Report()
    with open_container(bundle) as container, report.accusing(INDEX):
        index = read_index(container)
        report.things = frozenset({INDEX, LETTERS, *(file.path for file in index.files)})
        _Check(container, index, report).all_steps(brought)
    return report.findings


def is_good(findings: Sequence[Finding]) -> bool:
    """Whether nothing was found altered."""
    return not any(finding.kind is Kind.ALTERED for finding in findings)


@dataclass(slots=True)
class _Check:
    """The steps of the check over one bundle."""

    container: Container
    index: Index
    report: Report

    def all_steps(self, anchors: Sequence[Anchor]) -> None:
        disagreeing = self.check_files()
        members = self.find_members(anchors)
        if members is not None:
            thread = self.check_letters(members)
            journals = Journals(members)
            self.check_journals(journals)
            self.check_receipts(thread, journals)
            self.check_entries(thread, journals)
            journals.say_states(self.report)
            self.check_evidence(thread)
            self.check_stamps()
        self.judge(disagreeing)
        self.say_what_is_not_proved()

    def read(self, path: str) -> bytes:
        return read_file(self.container, path)

    # 1. Files

    def check_files(self) -> list[ListedFile]:
        """Compare every file with the index; gives the files with another hash than is listed."""
        listed = {file.path: file for file in self.index.files}
        for path in sorted(self.container.strange):
            self.report.altered(path, "Not a plain file with a plain name: it is no part of any bundle.")
        for path in sorted(self.container.sizes.keys() - listed.keys() - {INDEX}):
            self.report.altered(path, f"It was added to the bundle: {INDEX} does not list it.")
        disagreeing = [file for path, file in listed.items() if not self._is_as_listed(path, file)]
        if is_good(self.report.findings) and not disagreeing:
            text = f"All {len(listed)} files are there and are those that {INDEX} lists, by size and SHA-256."
            self.report.established(INDEX, text)
        return disagreeing

    def _is_as_listed(self, path: str, file: ListedFile) -> bool:
        with self.report.accusing(path):
            return (self.container.sizes.get(path), hash_of_file(self.container, path)) == (file.size, file.sha256)
        return True  # it is missing or damaged, which was said

    def judge(self, disagreeing: Sequence[ListedFile]) -> None:
        """Where file and index disagree, say which of the two is to blame, as far as that can be told."""
        proved = {finding.thing for finding in self.report.findings if finding.kind is Kind.ESTABLISHED}
        for file in disagreeing:
            if self.report.is_accused(file.path):
                continue
            if file.path in proved:
                text = f"It lists another hash or size for {file.path}, which is good by its own signature."
                self.report.altered(INDEX, text)
            else:
                text = f"It is not the file that {INDEX} lists: one of the two was altered."
                self.report.altered(file.path, text)

    # 2. Directory, 3. Cards

    def find_members(self, anchors: Sequence[Anchor]) -> Members | None:
        """Whose key is whose; nothing when no anchor leads anywhere."""
        vouching = Vouching(anchors, self.read, self.report)
        vouching.read_roots(self.index.roots)
        vouching.read_cards(self.index.cards)
        if not vouching.say_anchors():
            self.report.not_checked("bundle", "Everything else: without an anchor no key has an owner.")
            return None
        return vouching.follow(self.openings())

    # 4. Letters, 5. Chains

    def check_letters(self, members: Members) -> Thread:
        thread = Thread(members, self.report)
        for path in self.index.letters:
            thread.take_letter(path, partial(self.read, path))
        thread.take_erased(self.index.erased)
        steps = ((path, partial(self.read, path)) for path in self.index.steps)
        thread.take_steps(steps, made_by=self.index.made_by)
        thread.check_chains()
        if not thread.unread and self.index.thread not in {letter.thread for letter in thread.letters.values()}:
            self.report.altered(
                INDEX, f"It holds no letter of the request {self.index.thread} that it is said to be of."
            )
        return thread

    # 6. Journals

    def check_journals(self, journals: Journals) -> None:
        for path in self.index.checkpoints:
            with self.report.accusing(path):
                tree = journals.open(self.read(path), thing=path).checkpoint
                text = f"The journal {tree.origin} signed its state with {entries(tree.size)}."
                self.report.established(path, text)
        for path in self.index.consistency:
            with self.report.accusing(path):
                old, new = journals.continue_with(path, self.read(path))
                text = (
                    f"The journal {old.origin} with {entries(new.size)} begins with what it held when it had "
                    f"{entries(old.size)}, unchanged and in the same order."
                )
                self.report.established(path, text)

    # 7. Receipts

    def check_receipts(self, thread: Thread, journals: Journals) -> None:
        for path in self.index.receipts:
            with self.report.accusing(path):
                thread.take_receipt(path, self.read(path), journals)

    # 8. Entries

    def openings(self) -> dict[str, Opening]:
        """The opened entries that can be read at all; nothing of them is believed yet."""
        found: dict[str, Opening] = {}
        for path in self.index.openings:
            quiet = Report()  # what cannot be read is said in step 8
            with quiet.accusing(path):
                found[path] = parse_opening(path, self.read(path))
        return found

    def check_entries(self, thread: Thread, journals: Journals) -> None:
        for path in self.index.openings:
            with self.report.accusing(path):
                opening = parse_opening(path, self.read(path))
                self.report.established(path, _entry_said(path, opening, thread, journals))

    # 9. Evidence

    def check_evidence(self, thread: Thread) -> None:
        packages = Packages(self.container, thread.members, thread, self.report)
        for package in self.index.packages:
            packages.check(package)
        for letter in thread.letters.values():
            for part in letter.parts:
                text = f"The part {part!r} of {letter.said()}: only its own readers can open it."
                self.report.not_checked(letter.path, text)

    # 10. Time

    def check_stamps(self) -> None:
        for stamp in self.index.stamps:
            with self.report.accusing(stamp.path):
                self._check_stamp(stamp)

    def _check_stamp(self, stamp: Stamp) -> None:
        if self.report.is_accused(stamp.over):
            raise CannotTellError(f"whether it is over {stamp.over}, since that is altered")
        imprint = bytes.fromhex(hash_of_file(self.container, stamp.over))
        if imprint not in self.read(stamp.path):
            raise AlteredError(stamp.path, f"it is not a time stamp over {stamp.over}")
        bare = " -token_in" if stamp.path.endswith(".tst") else ""
        authority = stamp.authority or "AUTHORITY.pem"
        self.report.not_checked(
            stamp.path,
            f"Whether the time-stamping authority signed it, and when: it holds the SHA-256 of {stamp.over}.",
            f"openssl ts -verify -data {stamp.over} -in {stamp.path}{bare} -CAfile {authority}",
        )

    # 11. The rest

    def say_what_is_not_proved(self) -> None:
        made = f"The bundle says that {self.index.made_by} put it together at {self.index.made_at}: nobody signed that."
        self.report.note("bundle", made)
        for text in _NOT_PROVED:
            self.report.not_proved("bundle", text)


_NOT_PROVED = (
    "That the anchor is the right one: you brought it, and everything rests on it.",
    "Who sat at the keyboard: a name in a letter or an entry is what that member's node recorded.",
    "That what a letter or a document states is true, or that it was lawful to ask for it.",
    "When exactly anything was done: each instant is by its writer's clock; witnesses and time stamps bound it.",
    "That nothing else was said: by other ways, in other requests, or in later letters that nothing here names.",
)


def _entry_said(path: str, opening: Opening, thread: Thread, journals: Journals) -> str:
    """Check an opened entry and give it in words; raises ``AlteredError``."""
    members, event = thread.members, opening.event
    verified = opening.verify(members.logs_of(opening.member), list(members.witnesses()))
    journals.note(verified, thing=path)
    tree, by = verified.checkpoint, event.object("by").expect(member=opening.member)
    about = ""
    if "letter_sha256" in event.members:
        about = f", about {thread.named(event.hex64('letter_sha256'), by=path).said()}"
    person = by.members.get("person") or "the node itself"
    return (
        f"The journal of {members.name_of(opening.member)} ({tree.origin}) records at place {opening.proof.index} of "
        f"{tree.size}: {opening.kind()}{about}, at {said(event.instant('at'))} by its clock, by {person}."
    )
