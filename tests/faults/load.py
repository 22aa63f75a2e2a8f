"""Logs to work through: simulated calls, calls in their cool-down, and an end that lets every timer pass."""

import heapq
import math
import time
from collections.abc import Iterable, Iterator
from itertools import count, islice

from aiokafka.partitioner import murmur2
from msgspec import structs

from streams import topics
from streams.calls.events import CallEvent, CallStarted, Speaker, SurveySubmitted, TranscriptTokens
from streams.config import Settings
from streams.kafka.feed import feed
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import TimedRecord, play

MINUTE_MS = 60 * 1000
#: How far behind the last record, in ms, the end stands: no timer but that of an idle call is left by then.
END_MS = 5 * MINUTE_MS
SCENE_MS = 125_000
ANGRY, CALM = "let me speak to your manager now", "okay thank you that works fine for me"


def log(
    size: int, *, partitions: int, seed: int = 0, concurrent: int = 200, minutes_ago: float = 55
) -> list[TimedRecord]:
    """Return about so many records in order of time, most calls still going on at their end."""
    start_at = int(time.time() * 1000 - minutes_ago * MINUTE_MS)
    arrivals = (call.arrival for call in simulated_calls(concurrent=concurrent, seed=seed))
    records = [_of_nobody(record) for record in islice(play(arrivals, start_at), size)]
    last = records[-1].at
    scenes = [
        record
        for number, begin in enumerate(range(start_at, last - SCENE_MS, 5_000))
        for record in cooling(f"cooling-{seed}-{number}", begin)
    ]
    scenes.sort(key=lambda record: record.at)
    assert last + END_MS < time.time() * 1000, "the log reaches into the future"
    merged = heapq.merge(records, scenes, key=lambda record: record.at)
    return [*merged, *end(partitions, last + END_MS, seed)]


def end(partitions: int, at: int, seed: int) -> Iterator[TimedRecord]:
    """Yield the start of one call per partition: it moves the time of the partition on."""
    missing = set(range(partitions))
    for number in count():
        call_id = f"end-{seed}-{number}"
        place = (murmur2(call_id.encode()) & 0x7FFFFFFF) % partitions
        if place in missing:
            missing.remove(place)
            yield _timed(CallStarted(call_id, at, locale="en-GB"))
        if not missing:
            return


def fill(settings: Settings, records: Iterable[TimedRecord]) -> int:
    """Put records on the broker as fast as it goes and return how many there were."""
    report = feed(settings, records, speed=math.inf)
    assert report.sent
    assert report.lost == 0, report.problem
    return report.sent


def cooling(call_id: str, at: int) -> list[TimedRecord]:
    """Return a call that gets angry again just before its cool-down ends, and calm just after.

    The alert in between is the timer's: it is lost when the timer comes later than the words behind it.
    """
    records = [_timed(CallStarted(call_id, at, queue="billing", locale="en-GB"))]
    turns = [(1, ANGRY), (20, CALM), (24, CALM), (28, CALM), (32, CALM), (36, CALM), (82, ANGRY), (105, CALM)]
    for number, (second, text) in enumerate(turns):
        records += _say(call_id, "customer", number, text, at + second * 1_000)
    return records


def _of_nobody(timed: TimedRecord) -> TimedRecord:
    """Leave out whose call it is, and what teaches: both come to a worker when they come."""
    record = timed.record
    if isinstance(record, CallStarted):
        return structs.replace(timed, record=structs.replace(record, customer_id=None))
    if isinstance(record, SurveySubmitted):
        return structs.replace(timed, record=structs.replace(record, csat=None))
    return timed


def _say(call_id: str, speaker: Speaker, utterance: int, text: str, at: int) -> Iterator[TimedRecord]:
    words = text.split()
    for place, word in enumerate(words):
        final = place == len(words) - 1
        yield _timed(
            TranscriptTokens(call_id, speaker, utterance, [word], at + place * 200, index=place, final=final)
        )


def _timed(record: CallEvent | TranscriptTokens) -> TimedRecord:
    spoken = isinstance(record, TranscriptTokens)
    topic = topics.TRANSCRIPT_TOKENS if spoken else topics.CALL_EVENTS
    return TimedRecord(topic, record.call_id, record.at, record)
