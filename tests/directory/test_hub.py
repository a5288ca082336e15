"""The hub: the ceremony, admitting members, submissions, publishing. Checked by python-tuf's own client."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp
from tuf.ngclient import Updater
from tuf.ngclient.fetcher import FetcherInterface

from tests.directory.cards import Member
from tests.directory.conftest import BecomeNode, Node
from tests.directory.hubs import ADMINISTRATOR, Hub, found, hub_with_keys
from tests.directory.simulator import true_now
from tests.directory.tables import national_payload
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts import cards as card_acts
from tocsin.directory.acts import ceremony, key_files, submit
from tocsin.directory.acts.ceremony import Plan
from tocsin.directory.acts.key_files import ONLINE_KEY, PRIVATE_ROLE_KEY, ROLE_KEY, make_key
from tocsin.directory.acts.publish import renew, write_repository
from tocsin.directory.acts.refresh import join_directory, refresh_directory
from tocsin.directory.errors import (
    CeremonyError,
    KeyFileError,
    NotTheHubError,
    SubmissionRefusedError,
    UnknownMemberError,
)
from tocsin.directory.rules import tuf
from tocsin.directory.rules.national import file_of, sign_table
from tocsin.directory.rules.submission import LIMIT
from tocsin.journal.models import StoredEntry
from tocsin.people.errors import RightMissingError

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OFFICER = Actor(MemberId("hub"), person="p1", name="Ana Exemplu", roles=frozenset({"duty-officer"}))


def kinds() -> list[str]:
    return list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))


@pytest.fixture
def node(become: BecomeNode) -> Node:
    return become("hub")


@pytest.fixture
def hub(node: Node, tmp_path: Path) -> Hub:
    assert node.member == "hub"
    return hub_with_keys(tmp_path)


@pytest.fixture
def directory(hub: Hub) -> Hub:
    """A directory with two States, the hub and room for private members."""
    found(hub)
    return hub


class OwnRows(FetcherInterface):
    """What the hub's rows serve, to python-tuf's client."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        files = reads.published_files()
        path = url.removeprefix("https://hub.example/")
        if path not in files:
            raise DownloadHTTPError("not there", 404)
        return iter([files[path]])


def client(tmp_path: Path) -> Updater:
    """Another program's TUF client, with the first root and nothing else of ours."""
    folder = tmp_path / instant.text(true_now())
    (folder / "targets").mkdir(parents=True)
    return Updater(
        metadata_dir=str(folder),
        metadata_base_url="https://hub.example/metadata/",
        target_dir=str(folder / "targets"),
        target_base_url="https://hub.example/targets/",
        fetcher=OwnRows(),
        bootstrap=reads.published_files()["metadata/1.root.json"],
    )


def fetched(tmp_path: Path, path: str) -> bytes | None:
    updater = client(tmp_path)
    target = updater.get_targetinfo(path)
    return Path(updater.download_target(target)).read_bytes() if target else None


def pt_card(member: Member | None = None, **changes: Any) -> bytes:
    return (member or Member("pt")).card(at=true_now() - timedelta(hours=1), **changes).file


# --- The ceremony -------------------------------------------------------------------------------


@pytest.mark.usefixtures("directory")
def test_a_first_ceremony_makes_a_directory_that_another_tuf_client_takes(tmp_path: Path) -> None:
    client(tmp_path).refresh()
    assert kinds() == ["ceremony-finished", "directory-published"]
    root = tuf.read(reads.published_metadata()["root"], Root).signed
    assert {holder.member for holder in tuf.holders_of(root)} == {"hub", "ro", "pt"}
    assert (root.roles["root"].threshold, root.roles["targets"].threshold, root.consistent_snapshot) == (2, 2, True)


def test_holders_see_what_they_sign(hub: Hub) -> None:
    folder = hub.begin(Plan(**hub.first_plan(), grant=(hub.role("state-ro"),)))
    seen = ceremony.ceremony_in(folder)
    assert seen.missing == 2
    assert {change.split(" ", maxsplit=1)[1] for change in seen.changes if "holder" in change} >= {
        "becomes a root holder"
    }
    assert "2 of 3 holders decide" in seen.changes
    assert any(change.startswith("state-ro is admitted, with key ") for change in seen.changes)
    ceremony.sign_ceremony(folder, key=key_files.load_key(hub.holders["ro"]))
    after = ceremony.ceremony_in(folder)
    assert (after.signed_by, after.missing) == (("ro",), 1)


