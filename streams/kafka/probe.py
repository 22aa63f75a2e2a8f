"""Ask a Kafka what a client asks: does it take a record, give it back, and keep a group's offset?"""

import socket
import time
from collections.abc import Callable
from contextlib import closing

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from streams.errors import BrokerError

TOPIC = "attune-broker-check"
ANSWER_MS = 10_000


def wait_until_usable(servers: list[str], seconds: float, give_up: Callable[[], None]) -> None:
    """Return as soon as a client can produce, consume and commit.

    Parameters
    ----------
    servers : list of str
        The brokers, all of which have to be there, as ``host:port``.
    seconds : float
        How long to try.
    give_up : callable
        Called between tries; raises when waiting is in vain.

    Raises
    ------
    BrokerError
        The time is up; the last failure is named.
    """
    deadline = time.monotonic() + seconds
    failure: Exception | None = None
    while time.monotonic() < deadline:
        give_up()
        try:
            for server in servers:
                host, port = server.rsplit(":", 1)
                socket.create_connection((host, int(port)), timeout=1).close()
            _round_trip(servers)
        except (OSError, KafkaError) as exc:
            failure = exc
            time.sleep(0.1)
        else:
            return
    raise BrokerError(f"Kafka did not become usable within {seconds:.0f} s ({failure})") from failure


def _round_trip(servers: list[str]) -> None:
    client = {"bootstrap_servers": servers, "client_id": TOPIC, "request_timeout_ms": ANSWER_MS}
    with closing(KafkaAdminClient(**client, bootstrap_timeout_ms=ANSWER_MS)) as admin:
        if len(admin.describe_cluster()["brokers"]) < len(servers):
            raise KafkaError("not all brokers have joined")
        try:
            topic = {
                "num_partitions": 1,
                "replication_factor": len(servers),
                "configs": {"retention.ms": "60000"},
            }
            admin.create_topics({TOPIC: topic}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            pass
    word = str(time.time_ns()).encode()
    with closing(KafkaProducer(**client, max_block_ms=ANSWER_MS)) as producer:
        sent = producer.send(TOPIC, word, partition=0).get(ANSWER_MS / 1000)
    with closing(KafkaConsumer(**client, group_id=TOPIC, enable_auto_commit=False)) as consumer:
        place = TopicPartition(TOPIC, 0)
        consumer.assign([place])
        consumer.seek(place, sent.offset)
        if [record.value for record in consumer.poll(ANSWER_MS).get(place, [])][:1] != [word]:
            raise KafkaError("a record was not given back")
        consumer.commit({place: OffsetAndMetadata(sent.offset + 1, "", -1)})
