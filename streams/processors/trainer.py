"""`train_models`: learns labelled turns on the one worker that owns them, and publishes what it has learned.

What counts is the snapshot, not the group's committed offset, which Faust moves past examples that are not
published yet. A snapshot names the last example in it; whoever begins to train restores the newest one and
reads the log on from there. So each example is in the model once, whatever ends before what. Faust brings the
examples as they come and says who owns them.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import faust
from aiokafka.errors import KafkaError
from faust.types import TP

from models.base import LinearWeights
from models.snapshots import encode
from models.trainer import Example, Trainer
from streams import topics
from streams.calls.rules import NO_MODEL
from streams.codec import decode_example
from streams.config import Settings
from streams.errors import MalformedRecord
from streams.kafka.delivery import Delivery
from streams.kafka.partition import Raw
from streams.kafka.reader import PartitionReader
from streams.kafka.snapshots import SENTIMENT, newest_snapshot

logger = logging.getLogger(__name__)

#: A new version is published after so many examples, or so many seconds after the first that waits.
PUBLISH_EXAMPLES, PUBLISH_S = 50, 5.0
#: Pause, in seconds, between two looks at who owns the examples and whether a version is due.
LOOK_S = 0.25
#: Examples of a backlog learned between two turns of the event loop.
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
class Labelled:
    """A record of `labelled-examples`; `timestamp` in Unix ms."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Training:
    """The trainer of this worker, as long as the examples are this worker's.

    Parameters
    ----------
    settings : Settings
        Names of topics, and how to reach the broker.
    base : LinearWeights
        The frozen model underneath.
    delivery : Delivery
        Where snapshots and dead letters go; its rules say which languages the model speaks.
    assignments : Assignments
        Tells when partitions have moved.
    consumer : callable
        Returns the group's consumer.
    fail : callable
        Ends the process with a sentence: called when an example could neither be learned nor refused.
    """

    def __init__(
        self,
        settings: Settings,
        base: LinearWeights,
        delivery: Delivery,
        assignments: Assignments,
        consumer: Callable[[], Consumer],
        fail: Callable[[str], None],
    ) -> None:
        self.topic = settings.topic(topics.LABELLED_EXAMPLES)
        self._settings = settings
        self._base = base
        self._delivery = delivery
        self._assignments = assignments
        self._consumer = consumer
        self._fail = fail
        self._trainer: Trainer | None = None
        self._epoch = -1
        self._waiting = 0
        self._since = 0.0
        self._busy = asyncio.Lock()

    async def learn(self, record: Labelled) -> None:
        """Learn the record, unless that was done; after this it may be acknowledged."""
        async with self._busy:
            try:
                trainer = await self._current()
                if trainer is None:
                    return
                if record.offset > trainer.offset + 1:
                    await self._read_on(trainer)
                await self._learn(trainer, record)
                self._publish_if_due(trainer)
            except KafkaError as exc:
                self._start_again(exc)
            except Exception as exc:
                self._end(exc)
                raise

    async def look(self) -> None:
        """Begin to train if the examples have become this worker's, publish if that is due."""
        async with self._busy:
            try:
                trainer = await self._current()
                if trainer is not None:
                    self._publish_if_due(trainer)
            except KafkaError as exc:
                self._start_again(exc)
            except Exception as exc:
                self._end(exc)
                raise

    async def _current(self) -> Trainer | None:
        epoch = self._assignments.epoch
        if self._epoch != epoch:
            self._epoch, self._trainer = epoch, None
        if self._trainer is None and TP(self.topic, 0) in self._consumer().assignment():
            trainer = await self._restored()
            if self._assignments.epoch == epoch:
                self._trainer = trainer
        return self._trainer

    async def _restored(self) -> Trainer:
        snapshot, place = await newest_snapshot(self._settings, self._base)
        trainer = Trainer(self._base, snapshot)
        # A version that could not be read counts too: none may come twice.
        trainer.version = max(trainer.version, place)
        self._waiting = 0
        await self._read_on(trainer)
        logger.info(
            "training goes on after example %d, %d since the last version", trainer.offset, self._waiting
        )
        return trainer

    async def _read_on(self, trainer: Trainer) -> None:
        """Learn what the log has beyond the trainer's last example."""
        async with PartitionReader(self._settings, self.topic, trainer.offset + 1) as reader:
            if trainer.offset >= reader.end:
                trainer.offset = -1  # the topic was made anew
            async for record in reader.to_the_end():
                await self._learn(trainer, record)
                if record.offset % _TURN_EVERY == 0:
                    await asyncio.sleep(0)

    async def _learn(self, trainer: Trainer, record: Raw) -> None:
        try:
            turn = decode_example(record)
        except MalformedRecord as problem:
            if record.offset > trainer.offset:
                await self._delivery.refuse(record, problem)
                trainer.pass_over(record.offset)
            return
        if self._delivery.rules.voice(turn.locale).weights is NO_MODEL:
            trainer.pass_over(record.offset)
            return
        example = Example(turn.record_id, turn.tokens, turn.negative, turn.weight, turn.source)
        if trainer.learn(example, record.offset):
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting += 1

    def _publish_if_due(self, trainer: Trainer) -> None:
        due = self._waiting >= PUBLISH_EXAMPLES or time.monotonic() - self._since >= PUBLISH_S
        if self._waiting and due:
            self._delivery.publish(SENTIMENT, encode(trainer.snapshot(trainer.version + 1)))
            self._waiting = 0

    def _start_again(self, exc: KafkaError) -> None:
        logger.warning("the examples could not be read, they are read again: %r", exc)
        self._trainer = None

    def _end(self, exc: Exception) -> None:
        logger.exception("training failed")
        self._fail(f"training failed: {exc!r}")


def register(app: faust.App, training: Training) -> None:
    """Add the processor to the app."""
    # With a type alone Faust still tries JSON before we see the bytes, and a bad one ends the stream.
    source = app.topic(
        training.topic,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        partitions=1,
    )

    @app.agent(source, name="train_models", concurrency=1)
    async def train_models(examples: faust.StreamT[bytes]) -> None:
        async for event in examples.events():
            message = event.message
            timestamp = round(message.timestamp * 1000)
            await training.learn(
                Labelled(training.topic, 0, message.offset, timestamp, message.key, message.value)
            )

    @app.task
    async def look_after_training() -> None:
        while not app.should_stop:
            await training.look()
            await asyncio.sleep(LOOK_S)
