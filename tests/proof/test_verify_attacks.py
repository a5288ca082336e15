"""What a forger who holds some of the keys would try, each time against the whole verifier."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Metadata, Root, TargetFile, Targets

from tests.proof.bundles import (
    SEALED,
    START,
    THREAD,
    Bundle,
    Member,
    directory_of,
    minute,
    path_of,
    raw,
    sha,
    story,
    text,
    unpadded,
)
from tests.proof.test_verify import accused, texts
from tocsin.proof.bundle import Erased, ListedCard, StatedBy
from tocsin.proof.canonical import canonical
from tocsin.proof.findings import Finding, Kind
from tocsin.proof.jws import CUSTODY, LETTER, RECEIPT, kid_of, sign_jws
from tocsin.proof.lines import base64_of
from tocsin.proof.verify import is_good, verify

RO_CARD = "directory/cards/ro.1.json"


def payload(jws: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(unpadded(jws))
    return read


def resigned(jws: bytes, changed: dict[str, Any], *, typ: str, key: Ed25519PrivateKey) -> bytes:
    """The same thing with fields changed, signed again."""
    return sign_jws(payload(jws) | changed, typ=typ, key=key)


def with_files(bundle: Bundle, files: dict[str, bytes], **lists: Any) -> Bundle:
    return replace(bundle, files=bundle.files | files).reindexed(**lists)


def checked(bundle: Bundle, directory: Path, *anchors: str) -> list[Finding]:
    return verify(bundle.write(directory), anchors=anchors or [bundle.anchor])


# --- Letters ------------------------------------------------------------------------------------

LETTER_5 = "letters/005.jws"
"""The last letter of pt: nothing comes after it that names its hash but a receipt."""


def last_letter(
    given: dict[str, Any] | None = None, *, key: Ed25519PrivateKey | None = None, **changed: Any
) -> Callable[[Bundle], Bundle]:
    """The last letter signed anew, without ro's receipt for the old one."""

    def change(bundle: Bundle) -> Bundle:
        letter = resigned(bundle.files[LETTER_5], (given or {}) | changed, typ=LETTER, key=key or story().pt.signing)
        receipts = tuple(path for path in bundle.index.receipts if path != "receipts/005.jws")
        return with_files(bundle, {LETTER_5: letter}, receipts=receipts)

    return change


def other_header(**header: Any) -> Callable[[Bundle], Bundle]:
    def change(bundle: Bundle) -> Bundle:
        made = story()
        head = {"alg": "Ed25519", "kid": kid_of(raw(made.pt.signing)), "typ": LETTER} | header
        body = bundle.files[LETTER_5].split(b".")[1]
        signed = encoded(canonical(head)) + b"." + body
        return with_files(bundle, {LETTER_5: signed + b"." + encoded(made.pt.signing.sign(signed))}, receipts=())

    return change


def encoded(content: bytes) -> bytes:
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - only here

    return urlsafe_b64encode(content).rstrip(b"=")


STRANGER = Ed25519PrivateKey.generate()

LETTER_ATTACKS: dict[str, tuple[Callable[[Bundle], Bundle], set[str], str]] = {
    "a stranger's key": (last_letter(key=STRANGER), {LETTER_5}, "made with the key"),
    "another member's key": (
        last_letter(key=story().ro.signing),
        {LETTER_5},
        "made with the key",
    ),
    "a member of whom there is no card": (last_letter({"from": "fr"}), {LETTER_5}, "holds no card"),
    "written before the key was good": (
        last_letter(written=text(START - timedelta(days=60))),
        {LETTER_5},
        "does not name for",
    ),
    "no type": (last_letter(type="note"), {LETTER_5}, "type is not 'letter'"),
    "another version": (last_letter(v=2), {LETTER_5}, "v is not 1"),
    "a version that is true": (last_letter(v=True), {LETTER_5}, "v is not 1"),
    "an instant without a zone": (last_letter(written="2026-11-24T03:00:00.000"), {LETTER_5}, "no time zone"),
    "a year that nobody means": (last_letter(written="0001-01-01T00:00:00.000Z"), {LETTER_5}, "no year"),
    "a shift of a thousand years": (
        last_letter(exercise={"shift_seconds": 10**12}),
        {LETTER_5},
        "names no shift",
    ),
    "a place that is another letter's": (last_letter(seq=2), {LETTER_5, "letters"}, "a second letter 2 of pt"),
    "a gap": (last_letter(seq=4), {"letters"}, "letter 3 of pt is missing"),
    "place nought": (last_letter(seq=0), {LETTER_5, "letters"}, "a second letter 0 of pt"),
    "another letter before it": (last_letter(prev="0" * 64), {LETTER_5}, "does not name the letter before it"),
    "no letter before it": (last_letter(prev=None), {LETTER_5}, "does not name the letter before it"),
    "a letter seen that is not there": (last_letter(seen="0" * 64), {"letters"}, "which is missing"),
    "its own letter seen": (
        lambda bundle: last_letter(seen=sha(bundle.files["letters/002.jws"]))(bundle),
        {LETTER_5},
        "not written to it",
    ),
    "signed with nothing": (other_header(alg="none"), {LETTER_5}, "its header"),
    "another algorithm": (other_header(alg="HS256"), {LETTER_5}, "its header"),
    "a key brought along": (other_header(jwk={"kty": "OKP"}), {LETTER_5}, "its header"),
    "critical extensions": (other_header(crit=["b64"], b64=False), {LETTER_5}, "its header"),
    "another type": (other_header(typ="tocsin-ticket+jws"), {LETTER_5}, "its header"),
    "another key's name": (other_header(kid="0" * 16), {LETTER_5}, "made with the key"),
}


