"""Records per second of one worker draining pre-filled topics, the fast lane beside a stock Faust agent.

Both do the whole work per record (decode, score, phases, alerts sent) on the same topics, in one run:

    python -m tests.bench.drain                      500,000 one-token records
    python -m tests.bench.drain --records 100000
"""

import asyncio
import json
import math
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import click
import faust
import msgspec
from kafka import KafkaConsumer, TopicPartition
from prometheus_client import CollectorRegistry

from models.sentiment import Sentiment
from models.snapshots import pretrained
from streams import topics
from streams.app import create_app
from streams.calls.events import Alert
from streams.calls.state import CallState
from streams.calls.step import begin, step
from streams.codec import decode_event, decode_tokens, encode
from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka
from streams.kafka.feed import feed, first_instant
from streams.rulebook import load_rules
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import play

SOURCES = (topics.CALL_EVENTS, topics.TRANSCRIPT_TOKENS)
LOOK_S = 0.01


@click.command()
@click.option("--records", default=500_000, show_default=True)
@click.option("--concurrent", default=2_000, show_default=True, help="Calls live at once.")
@click.option("--rounds", default=1, show_default=True, help="Times each side is measured, in turn.")
def drain(records: int, concurrent: int, rounds: int) -> None:
    """Fill the topics once, then let each side drain them from the beginning."""
    with tempfile.TemporaryDirectory() as folder, LocalKafka(Path(folder)) as kafka:
        settings = Settings(
            bootstrap_servers=kafka.bootstrap_servers, data_dir=Path(folder), web_port=0, mode="live"
        )
        apply_topics(settings)
        calls = (call.arrival for call in simulated_calls(concurrent=concurrent))
        start_at = first_instant(int(time.time() * 1000), math.inf, None)
        report = feed(settings, islice(play(calls, start_at), records), speed=math.inf)
        click.echo(f"filled: {report.acknowledged:,} records")
        for number in range(rounds):
            for kind in ("lane", "stock"):
                mine = msgspec.structs.replace(settings, app_id=f"{kind}-{number}")
                arguments = [kind, json.dumps({k: str(v) for k, v in mine.shown().items()})]
                answer = subprocess.run(
                    [sys.executable, "-m", "tests.bench.drain_side", *arguments],
                    stdout=subprocess.PIPE,
                    check=True,
                    text=True,
                )
                click.echo(f"{kind:6} {answer.stdout.strip().splitlines()[-1]}")


def end_offsets(settings: Settings) -> int:
    """Return how many records the source topics hold."""
    consumer = KafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    places = [TopicPartition(settings.topic(name), p) for name in SOURCES for p in range(settings.partitions)]
    total = sum(consumer.end_offsets(places).values())
    consumer.close()
    return total


class Meter:
    """Watches a count grow to its end and says how fast it did."""

    def __init__(self, whole: int) -> None:
        self._whole = whole
        self._began = 0.0

    async def watch(self, count: Any) -> str:
        """Return a line once `count()` has reached the whole."""
        while True:
            await asyncio.sleep(LOOK_S)
            done, now = count(), time.perf_counter()
            if done and not self._began:
                self._began, self._first = now, done
            if done >= self._whole:
                rate = (done - self._first) / (now - self._began)
                return f"{done:,} records, {rate:,.0f} records/s"


def lane_side(settings: Settings) -> str:
    """Drain with attune's own worker."""
    app = create_app(settings, CollectorRegistry(), fail=lambda sentence: sys.exit(sentence))
    lane = app.lane

    def taken() -> int:
        return sum(max(0, side.taken) for part in lane.partitions.values() for side in part.sides)

    return _run(app, settings, taken)


def stock_side(settings: Settings) -> str:
    """Drain with a stock Faust agent that does the same step per record."""
    rules = load_rules(settings, Sentiment(pretrained()).weights(0))
    states: dict[str, CallState] = {}
    done = 0
    app = faust.App(
        settings.app_id,
        broker=f"kafka://{settings.bootstrap_servers}",
        consumer_auto_offset_reset="earliest",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
        datadir=settings.data_dir,
    )
    alerts = app.topic(settings.topic(topics.ESCALATION_ALERTS), value_serializer="raw", key_serializer="raw")
    source = app.topic(*map(settings.topic, SOURCES), value_serializer="raw", key_serializer="raw")

    @app.agent(source, name="stock")
    async def stock(stream: Any) -> None:
        nonlocal done
        async for event in stream.events():
            message = event.message
            decode = decode_tokens if message.topic.endswith(topics.TRANSCRIPT_TOKENS) else decode_event
            record = decode(message)
            state = states.get(record.call_id)
            if state is None:
                state = states[record.call_id] = begin(record.call_id, record.at, rules)
            for output in step(state, record, rules):
                if isinstance(output, Alert):
                    await alerts.send(key=message.key, value=encode(output))
            done += 1

    return _run(app, settings, lambda: done)


def _run(app: Any, settings: Settings, count: Any) -> str:
    whole = end_offsets(settings)
    worker = faust.Worker(app, loglevel="error", redirect_stdouts=False, override_logging=False)

    async def measured() -> str:
        running = asyncio.ensure_future(worker.start())
        line = await Meter(whole).watch(count)
        await worker.stop()
        await asyncio.gather(running, return_exceptions=True)
        return line

    return worker.loop.run_until_complete(measured())


if __name__ == "__main__":
    drain()