def test_one_holder_alone_decides_nothing(hub: Hub) -> None:
    with pytest.raises(CeremonyError, match="signed by 1/2 keys"):
        hub.hold(**hub.first_plan(), signers=("ro",))
    assert reads.published_metadata() == {}
    assert kinds() == []


def test_a_strangers_signature_counts_for_nothing(hub: Hub, tmp_path: Path) -> None:
    folder = hub.begin(Plan(**hub.first_plan()))
    stranger = tmp_path / "stranger.pem"
    make_key(stranger, member=MemberId("gr"))
    with pytest.raises(CeremonyError, match="no root holder's"):
        ceremony.sign_ceremony(folder, key=key_files.load_key(stranger))
    ceremony.sign_ceremony(folder, key=key_files.load_key(hub.holders["ro"]))
    forged = json.loads(next((folder / "signatures").glob("*.json")).read_text())
    forged["keyid"] = tuf.key_id(key_files.load_key(hub.holders["pt"]).public_key().public_bytes_raw())
    (folder / "signatures" / "pt.json").write_text(json.dumps(forged))
    with pytest.raises(CeremonyError, match="signed by 1/2 keys"):
        ceremony.finish(folder, by=ADMINISTRATOR, at=instant.now())


@pytest.mark.parametrize("threshold", [0, 1, 4])
def test_a_threshold_that_one_could_meet_or_nobody_is_refused(hub: Hub, threshold: int) -> None:
    with pytest.raises(CeremonyError, match="holder"):
        hub.begin(Plan(**(hub.first_plan() | {"threshold": threshold})))


def test_the_hubs_online_key_is_no_holders_key(hub: Hub) -> None:
    plan = hub.first_plan()
    with pytest.raises(CeremonyError, match="online key"):
        hub.begin(Plan(**(plan | {"online": plan["holders"][0].public})))


def test_drafts_changed_after_a_holder_signed_are_not_finished(hub: Hub) -> None:
    folder = hub.begin(Plan(**hub.first_plan()))
    for name in ("ro", "pt"):
        ceremony.sign_ceremony(folder, key=key_files.load_key(hub.holders[name]))
    draft = folder / "root.json"
    draft.write_bytes(draft.read_bytes().replace(b'"threshold":2', b'"threshold":1', 1))
    with pytest.raises(CeremonyError, match="signed by 0/"):
        ceremony.finish(folder, by=ADMINISTRATOR, at=instant.now())


def test_two_ceremonies_begun_at_once_cannot_both_be_finished(directory: Hub) -> None:
    folders = [directory.begin(Plan(grant=(directory.role(role),))) for role in ("state-gr", "state-es")]
    for folder in folders:
        for name in ("ro", "pt"):
            ceremony.sign_ceremony(folder, key=key_files.load_key(directory.holders[name]))
    ceremony.finish(folders[0], by=ADMINISTRATOR, at=instant.now())
    with pytest.raises(CeremonyError, match="does not follow the one before"):
        ceremony.finish(folders[1], by=ADMINISTRATOR, at=instant.now())


def test_a_ceremony_that_changes_nothing_is_not_begun(directory: Hub) -> None:
    with pytest.raises(CeremonyError, match="changes nothing"):
        directory.begin(Plan())
    with pytest.raises(CeremonyError, match="no role"):
        directory.begin(Plan(withdraw=("state-xx",)))
    with pytest.raises(CeremonyError, match="no role of the directory"):
        directory.begin(Plan(grant=(directory.role("everybody"),)))


