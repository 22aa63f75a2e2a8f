"""What should have come out: the pure core, applied once and without interruption to the log that is there.

The log is read back from the broker, so nobody has to know what was fed, and when. Per partition number the
same merge, the same step and the same timers as in the worker make the alerts, the standings and the states
that a run has to end with, whatever was done to it on the way.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from models.sentiment import Sentiment
from models.snapshots import pretrained
from streams import topics
from streams.calls.events import Alert, CallRisk
from streams.calls.outputs import CallGone, Output
from streams.calls.state import CallState
from streams.calls.stored import decode_state
from streams.calls.timings import on_hold
from streams.codec import encode
from streams.config import Settings
from streams.errors import MalformedRecord
from streams.kafka.checkpoint import SIDES, Checkpoint, LiveCall, SavedStates, decode_saved
from streams.kafka.outbox import client_options
from streams.kafka.partition import Partition, Raw
from streams.rulebook import load_rules
from tests.builders import portable

READ_SECONDS = 60
ALERT_TOPICS = (topics.ESCALATION_ALERTS, topics.DEESCALATION_ALERTS)
_alert = msgspec.json.Decoder(Alert).decode
SOURCE_TOPICS = (topics.CALL_EVENTS, topics.TRANSCRIPT_TOKENS)


@dataclass
class Result:
    """Everything that a run leaves on the broker, as plain values.

    `alerts` maps an id to the bodies under that id: one, unless something went wrong. `standings` holds the
    last record of `call-risk` per call that is not a tombstone, `letters` the place (topic, partition,
    offset) of every dead letter, `states` the state of every call, ended ones included, and `applied` the
    offset behind the last record that is in a state, per (topic, partition).
    """

    alerts: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    copies: Counter[str] = field(default_factory=Counter)
    standings: dict[str, bytes] = field(default_factory=dict)
    letters: set[tuple[str, int, int]] = field(default_factory=set)
    states: dict[str, CallState] = field(default_factory=dict)
    applied: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def repeats(self) -> int:
        """How many alert records repeat an id that was there already."""
        return sum(self.copies.values()) - len(self.copies)


class _Collector:
    def __init__(self, settings: Settings, result: Result) -> None:
        self.rules = load_rules(settings, Sentiment(pretrained()).weights(version=0))
        self._prefix = len(settings.topic_prefix)
        self._result = result

    def emit(self, partition: int, call: LiveCall, outputs: Sequence[Output], raw: Raw | None) -> None:
        for output in outputs:
            if isinstance(output, Alert):
                self._result.alerts[output.alert_id].add(encode(output))
                self._result.copies[output.alert_id] += 1
            elif isinstance(output, CallRisk):
                self._result.standings[output.call_id] = encode(output)
            elif isinstance(output, CallGone):
                self._result.standings.pop(output.call_id, None)

    def dead_letter(self, checkpoint: Checkpoint, raw: Raw, problem: MalformedRecord) -> None:
        self._result.letters.add((raw.topic[self._prefix :], raw.partition, raw.offset))

    def bury(self, partition: int, call: LiveCall) -> None:
        raise AssertionError("a log of a fault test has to be shorter than the time a stub is kept")


def expected(settings: Settings) -> Result:
    """Return what must come out of the log that is on the broker."""
    result = Result()
    collector = _Collector(settings, result)
    logs = read_topics(settings, SOURCE_TOPICS)
    for number in range(settings.partitions):
        checkpoint = Checkpoint(1, {})
        partition = Partition(number, checkpoint, collector, settings.merge_slack_ms, settings.lateness_ms)
        for side, topic in zip(partition.sides, SOURCE_TOPICS, strict=False):
            side.add([record for record in logs[topic] if record.partition == number])
        assert not partition.work([True for _ in SIDES], float("inf"))
        result.states |= {call_id: portable(call.state) for call_id, call in checkpoint.calls.items()}
    return result


def found(settings: Settings) -> Result:
    """Return what is there."""
    result = Result()
    wanted = (*ALERT_TOPICS, topics.CALL_RISK, topics.DEAD_LETTERS, topics.CALL_STATE)
    logs = read_topics(settings, wanted)
    for topic in ALERT_TOPICS:
        for record in logs[topic]:
            alert_id = _alert(record.value).alert_id
            result.alerts[alert_id].add(record.value)
            result.copies[alert_id] += 1
    for record in logs[topics.CALL_RISK]:
        if record.value is None:
            result.standings.pop(record.key.decode(), None)
        else:
            result.standings[record.key.decode()] = record.value
    for record in logs[topics.DEAD_LETTERS]:
        headers = dict(record.headers)
        source = headers["topic"].decode()[len(settings.topic_prefix) :]
        result.letters.add((source, int(headers["partition"]), int(headers["offset"])))
    saved: dict[int, SavedStates] = defaultdict(SavedStates)
    for record in logs[topics.CALL_STATE]:
        saved[record.partition].add(record.key, record.value)
    for number, states in saved.items():
        for key, value in states.live().items():
            state = result.states[key.decode()] = decode_state(decode_saved(value).data)
            for topic, offset in zip(SOURCE_TOPICS, (state.event_offset, state.token_offset), strict=True):
                place = (settings.topic(topic), number)
                if offset >= result.applied.get(place, 0):
                    result.applied[place] = offset + 1
    return result


def check(settings: Settings, *, late_standings: bool = False) -> Result:
    """Assert that what is there is what must be there, and return it.

    `late_standings` allows for records of `call-risk` that a worker had handed to its socket before it was
    stopped: they arrive when it goes on, and nothing ranks them. Retention removes them.
    """
    must, there = expected(settings), found(settings)
    assert must.alerts, "a log without an alert proves nothing"
    missing = must.alerts.keys() - there.alerts.keys()
    unknown = there.alerts.keys() - must.alerts.keys()
    assert not missing, f"{len(missing)} of {len(must.alerts)} alerts are lost: {_some(must, missing)}"
    assert not unknown, f"{len(unknown)} alerts that nothing explains: {_some(there, unknown)}"
    changed = {alert_id for alert_id in must.alerts if there.alerts[alert_id] != must.alerts[alert_id]}
    assert not changed, f"same id, other content: {_some(there, changed)} not {_some(must, changed)}"
    assert there.letters == must.letters, "the dead letters are not those of the log"
    differing = differing_states(must, there)
    assert not differing, f"{len(differing)} states differ: " + "; ".join(differing[:5])
    odd = {call for call, body in must.standings.items() if there.standings.get(call) != body}
    odd |= there.standings.keys() - must.standings.keys()
    if late_standings:
        odd = {call for call in odd if must.standings.keys() - there.standings.keys() >= {call}}
    assert not odd, f"call-risk says something else of {sorted(odd)[:5]}"
    return there


def differing_states(must: Result, there: Result) -> list[str]:
    """Return a line for each call whose state is missing, too much, or not as it must be."""
    lines = []
    for call_id in sorted(must.states.keys() | there.states.keys()):
        wanted, got = must.states.get(call_id), there.states.get(call_id)
        if wanted == got:
            continue
        if wanted is not None and on_hold(wanted.marks):
            continue  # a hold that is never over is looked at again and again, as real time goes on
        if wanted is None or got is None:
            lines.append(f"{call_id}: {'missing' if got is None else 'unknown'}")
            continue
        fields = [name for name in wanted.__struct_fields__ if getattr(wanted, name) != getattr(got, name)]
        lines.append(
            f"{call_id}: " + ", ".join(f"{f} {getattr(got, f)!r} not {getattr(wanted, f)!r}" for f in fields)
        )
    return lines


def read_topics(settings: Settings, names: Iterable[str]) -> dict[str, list[Any]]:
    """Return every record of the topics, per topic in offset order within a partition."""
    return asyncio.run(_read(settings, {settings.topic(name): name for name in names}))


async def _read(settings: Settings, names: dict[str, str]) -> dict[str, list[Any]]:
    logs: dict[str, list[Any]] = {name: [] for name in names.values()}
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=16 * 1024 * 1024,
    )
    await consumer.start()
    try:
        places = [
            TopicPartition(topic, number)
            for topic, name in names.items()
            for number in range(topics.by_name(name).partitions(settings.partitions))
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        async with asyncio.timeout(READ_SECONDS):
            while any([await consumer.position(place) < ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=200)).items():
                    logs[names[place.topic]].extend(records)
    finally:
        await consumer.stop()
    return logs


def _some(result: Result, ids: Iterable[str]) -> list[bytes]:
    return [body for alert_id in sorted(ids)[:3] for body in result.alerts[alert_id]]
