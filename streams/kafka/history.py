"""What the call-keyed topics of a Kafka hold, over a stretch of time: read once, without a consumer group."""

from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from streams import topics
from streams.calls.events import CallEvent, TranscriptTokens
from streams.codec import decode_event, decode_tokens
from streams.config import Settings
from streams.errors import MalformedRecord
from streams.kafka.admin import connection

_POLL_MS = 500


def read_history(settings: Settings, since_ms: int, until_ms: int) -> Iterator[TranscriptTokens | CallEvent]:
    """Yield the records that Kafka got in a stretch of time, topic by topic, each partition in its order.

    What cannot be used is passed over: a worker has put it into the dead letters.

    Parameters
    ----------
    since_ms, until_ms : int
        Unix ms of Kafka's timestamp, the first included, the last not.
    """
    consumer = KafkaConsumer(**connection(settings), enable_auto_commit=False)
    try:
        for name, decode in ((topics.CALL_EVENTS, decode_event), (topics.TRANSCRIPT_TOKENS, decode_tokens)):
            topic = settings.topic(name)
            parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            for record in _records(consumer, parts, since_ms, until_ms):
                try:
                    yield decode(record)
                except MalformedRecord:
                    continue
    finally:
        consumer.close()


def _records(consumer: Any, parts: list[Any], since_ms: int, until_ms: int) -> Iterator[Any]:
    consumer.assign(parts)
    begins = consumer.offsets_for_times(dict.fromkeys(parts, since_ms))
    ends = consumer.end_offsets(parts)
    reading = set()
    for part in parts:
        if begins.get(part) is not None and begins[part].offset < ends[part]:
            consumer.seek(part, begins[part].offset)
            reading.add(part)
        else:
            consumer.pause(part)
    while reading:
        for records in consumer.poll(timeout_ms=_POLL_MS).values():
            for record in records:
                if since_ms <= record.timestamp < until_ms:
                    yield record
        for part in list(reading):
            if consumer.position(part) >= ends[part]:
                reading.discard(part)
                consumer.pause(part)
