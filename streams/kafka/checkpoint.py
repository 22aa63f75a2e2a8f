"""The live calls of one partition, and what of them is not yet safe on the broker.

A call's state is written to `attune-call-state` some seconds after it changed, or when it ends. A source
offset may be committed once every state changed by the records up to it is acknowledged: the smallest
first-unsaved offset over all changed calls. A record's value begins with a rank (generation, offsets), so
that the late write of a worker that lost the partition never wins over the newer state.
"""

import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec

from streams.calls.state import CallState
from streams.calls.stored import decode_state, encode_state

logger = logging.getLogger(__name__)

_HEADER = struct.Struct(">IQQQQQ")
#: Leading bytes that rank two records of one call: generation, then offsets, big-endian.
RANK_BYTES = 28
#: The inputs of a partition, as places in a list.
EVENTS, TOKENS, CONTEXT = range(3)
SIDES = (EVENTS, TOKENS, CONTEXT)


class Sending(Protocol):
    """A record on its way to the broker."""

    def done(self) -> bool:
        """Return whether the broker has answered."""


class SavedCall(NamedTuple):
    """A state record: its generation, the call's next deadline, the partition's newest `at`, the state."""

    generation: int
    deadline: int
    watermark: int
    data: bytes


def encode_saved(state: CallState, generation: int, watermark: int) -> bytes:
    """Return the value of a state record; `watermark` is the newest `at` of its partition, Unix ms.

    Examples
    --------
    >>> decode_saved(encode_saved(CallState("c1"), 7, 0)).generation
    7
    """
    offsets = (state.event_offset + 1, state.token_offset + 1, state.context_offset + 1)
    return _HEADER.pack(generation, *offsets, state.deadline, watermark) + encode_state(state)


def decode_saved(value: bytes) -> SavedCall:
    """Return what a state record holds; the state itself stays encoded until its call is touched."""
    generation, _, _, _, deadline, watermark = _HEADER.unpack_from(value)
    return SavedCall(generation, deadline, watermark, value[_HEADER.size :])


@dataclass(slots=True)
class SavedStates:
    """The states of a partition, gathered while it is read: per call the highest rank, not the latest.

    A tombstone keeps the rank of what it removed, so that a zombie's late write does not bring the call back.
    """

    values: dict[bytes, bytes | None] = field(default_factory=dict)
    _buried: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, key: bytes, value: bytes | None) -> None:
        """Take one record in, in offset order."""
        if value is not None and len(value) < _HEADER.size:
            logger.error("a state record of %d bytes is none", len(value))
            return
        known = self.values.get(key)
        if value is None:
            if known is not None:
                self._buried[key] = known[:RANK_BYTES]
            self.values[key] = None
            return
        rank = known[:RANK_BYTES] if known is not None else self._buried.get(key, b"")
        if known is None and value[:RANK_BYTES] <= rank:
            return
        if value[:RANK_BYTES] >= rank:
            self.values[key] = value

    def live(self) -> dict[bytes, bytes]:
        """Return the states that stand."""
        return {key: value for key, value in self.values.items() if value is not None}


class LiveCall:
    """A call in memory, and what of it is unsaved."""

    __slots__ = ("first", "key", "scheduled", "sends", "since", "state")

    def __init__(self, key: bytes, state: CallState) -> None:
        self.key = key
        self.state = state
        self.first = [-1, -1, -1]  # first unsaved offset per side, -1 for none
        self.since = -1.0  # monotonic time since when it is unsaved, negative when it is saved
        self.sends: list[Sending] = []  # what the steps since the last write have sent
        self.scheduled = 0  # deadline that stands in the partition's heap

    def sent(self) -> bool:
        """Return whether everything the call's steps have sent is acknowledged."""
        if self.sends:
            self.sends = [sending for sending in self.sends if not sending.done()]
        return not self.sends


