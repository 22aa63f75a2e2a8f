import pytest

from streams.calls.events import AgentJoined, AgentLeft, CallEnded, HoldEnded, HoldStarted, Speaker
from streams.calls.outcome import CallOutcome
from streams.calls.signals.catalogue import NUMBER
from tests.builders import BAD, CALM, Call, at, escalated, of_kind, recovered, rules, started


def call_with_agent(channel: str = "voice") -> Call:
    """A call whose agent joined at its start."""
    call = Call()
    call.apply(started(channel=channel), AgentJoined("c1", at(0), "a1"))
    return call


def heard(call: Call, signal: str, until: float) -> int:
    """Return how often a signal was heard by then."""
    call.wait(until)
    return call.known.tally.heard.get(NUMBER[signal], 0)


# Dead air on the phone.


@pytest.mark.parametrize(("seconds", "times"), [(7.999, 0), (8, 1)])
def test_dead_air_is_eight_seconds_of_nobody(seconds: float, times: int) -> None:
    call = call_with_agent()
    call.customer(CALM, 10)
    assert heard(call, "dead_air", 10 + seconds) == times


def test_a_gap_is_dead_air_once_however_long() -> None:
    call = call_with_agent()
    call.customer(CALM, 10)
    assert heard(call, "dead_air", 300) == 1


def test_a_short_hold_does_not_make_two_of_one_gap() -> None:
    call = call_with_agent()
    call.customer(CALM, 10)
    call.wait(18)
    call.apply(HoldStarted("c1", at(20)), HoldEnded("c1", at(22)))
    assert heard(call, "dead_air", 60) == 1


def test_the_next_gap_is_dead_air_again() -> None:
    call = call_with_agent()
    call.customer(CALM, 10)
    call.agent("here we are", 30)
    assert heard(call, "dead_air", 60) == 2


def test_whoever_speaks_ends_the_gap() -> None:
    call = call_with_agent()
    speakers: list[Speaker] = ["customer", "agent", "supervisor", "customer"]
    for n, speaker in enumerate(speakers):
        call.says(speaker, CALM, 10 + 7 * n)
    assert heard(call, "dead_air", 10 + 21 + 7) == 0


def test_words_that_are_not_final_yet_are_somebody_speaking() -> None:
    call = call_with_agent()
    call.customer("well", 10, final=False)
    call.customer("well now", 17, final=False)
    assert heard(call, "dead_air", 24) == 0


def test_no_dead_air_on_hold() -> None:
    call = call_with_agent()
    call.customer(CALM, 10)
    call.apply(HoldStarted("c1", at(12)))
    assert heard(call, "dead_air", 100) == 0


def test_after_a_hold_the_gap_begins_anew() -> None:
    call = call_with_agent()
    call.customer(CALM, 10)
    call.apply(HoldStarted("c1", at(12)), HoldEnded("c1", at(60)))
    assert heard(call, "dead_air", 67.999) == 0
    assert heard(call, "dead_air", 68) == 1


def test_no_dead_air_before_an_agent_joins() -> None:
    call = Call()
    call.apply(started())
    call.customer(CALM, 10)
    assert heard(call, "dead_air", 100) == 0


def test_the_silence_of_the_queue_is_not_the_agents() -> None:
    call = Call()
    call.apply(started())
    call.customer(CALM, 10)
    call.apply(AgentJoined("c1", at(17), "a1"))
    assert heard(call, "dead_air", 24.999) == 0
    assert heard(call, "dead_air", 25) == 1


def test_an_agent_who_joins_late_and_says_nothing_is_dead_air() -> None:
    call = Call()
    call.apply(started())
    call.customer(CALM, 10)
    call.wait(60)
    call.apply(AgentJoined("c1", at(60), "a1"))
    assert heard(call, "dead_air", 68) == 1


def test_no_dead_air_after_the_agent_left() -> None:
    call = call_with_agent()
    call.customer(CALM, 10)
    call.apply(AgentLeft("c1", at(12)))
    assert heard(call, "dead_air", 100) == 0


@pytest.mark.parametrize(("seconds", "times"), [(29.999, 0), (30, 1)])
def test_an_announced_wait_is_dead_air_after_thirty_seconds(seconds: float, times: int) -> None:
    call = call_with_agent()
    call.agent("please bear with me a moment", 10)
    assert heard(call, "dead_air", 10 + seconds) == times


def test_an_announced_wait_excuses_no_later_silence() -> None:
    call = call_with_agent()
    call.agent("please bear with me a moment", 10)
    call.agent("so here it is", 38)
    assert heard(call, "dead_air", 46) == 1


def test_a_customer_cannot_announce_a_wait() -> None:
    call = call_with_agent()
    call.customer("please bear with me a moment", 10)
    assert heard(call, "dead_air", 18) == 1


def test_dead_air_never_calms() -> None:
    call = escalated()
    call.apply(AgentJoined("c1", at(21), "a1"))
    before = dict(call.known.parts)
    assert heard(call, "dead_air", 40) == 1
    assert sum(call.known.parts.values()) > sum(before.values())
    assert call.known.phase == "escalated"


