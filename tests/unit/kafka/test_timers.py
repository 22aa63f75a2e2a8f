from streams.calls.state import IDLE_END_MS, CallState
from streams.kafka.checkpoint import Checkpoint
from streams.kafka.timers import Timers
from tests.builders import T0


def test_a_call_that_came_up_earlier_comes_up_once_at_its_later_deadline() -> None:
    checkpoint = Checkpoint(1, {})
    timers = Timers(checkpoint)
    call = checkpoint.adopt(b"c", CallState("c", at=T0))
    idle = call.state.deadline
    timers.put(call, idle)
    call.state.waiting, call.state.cool_until = "high", T0 + 60_000
    timers.put_earlier(call)
    assert list(timers.due(T0 + 59_999)) == []
    assert list(timers.due(T0 + 60_000)) == [(call, T0 + 60_000)]
    call.state.waiting = None
    timers.put(call, idle)
    came = 0
    for again, _ in timers.due(T0 + IDLE_END_MS):
        came += 1
        timers.put(again, T0 + 2 * IDLE_END_MS)
    assert came == 1


def test_a_later_deadline_is_not_put_beside_the_one_that_stands() -> None:
    checkpoint = Checkpoint(1, {})
    timers = Timers(checkpoint)
    call = checkpoint.adopt(b"c", CallState("c", at=T0))
    timers.put(call, call.state.deadline)
    call.state.at += 5
    timers.put_earlier(call)
    assert list(timers.due(T0 + IDLE_END_MS)) == []
    assert list(timers.due(T0 + IDLE_END_MS + 5)) == [(call, T0 + IDLE_END_MS + 5)]
