"""One partition number of the call-keyed topics: merge, step, timers, checkpoint. No waiting, no I/O."""

import logging
from collections.abc import Sequence
from functools import partial
from time import monotonic, perf_counter
from typing import Protocol

import msgspec

from streams.calls.outputs import Gap, Output
from streams.calls.rules import Rules
from streams.calls.state import CallState
from streams.calls.step import Record, begin, expire, step
from streams.calls.stored import shrink
from streams.codec import decode_context, decode_event, decode_tokens
from streams.errors import MalformedRecord
from streams.kafka.checkpoint import CONTEXT, EVENTS, SIDES, TOKENS, Checkpoint, LiveCall, encode_saved
from streams.kafka.merge import Merge, Side
from streams.kafka.timers import Timers

logger = logging.getLogger(__name__)

#: A state larger than this, which no broker may take, is written without the words that are still open.
MAX_STATE_BYTES = 512 * 1024
#: Records between two looks at the clock.
_LOOK_EVERY = 16
#: An ended call whose end is not committed yet is looked at again after so many ms.
_BURY_LATER_MS = 60_000


class Raw(Protocol):
    """A record as aiokafka hands it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Outlet(Protocol):
    """Where a partition's results go."""

    rules: Rules

    def emit(self, partition: int, call: LiveCall, outputs: Sequence[Output], raw: Raw | None) -> None:
        """Send what a step asked for; what is sent is added to the call's `sends`."""

    def dead_letter(self, checkpoint: Checkpoint, raw: Raw, problem: MalformedRecord) -> None:
        """Keep a record that could not be used, and its offset from being committed before it is kept."""

    def bury(self, partition: int, call: LiveCall) -> None:
        """Remove the remains of an ended call from the state topic."""


