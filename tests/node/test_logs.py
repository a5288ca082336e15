"""What is logged: known fields, plain values, nobody's words."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import RuleError
from tocsin.node import logs
from tocsin.node.logs import KNOWN, keep_known


class NameWrongError(RuleError):
    code = "name-wrong"
    sentence = "The name {name} is wrong."


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    written = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure("info", stream=written)
    yield written
    structlog.reset_defaults()
    logging.getLogger().handlers[:], _ = before
    logging.getLogger().setLevel(before[1])


def refuse(error: Exception) -> None:
    raise error


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_field_that_is_not_known_is_dropped_and_only_its_name_is_kept(stream: io.StringIO) -> None:
    structlog.get_logger().info("stored", letter="7", phone="+40 20 7946 0123")
    (line,) = lines(stream)
    assert line["letter"] == "7"
    assert line["dropped"] == ["phone"]
    assert "7946" not in stream.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file here that is always full")
def test_a_line_that_finds_no_room_is_lost_and_stops_nobody(stream: io.StringIO) -> None:
    full = Path("/dev/full").open("w")  # noqa: SIM115 (to close it fails too)
    logs.configure("info", stream=full)
    structlog.get_logger().info("stored", letter="7")
    logging.getLogger("somebody").error("told by a library")
    with pytest.raises(OSError, match="space"):
        full.close()
    logs.configure("info", stream=stream)
    structlog.get_logger().info("stored", letter="8")
    assert [line["letter"] for line in lines(stream)] == ["8"]


def test_an_error_is_told_by_class_code_and_place_without_its_words(stream: io.StringIO) -> None:
    try:
        refuse(NameWrongError(name="Ana Example"))
    except NameWrongError:
        structlog.get_logger().exception("refused")
    (line,) = lines(stream)
    assert (line["error"], line["code"]) == ("NameWrongError", "name-wrong")
    assert any("test_an_error_is_told" in place for place in line["trace"])  # type: ignore[attr-defined]
    assert "Ana" not in stream.getvalue()


def test_other_libraries_speak_in_templates_without_the_values(stream: io.StringIO) -> None:
    logging.getLogger("django.request").warning("Bad Request: %s", "/people/ana-example")
    logging.getLogger("somebody").error(f"Ana Example could not be found in {1 + 1} places")  # noqa: G004 - as others do
    try:
        refuse(ValueError("Ana Example"))
    except ValueError:
        logging.getLogger("somebody").exception("failed for %s", "Ana Example")
    assert [line["event"] for line in lines(stream)] == ["Bad Request: %s", "Ana …", "failed for %s"]
    assert lines(stream)[2]["error"] == "ValueError"
    assert "Example" not in stream.getvalue()
    assert "ana-example" not in stream.getvalue()


def test_what_is_less_than_the_level_is_not_written(stream: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("somebody").info("quiet")
    assert not stream.getvalue()


@given(st.dictionaries(st.text(max_size=12), st.one_of(st.text(), st.integers(), st.none(), st.binary())))
def test_only_known_fields_and_plain_values_ever_pass(event: dict[str, object]) -> None:
    kept = keep_known(None, "info", dict(event))
    assert set(kept) <= KNOWN
    json.dumps(kept)
    assert set(event) - KNOWN == set(kept.get("dropped", ()))
