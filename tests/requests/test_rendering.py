"""One order, two letters: neither by type nor by value does the provider get what is not for him."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.network import START, THREAD, key_of
from tests.requests.said import ask
from tests.tables import shared
from tocsin.base.ids import InstrumentId, LetterId, MemberId
from tocsin.base.jose import OpeningKey, opening_key, sealing_key
from tocsin.law.instrument import instrument, instruments
from tocsin.law.rendering import fields_kept_from_addressee
from tocsin.proof.canonical import canonical
from tocsin.requests.errors import OtherInstrumentError, WrongReaderError
from tocsin.requests.rules.rendering import (
    FOR_AUTHORITY,
    ForAuthority,
    ForProvider,
    Order,
    order_of,
    render_for_authority,
    render_for_provider,
    to_authority,
    to_provider,
)
from tocsin.wire.errors import LetterFieldError
from tocsin.wire.rules.letter import CardSource, DirectoryNote, Letter, LetterKind, UnsignedLetter, Writer
from tocsin.wire.rules.seal import open_part, sign_letter

EPOC = instrument("eev-epoc")
PROVIDER, AUTHORITY = MemberId("example-mail"), MemberId("ie-enforcing")
AUTHORITY_KEY = X25519PrivateKey.from_private_bytes(b"a" * 32)
PROVIDER_KEY = X25519PrivateKey.from_private_bytes(b"p" * 32)


def keys(private: X25519PrivateKey) -> dict[str, OpeningKey]:
    key = opening_key(private)
    return {key.kid: key}


def a_letter(to: MemberId, *, of: InstrumentId = EPOC.id) -> UnsignedLetter:
    return UnsignedLetter(
        id=LetterId("8f2d1a4e-4b1f-4d55-9d0e-2f6f2b9a7c11"),
        kind=LetterKind.ASK,
        thread=THREAD,
        sender=MemberId("ro"),
        addressee=to,
        seq=1,
        prev=None,
        seen=None,
        written=START,
        by=Writer(name="Ioana Exemplu", role="duty-officer"),
        instrument=of,
        directory=DirectoryNote(source=CardSource.TUF),
    )


def whole_form() -> dict[str, Any]:
    """Every field of the form, each with a value that stands nowhere else."""
    return {each.id: f"<<value of {each.id}>>" for each in EPOC.form.fields}


def an_order(form: Mapping[str, Any] | None = None) -> Order:
    return order_of(EPOC, whole_form() if form is None else form, salt=b"s" * 32)


def provider_letter(order: Order) -> Letter:
    rendering = render_for_provider(order, reader=PROVIDER)
    return sign_letter(to_provider(a_letter(PROVIDER), ask(), rendering), key=key_of(MemberId("ro")))


def authority_letter(order: Order) -> Letter:
    key = sealing_key(AUTHORITY_KEY.public_key().public_bytes_raw())
    rendering = render_for_authority(order, reader=AUTHORITY, key=key)
    return sign_letter(to_authority(a_letter(AUTHORITY), ask(), rendering), key=key_of(MemberId("ro")))


def content_of(letter: Letter) -> bytes:
    """Everything that a letter tells its reader, before it is sealed to him."""
    return canonical({"body": dict(letter.body), "parts": [[p.name, p.commitment, p.sealed] for p in letter.parts]})


# --- by value ---------------------------------------------------------------------------------------


def test_no_value_that_is_for_the_authority_only_stands_in_the_providers_letter() -> None:
    told = content_of(provider_letter(an_order()))
    kept = fields_kept_from_addressee(EPOC)
    assert kept, "an EPOC keeps section M from its addressee"
    for each in EPOC.form.fields:
        value = f"<<value of {each.id}>>".encode()
        assert (value in told) is (each.id not in kept), each.id
        assert (each.id.encode() in told) or each.id in kept


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_nothing_that_is_kept_back_changes_what_the_provider_gets_but_the_commitment(data: st.DataObject) -> None:
    kept = sorted(fields_kept_from_addressee(EPOC))
    secrets = data.draw(st.dictionaries(st.sampled_from(kept), st.text(min_size=1, max_size=40)))
    plain = {name: value for name, value in whole_form().items() if name not in kept}
    letter, other = provider_letter(an_order({**plain, **secrets})), provider_letter(an_order(plain))
    assert letter.body == other.body
    assert [(part.name, part.sealed) for part in letter.parts] == [(part.name, part.sealed) for part in other.parts]
    assert (letter.parts[0].commitment == other.parts[0].commitment) is (not secrets)


def test_the_authority_reads_the_whole_and_both_letters_are_of_one_order() -> None:
    order = an_order()
    mine, his = authority_letter(order), provider_letter(order)
    opened = open_part(mine.parts[0], keys=keys(AUTHORITY_KEY))
    assert {**dict(opened.content), **shown(mine)} == whole_form()
    assert mine.body == his.body
    assert mine.parts[0].commitment == his.parts[0].commitment


def shown(letter: Letter) -> dict[str, Any]:
    form = letter.body["form"]
    assert isinstance(form, dict)
    return form


def test_the_provider_cannot_open_the_part_even_with_the_authoritys_letter_in_his_hands() -> None:
    order = an_order()
    with pytest.raises(LetterFieldError):
        open_part(provider_letter(order).parts[0], keys=keys(PROVIDER_KEY))
    with pytest.raises(Exception, match="not a key of this node"):
        open_part(authority_letter(order).parts[0], keys=keys(PROVIDER_KEY))


def test_nobody_learns_who_else_was_addressed() -> None:
    order = an_order()
    assert AUTHORITY.encode() not in content_of(provider_letter(order))
    assert PROVIDER.encode() not in content_of(authority_letter(order))


def test_the_part_is_there_whether_or_not_anything_was_kept_back() -> None:
    assert [part.name for part in provider_letter(an_order({})).parts] == [FOR_AUTHORITY]


def test_the_commitment_hides_what_it_commits_to() -> None:
    """With a fresh salt the same grounds never give the same commitment."""
    orders = [order_of(EPOC, whole_form()) for _ in range(2)]
    first, second = [render_for_provider(order, reader=PROVIDER).parts[0].commitment for order in orders]
    assert first != second


def test_the_salt_of_before_makes_the_same_order_again() -> None:
    order = order_of(EPOC, whole_form())
    assert order.kept is not None
    assert order_of(EPOC, whole_form(), salt=order.kept.salt) == order


@pytest.mark.parametrize("name", sorted(instruments()))
def test_an_instrument_that_keeps_nothing_from_its_addressee_has_no_part(name: str) -> None:
    law = instrument(name)
    rendering = render_for_provider(order_of(law, {}), reader=PROVIDER)
    assert bool(rendering.parts) is bool(fields_kept_from_addressee(law))


# --- by type ------------------------------------------------------------------------------------------

WRONG = """
from tocsin.requests.rules.letters import Ask
from tocsin.requests.rules.rendering import ForAuthority, ForProvider, to_authority, to_provider
from tocsin.wire.rules.letter import UnsignedLetter

