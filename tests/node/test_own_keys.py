"""Rotation on real key files: nobody is cut off, nothing of the past is lost, and a kill at any step is mended."""

import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.conftest import AsNode
from tests.journal.examples import record_looks
from tests.node.test_config import GOOD
from tocsin.base import instant, this_node
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.directory import own, reads
from tocsin.directory.acts import cards, rotate
from tocsin.directory.errors import KeyNotAnnouncedError
from tocsin.directory.rules.card import SignedCard, Use
from tocsin.directory.rules.card_form import raw_key
from tocsin.directory.rules.own_card import LEAD, OVERLAP, key_in_use, publics_of
from tocsin.evidence.acts.keys import own_identity, recipient_of
from tocsin.evidence.streams import seal, unseal
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.journal.acts.checkpoint import consistency_since
from tocsin.journal.models import StoredEntry
from tocsin.journal.rules.place import seen_in
from tocsin.node import certificate, keys, wiring
from tocsin.node.checks import check_keys_on_card
from tocsin.node.config import config_of, save
from tocsin.node.errors import KeyFileError
from tocsin.node.own_keys import KeyFiles
from tocsin.proof.checkpoint import open_checkpoint
from tocsin.proof.note import SIGNER, VerifierKey

pytestmark = pytest.mark.django_db

ADMINISTRATOR = Actor(MemberId("ro"), person="p2", name="Ion Exemplu", roles=frozenset({"administrator"}))


@dataclass
class Node:
    """RO's node with files on the disk; ``restart`` is what a new process would find there."""

    home: Path

    def restart(self) -> None:
        certificate.settle(self.home)
        this_node.become(wiring.node_of(config_of(GOOD | {"phone": "+44 20 7946 0123"}, home=self.home)))

    @property
    def card(self) -> SignedCard:
        found = reads.own_card()
        assert found is not None
        return found

    def rotate(self, what: str, **how: Any) -> SignedCard:
        at = instant.now()
        if what == rotate.TLS:
            return rotate.rotate_certificate(by=ADMINISTRATOR, at=at, **how)
        return rotate.rotate_key(Use(what), by=ADMINISTRATOR, at=at, **how)

    def announce(self, what: str) -> SignedCard:
        at = instant.now()
        if what == rotate.TLS:
            return rotate.announce_certificate(by=ADMINISTRATOR, at=at)
        return rotate.announce_key(Use(what), by=ADMINISTRATOR, at=at)

    def in_use(self, what: str) -> str:
        """What the files hold: a public key, or a certificate."""
        return certificate.pem_of(self.home) if what == rotate.TLS else publics_of(keys.load_keys(self.home))[Use(what)]

    def named_first(self, what: str) -> str:
        """What the card says is in use."""
        return self.card.card.tls[0] if what == rotate.TLS else key_in_use(self.card.card, Use(what)).public

    def named(self, what: str) -> set[str]:
        """All that the card names for it."""
        card = self.card.card
        return set(card.tls) if what == rotate.TLS else {key.public for key in card.keys if key.use == what}


@pytest.fixture
def node(as_node: AsNode) -> Iterator[Node]:
    home = as_node("ro").home
    keys.make_keys(home)
    certificate.make_certificate(home, endpoint=GOOD["endpoint"], at=instant.true_now())
    save(config_of(GOOD | {"phone": "+44 20 7946 0123"}, home=home))
    own.use(profile=wiring.card_profile, keys=KeyFiles())
    made = Node(home)
    made.restart()
    cards.sign_own_card(by=ADMINISTRATOR, at=instant.now())
    yield made
    own._own = own._Own()


def entries() -> list[dict[str, Any]]:
    rows = StoredEntry.objects.filter(kind="key-rotated").order_by("index")
    return [dict(journal_reads.opening_of(row.index).event) for row in rows]  # type: ignore[arg-type]


VERIFIED = ["sign", "journal", "witness", "tls"]
OPENING = ["seal", "age"]


# --- Announced, then used -----------------------------------------------------------------------


@pytest.mark.parametrize("what", VERIFIED)
def test_what_others_verify_is_on_the_card_before_it_is_used(node: Node, what: str) -> None:
    old = node.in_use(what)
    announced = node.announce(what)
    assert node.in_use(what) == node.named_first(what) == old
    assert len(node.named(what)) == 2
    assert node.announce(what) == announced, "a second announcement changes nothing"
    (coming,) = node.named(what) - {old}
    node.restart()
    node.rotate(what, now=True)
    assert node.in_use(what) == node.named_first(what) == coming
    assert node.named(what) == {old, coming}, "the old one stays, for what it signed and for who is slow"
    (entry,) = entries()
    assert (entry["use"], entry["serial"], entry["revoked"]) == (what, node.card.card.serial, False)


