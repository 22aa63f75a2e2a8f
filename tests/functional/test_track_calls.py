"""`track_calls` through Faust's own test harness: batches in, records, states and figures out."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import faust
import msgspec
import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from streams.calls.events import CallEnded, CallEvent, CallStarted, TranscriptTokens
from streams.codec import encode
from streams.config import Settings
from streams.kafka.checkpoint import SavedStates
from streams.kafka.delivery import Delivery
from streams.kafka.lane import FastLane
from streams.kafka.transport import RecordBatch, SideEnd
from streams.metrics import PipelineMetrics
from streams.processors import calls
from streams.topics import (
    CALL_EVENTS,
    CALL_RISK,
    CALL_STATE,
    DEAD_LETTERS,
    ESCALATION_ALERTS,
    TRANSCRIPT_TOKENS,
)
from tests.builders import T0, rules


class Raw(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Sent(NamedTuple):
    topic: str
    key: bytes | None
    value: bytes | None


class Outbox:
    """Takes records as the real one does; a broker that answers at once."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []

    def put(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Any = None,
    ) -> "asyncio.Future[None]":
        self.sent.append(Sent(topic, key, value))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def __len__(self) -> int:
        return 0

    def to(self, topic: str) -> list[Any]:
        return [
            None if record.value is None else msgspec.json.decode(record.value)
            for record in self.sent
            if record.topic == topic
        ]


class Consumer:
    """A member in good standing that has read all there is, and remembers what was committed."""

    heartbeat_age = 0.0

    def __init__(self) -> None:
        self.offsets: dict[TP, int] = {}

    def side_end(self, tp: TP) -> SideEnd:
        return SideEnd(True, 0, 0.0)

    async def commit_source(self, offsets: dict[TP, int]) -> bool:
        self.offsets.update(offsets)
        return True

    def committed(self, tp: TP) -> int:
        return self.offsets.get(tp, -1)


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = Settings(partitions=2, mode="live", merge_slack_ms=0)
        self.registry = CollectorRegistry()
        self.failed: list[str] = []
        self.consumer = Consumer()
        metrics = PipelineMetrics(self.registry)
        self.delivery = Delivery(settings, metrics, rules(), self.failed.append, lambda: True)
        self.alerts, self.states = Outbox(), Outbox()
        monkeypatch.setattr(self.delivery, "alerts", self.alerts)
        monkeypatch.setattr(self.delivery, "states", self.states)
        monkeypatch.setattr("streams.kafka.lane.read_states", self._read_states)
        self.lane = FastLane(settings, self.delivery, metrics, lambda: self.consumer, self.failed.append)
        self.app = faust.App(
            "functional", broker="kafka://127.0.0.1:1", store="memory://", autodiscover=False
        )
        calls.register(self.app, self.lane)
        self.next: dict[str, int] = {CALL_EVENTS: 0, TRANSCRIPT_TOKENS: 0}

    async def _read_states(self, settings: Settings, topic: str, partitions: Iterable[int]) -> Any:
        return {number: SavedStates() for number in partitions}

    def batch(self, topic: str, *records: TranscriptTokens | CallEvent | bytes) -> RecordBatch:
        raws = []
        for record in records:
            value = record if isinstance(record, bytes) else encode(record)
            raws.append(Raw(topic, 0, self.next[topic], T0, b"c1", value))
            self.next[topic] += 1
        tp = TP(topic, 0)
        self.lane.coming(tp, len(raws))
        return RecordBatch(tp, self.lane.epoch, raws)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"attune_{name}", labels)


async def until_ready(lane: FastLane) -> None:
    deadline = time.monotonic() + 10
    while not lane.ready:
        assert time.monotonic() < deadline
        await asyncio.sleep(0)


@asynccontextmanager
async def tracking(bench: Bench) -> AsyncIterator[Any]:
    """Yield the processor, ready, owning both partitions; at the end it is revoked in order."""
    bench.lane.assign({TP(topic, number) for topic in bench.lane.source_topics for number in (0, 1)}, 1)
    await until_ready(bench.lane)
    async with bench.app.agents["track_calls"].test_context() as processor:
        yield processor
        await bench.lane.revoke(fenced=False)
    assert bench.failed == []


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    bench = Bench(monkeypatch)
    yield bench
    # Faust makes a consumer with a thread that is never started, so nobody else closes its loop.
    bench.app.consumer._thread.thread_loop.close()


STARTED = CallStarted("c1", T0, queue="billing", locale="en-US")
DEMAND = TranscriptTokens("c1", "customer", 0, ["your", "manager"], T0 + 10, final=True)


