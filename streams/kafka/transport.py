"""Record batches for Faust: the fast lane, and the only place that touches Faust's internals.

Stock Faust makes two tasks per record. Here the consumer hands over one batch per fetched partition of the
*source* topics; assignment, group membership, table recovery and every other topic stay Faust's. The guards
of the stock loop (`faust.transport.consumer.Consumer._drain_messages` and `getmany`) are kept:

- the generation has not changed across the fetch and the flow is active, else what was fetched is dropped
  and the consumer seeks back to the committed offsets;
- `suspend_flow` breaks a hand-over that is blocked;
- no offset below the one to be read next is handed over;
- the partition is active.

Offsets of source topics are committed by the lane alone: they are topics without acks to Faust. (Ignoring its
acks in the consumer is not enough: the compiled stream iterator writes them past it.)
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import aiokafka
from faust.transport.consumer import CONSUMER_FETCHING
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.kafka.recipient import Lane

#: How long, in ms, the broker may hold a fetch that finds nothing: while it does, no other partition of that
#: broker is asked for. Faust has 1,500, which would be the latency of a quiet floor.
FETCH_MAX_WAIT_MS = 50
#: Pause, in seconds, when every partition has enough records waiting.
ALL_FULL_PAUSE = 0.01
#: Longest time, in seconds, for which other records are handed over before the source topics have their turn.
SINGLY_S = 0.005


class RecordBatch(NamedTuple):
    """Consecutive records of one partition, in offset order, as the client hands them over."""

    tp: TP
    epoch: int
    records: Sequence[Any]


class SideEnd(NamedTuple):
    """What the broker last said of a partition.

    Parameters
    ----------
    reached : bool
        True when everything the broker has was handed over.
    lag : int
        Records the broker has beyond those handed over.
    age : float
        Seconds since the fetch answer that said so, infinite before the first.
    """

    reached: bool
    lag: int
    age: float


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that fetches; notes when the group's coordinator last answered a heartbeat."""

    heard_at = 0.0

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        self.heard_at = time.monotonic()
        coordinator = self._ensure_consumer()._coordinator
        answered: Callable[[], Awaitable[bool]] = coordinator._do_heartbeat

        async def heartbeat() -> bool:
            good = await answered()
            if good:
                self.heard_at = time.monotonic()
            return good

        coordinator._do_heartbeat = heartbeat

    async def on_thread_stop(self) -> None:
        """Stop the client; without a broker it may be cancelled, and Faust would wait for ever."""
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            self.log.warning("the client was cut off while it stopped")

    @property
    def fenced(self) -> bool:
        """Whether the group has gone on without this member."""
        return bool(self._ensure_consumer()._coordinator.generation < 0)


