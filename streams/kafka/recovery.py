"""Reads back what an earlier worker left: the states of the partitions this worker now owns."""

import time
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.config import Settings
from streams.kafka.checkpoint import SavedStates
from streams.kafka.outbox import client_options

#: Bytes asked for per fetch and partition: recovery reads everything there is, latency does not matter.
_FETCH_BYTES = 8 * 1024 * 1024


async def read_states(settings: Settings, topic: str, partitions: Iterable[int]) -> dict[int, SavedStates]:
    """Read partitions of the state topic from beginning to end, without a consumer group.

    Parameters
    ----------
    topic : str
        The state topic's name on the broker.
    partitions : iterable of int
        The partition numbers to read.

    Returns
    -------
    dict of int to SavedStates
        Per partition, what stands at the moment at which its end was looked up.
    """
    states = {partition: SavedStates() for partition in partitions}
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_max_bytes=4 * _FETCH_BYTES,
        check_crcs=False,
    )
    await consumer.start()
    try:
        assigned = [TopicPartition(topic, partition) for partition in states]
        consumer.assign(assigned)
        ends = await consumer.end_offsets(assigned)
        begins = await consumer.beginning_offsets(assigned)
        for tp in assigned:
            consumer.seek(tp, begins[tp])
        reading = {tp for tp in assigned if begins[tp] < ends[tp]}
        while reading:
            fetched = await consumer.getmany(*reading, timeout_ms=500)
            for tp, records in fetched.items():
                add = states[tp.partition].add
                for record in records:
                    add(record.key, record.value)
            for tp in list(reading):
                if await consumer.position(tp) >= ends[tp]:
                    reading.discard(tp)
    finally:
        await consumer.stop()
    return states


def describe(states: dict[int, SavedStates], began: float) -> str:
    """Return a line for the log: how many calls of how many partitions, and how long it took."""
    calls = sum(len(saved.live()) for saved in states.values())
    return f"{calls} calls of {len(states)} partitions read back in {time.monotonic() - began:.1f} s"
