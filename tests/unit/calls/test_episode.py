from typing import Any

import pytest

from models.incremental import probability
from streams.calls.events import CallEnded, HoldEnded, HoldStarted
from streams.calls.outputs import CallGone, Suppressed
from streams.calls.risk import total
from tests.builders import BAD, CALM, Call, alerts_of, at, escalated, of_kind, recovered, rules, say


def test_a_recovery_is_paired_with_its_escalation_and_the_act_before_it() -> None:
    call = recovered()
    _, high, back = call.alerts
    assert back.kind == "deescalation"
    assert back.escalation_id == high.alert_id != back.alert_id
    assert back.outcome == "recovered"
    assert back.recovery_ms == 20_000
    assert back.risk_peak == high.risk > back.risk
    assert back.preceded_by is not None
    assert (back.preceded_by.signal, back.preceded_by.utterance) == ("apologise", 0)
    assert back.preceded_by.text == "i'm so sorry"


def test_the_act_is_the_last_before_the_first_calm_turn() -> None:
    call = escalated()
    call.agent("i'm so sorry", 22)
    call.says("supervisor", "that must be hard", 25)
    call.customer(CALM, 30)
    call.agent("leave it with me", 35)
    call.customer(CALM, 40)
    act = call.alerts[-1].preceded_by
    assert act is not None
    assert (act.signal, act.speaker) == ("acknowledge", "supervisor")


def test_a_recovery_without_an_act_says_so() -> None:
    call = escalated()
    call.agent("one moment", 25)
    call.customer(CALM, 30)
    call.customer(CALM, 40)
    assert call.alerts[-1].kind == "deescalation"
    assert call.alerts[-1].preceded_by is None


def test_one_calm_turn_is_not_enough() -> None:
    call = escalated()
    call.customer(CALM, 60)
    assert call.known.phase == "recovering"
    assert "deescalation" not in call.kinds


def test_two_short_words_are_not_enough() -> None:
    call = escalated()
    call.customer("okay", 40)
    call.customer("yes fine", 50)
    call.customer("okay ... !!!", 55)
    assert "deescalation" not in call.kinds
    call.customer("yes that works", 60)
    assert call.kinds[-1] == "deescalation"


def test_recovery_needs_fifteen_seconds_after_the_last_bad_turn() -> None:
    call = escalated()  # the bad turn is at 20 s
    call.customer(CALM, 25)
    call.customer(CALM, 34.999)
    assert call.kinds == ["watch", "high"]
    call.customer(CALM, 35)
    assert call.kinds == ["watch", "high", "deescalation"]


@pytest.mark.parametrize("text", [BAD, "thanks for nothing", "close my account", "you idiot"])
def test_a_bad_turn_starts_the_count_again(text: str) -> None:
    call = escalated()
    call.customer(CALM, 40)
    call.customer(text, 50)
    assert call.known.phase == "escalated"
    for n in range(8):  # until the risk is below exit again
        call.customer(CALM, 50.5 + n / 10)
    assert "deescalation" not in call.kinds  # 15 s after the bad turn have not passed
    call.customer(CALM, 65)
    assert call.kinds[-1] == "deescalation"
    assert call.alerts[-1].at == at(65)


def test_calm_turns_before_a_bad_one_do_not_count() -> None:
    call = escalated()
    call.customer(CALM, 40)
    call.customer("thanks for nothing", 50)
    call.customer(CALM, 70)
    assert call.known.phase == "recovering"
    call.customer(CALM, 80)
    assert call.kinds[-1] == "deescalation"


def test_nobody_recovers_on_hold() -> None:
    call = escalated()
    call.apply(HoldStarted("c1", at(30)))
    for n in range(5):
        call.customer(CALM, 40 + n)
    assert "deescalation" not in call.kinds
    call.apply(HoldEnded("c1", at(50)))
    assert "deescalation" not in call.kinds
    call.customer(CALM, 55)
    assert call.kinds[-1] == "deescalation"


@pytest.mark.parametrize("talk", [False, True])
def test_silence_and_the_agents_words_are_no_recovery(talk: bool) -> None:
    call = escalated()
    for n in range(20 if talk else 0):
        call.agent("that must be hard i'm so sorry", 30 + 100 * n)
    call.wait(3_000)
    assert call.known.phase == "escalated"
    assert "deescalation" not in call.kinds


