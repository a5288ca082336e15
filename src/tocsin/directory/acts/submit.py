"""Getting one's card into the directory: what a member signs, and what the hub takes.

A State signs the list of its own files with its directory key (a key of its own, which may lie elsewhere than the
node) and hands it to the hub, which checks it as every client will. A private member hands in its card alone; who
admits private members (at the hub) signs for it. A later card of a private member, signed by a sign key of the one
before and with no other, is admitted by the hub itself.
"""

from contextlib import suppress
from typing import Any

from django.db import transaction
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, TargetFile, Targets

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import PeerError, ProofError, TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts import national
from tocsin.directory.acts.connect import exchange
from tocsin.directory.acts.hub import hub_client
from tocsin.directory.acts.key_files import PRIVATE_ROLE_KEY, ROLE_KEY, load_key, own_key_path
from tocsin.directory.acts.publish import TARGETS, keep_metadata, keep_target, publish_within
from tocsin.directory.acts.refresh import refresh_directory
from tocsin.directory.acts.rows import check_may, one_at_a_time
from tocsin.directory.entries import MemberRemoved, SubmissionSigned, SubmissionTaken
from tocsin.directory.errors import (
    NoDirectoryError,
    NotPublishedError,
    NotTheHubError,
    SubmissionRefusedError,
    UnknownMemberError,
)
from tocsin.directory.rules import tuf
from tocsin.directory.rules.card import CardKind, SignedCard, check_issued, read_card_file
from tocsin.directory.rules.national import claim_table, file_of, jws_in, verified_table
from tocsin.directory.rules.submission import Submission, read_submission
from tocsin.directory.rules.trust import check_serial, continues
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right

SUBMISSIONS = "/directory/submissions"
CARDS = "/directory/cards"
_TAKEN = 200
_ANSWER_LIMIT = 64 * 1024


# --- The member ---------------------------------------------------------------------------------


def sign_submission(*, by: Actor, at: Instant) -> Submission:
    """Sign the list of this member's files: its card, its national table if it has one.

    For States and the hub; private members have nothing to sign beside their card. The list follows the one that
    the last refresh brought (at the hub, the one published). Raises ``UnknownMemberError`` before the first card,
    ``KeyFileError`` without the directory key.
    """
    check_may(by, Right.RUN_NODE)
    card = reads.own_card()
    if card is None:
        raise UnknownMemberError(member=this_node().member)
    role = tuf.role_of(card.card.member, card.card.kind)
    files = {tuf.card_path(card.card.member): card.file} | _own_table()
    submission = _signed_list(role, files, key_name=ROLE_KEY)
    with transaction.atomic():
        version = tuf.read(submission.metadata, Targets).signed.version
        record(SubmissionSigned(role=role, version=version, files=_named(files)), by=by, at=at)
    return submission


def hand_in(path: str, content: bytes) -> None:
    """Hand a submission (``SUBMISSIONS``) or a private member's card (``CARDS``) to the hub, over HTTP.

    Raises ``SubmissionRefusedError`` with the hub's reason, ``EndpointUnreachableError``, ``NoDirectoryError``.
    """
    answer = exchange(hub_client(), "POST", path, content=content, limit=_ANSWER_LIMIT)
    if answer.status != _TAKEN:
        raise SubmissionRefusedError(role=this_node().member, rule=answer.problem.detail.removesuffix("."))


def own_submission(*, by: Actor, at: Instant) -> tuple[str, bytes]:
    """What this node hands in of itself, and where: a State's signed list, a private member's card alone."""
    card = reads.own_card()
    if card is None:
        raise UnknownMemberError(member=this_node().member)
    if tuf.role_of(card.card.member, card.card.kind) == tuf.PRIVATE:
        check_may(by, Right.RUN_NODE)
        return CARDS, card.file
    return SUBMISSIONS, sign_submission(by=by, at=at).written()


def hand_in_own(path: str, content: bytes, *, at: Instant) -> None:
    """Hand what ``own_submission`` made to the hub; the hub takes its own. Raises what ``hand_in`` raises."""
    card = reads.own_card()
    if card is not None and card.card.kind is CardKind.HUB:
        take_submission(content, at=at)
    else:
        hand_in(path, content)


# --- The hub ------------------------------------------------------------------------------------


