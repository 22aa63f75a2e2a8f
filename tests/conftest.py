import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka

PARTITIONS = 4
#: Few patterns, for tests that are not about what is said.
SMALL_LOCALES = Path(__file__).parent / "data" / "locales"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """One real Apache Kafka for the whole run, started on first use. Who stops it, starts it again."""
    with LocalKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def settings(kafka: LocalKafka, tmp_path: Path) -> Settings:
    """Settings of a test's own: its topics are on the broker, nobody else uses them."""
    name = uuid.uuid4().hex[:8]
    mine = Settings(
        bootstrap_servers=kafka.bootstrap_servers,
        app_id=f"test-{name}",
        topic_prefix=f"{name}.",
        partitions=PARTITIONS,
        data_dir=tmp_path / "data",
        web_port=0,
        mode="live",
        agents="named",
        phrase_book="off",  # a test that is not about it would have to know when it fills
        locales_dir=SMALL_LOCALES,
    )
    apply_topics(mine)
    return mine
