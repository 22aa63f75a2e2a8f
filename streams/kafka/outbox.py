"""Records on their way out: in order, each with a future that says when the broker has it.

Alerts have a producer of their own, since aiokafka keeps one produce request in flight per broker: behind a
sweep of states an alert would wait.
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.config import Settings
from streams.topics import MAX_DEAD_LETTER_BYTES

logger = logging.getLogger(__name__)

#: How long, in ms, a produce request is retried before it has failed for good.
REQUEST_TIMEOUT_MS = 30_000

Headers = list[tuple[str, bytes]]


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the options every aiokafka client of attune connects with."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
    }
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(cafile=settings.ssl_ca_file or None)
    return options


class Outgoing(NamedTuple):
    """One record to send."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    sent: asyncio.Future[None]


class Outbox:
    """A producer behind a queue: `put` never blocks, order is kept, every record's future is resolved.

    Parameters
    ----------
    settings : Settings
        How to reach the broker.
    linger_ms : int
        How long a batch may wait for more records.
    fail : callable
        Called with a sentence when a record cannot be sent; nothing may be committed after that.
    allowed : callable
        Asked before every send; when false nothing more is sent, and `fail` is called.
    """

    def __init__(
        self,
        settings: Settings,
        linger_ms: int,
        fail: Callable[[str], None],
        allowed: Callable[[], bool],
    ) -> None:
        self._options = {
            **client_options(settings),
            "linger_ms": linger_ms,
            "acks": "all",
            "enable_idempotence": True,
            "max_batch_size": 256 * 1024,
            "max_request_size": MAX_DEAD_LETTER_BYTES,
        }
        self._fail = fail
        self._allowed = allowed
        self._queue: deque[Outgoing] = deque()
        self._pending: set[asyncio.Future[None]] = set()
        self._wake = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect and begin to send."""
        self._producer = AIOKafkaProducer(**self._options)
        await self._producer.start()
        self._task = asyncio.create_task(self._run(self._producer), name="outbox")

    async def stop(self) -> None:
        """Send what is queued, as far as the broker takes it, and disconnect."""
        if self._task is not None:
            await self.drained(timeout=REQUEST_TIMEOUT_MS / 1000)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._producer is not None:
            await self._producer.stop()

    def put(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers | None = None,
    ) -> asyncio.Future[None]:
        """Queue a record; the future is done once the broker has acknowledged it."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(Outgoing(topic, partition, key, value, headers or [], sent))
        self._pending.add(sent)
        sent.add_done_callback(self._pending.discard)
        self._wake.set()
        return sent

    def __len__(self) -> int:
        return len(self._pending)

    async def drained(self, timeout: float) -> bool:
        """Wait until what is queued so far is acknowledged; false when that takes longer than `timeout` s."""
        if not self._pending:
            return True
        _, late = await asyncio.wait(set(self._pending), timeout=timeout)
        return not late

    async def _run(self, producer: AIOKafkaProducer) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._send(producer, self._queue.popleft())

    async def _send(self, producer: AIOKafkaProducer, record: Outgoing) -> None:
        if not self._allowed():
            self._fail("the group has not answered for a session time-out: another worker may own the calls")
            return
        try:
            delivery = await producer.send(
                record.topic,
                record.value,
                key=record.key,
                partition=record.partition,
                headers=record.headers or None,
            )
        except KafkaError as exc:
            self._fail(f"a record for {record.topic} could not be sent: {exc!r}")
            return
        delivery.add_done_callback(lambda done: self._delivered(record, done))

    def _delivered(self, record: Outgoing, done: asyncio.Future[Any]) -> None:
        if done.cancelled():
            return
        failure = done.exception()
        if failure is not None:
            self._fail(f"a record for {record.topic} was not acknowledged: {failure!r}")
        elif not record.sent.done():
            record.sent.set_result(None)
