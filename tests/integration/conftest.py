import uuid
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import pytest

from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka
from tests.conftest import PARTITIONS, SMALL_LOCALES
from tests.workers import Broker, Worker


class Floor(NamedTuple):
    """A worker that several tests share, each with calls of its own, and its topics."""

    worker: Worker
    broker: Broker


@pytest.fixture(scope="module")
def floor(
    kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Floor]:
    """One worker with a checkpoint every second, for the tests of a module; it may name its `LOCALES`."""
    name = uuid.uuid4().hex[:8]
    shared = Settings(
        bootstrap_servers=kafka.bootstrap_servers,
        app_id=f"test-{name}",
        topic_prefix=f"{name}.",
        partitions=PARTITIONS,
        data_dir=tmp_path_factory.mktemp("floor"),
        web_port=0,
        mode="live",
        checkpoint_seconds=1,
        locales_dir=getattr(request.module, "LOCALES", SMALL_LOCALES),
    )
    apply_topics(shared)
    with Broker(shared) as broker, Worker(shared) as worker:
        yield Floor(worker, broker)


@pytest.fixture
def quick(settings: Settings) -> Settings:
    """The test's settings, with a checkpoint every second."""
    return msgspec.structs.replace(settings, checkpoint_seconds=1)


@pytest.fixture
def broker(settings: Settings) -> Iterator[Broker]:
    """What the test writes and reads."""
    with Broker(settings) as mine:
        yield mine
