"""What is made for one reader is not given to another: by value, and by type."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.law import cases
from tests.tables import shared
from tocsin.law.instrument import instrument, instruments
from tocsin.law.rendering import fields_kept_from_addressee, for_addressee, for_authority

WRONG = """
from tocsin.law.rendering import AddresseeRendering, AuthorityRendering

def send_to_provider(rendering: AddresseeRendering) -> None: ...

def wrong(rendering: AuthorityRendering) -> None:
    send_to_provider(rendering)

def right(rendering: AddresseeRendering) -> None:
    send_to_provider(rendering)
"""


def test_the_type_checker_refuses_the_authoritys_rendering_where_the_addressees_belongs(tmp_path: Path) -> None:
    script = tmp_path / "wrong.py"
    script.write_text(WRONG, encoding="utf-8")
    source = Path(__file__).parents[2] / "src"
    settings = tmp_path / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = true\nfollow_imports = silent\nmypy_path = {source}\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--cache-dir", str(shared() / "mypy")]
    told = subprocess.run([*command, str(script)], capture_output=True, text=True, check=False)
    errors = [line for line in told.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, told.stdout + told.stderr
    assert "wrong.py:7" in errors[0]
    assert "AuthorityRendering" in errors[0]


@given(st.sampled_from(sorted(instruments())), st.data())
def test_no_form_whatsoever_shows_the_addressee_what_is_kept_from_him(name: str, data: st.DataObject) -> None:
    law = instrument(name)
    names = [each.id for each in law.form.fields]
    form = data.draw(st.dictionaries(st.sampled_from([*names, "stranger"]), st.text(max_size=5)))
    seen = for_addressee(law, form).values
    assert not set(seen) & fields_kept_from_addressee(law)
    assert set(seen) | fields_kept_from_addressee(law) | {"stranger"} >= set(form)
    assert all(form[key] == value for key, value in seen.items())


def test_only_the_european_orders_keep_anything_from_their_addressee() -> None:
    keeping = {name for name, each in instruments().items() if fields_kept_from_addressee(each)}
    assert keeping == {"eev-epoc", "eev-epoc-pr"}


def test_the_authority_sees_all_that_the_addressee_sees() -> None:
    for name in instruments():
        draft = cases.filled(name).draft
        whole = {**draft.form, **draft.for_authority}
        assert set(for_addressee(instrument(name), whole).values) <= set(for_authority(instrument(name), whole).values)