@pytest.mark.parametrize(("change", "expected", "rule"), LETTER_ATTACKS.values(), ids=LETTER_ATTACKS.keys())
def test_a_false_letter_is_accused(
    change: Callable[[Bundle], Bundle], expected: set[str], rule: str, tmp_path: Path
) -> None:
    findings = checked(change(story().bundle), tmp_path)
    assert accused(findings) <= expected | {"evidence/1/sealed/001.age"}
    assert accused(findings) & expected
    assert rule in texts(findings, Kind.ALTERED)


def test_an_exercise_and_a_stale_directory_are_said(tmp_path: Path) -> None:
    change = last_letter(
        exercise={"shift_seconds": -86_400},
        written=text(minute(8) - timedelta(days=1)),
        directory={"source": "tuf", "stale_since": text(START)},
    )
    findings = checked(change(story().bundle), tmp_path)
    assert is_good(findings)
    said = texts(findings, Kind.ESTABLISHED)
    assert "It is an exercise: that clock was shifted by -86400 seconds." in said
    assert "had not been renewed since 2026-11-24 03:00:00.000 UTC" in said


def test_the_chain_holds_over_an_erased_letter(tmp_path: Path) -> None:
    bundle = story().bundle
    gone = Erased("pt", "ro", THREAD, 1, "acknowledge", sha(bundle.files["letters/002.jws"]))
    letters = tuple(path for path in bundle.index.letters if path != "letters/002.jws")
    findings = checked(bundle.reindexed(letters=letters, erased=(gone,)), tmp_path / "erased")
    assert is_good(findings), accused(findings)
    assert "Letter 1 of pt (acknowledge) was erased under a retention rule" in texts(findings, Kind.NOTE)
    assert "letter 1 of pt (acknowledge) was stored by the node" in texts(findings, Kind.ESTABLISHED)
    pretended = bundle.reindexed(letters=letters, erased=(replace(gone, sha256="1" * 64),))
    assert not is_good(checked(pretended, tmp_path / "pretended"))


def test_a_request_that_the_bundle_holds_nothing_of_is_noticed(tmp_path: Path) -> None:
    other = replace(story().bundle, index=replace(story().bundle.index, thread="another"))
    assert accused(checked(other, tmp_path)) == {"bundle.json"}


# --- Receipts and journals ----------------------------------------------------------------------

RECEIPT_1 = "receipts/001.jws"


def first_receipt(**changed: Any) -> Callable[[Bundle], Bundle]:
    def change(bundle: Bundle) -> Bundle:
        receipt = resigned(bundle.files[RECEIPT_1], changed, typ=RECEIPT, key=story().pt.signing)
        return with_files(bundle, {RECEIPT_1: receipt})

    return change


def with_event(**changed: Any) -> Callable[[Bundle], Bundle]:
    def change(bundle: Bundle) -> Bundle:
        entry = payload(bundle.files[RECEIPT_1])["entry"]
        return first_receipt(entry=entry | {"event": entry["event"] | changed})(bundle)

    return change


def of_receipt(path: str, *names: str) -> Callable[[Bundle], Bundle]:
    """Take fields of another receipt over into the first one."""

    def change(bundle: Bundle) -> Bundle:
        other = payload(bundle.files[path])
        return first_receipt(**{name: other[name] for name in names})(bundle)

    return change


