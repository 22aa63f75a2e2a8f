"""H28: a worker that was stopped, lost its partitions and goes on, harms nothing."""

import pytest
from msgspec.structs import replace

from streams.config import Settings
from tests.faults import oracle
from tests.faults.group import committed, drop_members, members, settled
from tests.faults.load import fill, log
from tests.workers import Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.fault]


def test_a_worker_that_wakes_up_after_its_session_harms_nothing(settings: Settings) -> None:
    settings = replace(settings, checkpoint_seconds=1)
    fill(settings, log(150_000, partitions=settings.partitions, seed=28))
    with Worker(settings, "stopped") as asleep:
        until(lambda: committed(settings), "something committed")
        asleep.pause()
        assert not settled(settings), "the stop came after the end of the work"
        with Worker(settings, "successor") as successor:
            until(lambda: settled(settings), "all of it committed by the successor", 60)
            [alone] = members(settings)
            before = committed(settings)
            asleep.resume()
            until(
                lambda: asleep.process.poll() is not None or members(settings) != [alone],
                "the stopped one has noticed",
                60,
            )
            if asleep.process.poll() is None:
                until(lambda: asleep.page("readyz")[0] == 200, "it is back in the group", 60)
            else:
                assert asleep.process.returncode == 70
                assert "another worker may own the calls" in asleep.log
            # What it had handed to the socket before may still arrive: the same alerts and older states.
            assert committed(settings) == before
            successor.kill()
        asleep.kill()
    drop_members(settings)
    fill(settings, log(5_000, partitions=settings.partitions, seed=29, concurrent=20, minutes_ago=30))
    with Worker(settings, "third") as third:
        until(lambda: settled(settings), "what came after, committed", 60)
        assert third.stop() == 0
    oracle.check(settings, late_standings=True)
