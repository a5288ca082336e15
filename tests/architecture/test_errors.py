"""Errors can be told apart by their codes, for as long as programs and translations rely on them."""

import re
import string
from collections import Counter

from tests.architecture.source import modules
from tocsin.base.errors import PeerError, ProofError, RuleError, TocsinError

FAMILIES = {TocsinError, RuleError, PeerError, ProofError}


def errors() -> list[type[TocsinError]]:
    """Every error of ours that can be raised."""
    assert modules()
    found, todo = set(), [TocsinError]
    while todo:
        for error in todo.pop().__subclasses__():
            if error.__module__.startswith("tocsin.") and error not in found:
                found.add(error)
                todo.append(error)
    return sorted(found - FAMILIES, key=lambda error: error.__qualname__)


def test_there_are_errors_to_look_at() -> None:
    assert len(errors()) > 20


def test_a_code_belongs_to_one_error() -> None:
    codes = Counter(error.code for error in errors())
    twice = {
        code: [error.__qualname__ for error in errors() if error.code == code] for code in codes if codes[code] > 1
    }
    assert twice == {}


def test_every_error_has_a_code_of_its_own_in_small_letters() -> None:
    assert [error.__qualname__ for error in errors() if "code" not in vars(error)] == []
    assert [error.code for error in errors() if not re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", error.code)] == []


def test_every_sentence_names_its_fields() -> None:
    faulty = []
    for error in errors():
        names = [name for _, name, _, _ in string.Formatter().parse(error.sentence) if name is not None]
        faulty += [error.__qualname__ for name in names if not name.isidentifier()]
    assert faulty == []


def test_every_error_says_by_its_name_that_it_is_one_and_belongs_to_a_family() -> None:
    assert [error.__qualname__ for error in errors() if not error.__qualname__.endswith("Error")] == []
    assert [error.__qualname__ for error in errors() if not issubclass(error, RuleError | PeerError | ProofError)] == []