RECEIPT_ATTACKS: dict[str, tuple[Callable[[Bundle], Bundle], set[str], str]] = {
    "by the sender himself": (
        lambda bundle: with_files(
            bundle,
            {RECEIPT_1: resigned(bundle.files[RECEIPT_1], {"from": "ro"}, typ=RECEIPT, key=story().ro.signing)},
        ),
        {RECEIPT_1},
        "ro is not the addressee",
    ),
    "for another sender": (first_receipt(to="hub"), {RECEIPT_1}, "is not the addressee"),
    "a stage that there is not": (first_receipt(stage="read"), {RECEIPT_1}, "stage is unknown"),
    "another stage than the entry": (first_receipt(stage="accepted"), {RECEIPT_1}, "kind is not"),
    "another instant than the entry": (first_receipt(at=text(minute(7))), {RECEIPT_1}, "at is not"),
    "a letter that is missing": (first_receipt(letter_sha256="0" * 64), {"letters"}, "which is missing"),
    "another letter than the entry": (of_receipt("receipts/004.jws", "letter_sha256", "letter"), {RECEIPT_1}, "is not"),
    "the entry of another receipt": (of_receipt("receipts/004.jws", "entry"), {RECEIPT_1}, "another root"),
    "the proof of another entry": (of_receipt("receipts/004.jws", "proof"), {RECEIPT_1}, "proof"),
    "the journal of another member": (of_receipt("receipts/002.jws", "entry", "proof"), {RECEIPT_1}, "known key"),
    "an event made up": (with_event(kind="letter-accepted"), {RECEIPT_1}, "another root"),
    "a salt of another size": (first_receipt(entry={"salt": "AAAA", "event": {}}), {RECEIPT_1}, "32 bytes"),
}


@pytest.mark.parametrize(("change", "expected", "rule"), RECEIPT_ATTACKS.values(), ids=RECEIPT_ATTACKS.keys())
def test_a_false_receipt_is_accused(
    change: Callable[[Bundle], Bundle], expected: set[str], rule: str, tmp_path: Path
) -> None:
    findings = checked(change(story().bundle), tmp_path)
    assert accused(findings) == expected
    assert rule in texts(findings, Kind.ALTERED)


def test_two_histories_of_one_journal_are_accused(tmp_path: Path) -> None:
    made, fork = story(), Member("ro", "fork")
    fork.log.key = made.ro.journal_key
    for _ in range(6):
        fork.record("something-else", START)
    forked = with_files(
        made.bundle,
        {"journal/002.checkpoint": fork.log.checkpoint(6)},
        checkpoints=("journal/001.checkpoint", "journal/002.checkpoint"),
    )
    findings = checked(forked, tmp_path)
    assert "journal/002.checkpoint" in accused(findings)
    assert "ro.example/journal signed two histories of 6 entries" in texts(findings, Kind.ALTERED)


def test_an_entry_that_names_a_missing_letter_betrays_that_it_was_left_out(tmp_path: Path) -> None:
    made = story()
    ro, size = made.ro, made.ro.log.frontier.size
    opened = ro.record("letter-sent", minute(21), letter="ro-9", letter_sha256="9" * 64)
    opening = ro.opening(*opened, ro.log.checkpoint(size + 1), size + 1)
    ro.log.rewind(size)
    path = "journal/009.opening.json"
    bundle = with_files(made.bundle, {path: opening}, openings=(*made.bundle.index.openings, path))
    findings = checked(bundle, tmp_path)
    assert accused(findings) == {"letters"}
    assert "9" * 64 in texts(findings, Kind.ALTERED)


def test_an_entry_of_somebody_else_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    opening = json.loads(bundle.files["journal/001.opening.json"])
    claimed = with_files(bundle, {"journal/001.opening.json": canonical(opening | {"member": "pt"})})
    assert accused(checked(claimed, tmp_path)) == {"journal/001.opening.json"}


def test_a_growth_that_is_none_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    growth = json.loads(bundle.files["journal/001.consistency.json"])
    changes: list[dict[str, Any]] = [
        {"proof": growth["proof"][:-1]},
        {"proof": []},
        {"old": growth["new"], "new": growth["old"]},
        {"old": bundle.files["journal/001.checkpoint"].decode()},
    ]
    for change in changes:
        changed = with_files(bundle, {"journal/001.consistency.json": canonical(growth | change)})
        assert accused(checked(changed, tmp_path)) == {"journal/001.consistency.json"}


# --- Cards --------------------------------------------------------------------------------------


def unstated(bundle: Bundle) -> Bundle:
    """The bundle of members who know each other by voice alone."""
    return bundle.reindexed(cards=tuple(ListedCard(one.path, one.member) for one in bundle.index.cards), roots=())


