"""What waits for the end of a cool-down, whom a verdict is about, and what an early alert shows."""

import pytest

from streams.calls.events import AlertVerdict, LabelledTurn, TranscriptTokens
from tests.builders import BAD, Call, at, escalated, recovered, say


def test_a_demand_inside_the_cool_down_is_not_lost_to_a_short_word_after_it() -> None:
    call = recovered()
    call.customer("get me your manager", 70)
    call.customer("yes", 75)
    call.wait(200)
    assert call.kinds[-1] == "high"


def test_a_second_request_after_one_that_waited_is_critical() -> None:
    call = recovered()
    call.customer("get me your manager", 70)
    call.wait(100)
    call.agent("no", 105)
    call.customer("get me your manager", 110)
    assert call.kinds[-2:] == ["high", "critical"]


def test_the_standing_of_an_early_alert_shows_its_risk() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.apply(say("customer", "so it is awful awful awful", 20, 1, final=False))
    shown, alert = call.shown[-1], call.alerts[-1]
    assert (shown.phase, shown.alert_id) == ("escalated", alert.alert_id)
    assert shown.risk == pytest.approx(alert.risk)


def test_a_verdict_on_the_first_alert_labels_its_turns_not_those_of_the_second() -> None:
    call = recovered()
    first = call.alerts[1].alert_id
    for n in range(3):
        call.customer("well then okay", 60 + n)
    call.customer("you idiot", 120)
    labels = call.apply(AlertVerdict("c1", at(130), first, "confirmed", "kim"))
    assert not [label for label in labels if isinstance(label, LabelledTurn) and "idiot" in label.tokens]


def test_a_verdict_on_an_unknown_alert_labels_nothing() -> None:
    call = escalated()
    judged = call.apply(AlertVerdict("c1", at(30), "0000", "dismissed", "kim"))
    assert not [output for output in judged if isinstance(output, LabelledTurn)]


def test_the_locale_of_the_words_counts_when_the_call_names_none() -> None:
    call = Call()
    call.apply(TranscriptTokens("c1", "customer", 0, ["you", "idiot"], at(1), final=True, locale="fi-FI"))
    assert call.kinds == []


def test_an_act_long_before_the_escalation_did_not_precede_the_recovery() -> None:
    call = Call()
    call.agent("i'm so sorry", 1)
    for n in range(3):
        call.customer("well then okay", 2 + n)
    call.customer(BAD, 10)
    call.customer(BAD, 20)
    for n in range(3):
        call.customer("yes that works", 40 + 10 * n)
    assert call.alerts[-1].kind == "deescalation"
    assert call.alerts[-1].preceded_by is None
