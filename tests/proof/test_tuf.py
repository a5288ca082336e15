"""The directory's signatures, with python-tuf and securesystemslib as the other implementation."""

import pytest
from hypothesis import given
from securesystemslib.formats import encode_canonical
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization.json import CanonicalJSONSerializer

from tests.proof.bundles import story
from tests.proof.test_canonical import values
from tocsin.proof.canonical import Json, parse_strict
from tocsin.proof.errors import AlteredError, CanonicalError
from tocsin.proof.tuf import olpc_canonical, parse_metadata

ROOT = story().bundle.files["directory/1.root.json"]


@given(values)
def test_the_canonical_form_is_that_of_securesystemslib(value: Json) -> None:
    theirs = encode_canonical(value)
    assert theirs is not None
    assert olpc_canonical(value) == theirs.encode()


def test_what_is_signed_is_what_python_tuf_signs() -> None:
    metadata: Metadata[Root] = Metadata.from_bytes(ROOT)
    signed = parse_metadata(ROOT, kind="root", thing="root").signed.members
    assert olpc_canonical(signed) == CanonicalJSONSerializer().serialize(metadata.signed)


def test_half_a_surrogate_pair_has_no_canonical_form() -> None:
    with pytest.raises(CanonicalError):
        olpc_canonical("\ud800")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"signed":{},"signatures":[]}', ROOT.replace(b'"root"', b'"targets"', 1), ROOT + b"{}"],
)
def test_what_is_no_root_is_accused(content: bytes) -> None:
    with pytest.raises(AlteredError):
        parse_metadata(content, kind="root", thing="root")


def test_a_signature_in_another_spelling_is_accused() -> None:
    whole = parse_strict(ROOT)
    assert isinstance(whole, dict)
    signatures = whole["signatures"]
    assert isinstance(signatures, list)
    first = signatures[0]
    assert isinstance(first, dict)
    text = str(first["sig"])
    with pytest.raises(AlteredError, match="lower-case hexadecimal"):
        parse_metadata(ROOT.replace(text.encode(), text.upper().encode()), kind="root", thing="root")
