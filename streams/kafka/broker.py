"""A real Apache Kafka on this machine's loopback: one node, or three for fault tests."""

import fcntl
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka.jars import check_jars
from streams.kafka.java import find_java
from streams.kafka.layout import HOST, Layout, check_size, load_layout, make_layout
from streams.kafka.node import Node
from streams.kafka.probe import wait_until_usable

START_SECONDS = 90
STOP_SECONDS = 30
#: The last nodes of three wait for a majority that is gone; their data is on disk, so they are ended.
CLUSTER_STOP_SECONDS = 8
NEEDED_BYTES = 256 * 1024 * 1024


def broker_dir(settings: Settings) -> Path:
    """Return the folder of the Kafka that the commands share."""
    return settings.data_dir / "broker"


class LocalKafka:
    """Apache Kafka in a folder, started and stopped from Python.

    Unless it is detached, it ends with the program that started it, even when that is killed. As a context
    manager it stops what it started: a Kafka that was up already stays up.

    Parameters
    ----------
    directory : pathlib.Path
        Where data, settings and logs are; a second start finds the data again.
    port : int
        Port of the (first) broker; 0 for a free one, the same again at the next start.
    nodes : int
        1, or 3 with every topic of Kafka's own on all three.
    detached : bool
        True to let it go on when this program ends.

    Raises
    ------
    BrokerError
        Each method, when Kafka cannot be had; the message holds the last lines of its log.
    SetupError
        On start, when Java or a jar is missing.

    Examples
    --------
    ::

        with LocalKafka(Path("/var/lib/attune/kafka")) as kafka:
            KafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    """

    def __init__(self, directory: Path, port: int = 0, nodes: int = 1, *, detached: bool = False) -> None:
        self.directory = Path(directory).resolve()
        self._port = port
        self._size = nodes
        self._detached = detached
        self._layout: Layout | None = None
        self._started_here = False
        # The kernel ends a node with the thread that started it: that one lives as long as this object.
        self._starter = ThreadPoolExecutor(1, "kafka-starter")

    def __enter__(self) -> Self:
        self._started_here = self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._started_here:
            self.stop()

    @property
    def bootstrap_servers(self) -> str:
        """The brokers, as ``host:port,host:port``."""
        return ",".join(self._servers())

    @property
    def nodes(self) -> list[Node]:
        """The nodes of the cluster in the folder, running or not; empty when it was never started."""
        layout = self._layout or load_layout(self.directory)
        return layout.nodes(self.directory) if layout else []

    def running(self) -> list[int]:
        """Return the numbers of the nodes whose process is there."""
        return [node.number for node in self.nodes if node.pid() is not None]

    def start(self) -> bool:
        """Start every node and wait until a client can produce and consume.

        Returns
        -------
        bool
            False when it was up already.
        """
        java, jars = find_java(), check_jars()
        with self._locked():
            self._layout = load_layout(self.directory)
            if len(self.nodes) == self._size == len(self.running()):
                return False
            check_size(self.directory, self._size)
            self._stop_all()
            if (free := shutil.disk_usage(self.directory).free) < NEEDED_BYTES:
                raise BrokerError(
                    f"{free >> 20} MiB free at {self.directory}: Kafka needs {NEEDED_BYTES >> 20} MiB"
                )
            self._layout = layout = make_layout(self.directory, self._port, self._size)
            try:
                for node in self.nodes:
                    node.format(java, jars, layout.cluster_id, layout.properties(node))
                for node in self.nodes:
                    self._launch(node, java, jars)
                self.wait_ready()
            except BaseException:
                self._stop_all(at_once=True)
                raise
        return True

    def stop(self) -> bool:
        """Stop every node in order, by force when one does not end in time.

        Returns
        -------
        bool
            False when nothing ran.
        """
        if not self.directory.exists():
            return False
        with self._locked():
            return self._stop_all()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Return when every node is there and a client can produce, consume and commit."""
        wait_until_usable(self._servers(), seconds, self._raise_if_ended)

    def pause(self, number: int = 1) -> None:
        """Stop a node's clock (SIGSTOP): connections stay open, nothing answers."""
        self._node(number).signal(signal.SIGSTOP)

    def resume(self, number: int = 1) -> None:
        """Let a paused node go on (SIGCONT)."""
        self._node(number).signal(signal.SIGCONT)

    def kill(self, number: int = 1) -> None:
        """End a node at once (SIGKILL), as a power cut would."""
        node = self._node(number)
        node.signal(signal.SIGKILL)
        node.ended_within(STOP_SECONDS)

    def restart(self, number: int = 1) -> None:
        """Start a node that was killed, or stop it in order and start it, and wait until all is usable."""
        node = self._node(number)
        self._end([node])
        self._launch(node, find_java(), check_jars())
        self.wait_ready()

    def _servers(self) -> list[str]:
        if not self.nodes:
            raise BrokerError(f"no Kafka was ever started in {self.directory}: attune broker up")
        return [f"{HOST}:{node.port}" for node in self.nodes]

    def _node(self, number: int) -> Node:
        for node in self.nodes:
            if node.number == number:
                return node
        raise BrokerError(f"there is no node {number} in {self.directory}")

    def _launch(self, node: Node, java: Path, jars: list[Path]) -> None:
        self._starter.submit(node.start, java, jars, detached=self._detached).result()

    def _raise_if_ended(self) -> None:
        for node in self.nodes:
            if node.pid() is None:
                raise BrokerError(
                    f"Kafka ended while it started: {node.last_words()} (all of it: {node.log})"
                )

    def _stop_all(self, *, at_once: bool = False) -> bool:
        running = [node for node in self.nodes if node.pid() is not None]
        self._end(running, at_once=at_once)
        return bool(running)

    def _end(self, nodes: list[Node], *, at_once: bool = False) -> None:
        for node in nodes:
            node.signal(signal.SIGKILL if at_once else signal.SIGTERM)
            node.signal(signal.SIGCONT)
        for node in nodes:
            if not node.ended_within(STOP_SECONDS if len(self.nodes) == 1 else CLUSTER_STOP_SECONDS):
                node.signal(signal.SIGKILL)
                if not node.ended_within(STOP_SECONDS):
                    raise BrokerError(f"Kafka's process {node.pid()} does not end, even when killed")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one program at a time start or stop the cluster of a folder."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = (self.directory / "lock").open("w")
        except OSError as exc:
            raise BrokerError(f"Kafka's folder {self.directory} cannot be written: {exc}") from exc
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
