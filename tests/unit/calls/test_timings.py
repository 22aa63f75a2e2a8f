import pytest

from streams.calls.events import (
    AgentJoined,
    AgentLeft,
    CallEnded,
    CallTransferred,
    HoldEnded,
    HoldStarted,
    WrapupCompleted,
)
from streams.calls.outcome import CallOutcome
from streams.calls.timings import (
    ENDED,
    HOLD_ENDED,
    HOLD_STARTED,
    JOINED,
    LEFT,
    Timings,
    add_mark,
    holds,
    is_staffed,
    on_hold,
    shift,
    timings,
)
from tests.builders import CALM, Call, at, of_kind, started


def marks(*what: tuple[int, float]) -> list[int]:
    """Return the marks of (kind, seconds), in the order given."""
    found: list[int] = []
    for kind, seconds in what:
        add_mark(found, kind, round(seconds * 1000))
    return found


def seconds(found: Timings) -> tuple[float, float, float]:
    return found.queue_ms / 1000, found.talk_ms / 1000, found.hold_ms / 1000


def outcome(call: Call) -> CallOutcome:
    last = of_kind(call.outputs, CallOutcome)[-1]
    assert isinstance(last, CallOutcome)
    return last


def test_queue_lasts_until_somebody_takes_the_call() -> None:
    assert seconds(timings(marks((JOINED, 10), (ENDED, 60)), 90_000)) == (10, 50, 0)


def test_a_call_that_nobody_takes_is_all_queue() -> None:
    assert seconds(timings(marks((ENDED, 60)), 90_000)) == (60, 0, 0)


def test_between_two_agents_the_customer_queues_again() -> None:
    found = timings(marks((JOINED, 10), (LEFT, 30), (JOINED, 45), (ENDED, 60)), 60_000)
    assert seconds(found) == (25, 35, 0)


def test_a_hold_is_no_talk() -> None:
    found = timings(marks((JOINED, 0), (HOLD_STARTED, 10), (HOLD_ENDED, 30), (ENDED, 60)), 60_000)
    assert seconds(found) == (0, 40, 20)


def test_a_hold_in_the_queue_is_a_hold() -> None:
    found = timings(marks((HOLD_STARTED, 10), (HOLD_ENDED, 30), (JOINED, 20), (ENDED, 60)), 60_000)
    assert seconds(found) == (10, 30, 20)


def test_a_hold_that_never_ends_lasts_until_the_call_does() -> None:
    found = timings(marks((JOINED, 0), (HOLD_STARTED, 10), (ENDED, 60)), 90_000)
    assert (seconds(found), found.longest_hold_ms) == ((0, 10, 50), 50_000)


def test_the_longest_hold_is_one_hold_not_their_sum() -> None:
    found = timings(
        marks((HOLD_STARTED, 0), (HOLD_ENDED, 10), (HOLD_STARTED, 20), (HOLD_ENDED, 50), (ENDED, 60)), 60_000
    )
    assert (found.longest_hold_ms, found.hold_ms) == (30_000, 40_000)


def test_a_second_start_of_the_hold_that_is_on_begins_no_other() -> None:
    found = holds(marks((HOLD_STARTED, 10), (HOLD_STARTED, 20), (HOLD_ENDED, 30)), 60_000)
    assert found == [(10_000, 30_000)]


def test_what_comes_after_the_end_does_not_count() -> None:
    found = timings(
        marks((JOINED, 0), (ENDED, 60), (HOLD_STARTED, 70), (HOLD_ENDED, 80), (LEFT, 90)), 120_000
    )
    assert seconds(found) == (0, 60, 0)


def test_what_happened_before_the_start_does_not_make_the_call_longer() -> None:
    found = timings(marks((JOINED, -20), (HOLD_STARTED, -10), (HOLD_ENDED, 5), (ENDED, 60)), 60_000)
    assert (found.length_ms, seconds(found)) == (60_000, (0, 55, 5))


def test_while_the_call_lives_it_is_as_long_as_it_is_now() -> None:
    found = timings(marks((JOINED, 10), (HOLD_STARTED, 20)), 30_000)
    assert (found.length_ms, seconds(found)) == (30_000, (10, 10, 10))


def test_what_is_known_already_is_not_added_again() -> None:
    known = marks((JOINED, 10))
    assert not add_mark(known, JOINED, 10_000)
    assert len(known) == 1


def test_a_later_start_moves_everything_back() -> None:
    assert shift(marks((JOINED, 10), (ENDED, 60)), 4_000) == marks((JOINED, 6), (ENDED, 56))


