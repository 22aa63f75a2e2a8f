import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from faust.types import TP
from kafka import KafkaAdminClient
from prometheus_client import CollectorRegistry

from streams.app import AttuneApp, create_app
from streams.calls.events import CallTransferred, TranscriptTokens
from streams.calls.outputs import Output
from streams.calls.step import step as real_step
from streams.config import Settings
from streams.kafka.admin import connection
from streams.kafka.transport import RecordBatch
from streams.topics import CALL_EVENTS, TRANSCRIPT_TOKENS
from tests.numbered import Numbered, saved_states
from tests.workers import Broker

pytestmark = pytest.mark.kafka


@dataclass
class Running:
    """A worker in the test's own loop, and what it would have ended itself for."""

    app: AttuneApp
    registry: CollectorRegistry
    failed: list[str]

    def count(self, outcome: str = "applied") -> int:
        """Records of that outcome so far, those not reported yet too."""
        parts = self.app.lane.partitions.values()
        fresh = sum(part.counts.get((side, outcome), 0) for part in parts for side in (0, 1))
        shown = [
            self.registry.get_sample_value("attune_records_total", {"topic": topic, "outcome": outcome})
            for topic in (CALL_EVENTS, TRANSCRIPT_TOKENS)
        ]
        return fresh + int(sum(value or 0 for value in shown))

    def waiting(self) -> int:
        """The most records that wait for any one topic-partition."""
        lane = self.app.lane
        sides = [len(side) for partition in lane.partitions.values() for side in partition.sides]
        return max([*sides, *lane._coming.values()], default=0)


