"""Where a call's time went: queue, talk, hold and wrap-up tile it, however its events come.

What happened to a call is kept as a sorted set of marks, so an event that comes late or twice changes nothing
that it should not. Each instant between the start and the end belongs to one phase:

- ``queue`` until somebody takes the call, and again between an agent who left and the next one;
- ``talk`` while an agent is there and the customer is not on hold; ``hold`` while the customer is;
- ``wrapup`` from the end of the call until its wrap-up is completed.

Inside `talk`, recognisers that give times let the speech be told apart: customer, agent, both at once
(talk-over), nobody (silence); these four tile what was heard of it.
"""

from bisect import insort
from collections.abc import Sequence

from msgspec import Struct

#: Kinds of marks, in the order that they have at the same time: who leaves goes before who joins.
LEFT, JOINED, HOLD_ENDED, HOLD_STARTED, ENDED, WRAPPED, TRANSFERRED = range(7)
_KINDS = 8
#: Marks above which no more are kept: no real call has so many.
MAX_MARKS = 256


class Timings(Struct, frozen=True):
    """Milliseconds of one call. ``queue_ms + talk_ms + hold_ms = length_ms``; `handle_ms` adds the wrap-up.

    `silence_ms`, `talk_over_ms`, `customer_ms` and `agent_ms` tile the talk where words came with times.
    """

    length_ms: int = 0
    queue_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    wrapup_ms: int = 0
    handle_ms: int = 0
    longest_hold_ms: int = 0
    silence_ms: int = 0
    talk_over_ms: int = 0
    customer_ms: int = 0
    agent_ms: int = 0


def add_mark(marks: list[int], kind: int, offset_ms: int) -> bool:
    """Add what happened, in its place; return false when it was known or there is no room.

    Parameters
    ----------
    marks : list of int
        Sorted; each is ``offset * 8 + kind``.
    kind : int
        One of the constants of this module.
    offset_ms : int
        When, ms from the call's start; may be below 0 when the start came late.
    """
    mark = offset_ms * _KINDS + kind
    if mark in marks or len(marks) >= MAX_MARKS:
        return False
    insort(marks, mark)
    return True


def is_known(marks: Sequence[int], kind: int, offset_ms: int) -> bool:
    """Return whether that mark is there already."""
    return offset_ms * _KINDS + kind in marks


def shift(marks: Sequence[int], by_ms: int) -> list[int]:
    """Return the marks for a start that is so much later."""
    return [mark - by_ms * _KINDS for mark in marks]


def holds(marks: Sequence[int], until_ms: int) -> list[tuple[int, int]]:
    """Return the holds as (start, end) offsets, the last one up to `until_ms` when it is still on.

    Examples
    --------
    >>> marks = []
    >>> [add_mark(marks, kind, at) for kind, at in ((HOLD_ENDED, 9_000), (HOLD_STARTED, 4_000))]
    [True, True]
    >>> holds(marks, until_ms=20_000)
    [(4000, 9000)]
    """
    found = []
    since = -1
    for offset, kind in _read(marks):
        if kind == ENDED or offset >= until_ms:
            until_ms = min(until_ms, offset)
            break
        if kind == HOLD_STARTED and since < 0:
            since = max(0, offset)
        elif kind == HOLD_ENDED and since >= 0:
            found.append((since, max(since, offset)))
            since = -1
    if 0 <= since < until_ms:
        found.append((since, until_ms))
    return [(start, end) for start, end in found if end > start]


def on_hold(marks: Sequence[int]) -> bool:
    """Return whether the customer is on hold after everything that is known."""
    last = -1
    for _, kind in _read(marks):
        if kind in (HOLD_STARTED, HOLD_ENDED, ENDED):
            last = kind
    return last == HOLD_STARTED


def is_staffed(marks: Sequence[int]) -> bool:
    """Return whether somebody has the call after everything that is known."""
    last = -1
    for mark in marks:
        if mark % _KINDS in (JOINED, LEFT, ENDED):
            last = mark % _KINDS
    return last == JOINED


def timings(marks: Sequence[int], until_ms: int) -> Timings:
    """Return where the time went up to `until_ms`, or to the end of the call when that is known.

    Examples
    --------
    >>> marks = []
    >>> for kind, at in (JOINED, 10_000), (HOLD_STARTED, 30_000), (HOLD_ENDED, 50_000), (ENDED, 60_000):
    ...     _ = add_mark(marks, kind, at)
    >>> found = timings(marks, until_ms=90_000)
    >>> found.queue_ms, found.talk_ms, found.hold_ms, found.length_ms
    (10000, 30000, 20000, 60000)
    """
    ends = [offset for offset, kind in _read(marks) if kind == ENDED]
    length = max(0, min([until_ms, *ends[:1]]) if ends else until_ms)
    wrapped = [offset for offset, kind in _read(marks) if kind == WRAPPED]
    wrapup = max(0, wrapped[-1] - length) if ends and wrapped else 0
    held = holds(marks, length)
    hold = sum(end - start for start, end in held)
    staffed = 0
    for start, end in _staffed(marks, length):
        staffed += (end - start) - sum(max(0, min(end, stop) - max(start, begin)) for begin, stop in held)
    return Timings(
        length_ms=length,
        queue_ms=length - hold - staffed,
        talk_ms=staffed,
        hold_ms=hold,
        wrapup_ms=wrapup,
        handle_ms=staffed + hold + wrapup,
        longest_hold_ms=max((end - start for start, end in held), default=0),
    )


def _staffed(marks: Sequence[int], length: int) -> list[tuple[int, int]]:
    spans = []
    since = -1
    for offset, kind in _read(marks):
        offset = min(max(0, offset), length)
        if kind == JOINED and since < 0:
            since = offset
        elif kind == LEFT and since >= 0:
            spans.append((since, offset))
            since = -1
    if since >= 0:
        spans.append((since, length))
    return spans


def _read(marks: Sequence[int]) -> list[tuple[int, int]]:
    """Return the marks as (offset, kind); a hold that begins and ends in one instant changes nothing."""
    read = [(mark // _KINDS, mark % _KINDS) for mark in marks]
    idle = {offset for offset, kind in read if kind == HOLD_STARTED and (offset, HOLD_ENDED) in read}
    return [mark for mark in read if mark[1] not in (HOLD_STARTED, HOLD_ENDED) or mark[0] not in idle]