def test_holders_are_replaced_by_those_before_and_those_after_together(directory: Hub, tmp_path: Path) -> None:
    for name in ("gr", "es"):
        directory.holders[name] = tmp_path / "sticks" / f"{name}.pem"
        make_key(directory.holders[name], member=MemberId(name))
    new = tuple(key_files.load_public(key_files.public_path(directory.holders[name])) for name in ("ro", "gr", "es"))
    with pytest.raises(CeremonyError, match="signed by 1/2 keys"):
        directory.hold(holders=new, signers=("gr", "es", "ro"))
    directory.hold(holders=new, signers=("ro", "pt", "gr"))
    directory.publish()
    client(tmp_path).refresh()
    root = tuf.read(reads.published_metadata()["root"], Root).signed
    assert {holder.member for holder in tuf.holders_of(root)} == {"ro", "gr", "es"}
    directory.hold(grant=(directory.role("state-gr"),), signers=("gr", "es"))
    directory.publish()
    client(tmp_path).refresh()


def test_a_new_online_key_renews_what_the_old_one_signed(directory: Hub, tmp_path: Path) -> None:
    path = key_files.own_key_path(ONLINE_KEY)
    old = path.read_bytes()
    path.unlink()
    key_files.public_path(path).unlink()
    make_key(path, member=MemberId("hub"))
    directory.hold(online=key_files.load_public(key_files.public_path(path)).public)
    directory.publish()
    client(tmp_path).refresh()
    path.write_bytes(old)
    with pytest.raises(CeremonyError, match="not the one that the root names"):
        directory.publish()


def test_who_does_not_run_the_node_finishes_no_ceremony(hub: Hub) -> None:
    folder = hub.begin(Plan(**hub.first_plan()))
    with pytest.raises(RightMissingError):
        ceremony.finish(folder, by=OFFICER, at=instant.now())


# --- Keys as files ------------------------------------------------------------------------------


def test_a_key_file_is_its_owners_alone_and_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "holder.pem"
    make_key(path, member=MemberId("ro"))
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyFileError, match="is not replaced"):
        make_key(path, member=MemberId("ro"))
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="open to other users"):
        key_files.load_key(path)
    with pytest.raises(KeyFileError, match="cannot be read"):
        key_files.load_key(tmp_path / "absent.pem")


def test_a_holders_key_may_have_a_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "holder.pem"
    make_key(path, member=MemberId("ro"), passphrase=b"correct horse")
    assert key_files.load_key(path, passphrase=b"correct horse")
    for wrong in (None, b"wrong"):
        with pytest.raises(KeyFileError, match="cannot be read as a private key"):
            key_files.load_key(path, passphrase=wrong)


def test_what_is_no_public_key_is_refused(tmp_path: Path) -> None:
    good = key_files.make_key(tmp_path / "a.pem", member=MemberId("ro")).read_bytes()
    for content in (b"", b"[]", b"{}", good.replace(b'"v":1', b'"v":2'), good.replace(b"ro", b"R!"), b"\xff"):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(KeyFileError):
            key_files.load_public(tmp_path / "bad.json")


# --- Publishing ---------------------------------------------------------------------------------


def test_only_a_node_with_a_directory_publishes_one(hub: Hub) -> None:
    with pytest.raises(NotTheHubError):
        hub.publish()


@pytest.mark.usefixtures("directory")
def test_a_hub_renews_only_what_is_about_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = instant.true_now()
    versions = []
    for hours in (0, 5, 7, 12, 24 * 4 + 1, 24 * 4 + 2):
        monkeypatch.setattr(instant, "true_now", lambda hours=hours: now + timedelta(hours=hours))
        done = renew(at=now)
        versions.append((done.snapshot, done.timestamp, done.new))
    assert versions == [(1, 1, False), (1, 1, False), (1, 2, True), (1, 2, False), (2, 3, True), (2, 3, False)]


@pytest.mark.usefixtures("directory")
def test_a_timestamp_ends_within_a_day() -> None:
    stamp = tuf.read(reads.published_metadata()["timestamp"], Timestamp).signed
    assert timedelta(0) < stamp.expires - true_now() <= DAY


def test_what_was_published_under_a_name_never_changes(directory: Hub) -> None:
    before = reads.published_files()
    directory.take("state-pt", {"cards/pt.json": pt_card()})
    after = reads.published_files()
    changed = {path for path, content in before.items() if after[path] != content}
    assert changed == {"metadata/timestamp.json"}


