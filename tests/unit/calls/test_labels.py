"""Who says what a call was, and which turns that is about."""

import pytest

from streams.calls.events import (
    AlertVerdict,
    CallEnded,
    CallReviewed,
    LabelledTurn,
    SurveySubmitted,
    WrapupCompleted,
)
from streams.calls.outputs import Gap, Output
from tests.builders import BAD, CALM, Call, at, escalated, of_kind, portable


def labels(outputs: list[Output]) -> list[LabelledTurn]:
    return of_kind(outputs, LabelledTurn)


def test_a_verdict_counts_in_full_and_is_of_the_locale() -> None:
    call = escalated()
    verdict = AlertVerdict("c1", at(30), call.alerts[1].alert_id, "confirmed", "kim")
    assert {(label.weight, label.locale, label.call_id) for label in labels(call.apply(verdict))} == {
        (1.0, "en-US", "c1")
    }


def test_a_review_counts_as_much_as_a_verdict() -> None:
    call = escalated()
    made = labels(call.apply(CallReviewed("c1", at(30), False, "kim")))
    assert {(label.weight, label.negative) for label in made} == {(1.0, False)}


def test_a_review_may_name_the_turns() -> None:
    call = Call()
    for n, text in enumerate(["one", "two", "three"]):
        call.customer(text, n)
    made = labels(call.apply(CallReviewed("c1", at(9), True, "kim", utterances=[1])))
    assert [label.tokens for label in made] == [("two",)]


def test_a_review_of_a_call_with_an_alert_labels_the_last_three_turns_all_the_same() -> None:
    call = escalated()
    for n in range(3):
        call.customer(f"turn number {n}", 25 + n)
    made = labels(call.apply(CallReviewed("c1", at(30), True, "kim")))
    assert [label.tokens[-1] for label in made] == ["0", "1", "2"]


def test_the_agents_words_are_never_labelled() -> None:
    call = escalated()
    call.agent("agents words here now", 22)
    made = labels(call.apply(CallReviewed("c1", at(30), True, "kim")))
    assert not [label for label in made if "agents" in label.tokens]


def test_a_verdict_after_the_end_finds_the_turns_of_a_state_read_back() -> None:
    call = escalated()
    call.customer(CALM, 25)
    call.apply(CallEnded("c1", at(40)))
    call.state = portable(call.known)
    made = labels(call.apply(AlertVerdict("c1", at(99), call.alerts[1].alert_id, "dismissed", "kim")))
    assert [label.tokens for label in made] == [tuple(BAD.split())] * 2


def test_a_verdict_on_turns_that_are_gone_is_counted() -> None:
    call = escalated()
    verdict = AlertVerdict("c1", at(30), call.alerts[1].alert_id, "confirmed", "kim", utterances=[77])
    assert call.apply(verdict) == [Gap("label_without_turns")]


def test_a_verdict_on_the_rise_is_about_the_same_turns() -> None:
    call = escalated()
    call.customer("i smell gas", 25)
    rise = call.alerts[-1].alert_id
    first = labels(call.apply(AlertVerdict("c1", at(30), call.alerts[1].alert_id, "confirmed", "kim")))
    second = labels(call.apply(AlertVerdict("c1", at(31), rise, "confirmed", "kim")))
    assert [label.tokens for label in first] == [label.tokens for label in second] != []


@pytest.mark.parametrize(
    "event",
    [SurveySubmitted("c1", at(50), csat=5, nps=10), WrapupCompleted("c1", at(50), resolved=True)],
    ids=["survey", "wrapup"],
)
def test_what_went_well_is_never_a_label_that_the_alert_was_wrong(
    event: SurveySubmitted | WrapupCompleted,
) -> None:
    call = escalated()
    call.apply(CallEnded("c1", at(40)))
    assert labels(call.apply(event)) == []


def test_a_call_without_a_label_gives_no_example() -> None:
    call = escalated()
    for n in range(5):
        call.customer(CALM, 40 + n)
    call.apply(CallEnded("c1", at(99)))
    assert labels(call.outputs) == []
