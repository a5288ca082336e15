"""Signed notes: the published examples, and everything that is not one."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import base64_of, bytes_of
from tocsin.proof.note import (
    MAX_SIGNATURES,
    SIGNER,
    WITNESS,
    Note,
    Signature,
    VerifierKey,
    cosign_text,
    open_note,
    parse_note,
    sign_text,
)

# The vector of the specification's own example (c2sp.org/signed-note).
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# Keys and signatures as they stand in the tests of golang.org/x/mod/sumdb/note (BSD-3-Clause).
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def vkey(text: str) -> VerifierKey:
    return VerifierKey.parse(text)


def verifier(key: Ed25519PrivateKey, name: str, kind: int = SIGNER) -> VerifierKey:
    return VerifierKey(name, kind, key.public_key().public_bytes_raw())


def test_the_specifications_example_verifies() -> None:
    note = open_note(FOO_NOTE.encode(), [vkey(FOO)])
    assert note.text == "This is an example message.\n"
    assert [signed.key.name for signed in note.by] == ["example.com/foo"]


@pytest.mark.parametrize(
    "text", [FOO, PETER, ENOCH, "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"]
)
def test_a_verifier_key_is_written_as_it_was_read(text: str) -> None:
    assert vkey(text).text() == text


def test_a_part_of_a_verifier_key_is_none() -> None:
    for start in range(len(PETER)):
        for end in range(start + 1, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                with pytest.raises(AlteredError):
                    vkey(PETER[start:end])


def test_a_verifier_key_with_one_character_changed_is_none() -> None:
    for at, character in enumerate(PETER):
        with pytest.raises(AlteredError):
            vkey(PETER[:at] + chr(ord(character) + 1) + PETER[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, right key ID
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown kind, right key ID
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
    ],
)
def test_a_verifier_key_of_another_form_is_none(text: str) -> None:
    with pytest.raises(AlteredError):
        vkey(text)


def test_what_we_sign_is_what_another_implementation_signs() -> None:
    # Go's private form is PRIVATE+KEY+<name>+<key ID>+<base64 of kind and seed>.
    seed = bytes_of("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", thing="seed")[1:]
    signature = sign_text(TEXT, name="PeterNeumann", key=Ed25519PrivateKey.from_private_bytes(seed))
    assert Note(TEXT, (signature,)).written() == (TEXT + "\n" + PETER_LINE).encode()


def test_lines_of_unknown_keys_are_ignored() -> None:
    written = (TEXT + "\n" + PETER_LINE + ENOCH_LINE).encode()
    assert [signed.key.name for signed in open_note(written, [vkey(PETER)]).by] == ["PeterNeumann"]
    assert [signed.key.name for signed in open_note(written, [vkey(ENOCH), vkey(PETER)]).by] == [
        "PeterNeumann",
        "EnochRoot",
    ]


def test_a_repeated_line_counts_once() -> None:
    written = (TEXT + "\n" + PETER_LINE * 3).encode()
    assert len(open_note(written, [vkey(PETER)]).by) == 1


def test_a_known_key_whose_line_fails_spoils_the_note() -> None:
    broken = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    for lines in (broken, PETER_LINE + broken, ENOCH_LINE + broken):
        with pytest.raises(AlteredError, match="PeterNeumann does not verify"):
            open_note((TEXT + "\n" + lines).encode(), [vkey(PETER), vkey(ENOCH)])


@pytest.mark.parametrize("keys", [[], [FOO]])
def test_a_note_that_no_known_key_signed_is_refused(keys: list[str]) -> None:
    with pytest.raises(AlteredError, match="no known key"):
        open_note((TEXT + "\n" + PETER_LINE).encode(), [vkey(key) for key in keys])


def test_a_key_of_that_name_with_another_id_is_another_key() -> None:
    with pytest.raises(AlteredError, match="no known key"):
        open_note((TEXT + "\n" + PETER_LINE).encode(), [verifier(KEY, "PeterNeumann")])


MALFORMED = {
    "no signatures": TEXT,
    "an empty line and no signatures": TEXT + "\n",
    "no newline at the end": TEXT + "\n" + PETER_LINE[:-1],
    "a control character": "\x01" + TEXT + "\n" + PETER_LINE,
    "a tab": "a\tb\n\n" + PETER_LINE,
    "a carriage return": TEXT.replace("\n", "\r\n") + "\n" + PETER_LINE,
    "a name with a space": TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Bad Name"),
    "a name with a no-break space": TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Bad\u00a0Name"),
    "a name with a plus": TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Bad+Name"),
    "no name": TEXT + "\n" + PETER_LINE.replace("PeterNeumann", ""),
    "a line that is no signature": TEXT + "\n" + PETER_LINE + "Unexpected line.\n",
    "an empty line after the signatures": TEXT + "\n" + PETER_LINE + "\n",
    "a hyphen for the dash": TEXT + "\n" + PETER_LINE.replace("—", "-"),
    "not base64": TEXT + "\n— PeterNeumann !!!!\n",
    "no base64": TEXT + "\n— PeterNeumann \n",
    "nothing after the name": TEXT + "\n— PeterNeumann\n",
    "a key ID and no signature": TEXT + "\n— PeterNeumann x08gow==\n",
    "base64 with stray bits": TEXT + "\n" + PETER_LINE.replace("nAM=", "nAN="),
    "a space after the base64": TEXT + "\n" + PETER_LINE.replace("=\n", "= \n"),
    "no empty line": TEXT + PETER_LINE,
    "too many signatures": TEXT + "\n" + PETER_LINE * (MAX_SIGNATURES + 1),
    "too large": "a" * 1_000_000 + "\n\n" + PETER_LINE,
    "nothing": "",
}


@pytest.mark.parametrize("written", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_note_is_refused(written: str) -> None:
    with pytest.raises(AlteredError):
        open_note(written.encode(), [vkey(PETER)])


def test_a_note_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(AlteredError, match="UTF-8"):
        open_note(b"\xff" + (TEXT + "\n" + PETER_LINE).encode(), [vkey(PETER)])


def test_as_many_signatures_as_allowed_are_accepted() -> None:
    lines = [sign_text(TEXT, name=f"signer{n}.example", key=KEY) for n in range(MAX_SIGNATURES)]
    assert len(open_note(Note(TEXT, tuple(lines)).written(), [verifier(KEY, "signer99.example")]).by) == 1


def test_the_last_empty_line_parts_text_and_signatures() -> None:
    text = "one\n\n— not.example a signature\n\ntwo\n"
    written = Note(text, (sign_text(text, name="a.example", key=KEY),)).written()
    assert open_note(written, [verifier(KEY, "a.example")]).text == text


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=60).map(
    lambda text: text + "\n"
)


@settings(max_examples=50)
@given(texts, st.integers(0))
def test_a_note_with_any_bit_flipped_is_refused(text: str, bit: int) -> None:
    key = verifier(KEY, "signer.example/key")
    written = Note(text, (sign_text(text, name=key.name, key=KEY),)).written()
    assert open_note(written, [key]).text == text
    changed = bytearray(written)
    changed[bit // 8 % len(written)] ^= 1 << bit % 8
    with pytest.raises(AlteredError):
        open_note(bytes(changed), [key])


# --- Cosignatures -------------------------------------------------------------------------------


def test_a_cosignature_states_its_time() -> None:
    witness = verifier(KEY, "witness.example", WITNESS)
    signature = cosign_text(TEXT, name=witness.name, key=KEY, seconds=1_727_964_367)
    assert len(signature.key_id + signature.signature) == 76
    (signed,) = open_note(Note(TEXT, (signature,)).written(), [witness]).by
    assert (signed.key, signed.seconds) == (witness, 1_727_964_367)


def test_the_signed_bytes_of_a_cosignature_are_those_of_the_specification() -> None:
    signature = cosign_text("a\n1\nb\n", name="w.example", key=KEY, seconds=5)
    KEY.public_key().verify(signature.signature[8:], b"cosignature/v1\ntime 5\na\n1\nb\n")
    assert signature.signature[:8] == b"\0\0\0\0\0\0\0\5"


def test_a_cosignature_with_another_time_is_refused() -> None:
    witness = verifier(KEY, "witness.example", WITNESS)
    good = cosign_text(TEXT, name=witness.name, key=KEY, seconds=1_700_000_000)
    later = Signature(good.name, good.key_id, (1_700_000_001).to_bytes(8, "big") + good.signature[8:])
    with pytest.raises(AlteredError, match="does not verify"):
        open_note(Note(TEXT, (later,)).written(), [witness])


def test_a_signature_is_no_cosignature_and_the_other_way_round() -> None:
    signer, witness = verifier(KEY, "a.example"), verifier(KEY, "a.example", WITNESS)
    assert signer.key_id != witness.key_id
    signed = sign_text(TEXT, name="a.example", key=KEY)
    passed_off = Signature(signed.name, witness.key_id, bytes(8) + signed.signature)
    with pytest.raises(AlteredError, match="does not verify"):
        open_note(Note(TEXT, (passed_off,)).written(), [witness])
    with pytest.raises(AlteredError, match="no known key"):
        open_note(Note(TEXT, (signed,)).written(), [witness])


@pytest.mark.parametrize("blob", [b"", b"\0", bytes(8), bytes(71), bytes(73)])
def test_a_cosignature_of_another_length_is_refused(blob: bytes) -> None:
    witness = verifier(KEY, "a.example", WITNESS)
    line = f"— a.example {base64_of(witness.key_id + blob)}\n"
    with pytest.raises(AlteredError):
        open_note((TEXT + "\n" + line).encode(), [witness])


def test_a_cosignature_needs_a_time() -> None:
    with pytest.raises(ValueError, match="time"):
        cosign_text(TEXT, name="a.example", key=KEY, seconds=0)


def test_text_that_cannot_be_a_note_is_not_signed() -> None:
    for text in ("no newline", "a\ttab\n", ""):
        with pytest.raises(ValueError, match="newline"):
            sign_text(text, name="a.example", key=KEY)
    with pytest.raises(ValueError, match="name"):
        sign_text(TEXT, name="a b", key=KEY)


def test_signatures_are_added_once() -> None:
    first = sign_text(TEXT, name="a.example", key=KEY)
    second = sign_text(TEXT, name="b.example", key=OTHER)
    note = Note(TEXT, (first,)).with_signatures([second, first])
    assert note.signatures == (first, second)
    assert parse_note(note.written()) == note