def right(letter: UnsignedLetter, ask: Ask, mine: ForProvider, his: ForAuthority) -> None:
    to_provider(letter, ask, mine)
    to_authority(letter, ask, his)

def wrong(letter: UnsignedLetter, ask: Ask, mine: ForProvider, his: ForAuthority) -> None:
    to_provider(letter, ask, his)
    to_authority(letter, ask, mine)
"""


def test_a_type_checker_refuses_each_rendering_where_the_other_belongs(tmp_path: Path) -> None:
    script, configuration = tmp_path / "wrong.py", tmp_path / "mypy.ini"
    script.write_text(WRONG, encoding="utf-8")
    source = Path(__file__).parents[2] / "src"
    configuration.write_text(
        f"[mypy]\nstrict = true\nfollow_imports = silent\nmypy_path = {source}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(configuration), "--cache-dir", str(shared() / "mypy")]
    told = subprocess.run([*command, str(script)], capture_output=True, text=True, check=False)
    errors = [line.split(": error:")[0].rsplit(":", 1)[1] for line in told.stdout.splitlines() if ": error:" in line]
    assert errors == ["11", "12"], told.stdout + told.stderr


def test_at_run_time_too_each_rendering_goes_into_its_own_letter_only() -> None:
    order = an_order()
    provider: Any = render_for_provider(order, reader=PROVIDER)
    authority: Any = render_for_authority(
        order, reader=AUTHORITY, key=sealing_key(AUTHORITY_KEY.public_key().public_bytes_raw())
    )
    with pytest.raises(WrongReaderError):
        to_provider(a_letter(AUTHORITY), ask(), authority)
    with pytest.raises(WrongReaderError):
        to_authority(a_letter(PROVIDER), ask(), provider)
    assert not issubclass(ForAuthority, ForProvider)
    assert ForAuthority.__mro__[1:] == ForProvider.__mro__[1:] == (object,)


def test_a_rendering_is_for_one_reader_and_one_instrument() -> None:
    rendering = render_for_provider(an_order(), reader=PROVIDER)
    with pytest.raises(WrongReaderError) as refused:
        to_provider(a_letter(MemberId("other-mail")), ask(), rendering)
    assert refused.value.fields == {"reader": PROVIDER, "given": "other-mail"}
    with pytest.raises(OtherInstrumentError):
        to_provider(a_letter(PROVIDER, of=InstrumentId("eev-epoc-pr")), ask(), rendering)


def test_what_stood_in_the_letter_before_is_gone() -> None:
    letter = replace(a_letter(PROVIDER), body={"form": {"summary": "left over"}})
    filled = to_provider(letter, ask(form={"summary": "left over"}), render_for_provider(an_order(), reader=PROVIDER))
    assert b"left over" not in canonical(dict(filled.body))