def fingerprint(card: bytes) -> str:
    return sha(unpadded(json.loads(card)["card"].encode()))


def test_a_card_may_be_the_anchor_by_any_of_its_hashes(tmp_path: Path) -> None:
    bundle = unstated(story().bundle)
    card = bundle.files[RO_CARD]
    for anchor in (fingerprint(card), sha(json.loads(card)["card"].encode()), sha(card), fingerprint(card).upper()):
        findings = checked(bundle, tmp_path, anchor)
        assert "The card of ro (Example point of Romania" in texts(findings, Kind.ESTABLISHED)
        assert "it is the one that you brought" in texts(findings, Kind.ESTABLISHED)


def test_a_card_that_nothing_vouches_for_is_accused_and_its_letters_prove_nothing(tmp_path: Path) -> None:
    bundle = unstated(story().bundle)
    findings = checked(bundle, tmp_path, fingerprint(bundle.files[RO_CARD]))
    others = {f"directory/cards/{member}.1.json" for member in ("pt", "hub", "example-mail")}
    assert accused(findings) == others
    said = texts(findings, Kind.ESTABLISHED)
    assert "Letter 1 of ro" in said
    assert "Letter 1 of pt" not in said
    assert "the keys of pt are not known" in texts(findings, Kind.NOT_CHECKED)


def test_the_cards_of_all_as_anchors_are_enough(tmp_path: Path) -> None:
    bundle = unstated(story().bundle)
    anchors = [fingerprint(bundle.files[card.path]) for card in bundle.index.cards]
    assert is_good(checked(bundle, tmp_path, *anchors))


def confirmed_by(member: Member, *cards: bytes, by_hash: Callable[[bytes], str]) -> dict[str, bytes]:
    """Openings of entries in which a member's journal records that it confirmed these cards by voice."""
    entries = [
        member.record("card-confirmed", START, member=payload(card_jws(card))["member"], serial=1, sha256=by_hash(card))
        for card in cards
    ]
    size = member.log.frontier.size
    return {
        f"journal/1{n:02}.opening.json": member.opening(*entry, member.log.checkpoint(size), size)
        for n, entry in enumerate(entries)
    }


def card_jws(card: bytes) -> bytes:
    compact: str = json.loads(card)["card"]
    return compact.encode()


@pytest.mark.parametrize(
    "by_hash", [lambda card: sha(card_jws(card)), fingerprint], ids=["of the JWS", "of the payload"]
)
def test_a_card_confirmed_by_voice_is_vouched_for_by_the_journal_that_says_so(
    by_hash: Callable[[bytes], str], tmp_path: Path
) -> None:
    """Two contact points without any hub: the court of one brings its own card's fingerprint alone."""
    made = story()
    pt, hub, mail = (made.bundle.files[f"directory/cards/{name}.1.json"] for name in ("pt", "hub", "example-mail"))
    size = made.ro.log.frontier.size
    try:
        openings = confirmed_by(made.ro, pt, hub, mail, by_hash=by_hash)
    finally:
        made.ro.log.rewind(size)
    bundle = with_files(unstated(made.bundle), openings, openings=(*made.bundle.index.openings, *openings), roots=())
    findings = checked(bundle, tmp_path, fingerprint(bundle.files[RO_CARD]))
    assert is_good(findings), accused(findings)
    assert "ro (Example point of Romania) confirmed it by voice, as its journal records at place 6" in texts(
        findings, Kind.ESTABLISHED
    )


def test_a_confirmation_that_its_journal_does_not_hold_vouches_for_nothing(tmp_path: Path) -> None:
    made = story()
    pt = made.bundle.files["directory/cards/pt.1.json"]
    liar = Member("ro", "liar")
    liar.log.key = Ed25519PrivateKey.generate()
    openings = confirmed_by(liar, pt, by_hash=fingerprint)
    bundle = with_files(unstated(made.bundle), openings, openings=tuple(openings))
    findings = checked(bundle, tmp_path, fingerprint(bundle.files[RO_CARD]))
    assert {"directory/cards/pt.1.json", *openings} <= accused(findings)


def later_cards(*, same_key: bool, serial: int = 2) -> tuple[Bundle, str]:
    """The story with a second card of ro, signed by its first key."""
    made = story()
    key = made.ro.signing if same_key else Ed25519PrivateKey.generate()
    named = payload(card_jws(made.bundle.files[RO_CARD]))["keys"]
    if not same_key:
        named = [*named, {**named[0], "kid": kid_of(raw(key)), "public": base64_of(raw(key))}]
    second = made.ro.card(serial=serial, issued=START - timedelta(days=2), keys=named)
    path = "directory/cards/ro.2.json"
    return with_files(made.bundle, {path: second}, cards=(*made.bundle.index.cards, ListedCard(path, "ro"))), path