def take_submission(content: bytes, *, at: Instant) -> Submission:
    """Check what a role signed as every client will, keep it, and publish.

    By the hub itself: the submission proves who made it. Raises ``SubmissionRefusedError``, ``NotTheHubError``;
    then nothing is kept.
    """
    submission = read_submission(content)
    by = Actor.node(this_node().member)
    with transaction.atomic():
        one_at_a_time()
        _take(submission, by=by, at=at)
        publish_within(by=by, at=at)
    _follow_own_directory(at=at)
    return submission


def admit_private(content: bytes, *, by: Actor, at: Instant) -> SignedCard:
    """At the hub: sign a private member's card into the directory, and publish.

    Whoever does this has checked who the member is. Raises what ``take_submission`` raises, and ``KeyFileError``
    when the key that admits private members is not in this home.
    """
    check_may(by, Right.RUN_NODE)
    signed = read_card_file(content)
    with transaction.atomic():
        one_at_a_time()
        files = {tuf.card_path(signed.card.member): signed.file}
        _take(_signed_list(tuf.PRIVATE, files, key_name=PRIVATE_ROLE_KEY), by=by, at=at)
        publish_within(by=by, at=at)
    _follow_own_directory(at=at)
    return signed


def remove_private(member: MemberId, *, reason: str, by: Actor, at: Instant) -> int:
    """At the hub: take a private member out of the directory, and publish; the version of the list without it.

    At its next refresh every node ends the card that came from the directory; one that was confirmed by voice stays
    until it is dropped there. Raises ``UnknownMemberError`` when the private members' list has no such member,
    ``NotTheHubError``, and ``KeyFileError`` when the key that admits private members is not in this home.
    """
    check_may(by, Right.RUN_NODE)
    path = tuf.card_path(member)
    with transaction.atomic():
        one_at_a_time()
        published = reads.published_metadata()
        if "targets" not in published:
            raise NotTheHubError
        if tuf.PRIVATE not in published or path not in tuf.read(published[tuf.PRIVATE], Targets).signed.targets:
            raise UnknownMemberError(member=member)
        submission = _signed_list(tuf.PRIVATE, {}, key_name=PRIVATE_ROLE_KEY, without=path)
        _take(submission, by=by, at=at)
        version = tuf.read(submission.metadata, Targets).signed.version
        record(MemberRemoved(member=member, version=version, reason=reason[:500]), by=by, at=at)
        publish_within(by=by, at=at)
    _follow_own_directory(at=at)
    return version


def take_private_card(content: bytes, *, at: Instant) -> SignedCard:
    """At the hub: a later card of a private member that is in the directory, taken without a person.

    Only one that continues the card before: signed by one of its sign keys, with no other sign key. Raises
    ``SubmissionRefusedError`` otherwise.
    """
    signed = read_card_file(content)
    before = _published_card(signed.card.member)
    if before is None or not continues(signed, before.card):
        rule = "a first card, or one with another sign key, is admitted by a person at the hub"
        raise SubmissionRefusedError(role=tuf.PRIVATE, rule=rule)
    if before.sha256 == signed.sha256:
        return signed
    return admit_private(content, by=Actor.node(this_node().member), at=at)


# --- Steps --------------------------------------------------------------------------------------


def _follow_own_directory(*, at: Instant) -> None:
    """At the hub: deal with a member by what was just published, and not ten minutes later.

    A fault of the directory does not undo what was published: it is in the journal, and shown by its standing.
    """
    with suppress(NoDirectoryError, PeerError, ProofError):
        refresh_directory(at=at)


def _own_table() -> dict[str, bytes]:
    table = reads.national_table_of(this_node().member)
    return {tuf.national_path(table.member): file_of(table.jws)} if table and table.source == national.OWN else {}


def _signed_list(role: str, files: dict[str, bytes], *, key_name: str, without: str = "") -> Submission:
    known = reads.published_metadata() or reads.trusted_metadata()
    before = tuf.read(known[role], Targets) if role in known else None
    metadata = tuf.role_draft(before, files=files, at=instant.true_now(), without=without)
    tuf.sign(metadata, load_key(own_key_path(key_name)))
    return Submission(role=role, metadata=tuf.written(metadata), files=files)


def _take(submission: Submission, *, by: Actor, at: Instant) -> None:
    """Check a submission and keep it, inside the caller's transaction."""
    when = instant.true_now()
    metadata = _checked_list(submission)
    for path, target in metadata.signed.targets.items():
        _check_file(path, target, submission)
    for path, content in submission.files.items():
        _check_content(path, content, submission, when=when)
        keep_target(path, content, when=when)
    keep_metadata(submission.role, submission.metadata, when=when)
    entry = SubmissionTaken(role=submission.role, version=metadata.signed.version, files=_named(dict(submission.files)))
    record(entry, by=by, at=at)


