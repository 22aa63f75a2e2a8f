"""Follows `model-snapshots`: every worker takes a newer model as soon as it is published."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from aiokafka.errors import KafkaError

from models.base import LinearWeights
from models.sentiment import merged
from models.snapshots import Snapshot, SnapshotError, decode
from streams import topics
from streams.calls.rules import NO_MODEL, Rules
from streams.config import Settings
from streams.kafka.reader import PartitionReader
from streams.metrics import PipelineMetrics

logger = logging.getLogger(__name__)

#: Key of the sentiment model in `model-snapshots`, and its name in metrics.
SENTIMENT = "sentiment"
#: Pause, in seconds, before the topic is read again after an error of Kafka's.
_RETRY_S = 1.0


class Ruled(Protocol):
    """What works by rules that can be replaced."""

    rules: Rules


def speaking(rules: Rules, weights: LinearWeights) -> Rules:
    """Return the rules with these weights for every language that the model speaks.

    Examples
    --------
    >>> from streams.calls.policy import Policy
    >>> from streams.calls.rules import Voice
    >>> from streams.calls.signals.phrases import PhraseBook
    >>> book, shipped = PhraseBook({}), LinearWeights("sentiment@0")
    >>> before = Rules(Policy(name="p", version=1), {"en-US": Voice(book, shipped), "fi-FI": Voice(book)})
    >>> rules = speaking(before, LinearWeights("sentiment@1"))
    >>> rules.voice("en-US").weights.name, rules.voice("fi-FI").weights.name
    ('sentiment@1', 'none@0')
    """
    voices = {
        locale: voice if voice.weights is NO_MODEL else replace(voice, weights=weights)
        for locale, voice in rules.voices.items()
    }
    return replace(rules, voices=voices)


async def newest_snapshot(settings: Settings, base: LinearWeights) -> tuple[Snapshot | None, int]:
    """Return the newest good snapshot that is published, and the offset that the next one will have."""
    newest: Snapshot | None = None
    async with PartitionReader(settings, settings.topic(topics.MODEL_SNAPSHOTS)) as reader:
        async for record in reader.to_the_end():
            if record.key != SENTIMENT.encode() or record.value is None:
                continue
            try:
                snapshot = await asyncio.to_thread(decode, record.value, base.name)
            except SnapshotError:  # counted and logged by this worker's follower
                continue
            if newest is None or snapshot.version >= newest.version:
                newest = snapshot
        return newest, reader.end


class SnapshotFollower:
    """Keeps a worker's weights those of the newest good snapshot.

    A bad snapshot is counted and logged, and changes nothing.

    Parameters
    ----------
    settings : Settings
        Names of topics, and how to reach the broker.
    base : LinearWeights
        The frozen model that snapshots rest on.
    metrics : PipelineMetrics
        Where the version in force and refusals are shown.
    ruled : Ruled
        Its rules are replaced by ones with the new weights.
    fail : callable
        Called with a sentence when following has ended for a reason that nobody foresaw.
    """

    def __init__(
        self,
        settings: Settings,
        base: LinearWeights,
        metrics: PipelineMetrics,
        ruled: Ruled,
        fail: Callable[[str], None],
    ) -> None:
        self.version = 0
        self._settings = settings
        self._base = base
        self._metrics = metrics
        self._ruled = ruled
        self._fail = fail
        self._next = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take the newest good snapshot there is, then go on following in the background."""
        self._metrics.model_version.labels(SENTIMENT).set(0)
        newest: Snapshot | None = None
        async with self._reader() as reader:
            async for record in reader.to_the_end():
                newest = await self._better(record.key, record.value, record.offset) or newest
        if newest is not None:
            await self._take(newest)
        self._task = asyncio.create_task(self._follow(), name="snapshots")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _reader(self) -> PartitionReader:
        topic = self._settings.topic(topics.MODEL_SNAPSHOTS)
        return PartitionReader(self._settings, topic, self._next)

    async def _follow(self) -> None:
        while True:
            try:
                async with self._reader() as reader:
                    async for record in reader.as_they_come():
                        better = await self._better(record.key, record.value, record.offset)
                        if better is not None:
                            await self._take(better)
            except KafkaError as exc:
                logger.warning("following model-snapshots was interrupted: %r", exc)
                await asyncio.sleep(_RETRY_S)
            except Exception as exc:
                logger.exception("following model-snapshots failed")
                self._fail(f"following model-snapshots failed: {exc!r}")
                return

    async def _better(self, key: bytes | None, value: bytes | None, offset: int) -> Snapshot | None:
        """Return the snapshot in a record if it is a good one, newer than every other so far."""
        self._next = offset + 1
        if key != SENTIMENT.encode() or value is None:
            return None
        try:
            snapshot = await asyncio.to_thread(decode, value, self._base.name)
        except SnapshotError as refused:
            self._metrics.snapshots_refused.labels(refused.reason).inc()
            logger.error("model-snapshots@%d is refused, %s stays: %s", offset, self._name, refused)
            return None
        if snapshot.version <= self.version:
            return None
        self.version = snapshot.version
        return snapshot

    async def _take(self, snapshot: Snapshot) -> None:
        weights = await asyncio.to_thread(merged, self._base, snapshot.learned, snapshot.version)
        self._ruled.rules = speaking(self._ruled.rules, weights)
        self._metrics.model_version.labels(SENTIMENT).set(snapshot.version)
        learned = ", ".join(f"{number} by {source}" for source, number in sorted(snapshot.examples.items()))
        logger.info("%s is in force (examples: %s)", weights.name, learned or "none")

    @property
    def _name(self) -> str:
        return f"{SENTIMENT}@{self.version}"
