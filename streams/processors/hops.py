"""What the two re-keyed hops, customers and agents, have in common: a table, receipts, a sweep.

Faust acknowledges a record whose processor failed, and commits past a send that failed. So these topics are
without acks to Faust: an offset is committed here, once all that was sent for its record, the change of the
table among it, is acknowledged. An exception ends the process before that.

Records are not waited for one by one. The consumer hands them over in the same loop as the batches of the
fast lane, which must not stand still for the time of an acknowledgement.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import faust
from aiokafka.errors import KafkaError
from faust.types import TP

from streams.kafka.receipts import Receipts

logger = logging.getLogger(__name__)

#: Pause, in seconds, between two commits.
COMMIT_S = 1.0
#: Seconds between two looks through a table, and at least so many times as long as the last one took.
SWEEP_S, SWEEP_SHARE = 30.0, 20
#: Records applied and not acknowledged above which the next one waits.
MAX_WAITING = 2_000
#: Longest time, in seconds, that a revocation or a stop waits for acknowledgements.
DRAIN_S = 10.0


@dataclass(slots=True)
class Arrived:
    """A record as it came; `timestamp` in Unix ms."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Work(Protocol):
    """What is done with the records of one topic."""

    topic: str

    def apply(self, record: Arrived) -> Sequence["asyncio.Future[Any]"]:
        """Apply a record, or refuse it; return everything that was sent for it."""

    async def sweep(self, after: int, until: int, going: Callable[[], bool]) -> None:
        """Remove what may not be kept any longer at `until`, and count what came to its end since `after`."""


class Group(Protocol):
    """The consumer, as far as a hop needs it."""

    @property
    def fenced(self) -> bool:
        """Return whether the group has gone on without this member."""

    async def commit_source(self, offsets: Mapping[TP, int]) -> bool:
        """Commit offsets; false when the group has moved on."""


class Standing(NamedTuple):
    """How this worker stands in the group, and the way out.

    Parameters
    ----------
    consumer : callable
        Returns the group's consumer.
    ready : callable
        Returns whether partitions are assigned and the tables recovered.
    may_send : callable
        False once another worker may have the partitions.
    fail : callable
        Ends the process with a sentence.
    """

    consumer: Callable[[], Group]
    ready: Callable[[], bool]
    may_send: Callable[[], bool]
    fail: Callable[[str], None]


class Hop:
    """One hop of this worker.

    Parameters
    ----------
    work : Work
        What is done with each record.
    standing : Standing
        How this worker stands in the group.
    """

    def __init__(self, work: Work, standing: Standing) -> None:
        self._work = work
        self._standing = standing
        self._receipts = Receipts()

    @property
    def topic(self) -> str:
        """Name of the topic on the broker."""
        return self._work.topic

    async def process(self, record: Arrived) -> None:
        """Apply a record; it is done when all that follows from it is acknowledged."""
        if not self._standing.may_send():
            self._standing.fail(
                "the group has not answered for a session time-out: another worker may own the tables"
            )
            return
        try:
            sends = self._work.apply(record)
        except Exception as exc:
            self._end(exc)
            raise
        self._receipts.note(TP(record.topic, record.partition), record.offset, sends)
        while len(self._receipts) > MAX_WAITING:
            await self._receipts.drained(COMMIT_S)

    async def commit(self) -> None:
        """Commit what is done."""
        offsets = self._receipts.committable()
        if offsets:
            await self._standing.consumer().commit_source(offsets)

    async def revoke(self) -> None:
        """Wait until what was applied is done and commit it, before another worker reads the changelog."""
        if self._standing.consumer().fenced or not self._standing.may_send():
            self._receipts.clear()
            return
        if not await self._receipts.drained(DRAIN_S):
            logger.warning("%s: not everything was acknowledged in time: it is read again", self.topic)
        await self.commit()
        self._receipts.clear()

    async def look_after(self, going: Callable[[], bool]) -> None:
        """Commit, and sweep the table, as long as `going` is true."""
        pause, swept, after = 0.0, time.monotonic(), 0
        while going():
            await asyncio.sleep(COMMIT_S)
            if not self._standing.ready():
                after = 0
                continue
            try:
                await self.commit()
                began = time.monotonic()
                if began - swept >= pause:
                    until = int(time.time() * 1000)
                    await self._work.sweep(after or until, until, self._standing.ready)
                    swept, after = time.monotonic(), until
                    pause = max(SWEEP_S, SWEEP_SHARE * (swept - began))
            except KafkaError as exc:
                logger.warning("%s: committing failed, it is tried again: %r", self.topic, exc)
            except Exception as exc:
                self._end(exc)
                raise

    def _end(self, exc: Exception) -> None:
        logger.error("%s: work failed", self.topic, exc_info=exc)
        self._standing.fail(f"work on {self.topic} failed: {exc!r}")


def attach(app: faust.App, name: str, work: Work, standing: Standing) -> Hop:
    """Add a hop to the app, as the processor of that name."""
    hop = Hop(work, standing)
    source = app.topic(
        hop.topic,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",  # Faust would read the bytes as JSON before it hands them over
        value_serializer="raw",
        acks=False,
    )

    @app.agent(source, name=name, concurrency=1)
    async def track(records: faust.StreamT[bytes]) -> None:
        async for event in records.events():
            message = event.message
            timestamp = round(message.timestamp * 1000)
            await hop.process(
                Arrived(
                    message.topic, message.partition, message.offset, timestamp, message.key, message.value
                )
            )

    @app.task
    async def look_after() -> None:
        await hop.look_after(lambda: not app.should_stop)

    @app.on_partitions_revoked.connect
    async def revoke(*_: object, **__: object) -> None:
        await hop.revoke()

    return hop
