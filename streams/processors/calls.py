"""`track_calls`: the processor of both call-keyed topics, one record batch at a time."""

from typing import Any

import faust
from faust.serializers import codecs

from streams.kafka.lane import FastLane
from streams.kafka.transport import RecordBatch


class _AsIs(codecs.Codec):
    """Hands a batch on as it is: the lane decodes records one by one, so that a bad one stands alone."""

    def _loads(self, s: Any) -> Any:
        return s

    def _dumps(self, s: Any) -> Any:
        return s


def register(app: faust.App, lane: FastLane) -> None:
    """Add the processor to the app.

    Concurrency stays 1: order inside a partition is what a call's state rests on, parallelism is partitions
    times workers.
    """
    source = app.topic(
        *sorted(lane.source_topics),
        key_serializer=_AsIs(),
        value_serializer=_AsIs(),
        acks=False,  # the lane alone says what is committed
    )

    @app.agent(source, name="track_calls", concurrency=1)
    async def track_calls(batches: faust.StreamT[RecordBatch]) -> None:
        async for batch in batches:
            await lane.process(batch)
