"""What earlier contacts of the customer do to a call, whenever it is told."""

from typing import Any

import pytest

from streams.calls.events import CallEnded
from streams.calls.outcome import CallOutcome
from streams.calls.reports import CustomerContext
from tests.builders import BAD, Call, at, escalated, gained, of_kind, rules, started


def context(seconds: float = 1, **kwargs: Any) -> CustomerContext:
    return CustomerContext("r1", "c1", at(seconds), **kwargs)


def call_with(**kwargs: Any) -> Call:
    call = Call()
    call.apply(started(customer_id="u1"), context(**kwargs))
    return call


def test_a_repeat_contact_weighs_and_is_counted_once() -> None:
    call = call_with(repeat_contact=True)
    assert call.known.parts["repeat_contact"] > 0
    call.apply(CallEnded("c1", at(9)))
    [outcome] = of_kind(call.outputs, CallOutcome)
    assert outcome.signals == {"repeat_contact": 1}


def test_a_first_contact_weighs_nothing() -> None:
    assert call_with().known.parts == {}


def test_a_promise_that_was_broken_before_weighs() -> None:
    assert call_with(broken_promise=True).known.parts["broken_promise"] > 0


@pytest.mark.parametrize(("less", "more"), [(0, 1), (1, 2), (2, 3)])
def test_bad_experiences_of_before_weigh_by_their_number(less: int, more: int) -> None:
    one, other = (call_with(bad_experiences=n).known.parts.get("history", 0.0) for n in (less, more))
    assert one < other


def test_bad_experiences_beyond_a_few_do_not_make_a_call_bad_by_themselves() -> None:
    call = call_with(bad_experiences=50, repeat_contact=True)
    call.customer("hello there good morning", 5)
    assert call.alerts == []


def test_history_does_not_wear_off_with_the_turns() -> None:
    call = call_with(bad_experiences=2)
    before = call.known.parts["history"]
    for n in range(10):
        call.customer("hello there again", 5 + n)
    assert call.known.parts["history"] == before


def test_the_alert_says_what_is_known_of_the_customer() -> None:
    call = call_with(contacts_in_30_days=4, bad_experiences=2, churn="high", repeat_contact=True)
    call.customer("you idiot", 5)
    [alert] = call.alerts
    known = alert.context
    assert (known.calls_in_30_days, known.bad_experiences, known.churn) == (4, 2, "high")
    assert {"history", "repeat_contact"} <= {reason.signal for reason in alert.reasons}
    assert sum(reason.weight for reason in alert.reasons) == pytest.approx(gained(alert))


def test_without_context_nothing_is_made_up() -> None:
    call = Call()
    call.customer("you idiot", 5)
    known = call.alerts[0].context
    assert (known.calls_in_30_days, known.bad_experiences, known.churn) == (None, None, None)


def test_context_twice_counts_once() -> None:
    call = call_with(repeat_contact=True, bad_experiences=1)
    before = dict(call.known.parts)
    assert call.apply(context(repeat_contact=True, bad_experiences=1)) == []
    assert call.known.parts == before


def test_context_alone_alerts_nobody() -> None:
    call = Call(rules(enter=0.06, watch=0.05, exit=0.05))
    call.apply(started(), context(repeat_contact=True, bad_experiences=3, broken_promise=True))
    assert call.alerts == []


def test_context_that_comes_late_brings_a_tense_call_over_the_threshold() -> None:
    plain = Call()
    plain.customer(BAD, 10)
    call = Call(rules(enter=plain.shown[-1].risk + 0.01))
    call.customer(BAD, 10)
    assert call.kinds == ["watch"]
    call.apply(context(12, repeat_contact=True, bad_experiences=3))
    assert call.kinds == ["watch", "high"]
    assert call.alerts[-1].at == at(12)


def test_context_that_comes_late_ends_no_escalation() -> None:
    call = escalated()
    call.apply(context(30))
    assert call.known.phase == "escalated"
    assert call.kinds == ["watch", "high"]


def test_context_after_the_end_changes_nothing() -> None:
    call = escalated()
    call.apply(CallEnded("c1", at(30)))
    assert call.apply(context(31, repeat_contact=True)) == []
