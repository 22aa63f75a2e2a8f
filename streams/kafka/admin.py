"""The topics on a broker: wait for it, compare with the table, create and adjust what may be adjusted."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.config import Settings
from streams.errors import BrokerError, TopicMismatch
from streams.topics import TOPICS

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 3.0
CONNECT_SECONDS = 3.0
BOOTSTRAP_MS = 5_000


@dataclass(frozen=True)
class Difference:
    """One thing that is not on the broker as the table says.

    Parameters
    ----------
    topic : str
        Name on the broker.
    what : str
        ``topic`` when it is missing, ``partitions``, ``replicas``, or the name of a topic setting.
    wanted, found : str
        The value in the table, and the one in force.
    """

    topic: str
    what: str
    wanted: str
    found: str

    @property
    def by_hand(self) -> bool:
        """True for what a program must not change: keys or data would have to move."""
        return self.what in ("partitions", "replicas")

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, not {self.wanted}"


def connection(settings: Settings) -> dict[str, Any]:
    """Return what every kafka-python client needs to connect: servers, name, and the security settings."""
    wanted: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "client_id": settings.app_id,
        "security_protocol": settings.security_protocol,
    }
    if settings.ssl_ca_file:
        wanted["ssl_cafile"] = settings.ssl_ca_file
    if settings.security_protocol.startswith("SASL"):
        wanted["sasl_mechanism"] = settings.sasl_mechanism
        wanted["sasl_plain_username"] = settings.sasl_username
        wanted["sasl_plain_password"] = settings.sasl_password
    return wanted


def wait_for_broker(settings: Settings, say: Callable[[str], None]) -> str:
    """Wait until Kafka answers a client, and return its version.

    Parameters
    ----------
    settings : Settings
        Where it is, and for how many seconds to wait (``broker_wait_seconds``; with 0 it is asked once).
    say : callable
        Told a line every few seconds while it does not answer.

    Returns
    -------
    str
        What the broker speaks, as ``4.3``.

    Raises
    ------
    BrokerError
        It did not answer in time.
    """
    deadline = time.monotonic() + settings.broker_wait_seconds
    pause = FIRST_PAUSE_SECONDS
    said_at = -LONGEST_PAUSE_SECONDS
    while True:
        try:
            with closing(_client(settings)) as admin:
                broker = admin.describe_cluster()["brokers"][0]["broker_id"]
                version = admin.get_broker_version_data(broker).broker_version
                return ".".join(map(str, version[:2]))
        except (OSError, ValueError, KafkaError) as exc:
            left = deadline - time.monotonic()
            if left <= 0:
                raise BrokerError(
                    f"Kafka at {settings.bootstrap_servers} does not answer ({exc}): "
                    "start it (attune broker up), or set ATTUNE_BOOTSTRAP_SERVERS"
                ) from exc
            if time.monotonic() - said_at >= LONGEST_PAUSE_SECONDS:
                said_at = time.monotonic()
                say(f"waiting for Kafka at {settings.bootstrap_servers}, {left:.0f} s left ({exc})")
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def check_topics(settings: Settings) -> list[Difference]:
    """Return what differs between the topics on the broker and the table; empty when all is well.

    Raises
    ------
    BrokerError
        Kafka does not answer, or refuses.
    """
    with _asking(settings) as admin:
        return _differences(admin, settings)


def topic_ids(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """Return the ids of topics, by name without the prefix: a topic that was made anew has another.

    Raises
    ------
    BrokerError
        Kafka does not answer, or refuses.
    """
    wanted = {settings.topic(name): name for name in names}
    with _asking(settings) as admin:
        found = admin.describe_topics(list(wanted))
    return {wanted[topic["name"]]: str(topic["topic_id"]) for topic in found}


def apply_topics(settings: Settings) -> list[Difference]:
    """Create missing topics and set topic settings that differ; nothing else is touched.

    Returns
    -------
    list of Difference
        What was mended.

    Raises
    ------
    TopicMismatch
        Partitions or replicas differ: nothing was changed, the message says what to do.
    BrokerError
        Kafka does not answer, or refuses.
    """
    with _asking(settings) as admin:
        differences = _differences(admin, settings)
        if stuck := [difference for difference in differences if difference.by_hand]:
            raise TopicMismatch(
                f"{'; '.join(map(str, stuck))}. Nothing was changed: set ATTUNE_PARTITIONS or "
                "ATTUNE_REPLICATION_FACTOR to what is there, or stop the workers and make the topic anew"
            )
        missing = {difference.topic for difference in differences if difference.what == "topic"}
        _create(admin, settings, missing)
        changes: dict[str, dict[str, str]] = {}
        for difference in differences:
            if difference.topic not in missing:
                changes.setdefault(difference.topic, {})[difference.what] = difference.wanted
        if changes:
            admin.alter_configs([_resource(topic, wanted) for topic, wanted in changes.items()])
            if left := _differences(admin, settings):
                raise BrokerError(f"Kafka did not take the setting: {left[0]}")
        return differences


def _client(settings: Settings) -> Any:
    # A client that cannot connect leaves its thread behind, so see first that somebody listens.
    failure: OSError | None = None
    for server in settings.bootstrap_servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
        except OSError as exc:
            failure = exc
        else:
            return KafkaAdminClient(**connection(settings), bootstrap_timeout_ms=BOOTSTRAP_MS)
    raise failure or OSError("no server is named")


@contextmanager
def _asking(settings: Settings) -> Iterator[Any]:
    try:
        with closing(_client(settings)) as admin:
            yield admin
    except (OSError, ValueError, KafkaError) as exc:
        raise BrokerError(f"Kafka at {settings.bootstrap_servers} did not do as asked: {exc}") from exc


def _resource(topic: str, config: dict[str, str]) -> ConfigResource:
    return ConfigResource(ConfigResourceType.TOPIC, topic, config)


def _differences(admin: Any, settings: Settings) -> list[Difference]:
    there = {topic["name"] for topic in admin.describe_topics()}
    specs = {settings.topic(spec.name): spec for spec in TOPICS}
    known = sorted(there & set(specs))
    found = {topic["name"]: topic["partitions"] for topic in admin.describe_topics(known)} if known else {}
    resources = [_resource(topic, specs[topic].config) for topic in known]
    in_force = admin.describe_configs(resources, config_filter="all")["topic"] if known else {}
    differences = []
    for topic, spec in specs.items():
        partitions = spec.partitions(settings.partitions)
        if topic not in found:
            differences.append(Difference(topic, "topic", f"{partitions} partition(s)", "missing"))
            continue
        if len(found[topic]) != partitions:
            differences.append(Difference(topic, "partitions", str(partitions), str(len(found[topic]))))
        replicas = min(len(partition["replica_nodes"]) for partition in found[topic])
        if replicas < settings.replication_factor:
            wanted = str(settings.replication_factor)
            differences.append(Difference(topic, "replicas", wanted, str(replicas)))
        for name, wanted in spec.config.items():
            if (value := in_force[topic][name]["value"]) != wanted:
                differences.append(Difference(topic, name, wanted, value))
    return differences


def _create(admin: Any, settings: Settings, missing: set[str]) -> None:
    for spec in TOPICS:
        topic = settings.topic(spec.name)
        if topic in missing:
            wanted = {
                "num_partitions": spec.partitions(settings.partitions),
                "replication_factor": settings.replication_factor,
                "configs": spec.config,
            }
            # Another worker may have been a moment quicker.
            with suppress(TopicAlreadyExistsError):
                admin.create_topics({topic: wanted})
    admin.wait_for_topics(sorted(missing))
