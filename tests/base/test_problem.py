import json

from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import PeerError
from tocsin.base.problem import parse_problem, problem_of


class BusyError(PeerError):
    code = "busy"
    sentence = "Come back after {seconds} seconds."
    status = 429
    retryable = True


def test_a_problem_names_code_field_rule_and_whether_to_try_again() -> None:
    assert problem_of(BusyError(seconds=5)).document() == {
        "type": "urn:tocsin:problem:busy",
        "status": 429,
        "title": "Come back after {seconds} seconds.",
        "detail": "Come back after 5 seconds.",
        "code": "busy",
        "fields": {"seconds": "5"},
        "retryable": True,
    }


def test_a_problem_reads_back_as_it_was_written() -> None:
    problem = problem_of(BusyError(seconds=5))
    assert parse_problem(json.loads(json.dumps(problem.document()))) == problem


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    JSON | st.fixed_dictionaries({"code": st.text(), "title": st.text(min_size=600), "fields": JSON, "status": JSON})
)
def test_whatever_a_stranger_answers_becomes_a_bounded_problem(document: object) -> None:
    problem = parse_problem(document)
    assert len(problem.title) <= 500
    assert len(problem.fields) <= 16
    assert 400 <= problem.status <= 599
