"""`attune worker` as a process of its own, and what stands on the broker before and after it."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from streams.calls.events import CallEvent, TranscriptTokens
from streams.config import Settings
from streams.kafka.admin import connection
from streams.topics import CALL_EVENTS, TRANSCRIPT_TOKENS

ROOT = Path(__file__).parents[1]


def until(true: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Wait until something holds; fail with its name when it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as `ATTUNE_*` variables, beside what this process has."""
    ours = {f"ATTUNE_{name.upper()}": str(getattr(settings, name)) for name in settings.__struct_fields__}
    return {name: text for name, text in os.environ.items() if not name.startswith("ATTUNE_")} | ours


class Worker:
    """One `attune worker`; as a context manager it is started and ready, and gone at the end.

    `command` replaces `python -m streams worker`, for a worker with something wrong in it.
    """

    def __init__(self, settings: Settings, name: str = "worker", command: Iterable[str] = ()) -> None:
        self.settings = settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.log_file = settings.data_dir / f"{name}.log"
        self._command = list(command) or [sys.executable, "-m", "streams", "worker"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()
        if kind is not None:
            sys.stderr.write(f"--- {self.log_file}\n{self.log[-8_000:]}\n")  # shown with the failure

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def start(self) -> None:
        """Start it; its log begins anew."""
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, cwd=ROOT, env=environment(self.settings)
            )

    def wait_ready(self, seconds: float = 60) -> None:
        """Wait until `/readyz` says that it follows calls."""

        def ready() -> bool:
            assert self.process.poll() is None, f"exit {self.process.returncode}: {self.log[-4_000:]}"
            return self.page("readyz")[0] == 200

        until(ready, "ready", seconds)

    def stop(self, seconds: float = 60) -> int:
        """Send SIGTERM and return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def wait(self, seconds: float = 60) -> int:
        """Return the exit status of one that ends by itself."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it at once (SIGKILL), paused or not."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Stop its clock (SIGSTOP)."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self.process.send_signal(signal.SIGCONT)

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def port(self) -> int:
        """Its HTTP port; 0 as long as the log does not say it."""
        found = re.search(r"metrics at http://[^:]+:(\d+)/metrics", self.log)
        return int(found[1]) if found else 0

    def page(self, name: str) -> tuple[int, str]:
        """Return status and text of `metrics`, `healthz` or `readyz`; status 0 when nobody answers."""
        if not self.port:
            return 0, ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{name}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples that have these labels, 0 when there is none."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.page("metrics")[1])
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def applied(self) -> int:
        """Return how many records it has applied since it started."""
        return int(self.metric("attune_records_total", outcome="applied"))


def stored(settings: Settings, name: str) -> list[Any]:
    """Everything that a topic holds, as kafka-python gives it, in the order of each partition."""
    consumer = KafkaConsumer(**connection(settings), fetch_max_bytes=64 * 2**20)
    try:
        topic = settings.topic(name)
        parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(parts)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(parts)
        found: list[Any] = []
        while any(consumer.position(part) < ends[part] for part in parts):
            for records in consumer.poll(timeout_ms=200).values():
                found.extend(records)
        return found
    finally:
        consumer.close()


class Broker:
    """What a test writes to and reads from its own topics; names are without the prefix."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._producer = KafkaProducer(**connection(settings), linger_ms=5, max_request_size=32 * 2**20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close()

    def send(
        self, name: str, key: bytes | None, value: bytes | None, partition: int | None = None
    ) -> tuple[int, int]:
        """Write a record; return its partition and offset."""
        sent = self._producer.send(self.settings.topic(name), value, key, partition=partition).get(30)
        return sent.partition, sent.offset

    def send_all(self, records: Iterable[tuple[str, TranscriptTokens | CallEvent]]) -> int:
        """Write (topic, record) pairs, keyed by call as a feed does; return how many."""
        waiting = [
            self._producer.send(
                self.settings.topic(name), msgspec.json.encode(record), record.call_id.encode()
            )
            for name, record in records
        ]
        self._producer.flush()
        for sent in waiting:
            sent.get(30)
        return len(waiting)

    def read(self, name: str) -> list[Any]:
        """Return every record of a topic, as kafka-python gives it, in the order of each partition."""
        return stored(self.settings, name)

    def read_json(self, name: str) -> list[dict[str, Any]]:
        """Return the decoded values of a topic, without tombstones."""
        return [msgspec.json.decode(record.value) for record in self.read(name) if record.value is not None]

    def ends(self, name: str) -> dict[int, int]:
        """Return the offset after the last record, per partition."""
        consumer = KafkaConsumer(**connection(self.settings))
        try:
            topic = self.settings.topic(name)
            parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            return {part.partition: offset for part, offset in consumer.end_offsets(parts).items()}
        finally:
            consumer.close()

    def committed(self, name: str) -> dict[int, int]:
        """Return the offsets the group has committed, per partition."""
        admin = KafkaAdminClient(**connection(self.settings))
        try:
            offsets = admin.list_group_offsets(self.settings.app_id)[self.settings.app_id]
        finally:
            admin.close()
        return {
            part.partition: found.offset
            for part, found in offsets.items()
            if part.topic == self.settings.topic(name) and found.offset >= 0
        }


def committed_to_the_end(broker: Broker) -> bool:
    """Return whether everything in the source topics is committed."""
    return all(
        broker.committed(name) == {part: end for part, end in broker.ends(name).items() if end}
        for name in (CALL_EVENTS, TRANSCRIPT_TOKENS)
    )