def test_a_repository_is_written_to_a_folder_and_switched_at_once(directory: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    write_repository(folder, reads.published_files())
    first = folder.resolve()
    assert (folder / "metadata/timestamp.json").read_bytes() == reads.published_metadata()["timestamp"]
    directory.take("state-pt", {"cards/pt.json": pt_card()})
    write_repository(folder, reads.published_files())
    assert folder.is_symlink()
    assert folder.resolve() != first
    assert not first.exists()
    assert len(list((folder / "targets/cards").iterdir())) == 1
    with pytest.raises(CeremonyError, match="is there already"):
        write_repository(tmp_path / "sticks", {})


def test_a_reader_never_meets_half_of_a_change(directory: Hub, tmp_path: Path) -> None:
    """Whatever moment a reader takes its files at, the timestamp that it finds leads to files that are there."""
    folder, pt = tmp_path / "public", Member("pt")
    for _ in range(3):
        directory.take("state-pt", {"cards/pt.json": pt_card(pt)})
        write_repository(folder, reads.published_files())
        stamp = tuf.read((folder / "metadata/timestamp.json").read_bytes(), Timestamp).signed
        snapshot = tuf.read((folder / f"metadata/{stamp.snapshot_meta.version}.snapshot.json").read_bytes(), Snapshot)
        for name, meta in snapshot.signed.meta.items():
            meta.verify_length_and_hashes((folder / f"metadata/{meta.version}.{name}").read_bytes())


# --- Submissions --------------------------------------------------------------------------------


def test_a_state_signs_its_own_card_into_the_directory(directory: Hub, tmp_path: Path) -> None:
    card = pt_card()
    directory.take("state-pt", {"cards/pt.json": card})
    assert fetched(tmp_path, "cards/pt.json") == card
    assert kinds()[-2:] == ["submission-taken", "directory-published"]


def test_a_state_may_have_more_than_one_contact_point(directory: Hub, tmp_path: Path) -> None:
    police = Member("pt-police")
    police.profile = replace(Member("pt").profile, name="Police of Portugal, invented")
    second = police.card(at=true_now() - timedelta(hours=1)).file
    directory.take("state-pt", {"cards/pt.json": pt_card(), "cards/pt-police.json": second})
    assert fetched(tmp_path, "cards/pt-police.json") == second


def _card_of_pt() -> dict[str, bytes]:
    return {"cards/pt.json": pt_card()}


def _spoil_delegations(metadata: Any) -> None:
    metadata.signed.delegations = tuf.targets_draft(None, delegations=(), hub=MemberId("hub"), at=true_now())
    metadata.signed.delegations = metadata.signed.delegations.signed.delegations


REFUSED: dict[str, tuple[Any, str]] = {
    "a stranger's signature": (
        lambda hub, files: hub.take("state-pt", files, key=Ed25519PrivateKey.generate()),
        "signed by 0/1 keys",
    ),
    "another State's key": (
        lambda hub, files: hub.take("state-pt", files, key=hub.roles["state-ro"]),
        "signed by 0/1 keys",
    ),
    "another State's card": (
        lambda hub, files: hub.take("state-ro", files),
        "cards/pt.json is not a path of this role",
    ),
    "a role that there is not": (lambda hub, files: hub.take("state-gr", files), "no such role"),
    "a version that does not follow": (
        lambda hub, files: hub.take("state-pt", files, spoil=lambda draft: setattr(draft.signed, "version", 7)),
        "does not follow",
    ),
    "a list that has ended": (lambda hub, files: hub.take("state-pt", files, at=true_now() - 400 * DAY), "has ended"),
    "a delegation of its own": (
        lambda hub, files: hub.take("state-pt", files, spoil=_spoil_delegations),
        "it delegates",
    ),
    "a list without its file": (
        lambda hub, files: hub.take("state-pt", files, files={}),
        "is neither in it nor in the directory",
    ),
    "a file that is not in the list": (
        lambda hub, files: hub.take("state-pt", files, files=files | {"cards/pt-x.json": b"{}"}),
        "is not in its list",
    ),
    "a file of another hash": (
        lambda hub, files: hub.take("state-pt", files, files={"cards/pt.json": b"{}"}),
        "cards/pt.json: ",
    ),
    "a card of another member": (
        lambda hub, _: hub.take("state-pt", {"cards/pt.json": pt_card(Member("gr"))}),
        "a card of pt was expected",
    ),
    "a card with a byte changed": (
        lambda hub, files: hub.take("state-pt", {"cards/pt.json": files["cards/pt.json"].replace(b"e", b"f", 1)}),
        "not what its member signed",
    ),
    "a card with another end of line": (
        lambda hub, files: hub.take("state-pt", {"cards/pt.json": files["cards/pt.json"][:-1] + b"\r\n"}),
        "one line feed",
    ),
    "a card from the future": (
        lambda hub, _: hub.take("state-pt", {"cards/pt.json": Member("pt").card(at=true_now() + DAY).file}),
        "future",
    ),
    "a provider's card in a State's role": (
        lambda hub, _: hub.take("state-pt", {"cards/pt.json": pt_card(Member("example-mail"))}),
        "a card of pt was expected",
    ),
    "a State's card in the private role": (
        lambda hub, files: hub.take("private", files),
        "is not signed by the role private",
    ),
    "a path with a way out": (
        lambda hub, files: hub.take("state-pt", {"cards/../pt.json": files["cards/pt.json"]}),
        "is not a path of this role",
    ),
    "a table that no card vouches for": (
        lambda hub, _: hub.take("state-pt", {"national/pt.jws": b"x"}),
        "national/pt.jws",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_faulty_submission_is_refused_and_leaves_nothing(directory: Hub, case: str) -> None:
    act, rule = REFUSED[case]
    before, entries = reads.published_files(), kinds()
    with pytest.raises(SubmissionRefusedError) as refused:
        act(directory, _card_of_pt())
    assert rule in str(refused.value)
    assert (reads.published_files(), kinds()) == (before, entries)


def test_a_card_with_an_older_serial_or_a_twin_is_refused(directory: Hub) -> None:
    pt = Member("pt")
    first = pt_card(pt)
    second = pt_card(pt)
    directory.take("state-pt", {"cards/pt.json": second})
    with pytest.raises(SubmissionRefusedError, match="serial 1; serial 2 is known"):
        directory.take("state-pt", {"cards/pt.json": first})
    twin = Member("pt", keys=pt.keys)
    twin.cards = pt.cards[:1]
    with pytest.raises(SubmissionRefusedError, match="Two different cards"):
        directory.take("state-pt", {"cards/pt.json": twin.card(at=true_now() - timedelta(minutes=9)).file})


def test_the_same_submission_again_is_refused_as_out_of_turn(directory: Hub) -> None:
    submission = directory.submission("state-pt", _card_of_pt()).written()
    submit.take_submission(submission, at=instant.now())
    with pytest.raises(SubmissionRefusedError, match="does not follow 1"):
        submit.take_submission(submission, at=instant.now())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b" {}",
        b"x" * (LIMIT + 1),
        b'{"files":{},"metadata":"","role":"state-pt","type":"submission","v":2}',
        b'{"files":[],"metadata":"","role":"state-pt","type":"submission","v":1}',
        b'{"files":{},"metadata":"!","role":"state-pt","type":"submission","v":1}',
        b'{"files":{},"metadata":"e30=","role":"state-pt","type":"submission","v":1}',
    ],
)
@pytest.mark.usefixtures("directory")
def test_what_is_no_submission_is_refused(content: bytes) -> None:
    with pytest.raises(SubmissionRefusedError):
        submit.take_submission(content, at=instant.now())


def test_a_national_table_travels_with_its_states_cards(directory: Hub, tmp_path: Path) -> None:
    pt = Member("pt")
    card = pt_card(pt)
    table = file_of(sign_table(national_payload("pt"), card=pt.cards[0].card, key=pt.keys.signing))
    directory.take("state-pt", {"cards/pt.json": card, "national/pt.jws": table})
    assert fetched(tmp_path, "national/pt.jws") == table


# --- Private members ----------------------------------------------------------------------------


@pytest.fixture
def admitting(directory: Hub) -> Hub:
    """A directory whose hub has the key that admits private members."""
    path = key_files.own_key_path(PRIVATE_ROLE_KEY)
    make_key(path, member=MemberId("hub"))
    key = key_files.load_key(path)
    directory.roles["private"] = key
    directory.hold(grant=(directory.role("private"),))
    return directory


@pytest.mark.usefixtures("admitting")
def test_a_person_at_the_hub_admits_a_private_member(tmp_path: Path) -> None:
    mail = Member("example-mail")
    card = pt_card(mail)
    with pytest.raises(SubmissionRefusedError, match="admitted by a person"):
        submit.take_private_card(card, at=instant.now())
    with pytest.raises(RightMissingError):
        submit.admit_private(card, by=OFFICER, at=instant.now())
    submit.admit_private(card, by=ADMINISTRATOR, at=instant.now())
    assert fetched(tmp_path, "cards/example-mail.json") == card


@pytest.mark.usefixtures("admitting")
def test_a_later_card_of_a_private_member_needs_a_person_only_for_a_new_sign_key(tmp_path: Path) -> None:
    mail = Member("example-mail")
    submit.admit_private(pt_card(mail), by=ADMINISTRATOR, at=instant.now())
    later = pt_card(mail, changed=replace(mail.profile, hours="Mo-Fr 08:00-16:00"))
    submit.take_private_card(later, at=instant.now())
    submit.take_private_card(later, at=instant.now())
    assert fetched(tmp_path, "cards/example-mail.json") == later
    mail.rotate_signing()
    with pytest.raises(SubmissionRefusedError, match="another sign key"):
        submit.take_private_card(pt_card(mail), at=instant.now())


def test_a_private_member_is_taken_out_again_and_no_letters_of_its_own_get_in(
    admitting: Hub, node: Node, tmp_path: Path
) -> None:
    make_key(key_files.own_key_path(ROLE_KEY), member=node.member)
    admitting.roles["hub"] = key_files.load_key(key_files.own_key_path(ROLE_KEY))
    admitting.hold(grant=(admitting.role("hub"),))
    own = card_acts.sign_own_card(by=node.administrator, at=node.at)
    submit.take_submission(submit.sign_submission(by=node.administrator, at=node.at).written(), at=node.at)
    root = reads.published_file("metadata/1.root.json")
    join_directory(root, hub_card=own.file, by=node.administrator, at=node.at)
    mail, shop = Member("example-mail"), Member("example-shop")
    for member in (mail, shop):
        submit.admit_private(pt_card(member), by=ADMINISTRATOR, at=instant.now())
    assert reads.card_of(mail.member).card.member == mail.member
    with pytest.raises(RightMissingError):
        submit.remove_private(mail.member, reason="closed", by=OFFICER, at=instant.now())
    submit.remove_private(mail.member, reason="closed", by=ADMINISTRATOR, at=instant.now())
    with pytest.raises(UnknownMemberError):
        reads.card_of(mail.member)
    assert reads.card_of(shop.member).card.member == shop.member, "nobody else is touched"
    assert fetched(tmp_path, "cards/example-shop.json") == pt_card_of(shop)
    (entry,) = StoredEntry.objects.filter(kind="member-removed")
    assert entry.about == "example-mail"
    with pytest.raises(UnknownMemberError):
        submit.remove_private(mail.member, reason="again", by=ADMINISTRATOR, at=instant.now())
    with pytest.raises(UnknownMemberError):
        submit.remove_private(MemberId("pt"), reason="a State", by=ADMINISTRATOR, at=instant.now())
    with pytest.raises(SubmissionRefusedError, match="admitted by a person"):
        submit.take_private_card(pt_card(mail), at=instant.now())
    submit.admit_private(pt_card(mail), by=ADMINISTRATOR, at=instant.now())
    assert reads.card_of(mail.member).card.serial == mail.cards[-1].card.serial


def pt_card_of(member: Member) -> bytes:
    return member.cards[-1].file


@pytest.mark.usefixtures("admitting")
def test_nobody_is_admitted_as_private_under_the_id_of_a_state() -> None:
    with pytest.raises(SubmissionRefusedError, match="is not signed by the role private"):
        submit.admit_private(pt_card(), by=ADMINISTRATOR, at=instant.now())


# --- The hub as a member of its own directory, and over HTTP ------------------------------------


def test_the_hub_signs_its_own_card_and_refreshes_from_its_own_rows(directory: Hub, node: Node) -> None:
    make_key(key_files.own_key_path(ROLE_KEY), member=node.member)
    directory.roles["hub"] = key_files.load_key(key_files.own_key_path(ROLE_KEY))
    directory.hold(grant=(directory.role("hub"),))
    own = card_acts.sign_own_card(by=node.administrator, at=node.at)
    submission = submit.sign_submission(by=node.administrator, at=node.at)
    submit.take_submission(submission.written(), at=node.at)
    directory.take("state-pt", {"cards/pt.json": pt_card()})
    join_directory(
        reads.published_files()["metadata/1.root.json"], hub_card=own.file, by=node.administrator, at=node.at
    )
    assert set(refresh_directory(at=node.at).cards) == {"hub", "pt"}
    ro = Member("ro")
    directory.take("state-ro", {"cards/ro.json": pt_card(ro)})
    assert reads.card_of(ro.member).held.signed == ro.cards[0], "known at the hub as soon as it is published"


@pytest.mark.usefixtures("directory")
def test_the_repository_is_served_over_http() -> None:
    web = Client()
    stamp = web.get("/directory/metadata/timestamp.json")
    assert (stamp.status_code, stamp["Cache-Control"]) == (200, "no-cache")
    assert stamp.content == reads.published_metadata()["timestamp"]
    same = web.get("/directory/metadata/timestamp.json", headers={"If-None-Match": stamp["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    root = web.get("/directory/metadata/1.root.json")
    assert "immutable" in root["Cache-Control"]
    absent = web.get("/directory/metadata/2.root.json")
    assert (absent.status_code, absent["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(absent.content)["code"] == "not-published"
    assert web.post("/directory/metadata/1.root.json").status_code == 405


def test_a_submission_over_http_is_taken_or_refused_with_the_reason(directory: Hub) -> None:
    web, files = Client(), _card_of_pt()
    good = directory.submission("state-pt", files).written()
    taken = web.post("/directory/submissions", data=good, content_type="application/json")
    assert (taken.status_code, taken.json()) == (200, {"files": ["cards/pt.json"], "role": "state-pt"})
    again = web.post("/directory/submissions", data=good, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (400, "submission-refused")
    card = web.post("/directory/cards", data=pt_card(), content_type="application/json")
    assert card.json()["code"] == "submission-refused"
    served = web.get("/directory/targets/" + tuf.target_file_name("cards/pt.json", _listed("state-pt")))
    assert served.content == files["cards/pt.json"]


def _listed(role: str) -> Any:
    return tuf.read(reads.published_metadata()[role], Targets).signed.targets["cards/pt.json"]


def test_a_member_signs_its_list_after_the_one_that_it_last_saw(become: BecomeNode) -> None:
    node = become("pt")
    card = card_acts.sign_own_card(by=node.administrator, at=node.at)
    with pytest.raises(KeyFileError):
        submit.sign_submission(by=node.administrator, at=node.at)
    make_key(key_files.own_key_path(ROLE_KEY), member=node.member)
    submission = submit.sign_submission(by=node.administrator, at=node.at)
    metadata = tuf.read(submission.metadata, Targets)
    assert (submission.role, metadata.signed.version) == ("state-pt", 1)
    assert submission.files == {"cards/pt.json": card.file}
    written = json.loads(submission.written())
    assert base64.b64decode(written["files"]["cards/pt.json"]) == card.file
    assert kinds() == ["card-signed", "submission-signed"]
    with pytest.raises(RightMissingError):
        submit.sign_submission(by=Actor(node.member, person="x", roles=frozenset({"auditor"})), at=node.at)
    assert this_node().member == "pt"
