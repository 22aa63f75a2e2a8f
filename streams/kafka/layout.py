"""Where a local cluster keeps its things, and the settings that each of its nodes starts with."""

import base64
import errno
import random
import socket
import uuid
from pathlib import Path

import msgspec

from streams.errors import BrokerError
from streams.kafka.node import Node

HOST = "127.0.0.1"
SIZES = (1, 3)
#: Below the range that Linux takes for outgoing connections: there a client that knocks on the port
#: of a stopped broker can be given that very port, and then holds it.
FREE_PORTS = range(20_000, 32_000)


class Layout(msgspec.Struct, frozen=True):
    """What `cluster.json` says of a cluster.

    Parameters
    ----------
    cluster_id : str
        Kafka's own id, written into the storage of each node.
    ports, controller_ports : list of int
        One per node, in order.
    """

    cluster_id: str
    ports: list[int]
    controller_ports: list[int]

    def nodes(self, directory: Path) -> list[Node]:
        """Return the nodes, each with its folder under the cluster's."""
        return [
            Node(number, directory / f"node-{number}", port, controller_port)
            for number, (port, controller_port) in enumerate(
                zip(self.ports, self.controller_ports, strict=True), 1
            )
        ]

    def properties(self, node: Node) -> str:
        """Return the text of a node's `server.properties`."""
        size = len(self.ports)
        voters = ",".join(f"{n}@{HOST}:{port}" for n, port in enumerate(self.controller_ports, 1))
        settings = {
            "process.roles": "broker,controller",
            "node.id": node.number,
            "controller.quorum.voters": voters,
            "listeners": f"PLAINTEXT://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{node.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": node.directory / "data",
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": 0,
            "default.replication.factor": size,
            "min.insync.replicas": min(2, size),
            "offsets.topic.replication.factor": size,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": size,
            "transaction.state.log.min.isr": min(2, size),
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": size,
            "share.coordinator.state.topic.min.isr": min(2, size),
            "share.coordinator.state.topic.num.partitions": 1,
            # A broker that was killed is let in again only when its session is over: 9 s by default.
            "broker.session.timeout.ms": 4_000,
            "broker.heartbeat.interval.ms": 500,
            # Half of the default 128 MiB would be half of what a small heap can spare.
            "log.cleaner.dedupe.buffer.size": 32 * 1024 * 1024,
            # A topic of 16 MiB records has to reach the other replicas too.
            "replica.fetch.max.bytes": 20 * 1024 * 1024,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


def load_layout(directory: Path) -> Layout | None:
    """Return the layout of the cluster in a folder, None where there is none.

    Raises
    ------
    BrokerError
        The file is damaged.
    """
    file = directory / "cluster.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Layout)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as exc:
        raise BrokerError(
            f"{file} cannot be read ({exc}): remove {directory} to begin with an empty Kafka"
        ) from exc


def check_size(directory: Path, size: int) -> None:
    """Raise `BrokerError` when a cluster of that size cannot be started in the folder."""
    if size not in SIZES:
        raise BrokerError(f"a local Kafka has 1 or 3 nodes, not {size}")
    known = load_layout(directory)
    if known and len(known.ports) != size:
        raise BrokerError(
            f"{directory} holds a Kafka of {len(known.ports)} node(s), not {size}: "
            f"say --nodes {len(known.ports)}, or another --dir"
        )


def make_layout(directory: Path, port: int, size: int) -> Layout:
    """Return the layout to start with, its ports free at this moment, and keep it in the folder.

    Parameters
    ----------
    directory : pathlib.Path
        Folder of the cluster; what it already holds stays.
    port : int
        Port of the first node, the others take the next ones; 0 for those of the last time, or free ones.
    size : int
        Number of nodes, 1 or 3.

    Raises
    ------
    BrokerError
        A port is taken, or the folder cannot be written.
    """
    known = load_layout(directory)
    if known and not port and all(map(_is_free, known.ports + known.controller_ports)):
        return known
    wanted = list(range(port, port + size)) if port else []
    for taken in wanted:
        if not _is_free(taken):
            raise BrokerError(
                f"port {taken} of {HOST} is taken: say --port 0 for a free one, "
                "or stop the program that has it"
            )
    free = _free_ports(2 * size, avoid=wanted)
    cluster_id = (
        known.cluster_id if known else base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    )
    layout = Layout(cluster_id, wanted or free[size:], free[:size])
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cluster.json").write_bytes(msgspec.json.encode(layout))
    except OSError as exc:
        raise BrokerError(f"Kafka's folder {directory} cannot be written: {exc}") from exc
    return layout


def _free_ports(count: int, avoid: list[int]) -> list[int]:
    found: list[int] = []
    for port in random.SystemRandom().sample(FREE_PORTS, len(FREE_PORTS)):
        if port not in avoid and _is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise BrokerError(f"no free port on {HOST} between {FREE_PORTS.start} and {FREE_PORTS.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As Java does it: a connection that just ended does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                return False
            raise BrokerError(f"port {port} of {HOST} cannot be used: {exc.strerror}") from exc
    return True
