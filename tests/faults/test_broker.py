"""H4, H5, H19, H20: the broker goes away, stands still, or is not there yet."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from msgspec.structs import replace

from streams.config import Settings
from streams.kafka.broker import LocalKafka
from tests.faults import oracle
from tests.faults.group import committed, drop_members, members, settled
from tests.faults.load import fill, log
from tests.workers import Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.fault]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A Kafka of these tests' own: they stop it."""
    with LocalKafka(tmp_path_factory.mktemp("broken-kafka")) as broker:
        yield broker


@pytest.fixture
def busy(settings: Settings) -> Settings:
    """Settings of a test whose topics hold work for some seconds."""
    settings = replace(settings, checkpoint_seconds=1, watchdog_seconds=10)
    fill(settings, log(400_000, partitions=settings.partitions, seed=4))
    return settings


def test_broker_dies_while_alerts_are_due(busy: Settings, kafka: LocalKafka) -> None:
    """One worker is left alone with that, another is told to stop meanwhile, a third waits for the broker."""
    told = Worker(replace(busy, data_dir=busy.data_dir / "told"))
    patient = Worker(replace(busy, data_dir=busy.data_dir / "patient", broker_wait_seconds=90))
    with ExitStack() as workers:
        told.start()
        workers.push(told)
        alone = workers.enter_context(Worker(busy))
        until(lambda: committed(busy) and len(members(busy)) == 2, "two workers, something committed")
        assert not settled(busy), "the broker dies after the end of the work"
        kafka.kill()
        status = told.stop(60)
        assert status == 0 or (status == 70 and "the worker ends, start it again" in told.log)
        assert alone.wait(60) == 70
        assert "the worker ends, start it again" in alone.log
        patient.start()
        workers.push(patient)
        until(lambda: "waiting for Kafka at" in patient.log, "a line that says what it waits for")
        kafka.restart()
        assert not settled(busy)
        until(lambda: settled(busy), "everything committed", 60)
        assert patient.stop() == 0
    oracle.check(busy)


def test_broker_stands_still_for_less_than_a_session(busy: Settings, kafka: LocalKafka) -> None:
    with Worker(busy) as worker:
        until(lambda: committed(busy), "something committed")
        kafka.pause()
        time.sleep(5)
        kafka.resume()
        assert not settled(busy), "the pause came after the end of the work"
        until(lambda: settled(busy), "everything committed", 60)
        assert worker.stop() == 0
    assert oracle.check(busy).repeats == 0


def test_broker_stands_still_while_states_are_saved_and_the_worker_is_killed(
    busy: Settings, kafka: LocalKafka
) -> None:
    with Worker(busy, "killed") as worker:
        until(lambda: committed(busy), "something committed")
        kafka.pause()
        time.sleep(2)  # sweeps go on, into buffers
        worker.kill()
        kafka.resume()
    drop_members(busy)
    assert not settled(busy), "the pause came after the end of the work"
    with Worker(busy, "next") as worker:
        until(lambda: settled(busy), "everything committed", 60)
        assert worker.stop() == 0
    oracle.check(busy)


def test_without_a_broker_a_worker_says_so_and_ends(settings: Settings) -> None:
    worker = Worker(replace(settings, bootstrap_servers="127.0.0.1:9", broker_wait_seconds=2))
    worker.start()
    assert worker.wait(30) == 1
    assert "Traceback" not in worker.log
    assert "waiting for Kafka at 127.0.0.1:9" in worker.log
    last = worker.log.strip().splitlines()[-1]
    assert last.startswith("Error: Kafka at 127.0.0.1:9 does not answer")
