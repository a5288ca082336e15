"""Proof bundles where things went wrong before: letters erased, a log lost and gone on, cards renewed without a hub."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

import tests.offices
from tests.evidence.scene import Scene
from tests.evidence.test_bundle import checked, confirmed_by_voice, fingerprints
from tests.offices import Offices, console, member_named
from tocsin.base import instant
from tocsin.base.this_node import become, this_node
from tocsin.directory.entries import CardSigned
from tocsin.directory.models import OwnCard
from tocsin.directory.rules.card import SignedCard, Use, sign_card
from tocsin.directory.rules.own_card import next_card, publics_of
from tocsin.evidence.acts.bundle import write_bundle
from tocsin.journal import acts as journal
from tocsin.journal.acts import record
from tocsin.journal.rules.place import Seen
from tocsin.requests.acts.look import look_at_request
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules.letters import Close
from tocsin.retention import own
from tocsin.retention.acts.erase import erase_request
from tocsin.retention.rules.policy import Policy


def closed(scene: Scene) -> None:
    scene.held_by_ro()
    write_letter(scene.hand_over, Close(), by=scene.ioana, at=scene.later())
    scene.carry()
    scene.offices.be("ro")


# --- Erased letters -----------------------------------------------------------------------------


def test_a_bundle_of_an_erased_request_is_good_and_says_what_was_erased(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(scene)
    monkeypatch.setattr(own._own, "policy", lambda: Policy(days=0, source="Law 1/2026 of Example"))
    carmen = scene.offices.person("ro", "Carmen Caz", "case-officer")
    erase_request(scene.hand_over, by=carmen, at=scene.later())
    made = write_bundle(scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later())
    code, said = checked(made.path, *fingerprints("ro", "pt"))
    assert code == 0, said
    assert said.count("was erased under a retention rule; its hash stays") == 4
    assert "each names the one before it by its hash" in said
    assert "signed that letter 1 of ro (ask) was stored by the node" in said
    assert list(made.path.glob("letters/*")) == []
    page = (made.path / "pages/index.html").read_text()
    assert "erased" in page
    for word in ("example.user", "RO-55", "mailbox.mbox"):
        assert all(word.encode() not in path.read_bytes() for path in made.path.rglob("*") if path.is_file()), word


# --- A log that was lost and goes on ------------------------------------------------------------


def test_a_bundle_of_a_node_whose_log_was_lost_and_goes_on_is_good(
    offices: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tests.offices, "know", confirmed_by_voice)
    scene = Scene.set(offices, at=instant.true_now())
    scene.held_by_ro()
    card = lose_and_go_on(scene, "ro.example/journal-2")
    look_at_request(scene.hand_over, reason="after the loss", by=scene.ioana, at=scene.later())
    made = write_bundle(scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later())
    assert made.card_sha256 == card.sha256
    code, said = checked(made.path, card.sha256)
    assert code == 0, said
    assert "The journal ro.example/journal-2 signed its state" in said
    assert "ro.example/journal at place" in said


def lose_and_go_on(scene: Scene, origin: str) -> SignedCard:
    """A witness has seen more of ro's log than is here; ro goes on under a new origin, and its card says so."""
    at = scene.later()
    old = journal.checkpoint(at=at)
    seen = Seen(this_node().origin, old.size + 5, bytes(32), "pt")
    assert journal.compare_with_witnesses([seen], at=at) == seen
    journal.begin_new_origin(origin, fetched_back=0, by=console(), at=at)
    office = scene.offices.be("ro")
    office.node = replace(office.node, origin=origin)
    become(office.node)
    return renewed(scene.offices)


def renewed(offices: Offices, *, revoked: frozenset[str] = frozenset()) -> SignedCard:
    """ro signs its next card, with the keys and the log that it has now."""
    offices.be("ro")
    someone, node, at = member_named("ro"), this_node(), instant.true_now()
    draft = next_card(
        someone.profile,
        member=node.member,
        origin=node.origin,
        publics=publics_of(node.keys),
        before=someone.last,
        revoked=revoked,
        issued=at,
    )
    signed = sign_card(draft, key=node.keys.signing)
    with transaction.atomic():
        OwnCard.objects.create(serial=draft.serial, sha256=signed.sha256, jws=signed.jws, issued=at)
        kids = tuple(key.kid for key in draft.keys)
        record(CardSigned(draft.serial, signed.sha256, kids, tuple(sorted(revoked))), by=console(), at=at)
    return signed


# --- Cards renewed without a hub ----------------------------------------------------------------


def an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was signed in the scene, a minute ahead each time, lies in the past now."""
    real = instant.true_now
    monkeypatch.setattr(instant, "true_now", lambda: real() + timedelta(hours=1))


def test_an_old_signature_verifies_by_the_history_of_ones_own_cards(
    offices: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tests.offices, "know", confirmed_by_voice)
    scene = Scene.set(offices, at=instant.true_now())
    scene.held_by_ro()
    an_hour_later(monkeypatch)
    office, old = offices.be("ro"), member_named("ro").cards[-1]
    kid = next(key.kid for key in old.card.keys if key.use is Use.SIGN)
    office.node = replace(office.node, keys=replace(office.node.keys, signing=Ed25519PrivateKey.generate()))
    new = renewed(offices, revoked=frozenset({kid}))
    assert kid not in {key.kid for key in new.card.keys}
    made = write_bundle(scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later())
    assert made.card_sha256 == new.sha256
    code, said = checked(made.path, new.sha256)
    assert code == 0, said
    assert "vouched for: its own journal records that it signed it, at place" in said
    assert "Letter 1 of ro (Invented point ro)" in said
    code, said = checked(made.path, old.sha256)
    assert code == 1, "who brings the card with the key that was revoked is told of the other"


def test_a_card_that_the_members_own_journal_does_not_record_is_not_its_own(
    offices: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tests.offices, "know", confirmed_by_voice)
    scene = Scene.set(offices, at=instant.true_now())
    scene.held_by_ro()
    an_hour_later(monkeypatch)
    office, old = offices.be("ro"), member_named("ro").cards[-1]
    kid = next(key.kid for key in old.card.keys if key.use is Use.SIGN)
    office.node = replace(office.node, keys=replace(office.node.keys, signing=Ed25519PrivateKey.generate()))
    new = renewed(offices, revoked=frozenset({kid}))
    monkeypatch.setattr("tocsin.evidence.acts.vouching.SIGNED", "card-never-signed")
    made = write_bundle(scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later())
    code, said = checked(made.path, new.sha256)
    assert code == 1
    assert "Nothing that you brought vouches for the card of ro (Invented point ro, serial 1" in said
