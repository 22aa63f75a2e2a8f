"""The producer of a feed: opened only when Kafka answers and the topics are there, closed in bounded time."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

from streams import topics
from streams.config import Settings
from streams.errors import BrokerError, TopicMismatch

BATCH_BYTES = 256 * 1024
REQUEST_TIMEOUT_MS = 30_000
CLOSE_SECONDS = 10
FED_TOPICS = (topics.CALL_EVENTS, topics.TRANSCRIPT_TOKENS)


@asynccontextmanager
async def open_producer(
    settings: Settings,
) -> AsyncIterator[tuple[Any, dict[str, int]]]:
    """Yield an idempotent producer and the partition count of each topic of a feed.

    Raises
    ------
    BrokerError
        Kafka does not answer, or refuses the sign-in.
    TopicMismatch
        A topic is missing.
    """
    producer = await _started(settings)
    try:
        yield producer, await _partitions(producer, settings)
    finally:
        # An idempotent producer would wait for a broker that is gone for ever.
        with suppress(TimeoutError):
            await asyncio.wait_for(producer.stop(), CLOSE_SECONDS)


async def _started(settings: Settings) -> Any:
    # It logs every address it tries; what matters is said once, in the error below.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    producer = AIOKafkaProducer(**_options(settings))
    try:
        await producer.start()
    except KafkaError as exc:
        await producer.stop()
        raise BrokerError(
            f"Kafka at {settings.bootstrap_servers} does not answer ({exc}): start it (attune broker up), "
            f"or set ATTUNE_BOOTSTRAP_SERVERS"
        ) from exc
    return producer


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": f"{settings.app_id}-feed",
        "enable_idempotence": True,
        "max_batch_size": BATCH_BYTES,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = create_ssl_context(cafile=settings.ssl_ca_file or None)
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password
    return options


async def _partitions(producer: Any, settings: Settings) -> dict[str, int]:
    # Asks for all topics: asking for one by name would create it where the broker allows that.
    cluster = await producer.client.fetch_all_metadata()
    counts = {topic: cluster.partitions_for_topic(settings.topic(topic)) for topic in FED_TOPICS}
    missing = [settings.topic(topic) for topic, found in counts.items() if not found]
    if missing:
        raise TopicMismatch(
            f"no topic {' and no topic '.join(missing)} at {settings.bootstrap_servers}: "
            f"run `attune topics apply`"
        )
    return {topic: len(found) for topic, found in counts.items()}
