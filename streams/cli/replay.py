"""`attune replay`: recorded conversations go to Kafka as if they happened now."""

import time
from pathlib import Path

import click

from streams.cli.feeding import feed_options, run_feed
from streams.config import load_settings
from streams.errors import DataFileError
from streams.kafka.feed import first_instant
from streams.sources.recorded import EVERY_MS, ConversationReader, recorded_calls
from streams.sources.timeline import length_ms, play


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@feed_options
@click.option(
    "--every",
    type=click.FloatRange(min=0),
    default=EVERY_MS / 1000,
    show_default=True,
    help="Seconds of call time from one call's beginning to the next one's.",
)
@click.option("--loop", is_flag=True, help="Begin again after the last call, until Ctrl-C.")
@click.option("--skip-bad", is_flag=True, help="Pass over lines that cannot be used, and count them.")
def replay(
    files: tuple[Path, ...],
    speed: float,
    seed: int,
    tokens_per_message: int,
    suffix: str,
    bootstrap_servers: str | None,
    topic_prefix: str | None,
    every: float,
    loop: bool,
    skip_bad: bool,
) -> None:
    """Feed recorded conversations to Kafka, as call events and transcript tokens.

    A FILE holds one JSON object a line, plain or gzip; - is the standard input. Every line is checked before
    the first record is sent:

    \b
      {"id": "c-1", "queue": "billing", "locale": "en-GB",
       "turns": [{"speaker": "agent", "text": "how can I help"},
                 {"speaker": "customer", "text": "my bill is wrong"}],
       "events": [{"type": "hold.started", "before_turn": 2, "lasts_ms": 90000},
                  {"type": "hold.ended", "before_turn": 2}],
       "outcome": {"csat": 4}}

    Only id and turns are needed. A turn may have its own times (at_ms, end_ms, from the start of the call);
    without them people speak about 160 words a minute. Lines of the speaker "system" are not said.

    \b
    Examples:
      attune replay deploy/demo/calls.jsonl --speed 10
      attune replay chats.jsonl.gz --speed max --tokens-per-message 8
      attune replay deploy/demo/calls.jsonl --suffix=-again
    """
    settings = load_settings(bootstrap_servers=bootstrap_servers, topic_prefix=topic_prefix)
    reader = ConversationReader(skip_bad)
    conversations = list(reader.read(files))
    if reader.skipped:
        click.echo(f"bad lines skipped: {reader.skipped:,}, the first: {reader.first_problem}", err=True)
    if not conversations:
        raise DataFileError("there is no conversation in what was given: nothing to feed")
    every_ms = int(every * 1000)
    length = length_ms(recorded_calls(conversations, seed=seed, every_ms=every_ms))
    calls = recorded_calls(conversations, seed=seed, every_ms=every_ms, loop=loop, suffix=suffix)
    start_at = first_instant(int(time.time() * 1000), speed, None if loop else length)
    run_feed(settings, play(calls, start_at, tokens_per_message), speed, None if loop else length)
