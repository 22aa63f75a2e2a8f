"""The fast lane: takes record batches, works them off in slices, saves and commits.

It alone says what is committed, in this order: what steps sent is acknowledged, then the state that contains
it is written and acknowledged, then the source offset. A crash at any point repeats an alert with the same
id, and loses none.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Callable

from aiokafka.errors import KafkaError
from faust.types import TP

from streams import topics
from streams.config import Settings
from streams.kafka.checkpoint import Checkpoint
from streams.kafka.delivery import Delivery
from streams.kafka.partition import Partition
from streams.kafka.recovery import describe, read_states
from streams.kafka.saver import SLICE_S, Saver, Source
from streams.kafka.transport import RecordBatch
from streams.kafka.watchdog import Progress
from streams.metrics import PipelineMetrics

logger = logging.getLogger(__name__)

SESSION_TIMEOUT_S = 12.0
HEARTBEAT_S = 3.0
REBALANCE_TIMEOUT_S = 30.0
#: Pauses between two looks at waiting partitions, two sweeps, two commits, two reports.
TICK_S, SWEEP_S, COMMIT_S, REPORT_S = 0.02, 0.25, 1.0, 2.0
#: A partition is idle when both its sides have ended by fetch answers no older than this.
FRESH_S = 1.0
#: A fetch is answered after 50 ms at the latest: seconds after which a partition counts as silent.
SILENT_S = 10.0
#: Records on their way out above which nothing more is taken in.
MAX_UNACKNOWLEDGED = 20_000
_RECOVERY_TRIES = 5


class FastLane:
    """All partitions of one worker.

    Parameters
    ----------
    settings : Settings
        Waiting times, bounds, topic names.
    delivery : Delivery
        Where results go.
    metrics : PipelineMetrics
        Where the work is counted.
    source : callable
        Returns the consumer; there is none before the worker has started.
    fail : callable
        Called with a sentence when going on would lose or double something: it ends the process.
    """

    def __init__(
        self,
        settings: Settings,
        delivery: Delivery,
        metrics: PipelineMetrics,
        source: Callable[[], Source],
        fail: Callable[[str], None],
    ) -> None:
        self._sides = tuple(map(settings.topic, topics.CALL_INPUTS))
        self.source_topics = frozenset(self._sides)
        self.epoch = 0
        self.partitions: dict[int, Partition] = {}
        self.turned_at = time.monotonic()
        self._settings = settings
        self._delivery = delivery
        self._metrics = metrics
        self._source = source
        self._fail = fail
        self._saver = Saver(self._sides, delivery, metrics, source, self.may_send)
        self._coming: dict[TP, int] = {}
        self._early: list[RecordBatch] = []
        self._recovery: asyncio.Task[None] | None = None
        self._assigned: set[int] = set()
        self._recovered = -1  # the epoch whose states have been read back
        self._ticking: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the group has assigned partitions, if only none, and their states have been read back."""
        return self._recovered == self.epoch

    def start(self) -> None:
        """Begin to look after timers, sweeps and commits."""
        self._ticking = asyncio.create_task(self._tick(), name="lane")

    async def close(self) -> None:
        """Save and commit what was applied, as at a revocation, and end."""
        await self.revoke(fenced=False)
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)

    def progress(self) -> Progress:
        """Return what the watchdog looks at; called from its thread."""
        behind = done = unsaved = saved = silent = 0
        for partition in list(self.partitions.values()):
            for index, topic in enumerate(self._sides):
                side = partition.sides[index]
                end = self._source().side_end(TP(topic, partition.number))
                behind += len(side) + end.lag
                done += side.taken
                unsaved += max(0, side.taken - partition.committed[index])
                saved += partition.committed[index]
                silent += not len(side) and end.age > SILENT_S
        return Progress(self.turned_at, behind, done, unsaved, saved, silent)

    def may_send(self) -> bool:
        """Return whether no other worker can own the calls yet: the group answered within the session."""
        return self._source().heartbeat_age < SESSION_TIMEOUT_S

    def full(self, tp: TP) -> bool:
        """Return whether enough records of this partition wait already."""
        waiting = self._coming.get(tp, 0)
        partition = self.partitions.get(tp.partition)
        if partition is not None:
            waiting += len(partition.sides[self._sides.index(tp.topic)])
        return waiting >= self._settings.buffer_records or len(self._delivery) > MAX_UNACKNOWLEDGED

    def coming(self, tp: TP, count: int) -> None:
        """Note that so many records are about to be handed over."""
        self._coming[tp] = self._coming.get(tp, 0) + count

    async def process(self, batch: RecordBatch) -> None:
        """Take a batch and work its partition off as far as it goes; Faust must never see an exception."""
        if batch.epoch != self.epoch:
            return
        partition = self.partitions.get(batch.tp.partition)
        if partition is None:  # its states are still being read back
            self._early.append(batch)
            return
        try:
            self._add(partition, batch)
            await self._work(partition)
        except Exception as exc:
            self._failed(exc)

    def assign(self, assigned: set[TP], generation: int) -> None:
        """Begin with these partitions: read back their states, then take records."""
        self._assigned = {tp.partition for tp in assigned}
        apart = {tp for tp in assigned for topic in self._sides if TP(topic, tp.partition) not in assigned}
        if apart:
            self._fail(f"the inputs of calls were not assigned together: {sorted(apart)}")
        self.epoch += 1
        self._coming.clear()
        self._early.clear()
        self._metrics.rebalances.inc()
        if self._assigned:
            self._recovery = asyncio.create_task(self._recover(generation, self.epoch), name="recovery")
        else:
            self._recovered = self.epoch

    async def revoke(self, fenced: bool) -> None:
        """Save and commit what was applied, and forget everything; write nothing when fenced."""
        self.epoch += 1
        partitions, self.partitions = list(self.partitions.values()), {}
        self._assigned = set()
        self._coming.clear()
        self._early.clear()
        if self._recovery is not None:
            self._recovery.cancel()
        self._saver.count(partitions)
        self._metrics.lag.clear()  # another worker shows it from now on
        if fenced:
            if partitions:
                logger.warning("the group went on without this worker: what it had not saved is read again")
            return
        began = time.monotonic()
        while not all(partition.checkpoint.clean for partition in partitions):
            await self._saver.sweep(partitions, float("inf"), lambda: True)
            await asyncio.sleep(SLICE_S)
            if time.monotonic() - began > REBALANCE_TIMEOUT_S / 2:
                logger.warning("not everything was saved in time: the rest is read again")
                break
        await self._saver.commit(partitions)
        gc.unfreeze()

    async def _recover(self, generation: int, epoch: int) -> None:
        try:
            await self._read_back(generation, epoch)
        except Exception as exc:
            self._failed(exc)

    async def _read_back(self, generation: int, epoch: int) -> None:
        began = time.monotonic()
        for attempt in range(1, _RECOVERY_TRIES + 1):
            try:
                topic = self._settings.topic(topics.CALL_STATE)
                states = await read_states(self._settings, topic, sorted(self._assigned))
                break
            except KafkaError as exc:
                logger.warning("reading states back failed (%d of %d): %r", attempt, _RECOVERY_TRIES, exc)
                await asyncio.sleep(attempt)
        else:
            self._fail("the states of live calls could not be read back")
            return
        if epoch != self.epoch:
            return
        logger.info("%s", describe(states, began))
        self._metrics.recovery_seconds.set(time.monotonic() - began)
        for number, saved in states.items():
            self.partitions[number] = Partition(
                number,
                Checkpoint(generation, saved.live()),
                self._delivery,
                self._settings.merge_slack_ms,
                self._settings.lateness_ms,
            )
        states.clear()
        gc.freeze()
        early, self._early = self._early, []
        for batch in early:
            self._add(self.partitions[batch.tp.partition], batch)
        self._recovered = epoch

    def _add(self, partition: Partition, batch: RecordBatch) -> None:
        self._coming[batch.tp] -= len(batch.records)
        partition.add(self._sides.index(batch.tp.topic), batch.records)

    async def _work(self, partition: Partition) -> None:
        epoch, more = self.epoch, True
        while more and epoch == self.epoch:
            if not self.may_send():
                self._fail(
                    "the group has not answered for a session time-out: another worker may own the calls"
                )
                return
            began = time.perf_counter()
            more = partition.work(self._ended(partition.number), began + SLICE_S)
            self._metrics.batch_seconds.observe(time.perf_counter() - began)
            if more:
                await asyncio.sleep(0)

    def _ended(self, number: int, fresh_s: float = float("inf")) -> list[bool]:
        source = self._source()
        ended = []
        for topic in self._sides:
            tp = TP(topic, number)
            end = source.side_end(tp)
            ended.append(end.reached and end.age < fresh_s and not self._coming.get(tp))
        return ended

    async def _tick(self) -> None:
        swept = committed = reported = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = self.turned_at = time.monotonic()
            try:
                await self._look_after(list(self.partitions.values()))
                if now - swept >= SWEEP_S:
                    swept = now
                    before = now - self._settings.checkpoint_seconds
                    await self._saver.sweep(list(self.partitions.values()), before, self._still(self.epoch))
                if now - committed >= COMMIT_S:
                    committed = now
                    await self._saver.commit(list(self.partitions.values()))
                if now - reported >= REPORT_S:
                    reported = now
                    self._saver.report(list(self.partitions.values()))
            except Exception as exc:
                self._failed(exc)

    def _still(self, epoch: int) -> Callable[[], bool]:
        return lambda: epoch == self.epoch

    def _failed(self, exc: Exception) -> None:
        logger.error("the lane failed", exc_info=exc)
        self._fail(f"the lane failed: {exc!r}")

    async def _look_after(self, partitions: list[Partition]) -> None:
        for partition in partitions:
            if partition.number not in self.partitions:
                continue
            if len(partition.merge):
                await self._work(partition)
            else:
                partition.idle(fresh=all(self._ended(partition.number, FRESH_S)))