def test_a_later_card_with_the_same_signing_keys_follows_from_the_first(tmp_path: Path) -> None:
    bundle, path = later_cards(same_key=True)
    findings = checked(bundle, tmp_path)
    assert is_good(findings)
    assert any("serial 1 and names no new signing key" in one.text for one in findings if one.thing == path)


def test_a_later_card_with_a_new_signing_key_needs_a_new_confirmation(tmp_path: Path) -> None:
    bundle, path = later_cards(same_key=False)
    assert accused(checked(bundle, tmp_path)) == {path}


def test_an_older_card_does_not_follow_from_a_later_one(tmp_path: Path) -> None:
    bundle, path = later_cards(same_key=True, serial=0)
    assert accused(checked(bundle, tmp_path)) == {path}


def test_a_key_that_a_later_card_left_out_signs_nothing_afterwards(tmp_path: Path) -> None:
    made = story()
    ro, new = Member("ro", "Rotating"), Ed25519PrivateKey.generate()
    old = ro.signing
    first = ro.card()
    ro.signing = new
    second = ro.card(serial=2, issued=START + timedelta(minutes=5))
    cards = {"directory/cards/ro.1.json": first, "directory/cards/ro.2.json": second}
    ro.signing = old
    letters = [ro.write(made.hub, "ask", minute(after)) for after in (0, 10)]
    files = cards | {"letters/001.jws": letters[0], "letters/002.jws": letters[1]}
    bundle = with_files(
        made.bundle,
        files,
        cards=tuple(ListedCard(path, "ro") for path in cards),
        roots=(),
        letters=("letters/001.jws", "letters/002.jws"),
        receipts=(), openings=(), checkpoints=(), consistency=(), packages=(), stamps=(),
    )  # fmt: skip
    findings = checked(bundle, tmp_path, *(fingerprint(card) for card in cards.values()))
    assert accused(findings) == {"letters/002.jws"}
    assert "serial 2" in texts(findings, Kind.ALTERED)


def test_a_card_not_signed_by_its_own_key_is_accused(tmp_path: Path) -> None:
    made = story()
    impostor = Member("ro", "impostor")
    honest = payload(card_jws(made.bundle.files[RO_CARD]))
    forged = impostor.card(keys=honest["keys"])
    assert accused(checked(with_files(made.bundle, {RO_CARD: forged}), tmp_path)) == {RO_CARD}


# --- The directory ------------------------------------------------------------------------------


def of_directory(change: Callable[[dict[str, Any]], None], **lists: Any) -> Bundle:
    """The story under a directory whose keys the test holds, after ``change`` has worked on it."""
    made = story()
    cards = {one.member: made.bundle.files[one.path] for one in made.bundle.index.cards}
    directory = directory_of(cards)
    change({"directory": directory, "cards": cards})
    listed = tuple(ListedCard(one.path, one.member, directory.cards[one.member]) for one in made.bundle.index.cards)
    bundle = with_files(made.bundle, directory.files, cards=listed, **lists)
    return replace(bundle, anchor=sha(directory.files["directory/1.root.json"]))


def state(directory: Any, role: str, path: str, content: bytes) -> None:
    """Let a role state a file, with its own key."""
    targets = Targets(4, expires=START + timedelta(days=365), targets={path: TargetFile.from_data(path, content)})
    directory.files[f"directory/4.{role}.json"] = written(Metadata(targets), directory.signers[role])


def written(metadata: Metadata[Any], *signers: CryptoSigner) -> bytes:
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def signed_again(directory: Any, path: str, change: Callable[[Any], None], *signers: CryptoSigner) -> None:
    metadata: Metadata[Any] = Metadata.from_bytes(directory.files[path])
    change(metadata.signed)
    metadata.signatures.clear()
    directory.files[path] = written(metadata, *signers)


def private_speaks_for_a_state(given: dict[str, Any]) -> None:
    directory = given["directory"]
    state(directory, "private", path_of("ro"), given["cards"]["ro"])
    directory.cards["ro"] = StatedBy(2, "directory/5.targets.json", (("private", "directory/4.private.json"),))


def private_speaks_for_a_state_that_has_no_role(given: dict[str, Any]) -> None:
    directory = given["directory"]

    def drop(targets: Any) -> None:
        del targets.delegations.roles["state-ro"]

    signed_again(directory, "directory/5.targets.json", drop, directory.top)
    private_speaks_for_a_state(given)