def test_a_call_that_ends_escalated_is_closed_as_unrecovered() -> None:
    call = escalated()
    call.customer(CALM, 30)
    outputs = call.apply(CallEnded("c1", at(90), reason="customer_hung_up"))
    closed = call.alerts[-1]
    assert (closed.kind, closed.outcome, closed.severity) == ("closed", "unrecovered", "high")
    assert closed.escalation_id == call.alerts[1].alert_id
    assert closed.preceded_by is None
    assert closed.at == at(90)
    assert of_kind(outputs, CallGone) == [CallGone("c1")]


def test_a_call_that_never_ends_is_closed_by_its_timer() -> None:
    call = escalated()
    call.wait(20 + 3_600)
    assert call.kinds[-1] == "closed"
    assert of_kind(call.outputs, CallGone)
    assert call.known.ended


def test_a_call_that_ended_well_closes_nothing() -> None:
    call = recovered()
    outputs = call.apply(CallEnded("c1", at(90)))
    assert of_kind(outputs, CallGone) == [CallGone("c1")]
    assert alerts_of(outputs) == []


def test_the_last_unfinished_words_count_before_the_call_is_closed() -> None:
    call = Call()
    call.apply(say("customer", "you idiot", 10, 0, final=False), CallEnded("c1", at(12)))
    assert call.kinds == ["high", "closed"]


# Severity only rises.


def test_a_request_repeated_after_refusal_is_critical() -> None:
    call = Call()
    call.customer("get me your manager", 10)
    call.agent("i can not do that", 15)
    call.customer("i said your manager", 20)
    high, critical = call.alerts
    assert (high.severity, critical.severity) == ("high", "critical")
    assert critical.raises == high.alert_id
    assert critical.escalation_id == high.alert_id


def test_severity_rises_once_and_never_falls() -> None:
    call = escalated()
    for n, text in enumerate(["i smell gas", "you idiot", "i smell gas", "your manager", "your manager"]):
        call.customer(text, 30 + n)
    assert call.kinds == ["watch", "high", "critical"]
    call.apply(CallEnded("c1", at(60)))
    assert call.alerts[-1].severity == "critical"
    assert call.alerts[-1].escalation_id == call.alerts[1].alert_id


def test_the_peak_is_the_highest_risk_of_the_episode() -> None:
    call = escalated()
    call.customer(BAD + " you idiot", 30)
    peak = probability(total(call.known.parts))
    for n in range(12):
        call.customer(CALM, 60 + n)
    back = call.alerts[-1]
    assert back.kind == "deescalation"
    assert back.risk_peak == pytest.approx(peak)
    assert back.risk_peak > call.alerts[1].risk


# A final transcript that contradicts the partial one.


def early(**policy: Any) -> Call:
    call = Call(rules(**policy))
    call.customer(BAD, 10)
    call.apply(say("customer", "so it is awful awful awful", 20, 1, final=False))
    assert call.kinds == ["watch", "high"]
    return call


def test_a_final_that_contradicts_the_partial_takes_the_alert_back() -> None:
    call = early()
    call.apply(say("customer", "yes that works", 22, 1))
    back = call.alerts[-1]
    assert (back.kind, back.outcome) == ("retraction", "retracted")
    assert back.escalation_id == call.alerts[1].alert_id
    assert call.known.phase == "calm"
    assert sum(reason.weight for reason in back.reasons) != 0


def test_after_a_retraction_the_cool_down_holds() -> None:
    call = early()
    call.apply(say("customer", "yes that works", 22, 1))
    assert Suppressed("", "cool_down") in call.apply(say("customer", "you idiot", 30, 2))
    call.wait(82)
    assert call.kinds == ["watch", "high", "retraction", "high"]


def test_a_final_that_confirms_the_partial_takes_nothing_back() -> None:
    call = early()
    call.apply(say("customer", "so it is awful awful awful indeed", 22, 1))
    call.apply(say("customer", CALM, 30, 2), say("customer", CALM, 40, 3))
    assert call.kinds == ["watch", "high", "deescalation"]


def test_a_final_with_a_demand_takes_nothing_back() -> None:
    call = early(exit=0.84)
    call.apply(say("customer", "lovely joking now your manager", 22, 1))
    assert call.kinds == ["watch", "high"]
    assert probability(total(call.known.parts)) < 0.84


def test_time_going_backwards_never_makes_a_recovery_negative() -> None:
    call = escalated()
    call.customer(BAD, 2)
    for n in range(6):
        call.customer(CALM, 3 + 3 * n)
    call.customer(CALM, 40)
    assert call.kinds[-1] == "deescalation"
    assert call.alerts[-1].recovery_ms == 20_000