def test_dead_air_that_brings_the_risk_over_the_threshold_alerts() -> None:
    tense = Call()
    tense.apply(started(), AgentJoined("c1", at(0), "a1"))
    tense.customer(BAD, 10)
    risk = tense.shown[-1].risk
    call = Call(rules(enter=risk + 0.01))
    call.apply(started(), AgentJoined("c1", at(0), "a1"))
    call.customer(BAD, 10)
    assert call.kinds == ["watch"]
    call.wait(18)
    assert call.kinds == ["watch", "high"]
    assert call.alerts[-1].at == at(18)
    assert "dead_air" in {reason.signal for reason in call.alerts[-1].reasons}


def test_dead_air_inside_the_cool_down_alerts_nobody() -> None:
    call = recovered()  # 40 s in: nothing new before 100 s
    call.apply(AgentJoined("c1", at(41), "a1"))
    call.customer(BAD, 45)
    call.customer(BAD, 46)
    assert heard(call, "dead_air", 99.999) >= 1
    assert call.kinds == ["watch", "high", "deescalation"]
    call.wait(100)
    assert call.kinds == ["watch", "high", "deescalation", "high"]


# Dead air in a chat.


@pytest.mark.parametrize(("seconds", "times"), [(119.999, 0), (120, 1)])
def test_a_message_of_the_customer_waits_two_minutes(seconds: float, times: int) -> None:
    call = call_with_agent("chat")
    call.customer(CALM, 10)
    assert heard(call, "dead_air", 10 + seconds) == times


def test_a_chat_waits_for_no_customer() -> None:
    call = call_with_agent("chat")
    call.customer(CALM, 10)
    call.agent("here is your answer", 20)
    assert heard(call, "dead_air", 1_000) == 0


def test_a_second_message_does_not_begin_the_wait_anew() -> None:
    call = call_with_agent("chat")
    call.customer(CALM, 10)
    call.customer("are you there", 100)
    assert heard(call, "dead_air", 130) == 1


def test_one_wait_is_dead_air_once_however_often_the_customer_writes() -> None:
    call = call_with_agent("chat")
    call.customer(CALM, 10)
    for n in range(5):
        call.customer("are you there", 150 + 150 * n)
    assert heard(call, "dead_air", 2_000) == 1


def test_an_answer_ends_the_wait_and_the_next_message_waits_again() -> None:
    call = call_with_agent("chat")
    call.customer(CALM, 10)
    call.agent("here is your answer", 200)
    call.customer("and what of the other", 210)
    assert heard(call, "dead_air", 330) == 2


def test_a_message_that_waits_before_an_agent_joins_waits_for_nobody_yet() -> None:
    call = Call()
    call.apply(started(channel="chat"))
    call.customer(CALM, 10)
    assert heard(call, "dead_air", 500) == 0
    call.apply(AgentJoined("c1", at(500), "a1"))
    assert heard(call, "dead_air", 619.999) == 0
    assert heard(call, "dead_air", 620) == 1


def test_a_message_waits_again_after_a_hold() -> None:
    call = call_with_agent("chat")
    call.customer(CALM, 10)
    call.apply(HoldStarted("c1", at(20)))
    call.wait(300)
    call.apply(HoldEnded("c1", at(300)))
    assert heard(call, "dead_air", 301) == 0
    assert heard(call, "dead_air", 420) == 1


# Holds.


@pytest.mark.parametrize(("seconds", "times"), [(119.999, 0), (120, 1), (239.999, 1), (240, 2), (360, 3)])
def test_a_hold_is_too_long_after_two_minutes_and_again_each_two(seconds: float, times: int) -> None:
    call = call_with_agent()
    call.apply(HoldStarted("c1", at(10)))
    assert heard(call, "long_hold", 10 + seconds) == times


@pytest.mark.parametrize(("last", "times"), [(39.9, 0), (40, 1)])
def test_holds_are_too_long_together_after_four_minutes(last: float, times: int) -> None:
    call = call_with_agent()
    for n in range(2):
        call.apply(HoldStarted("c1", at(200 * n)), HoldEnded("c1", at(200 * n + 100)))
    call.apply(HoldStarted("c1", at(1_000)))
    assert heard(call, "long_hold", 1_000 + last) == times


def test_a_hold_that_nobody_waited_for_counts_when_it_ends() -> None:
    call = call_with_agent()
    call.apply(HoldEnded("c1", at(200)), HoldStarted("c1", at(10)))  # told in the other order
    assert heard(call, "long_hold", 201) == 1


def test_the_end_of_a_long_hold_does_not_count_it_again() -> None:
    call = call_with_agent()
    call.apply(HoldStarted("c1", at(10)))
    call.wait(150)
    call.apply(HoldEnded("c1", at(150)))
    assert heard(call, "long_hold", 400) == 1


def test_queueing_is_no_hold() -> None:
    call = Call()
    call.apply(started())
    call.customer(CALM, 1)
    assert heard(call, "long_hold", 1_000) == 0


def test_a_long_hold_is_said_in_the_outcome() -> None:
    call = call_with_agent()
    call.apply(HoldStarted("c1", at(10)), HoldEnded("c1", at(135)), CallEnded("c1", at(140)))
    [outcome] = of_kind(call.outputs, CallOutcome)
    assert outcome.signals == {"long_hold": 1}
