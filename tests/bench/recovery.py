"""Time to read back the state topic as after a crash: ``python -m tests.bench.recovery``."""

import asyncio
import tempfile
import time
from pathlib import Path

import click
from aiokafka import AIOKafkaProducer

from models.sentiment import Sentiment
from models.snapshots import pretrained
from streams import topics
from streams.calls.state import CallState
from streams.calls.step import begin, step
from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka
from streams.kafka.checkpoint import Checkpoint, encode_saved
from streams.kafka.recovery import read_states
from streams.rulebook import load_rules
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import play

#: How often a live call was written before the crash: recovery reads history where nothing is compacted yet.
VERSIONS = 10


@click.command()
@click.option("--records", default=1_000_000, show_default=True)
def recovery(records: int) -> None:
    """Fill the state topic with real states, then read it as a worker does when partitions are assigned."""
    with tempfile.TemporaryDirectory() as folder, LocalKafka(Path(folder)) as kafka:
        settings = Settings(bootstrap_servers=kafka.bootstrap_servers, data_dir=Path(folder))
        apply_topics(settings)
        sizes = asyncio.run(_fill(settings, records))
        click.echo(
            f"{records:,} records of {sum(sizes) / len(sizes):.0f} bytes, {settings.partitions} partitions"
        )
        began = time.perf_counter()
        states = asyncio.run(
            read_states(settings, settings.topic(topics.CALL_STATE), range(settings.partitions))
        )
        read = time.perf_counter()
        calls = sum(len(list(Checkpoint(1, saved.live()).untouched())) for saved in states.values())
        done = time.perf_counter()
        click.echo(
            f"{calls:,} calls in {done - began:.1f} s "
            f"({records / (read - began):,.0f} records/s, ranks and timers {done - read:.1f} s)"
        )


def _examples(count: int) -> list[CallState]:
    rules = load_rules(Settings(), Sentiment(pretrained()).weights(0))
    states: dict[str, CallState] = {}
    calls = (call.arrival for call in simulated_calls(concurrent=count, calls=count))
    for timed in play(calls, 1_000_000_000_000):
        state = states.get(timed.call_id)
        if state is None:
            state = states[timed.call_id] = begin(timed.call_id, timed.at, rules)
        if not state.ended and len(state.turns) < 3:
            step(state, timed.record, rules)
    return list(states.values())


async def _fill(settings: Settings, records: int) -> list[int]:
    values = [encode_saved(state, 1, 0) for state in _examples(500)]
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, linger_ms=20, max_batch_size=512 * 1024
    )
    await producer.start()
    calls = records // VERSIONS
    name = settings.topic(topics.CALL_STATE)
    waiting = []
    for number in range(records):
        call = number % calls
        value = values[number % len(values)]
        waiting.append(
            await producer.send(name, value, key=b"call-%d" % call, partition=call % settings.partitions)
        )
        if len(waiting) >= 50_000:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    await producer.stop()
    return [len(value) for value in values]


if __name__ == "__main__":
    recovery()