class Checkpoint:
    """The calls of one partition.

    Parameters
    ----------
    generation : int
        Rank of this worker's writes: above that of every state it found.
    saved : dict of bytes to bytes
        States found at the start, decoded when first touched.

    Examples
    --------
    >>> checkpoint = Checkpoint(1, {})
    >>> call = checkpoint.adopt(b"c1", CallState("c1"))
    >>> checkpoint.changed(call, TOKENS, offset=41, now=0.0)
    >>> checkpoint.safe_offset(TOKENS, taken=50)
    41
    >>> serial, value = checkpoint.cut(call, watermark=0)
    >>> checkpoint.safe_offset(TOKENS, taken=50)
    41
    >>> checkpoint.acknowledged(serial)
    >>> checkpoint.safe_offset(TOKENS, taken=50)
    50
    """

    def __init__(self, generation: int, saved: dict[bytes, bytes]) -> None:
        self.calls: dict[str, LiveCall] = {}
        self._saved = saved
        heads = [decode_saved(value) for value in saved.values()]
        highest = max((head.generation for head in heads), default=-1)
        #: Newest `at` that an earlier worker saw, Unix ms; 0 when there was none.
        self.watermark = max((head.watermark for head in heads), default=0)
        # A group that was deleted counts from one again; the states it left must not win over newer ones.
        self.generation = max(generation, highest + 1)
        self._unsaved: dict[str, LiveCall] = {}  # in the order in which they changed
        self._on_the_way: dict[int, tuple[int, ...]] = {}
        self._serial = 0

    def get(self, call_id: str, key: bytes) -> LiveCall | None:
        """Return a call, decoding the state that was found at the start; None when it is new."""
        call = self.calls.get(call_id)
        value = self._saved.pop(key, None) if call is None else None
        if value is not None:
            try:
                call = self.adopt(key, decode_state(decode_saved(value).data))
            except msgspec.DecodeError as exc:
                logger.error("a saved state cannot be read, its call begins anew: %s", exc)
        return call

    def adopt(self, key: bytes, state: CallState) -> LiveCall:
        """Take a call in."""
        call = self.calls[state.call_id] = LiveCall(key, state)
        return call

    def untouched(self) -> Iterator[tuple[bytes, int]]:
        """Yield key and deadline of every call found at the start and not touched since."""
        for key, value in self._saved.items():
            yield key, decode_saved(value).deadline

    def changed(self, call: LiveCall, side: int, offset: int, now: float) -> None:
        """Note that a record has changed a call."""
        if call.first[side] < 0:
            call.first[side] = offset
        if call.since < 0:
            self.touched(call, now)

    def touched(self, call: LiveCall, now: float) -> None:
        """Note that a call has changed without a record."""
        if call.since < 0:
            call.since = now
            self._unsaved[call.state.call_id] = call

    def due(self, before: float) -> Iterator[LiveCall]:
        """Yield the calls to write now: those unsaved since before that time, and those that have ended."""
        for call in list(self._unsaved.values()):
            if (0 <= call.since <= before or call.state.ended) and call.sent():
                yield call

    def cut(self, call: LiveCall, watermark: int) -> tuple[int, bytes]:
        """Take a call as it is now for writing; return a serial number for `acknowledged` and the value."""
        serial = self.hold(*call.first)
        del self._unsaved[call.state.call_id]
        call.first = [-1, -1, -1]
        call.since = -1.0
        return serial, encode_saved(call.state, self.generation, watermark)

    def hold(self, *offsets: int) -> int:
        """Keep offsets, one per side, from being committed until `acknowledged` is called with the serial."""
        self._serial += 1
        self._on_the_way[self._serial] = offsets
        return self._serial

    def acknowledged(self, serial: int) -> None:
        """Note that the broker has what was held under this serial."""
        self._on_the_way.pop(serial, None)

    def rest(self, call: LiveCall, value: bytes) -> None:
        """Keep of an ended call that the broker has only its bytes: thousands of them wait for a survey."""
        if call.state.ended and call.since < 0 and not call.sends:
            self.calls.pop(call.state.call_id, None)
            self._saved[call.key] = value

    def forget(self, call: LiveCall) -> None:
        """Drop a call from memory; its tombstone is the caller's business."""
        self.calls.pop(call.state.call_id, None)
        self._unsaved.pop(call.state.call_id, None)

    def safe_offset(self, side: int, taken: int) -> int:
        """Return the offset that may be committed for a side of which records before `taken` are applied."""
        for call in self._unsaved.values():
            first = call.first[side]
            if 0 <= first < taken:
                taken = first
        for firsts in self._on_the_way.values():
            if 0 <= firsts[side] < taken:
                taken = firsts[side]
        return taken

    @property
    def clean(self) -> bool:
        """Whether everything is on the broker."""
        return not self._unsaved and not self._on_the_way