async def test_records_in_alerts_states_and_figures_out(bench: Bench) -> None:
    async with tracking(bench) as processor:
        await processor.put(bench.batch(CALL_EVENTS, STARTED))
        await processor.put(bench.batch(TRANSCRIPT_TOKENS, DEMAND))
        [alert] = bench.alerts.to(ESCALATION_ALERTS)
        assert (alert["kind"], alert["severity"], alert["queue"]) == ("escalation", "high", "billing")
        assert [risk["phase"] for risk in bench.states.to(CALL_RISK)] == ["calm", "escalated"]
        assert bench.lane.partitions[0].checkpoint.calls["c1"].state.phase == "escalated"
        assert bench.consumer.offsets == {}
    assert [record.key for record in bench.states.sent if record.topic == CALL_STATE] == [b"c1"]
    assert bench.consumer.offsets == {TP(CALL_EVENTS, 0): 1, TP(TRANSCRIPT_TOKENS, 0): 1}
    assert bench.value("alerts_total", kind="escalation", severity="high", queue="billing") == 1
    assert bench.value("records_total", topic=CALL_EVENTS, outcome="applied") == 1
    assert bench.value("records_total", topic=TRANSCRIPT_TOKENS, outcome="applied") == 1


async def test_a_bad_record_stands_alone_in_its_batch(bench: Bench) -> None:
    async with tracking(bench) as processor:
        await processor.put(bench.batch(CALL_EVENTS, b"{", STARTED, b"[]"))
        assert bench.lane.partitions[0].checkpoint.calls["c1"].state.queue == "billing"
    assert len([record for record in bench.states.sent if record.topic == DEAD_LETTERS]) == 2
    assert bench.value("dead_letters_total", topic=CALL_EVENTS, reason="not_json") == 1
    assert bench.value("dead_letters_total", topic=CALL_EVENTS, reason="wrong_field") == 1
    assert bench.consumer.offsets == {TP(CALL_EVENTS, 0): 3}


async def test_an_ended_call_leaves_a_tombstone_in_call_risk(bench: Bench) -> None:
    async with tracking(bench) as processor:
        await processor.put(bench.batch(CALL_EVENTS, STARTED))
        await processor.put(bench.batch(CALL_EVENTS, CallEnded("c1", T0 + 50)))
        assert bench.states.to(CALL_RISK)[-1] is None


async def test_a_batch_from_before_a_rebalance_is_dropped(bench: Bench) -> None:
    """H27: its records are read again by whoever owns the partition now."""
    async with tracking(bench) as processor:
        stale = bench.batch(CALL_EVENTS, STARTED)._replace(epoch=bench.lane.epoch - 1)
        await processor.put(stale)
        assert bench.lane.partitions[0].checkpoint.calls == {}
    assert bench.consumer.offsets == {}


async def test_a_fenced_worker_writes_and_commits_nothing(bench: Bench) -> None:
    """H27, H28: generation -1, the group has gone on."""
    async with tracking(bench) as processor:
        await processor.put(bench.batch(CALL_EVENTS, STARTED))
        await bench.lane.revoke(fenced=True)
    assert [record for record in bench.states.sent if record.topic == CALL_STATE] == []
    assert bench.consumer.offsets == {}


async def test_a_worker_that_may_have_lost_its_calls_ends_before_it_applies(bench: Bench) -> None:
    """H28: the group has not answered for a session time-out."""
    async with tracking(bench) as processor:
        bench.consumer.heartbeat_age = 12.1
        await processor.put(bench.batch(CALL_EVENTS, STARTED))
        assert bench.lane.partitions[0].checkpoint.calls == {}
        assert bench.failed == [
            "the group has not answered for a session time-out: another worker may own the calls"
        ]
        bench.failed.clear()
        bench.consumer.heartbeat_age = 0.0
        await bench.lane.revoke(fenced=True)


async def test_it_is_ready_only_while_its_calls_are_read_back(bench: Bench) -> None:
    assert not bench.lane.ready
    await bench.lane.revoke(fenced=True)  # as the first rebalance of every start
    assert not bench.lane.ready
    async with tracking(bench):
        assert bench.lane.ready
    assert not bench.lane.ready
    bench.lane.assign(set(), 2)
    assert bench.lane.ready


async def test_topics_that_were_assigned_apart_end_the_worker(bench: Bench) -> None:
    """H12."""
    bench.lane.assign({TP(CALL_EVENTS, 0), TP(TRANSCRIPT_TOKENS, 1)}, 1)
    assert "the inputs of calls were not assigned together" in bench.failed[0]
    await until_ready(bench.lane)


async def test_a_state_topic_that_cannot_be_read_ends_the_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> Any:
        raise ValueError("not a state")

    monkeypatch.setattr("streams.kafka.lane.read_states", broken)
    bench.lane.assign({TP(topic, 0) for topic in bench.lane.source_topics}, 1)
    for _ in range(5):
        await asyncio.sleep(0)
    assert bench.failed == ["the lane failed: ValueError('not a state')"]
    assert not bench.lane.ready
