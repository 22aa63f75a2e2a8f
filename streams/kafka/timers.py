"""Deadlines of the calls of one partition, in order: what happens to a call without a record."""

from collections.abc import Iterator
from heapq import heappop, heappush

from streams.kafka.checkpoint import Checkpoint, LiveCall


class Timers:
    """A heap of (deadline, call_id), lazily kept: a deadline that has moved on is put back when it comes up.

    Parameters
    ----------
    checkpoint : Checkpoint
        The partition's calls; those found at the start and not touched since have their deadlines in.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._heap: list[tuple[int, str]] = []
        for key, deadline in checkpoint.untouched():
            heappush(self._heap, (deadline, key.decode()))

    def next_is_due(self, now: int) -> bool:
        """Return whether a deadline may have come by `now`, Unix ms."""
        return bool(self._heap) and self._heap[0][0] <= now

    def put(self, call: LiveCall, deadline: int) -> None:
        """Let a call come up at a deadline, and at no other."""
        call.scheduled = deadline
        heappush(self._heap, (deadline, call.state.call_id))

    def put_earlier(self, call: LiveCall) -> None:
        """Let a call come up earlier if its state now says so."""
        deadline = call.state.deadline
        if deadline < call.scheduled:
            self.put(call, deadline)

    def due(self, now: int) -> Iterator[tuple[LiveCall, int]]:
        """Yield calls whose deadline has come, by (deadline, call_id); who takes one puts it back."""
        while self.next_is_due(now):
            scheduled, call_id = heappop(self._heap)
            call = self._checkpoint.calls.get(call_id)
            if call is None:
                call = self._checkpoint.get(call_id, call_id.encode())
                if call is None:
                    continue
                call.scheduled = scheduled
            if call.scheduled != scheduled:
                continue
            deadline = call.state.deadline
            if deadline > scheduled:
                self.put(call, deadline)
            else:
                yield call, deadline
