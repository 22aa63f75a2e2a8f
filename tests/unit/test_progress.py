"""What the watchdog sees while the tables are read back."""

from types import SimpleNamespace
from typing import Any

from streams.app import _progress
from streams.kafka.watchdog import Progress

LANE = Progress(turned_at=5.0, behind=7, done=3, unsaved=2, saved=1, silent=4)


def app(*, ready: bool, recovering: bool, **offsets: int | None) -> Any:
    recovery = SimpleNamespace(active_offsets=offsets)
    tables = SimpleNamespace(actives_ready=ready, recovery=recovery)
    lane = SimpleNamespace(progress=lambda: LANE)
    return SimpleNamespace(lane=lane, tables=tables, in_recovery=recovering)


def test_when_the_tables_are_there_it_is_the_lane_that_counts() -> None:
    assert _progress(app(ready=True, recovering=False)) == LANE


def test_calls_that_wait_for_the_tables_are_no_standstill_but_a_recovery_that_reads_nothing_is() -> None:
    seen = _progress(app(ready=False, recovering=True, one=10, other=None))
    assert (seen.behind, seen.done, seen.silent) == (1, 10, 0)
    assert (seen.turned_at, seen.unsaved, seen.saved) == (5.0, 2, 1)
    assert _progress(app(ready=False, recovering=True, one=11, other=-1)).done == 10
    assert _progress(app(ready=False, recovering=True, one=11, other=4)).done == 15


def test_nothing_is_behind_before_partitions_are_assigned() -> None:
    seen = _progress(app(ready=False, recovering=False))
    assert (seen.behind, seen.silent) == (0, 0)
