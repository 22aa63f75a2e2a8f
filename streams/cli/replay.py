"""`attune replay`: recorded conversations go to Kafka as if they happened now, or through two policies."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from streams.analysis.logs import from_conversations, from_records
from streams.cli.comparing import compare
from streams.cli.feeding import feed_options, run_feed
from streams.config import load_settings
from streams.errors import DataFileError
from streams.kafka.admin import wait_for_broker
from streams.kafka.feed import first_instant
from streams.kafka.history import read_history
from streams.sources.conversations import Conversation
from streams.sources.recorded import EVERY_MS, ConversationReader, recorded_calls
from streams.sources.timeline import length_ms, play

#: The year 9999: no record is later.
_END_OF_TIME_MS = 253_402_300_799_999


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@feed_options
@click.option(
    "--every",
    type=click.FloatRange(min=0),
    default=EVERY_MS / 1000,
    show_default=True,
    help="Seconds of call time from one call's beginning to the next one's.",
)
@click.option("--loop", is_flag=True, help="Begin again after the last call, until Ctrl-C.")
@click.option("--policy", metavar="A", help="Run the calls under this policy here, without Kafka.")
@click.option("--against", metavar="B", help="And under this one, and compare.")
@click.option(
    "--alerts-per-100",
    type=click.FloatRange(min=0, min_open=True),
    help="Also say which threshold gives so many alerts per 100 calls.",
)
@click.option("--from-topic", is_flag=True, help="Take the calls from Kafka's topics instead of files.")
@click.option("--since", type=click.DateTime(), help="With --from-topic: from this time on (UTC).")
@click.option("--until", type=click.DateTime(), help="With --from-topic: up to this time (UTC).")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the comparison as JSON."
)
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
    policy: str | None,
    against: str | None,
    alerts_per_100: float | None,
    from_topic: bool,
    since: datetime | None,
    until: datetime | None,
    report: Path | None,
    skip_bad: bool,
) -> None:
    """Feed recorded conversations to Kafka, or run them under two policies and compare.

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

    With --policy nothing is fed: the calls run through the core here, as fast as it goes, and what each
    policy would have alerted on stands beside what the data says. A policy is a file, or the name of one that
    ships (default, quiet, vigilant).

    \b
    Examples:
      attune replay deploy/demo/calls.jsonl --speed 10
      attune replay deploy/demo/calls.jsonl --policy default --against vigilant
      attune replay --from-topic --since 2026-01-30T08:00:00 --policy mine.toml --alerts-per-100 2
      attune replay chats.jsonl.gz --speed max --tokens-per-message 8
      attune replay deploy/demo/calls.jsonl --suffix=-again
    """
    settings = load_settings(bootstrap_servers=bootstrap_servers, topic_prefix=topic_prefix)
    if policy is None and (against or alerts_per_100 or from_topic or report):
        raise click.UsageError("--against, --alerts-per-100, --from-topic and --report go with --policy")
    if from_topic == bool(files):
        raise click.UsageError("give files of conversations, or --from-topic with --policy")
    if from_topic:
        wait_for_broker(settings, lambda line: click.echo(line, err=True))
        records = read_history(settings, _unix_ms(since, 0), _unix_ms(until, _END_OF_TIME_MS))
        calls = list(from_records(records))
    else:
        conversations = _conversations(files, skip_bad)
        calls = list(from_conversations(conversations, tokens_per_message)) if policy else []
    if policy is not None:
        if not calls:
            raise DataFileError("there is no call in that stretch of time")
        compare(settings, calls, [policy, *([against] if against else [])], alerts_per_100, report)
        return
    every_ms = int(every * 1000)
    length = length_ms(recorded_calls(conversations, seed=seed, every_ms=every_ms))
    arrivals = recorded_calls(conversations, seed=seed, every_ms=every_ms, loop=loop, suffix=suffix)
    start_at = first_instant(int(time.time() * 1000), speed, None if loop else length)
    run_feed(settings, play(arrivals, start_at, tokens_per_message), speed, None if loop else length)


def _conversations(files: tuple[Path, ...], skip_bad: bool) -> list[Conversation]:
    reader = ConversationReader(skip_bad)
    conversations = list(reader.read(files))
    if reader.skipped:
        click.echo(f"bad lines skipped: {reader.skipped:,}, the first: {reader.first_problem}", err=True)
    if not conversations:
        raise DataFileError("there is no conversation in what was given: nothing to feed")
    return conversations


def _unix_ms(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)
