import math
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from kafka import KafkaConsumer
from kafka.partitioner.default import murmur2

from streams.calls.events import CallEvent, TranscriptTokens
from streams.cli import attune
from streams.config import Settings
from streams.errors import BrokerError, TopicMismatch
from streams.kafka.admin import apply_topics, connection
from streams.kafka.broker import LocalKafka
from streams.kafka.feed import CLOCK_EVERY, FeedReport, feed, first_instant
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import TimedRecord, length_ms, play
from tests.workers import stored

pytestmark = pytest.mark.kafka
DEMO = Path(__file__).parents[2] / "deploy" / "demo" / "calls.jsonl"


def simulated(calls: int, speed: float, concurrent: int = 10) -> list[TimedRecord]:
    made = [call.arrival for call in simulated_calls(concurrent=concurrent, calls=calls, seed=4)]
    return list(play(made, first_instant(int(time.time() * 1000), speed, length_ms(made))))


def per_call(settings: Settings) -> dict[tuple[str, str], list[Any]]:
    """Decoded records by topic and call, in the order of the partition."""
    kinds: dict[str, Any] = {"call-events": CallEvent, "transcript-tokens": TranscriptTokens}
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for topic, kind in kinds.items():
        for record in stored(settings, topic):
            found[topic, record.key.decode()].append(msgspec.json.decode(record.value, type=kind))
    return found


def expected(records: list[TimedRecord]) -> dict[tuple[str, str], list[Any]]:
    wanted: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for timed in records:
        wanted[timed.topic, timed.call_id].append(timed.record)
    return wanted


def test_everything_arrives_once_in_order_on_one_partition_per_call(settings: Settings) -> None:
    records = simulated(60, math.inf)
    told: list[FeedReport] = []
    report = feed(settings, records, speed=math.inf, progress=told.append)
    assert (report.sent, report.acknowledged, report.failed, report.lost) == (
        len(records),
        len(records),
        0,
        0,
    )
    assert report.problem == ""
    assert report.call_seconds == pytest.approx((records[-1].at - records[0].at) / 1000)
    assert per_call(settings) == expected(records)
    places: dict[bytes, set[int]] = defaultdict(set)
    for topic in ("call-events", "transcript-tokens"):
        for record in stored(settings, topic):
            places[record.key].add(record.partition)
            # As every other client of Kafka places a key, so that a call's records from anywhere meet.
            assert record.partition == (murmur2(record.key) & 0x7FFFFFFF) % settings.partitions
            assert record.timestamp >= msgspec.json.decode(record.value)["at"]
    assert all(len(numbers) == 1 for numbers in places.values())
    assert len(set.union(*places.values())) == settings.partitions


def test_a_paced_feed_keeps_the_distances(settings: Settings) -> None:
    records = simulated(3, 100, concurrent=3)
    report = feed(settings, records, speed=100)
    assert report.lost == 0
    assert report.seconds >= (records[-1].at - records[0].at) / 1000 / 100
    sent_at = {}
    for topic in ("call-events", "transcript-tokens"):
        for record in stored(settings, topic):
            value = msgspec.json.decode(record.value)
            sent_at[value["call_id"], value["at"], value.get("utterance"), value.get("speaker")] = (
                record.timestamp
            )
            assert record.timestamp >= value["at"]
    in_order = [sent_at[key] for key in sorted(sent_at, key=lambda key: key[1])]
    assert in_order[-1] - in_order[0] >= (records[-1].at - records[0].at) / 100 - 1


def test_a_record_never_goes_out_before_its_own_time(settings: Settings) -> None:
    ahead = [
        msgspec.structs.replace(timed, at=int(time.time() * 1000) + 1_500)
        for timed in simulated(1, math.inf)[:3]
    ]
    feed(settings, ahead, speed=math.inf)
    found = stored(settings, "call-events") + stored(settings, "transcript-tokens")
    assert len(found) == 3
    assert min(record.timestamp for record in found) >= ahead[0].at


def test_stopped_early_it_knows_how_many_went(settings: Settings) -> None:
    stop = threading.Event()
    records = simulated(200, math.inf)

    def interrupted() -> Iterator[TimedRecord]:
        for number, timed in enumerate(records):
            if number == 1_000:
                stop.set()
            yield timed

    report = feed(settings, interrupted(), speed=math.inf, stop=stop)
    assert 1_000 <= report.sent < len(records)
    assert report.lost == 0
    assert sum(map(len, per_call(settings).values())) == report.sent


def test_what_the_broker_refuses_is_counted_and_named(settings: Settings) -> None:
    good = simulated(1, math.inf)
    huge = TranscriptTokens("big", "customer", 0, ["x" * 200] * 512, good[0].at)
    bad = TimedRecord(
        "transcript-tokens", "big", good[0].at, msgspec.structs.replace(huge, tokens=["y" * 2**21])
    )
    report = feed(settings, [*good, bad], speed=math.inf)
    assert report.sent == len(good) + 1
    assert report.failed >= 1
    assert report.lost == report.failed
    assert "MessageSizeTooLarge" in report.problem
    assert sum(map(len, per_call(settings).values())) == report.acknowledged


