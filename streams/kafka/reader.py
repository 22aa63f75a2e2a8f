"""One partition read by a plain consumer, without a group: what every worker reads whole."""

from collections.abc import AsyncIterator
from typing import Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.config import Settings
from streams.kafka.outbox import client_options

#: Longest wait, in ms, for an answer that brings nothing.
_POLL_MS = 500


class PartitionReader:
    """Reads partition 0 of a topic; an async context manager, or `start` and `stop`.

    Parameters
    ----------
    settings : Settings
        How to reach the broker.
    topic : str
        The topic's name on the broker.
    first : int
        Offset to begin with, when the broker still has it.

    Attributes
    ----------
    end : int
        Offset after the last record at the start.
    """

    def __init__(self, settings: Settings, topic: str, first: int = 0) -> None:
        self._place = TopicPartition(topic, 0)
        self._first = first
        self._consumer = AIOKafkaConsumer(
            **client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self.end = 0

    async def start(self) -> None:
        """Connect and look up where the partition begins and ends.

        Raises
        ------
        aiokafka.errors.KafkaError
            When the broker does not answer.
        """
        await self._consumer.start()
        self._consumer.assign([self._place])
        begin = (await self._consumer.beginning_offsets([self._place]))[self._place]
        self.end = (await self._consumer.end_offsets([self._place]))[self._place]
        # Beyond the end only a topic that was made anew: everything in it is new.
        wanted = self._first if self._first <= self.end else begin
        self._consumer.seek(self._place, max(begin, wanted))

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def to_the_end(self) -> AsyncIterator[ConsumerRecord]:
        """Yield the records up to the end at the start."""
        while await self._consumer.position(self._place) < self.end:
            for records in (await self._consumer.getmany(timeout_ms=_POLL_MS)).values():
                for record in records:
                    yield record

    async def as_they_come(self) -> AsyncIterator[ConsumerRecord]:
        """Yield every further record, without an end."""
        async for record in self._consumer:
            yield record