class LaneConsumer(driver.Consumer):
    """Faust's consumer, handing over source topics batch by batch."""

    transport: "LaneTransport"
    _thread: _ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._positions: dict[TP, int] = {}
        self._singly: dict[TP, deque[Any]] = {}

    @property
    def _lane(self) -> Lane:
        return self.transport.lane

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _is_source(self, tp: TP) -> bool:
        return tp.topic in self._lane.source_topics

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        wanted = {tp for tp in active_partitions or () if not (self._is_source(tp) and self._lane.full(tp))}
        if not self.app.tables.actives_ready:
            # With tables Faust resumes the streams while records flow, and only then seeks to the committed
            # offsets: what was fetched in between would be read twice.
            changelogs = self.app.tables.changelog_topics
            wanted = {tp for tp in wanted if tp.topic in changelogs}
        wanted -= self._singly.keys()
        if not wanted:  # an empty set would mean: all of them
            await self.sleep(0 if self._singly else ALL_FULL_PAUSE)
            return {}
        return await super()._getmany(wanted, 0 if self._singly else timeout)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                self.diag.set_flag(CONSUMER_FETCHING)
                await asyncio.sleep(0)
                await self._drain_once()
                self.diag.unset_flag(CONSUMER_FETCHING)
        except (asyncio.CancelledError, *self.consumer_stopped_errors):
            if not self.app.should_stop:
                raise
        finally:
            self.diag.unset_flag(CONSUMER_FETCHING)

    async def _drain_once(self) -> None:
        generation, epoch = self.app.consumer_generation_id, self._lane.epoch
        fetched, active = await self._wait_next_records(1.0)
        if self.should_stop or fetched is None:
            return
        if not self.flow_active or self.app.consumer_generation_id != generation or self._lane.epoch != epoch:
            await self._seek_back()
            return
        for tp, records in fetched.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if active is not None and tp not in active and tp not in self._buffered_partitions:
                if self._is_source(tp):  # paused while the fetch was under way: it is read when resumed
                    await self._seek(tp, records[0].offset)
                continue
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            records = self._unread(tp, records)
            if not records:
                continue
            if self._is_source(tp):
                await self._hand_over(tp, epoch, records)
            else:
                self._singly[tp] = deque(records)
        await self._hand_over_singly()
        self._note_positions()

    async def _seek_back(self) -> None:
        """Forget what was fetched: the client has moved on past it, so it has to be sent back.

        A fetch that a rebalance overtook may hold records of the new assignment. With the flow stopped Faust
        seeks once more when it resumes; with the flow on nobody does, so it is tried until it is done.
        """
        self._singly.clear()
        while True:
            try:
                await self.perform_seek()
                return
            except Exception as exc:
                self.log.warning("seeking back to the committed offsets failed: %r", exc)
            if not self.flow_active or self.should_stop:
                return
            await self.sleep(1.0)

    def _unread(self, tp: TP, records: Sequence[Any]) -> Sequence[Any]:
        wanted = self._read_offset[tp]
        if wanted is None or records[0].offset >= wanted:
            return records
        return [record for record in records if record.offset >= wanted]

    async def _hand_over(self, tp: TP, epoch: int, records: Sequence[Any]) -> None:
        message = self._to_message(tp, records[0])
        message.key, message.value = None, RecordBatch(tp, epoch, records)
        self._lane.coming(tp, len(records))
        result = await self.wait_first(self.callback(message), self.suspend_flow.wait())
        if not result.stopped and self.flow_active:
            self._read_offset[tp] = records[-1].offset + 1

    async def _hand_over_singly(self) -> None:
        """Hand over other records one by one, for a short while, each partition in turn.

        A processor that is behind must not hold up the calls: what is left waits here, and nothing more of
        its partition is fetched. While tables are read back there are no calls to hold up.
        """
        until = time.monotonic() + SINGLY_S if self.app.tables.actives_ready else float("inf")
        for tp in list(self._singly):
            records = self._singly.pop(tp)
            while records and time.monotonic() < until:
                if not self.flow_active:
                    self._singly.clear()
                    return
                record = records.popleft()
                await self.wait_first(self.callback(self._to_message(tp, record)), self.suspend_flow.wait())
                self._read_offset[tp] = record.offset + 1
            if records:
                self._singly[tp] = records

    def _note_positions(self) -> None:
        """Remember how far the client has given records out: between two fetches that does not move."""
        for tp in self._active_partitions:
            state = self._client_state(tp)
            if state is not None and state.has_valid_position:
                self._positions[tp] = state.position

    def _client_state(self, tp: TP) -> Any:
        subscription = self._thread._ensure_consumer()._subscription.subscription
        if subscription is None or subscription.assignment is None:
            return None
        return subscription.assignment._tp_state.get(driver.ensure_aiokafka_TP(tp))

    def side_end(self, tp: TP) -> SideEnd:
        """Return what the broker last said of the end of a partition."""
        state, position = self._client_state(tp), self._positions.get(tp)
        if state is None or position is None or state.highwater is None or not state.timestamp:
            return SideEnd(False, 0, float("inf"))
        lag = max(0, state.highwater - position)
        return SideEnd(lag == 0, lag, max(0.0, time.time() - state.timestamp / 1000))

    @property
    def fenced(self) -> bool:
        """Whether the group has gone on without this member."""
        return self._thread.fenced

    @property
    def heartbeat_age(self) -> float:
        """Seconds since the group's coordinator last answered."""
        return time.monotonic() - self._thread.heard_at

    async def commit_source(self, offsets: Mapping[TP, int]) -> bool:
        """Commit offsets of source topics; false when the group has moved on."""
        ours = {tp: offset for tp, offset in offsets.items() if tp in self.assignment()}
        if not ours or not await self._commit(ours):
            return False
        self._committed_offset.update(ours)
        return True

    def committed(self, tp: TP) -> int:
        """Return the committed offset of a partition as far as it is known, else -1."""
        offset = self._committed_offset[tp]
        return -1 if offset is None else int(offset)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Save and commit first: Faust forgets its offsets before it calls anyone."""
        self.stop_flow()
        self._positions.clear()
        self._singly.clear()
        await self._lane.revoke(self.fenced)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin with the new partitions."""
        self._thread.heard_at = time.monotonic()
        self._lane.assign({tp for tp in assigned if self._is_source(tp)}, generation_id)
        await super().on_partitions_assigned(assigned, generation_id)


class LaneTransport(driver.Transport):
    """Faust's aiokafka transport with the fast lane in it."""

    Consumer = LaneConsumer
    lane: Lane