@pytest.mark.fault
def test_a_broker_that_goes_away_is_reported_in_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.kafka.feed.DELIVERY_SECONDS", 1)
    monkeypatch.setattr("streams.kafka.feed_producer.CLOSE_SECONDS", 1)
    monkeypatch.setattr("streams.kafka.feed_producer.REQUEST_TIMEOUT_MS", 2_000)
    records = simulated(2, math.inf)
    with LocalKafka(tmp_path / "kafka") as broker:
        settings = Settings(bootstrap_servers=broker.bootstrap_servers, partitions=1)
        apply_topics(settings)

        def interrupted() -> Iterator[TimedRecord]:
            half = len(records) // 2
            yield from records[:half]
            time.sleep(0.2)
            yield from records[half : half + CLOCK_EVERY]
            broker.stop()
            yield from records[half + CLOCK_EVERY :]

        report = feed(settings, interrupted(), speed=math.inf)
    assert report.sent == len(records)
    assert 0 < report.lost < report.sent
    assert report.problem.startswith("Kafka stopped ")


def test_a_missing_topic_is_a_clear_error(settings: Settings) -> None:
    elsewhere = msgspec.structs.replace(settings, topic_prefix="nowhere.")
    with pytest.raises(TopicMismatch, match=r"no topic nowhere.call-events .*attune topics apply"):
        feed(elsewhere, simulated(1, math.inf))
    consumer = KafkaConsumer(**connection(settings))
    try:
        assert "nowhere.call-events" not in consumer.topics()
    finally:
        consumer.close()


def test_no_broker_is_a_clear_error() -> None:
    nobody = Settings(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(BrokerError, match=r"Kafka at 127.0.0.1:1 does not answer .*attune broker up"):
        feed(nobody, [])


def flags(settings: Settings) -> list[str]:
    return ["--bootstrap-servers", settings.bootstrap_servers, "--topic-prefix", settings.topic_prefix]


def test_replay_feeds_the_demo_calls(settings: Settings) -> None:
    done = CliRunner().invoke(
        attune, ["replay", str(DEMO), "--speed", "max", "--suffix=-x", *flags(settings)]
    )
    assert done.exit_code == 0, done.output
    found = per_call(settings)
    count = sum(map(len, found.values()))
    assert f"{count:,} records sent, {count:,} acknowledged, 0 lost" in done.stderr
    assert len({call_id for _, call_id in found}) == 12
    assert all(call_id.endswith("-x") for _, call_id in found)
    kinds = [type(record).__name__ for record in found["call-events", "demo-11-long-hold-recovers-x"]]
    assert kinds == [
        "CallStarted",
        "AgentJoined",
        "CallTransferred",
        "AgentJoined",
        "HoldStarted",
        "HoldEnded",
        "CallEnded",
        "WrapupCompleted",
        "SurveySubmitted",
    ]


def test_replay_sends_nothing_when_a_line_is_bad(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(DEMO.read_bytes() + b"{}\n")
    bad = CliRunner().invoke(attune, ["replay", str(path), "--speed", "max", *flags(settings)])
    assert bad.exit_code == 1
    assert f"{path}, line 13" in bad.stderr
    assert per_call(settings) == {}
    skipped = CliRunner().invoke(
        attune, ["replay", str(path), "--speed", "max", "--skip-bad", *flags(settings)]
    )
    assert skipped.exit_code == 0
    assert f"bad lines skipped: 1, the first: {path}, line 13" in skipped.stderr
    assert per_call(settings)


def test_simulate_writes_the_truth_beside_the_records(settings: Settings, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    wanted = ["simulate", "--calls", "30", "--speed", "max", "--truth", str(truth), *flags(settings)]
    done = CliRunner().invoke(attune, wanted)
    assert done.exit_code == 0, done.output
    lines = [msgspec.json.decode(line) for line in truth.read_bytes().splitlines()]
    found = per_call(settings)
    assert {line["call_id"] for line in lines} == {call_id for _, call_id in found}
    for line in lines:
        records = found["call-events", line["call_id"]]
        assert records[0].at == line["started_at"]
        assert next(r.at for r in records if type(r).__name__ == "CallEnded") == line["ended_at"]
        if "bad_at" in line:
            heard = found["transcript-tokens", line["call_id"]]
            assert any(r.speaker == "customer" and r.final and r.at == line["bad_at"] for r in heard)


def test_ctrl_c_ends_an_endless_feed_cleanly(settings: Settings) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "streams", "simulate", "--concurrent", "50", *flags(settings)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not stored(settings, "transcript-tokens"):
            assert child.poll() is None
            time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 130
    assert "stopped: " in said
    assert " 0 lost" in said
    assert "Traceback" not in said
