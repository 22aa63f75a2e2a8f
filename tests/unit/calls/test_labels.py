"""Who says what a call was, and which turns that is about."""

from typing import Any

import pytest

from streams.calls.events import (
    AlertClaimed,
    AlertVerdict,
    CallEnded,
    CallReviewed,
    LabelledTurn,
    SupervisorJoined,
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


def bad_survey(call: Call, seconds: float = 500) -> list[LabelledTurn]:
    return labels(call.apply(SurveySubmitted("c1", at(seconds), csat=1)))


def test_a_bad_survey_labels_the_last_three_turns_a_little() -> None:
    call = Call()
    for n in range(5):
        call.customer(f"turn number {n}", n)
    call.apply(CallEnded("c1", at(40)))
    made = bad_survey(call)
    assert [label.tokens[-1] for label in made] == ["2", "3", "4"]
    assert {(label.weight, label.negative, label.source) for label in made} == {(0.03, True, "survey")}


@pytest.mark.parametrize("csat", [3, 5, None])
def test_any_other_survey_labels_nothing(csat: int | None) -> None:
    call = Call()
    call.customer("turn number one", 1)
    call.apply(CallEnded("c1", at(40)))
    assert labels(call.apply(SurveySubmitted("c1", at(500), csat=csat, nps=0))) == []


@pytest.mark.parametrize("mode", ["barge", "takeover"])
def test_a_supervisor_who_steps_in_unasked_had_a_reason(mode: Any) -> None:
    call = Call()
    for n in range(4):
        call.customer(f"turn number {n}", n)
    made = labels(call.apply(SupervisorJoined("c1", at(9), mode=mode)))
    assert [label.tokens[-1] for label in made] == ["1", "2", "3"]
    assert {(label.weight, label.negative, label.source) for label in made} == {(0.7, True, "supervisor")}


@pytest.mark.parametrize("mode", ["listen", "whisper"])
def test_one_who_only_listens_says_nothing(mode: Any) -> None:
    call = Call()
    call.customer("turn number one", 1)
    assert labels(call.apply(SupervisorJoined("c1", at(9), mode=mode))) == []


def test_one_whom_an_alert_has_called_says_nothing() -> None:
    assert labels(escalated().apply(SupervisorJoined("c1", at(30), mode="takeover"))) == []


def test_once_somebody_came_to_help_a_survey_labels_only_what_was_said_after() -> None:
    call = escalated()
    call.apply(AlertClaimed("c1", at(25), call.alerts[-1].alert_id, "kim"))
    call.customer("that was all i wanted", 30)
    call.apply(CallEnded("c1", at(40)))
    call.state = portable(call.known)
    assert [label.tokens[0] for label in bad_survey(call)] == ["that"]
    rescued = escalated()
    rescued.apply(SupervisorJoined("c1", at(30), mode="takeover"), CallEnded("c1", at(40)))
    assert bad_survey(rescued) == []


def test_a_verdict_says_who_gave_it_under_another_name() -> None:
    call = escalated()
    verdict = AlertVerdict("c1", at(30), call.alerts[1].alert_id, "confirmed", "kim")
    [by] = {label.by for label in labels(call.apply(verdict))}
    assert by not in ("", "kim")
