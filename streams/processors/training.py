"""Learns the records of a topic on the one worker that owns them, and publishes what it has learned.

What counts is the snapshot, not the group's committed offset, which Faust moves past records that are not
published yet. A snapshot names the last record in it; whoever begins to train restores the newest one and
reads the log on from there. So each record is in the model once, whatever ends before what. Faust brings the
records as they come and says who owns them.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka.errors import KafkaError
from faust.types import TP

from streams.config import Settings
from streams.errors import MalformedRecord
from streams.kafka.delivery import Delivery
from streams.kafka.partition import Raw
from streams.kafka.reader import PartitionReader
from streams.kafka.snapshots import newest_snapshot
from streams.published import Kind

logger = logging.getLogger(__name__)

#: Records of a backlog learned between two turns of the event loop.
_TURN_EVERY = 16


class Assignments(Protocol):
    """What counts the assignments of partitions: whatever was known before may be out of date after."""

    @property
    def epoch(self) -> int:
        """Return a number that changes with every assignment and revocation."""


class Consumer(Protocol):
    """The group's consumer."""

    def assignment(self) -> set[TP]:
        """Return the partitions of this worker."""


@dataclass(slots=True)
class Message:
    """A record as Faust hands it over; `timestamp` in Unix ms."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Learner(Protocol):
    """What learns, in the order of a log."""

    version: int  # of the last snapshot, 0 before the first
    offset: int  # place of the last record seen, -1 before the first

    def pass_over(self, offset: int) -> None:
        """Note that a record holds nothing to learn."""

    def snapshot(self, version: int) -> Any:
        """Return what is known as a value."""


class Subject(Protocol):
    """What is learned.

    Attributes
    ----------
    topic : str
        Where the records are, without the prefix of the settings: one partition.
    records, seconds : float
        A new version is published after so many records, or so many seconds after the first that waits.
    """

    topic: str
    records: int
    seconds: float

    @property
    def kind(self) -> Kind[Any]:
        """Return what is published."""

    def begin(self, snapshot: Any | None) -> Any:
        """Return the `Learner` that goes on from a snapshot, or begins."""

    def learn(self, learner: Any, record: Raw) -> bool:
        """Let it learn a record; false when there was nothing to learn.

        Raises
        ------
        MalformedRecord
            When the record cannot be used.
        """


class Training:
    """The trainer of this worker, as long as the records are this worker's.

    Parameters
    ----------
    settings : Settings
        Names of topics, and how to reach the broker.
    subject : Subject
        What is learned.
    delivery : Delivery
        Where snapshots and dead letters go.
    assignments : Assignments
        Tells when partitions have moved.
    consumer : callable
        Returns the group's consumer.
    fail : callable
        Ends the process with a sentence: called when a record could neither be learned nor refused.
    """

    def __init__(
        self,
        settings: Settings,
        subject: Subject,
        delivery: Delivery,
        assignments: Assignments,
        consumer: Callable[[], Consumer],
        fail: Callable[[str], None],
    ) -> None:
        self.name = subject.kind.name
        self.topic = settings.topic(subject.topic)
        self._settings = settings
        self._subject = subject
        self._delivery = delivery
        self._assignments = assignments
        self._consumer = consumer
        self._fail = fail
        self._learner: Learner | None = None
        self._epoch = -1
        self._version = 0
        self._waiting = 0
        self._since = 0.0
        self._busy = asyncio.Lock()

    async def learn(self, record: Message) -> None:
        """Learn the record, unless that was done; after this it may be acknowledged."""
        async with self._busy:
            try:
                learner = await self._current()
                if learner is None:
                    return
                if record.offset > learner.offset + 1:
                    await self._read_on(learner)
                await self._learn(learner, record)
                self._publish_if_due(learner)
            except KafkaError as exc:
                self._start_again(exc)
            except Exception as exc:
                self._end(exc)
                raise

    async def look(self) -> None:
        """Begin to train if the records have become this worker's, publish if that is due."""
        async with self._busy:
            try:
                learner = await self._current()
                if learner is not None:
                    self._publish_if_due(learner)
            except KafkaError as exc:
                self._start_again(exc)
            except Exception as exc:
                self._end(exc)
                raise

    async def _current(self) -> Learner | None:
        epoch = self._assignments.epoch
        if self._epoch != epoch:
            self._epoch, self._learner = epoch, None
        if self._learner is None and TP(self.topic, 0) in self._consumer().assignment():
            learner = await self._restored()
            if self._assignments.epoch == epoch:
                self._learner = learner
        return self._learner

    async def _restored(self) -> Learner:
        snapshot, place = await newest_snapshot(self._settings, self._subject.kind)
        learner: Learner = self._subject.begin(snapshot)
        # A version that could not be read counts too: none may come twice.
        self._version = max(learner.version, place)
        self._waiting = 0
        await self._read_on(learner)
        logger.info(
            "training of %s goes on after record %d, %d since the last version",
            self.name,
            learner.offset,
            self._waiting,
        )
        return learner

    async def _read_on(self, learner: Learner) -> None:
        """Learn what the log has beyond the learner's last record."""
        async with PartitionReader(self._settings, self.topic, learner.offset + 1) as reader:
            if learner.offset >= reader.end:
                learner.offset = -1  # the topic was made anew
            async for record in reader.to_the_end():
                await self._learn(learner, record)
                if record.offset % _TURN_EVERY == 0:
                    await asyncio.sleep(0)

    async def _learn(self, learner: Learner, record: Raw) -> None:
        try:
            learned = self._subject.learn(learner, record)
        except MalformedRecord as problem:
            if record.offset > learner.offset:
                await self._delivery.refuse(record, problem)
                learner.pass_over(record.offset)
            return
        if learned:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting += 1

    def _publish_if_due(self, learner: Learner) -> None:
        subject = self._subject
        due = self._waiting >= subject.records or time.monotonic() - self._since >= subject.seconds
        if self._waiting and due:
            self._version += 1
            self._delivery.publish(self.name, subject.kind.encode(learner.snapshot(self._version)))
            self._waiting = 0

    def _start_again(self, exc: KafkaError) -> None:
        logger.warning("what is to be learned could not be read, it is read again: %r", exc)
        self._learner = None

    def _end(self, exc: Exception) -> None:
        logger.exception("training failed")
        self._fail(f"training failed: {exc!r}")
