"""When a line of an instrument applies: conditions written as data, answered in three values.

A line that applies only sometimes carries ``when``: a list of tables, of which one must hold; in a
table all keys must hold:

    required_when = [{ categories = ["TRAFFIC", "CONTENT"] }, { field = "status", is = ["extension"] }]

An answer may be *unknown*: whether a State is bound may not be recorded, and a form may not say
whether an offence is of a certain list. Unknown is never taken for no.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.law.vocabulary import DataCategory, Known

Json = object
"""A value of a form: text, whole number, truth value, list or table of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """All that is named here must hold; an empty condition always does."""

    categories: frozenset[DataCategory] = frozenset()
    """One of these is asked for."""
    only: frozenset[DataCategory] = frozenset()
    """Nothing but these is asked for."""
    urgent: bool | None = None
    emergency: bool | None = None
    field: str = ""
    """A field of the form, or a part of one: ``offence.listed``."""
    any_of: tuple[str, ...] = ()
    """The field holds one of these (in the file: ``is``)."""
    none_of: tuple[str, ...] = ()
    """The field holds none of these (``is_not``); what was not said is unknown here too."""
    filled: bool | None = None
    bound: str = ""
    """Both ends are bound by this treaty or act."""
    reserved: str = ""
    """The State that receives made this reservation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What conditions are answered from."""

    categories: frozenset[DataCategory] = frozenset()
    urgent: bool = False
    emergency: bool = False
    form: Mapping[str, Json] = field(default_factory=dict)
    form_known: bool = True
    """False before there is a form: then what hangs on its fields is unknown."""
    bound: Mapping[str, Known] = field(default_factory=dict)
    reserved: Mapping[str, Known] = field(default_factory=dict)


def holds(conditions: Iterable[Condition], circumstances: Circumstances) -> Known:
    """Whether one of ``conditions`` holds; with no condition at all the answer is yes."""
    answers = [_all_hold(condition, circumstances) for condition in conditions]
    return any_known(answers) if answers else Known.YES


def any_known(answers: Iterable[Known]) -> Known:
    """Yes when one is yes, no when all are no, else unknown."""
    given = set(answers)
    if Known.YES in given:
        return Known.YES
    return Known.UNKNOWN if Known.UNKNOWN in given else Known.NO


def all_known(answers: Iterable[Known]) -> Known:
    """No when one is no, yes when all are yes, else unknown."""
    given = set(answers)
    if Known.NO in given:
        return Known.NO
    return Known.UNKNOWN if Known.UNKNOWN in given else Known.YES


def value_at(form: Mapping[str, Json], path: str) -> Json:
    """What stands in ``form`` at ``offence.listed``; ``None`` when nothing does."""
    value: Json = form
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def is_filled(value: Json) -> bool:
    """Whether something was said: blank text and empty lists say nothing, ``false`` and 0 do."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, (list, tuple, Mapping)):
        return len(value) > 0
    return value is not None


def _all_hold(condition: Condition, given: Circumstances) -> Known:
    answers = [
        _known(not condition.categories or bool(condition.categories & given.categories)),
        _known(not condition.only or given.categories <= condition.only),
        _known(condition.urgent in (None, given.urgent)),
        _known(condition.emergency in (None, given.emergency)),
    ]
    if condition.field:
        answers.append(_field_holds(condition, given.form) if given.form_known else Known.UNKNOWN)
    if condition.bound:
        answers.append(given.bound.get(condition.bound, Known.UNKNOWN))
    if condition.reserved:
        answers.append(given.reserved.get(condition.reserved, Known.UNKNOWN))
    return all_known(answers)


def _field_holds(condition: Condition, form: Mapping[str, Json]) -> Known:
    value = value_at(form, condition.field)
    if condition.filled is not None:
        return _known(is_filled(value) is condition.filled)
    if value is None:
        # A field that is empty says nothing; a part that a filled field leaves out was not said.
        return Known.UNKNOWN if "." in condition.field else Known.NO
    values = [item for item in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(item, str)]
    if condition.none_of:
        return _known(not any(item in condition.none_of for item in values))
    return _known(any(item in condition.any_of for item in values))


def _known(answer: bool) -> Known:  # noqa: FBT001 - a truth value is what is turned
    return Known.YES if answer else Known.NO
