"""Ends a worker that is in the group but does nothing: a restart is safe, a silent stall is not.

Its own thread, so that it also sees an event loop that no longer turns.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """What the watchdog looks at.

    Parameters
    ----------
    turned_at : float
        Monotonic time of the loop's last turn.
    behind : int
        Records that wait to be applied.
    done : int
        A number that changes whenever something was applied.
    unsaved : int
        Records that are applied and not committed.
    saved : int
        A number that changes whenever something was committed.
    silent : int
        Partitions of which Kafka has said nothing for long, though they are asked for all the time.
    """

    turned_at: float
    behind: int
    done: int
    unsaved: int = 0
    saved: int = 0
    silent: int = 0


class _Standstill:
    """How long something has stood still: since it last changed, or since there was nothing to do."""

    def __init__(self) -> None:
        self._done = -1
        self._since = 0.0

    def age(self, waiting: int, done: int, now: float) -> float:
        if done != self._done or not waiting:
            self._done, self._since = done, now
        return now - self._since


class Watchdog(threading.Thread):
    """Watches that work which is there gets done.

    From half its patience on, `complaint` says what stands still, so that a supervisor sees it; it is taken
    back when things go on.

    Parameters
    ----------
    look : callable
        Returns the progress now; must not block.
    patience_s : float
        Seconds without progress, while there is work, before it fails.
    fail : callable
        Called with a sentence that says what stands still.
    """

    def __init__(self, look: Callable[[], Progress], patience_s: float, fail: Callable[[str], None]) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._look = look
        self._patience_s = patience_s
        self._fail = fail
        self._ended = threading.Event()
        self.complaint: str | None = None

    def stop(self) -> None:
        """Stop watching."""
        self._ended.set()

    def run(self) -> None:
        """Look once a second until stopped."""
        applying, committing, fetching = _Standstill(), _Standstill(), _Standstill()
        while not self._ended.wait(min(1.0, self._patience_s / 4)):
            seen, now = self._look(), time.monotonic()
            age, what = max(
                (now - seen.turned_at, "the event loop has not turned"),
                (
                    applying.age(seen.behind, seen.done, now),
                    f"{seen.behind} records wait and none was applied",
                ),
                (
                    committing.age(seen.unsaved, seen.saved, now),
                    f"{seen.unsaved} records are applied and none was committed",
                ),
                (
                    fetching.age(seen.silent, 0, now),
                    f"{seen.silent} partitions are asked for and nothing was answered",
                ),
            )
            seconds = min(age, self._patience_s)
            self.complaint = f"{what} for {seconds:.0f} s" if age > self._patience_s / 2 else None
            if age > self._patience_s and self.complaint is not None:
                self._fail(self.complaint)
