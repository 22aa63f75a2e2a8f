"""One order for the inputs of a partition: by time, with offset order inside a topic never changed.

Of the heads of a partition number the one with the smallest `at` goes first, ties to the side named first. A
side whose buffer is empty is waited for as long as the broker is known to have more of it: so two replays of
one log give the same order, however the fetches fall.

What happens is often known before the recogniser has the words that were said first: the end of a call must
not overtake its last sentence. So the other sides wait a while for the words, even where the broker has none
yet; words wait for nobody.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from streams.errors import MalformedRecord


class Raw(Protocol):
    """A record as the client hands it over."""

    @property
    def offset(self) -> int:
        """Return its place in its partition."""

    @property
    def timestamp(self) -> int:
        """Return when Kafka got it, Unix ms."""


class Timed(Protocol):
    """A decoded record."""

    @property
    def at(self) -> int:
        """Return its time, Unix ms."""


#: An `at` may be this far, in ms, ahead of the time at which Kafka got the record; beyond it is clamped.
AHEAD_MS = 5_000

R = TypeVar("R", bound=Raw)
T = TypeVar("T", bound=Timed)


class Side(Generic[R, T]):
    """One input of a partition: what waits, the decoded head, and how far it has been taken.

    Parameters
    ----------
    decode : callable
        Raw record to decoded record.
    refuse : callable
        Given a raw record that `decode` could not use, and why.
    clamp : callable
        Returns a record with its `at` set back. It has to be so before the record is ordered: one that comes
        from the future would hold up its side until the other has nothing left.

    Attributes
    ----------
    head : decoded record or None
        The next record to go, None until `pull` finds one.
    raw : raw record or None
        The bytes and offsets the head came from.
    came : float
        When the head was added, as `add` was told.
    taken : int
        Offset after the last record that left this side, -1 before the first.
    """

    __slots__ = ("_batches", "_clamp", "_decode", "_refuse", "_waiting", "came", "head", "raw", "taken")

    def __init__(
        self,
        decode: Callable[[R], T],
        refuse: Callable[[R, MalformedRecord], None],
        clamp: Callable[[T, int], T],
    ) -> None:
        self._decode = decode
        self._refuse = refuse
        self._clamp = clamp
        self._waiting: deque[R] = deque()
        self._batches: deque[tuple[int, float]] = deque()  # last offset of each, and when it came
        self.came = 0.0
        self.head: T | None = None
        self.raw: R | None = None
        self.taken = -1

    def add(self, records: Sequence[R], now: float = 0.0) -> None:
        """Take records in, in offset order, that have come `now`."""
        self._waiting.extend(records)
        if records:
            self._batches.append((records[-1].offset, now))

    def pull(self) -> T | None:
        """Return the head, decoding the next usable record if there is none yet."""
        waiting = self._waiting
        while self.head is None and waiting:
            raw = waiting.popleft()
            try:
                head = self._decode(raw)
            except MalformedRecord as problem:
                self._refuse(raw, problem)
                self.taken = raw.offset + 1
                continue
            latest = raw.timestamp + AHEAD_MS
            self.head = head if head.at <= latest else self._clamp(head, latest)
            self.raw = raw
            while self._batches[0][0] < raw.offset:
                self._batches.popleft()
            self.came = self._batches[0][1]
        return self.head

    def pop(self) -> None:
        """Let the head go."""
        if self.raw is not None:
            self.taken = self.raw.offset + 1
        self.head = self.raw = None

    def __len__(self) -> int:
        return len(self._waiting) + (self.head is not None)


class Merge(Generic[R, T]):
    """The sides of one partition number, in order of precedence for equal times.

    Parameters
    ----------
    *sides : Side
        The inputs.
    words : Side, optional
        The one of them for which the others wait.

    Examples
    --------
    >>> from types import SimpleNamespace as Record
    >>> def side():
    ...     return Side(lambda raw: raw, lambda raw, problem: None, lambda record, latest: record)
    >>> events, tokens = side(), side()
    >>> merge = Merge(events, tokens)
    >>> tokens.add([Record(offset=0, timestamp=5, at=5)])
    >>> list(merge.ready(ended=[False, False]))  # the broker may have an earlier event
    []
    >>> [side.pop() for side in merge.ready(ended=[True, False])]
    [None]
    """

    __slots__ = ("_words", "sides")

    def __init__(self, *sides: Side[R, T], words: Side[R, T] | None = None) -> None:
        self.sides = sides
        self._words = words

    def ready(self, ended: Sequence[bool], settled: float = float("inf")) -> Iterator[Side[R, T]]:
        """Yield the side whose head goes next, until none may go or an empty side is waited for.

        Who takes a head pops it before the next is asked for; nothing may be added meanwhile.

        Parameters
        ----------
        ended : sequence of bool
            Per side, whether the broker is known to have no more of it at this moment.
        settled : float
            What came later goes before no words that may still come.
        """
        words = self._words
        waited_for = [side for side, at_end in zip(self.sides, ended, strict=True) if not at_end]
        sides = [side for side in self.sides if len(side) or side in waited_for]
        while True:
            chosen: Side[R, T] | None = None
            earliest = 0
            for side in sides:
                head = side.head or side.pull()
                if head is None:
                    if side in waited_for:
                        return
                elif chosen is None or head.at < earliest:
                    chosen, earliest = side, head.at
            if chosen is None:
                return
            if words is not None and chosen.came > settled and not len(words):
                return
            yield chosen

    def __len__(self) -> int:
        return sum(len(side) for side in self.sides)
