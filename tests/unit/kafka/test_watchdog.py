import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from streams.kafka.watchdog import Progress, Watchdog

PATIENCE_S = 60.0


class Floor:
    """A worker's progress and a clock, both moved by hand; the dog looks once per `look_at`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        self.progress = Progress(self.now, 0, 0)
        self.said: list[str] = []
        self._looked = threading.Semaphore(0)
        self._go = threading.Semaphore(0)
        monkeypatch.setattr("streams.kafka.watchdog.time", SimpleNamespace(monotonic=lambda: self.now))
        self.dog = Watchdog(self._look, PATIENCE_S, self.said.append)
        monkeypatch.setattr(self.dog._ended, "wait", self._wait)
        self.over = False

    def _look(self) -> Progress:
        return self.progress

    def _wait(self, seconds: float) -> bool:
        self._looked.release()
        self._go.acquire()
        return self.over

    def look_at(
        self, behind: int, done: int, *, turned: bool = True, after: float = 1.0, **more: int
    ) -> list[str]:
        """Let time pass, show this, and return what was complained of so far."""
        self.now += after
        self.progress = Progress(self.now if turned else self.progress.turned_at, behind, done, **more)
        self._looked.acquire()
        self._go.release()
        self._looked.acquire()
        self._looked.release()
        return self.said

    @contextmanager
    def watched(self) -> Iterator["Floor"]:
        self.dog.start()
        yield self
        self.over = True
        self._go.release()
        self.dog.join()


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    with Floor(monkeypatch).watched() as watched:
        yield watched


def test_work_that_is_there_and_not_done_is_a_complaint(floor: Floor) -> None:
    """H9, H25: only log lines would tell otherwise."""
    assert floor.look_at(5, 10) == []
    assert floor.look_at(5, 10, after=PATIENCE_S - 1) == []
    assert floor.look_at(5, 10, after=2) == ["5 records wait and none was applied for 60 s"]
    assert floor.dog.complaint == "5 records wait and none was applied for 60 s"


def test_slow_work_is_no_standstill(floor: Floor) -> None:
    for done in range(20):
        assert floor.look_at(1_000, done, after=PATIENCE_S - 1) == []


def test_a_quiet_floor_is_no_standstill(floor: Floor) -> None:
    for _ in range(5):
        assert floor.look_at(0, 10, after=PATIENCE_S) == []
    assert floor.look_at(3, 10) == []


def test_commits_that_stop_are_a_complaint_though_records_are_applied(floor: Floor) -> None:
    """H25: a gap that nothing closes would hold the commits for ever."""
    for done in range(4):
        assert floor.look_at(9, done, unsaved=7, saved=3, after=19.0) == []
    assert floor.look_at(9, 5, unsaved=7, saved=3, after=5) == [
        "7 records are applied and none was committed for 60 s"
    ]


def test_fetches_that_nobody_answers_are_a_complaint(floor: Floor) -> None:
    """H9: a consumer that is in the group and gets nothing."""
    assert floor.look_at(0, 5, silent=2) == []
    assert floor.look_at(0, 5, silent=2, after=PATIENCE_S + 1) == [
        "2 partitions are asked for and nothing was answered for 60 s"
    ]


def test_a_complaint_is_shown_before_the_end_and_taken_back_when_things_go_on(floor: Floor) -> None:
    floor.look_at(5, 10)
    floor.look_at(5, 10, after=PATIENCE_S / 2 + 1)
    assert floor.dog.complaint == "5 records wait and none was applied for 31 s"
    assert floor.look_at(5, 11) == []
    assert floor.dog.complaint is None


def test_a_loop_that_does_not_turn_is_a_complaint(floor: Floor) -> None:
    assert floor.look_at(0, 1) == []
    assert floor.look_at(0, 1, turned=False, after=PATIENCE_S - 1) == []
    assert floor.look_at(0, 1, turned=False, after=2) == ["the event loop has not turned for 60 s"]


def test_it_sees_a_loop_that_hangs_and_ends_when_told() -> None:
    """With a real clock and a real thread: nobody but itself has to take a turn."""
    said = threading.Event()
    dog = Watchdog(lambda: Progress(time.monotonic() - 10, 0, 0), 0.05, lambda _: said.set())
    dog.start()
    assert said.wait(10)
    dog.stop()
    dog.join(10)
    assert not dog.is_alive()