async def until(true: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(
    settings: Settings, prepare: Callable[[AttuneApp], Any] = lambda app: None
) -> AsyncIterator[Running]:
    registry = CollectorRegistry()
    failed: list[str] = []
    app = create_app(settings, registry, failed.append)
    prepare(app)
    app.finalize()
    worker = Running(app, registry, failed)
    await app.start()
    try:
        await until(lambda: app.lane.ready, "ready", 60)
        yield worker
    finally:
        await app.stop()
    assert failed == []


async def in_thread(call: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(call)


async def test_a_seek_back_reads_again_and_applies_nothing_twice(quick: Settings, broker: Broker) -> None:
    load = Numbered(calls=8, tokens=60)
    count = await in_thread(lambda: broker.send_all(load.records()))
    async with running(quick) as worker:
        await until(lambda: worker.count() == count, "applied")
        for name in (CALL_EVENTS, TRANSCRIPT_TOKENS):
            for number in range(quick.partitions):
                await worker.app.consumer.seek(TP(quick.topic(name), number), 0)
        await until(lambda: worker.count("repeated") == count, "read again")
        assert worker.count() == count
    assert load.wrong(await in_thread(lambda: saved_states(broker))) == {}


async def test_a_batch_without_records_changes_nothing(quick: Settings, broker: Broker) -> None:
    load = Numbered(calls=4, tokens=5)
    async with running(quick) as worker:
        lane = worker.app.lane
        for number in range(quick.partitions):
            for name in (CALL_EVENTS, TRANSCRIPT_TOKENS):
                tp = TP(quick.topic(name), number)
                lane.coming(tp, 0)
                await lane.process(RecordBatch(tp, lane.epoch, []))
        count = await in_thread(lambda: broker.send_all(load.records()))
        await until(lambda: worker.count() == count, "applied")


async def test_a_partition_that_is_paused_waits_and_loses_nothing(quick: Settings, broker: Broker) -> None:
    load = Numbered(calls=8, tokens=40)
    async with running(quick) as worker:
        consumer = worker.app.consumer
        sources = {TP(quick.topic(TRANSCRIPT_TOKENS), number) for number in range(quick.partitions)}
        await in_thread(lambda: broker.send_all(load.records(0, 1)))
        await until(lambda: worker.count() == 24, "the first round")
        consumer.pause_partitions(sources)
        count = 24 + await in_thread(lambda: broker.send_all(load.records(1)))
        await asyncio.sleep(1.5)
        assert worker.count() < count
        consumer.resume_partitions(sources)
        await until(lambda: worker.count() == count, "applied")
    assert load.wrong(await in_thread(lambda: saved_states(broker))) == {}


class Slow:
    """A step that takes its time until it is told to hurry."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.seconds = seconds
        monkeypatch.setattr("streams.kafka.partition.step", self._step)

    def _step(self, state: Any, record: Any, rules: Any) -> Sequence[Output]:
        if self.seconds:
            time.sleep(self.seconds)
        return real_step(state, record, rules)


def broad(load: Numbered) -> list[tuple[str, Any]]:
    """The same records, two kilobytes each: few of them fill a fetch."""
    wide = {"speaker_id": "x" * 200, "locale": "y" * 200, "confidence": [0.5] * 512}
    return [
        (name, msgspec.structs.replace(record, **wide) if isinstance(record, TranscriptTokens) else record)
        for name, record in load.records()
    ]


async def test_a_slow_step_keeps_few_records_waiting(
    quick: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H31: Faust's buffer counts batches; the lane counts records, and does not fetch what is full."""
    load = Numbered(calls=40, tokens=120)
    records = broad(load)
    await in_thread(lambda: broker.send_all(records))
    one_fetch = 2**20 // len(msgspec.json.encode(records[1][1]))
    small = msgspec.structs.replace(quick, buffer_records=50)
    assert max(broker.ends(TRANSCRIPT_TOKENS).values()) > 2 * (small.buffer_records + one_fetch)
    slow = Slow(monkeypatch, 0.001)
    async with running(small) as worker:
        await until(worker.waiting, "records wait")
        most, over = 0, time.monotonic() + 1
        while time.monotonic() < over:
            await asyncio.sleep(0.01)
            most = max(most, worker.waiting())
        assert 0 < most <= small.buffer_records + one_fetch
        assert worker.count() < len(records)
        slow.seconds = 0.0
        await until(lambda: worker.count() == len(records), "applied")
    assert load.wrong(await in_thread(lambda: saved_states(broker))) == {}


async def test_a_stop_in_mid_batch_commits_what_was_applied_and_no_more(
    quick: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H2, H20: the next worker goes on where this one was."""
    load = Numbered(calls=20, tokens=200)
    count = await in_thread(lambda: broker.send_all(load.records()))
    slow = Slow(monkeypatch, 0.001)
    async with running(quick) as first:
        await until(lambda: first.count() > 200, "some")
    applied = first.count()
    assert applied < count
    offsets = [*broker.committed(CALL_EVENTS).values(), *broker.committed(TRANSCRIPT_TOKENS).values()]
    assert sum(offsets) == applied
    slow.seconds = 0.0
    async with running(quick) as second:
        await until(lambda: second.count() == count - applied, "the rest")
        assert second.count("repeated") == 0
    assert load.wrong(await in_thread(lambda: saved_states(broker))) == {}


async def test_a_step_that_raises_on_one_record_loses_only_that_one(
    quick: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H1: record N is in `dead-letters`, every other is applied, and all of it is committed."""

    def step(state: Any, record: Any, rules: Any) -> Sequence[Output]:
        if isinstance(record, CallTransferred) and record.to_queue == "boom":
            raise RuntimeError("boom")
        return real_step(state, record, rules)

    monkeypatch.setattr("streams.kafka.partition.step", step)
    load = Numbered(calls=4, tokens=20)
    async with running(quick) as worker:
        count = await in_thread(lambda: broker.send_all(load.records(0, 10)))
        boom = CallTransferred("n0", 5, to_queue="boom")
        place = await in_thread(lambda: broker.send(CALL_EVENTS, b"n0", msgspec.json.encode(boom)))
        count += await in_thread(lambda: broker.send_all(load.records(10)))
        await until(lambda: worker.count() == count, "the others")
    [letter] = await in_thread(lambda: broker.read("dead-letters"))
    headers = dict(letter.headers)
    assert (headers["reason"], headers["detail"]) == (b"step_failed", b"RuntimeError")
    assert (int(headers["partition"]), int(headers["offset"])) == place
    assert letter.value == msgspec.json.encode(boom)
    assert load.wrong(await in_thread(lambda: saved_states(broker))) == {}
    for name in (CALL_EVENTS, TRANSCRIPT_TOKENS):
        assert broker.committed(name) == {part: end for part, end in broker.ends(name).items() if end}


async def test_a_table_of_fausts_recovers_beside_the_fast_lane(quick: Settings, broker: Broker) -> None:
    """H12, H30: changelogs and stock topics go through the same fetch loop, one record per message."""
    orders = quick.topic("orders")
    changelog = f"{quick.app_id}-orders-per-key-changelog"
    admin = KafkaAdminClient(**connection(quick))
    admin.create_topics(
        {
            orders: {"num_partitions": quick.partitions, "replication_factor": 1},
            changelog: {
                "num_partitions": quick.partitions,
                "replication_factor": 1,
                "configs": {"cleanup.policy": "compact"},
            },
        }
    )
    admin.close()
    tables: list[Any] = []

    def with_table(app: AttuneApp) -> None:
        table = app.Table("orders-per-key", default=int, partitions=quick.partitions)
        tables.append(table)

        async def count_orders(stream: Any) -> None:
            async for key, number in stream.items():
                table[key] += number

        app.agent(app.topic(orders, key_type=str, value_type=int), name="count_orders")(count_orders)

    keys = [f"k{number}" for number in range(20)]

    async def send_orders() -> None:
        await in_thread(lambda: [broker.send("orders", key.encode(), b"1") for key in keys])

    def counted(times: int) -> Callable[[], bool]:
        return lambda: {key: tables[-1][key] for key in keys} == dict.fromkeys(keys, times)

    load = Numbered(calls=20, tokens=100)
    async with running(quick, with_table) as worker:
        await send_orders()
        count = await in_thread(lambda: broker.send_all(load.records(0, 50)))
        await until(counted(1), "orders counted")
        await until(lambda: worker.count() == count, "applied")
    async with running(quick, with_table) as again:
        await until(counted(1), "the table is back")
        await send_orders()
        count = await in_thread(lambda: broker.send_all(load.records(50)))
        await until(counted(2), "orders counted on")
        await until(lambda: again.count() == count, "applied")
    assert load.wrong(await in_thread(lambda: saved_states(broker))) == {}
    assert broker.committed("orders") == {part: end for part, end in broker.ends("orders").items() if end}
