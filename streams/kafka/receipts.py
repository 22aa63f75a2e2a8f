"""Which records of a topic are done: everything that was sent for them is acknowledged, in order of offset.

A record that waits for its acknowledgements does not hold up the next one; only the commit waits.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from faust.types import TP


class Receipts:
    """Records that are applied, with what was sent for them.

    Examples
    --------
    >>> async def applied() -> dict[TP, int]:
    ...     slow, quick = (asyncio.get_running_loop().create_future() for _ in range(2))
    ...     receipts = Receipts()
    ...     receipts.note(TP("t", 0), 7, [slow])
    ...     receipts.note(TP("t", 0), 8, [quick])
    ...     quick.set_result(None)
    ...     before = receipts.committable()
    ...     slow.set_result(None)
    ...     return before, receipts.committable()
    >>> asyncio.run(applied())
    ({}, {TP(topic='t', partition=0): 9})
    """

    def __init__(self) -> None:
        self._waiting: dict[TP, deque[tuple[int, Sequence[asyncio.Future[Any]]]]] = {}
        self._done: dict[TP, int] = {}

    def note(self, tp: TP, offset: int, sends: Sequence["asyncio.Future[Any]"]) -> None:
        """Note that a record is applied, and what must be acknowledged before it is done."""
        self._waiting.setdefault(tp, deque()).append((offset, sends))

    def __len__(self) -> int:
        """Return how many records are applied and not done."""
        self._settle()
        return sum(map(len, self._waiting.values()))

    def committable(self) -> dict[TP, int]:
        """Return the offsets that may be committed now, each told once."""
        self._settle()
        done, self._done = self._done, {}
        return done

    async def drained(self, timeout: float) -> bool:
        """Wait until all are done; false when that takes longer than `timeout` s."""
        self._settle()
        pending = {
            sent
            for records in self._waiting.values()
            for _, sends in records
            for sent in sends
            if not sent.done()
        }
        if pending:
            await asyncio.wait(pending, timeout=timeout)
        return not len(self)

    def clear(self) -> None:
        """Forget all: the records that are not committed are read again."""
        self._waiting.clear()
        self._done.clear()

    def _settle(self) -> None:
        for tp, records in self._waiting.items():
            while records and all(map(_acknowledged, records[0][1])):
                self._done[tp] = records.popleft()[0] + 1


def _acknowledged(sent: "asyncio.Future[Any]") -> bool:
    return sent.done() and not sent.cancelled() and sent.exception() is None