@pytest.mark.parametrize("what", VERIFIED)
def test_what_others_may_not_know_yet_is_not_used_unless_somebody_cannot_wait(
    node: Node, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = node.in_use(what)
    with pytest.raises(KeyNotAnnouncedError, match="announce it"):
        node.rotate(what)
    node.announce(what)
    with pytest.raises(KeyNotAnnouncedError, match="come back after"):
        node.rotate(what)
    assert (node.in_use(what), entries()) == (old, [])
    later = instant.true_now() + LEAD
    monkeypatch.setattr(instant, "true_now", lambda: later)
    node.rotate(what)
    assert node.in_use(what) != old


@pytest.mark.parametrize("what", OPENING)
def test_what_opens_is_replaced_at_once_and_the_old_one_stays_on_the_card_as_retired(node: Node, what: str) -> None:
    old = node.in_use(what)
    node.rotate(what)
    assert node.in_use(what) == node.named_first(what) != old
    (retired,) = [key for key in node.card.card.keys if key.public == old]
    assert retired.until is not None


@pytest.mark.parametrize("what", [*VERIFIED, *OPENING])
def test_what_was_stolen_is_off_the_card_with_what_was_announced_beside_it(node: Node, what: str) -> None:
    old = node.in_use(what)
    if what in VERIFIED:
        node.announce(what)
    before = node.named(what)
    node.rotate(what, revoke=True)
    assert old in before
    assert not node.named(what) & before
    assert node.named(what) == {node.in_use(what)}
    assert entries()[-1]["revoked"] is True
    node.restart()


def test_the_key_that_signs_is_not_kept_after_it_was_replaced_and_those_that_open_are(node: Node) -> None:
    for what in (*VERIFIED[:3], *OPENING):
        node.rotate(what, revoke=True)
    kept = sorted(path.name.split("-")[0] + "".join(path.suffixes) for path in (node.home / "keys" / "older").iterdir())
    assert kept == ["age.txt", "journal.pub.pem", "sealing.pem", "signing.pub.pem", "witness.pub.pem"]
    for path in (node.home / "keys" / "older").glob("*.pub.pem"):
        serialization.load_pem_public_key(path.read_bytes())


# --- A kill at any step -------------------------------------------------------------------------


class Killed(BaseException):
    """The process is no more."""


def killed_before_step(number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let the process end before its ``number``-th change of a file's name or its ``number``-th row of a card."""
    done = 0

    def counted(true: Callable[..., Any]) -> Callable[..., Any]:
        def step(*values: Any, **named: Any) -> Any:
            nonlocal done
            if done == number:
                raise Killed
            done += 1
            return true(*values, **named)

        return step

    for name in ("replace", "rename", "link", "rmdir"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    for module, name in ((cards, "sign_card"), (rotate, "record")):
        monkeypatch.setattr(module, name, counted(getattr(module, name)))
    return lambda: done


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("revoke", [False, True])
@pytest.mark.parametrize("what", [*VERIFIED, *OPENING])
def test_a_rotation_that_is_killed_before_any_step_leaves_a_node_that_works_and_is_finished_by_the_same_command(
    node: Node, what: str, *, revoke: bool
) -> None:
    how = {"revoke": True} if revoke else {"now": True}
    killed, step = True, 0
    while killed:
        old = node.in_use(what)
        before = node.named(what)
        with pytest.MonkeyPatch.context() as patch:
            steps = killed_before_step(step, patch)
            try:
                node.rotate(what, **how)
                killed = False
            except Killed:
                assert steps() == step
        node.restart()
        certificate.load_certificate(node.home)
        if killed:
            if what in VERIFIED and not revoke:
                assert node.in_use(what) in node.named(what), "what is used now is on the card already"
            node.rotate(what, **how)
            node.restart()
        assert node.in_use(what) == node.named_first(what) != old
        assert not revoke or not node.named(what) & before
        assert check_keys_on_card(node.home) == []
        step += 1
    assert len(entries()) == step, "each rotation is in the journal once, however often it was begun"
    assert step > 3


@pytest.mark.django_db(transaction=True)
def test_an_announcement_that_is_killed_before_any_step_is_made_good(node: Node) -> None:
    for what in ("journal", "tls"):
        for step in range(8):
            with pytest.MonkeyPatch.context() as patch:
                killed_before_step(step, patch)
                try:
                    node.announce(what)
                    break
                except Killed:
                    node.restart()
        else:
            raise AssertionError("it never came to its end")
        assert len(node.named(what)) == 2


def test_keys_that_are_not_those_of_the_card_are_named(node: Node) -> None:
    assert check_keys_on_card(node.home) == []
    keys.rotate_key(node.home, "sealing")
    node.restart()
    (found,) = check_keys_on_card(node.home)
    assert found.id == "tocsin.W013"
    assert "seal" in found.msg
    cards.sign_own_card(by=ADMINISTRATOR, at=instant.now())
    assert check_keys_on_card(node.home) == []


# --- What was signed and sealed before ----------------------------------------------------------


def log_keys(card: SignedCard) -> list[VerifierKey]:
    raws = [raw_key(key.use, key.public) for key in card.card.keys if key.use is Use.JOURNAL]
    return [VerifierKey(card.card.journal.name, SIGNER, raw) for raw in raws]


@pytest.mark.parametrize("revoke", [False, True])
def test_checkpoints_of_before_and_after_are_one_journal(node: Node, *, revoke: bool) -> None:
    record_looks(3)
    before, known = journal.checkpoint(at=instant.now()), node.card
    node.rotate("journal", **({"revoke": True} if revoke else {"now": True}))
    node.restart()
    record_looks(3)
    after = journal.checkpoint(at=instant.now())
    assert before.verifier != after.verifier
    assert [open_checkpoint(before.note, logs=log_keys(known)).log.text()] == [before.verifier]
    assert open_checkpoint(after.note, logs=log_keys(node.card)).checkpoint.size == after.size
    named = {key.text() for key in log_keys(node.card)}
    assert (before.verifier in named) is not revoke
    assert entries()[-1]["use"] == "journal", "the change is an entry of the journal itself"
    assert journal.audit_journal(at=instant.now()).findings == []
    assert consistency_since(before.size, size=after.size)


def test_a_witness_is_still_believed_what_an_older_key_of_ours_signed(node: Node) -> None:
    record_looks(2)
    seen = journal.checkpoint(at=instant.now())
    node.rotate("journal", revoke=True)
    node.restart()
    ours = [key for key in journal_reads.verifiers() if key.text() == seen.verifier]
    assert seen_in(seen.note, who="pt", ours=ours).size == seen.size
    held = this_node.this_node().keys.older_journal
    assert [VerifierKey(seen.log.origin, SIGNER, raw).text() for raw in held] == [seen.verifier]


def test_evidence_encrypted_before_the_rotation_still_opens(node: Node) -> None:
    sealed: list[bytes] = []
    for _ in range(3):
        target = BytesIO()
        recipient = recipient_of("ro", at=instant.now())
        seal(BytesIO(b"lines of a log"), target, recipient=recipient)
        sealed.append(target.getvalue())
        node.rotate("age")
        node.restart()
    for content in sealed:
        clear = BytesIO()
        unseal(BytesIO(content), clear, identity=own_identity(), name="log.csv")
        assert clear.getvalue() == b"lines of a log"


# --- TLS ----------------------------------------------------------------------------------------


def test_the_replaced_certificate_leaves_the_card_an_hour_later(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    old = node.in_use("tls")
    node.rotate("tls", now=True)
    assert node.named("tls") == {old, node.in_use("tls")}
    later = instant.true_now() + OVERLAP
    monkeypatch.setattr(instant, "true_now", lambda: later)
    cards.sign_own_card(by=ADMINISTRATOR, at=instant.now())
    assert node.named("tls") == {node.in_use("tls")}


def test_a_certificate_that_nobody_announced_is_not_taken(node: Node) -> None:
    old = node.in_use("tls")
    with pytest.raises(KeyFileError, match="holds no certificate that was announced"):
        certificate.rotate_certificate(node.home, at=instant.true_now())
    assert node.in_use("tls") == old


def test_the_next_certificate_is_for_the_same_endpoint_and_its_key_is_closed_to_others(node: Node) -> None:
    node.announce("tls")
    coming = x509.load_pem_x509_certificate((node.home / "tls" / "next" / "certificate.pem").read_bytes())
    assert coming.subject == certificate.load_certificate(node.home).subject
    assert (node.home / "tls" / "next" / "key.pem").stat().st_mode & 0o077 == 0
    node.rotate("tls", now=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate_path(node.home), certificate.key_path(node.home))
    left = sorted(path.name.split("-")[0] for path in (node.home / "tls").iterdir())
    assert left == ["certificate.pem", "key.pem", "replaced"]
    assert timedelta(0) < certificate.load_certificate(node.home).not_valid_after_utc - instant.true_now()
