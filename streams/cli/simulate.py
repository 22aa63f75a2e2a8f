"""`attune simulate`: any number of made-up calls at once, with the truth about each beside them."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from streams.cli.feeding import feed_options, run_feed, stopping
from streams.config import load_settings
from streams.kafka.feed import first_instant
from streams.sources.simulated import SimulatedCall, simulated_calls
from streams.sources.timeline import Arrival, TimedRecord, length_ms, play


@click.command()
@feed_options
@click.option("--calls", type=click.IntRange(min=1), help="How many calls in all; without it they go on.")
@click.option(
    "--concurrent",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many calls are live at once, after the first minute.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0), help="No call begins later than this, in seconds of call time."
)
@click.option(
    "--truth", type=click.Path(path_type=Path), help="Write the truth about each call here (JSON lines)."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the records here (JSON lines) instead of sending them to Kafka; - is the standard output.",
)
def simulate(
    speed: float,
    seed: int,
    tokens_per_message: int,
    suffix: str,
    bootstrap_servers: str | None,
    topic_prefix: str | None,
    calls: int | None,
    concurrent: int,
    seconds: float | None,
    truth: Path | None,
    out: Path | None,
) -> None:
    """Feed simulated calls with known emotional arcs to Kafka. For load and demonstrations only.

    Calls are calm, escalate, escalate and recover, are abusive, urgent, sarcastic, silent, ask for a
    supervisor, or leave quietly. Their sentences come from a small grammar: NEVER quote a quality figure
    measured on them, they say nothing about how well real customers are understood.

    The truth file says per call: arc, whether it escalates and recovers, the turn and the instant of both.

    \b
    Examples:
      attune simulate --concurrent 50 --seconds 600 --truth truth.jsonl
      attune simulate --calls 5000 --concurrent 1000 --speed max
      attune simulate --calls 3 --out - | head
    """
    if out is not None and calls is None and seconds is None:
        raise click.UsageError("--out needs an end: give --calls or --seconds")

    def made() -> Iterator[SimulatedCall]:
        return simulated_calls(concurrent=concurrent, calls=calls, seconds=seconds, seed=seed, suffix=suffix)

    endless = calls is None and seconds is None
    length = None if endless else length_ms(call.arrival for call in made())
    try:
        settings = load_settings(bootstrap_servers=bootstrap_servers, topic_prefix=topic_prefix)
        with ExitStack() as files:
            truth_file = None if truth is None else files.enter_context(truth.open("wb"))
            start_at = first_instant(int(time.time() * 1000), speed, length)
            records = play(_noted(made(), start_at, truth_file), start_at, tokens_per_message)
            if out is None:
                run_feed(settings, records, speed, length)
            else:
                target = sys.stdout.buffer if out == Path("-") else files.enter_context(out.open("wb"))
                _write(records, target)
    except BrokenPipeError:
        raise  # click ends the command quietly: whoever reads has seen enough
    except OSError as exc:
        raise click.ClickException(f"cannot write {exc.filename or 'the records'}: {exc.strerror}") from exc


def _noted(calls: Iterable[SimulatedCall], start_at: int, file: BinaryIO | None) -> Iterator[Arrival]:
    encode = msgspec.json.Encoder().encode
    for call in calls:
        if file is not None:
            file.write(encode(call.truth(start_at)) + b"\n")
        yield call.arrival


def _write(records: Iterable[TimedRecord], target: BinaryIO) -> None:
    encode = msgspec.json.Encoder().encode
    written = 0
    with stopping() as stop:
        for timed in records:
            if stop.is_set():
                break
            target.write(encode({"topic": timed.topic, "key": timed.call_id, "value": timed.record}) + b"\n")
            written += 1
    click.echo(f"{written:,} records written", err=True)
