import msgspec
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from streams.config import Settings
from streams.errors import BrokerError, TopicMismatch
from streams.kafka.admin import Difference, apply_topics, check_topics, connection, wait_for_broker
from streams.topics import TOPICS

pytestmark = pytest.mark.kafka


def test_missing_topics_are_named_and_then_made(settings: Settings) -> None:
    fresh = msgspec.structs.replace(settings, topic_prefix="fresh." + settings.topic_prefix)
    assert {d.topic for d in check_topics(fresh)} == {fresh.topic(spec.name) for spec in TOPICS}
    assert {d.found for d in apply_topics(fresh)} == {"missing"}
    assert check_topics(fresh) == []


def test_a_second_apply_changes_nothing(settings: Settings) -> None:
    assert apply_topics(settings) == []


def test_a_setting_that_was_changed_is_put_back(settings: Settings) -> None:
    topic = settings.topic("call-events")
    admin = KafkaAdminClient(**connection(settings))
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "5"})])
    admin.close()
    expected = [Difference(topic, "retention.ms", "604800000", "5")]
    assert check_topics(settings) == expected
    assert apply_topics(settings) == expected
    assert check_topics(settings) == []


def test_another_partition_count_is_refused_and_left_alone(settings: Settings) -> None:
    more = msgspec.structs.replace(settings, partitions=settings.partitions + 1)
    with pytest.raises(TopicMismatch, match=r"call-events: partitions is 4, not 5.*ATTUNE_PARTITIONS"):
        apply_topics(more)
    assert check_topics(settings) == []


def test_too_few_replicas_are_refused(settings: Settings) -> None:
    more = msgspec.structs.replace(settings, replication_factor=3)
    with pytest.raises(TopicMismatch, match="replicas is 1, not 3"):
        apply_topics(more)


def test_more_replicas_than_brokers_is_one_sentence(settings: Settings) -> None:
    more = msgspec.structs.replace(
        settings, replication_factor=3, topic_prefix="three." + settings.topic_prefix
    )
    with pytest.raises(BrokerError, match="did not do as asked"):
        apply_topics(more)


def test_the_version_of_the_broker(settings: Settings) -> None:
    assert wait_for_broker(settings, print).startswith("4.")


def test_waiting_for_a_broker_that_never_comes() -> None:
    said: list[str] = []
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1 does not answer.*attune broker up"):
        wait_for_broker(Settings(bootstrap_servers="127.0.0.1:1", broker_wait_seconds=1), said.append)
    assert "waiting for Kafka at 127.0.0.1:1" in said[0]


@pytest.mark.parametrize("servers", ["nowhere", "127.0.0.1:port"])
def test_an_address_without_a_port_is_said(servers: str) -> None:
    with pytest.raises(BrokerError, match=servers):
        wait_for_broker(Settings(bootstrap_servers=servers, broker_wait_seconds=0), print)


def test_credentials_reach_the_client() -> None:
    secured = Settings(
        bootstrap_servers="a:1,b:2",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="me",
        sasl_password="secret",
        ssl_ca_file="/ca.pem",
    )
    assert connection(secured) == {
        "bootstrap_servers": ["a:1", "b:2"],
        "client_id": "attune",
        "security_protocol": "SASL_SSL",
        "ssl_cafile": "/ca.pem",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "me",
        "sasl_plain_password": "secret",
    }
