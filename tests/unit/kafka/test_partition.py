import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from streams.calls.events import Alert, CallEnded, CallEvent, CallStarted, CallTransferred, TranscriptTokens
from streams.calls.outputs import CallGone, Gap, Output
from streams.calls.rules import Rules
from streams.calls.state import IDLE_END_MS
from streams.calls.step import step as real_step
from streams.codec import encode
from streams.errors import MalformedRecord
from streams.kafka.checkpoint import EVENTS, TOKENS, Checkpoint, LiveCall, SavedStates
from streams.kafka.merge import AHEAD_MS
from streams.kafka.partition import Partition
from tests.builders import T0, rules

LATENESS_MS = 2_000
SLACK_MS = 1_000
#: How long the remains of a call are kept, by the rules of these tests.
KEPT_MS = 14 * 86_400_000


@dataclass
class Raw:
    topic: str
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    partition: int = 0


@dataclass
class Kept:
    """An outlet that keeps what it is given, and sends nothing."""

    rules: Rules = field(default_factory=rules)
    outputs: list[tuple[str, Output]] = field(default_factory=list)
    dead: list[tuple[int, MalformedRecord]] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    buried: list[str] = field(default_factory=list)

    def emit(self, partition: int, call: LiveCall, outputs: Sequence[Output], raw: Any) -> None:
        self.outputs += [(call.state.call_id, output) for output in outputs]

    def dead_letter(self, checkpoint: Checkpoint, raw: Any, problem: MalformedRecord) -> None:
        self.dead.append((raw.offset, problem))
        offsets = (raw.offset, -1, -1) if raw.topic == "call-events" else (-1, raw.offset, -1)
        self.held.append(checkpoint.hold(*offsets))

    def bury(self, partition: int, call: LiveCall) -> None:
        self.buried.append(call.state.call_id)

    def gaps(self) -> list[str]:
        return [output.kind for _, output in self.outputs if isinstance(output, Gap)]

    def gone(self) -> list[str]:
        return [call_id for call_id, output in self.outputs if isinstance(output, CallGone)]


class Bench:
    """A partition, and a log per side to feed it from."""

    def __init__(self, saved: dict[bytes, bytes] | None = None, offsets: tuple[int, ...] = (0, 0, 0)) -> None:
        self.kept = Kept()
        self.checkpoint = Checkpoint(1, saved or {})
        self.partition = Partition(0, self.checkpoint, self.kept, SLACK_MS, LATENESS_MS)
        self.next = list(offsets)
        self.states = SavedStates()

    def add(
        self, *records: TranscriptTokens | CallEvent | bytes | None, key: bytes = b"c", side: int = EVENTS
    ) -> None:
        for record in records:
            if record is None or isinstance(record, bytes):
                index, came, value, its_key = side, T0, record, key
            else:
                index = TOKENS if isinstance(record, TranscriptTokens) else EVENTS
                came, value, its_key = record.at, encode(record), record.call_id.encode()
            raw = Raw(("call-events", "transcript-tokens")[index], self.next[index], its_key, value, came)
            self.next[index] += 1
            self.partition.sides[index].add([raw])

    def work(self) -> None:
        assert self.partition.work([True, True, True], time.perf_counter() + 60) is False

    def feed(self, *records: TranscriptTokens | CallEvent) -> None:
        self.add(*records)
        self.work()

    def save(self) -> None:
        """Write and acknowledge every state, and commit."""
        for call in list(self.checkpoint.due(float("inf"))):
            serial, value = self.partition.cut(call)
            self.states.add(call.key, value)
            self.checkpoint.acknowledged(serial)
        for serial in self.kept.held:
            self.checkpoint.acknowledged(serial)
        for index, offset in self.partition.commits().items():
            self.partition.committed[index] = offset

    def offsets(self, call_id: str) -> tuple[int, int]:
        state = self.checkpoint.calls[call_id].state
        return state.event_offset, state.token_offset


def started(call_id: str, at: int) -> CallStarted:
    return CallStarted(call_id, at, queue="q", locale="en-US")


def said(call_id: str, at: int, text: str, utterance: int = 0) -> TranscriptTokens:
    return TranscriptTokens(call_id, "customer", utterance, text.split(), at, final=True)


