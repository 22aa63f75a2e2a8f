"""H6, H7, H11: a worker that is killed loses nothing; one that is told to stop leaves nothing undone."""

import signal
import time
from collections.abc import Callable
from functools import partial
from random import Random

import pytest
from msgspec.structs import replace

from streams import topics
from streams.calls.events import TranscriptTokens
from streams.config import Settings
from tests.faults import oracle
from tests.faults.group import committed, drop_members, ends, members, settled
from tests.faults.load import fill, log
from tests.workers import Broker, Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

Recorder = Callable[[str, object], None]
RECORDS = 150_000


def test_kill_9_at_random_points_loses_nothing(settings: Settings) -> None:
    settings = replace(settings, checkpoint_seconds=1)
    fill(settings, log(RECORDS, partitions=settings.partitions))
    everything = sum(ends(settings, *oracle.SOURCE_TOPICS).values())

    def left() -> float:
        return 1 - sum(committed(settings).values()) / everything

    rng = Random(6)
    for number, share in enumerate((1.0, rng.uniform(0.6, 0.9), rng.uniform(0.3, 0.5))):
        with Worker(settings, f"killed-{number}") as worker:
            until(partial(_at_most, share, left), f"{share:.0%} left", 60)
            time.sleep(rng.uniform(0, 0.4))
            worker.kill()
        assert left(), "the kill came after the end of the work"
        drop_members(settings)
    with Worker(settings, "last") as worker:
        until(lambda: settled(settings), "everything committed", 60)
        assert worker.stop() == 0
    oracle.check(settings)


def _at_most(bound: float, value: Callable[[], float]) -> bool:
    return value() <= bound


def test_takeover_after_kill_9_is_reported(settings: Settings, record_testsuite_property: Recorder) -> None:
    """H11: no bound but a generous one; the figure is in the report of the run."""
    with Worker(settings, "killed") as killed, Broker(settings) as broker:
        second = Worker(replace(settings, data_dir=settings.data_dir / "second"))
        with second:
            until(lambda: len(members(settings)) == 2 and killed.page("readyz")[0] == 200, "two workers")
            killed.kill()
            began = time.monotonic()
            calls = {f"call-{number}" for number in range(4 * settings.partitions)}
            words = ["let", "me", "speak", "to", "your", "manager", "now"]
            now = int(time.time() * 1000)
            broker.send_all(
                (topics.TRANSCRIPT_TOKENS, TranscriptTokens(call, "customer", 0, words, now, final=True))
                for call in calls
            )
            until(
                lambda: {alert["call_id"] for alert in broker.read_json(topics.ESCALATION_ALERTS)} == calls,
                "every call is followed",
            )
            record_testsuite_property("takeover_seconds", round(time.monotonic() - began, 1))
            assert second.stop() == 0


def test_a_stop_in_mid_load_leaves_nothing_undone(settings: Settings) -> None:
    settings = replace(settings, checkpoint_seconds=1)
    fill(settings, log(RECORDS, partitions=settings.partitions, seed=1))
    for told in (signal.SIGTERM, signal.SIGINT):
        with Worker(settings, told.name) as worker:
            time.sleep(0.3)
            worker.process.send_signal(told)
            assert worker.wait() == 0
        assert not settled(settings), "the stop came after the end of the work"
        assert committed(settings) == oracle.found(settings).applied
    with Worker(settings, "last") as worker:
        until(lambda: settled(settings), "everything committed", 60)
        assert worker.stop() == 0
    assert oracle.check(settings).repeats == 0
