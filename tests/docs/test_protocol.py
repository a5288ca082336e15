"""The protocol document says what the code does: paths, kinds, types, problems, schemas and examples."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.urls import URLPattern, URLResolver
from referencing import Registry, Resource

from tests.architecture.test_errors import errors
from tests.docs.pages import FORMATS, PROTOCOL, Block, blocks, read
from tests.docs.problem_codes import codes, rows
from tocsin.base import instant, jose
from tocsin.base.ids import MemberId
from tocsin.base.jose import Typ
from tocsin.base.problem import parse_problem, problem_of
from tocsin.base.this_node import Limits
from tocsin.directory.rules.card import CARD_LIMIT
from tocsin.directory.rules.life import LIMIT as LIFE_LIMIT
from tocsin.directory.rules.national import LIMIT as NATIONAL_LIMIT
from tocsin.directory.rules.submission import LIMIT as SUBMISSION_LIMIT
from tocsin.evidence.rules.manifest import read_manifest
from tocsin.law.instrument import clock_named, instrument
from tocsin.law.vocabulary import LetterKind
from tocsin.notices.rules.notice import Warned, parse_notice, warning_payload, word_payload
from tocsin.proof import note
from tocsin.proof.canonical import canonical
from tocsin.requests.rules.letters import body_payload, parse_body
from tocsin.requests.rules.moves import Phase
from tocsin.wire.errors import LetterGapError
from tocsin.wire.rules import receipt, refusal
from tocsin.wire.rules.letter import MOST_ATTACHMENTS, MOST_DEPTH, MOST_PARTS, MOST_TEXT, letter_payload, parse_letter
from tocsin.wire.rules.mailbox import MOST_ITEMS, MOST_ITEMS_OF_ONE, PAGE_ITEMS
from tocsin.wire.rules.ticket import Asked, new_ticket, verify_ticket

TEXT = read(PROTOCOL)
EXAMPLES = [block for block in blocks(TEXT) if block.language == "json"]


# --- Paths --------------------------------------------------------------------------------------


def served() -> list[str]:
    """Every path of a node, its variables in braces; the API describes itself and stands for one."""
    from tocsin.node.urls import urlpatterns  # noqa: PLC0415 - needs Django set up

    return sorted(set(_paths(urlpatterns, "/")))


def _paths(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield path
        elif path == "/api/":
            yield "/api/…"
        else:
            yield from _paths(pattern.url_patterns, path)


def told() -> list[str]:
    """Every path in the table of section 9."""
    table = TEXT[TEXT.index("## 9. HTTP") : TEXT.index("Requests and answers between nodes")]
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    return sorted({path for line in lines for path in re.findall(r"`[A-Z]+ (/[^`]*)`", line.split(" | ")[0])})


def test_every_path_that_a_node_serves_stands_in_the_protocol_and_no_other() -> None:
    assert told() == served()


# --- Kinds, types, codes ------------------------------------------------------------------------


def test_every_kind_of_letter_has_its_row_and_its_example() -> None:
    table = re.findall(r"^\| `([a-z-]+)` \| `", TEXT[TEXT.index("## 4.") : TEXT.index("## 5.")], re.MULTILINE)
    assert sorted(table) == sorted(kind.value for kind in LetterKind)
    shown = {block.told["body"] for block in EXAMPLES if "body" in block.told}
    # The acknowledgement's body stands in the example of a whole letter.
    assert shown | {"acknowledge"} == {kind.value for kind in LetterKind}


@pytest.mark.parametrize("typ", list(Typ), ids=lambda typ: typ.value)
def test_every_type_of_signed_or_sealed_thing_stands_there(typ: Typ) -> None:
    assert f"`{typ.value}`" in TEXT


def test_every_phase_stands_there_in_its_order() -> None:
    (sentence,) = re.findall(r"\*\*The phase\*\* is the first of these that applies: ([^.]*)\.", TEXT)
    from tocsin.requests.rules.moves import _PHASES  # noqa: PLC0415 - the one place that has the order

    assert [Phase(word) for word in re.split(r",\s+", sentence)] == [phase for phase, _ in _PHASES]


def test_the_order_of_letters_that_cross_is_that_of_the_rules() -> None:
    from tocsin.requests.rules.thread import _ORDER  # noqa: PLC0415 - the one place that has the order

    table = TEXT[TEXT.index("| step | kinds |") : TEXT.index("**Effect.**")]
    found = {
        LetterKind(kind): int(step)
        for step, kinds in re.findall(r"^\| (\d) \| ([^|]*) \|", table, re.MULTILINE)
        for kind in re.findall(r"`([a-z-]+)`", kinds)
    }
    assert found == _ORDER


def test_every_problem_that_can_leave_a_node_stands_in_the_table() -> None:
    assert {error for error in errors() if not error.__module__.startswith("tocsin.node.")} == set(codes())
    missing = [row for row in rows() if row not in TEXT]
    assert missing == [], "write the table anew: python -m tests.docs.problem_codes"


def test_no_problem_stands_in_the_table_that_nothing_raises() -> None:
    table = re.findall(r"^\| `([a-z0-9.-]+)` \| \d{3} \|", TEXT, re.MULTILINE)
    assert sorted(table) == sorted(error.code for error in codes())


def test_every_schema_is_named() -> None:
    schemas = sorted(path.name for path in FORMATS.glob("*.schema.json"))
    assert schemas
    assert [name for name in schemas if f"../formats/{name}" not in TEXT] == []


# --- Limits -------------------------------------------------------------------------------------


def limits() -> Mapping[str, int]:
    """The table of section 18: the first word or words of each line, and its number."""
    table = TEXT[TEXT.index("## 18. Limits") : TEXT.index("## 19. Problems")]
    lines = re.findall(r"^\| ([^|]+) \| ([\d,]+) ", table, re.MULTILINE)
    return {name.strip("` ").split("`")[0]: int(number.replace(",", "")) for name, number in lines}


def test_the_limits_are_those_of_a_node_that_was_told_nothing() -> None:
    usual = Limits()
    expected = {
        "letter_bytes": usual.letter_bytes,
        "batch_letters": usual.batch_letters,
        "batch_bytes": usual.batch_bytes,
        "letters_per_minute": usual.letters_per_minute,
        "attachment_bytes": usual.attachment_bytes,
        "outbox_letters": usual.outbox_letters,
        "open_calls_per_address": usual.open_calls_per_address,
        "open_calls": usual.open_calls,
        "longest JWS or JWE that any node may be set up to accept": jose.CEILING,
        "a card's JWS": CARD_LIMIT,
        "a national table": NATIONAL_LIMIT,
        "a submission to the directory": SUBMISSION_LIMIT,
        "a sign of life, a drill call or answer": LIFE_LIMIT,
        "a signed note": note.MAX_BYTES,
    }
    assert limits() == expected


def test_numbers_in_running_words_are_those_of_the_rules() -> None:
    for sentence in (
        f"At most {MOST_DEPTH} levels deep, each text at most {MOST_TEXT:,} characters",
        f"| `parts` | at most {MOST_PARTS}; below |",
        f"| `attachments` | at most {MOST_ATTACHMENTS}:",
        f"A page has at most {PAGE_ITEMS};",
        f"at most {MOST_ITEMS_OF_ONE:,} items of one sender and {MOST_ITEMS:,} items",
    ):
        assert sentence in TEXT


# --- Examples -----------------------------------------------------------------------------------


def _letter(value: Any) -> None:
    letter = parse_letter(canonical(value), jws=b"")
    assert letter_payload(letter) == value
    parse_body(letter.kind, letter.body)


def _ticket(value: Any) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    asked = Asked(method=value["method"], path=value["path"], body=value["body"])
    at = instant.parse(value["at"])
    jws = jose.sign(canonical(value), typ=Typ.TICKET, key=jose.signing_key(key))
    verifying = jose.verifying_key(key.public_key().public_bytes_raw())
    ticket = verify_ticket(jws, key=verifying, asked=asked, to=MemberId(value["to"]), at=at)
    assert ticket.down is not None
    made = new_ticket(asked, sender=ticket.sender, to=MemberId("pt"), key=jose.signing_key(key), at=at)
    assert json.loads(jose.unverified_payload(made)).keys() == value.keys()


def _problem(value: Any) -> None:
    assert parse_problem(value).document() == value
    assert problem_of(LetterGapError(seq=3, head=1)).document() == value


def _notice(value: Any) -> None:
    notice = parse_notice(canonical(value))
    assert (warning_payload(notice) if isinstance(notice, Warned) else word_payload(notice)) == value


def _manifest(value: Any) -> None:
    assert read_manifest(value).package == value["package"]


READERS: Mapping[str, Callable[[Any], None]] = {
    "letter": _letter,
    "ticket": _ticket,
    "problem": _problem,
    "manifest": _manifest,
    "notice": _notice,
}
MEMBERS: Mapping[str, set[str]] = {
    "receipt": receipt._MEMBERS,
    "refusal": refusal._MEMBERS,
    "event": {"v", "kind", "at", "by", "letter"},
}


def _named(block: Block) -> str:
    return " ".join(f"{name}={value}" for name, value in block.told.items())


@pytest.mark.parametrize("block", EXAMPLES, ids=_named)
def test_every_example_is_what_it_says_it_is(block: Block) -> None:
    value = json.loads(block.text)
    assert block.told, "an example says what it is an example of"
    for how, name in block.told.items():
        CHECKS[how](value, name)


def _schema(value: Any, name: str) -> None:
    schemas = {path.name: json.loads(path.read_text()) for path in FORMATS.glob("*.schema.json")}
    known = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in schemas.values())
    jsonschema.Draft202012Validator(schemas[f"{name}.schema.json"], registry=known).validate(value)


def _body(value: Any, name: str) -> None:
    assert body_payload(parse_body(LetterKind(name), value)) == value
    _schema({"kind": name, "body": value}, "body")
    for clock in value.get("clocks", []):
        assert clock_named(clock["id"]) in instrument(clock["of"]).clocks
    if "clock" in value:
        clock_named(value["clock"])


def _members(value: Any, name: str) -> None:
    assert value.keys() == MEMBERS[name]


CHECKS: Mapping[str, Callable[[Any, str], None]] = {
    "schema": _schema,
    "body": _body,
    "members": _members,
    "reads": lambda value, name: READERS[name](value),
}