def state_speaks_for_another(given: dict[str, Any]) -> None:
    directory = given["directory"]
    state(directory, "state-ro", path_of("pt"), given["cards"]["pt"])
    directory.cards["pt"] = StatedBy(2, "directory/5.targets.json", (("state-ro", "directory/4.state-ro.json"),))


def a_state_is_given_private_paths(given: dict[str, Any]) -> None:
    directory = given["directory"]

    def widen(targets: Any) -> None:
        roles = targets.delegations.roles
        roles["state-ro"] = DelegatedRole(
            "state-ro", roles["state-ro"].keyids, 1, True, ["cards/ro.json", "cards/hub.json"]
        )

    signed_again(directory, "directory/5.targets.json", widen, directory.top)
    state(directory, "state-ro", path_of("hub"), given["cards"]["hub"])
    directory.cards["hub"] = StatedBy(2, "directory/5.targets.json", (("state-ro", "directory/4.state-ro.json"),))


def stranger_signs_targets(given: dict[str, Any]) -> None:
    signed_again(given["directory"], "directory/5.targets.json", lambda _targets: None, CryptoSigner.generate_ed25519())


def stranger_signs_a_role(given: dict[str, Any]) -> None:
    signed_again(
        given["directory"], "directory/3.state-ro.json", lambda _targets: None, CryptoSigner.generate_ed25519()
    )


def one_of_two_signs_the_root(given: dict[str, Any]) -> None:
    directory = given["directory"]
    signed_again(directory, "directory/2.root.json", lambda _root: None, directory.keepers[1])


def new_keepers_alone_sign_the_root(given: dict[str, Any]) -> None:
    directory = given["directory"]

    def take_over(root: Root) -> None:
        root.roles["root"].keyids = [keeper.public_key.keyid for keeper in directory.keepers[2:]]

    signed_again(directory, "directory/2.root.json", take_over, *directory.keepers[2:])


def old_keepers_alone_sign_the_root(given: dict[str, Any]) -> None:
    directory = given["directory"]
    stranger = CryptoSigner.generate_ed25519()

    def hand_over(root: Root) -> None:
        root.keys[stranger.public_key.keyid] = stranger.public_key
        root.roles["root"].keyids = [stranger.public_key.keyid]
        root.roles["root"].threshold = 1

    signed_again(directory, "directory/2.root.json", hand_over, *directory.keepers[:3])


def one_key_under_two_names(given: dict[str, Any]) -> None:
    """A threshold of two met by one key that is named twice."""
    directory = given["directory"]
    path = "directory/2.root.json"
    whole = json.loads(directory.files[path])
    signer = directory.keepers[1]
    keyid, key = signer.public_key.keyid, whole["signed"]["keys"][signer.public_key.keyid]
    whole["signed"]["keys"]["alias"] = key
    whole["signed"]["roles"]["root"]["keyids"] = [keyid, "alias"]
    from tocsin.proof.tuf import olpc_canonical  # noqa: PLC0415 - to sign what python-tuf would not

    signed = olpc_canonical(whole["signed"])
    signatures = {keeper.public_key.keyid: keeper.sign(signed).signature for keeper in directory.keepers[:3]}
    signatures["alias"] = signatures[keyid]
    del signatures[directory.keepers[2].public_key.keyid]
    whole["signatures"] = [{"keyid": name, "sig": signature} for name, signature in signatures.items()]
    directory.files[path] = json.dumps(whole).encode()


def version_is_skipped(given: dict[str, Any]) -> None:
    directory = given["directory"]

    def skip(root: Root) -> None:
        root.version = 3

    signed_again(directory, "directory/2.root.json", skip, *directory.keepers)


def root_in_place_of_targets(given: dict[str, Any]) -> None:
    directory = given["directory"]
    directory.files["directory/5.targets.json"] = directory.files["directory/2.root.json"]


def key_signs_twice(given: dict[str, Any]) -> None:
    directory = given["directory"]
    whole = json.loads(directory.files["directory/2.root.json"])
    whole["signatures"].append(whole["signatures"][0])
    directory.files["directory/2.root.json"] = json.dumps(whole).encode()


