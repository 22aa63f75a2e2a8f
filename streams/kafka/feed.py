"""Feeds timed records to Kafka, as they happened or faster, and knows of each whether it arrived.

aiokafka's idempotent producer with batches built here: 150,000 records/s on two cores, where one `send` per
record reaches 20,000. A batch has one future, so counting what was acknowledged costs nothing per record.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import msgspec
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from streams.config import Settings
from streams.kafka.feed_producer import open_producer
from streams.sources.timeline import TimedRecord

DELIVERY_SECONDS = 30
PROGRESS_SECONDS = 0.5
TICK_SECONDS = 0.005  # records due within one tick share a batch
HAND_OVER_MS = 50  # the longest that a record waits for a batch to fill
CLOCK_EVERY = 64  # records between two looks at the clock when nothing is due later
DAY_MS = 24 * 60 * 60 * 1000


class FeedReport(msgspec.Struct, frozen=True):
    """How a feed stands, or how it ended.

    Parameters
    ----------
    sent : int
        Records handed to the producer.
    acknowledged : int
        Records that Kafka has confirmed (all in-sync replicas).
    failed : int
        Records that the broker refused for good.
    seconds : float
        Wall time since the first record.
    call_seconds : float
        Call time covered so far, from the first record to the last one sent.
    problem : str
        The first delivery failure, empty when there was none.
    """

    sent: int
    acknowledged: int
    failed: int
    seconds: float
    call_seconds: float
    problem: str = ""

    @property
    def lost(self) -> int:
        """Records of which nobody can say that they arrived; final once the feed has ended."""
        return self.sent - self.acknowledged


def first_instant(now_ms: int, speed: float, length_ms: int | None) -> int:
    """Return the Unix ms at which calls have to begin so that no record claims to be from the future.

    Played faster than life, calls reach into the past: the last one ends at now + ``length_ms / speed``.
    What is endless (`length_ms` None) begins a day back; once caught up, `feed` goes on at life's speed.

    Examples
    --------
    >>> first_instant(1_000_000, 10, 100_000)
    910000
    >>> first_instant(1_000_000, math.inf, 100_000)
    900000
    """
    length_ms = DAY_MS if length_ms is None else length_ms
    return now_ms - max(0, math.ceil(length_ms * (1 - 1 / speed)))


def feed(
    settings: Settings,
    records: Iterable[TimedRecord],
    *,
    speed: float = 1.0,
    stop: threading.Event | None = None,
    progress: Callable[[FeedReport], None] | None = None,
) -> FeedReport:
    """Send records to Kafka, keyed by call, and return once all are acknowledged or given up.

    A record goes out ``(at - first at) / speed`` after the first one, never before its own `at`. Runs an
    event loop of its own: call it from a thread that has none.

    Parameters
    ----------
    settings : Settings
        Where Kafka is, and the prefix of the topics.
    records : iterable of TimedRecord
        In order of `at`; taken one by one as they fall due.
    speed : float
        Above 0; ``math.inf`` for as fast as it goes.
    stop : threading.Event, optional
        Set it to end early: what was sent is still waited for.
    progress : callable, optional
        Called with a report about twice a second, in this thread.

    Raises
    ------
    BrokerError
        Kafka does not answer.
    TopicMismatch
        A topic is missing.
    """
    return asyncio.run(_Feed(settings, speed, stop or threading.Event(), progress).run(records))


class _Feed:
    def __init__(
        self,
        settings: Settings,
        speed: float,
        stop: threading.Event,
        progress: Callable[[FeedReport], None] | None,
    ) -> None:
        self._settings = settings
        self._speed = speed
        self._stop = stop
        self._progress = progress
        self._producer: Any = None
        self._sent = self._acknowledged = self._failed = 0
        self._problem = ""
        self._call_ms = 0
        self._began = self._reported = self._handed = 0.0
        self._open: dict[tuple[str, int], Any] = {}
        self._waiting: set[asyncio.Future[Any]] = set()

    async def run(self, records: Iterable[TimedRecord]) -> FeedReport:
        async with open_producer(self._settings) as (self._producer, partitions):
            self._began = self._reported = time.monotonic()
            try:
                await self._send_all(records, partitions)
                await self._hand_over()
            except KafkaError as exc:  # the queue of a partition stayed full: its broker is gone
                self._problem = self._problem or f"Kafka stopped taking records ({type(exc).__name__})"
            await self._settle()
        return self._report()

    async def _send_all(self, records: Iterable[TimedRecord], partitions: dict[str, int]) -> None:
        encode = msgspec.json.Encoder().encode
        names = {topic: self._settings.topic(topic) for topic in partitions}

        @lru_cache(maxsize=65_536)
        def placed(topic: str, call_id: str) -> tuple[bytes, tuple[str, int]]:
            key = call_id.encode()
            return key, (names[topic], (murmur2(key) & 0x7FFFFFFF) % partitions[topic])

        first_at: int | None = None
        first_wall = now = 0.0
        for number, timed in enumerate(records):
            at = timed.at
            if number % CLOCK_EVERY == 0:
                now = time.time() * 1000
                if self._stop.is_set():
                    return
                self._tell()
                if now - self._handed > HAND_OVER_MS:
                    await self._hand_over()
                    self._handed = now
            if first_at is None:
                first_at, first_wall = at, now
            due = max(first_wall + (at - first_at) / self._speed, at)
            if due > now and not await self._wait_until(due):
                return
            now = max(now, due)
            key, place = placed(timed.topic, timed.call_id)
            value = encode(timed.record)
            batch = self._open.get(place)
            if batch is None:
                batch = self._open[place] = self._producer.create_batch()
            if batch.append(key=key, value=value, timestamp=int(now)) is None:
                del self._open[place]
                await self._submit(place, batch)
                batch = self._open[place] = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=int(now))
            self._sent += 1
            self._call_ms = at - first_at

    async def _wait_until(self, due: float) -> bool:
        """Send what is there and sleep; False when told to stop meanwhile."""
        while (ahead := due / 1000 - time.time()) > 0:
            await self._hand_over()
            if self._stop.is_set():
                return False
            self._tell()
            await asyncio.sleep(min(max(ahead, TICK_SECONDS), 0.1))
        return True

    async def _hand_over(self) -> None:
        filled, self._open = self._open, {}
        for place, batch in filled.items():
            await self._submit(place, batch)

    async def _submit(self, place: tuple[str, int], batch: Any) -> None:
        batch.close()
        topic, partition = place
        future = await self._producer.send_batch(batch, topic, partition=partition)
        count = batch.record_count()
        self._waiting.add(future)

        def done(finished: asyncio.Future[Any]) -> None:
            self._waiting.discard(finished)
            if finished.cancelled():
                return
            error = finished.exception()
            if error is None:
                self._acknowledged += count
            else:
                self._failed += count
                self._problem = self._problem or f"{type(error).__name__}: {error}"

        future.add_done_callback(done)

    async def _settle(self) -> None:
        deadline = time.monotonic() + DELIVERY_SECONDS
        while self._waiting and time.monotonic() < deadline:
            self._tell()
            await asyncio.wait(set(self._waiting), timeout=PROGRESS_SECONDS)
        if self._waiting:
            self._problem = self._problem or f"Kafka stopped answering for {DELIVERY_SECONDS} s"

    def _tell(self) -> None:
        now = time.monotonic()
        if self._progress is not None and now - self._reported >= PROGRESS_SECONDS:
            self._reported = now
            self._progress(self._report())

    def _report(self) -> FeedReport:
        return FeedReport(
            self._sent,
            self._acknowledged,
            self._failed,
            time.monotonic() - self._began,
            self._call_ms / 1000,
            self._problem,
        )
