from typing import Literal

import pytest

from streams.calls.events import (
    AgentJoined,
    AgentLeft,
    AlertClaimed,
    AlertReleased,
    AlertVerdict,
    CallEnded,
    CallEvent,
    CallQueued,
    CallReviewed,
    CallTransferred,
    HoldEnded,
    HoldStarted,
    LabelledTurn,
    SupervisorJoined,
    SurveySubmitted,
    WrapupCompleted,
)
from streams.calls.outputs import Gap, Output
from streams.calls.timings import holds
from tests.builders import BAD, CALM, Call, at, escalated, of_kind, play, recovered, say, started

EVENTS: list[CallEvent] = [
    started(1),
    CallQueued("c1", at(1)),
    AgentJoined("c1", at(1), "a1"),
    AgentLeft("c1", at(1)),
    HoldStarted("c1", at(1)),
    HoldEnded("c1", at(1)),
    CallTransferred("c1", at(1), to_queue="billing"),
    SupervisorJoined("c1", at(1), "barge"),
    CallEnded("c1", at(1)),
    WrapupCompleted("c1", at(1)),
    SurveySubmitted("c1", at(1), csat=1),
    AlertClaimed("c1", at(1), "a", "kim"),
    AlertReleased("c1", at(1), "a", "kim"),
    AlertVerdict("c1", at(1), "a", "confirmed", "kim"),
    CallReviewed("c1", at(1), True, "kim"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_may_be_the_first_or_come_after_the_end(event: CallEvent) -> None:
    call = Call()
    call.apply(event)
    call.customer("you idiot", 2)
    call.apply(CallEnded("c1", at(3)), event)
    assert call.known.ended


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_alone_raises_no_alert(event: CallEvent) -> None:
    call = Call()
    call.customer("hello", 0)
    call.apply(event, event)
    assert call.alerts == []


def test_words_of_a_call_never_started_are_heard() -> None:
    call = Call()
    call.customer("you idiot", 1)
    assert call.kinds == ["high"]
    assert call.alerts[0].queue == ""


def test_a_late_start_fills_in_what_is_known() -> None:
    call = Call()
    call.customer("you idiot", 1)
    call.apply(started(0, queue="billing", customer_id="u1", locale="en-US"))
    call.customer("i smell gas", 5)
    assert [alert.queue for alert in call.alerts] == ["", "billing"]
    assert call.alerts[-1].customer_id == "u1"


def test_after_the_end_nothing_is_heard_but_counted() -> None:
    call = Call()
    call.customer("hello", 1)
    call.apply(CallEnded("c1", at(2)))
    assert call.customer("you idiot", 3) == [Gap("after_end")]
    assert call.apply(CallEnded("c1", at(4))) == [Gap("after_end")]


def test_a_transfer_keeps_risk_and_phase() -> None:
    call = escalated()
    call.apply(CallTransferred("c1", at(30), to_queue="senior", to_agent_id="a2"))
    assert call.known.phase == "escalated"
    call.customer("i smell gas", 40)
    rise = call.alerts[-1]
    assert (rise.queue, rise.agent_id, rise.context.transfers) == ("senior", "a2", 1)
    assert rise.raises == call.alerts[1].alert_id


def test_who_has_the_call_is_known() -> None:
    call = Call()
    call.apply(AgentJoined("c1", at(0), "a1"), AgentLeft("c1", at(1)), AgentJoined("c1", at(2), "a2"))
    call.customer("you idiot", 3)
    assert call.alerts[0].agent_id == "a2"


def test_the_second_transfer_and_a_long_hold_weigh() -> None:
    call = Call()
    call.customer("hello", 0)
    for n in range(3):
        call.apply(CallTransferred("c1", at(1 + n)))
    call.apply(HoldStarted("c1", at(10)), HoldEnded("c1", at(131)))
    call.customer("you idiot", 140)
    signals = {reason.signal for reason in call.alerts[0].reasons}
    assert {"long_hold", "transfer", "abuse"} <= signals


def test_the_first_transfer_and_a_short_hold_do_not() -> None:
    call = Call()
    call.apply(CallTransferred("c1", at(1)), HoldStarted("c1", at(10)), HoldEnded("c1", at(100)))
    assert call.known.parts == {}


def test_a_hold_that_never_began_or_ends_before_it_began_counts_nothing() -> None:
    call = Call()
    call.apply(HoldEnded("c1", at(5)), HoldStarted("c1", at(10)), HoldEnded("c1", at(3)))
    assert holds(call.known.marks, 60_000) == [(5_000, 60_000)]


# Claims: the first wins.


def test_the_first_claim_wins() -> None:
    call = escalated()
    alert_id = call.alerts[-1].alert_id
    [shown] = call.apply(AlertClaimed("c1", at(30), alert_id, "kim"))
    assert (shown.claimed_by, shown.alert_id) == ("kim", alert_id)
    assert call.apply(AlertClaimed("c1", at(30), alert_id, "lou")) == []
    assert call.known.claimed_by == "kim"


def test_only_who_claimed_can_release() -> None:
    call = escalated()
    alert_id = call.alerts[-1].alert_id
    call.apply(AlertClaimed("c1", at(30), alert_id, "kim"))
    assert call.apply(AlertReleased("c1", at(31), alert_id, "lou")) == []
    [shown] = call.apply(AlertReleased("c1", at(32), alert_id, "kim"))
    assert shown.claimed_by is None
    [shown] = call.apply(AlertClaimed("c1", at(33), alert_id, "lou"))
    assert shown.claimed_by == "lou"


def test_a_claim_of_an_alert_that_is_not_open_is_ignored() -> None:
    assert escalated().apply(AlertClaimed("c1", at(30), "0000", "kim")) == []
    call = recovered()
    assert call.apply(AlertClaimed("c1", at(50), call.alerts[1].alert_id, "kim")) == []


def test_a_claim_stays_when_the_severity_rises_and_goes_with_the_episode() -> None:
    call = escalated()
    call.apply(AlertClaimed("c1", at(30), call.alerts[-1].alert_id, "kim"))
    call.customer("i smell gas", 35)
    assert call.known.claimed_by == "kim"
    while call.kinds[-1] != "deescalation":
        call.customer(CALM, 60)
    assert call.shown[-1].phase == "recovered"
    assert call.shown[-1].claimed_by is None


# Verdicts and reviews: the strongest labels.


def labels(outputs: list[Output]) -> list[LabelledTurn]:
    return of_kind(outputs, LabelledTurn)


@pytest.mark.parametrize(("verdict", "negative"), [("confirmed", True), ("dismissed", False)])
@pytest.mark.parametrize("ended", [False, True])
def test_a_verdict_labels_the_turns_of_the_alert(
    verdict: Literal["confirmed", "dismissed"], negative: bool, ended: bool
) -> None:
    call = escalated()
    call.customer("something else entirely", 25)
    if ended:
        call.apply(CallEnded("c1", at(40)))
    alert_id = call.alerts[1].alert_id
    made = call.apply(AlertVerdict("c1", at(86_400), alert_id, verdict, "kim"))
    turns = labels(made)
    assert [turn.tokens for turn in turns] == [tuple(BAD.split())] * 2
    assert {(turn.negative, turn.weight, turn.source) for turn in turns} == {(negative, 1.0, "verdict")}
    assert len({turn.record_id for turn in turns}) == 2


def test_a_verdict_may_name_the_turns() -> None:
    call = escalated()
    call.customer("fine then", 25)
    verdict = AlertVerdict("c1", at(30), call.alerts[1].alert_id, "confirmed", "kim", utterances=[1, 9])
    assert [turn.tokens for turn in labels(call.apply(verdict))] == [tuple(BAD.split())]


def test_a_verdict_on_an_early_alert_labels_the_turn_that_raised_it() -> None:
    call = Call()
    call.customer(BAD, 10)
    said = "so it is awful awful awful"
    call.customer(said, 20, final=False)
    call.apply(say("customer", [], 21, 1, index=6))
    call.customer("something else entirely", 25)
    verdict = AlertVerdict("c1", at(30), call.alerts[1].alert_id, "confirmed", "kim")
    assert [turn.tokens for turn in labels(call.apply(verdict))] == [tuple(BAD.split()), tuple(said.split())]


def test_a_verdict_twice_has_the_same_record_ids() -> None:
    call = escalated()
    verdict = AlertVerdict("c1", at(30), call.alerts[1].alert_id, "confirmed", "kim")
    assert call.apply(verdict) == call.apply(verdict)


def test_a_review_labels_the_last_turns() -> None:
    call = Call()
    for n, text in enumerate(["one", "two", "three", "four"]):
        call.customer(text, n)
    call.apply(CallEnded("c1", at(9)))
    turns = labels(call.apply(CallReviewed("c1", at(20), True, "kim", sampled=True)))
    assert [turn.tokens for turn in turns] == [("two",), ("three",), ("four",)]
    assert {(turn.negative, turn.source) for turn in turns} == {(True, "review")}


def test_a_label_for_a_call_without_words_is_counted() -> None:
    assert play([CallReviewed("c1", at(1), False, "kim")]) == [Gap("label_without_turns")]
