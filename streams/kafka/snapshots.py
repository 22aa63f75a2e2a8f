"""Follows `model-snapshots`: every worker takes a newer model as soon as it is published."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from aiokafka.errors import KafkaError

from models.snapshots import SnapshotError
from streams import topics
from streams.calls.rules import Rules
from streams.config import Settings
from streams.kafka.reader import PartitionReader
from streams.metrics import PipelineMetrics
from streams.published import Content, Kind, Versioned

logger = logging.getLogger(__name__)

#: Pause, in seconds, before the topic is read again after an error of Kafka's.
_RETRY_S = 1.0


class Ruled(Protocol):
    """What works by rules that can be replaced."""

    rules: Rules


async def newest_snapshot(settings: Settings, kind: Kind[Content]) -> tuple[Content | None, int]:
    """Return the newest good snapshot of a kind, and the offset that the next one will have."""
    newest: Content | None = None
    async with PartitionReader(settings, settings.topic(topics.MODEL_SNAPSHOTS)) as reader:
        async for record in reader.to_the_end():
            if record.key != kind.name.encode() or record.value is None:
                continue
            try:
                snapshot = await asyncio.to_thread(kind.read, record.value)
            except SnapshotError:  # counted and logged by this worker's follower
                continue
            if newest is None or snapshot.version >= newest.version:
                newest = snapshot
        return newest, reader.end


class SnapshotFollower:
    """Keeps a worker's rules those of the newest good snapshot of each kind.

    A bad snapshot is counted and logged, and changes nothing.

    Parameters
    ----------
    settings : Settings
        Names of topics, and how to reach the broker.
    kinds : sequence of Kind
        What is followed.
    metrics : PipelineMetrics
        Where the version in force and refusals are shown.
    ruled : Ruled
        Its rules are replaced by ones with what is new.
    fail : callable
        Called with a sentence when following has ended for a reason that nobody foresaw.
    """

    def __init__(
        self,
        settings: Settings,
        kinds: Sequence[Kind[Any]],
        metrics: PipelineMetrics,
        ruled: Ruled,
        fail: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._kinds = {kind.name.encode(): kind for kind in kinds}
        self._versions = dict.fromkeys(self._kinds, 0)
        self._metrics = metrics
        self._ruled = ruled
        self._fail = fail
        self._taken_back: set[str] = set()
        self._next = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take the newest good snapshots there are, then go on following in the background."""
        for kind in self._kinds.values():
            self._metrics.model_version.labels(kind.name).set(0)
        newest: dict[bytes, Versioned] = {}
        async with self._reader() as reader:
            async for record in reader.to_the_end():
                better = await self._better(record.key, record.value, record.offset)
                if better is not None and record.key is not None:
                    newest[record.key] = better
        for key, snapshot in newest.items():
            await self._take(self._kinds[key], snapshot)
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
                        if better is not None and record.key is not None:
                            await self._take(self._kinds[record.key], better)
            except KafkaError as exc:
                logger.warning("following model-snapshots was interrupted: %r", exc)
                await asyncio.sleep(_RETRY_S)
            except Exception as exc:
                logger.exception("following model-snapshots failed")
                self._fail(f"following model-snapshots failed: {exc!r}")
                return

    async def _better(self, key: bytes | None, value: bytes | None, offset: int) -> Versioned | None:
        """Return the snapshot in a record if it is a good one, newer than every other of its kind so far."""
        self._next = offset + 1
        kind = self._kinds.get(key or b"")
        if kind is None or key is None or value is None:
            return None
        known = self._versions[key]
        try:
            snapshot: Versioned = await asyncio.to_thread(kind.read, value)
        except SnapshotError as refused:
            self._metrics.snapshots_refused.labels(refused.reason).inc()
            logger.error("model-snapshots@%d is refused, %s@%d stays: %s", offset, kind.name, known, refused)
            return None
        if snapshot.version <= known:
            return None
        self._versions[key] = snapshot.version
        return snapshot

    async def _take(self, kind: Kind[Any], snapshot: Versioned) -> None:
        change = await asyncio.to_thread(kind.change, snapshot)
        self._ruled.rules = change(self._ruled.rules)
        name, version, about = kind.name, snapshot.version, kind.about(snapshot)
        if kind.usable(snapshot):
            self._taken_back.discard(name)
            self._metrics.model_version.labels(name).set(version)
            logger.info("%s@%d is in force (%s)", name, version, about)
            return
        self._metrics.model_version.labels(name).set(0)
        if name not in self._taken_back:
            self._taken_back.add(name)
            self._metrics.rollbacks.labels(name).inc()
            logger.warning("%s@%d is worse than the frozen model, which is used (%s)", name, version, about)