def _checked_list(submission: Submission) -> Metadata[Targets]:
    """The role's list, signed by its keys, following the one before, within its paths."""
    published = reads.published_metadata()
    if "targets" not in published:
        raise NotTheHubError
    delegator = tuf.read(published["targets"], Targets).signed
    delegations = delegator.delegations
    role = (delegations.roles or {}).get(submission.role) if delegations else None
    if role is None:
        raise _refused(submission, "the directory has no such role")
    metadata = _read_list(submission)
    try:
        delegator.verify_delegate(submission.role, metadata.signed_bytes, metadata.signatures)
    except RepositoryError as error:
        raise _refused(submission, str(error).removesuffix(".")) from error
    before = tuf.read(published[submission.role], Targets).signed if submission.role in published else None
    if metadata.signed.version != (before.version + 1 if before else 1):
        raise _refused(submission, f"its version does not follow {before.version if before else 0}: refresh first")
    if metadata.signed.expires <= instant.true_now():
        raise _refused(submission, "it has ended")
    if metadata.signed.delegations is not None:
        raise _refused(submission, "it delegates, which roles of this directory do not")
    strange = [path for path in metadata.signed.targets if not role.is_delegated_path(path)]
    if strange:
        raise _refused(submission, f"{strange[0]} is not a path of this role")
    return metadata


def _read_list(submission: Submission) -> Metadata[Targets]:
    try:
        return tuf.read(submission.metadata, Targets)
    except TocsinError as error:
        raise _refused(submission, str(error).removesuffix(".")) from error


def _check_file(path: str, target: TargetFile, submission: Submission) -> None:
    """Every file of the list is in the submission or in the repository, with the hash that the list names."""
    content = submission.files.get(path)
    if content is None:
        try:
            content = reads.published_file(TARGETS + tuf.target_file_name(path, target))
        except (NotPublishedError, KeyError) as error:
            raise _refused(submission, f"{path} is neither in it nor in the directory") from error
    try:
        target.verify_length_and_hashes(content)
    except RepositoryError as error:
        raise _refused(submission, f"{path}: {str(error).removesuffix('.')}") from error


def _check_content(path: str, content: bytes, submission: Submission, *, when: Instant) -> None:
    """A file is a good card or table of the member that its path names, and follows the one before."""
    if path not in tuf.read(submission.metadata, Targets).signed.targets:
        raise _refused(submission, f"{path} is not in its list")
    member = MemberId(path.partition("/")[2].rpartition(".")[0])
    try:
        if path == tuf.card_path(member):
            _check_card(content, member, role=submission.role, when=when)
        else:
            _check_table(content, member, submission)
    except TocsinError as error:
        raise _refused(submission, f"{path}: {str(error).removesuffix('.')}") from error


def _check_card(content: bytes, member: MemberId, *, role: str, when: Instant) -> None:
    signed = read_card_file(content, expected=member)
    check_issued(signed.card, at=when)
    fault = tuf.card_fault(signed.card, role=role)
    if fault or content != signed.file:
        raise SubmissionRefusedError(role=role, rule=fault or "the file ends in one line feed")
    before = _published_card(member)
    if before is not None and before.sha256 != signed.sha256:
        check_serial(signed, known=before)


def _check_table(content: bytes, member: MemberId, submission: Submission) -> None:
    sent = submission.files.get(tuf.card_path(member))
    card = read_card_file(sent, expected=member) if sent is not None else _published_card(member)
    if card is None:
        raise UnknownMemberError(member=member)
    verified_table(claim_table(jws_in(content)), card=card.card, refused=frozenset())


def _published_card(member: MemberId) -> SignedCard | None:
    """The card of a member that was published last, whichever role signed it."""
    for content in reads.published_metadata().values():
        signed = Metadata[Any].from_bytes(content).signed
        target = signed.targets.get(tuf.card_path(member)) if isinstance(signed, Targets) else None
        if target is not None:
            name = tuf.target_file_name(tuf.card_path(member), target)
            return read_card_file(reads.published_file(TARGETS + name), expected=member)
    return None


def _named(files: dict[str, bytes]) -> tuple[str, ...]:
    return tuple(
        f"{path} {TargetFile.from_data(path, content, ['sha256']).hashes['sha256']}"
        for path, content in sorted(files.items())
    )


def _refused(submission: Submission, rule: str) -> SubmissionRefusedError:
    return SubmissionRefusedError(role=submission.role, rule=rule)
