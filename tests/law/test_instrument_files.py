"""A faulty file of law is named with the file, the line and the rule that it breaks."""

import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.law import shipped
from tocsin.law.basis import sources
from tocsin.law.errors import LawFileError
from tocsin.law.grounds import grounds, read_grounds
from tocsin.law.instrument import instrument, instruments, other_clocks, texts_shipped
from tocsin.law.instrument_file import read_instruments, read_other_clocks
from tocsin.law.located import Place, line_of, lines_of
from tocsin.law.provisions import Basis, Instrument
from tocsin.law.reading import FileFault, FileRule
from tocsin.law.shipped import check_law
from tocsin.law.treaty import Treaty, read_cells
from tocsin.law.vocabulary import Confidence, LetterKind
from tocsin.wire.rules.letter import LetterKind as LetterKindOnTheWire

PRESERVE = "budapest-29-preserve.toml"
EPOC = "eev-epoc.toml"
ORDER = "budapest-16-order.toml"

# what is replaced, by what, and the text on whose line the fault must stand
FAULTS: dict[str, tuple[str, str | re.Pattern[str], str, FileRule, str | int]] = {
    "not TOML": (PRESERVE, 'purpose = "preserve"', "purpose = preserve", FileRule.TOML, "purpose = preserve"),
    "a key is missing": (PRESERVE, 'purpose = "preserve"\n', "", FileRule.KEY_MISSING, 'id = "budapest-29'),
    "a key that nobody knows": (
        PRESERVE,
        'purpose = "preserve"',
        'purpose = "preserve"\nurgent = true',
        FileRule.KEY_UNKNOWN,
        "urgent = true",
    ),
    "a key that nobody knows, deep in a field": (
        PRESERVE,
        'id = "necessity"',
        'id = "necessity"\nhint = "x"',
        FileRule.KEY_UNKNOWN,
        'hint = "x"',
    ),
    "a number where text belongs": (PRESERVE, 'label = "Follow-up"', "label = 7", FileRule.TYPE, "label = 7"),
    "a truth where a number belongs": (PRESERVE, "value = 60", "value = true", FileRule.TYPE, "value = true"),
    "a date where text belongs": (
        PRESERVE,
        'act = "ETS 185"',
        "act = 2026-01-01T00:00:00Z",
        FileRule.TYPE,
        "act = 2026-01-01T00:00:00Z",
    ),
    "a word of no list": (
        PRESERVE,
        'kind = "offence"',
        'kind = "misdemeanour"',
        FileRule.WORD_UNKNOWN,
        'kind = "misdemeanour"',
    ),
    "a function of no list, in a list": (
        EPOC,
        'alone = ["judge", "court", "investigating-judge", "prosecutor"]',
        'alone = ["judge", "sheriff"]',
        FileRule.WORD_UNKNOWN,
        '"sheriff"',
    ),
    "two fields of one name": (PRESERVE, 'id = "facts"', 'id = "offence"', FileRule.ID_TWICE, -1),
    "two options of one name": (
        PRESERVE,
        'id = "addition", label',
        'id = "new", label',
        FileRule.ID_TWICE,
        'id = "new", label = "addition',
    ),
    "an id that is not the name of the file": (
        PRESERVE,
        'id = "budapest-29-preserve"',
        'id = "budapest-29"',
        FileRule.NAME_OF_FILE,
        'id = "budapest-29"',
    ),
    "a page without its source": (
        "dir2013-40-13-urgent.toml",
        'source = "P9"\n',
        "",
        FileRule.BASIS,
        'id = "dir2013-40-13-urgent"',
    ),
    "a source for what is from memory": (
        PRESERVE,
        'article = "T-CY template"\nconfidence = "from memory"',
        'article = "T-CY template"\nsource = "P6"\nconfidence = "from memory"',
        FileRule.BASIS,
        'source = "P6"\nconfidence = "from memory"',
    ),
    "a source that is not in the list": (
        PRESERVE,
        'source = "P6"',
        'source = "P99"',
        FileRule.SOURCE_UNKNOWN,
        'source = "P99"',
    ),
    "in force, and why it is not": (
        PRESERVE,
        "from = 2004-07-01",
        'from = 2004-07-01\npending = "no"',
        FileRule.FORCE,
        "[force]",
    ),
    "neither in force nor why not": (PRESERVE, "from = 2004-07-01\n", "", FileRule.FORCE, "[force]"),
    "a treaty that is not in the table": (
        PRESERVE,
        'binds = "ets185"',
        'binds = "ets999"',
        FileRule.TREATY_UNKNOWN,
        'binds = "ets999"',
    ),
    "a condition on a treaty that is not in the table": (
        PRESERVE,
        'bound = "dir2013_40"',
        'bound = "dir1999_1"',
        FileRule.TREATY_UNKNOWN,
        'bound = "dir1999_1"',
    ),
    "a reservation that is not in the list": (
        PRESERVE,
        'reserved = "ets185.29.4"',
        'reserved = "ets185.99"',
        FileRule.RESERVATION_UNKNOWN,
        'reserved = "ets185.99"',
    ),
    "a category for which nobody is competent": (
        EPOC,
        'categories = ["TRAFFIC", "CONTENT"]\nalone',
        'categories = ["TRAFFIC"]\nalone',
        FileRule.COMPETENCE_GAP,
        'categories = ["SUBSCRIBER", "IDENTIFICATION", "TRAFFIC", "CONTENT"]',
    ),
    "a competence that names nobody": (
        PRESERVE,
        "national = true\n",
        "",
        FileRule.COMPETENCE_SHAPE,
        "[[competence]]",
    ),
    "to be validated by nobody": (
        EPOC,
        'validators = ["judge", "court", "investigating-judge"]\n',
        "",
        FileRule.COMPETENCE_SHAPE,
        '[[competence]]\ncategories = ["TRAFFIC"',
    ),
    "a later way without a ground for taking it": (
        EPOC,
        re.compile(r"grounds = \[\n.*?\n\]\nrecords", re.DOTALL),
        "records",
        FileRule.CHANNEL_ORDER,
        '[[channel]]\nid = "tocsin"',
    ),
    "no way of ours": (PRESERVE, "ours = true", "ours = false", FileRule.CHANNEL_ORDER, 'id = "budapest-29-preserve"'),
    "a condition on a field that the form has not": (
        PRESERVE,
        'field = "status", is = ["addition", "extension"]',
        'field = "mood", is = ["addition"]',
        FileRule.FIELD_UNKNOWN,
        '[[field]]\nid = "earlier_request"',
    ),
    "a condition on an option that the field has not": (
        PRESERVE,
        'field = "status", is = ["addition", "extension"]',
        'field = "status", is = ["renewal"]',
        FileRule.OPTION_UNKNOWN,
        '[[field]]\nid = "earlier_request"',
    ),
    "a condition that says nothing of its field": (
        PRESERVE,
        'field = "status", is = ["addition", "extension"]',
        'field = "status"',
        FileRule.FIELD_SHAPE,
        'required_when = [{ field = "status" }]',
    ),
    "a choice without options": (
        PRESERVE,
        'kind = "text"\nlabel = "Why the data must be preserved"',
        'kind = "choice"\nlabel = "Why the data must be preserved"',
        FileRule.FIELD_SHAPE,
        'kind = "choice"\nlabel = "Why',
    ),
    "a danger that there is not": (
        EPOC,
        '{ id = "life", label = "an imminent',
        '{ id = "rain", label = "an imminent',
        FileRule.WORD_UNKNOWN,
        '{ id = "rain"',
    ),
    "two fields of a kind that carries a meaning": (
        PRESERVE,
        'kind = "text"\nlabel = "Why the data must be preserved"',
        'kind = "offence"\nlabel = "Why the data must be preserved"',
        FileRule.FIELD_SHAPE,
        "[[field]]",
    ),
    "an emergency that no table defines": (
        EPOC,
        re.compile(r"\[emergency\]\n.*?\n\n", re.DOTALL),
        "\n",
        FileRule.FIELD_SHAPE,
        "[[field]]",
    ),
    "a threshold without a field for the offence": (
        EPOC,
        'kind = "offence"',
        'kind = "text"',
        FileRule.FIELD_SHAPE,
        "[threshold]",
    ),
    "a ceiling on a field that the form has not": (
        ORDER,
        'field = "duration_days"',
        'field = "days"',
        FileRule.FIELD_UNKNOWN,
        'field = "days"',
    ),
    "a clock that contradicts itself": (
        PRESERVE,
        'kind = "minimum_duration"',
        'kind = "qualitative"',
        FileRule.CLOCK_SHAPE,
        'unit = "days"',
    ),
    "a clock that hangs on one that is not there": (
        "eev-epoc-pr.toml",
        'of = "eev.11.1.preserve"',
        'of = "eev.11.2"',
        FileRule.CLOCK_UNKNOWN,
        'of = "eev.11.2"',
    ),
    "a stop that the law does not know": (
        EPOC,
        'why = "eev.12.2"',
        'why = "eev.99"',
        FileRule.CLOCK_SHAPE,
        'why = "eev.99"',
    ),
    "a warning that is no time": (
        PRESERVE,
        '"14 days"',
        '"soon"',
        FileRule.CLOCK_SHAPE,
        'warn_before = ["soon"',
    ),
    "a ground that the catalogue has not": (
        PRESERVE,
        'code = "ETS185_POLITICAL"',
        'code = "ETS185_WEATHER"',
        FileRule.GROUND_UNKNOWN,
        'code = "ETS185_WEATHER"',
    ),
    "a clock of an instrument that is not there": (
        PRESERVE,
        'of = "budapest-35-assist"',
        'of = "budapest-99"',
        FileRule.INSTRUMENT_UNKNOWN,
        'of = "budapest-99"',
    ),
    "a clock that the other instrument has not": (
        PRESERVE,
        'clock = "ets185.35.1.24_7"',
        'clock = "ets185.35.9"',
        FileRule.CLOCK_UNKNOWN,
        'clock = "ets185.35.9"',
    ),
    "a later validation whose clock does not run": (
        EPOC,
        'clock = "eev.4.5.expost_validation"',
        'clock = "eev.4.9"',
        FileRule.CLOCK_UNKNOWN,
        "later = {",
    ),
    "an ask as an answer": (
        PRESERVE,
        'asked = [\n  "acknowledge",',
        'asked = [\n  "ask",',
        FileRule.ANSWER,
        "asked = [\n",
    ),
    "fulfilled by a letter that nobody may write": (
        PRESERVE,
        'fulfilled_by = ["preserved"]',
        'fulfilled_by = ["deliver"]',
        FileRule.ANSWER,
        'fulfilled_by = ["deliver"]',
    ),
    "an extension of a clock that does not run": (
        ORDER,
        'clock = "ets185.16.2.preserve_max"',
        'clock = "ets185.16.9"',
        FileRule.CLOCK_UNKNOWN,
        'clock = "ets185.16.9"',
    ),
    "an annex of a letter that is no answer": (
        EPOC,
        'goes_with = ["query", "refuse"]',
        'goes_with = ["query", "extend"]',
        FileRule.ANSWER,
        'goes_with = ["query", "extend"]',
    ),
    "a list of offences that there is not": (
        EPOC,
        'listed = ["dir2017_541.3-12+14"]',
        'listed = ["dir2017_541.1"]',
        FileRule.LIST_UNKNOWN,
        'listed = ["dir2017_541.1"]',
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_faulty_file_is_named_with_its_line_and_its_rule(what: str) -> None:
    file, old, new, rule, marker = FAULTS[what]
    texts = texts_shipped()
    changed = old.sub(new, texts[file], count=1) if isinstance(old, re.Pattern) else texts[file].replace(old, new, 1)
    assert changed != texts[file], "the example no longer fits the file"
    _, faults = read_instruments({**texts, file: changed})
    assert faults
    line = _line(changed, marker, 'id = "offence"')
    assert (file, line, rule) in {(each.file, each.line, each.rule) for each in faults}
    assert str(line) in str(faults[0]) or len(faults) > 1


def _line(text: str, marker: str | int, last: str) -> int:
    """The line of ``marker``; of the last ``last`` for a marker that is no text."""
    at = text.index(marker) if isinstance(marker, str) else text.rindex(last)
    return text.count("\n", 0, at) + 1


def test_every_rule_of_a_file_has_an_example_of_its_breach() -> None:
    elsewhere = {FileRule.CELL}  # tables, below
    assert {rule for _, _, _, rule, _ in FAULTS.values()} | elsewhere == set(FileRule)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = (
        texts_shipped()[PRESERVE].replace('kind = "offence"', 'kind = "x"').replace('label = "Follow-up"', "label = 7")
    )
    _, faults = read_instruments({**texts_shipped(), PRESERVE: text})
    assert {each.rule for each in faults} >= {FileRule.WORD_UNKNOWN, FileRule.TYPE}


def test_the_files_that_are_shipped_have_no_fault() -> None:
    found, faults = read_instruments(texts_shipped())
    assert faults == ()
    assert found == instruments()


def test_there_are_the_sixteen_instruments() -> None:
    assert sorted(instruments()) == [
        "budapest-16-order",
        "budapest-17-order",
        "budapest-18-order",
        "budapest-26-spontaneous",
        "budapest-29-preserve",
        "budapest-30-disclose",
        "budapest-31-stored",
        "budapest-35-assist",
        "budapest2-10-emergency-mla",
        "budapest2-7-subscriber",
        "budapest2-9-emergency",
        "dir2013-40-13-urgent",
        "dir2023-977-information",
        "eev-epoc",
        "eev-epoc-pr",
        "eio-32-provisional",
    ]


def test_no_clock_is_stated_twice_and_none_of_the_hundred_and_one_is_lost() -> None:
    shipped = [clock.id for each in instruments().values() for clock in each.clocks]
    assert not set(shipped) & set(other_clocks())
    assert len(set(shipped)) == len(shipped)
    assert len(shipped) + len(other_clocks()) == 101


@pytest.mark.parametrize("name", sorted(instruments()))
def test_whatever_was_read_on_a_page_names_it_and_whatever_was_not_says_so(name: str) -> None:
    for basis in _bases(instrument(name)):
        assert (basis.confidence is Confidence.PAGE) <= (basis.source in sources())
        assert (basis.confidence is Confidence.PAGE) or str(basis.confidence) in str(basis)


@pytest.mark.parametrize("name", sorted(instruments()))
def test_a_clock_from_memory_says_so_itself(name: str) -> None:
    for clock in instrument(name).clocks:
        assert clock.rule.confirmed is (clock.basis.confidence is Confidence.PAGE)


@pytest.mark.parametrize("name", sorted(instruments()))
def test_a_clock_speaks_only_of_letters_that_its_instrument_knows(name: str) -> None:
    known = {LetterKind.ASK, *instrument(name).answers}
    borrowed = {
        LetterKind.PRESERVED,  # dir2013-40-13 and the like are carried by requests that know these letters
        LetterKind.DISCLOSE,
        LetterKind.DELIVER,
        LetterKind.INDICATE,
        LetterKind.ACKNOWLEDGE,
        LetterKind.ACCEPT,
        LetterKind.REFUSE,
    }
    for clock in instrument(name).clocks:
        named = {each.letter for each in clock.starts} | {*clock.met_by, *clock.extended_by, *clock.followed_up_by}
        assert named <= known | borrowed, clock.id


def test_the_law_and_the_wire_know_the_same_letters() -> None:
    assert {str(each) for each in LetterKind} == {str(each) for each in LetterKindOnTheWire}


def test_a_faulty_table_is_named_with_its_line() -> None:
    head = "state,treaty,answer,since,since_confidence,signed,deposited,as_of,source,confidence,note"
    good = "RO,ets185,yes,2004-09-01,from memory,,,2026-11-23,,from memory,"
    bad = {
        "romania,ets185,yes,,,,,2026-11-23,P6,page,": "no State",
        "RO,ets186,yes,,,,,2026-11-23,P6,page,": "no treaty",
        "RO,cets224,perhaps,,,,,2026-11-23,P6,page,": "no answer",
        "RO,cets224,yes,2026-13-01,,,,2026-11-23,P6,page,": "no date",
        "RO,cets224,no,,,,,2026-11-23,,page,": "a page without a source",
        "RO,cets224,no,2026-01-01,,,,2026-11-23,P6,page,": "a no with a date",
        "RO,cets224,no,,,,,,P6,page,": "a no of no day",
        "RO,ets185,no,,,,,2026-11-23,P6,page,": "the same twice",
    }
    for line, why in bad.items():
        _, faults = read_cells(f"{head}\n{good}\n{line}", file="t.csv", column="treaty", subjects=Treaty)
        assert [(each.file, each.line, each.rule) for each in faults] == [("t.csv", 3, FileRule.CELL)], why


def test_a_faulty_catalogue_of_grounds_is_named_with_its_line() -> None:
    text = '[X]\ntext = "x"\nby = ["nobody"]\nact = "ETS 185"\narticle = "1"\nsource = "P6"\n'
    _, faults = read_grounds(text, file="grounds.toml")
    assert [(each.line, each.rule) for each in faults] == [(3, FileRule.WORD_UNKNOWN)]
    assert len(grounds()) > 30


def test_a_faulty_table_of_other_clocks_is_named_with_its_line() -> None:
    text = '[[clock]]\nid = "x.1"\nact = "X"\narticle = "1"\nstep = "s"\nobligation = "o"\nkind = "periodic"\n'
    text += 'unit = "date"\ndate = "31 March"\ncounting = "national_law"\nconfidence = "from memory"\n'
    _, faults = read_other_clocks(text, file="other.toml")
    assert [(each.line, each.rule) for each in faults] == [(9, FileRule.CLOCK_SHAPE)]


def _bases(each: Instrument) -> list[Basis]:
    return [
        each.basis,
        each.force.basis,
        each.parties.basis,
        *(one.basis for one in each.competences),
        *(one.basis for one in each.channels),
        *(one.basis for one in each.form.fields),
        *(one.basis for form in each.annexes for one in form.fields),
        *(one.basis for one in each.clocks),
        *(one.basis for one in each.also),
    ]


# -- lines of TOML ---------------------------------------------------------------------------------

AWKWARD = '''# [not.a.table] key = 1
title = "a # no comment, \\" and [[no]] table"
"quoted key" = 'literal \\'
dotted . key = 1
long = """
[in.a.string]
x = 1
quote at the end""""
lines = [
  "a", # first
  [ 1,
    2 ],
  { x = 1, y = [ "b" ] },
]
[table]
at = 2026-11-24 03:00:00
[[table.item]]
id = 1
[table.item.inner]
z = true
[[table.item]]
id = 2
literal = \'\'\'
[[x]]
\'\'\'
'''


def test_the_lines_of_an_awkward_file_are_right() -> None:
    lines = lines_of(AWKWARD)
    places: list[tuple[Place, int]] = [
        (("title",), 2),
        (("quoted key",), 3),
        (("dotted", "key"), 4),
        (("long",), 5),
        (("lines", 0), 10),
        (("lines", 1, 1), 12),
        (("lines", 2, "y", 0), 13),
        (("table", "at"), 16),
        (("table", "item", 0), 17),
        (("table", "item", 0, "inner", "z"), 20),
        (("table", "item", 1, "id"), 22),
        (("table", "item", 1, "literal"), 23),
    ]
    assert [(place, lines[place]) for place, _ in places] == places
    assert not any("x" in place and "table" in place for place in lines)


@pytest.mark.parametrize("name", sorted(texts_shipped()))
def test_every_value_of_a_shipped_file_has_the_line_on_which_it_stands(name: str) -> None:
    text = texts_shipped()[name]
    lines, rows = lines_of(text), text.splitlines()
    for place, value in _walk(tomllib.loads(text), ()):
        assert place in lines
        key = place[-1]
        if isinstance(key, str) and not isinstance(value, (dict, list)):
            assert key in rows[lines[place] - 1]


KEYS = st.text(alphabet="abcdefgh_-", min_size=1, max_size=6)
VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.data())
def test_any_document_finds_all_its_places(document: dict[str, Any], data: st.DataObject) -> None:
    text = "".join(
        f"{'# remark' + chr(10) if data.draw(st.booleans()) else ''}{key} = {_toml(value)}\n"
        for key, value in document.items()
    )
    lines = lines_of(text)
    assert tomllib.loads(text) == document
    assert {place for place, _ in _walk(document, ())} == set(lines)
    for key in document:
        assert text.splitlines()[lines[(key,)] - 1].startswith(key)


def test_a_place_without_a_line_has_that_of_what_is_around_it() -> None:
    lines = lines_of("[a]\nb = 1\n")
    assert line_of(lines, ("a", "c")) == 1
    assert line_of(lines, ("z",)) == 1


def test_a_fault_says_file_line_and_rule() -> None:
    fault = FileFault("x.toml", 7, FileRule.TYPE, "value is a bool, not an int")
    assert str(fault) == "x.toml, line 7: value is a bool, not an int [law-file.type]"


def _walk(value: object, place: Place) -> list[tuple[Place, object]]:
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    here = [(place, value)] if place else []
    return here + [found for key, each in inner for found in _walk(each, (*place, key))]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(_toml(each) for each in value) + "\n]" if value else "[]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08X}" for each in value) + '"'
    return str(value)


# -- at start-up -----------------------------------------------------------------------------------


def test_the_whole_law_that_is_shipped_can_be_read() -> None:
    check_law()


def test_a_faulty_part_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FileFault("x.toml", 7, FileRule.TYPE, "value is a bool")

    def faulty() -> None:
        raise LawFileError(count=1, first=fault, faults=(fault,))

    monkeypatch.setattr(shipped, "_PARTS", (faulty, grounds))
    with pytest.raises(LawFileError, match=r"x\.toml, line 7") as stopped:
        check_law()
    assert stopped.value.faults == (fault,)