CARD_PT, CARD_HUB = "directory/cards/pt.1.json", "directory/cards/hub.1.json"
DIRECTORY_ATTACKS: dict[str, tuple[Callable[[dict[str, Any]], None], set[str], str]] = {
    "the private role speaks for a State": (
        private_speaks_for_a_state, {"directory/4.private.json"}, "not for the role private but for state-ro"),
    "the private role speaks for a State without a role": (
        private_speaks_for_a_state_that_has_no_role, {RO_CARD}, "the role private may not speak for ro"),
    "one State speaks for another": (
        state_speaks_for_another, {"directory/4.state-ro.json"}, "not for the role state-ro but for state-pt"),
    "a State speaks for the hub": (a_state_is_given_private_paths, {CARD_HUB}, "may not speak for hub"),
    "a stranger signs targets": (
        stranger_signs_targets, {"directory/5.targets.json"}, "signed by 0 keys of targets where 1 are needed"),
    "a stranger signs a State's file": (
        stranger_signs_a_role, {"directory/3.state-ro.json"}, "signed by 0 keys of state-ro"),
    "one of two signs the root": (
        one_of_two_signs_the_root, {"directory/2.root.json"}, "signed by 1 keys of root where 2 are needed"),
    "the new holders alone sign the root": (
        new_keepers_alone_sign_the_root, {"directory/2.root.json"}, "signed by 1 keys of root where 2 are needed"),
    "the old holders alone sign the root": (
        old_keepers_alone_sign_the_root, {"directory/2.root.json"}, "signed by 0 keys of root where 1 are needed"),
    "one key under two names": (one_key_under_two_names, {"directory/2.root.json"}, "signed by 1 keys of root"),
    "a root is skipped": (version_is_skipped, {"directory/2.root.json"}, "root 3 does not follow root 1"),
    "a root in the place of targets": (root_in_place_of_targets, {"directory/5.targets.json"}, "_type is not"),
    "a key signs twice": (key_signs_twice, {"directory/2.root.json"}, "one key signed twice"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected", "rule"), DIRECTORY_ATTACKS.values(), ids=DIRECTORY_ATTACKS.keys())
def test_a_false_directory_is_accused(
    change: Callable[[dict[str, Any]], None], expected: set[str], rule: str, tmp_path: Path
) -> None:
    findings = checked(of_directory(change), tmp_path)
    assert accused(findings) == expected
    assert rule in texts(findings, Kind.ALTERED)


def test_an_honest_directory_is_not_accused(tmp_path: Path) -> None:
    assert is_good(checked(of_directory(lambda _given: None), tmp_path))


def test_a_card_stated_under_an_older_root_than_the_anchor_is_not_vouched_for(tmp_path: Path) -> None:
    def under_the_first_root(given: dict[str, Any]) -> None:
        stated = given["directory"].cards["ro"]
        given["directory"].cards["ro"] = replace(stated, root=1)

    bundle = of_directory(under_the_first_root)
    assert is_good(checked(bundle, tmp_path / "first"))
    second = sha(bundle.files["directory/2.root.json"])
    assert accused(checked(bundle, tmp_path / "second", second)) == {RO_CARD}


# --- Evidence and time --------------------------------------------------------------------------

CUSTODY_PATHS = [f"evidence/1/custody/{n:02}.jws" for n in range(1, 7)]


def custody(*changes: tuple[int, str, dict[str, Any]]) -> Callable[[Bundle], Bundle]:
    """Events signed again by somebody, and every later one linked to them anew."""

    def change(bundle: Bundle) -> Bundle:
        made, files, before = story(), dict[str, bytes](), None
        members = {"ro": made.ro, "pt": made.pt, "example-mail": made.mail, "hub": made.hub}
        wanted = {number: (by, changed) for number, by, changed in changes}
        for number, path in enumerate(CUSTODY_PATHS, 1):
            old = payload(bundle.files[path])
            by, changed = wanted.get(number, (old["member"], {}))
            new = old | {"prev": sha(before) if before else None, "member": by} | changed
            before = files[path] = sign_jws(new, typ=CUSTODY, key=members[by].signing)
        return with_files(bundle, files)

    return change


CUSTODY_ATTACKS: dict[str, tuple[Callable[[Bundle], Bundle], int, str]] = {
    "a stranger writes": (custody((6, "hub", {})), 6, "hub writes of a package that ro holds"),
    "somebody else receives": (custody((3, "hub", {})), 3, "hub received what was handed to pt"),
    "received without a hand-over": (custody((2, "example-mail", {"event": "opened"})), 3, "handed to nobody"),
    "handed over to oneself": (custody((2, "example-mail", {"to": "example-mail"})), 2, "names another member"),
    "handed over to nobody": (custody((2, "example-mail", {"to": None})), 2, "names another member"),
    "made again": (custody((6, "ro", {"event": "made"})), 6, "a package is made once"),
    "never made": (custody((1, "example-mail", {"event": "opened"})), 1, "a package is made once"),
    "an event that there is not": (custody((6, "ro", {"event": "copied"})), 6, "is not an event of custody"),
    "a number left out": (custody((6, "ro", {"seq": 7})), 6, "does not follow event 5"),
    "another event before it": (custody((6, "ro", {"prev": "0" * 64})), 6, "does not follow event 5"),
    "an exercise in a real chain": (custody((6, "ro", {"exercise": {"shift_seconds": 0}})), 6, "is of an exercise and"),
    "an exercise without a shift": (custody((6, "ro", {"exercise": {}})), 6, "names no shift in seconds"),
    "nothing said of an exercise": (custody((6, "ro", {"exercise": ""})), 6, "object"),
    "a shift that hides when it was": (
        custody((6, "ro", {"exercise": {"shift_seconds": 10**9}})),
        6,
        "does not name for",
    ),
    "before the key was good": (custody((6, "ro", {"at": "2020-01-01T00:00:00.000Z"})), 6, "does not name for"),
}


@pytest.mark.parametrize(("change", "number", "rule"), CUSTODY_ATTACKS.values(), ids=CUSTODY_ATTACKS.keys())
def test_a_break_in_the_chain_of_custody_is_accused(
    change: Callable[[Bundle], Bundle], number: int, rule: str, tmp_path: Path
) -> None:
    findings = checked(change(story().bundle), tmp_path)
    assert accused(findings) == {CUSTODY_PATHS[number - 1]}
    assert rule in texts(findings, Kind.ALTERED)


def test_an_honest_chain_of_custody_made_the_same_way_is_good(tmp_path: Path) -> None:
    assert is_good(checked(custody()(story().bundle), tmp_path))


MANIFEST = "evidence/1/manifest.json"


def test_another_manifest_than_the_custody_names_is_accused_and_its_files_are_not(tmp_path: Path) -> None:
    bundle = story().bundle
    manifest = json.loads(bundle.files[MANIFEST])
    manifest["files"][0]["sha256"] = "0" * 64
    findings = checked(with_files(bundle, {MANIFEST: canonical(manifest)}), tmp_path)
    assert accused(findings) == {MANIFEST}


def test_a_package_without_custody_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    package = replace(bundle.index.packages[0], custody=())
    findings = checked(bundle.reindexed(packages=(package,)), tmp_path)
    assert accused(findings) == {MANIFEST}
    assert "no event of custody at all" in texts(findings, Kind.ALTERED)


def test_a_file_that_is_not_in_the_clear_is_named_with_the_hash_to_check(tmp_path: Path) -> None:
    bundle = story().bundle
    package = replace(bundle.index.packages[0], files=bundle.index.packages[0].files[1:])
    findings = checked(bundle.reindexed(packages=(package,)), tmp_path)
    assert is_good(findings)
    (missing,) = [one for one in findings if one.kind is Kind.NOT_CHECKED and one.thing == MANIFEST]
    assert "'mailbox.mbox'" in missing.text
    assert sha(bundle.files["evidence/1/files/001"]) in missing.command


def test_a_file_that_the_manifest_does_not_name_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    package = bundle.index.packages[0]
    renamed = replace(package, files=(("other.txt", "evidence/1/files/001"), package.files[1]))
    assert accused(checked(bundle.reindexed(packages=(renamed,)), tmp_path)) == {"evidence/1/files/001"}


def test_a_sealed_file_that_no_letter_carried_is_accused(tmp_path: Path) -> None:
    bundle = with_files(story().bundle, {"evidence/1/sealed/001.age": SEALED + b"more"})
    findings = checked(bundle, tmp_path)
    assert accused(findings) == {"evidence/1/sealed/001.age"}
    assert "no letter of this bundle carried" in texts(findings, Kind.ALTERED)


def test_a_time_stamp_over_something_else_is_accused(tmp_path: Path) -> None:
    stamp = replace(story().bundle.index.stamps[0], over="letters/001.jws")
    findings = checked(story().bundle.reindexed(stamps=(stamp,)), tmp_path)
    assert accused(findings) == {"time/001.tsr"}


def test_a_bare_token_and_its_authority_stand_in_the_command(tmp_path: Path) -> None:
    bundle = story().bundle
    stamp = replace(bundle.index.stamps[0], path="time/001.tst", authority="time/authority.pem")
    files = {"time/001.tst": bundle.files["time/001.tsr"], "time/authority.pem": b"a certificate"}
    findings = checked(with_files(bundle, files, stamps=(stamp,)), tmp_path)
    assert is_good(findings)
    assert [one.command for one in findings if one.thing == "time/001.tst"] == [
        "openssl ts -verify -data journal/001.checkpoint -in time/001.tst -token_in -CAfile time/authority.pem"
    ]
