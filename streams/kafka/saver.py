"""Saves what steps changed, commits what is saved, and reports both: the sweep beside the work."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from faust.types import TP

from streams import topics
from streams.kafka.checkpoint import LiveCall
from streams.kafka.delivery import Delivery
from streams.kafka.partition import Partition
from streams.kafka.transport import SideEnd
from streams.metrics import PipelineMetrics

#: Longest stretch of work, in seconds, without a turn of the event loop.
SLICE_S = 0.005
#: Topics of the sides, as metrics name them: without a prefix.
_NAMES = topics.CALL_INPUTS


class Source(Protocol):
    """The consumer, as far as the lane needs it."""

    @property
    def heartbeat_age(self) -> float:
        """Seconds since the group's coordinator last answered."""

    def side_end(self, tp: TP) -> SideEnd:
        """Return what the broker last said of the end of a partition."""

    async def commit_source(self, offsets: dict[TP, int]) -> bool:
        """Commit offsets; false when the group has moved on."""

    def committed(self, tp: TP) -> int:
        """Return the committed offset, -1 while unknown."""


class Saver:
    """Writes states and commits offsets of a worker's partitions.

    Parameters
    ----------
    sides : tuple of str
        The source topics on the broker, in the order of a partition's sides.
    delivery : Delivery
        Where states go.
    metrics : PipelineMetrics
        Where records, lag and live calls are shown.
    source : callable
        Returns the consumer.
    may_commit : callable
        Returns false once another worker may own the partitions.
    """

    def __init__(
        self,
        sides: tuple[str, ...],
        delivery: Delivery,
        metrics: PipelineMetrics,
        source: Callable[[], Source],
        may_commit: Callable[[], bool],
    ) -> None:
        self._sides = sides
        self._delivery = delivery
        self._metrics = metrics
        self._source = source
        self._may_commit = may_commit

    async def sweep(self, partitions: list[Partition], before: float, ours: Callable[[], bool]) -> None:
        """Write the states unsaved since before that monotonic time, oldest first, in slices.

        Parameters
        ----------
        ours : callable
            Asked after each turn of the event loop: false once the partitions are no longer ours.
        """
        until = time.perf_counter() + SLICE_S
        for partition in partitions:
            for call in partition.checkpoint.due(before):
                self._save(partition, call)
                if time.perf_counter() > until:
                    await asyncio.sleep(0)
                    if not ours():
                        return
                    until = time.perf_counter() + SLICE_S

    async def commit(self, partitions: list[Partition]) -> None:
        """Commit the offsets behind which every state is saved."""
        source = self._source()
        offsets: dict[TP, int] = {}
        for partition in partitions:
            for index, topic in enumerate(self._sides):
                if partition.committed[index] < 0:
                    partition.committed[index] = source.committed(TP(topic, partition.number))
            for index, offset in partition.commits().items():
                offsets[TP(self._sides[index], partition.number)] = offset
        if offsets and self._may_commit() and await source.commit_source(offsets):
            for partition in partitions:
                for index, topic in enumerate(self._sides):
                    committed = offsets.get(TP(topic, partition.number))
                    if committed is not None:
                        partition.committed[index] = committed

    def report(self, partitions: list[Partition]) -> None:
        """Show records, live calls and lag."""
        self.count(partitions)
        self._metrics.show_live(
            call.state for partition in partitions for call in partition.checkpoint.calls.values()
        )
        source = self._source()
        for partition in partitions:
            for index, topic in enumerate(self._sides):
                behind = source.side_end(TP(topic, partition.number)).lag + len(partition.sides[index])
                self._metrics.lag.labels(_NAMES[index], str(partition.number)).set(behind)

    def count(self, partitions: Iterable[Partition]) -> None:
        """Show the records since the last time."""
        for partition in partitions:
            for (index, outcome), number in partition.counts.items():
                self._metrics.records.labels(_NAMES[index], outcome).inc(number)
            partition.counts.clear()

    def _save(self, partition: Partition, call: LiveCall) -> None:
        checkpoint = partition.checkpoint
        serial, value = partition.cut(call)
        sent = self._delivery.save(partition.number, call.key, value)

        def acknowledged(_: asyncio.Future[None]) -> None:
            checkpoint.acknowledged(serial)
            checkpoint.rest(call, value)

        sent.add_done_callback(acknowledged)