class Partition:
    """The work of one partition.

    Parameters
    ----------
    number : int
        The partition number.
    checkpoint : Checkpoint
        Its calls, with what an earlier worker left.
    outlet : Outlet
        Where results go, and the rules in force.
    merge_slack_ms, lateness_ms : int
        How long events wait for words that were said before them, and how far timers stay behind the newest
        record; what is older than both together counts as late.

    Attributes
    ----------
    counts : dict of tuple to int
        Records by (side, outcome) since they were last collected; outcomes are ``applied``, ``repeated``,
        ``malformed`` and ``failed``.
    committed : list of int
        Committed offset per side, -1 while unknown.
    """

    def __init__(
        self, number: int, checkpoint: Checkpoint, outlet: Outlet, merge_slack_ms: int, lateness_ms: int
    ) -> None:
        self.number = number
        self.checkpoint = checkpoint
        self._outlet = outlet
        self._slack_ms = merge_slack_ms
        self._lateness_ms = lateness_ms
        self.sides: tuple[Side[Raw, Record], ...] = (
            Side(decode_event, partial(self._refuse, EVENTS), self._clamped),
            Side(decode_tokens, partial(self._refuse, TOKENS), self._clamped),
            Side(decode_context, partial(self._refuse, CONTEXT), self._clamped),
        )
        self._place = {id(side): index for index, side in enumerate(self.sides)}
        self.merge = Merge(*self.sides, words=self.sides[TOKENS])
        self.counts: dict[tuple[int, str], int] = {}
        self.committed = [-1 for _ in SIDES]
        # Records that are read again have to meet the timers where they met them the first time: time
        # begins anew with them, and is what an earlier worker knew once there is nothing more to read.
        self._watermark = 0
        self._known = checkpoint.watermark
        self._idle_ms = 0.0  # time that has passed since the newest record while both sides had ended
        self._idle_at: float | None = None
        self._timers = Timers(checkpoint)

    def add(self, index: int, records: Sequence[Raw]) -> None:
        """Take in records of one side, in offset order."""
        self.sides[index].add(records, monotonic())

    def work(self, ended: Sequence[bool], until: float) -> bool:
        """Apply records in their order until none is ready or the slice is over.

        Parameters
        ----------
        ended : sequence of bool
            Per side, whether the broker has no more of it.
        until : float
            End of the slice, as `time.perf_counter` counts.

        Returns
        -------
        bool
            True when the slice ended first.
        """
        merge, timers, place = self.merge, self._timers, self._place
        applied = [0 for _ in SIDES]
        count = 0
        try:
            for side in merge.ready(ended, monotonic() - self._slack_ms / 1000):
                record, raw = side.head, side.raw
                assert record is not None
                assert raw is not None
                at = record.at
                if at > self._watermark:
                    self._watermark = at
                    if timers.next_is_due(at - self._lateness_ms):
                        self._fire(at - self._lateness_ms)
                elif at < self._watermark - self._slack_ms - self._lateness_ms:
                    self._note_late()
                index = place[id(side)]
                applied[index] += self._apply(index, record, raw)
                side.pop()
                count += 1
                if count % _LOOK_EVERY == 0 and perf_counter() > until:
                    return True
            return False
        finally:
            if count:
                self._idle_ms, self._idle_at = 0.0, None
            for index in SIDES:
                self._count(index, "applied", applied[index])

    def idle(self, fresh: bool) -> None:
        """Let time pass on a partition with nothing to read, so that its timers fire.

        Parameters
        ----------
        fresh : bool
            Whether the broker has just said that there is nothing: time without its word does not count, so
            that an outage fires no timer.
        """
        now = monotonic()
        if fresh and self._idle_at is not None:
            self._idle_ms += (now - self._idle_at) * 1000
        self._idle_at = now if fresh else None
        if fresh:
            self._watermark = max(self._watermark, self._known)
        if self._watermark:
            self._fire(self._watermark + int(self._idle_ms) - self._lateness_ms)

    def commits(self) -> dict[int, int]:
        """Return the offsets per side that may be committed now and are not yet."""
        safe = {}
        for index, side in enumerate(self.sides):
            if side.taken >= 0:
                offset = self.checkpoint.safe_offset(index, side.taken)
                if offset > self.committed[index]:
                    safe[index] = offset
        return safe

    def cut(self, call: LiveCall) -> tuple[int, bytes]:
        """Take a call for writing; see `Checkpoint.cut`."""
        serial, value = self.checkpoint.cut(call, self._watermark)
        if len(value) > MAX_STATE_BYTES:
            self._outlet.emit(self.number, call, (Gap("state_too_large"),), None)
            shrink(call.state)
            value = encode_saved(call.state, self.checkpoint.generation, self._watermark)
        return serial, value

    def _apply(self, index: int, record: Record, raw: Raw) -> bool:
        checkpoint = self.checkpoint
        call = checkpoint.calls.get(record.call_id) or self._found_or_new(record, raw)
        state = call.state
        if raw.offset <= _applied_offset(state, index):
            self._count(index, "repeated", 1)
            return False
        outputs: Sequence[Output] = ()
        failure: Exception | None = None
        try:
            outputs = step(state, record, self._outlet.rules)
        except Exception as exc:
            failure = exc
        if index == TOKENS:
            state.token_offset = raw.offset
        elif index == EVENTS:
            state.event_offset = raw.offset
        else:
            state.context_offset = raw.offset
        if call.first[index] < 0:
            checkpoint.changed(call, index, raw.offset, monotonic())
        if failure is not None:
            self._failed(index, raw, failure)
            return False
        if outputs:
            self._outlet.emit(self.number, call, outputs, raw)
            self._timers.put_earlier(call)
        elif 0 < state.look_at < call.scheduled:
            self._timers.put_earlier(call)
        return True

    def _found_or_new(self, record: Record, raw: Raw) -> LiveCall:
        key = raw.key or record.call_id.encode()
        call = self.checkpoint.get(record.call_id, key)
        if call is None:
            state = begin(record.call_id, record.at, self._outlet.rules)
            call = self.checkpoint.adopt(key, state)
            self._timers.put(call, state.deadline)
        else:
            call.scheduled = call.state.deadline
        return call

    def _fire(self, now: int) -> None:
        for call, deadline in self._timers.due(now):
            if call.state.ended:
                self._bury(call, now)
            else:
                outputs = expire(call.state, deadline, self._outlet.rules)
                self.checkpoint.touched(call, monotonic())
                self._outlet.emit(self.number, call, outputs, None)
                self._timers.put(call, call.state.deadline)

    def _bury(self, call: LiveCall, now: int) -> None:
        state = call.state
        offsets = ((index, _applied_offset(state, index)) for index in SIDES)
        passed = all(offset < 0 or offset < self.committed[index] for index, offset in offsets)
        if passed and call.since < 0:
            self._outlet.bury(self.number, call)
            self.checkpoint.forget(call)
        else:
            self._timers.put(call, now + _BURY_LATER_MS)

    def _refuse(self, index: int, raw: Raw, problem: MalformedRecord) -> None:
        self._count(index, "malformed", 1)
        self._outlet.dead_letter(self.checkpoint, raw, problem)

    def _failed(self, index: int, raw: Raw, failure: Exception) -> None:
        logger.error(
            "%s[%d]@%d: the step failed; the record is kept in dead-letters",
            raw.topic,
            raw.partition,
            raw.offset,
            exc_info=failure,
        )
        self._count(index, "failed", 1)
        problem = MalformedRecord("step_failed", type(failure).__name__)
        self._outlet.dead_letter(self.checkpoint, raw, problem)

    def _clamped(self, record: Record, latest: int) -> Record:
        self._outlet.emit(self.number, _NOBODY, (Gap("ahead_of_time"),), None)
        return msgspec.structs.replace(record, at=latest)

    def _note_late(self) -> None:
        self._outlet.emit(self.number, _NOBODY, (Gap("late"),), None)

    def _count(self, index: int, outcome: str, number: int) -> None:
        if number:
            self.counts[(index, outcome)] = self.counts.get((index, outcome), 0) + number


def _applied_offset(state: CallState, index: int) -> int:
    if index == TOKENS:
        return state.token_offset
    return state.event_offset if index == EVENTS else state.context_offset


#: Stands in where something is counted that belongs to no call.
_NOBODY = LiveCall(b"", CallState(""))