def test_the_end_of_a_call_does_not_overtake_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("streams.kafka.partition.monotonic", lambda: now)
    bench = Bench()
    ended = CallEnded("c", T0 + 9_000)
    bench.partition.add(EVENTS, [Raw("call-events", 0, b"c", encode(ended), T0)])
    bench.work()
    assert bench.checkpoint.calls == {}
    said = TranscriptTokens(
        "c", "customer", 0, ["let", "me", "speak", "to", "your", "manager"], T0, final=True
    )
    bench.partition.add(TOKENS, [Raw("transcript-tokens", 0, b"c", encode(said), T0)])
    bench.work()
    assert bench.checkpoint.calls["c"].state.tally.turns == 1
    assert not bench.checkpoint.calls["c"].state.ended
    now += SLACK_MS / 1000 + 0.001
    bench.work()
    assert bench.checkpoint.calls["c"].state.ended


def test_what_cannot_be_used_stands_alone() -> None:
    bench = Bench()
    bench.add(b"{", side=EVENTS)
    bench.add(started("c", T0))
    bench.add(None, side=EVENTS)
    bench.add(said("c", T0, "hello there friend"))
    bench.add(b'{"call_id":"c","speaker":"robot"}', side=TOKENS)
    bench.work()
    assert [(offset, problem.reason) for offset, problem in bench.kept.dead] == [
        (0, "not_json"),
        (2, "empty"),
        (1, "wrong_field"),
    ]
    assert bench.offsets("c") == (1, 0)
    assert bench.partition.counts == {
        (EVENTS, "malformed"): 2,
        (TOKENS, "malformed"): 1,
        (EVENTS, "applied"): 1,
        (TOKENS, "applied"): 1,
    }


def test_a_dead_letter_that_is_not_kept_yet_holds_the_commit() -> None:
    bench = Bench()
    bench.add(started("c", T0))
    bench.add(b"{", side=EVENTS)
    bench.add(CallTransferred("c", T0 + 1))
    bench.work()
    for call in list(bench.checkpoint.due(float("inf"))):
        bench.checkpoint.acknowledged(bench.partition.cut(call)[0])
    assert bench.partition.commits() == {EVENTS: 1}
    bench.checkpoint.acknowledged(bench.kept.held[0])
    assert bench.partition.commits() == {EVENTS: 3}


def test_a_record_whose_state_was_saved_is_skipped_and_sends_nothing() -> None:
    """H6: state and offset are not atomic; the state knows what is in it."""
    bench = Bench()
    bench.feed(started("c", T0), said("c", T0 + 10, "your manager now"))
    assert any(isinstance(output, Alert) for _, output in bench.kept.outputs)
    bench.save()
    again = Bench(bench.states.live())
    again.feed(started("c", T0), said("c", T0 + 10, "your manager now"), CallTransferred("c", T0 + 20))
    assert again.kept.outputs == []
    assert again.partition.counts == {
        (EVENTS, "repeated"): 1,
        (TOKENS, "repeated"): 1,
        (EVENTS, "applied"): 1,
    }
    assert again.checkpoint.calls["c"].state.transfers == 1


def test_a_record_whose_state_was_not_saved_sends_the_same_ids_again() -> None:
    """H6, H7."""
    runs = []
    for _ in range(2):
        bench = Bench()
        bench.feed(started("c", T0), said("c", T0 + 10, "your manager now"), CallEnded("c", T0 + 20))
        runs.append([output for _, output in bench.kept.outputs])
    assert runs[0] == runs[1]
    assert [output.kind for output in runs[0] if isinstance(output, Alert)] == ["escalation", "closed"]


def test_a_time_from_the_future_is_clamped_and_counted() -> None:
    bench = Bench()
    bench.add(started("c", T0))
    future = msgspec.structs.replace(said("c", T0, "yes"), at=T0 + 10**9)
    bench.partition.sides[TOKENS].add([Raw("transcript-tokens", 0, b"c", encode(future), timestamp=T0 + 100)])
    bench.work()
    assert bench.checkpoint.calls["c"].state.at == T0 + 100 + AHEAD_MS
    assert bench.kept.gaps() == ["ahead_of_time"]


def test_a_time_that_goes_backwards_is_counted_and_fires_nothing() -> None:
    bench = Bench()
    bench.feed(started("c", T0), started("d", T0 - SLACK_MS - LATENESS_MS - 1))
    assert bench.kept.gaps() == ["late"]
    assert bench.kept.gone() == []
    assert set(bench.checkpoint.calls) == {"c", "d"}


def test_timers_fire_in_order_of_deadline_and_call_with_their_deadline_as_time() -> None:
    bench = Bench()
    bench.feed(started("b", T0), started("a", T0), started("z", T0 - 500), said("b", T0, "your manager"))
    late = T0 + IDLE_END_MS + LATENESS_MS
    bench.feed(started("other", late - 1))
    assert bench.kept.gone() == ["z"]
    bench.feed(started("other2", late + 5_000))
    assert bench.kept.gone() == ["z", "a", "b"]
    closed = [o for _, o in bench.kept.outputs if isinstance(o, Alert) and o.kind == "closed"]
    assert [(alert.call_id, alert.at, alert.outcome) for alert in closed] == [
        ("b", T0 + IDLE_END_MS, "unrecovered")
    ]


