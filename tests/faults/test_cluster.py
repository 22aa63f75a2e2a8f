"""One of three brokers dies under load."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from kafka.errors import KafkaError
from msgspec.structs import replace

from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka
from tests.faults import oracle
from tests.faults.group import committed, settled
from tests.faults.load import fill, log
from tests.workers import Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.fault]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Three brokers of this test's own."""
    with LocalKafka(tmp_path_factory.mktemp("cluster"), nodes=3) as cluster:
        yield cluster


def test_one_of_three_brokers_dies_under_load(settings: Settings, kafka: LocalKafka) -> None:
    prefix = f"three-{settings.topic_prefix}"
    settings = replace(settings, replication_factor=3, topic_prefix=prefix, checkpoint_seconds=1)
    apply_topics(settings)
    fill(settings, log(100_000, partitions=settings.partitions, seed=3))
    worker = Worker(settings)
    with worker:
        until(lambda: committed(settings), "something committed")
        assert not settled(settings), "the broker dies after the end of the work"
        kafka.kill(2)

        def done() -> bool:
            if worker.process.poll() is not None:  # what its supervisor would do
                assert worker.process.returncode == 70
                worker.start()
            with suppress(KafkaError):  # the client of this test too may ask the dead one
                return settled(settings)
            return False

        until(done, "everything committed", 120)
        assert worker.stop() == 0
    oracle.check(settings)