def test_who_leaves_when_the_next_joins_leaves_first() -> None:
    handed_over = marks((JOINED, 0), (JOINED, 30), (LEFT, 30))
    assert is_staffed(handed_over)
    assert timings(handed_over, 60_000).talk_ms == 60_000


def test_a_hold_that_ends_when_the_next_begins_goes_on() -> None:
    held = marks((HOLD_STARTED, 0), (HOLD_STARTED, 30), (HOLD_ENDED, 30))
    assert on_hold(held)
    assert timings(held, 60_000).hold_ms == 60_000


@pytest.mark.parametrize("kinds", [(HOLD_STARTED, HOLD_ENDED), (HOLD_ENDED, HOLD_STARTED)])
def test_a_hold_that_begins_and_ends_in_one_instant_is_over(kinds: tuple[int, int]) -> None:
    """Some switches stamp whole seconds: a hold of half a second begins and ends at the same time."""
    held = marks(*((kind, 10) for kind in kinds))
    assert not on_hold(held)
    assert holds(held, 60_000) == []


def test_the_end_of_the_call_ends_the_hold() -> None:
    assert holds(marks((HOLD_STARTED, 10), (ENDED, 20)), 60_000) == [(10_000, 20_000)]
    assert not on_hold(marks((HOLD_STARTED, 10), (ENDED, 20)))


def test_nobody_has_a_call_that_was_left() -> None:
    assert not is_staffed(marks((JOINED, 0), (LEFT, 10)))


# The same in a call.


def test_the_outcome_says_where_the_time_went() -> None:
    call = Call()
    call.apply(
        started(), AgentJoined("c1", at(10), "a1"), HoldStarted("c1", at(30)), HoldEnded("c1", at(50)),
        CallEnded("c1", at(100)),
    )  # fmt: skip
    found = outcome(call).timings
    assert (found.length_ms, seconds(found)) == (100_000, (10, 70, 20))
    assert found.handle_ms == 90_000


def test_handle_time_is_talk_hold_and_wrap_up() -> None:
    call = Call()
    call.apply(started(), AgentJoined("c1", at(10), "a1"), HoldStarted("c1", at(30)), HoldEnded("c1", at(50)))
    call.apply(CallEnded("c1", at(100)), WrapupCompleted("c1", at(145)))
    found = outcome(call).timings
    assert found.wrapup_ms == 45_000
    assert found.handle_ms == found.talk_ms + found.hold_ms + 45_000


def test_wrap_up_completed_before_the_end_takes_no_time() -> None:
    call = Call()
    call.apply(started(), CallEnded("c1", at(100)), WrapupCompleted("c1", at(90)))
    assert outcome(call).timings.wrapup_ms == 0


def test_a_transfer_to_a_queue_queues_until_the_next_agent_joins() -> None:
    call = Call()
    call.apply(started(), AgentJoined("c1", at(0), "a1"), CallTransferred("c1", at(20), to_queue="senior"))
    call.apply(AgentJoined("c1", at(50), "a2"), CallEnded("c1", at(60)))
    assert seconds(outcome(call).timings) == (30, 30, 0)


def test_a_transfer_that_is_told_before_the_agent_joined_queues_all_the_same() -> None:
    call = Call()
    call.apply(started(), CallTransferred("c1", at(20), to_queue="senior"), AgentJoined("c1", at(0), "a1"))
    call.apply(AgentJoined("c1", at(50), "a2"), CallEnded("c1", at(60)))
    assert seconds(outcome(call).timings) == (30, 30, 0)


def test_a_transfer_told_twice_is_one_transfer() -> None:
    call = Call()
    call.customer("hello", 5)
    call.apply(CallTransferred("c1", at(20)), CallTransferred("c1", at(20)), CallEnded("c1", at(60)))
    assert outcome(call).transfers == 1
    assert "transfer" not in outcome(call).signals


def test_an_agent_who_speaks_unannounced_has_taken_the_call() -> None:
    call = Call()
    call.apply(started())
    call.agent("hello there", 15)
    call.apply(CallEnded("c1", at(60)))
    assert seconds(outcome(call).timings) == (15, 45, 0)


def test_a_bot_has_not_taken_the_call() -> None:
    call = Call()
    call.apply(started())
    call.says("bot", "how can i help you", 5)
    call.customer(CALM, 10)
    call.apply(CallEnded("c1", at(60)))
    assert seconds(outcome(call).timings) == (60, 0, 0)


def test_who_left_an_earlier_stretch_has_not_left_the_later_one() -> None:
    call = Call()
    call.apply(started(), AgentJoined("c1", at(0), "a1"), AgentJoined("c1", at(30), "a2"))
    call.apply(AgentLeft("c1", at(20)))  # of a1, late
    assert call.known.staffed
    assert call.known.agent_id == "a2"