def test_a_deadline_that_moved_on_does_not_fire_at_its_old_place() -> None:
    bench = Bench()
    bench.feed(started("a", T0))
    bench.feed(CallTransferred("a", T0 + IDLE_END_MS - 1))
    bench.feed(started("other", T0 + IDLE_END_MS + LATENESS_MS + 1))
    assert bench.kept.gone() == []
    bench.feed(started("other2", T0 + 2 * IDLE_END_MS - 1 + LATENESS_MS))
    assert bench.kept.gone() == ["a"]


def test_timers_of_calls_that_were_read_back_fire_untouched() -> None:
    bench = Bench()
    bench.feed(started("a", T0))
    bench.save()
    again = Bench(bench.states.live(), offsets=(1, 0))
    again.feed(started("other", T0 + IDLE_END_MS + LATENESS_MS))
    assert again.kept.gone() == ["a"]


def test_an_idle_partition_lets_time_pass_only_on_the_brokers_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage fires no timer."""
    clock = [1_000.0]
    monkeypatch.setattr("streams.kafka.partition.monotonic", lambda: clock[0])
    bench = Bench()
    bench.feed(started("a", T0))
    bench.partition.idle(fresh=True)
    clock[0] += IDLE_END_MS / 1000
    bench.partition.idle(fresh=False)
    clock[0] += 10
    bench.partition.idle(fresh=True)
    assert bench.kept.gone() == []
    clock[0] += IDLE_END_MS / 1000
    bench.partition.idle(fresh=True)
    assert bench.kept.gone() == []
    clock[0] += LATENESS_MS / 1000
    bench.partition.idle(fresh=True)
    assert bench.kept.gone() == ["a"]


def test_a_step_that_raises_makes_a_dead_letter_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """H1: N is in `dead-letters`, N-1 and N+1 are applied."""

    def step(state: Any, record: Any, now: Rules) -> Sequence[Output]:
        if isinstance(record, CallTransferred) and record.to_queue == "boom":
            raise ZeroDivisionError("secret words")
        return real_step(state, record, now)

    monkeypatch.setattr("streams.kafka.partition.step", step)
    bench = Bench()
    with caplog.at_level(logging.CRITICAL):
        bench.feed(
            started("c", T0), CallTransferred("c", T0 + 1, to_queue="boom"), CallTransferred("c", T0 + 2)
        )
    [(offset, problem)] = bench.kept.dead
    assert (offset, problem.reason, problem.detail) == (1, "step_failed", "ZeroDivisionError")
    assert bench.offsets("c") == (2, -1)
    assert bench.checkpoint.calls["c"].state.transfers == 1
    assert bench.partition.counts == {(EVENTS, "failed"): 1, (EVENTS, "applied"): 2}


def test_a_call_is_buried_only_when_both_committed_offsets_have_passed_its_end() -> None:
    bench = Bench()
    bench.feed(started("c", T0), said("c", T0 + 1, "hello there friend"), CallEnded("c", T0 + 2))
    over = T0 + 2 + KEPT_MS + LATENESS_MS
    bench.feed(started("other", over))
    assert bench.kept.buried == []
    bench.save()
    bench.partition.committed[TOKENS] = 0
    bench.feed(started("other", over + 60_000 + LATENESS_MS))
    assert bench.kept.buried == []
    bench.partition.committed[TOKENS] = 1
    bench.feed(started("other", over + 2 * (60_000 + LATENESS_MS)))
    assert bench.kept.buried == ["c"]
    assert "c" not in bench.checkpoint.calls
    assert "other" in bench.checkpoint.calls


def test_a_token_for_the_remains_of_a_call_is_counted_and_raises_nothing() -> None:
    bench = Bench()
    bench.feed(started("c", T0), CallEnded("c", T0 + 2), said("c", T0 + 3, "your manager now"))
    assert bench.kept.gaps() == ["after_end"]
    assert not [output for _, output in bench.kept.outputs if isinstance(output, Alert)]


def test_a_slice_ends_in_time_and_goes_on_where_it_was() -> None:
    bench = Bench()
    bench.add(*[CallTransferred("c", T0 + place) for place in range(80)])
    slices = 1
    while bench.partition.work([True, True, True], until=0.0):
        slices += 1
    assert slices > 3
    assert bench.checkpoint.calls["c"].state.transfers == 80
