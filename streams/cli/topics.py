"""`attune topics`: make the topics on Kafka what the table says, or see what differs."""

import sys

import click
from rich.console import Console
from rich.table import Table

from streams.config import Settings, load_settings
from streams.kafka.admin import Difference, apply_topics, check_topics, wait_for_broker
from streams.topics import TOPICS

PIPED_WIDTH = 160


@click.group()
def topics() -> None:
    """The topics that attune reads and writes.

    \b
    Examples:
      attune topics check              what is there, what differs
      attune topics apply              create what is missing, set what differs
      ATTUNE_PARTITIONS=32 ATTUNE_REPLICATION_FACTOR=3 attune topics apply
    """


@topics.command()
def apply() -> None:
    """Create missing topics and set topic settings that differ; twice does no more than once.

    A partition count is never changed: the records of a call would end up in two partitions. Where it differs
    nothing at all is done, and the exit status is 1.
    """
    settings = load_settings()
    wait_for_broker(settings, _say)
    _print_table(settings, apply_topics(settings), mended=True)


@topics.command()
def check() -> None:
    """Compare the topics with the table, change nothing; exit status 1 when something differs.

    Kafka is asked once: a check does not wait for it.
    """
    settings = load_settings(broker_wait_seconds=0)
    wait_for_broker(settings, _say)
    differences = check_topics(settings)
    _print_table(settings, differences, mended=False)
    if differences:
        sys.exit(1)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _print_table(settings: Settings, differences: list[Difference], *, mended: bool) -> None:
    table = Table("topic", "key", "partitions", "policy", "state", box=None, pad_edge=False)
    for spec in TOPICS:
        topic = settings.topic(spec.name)
        mine = [difference for difference in differences if difference.topic == topic]
        state = "; ".join(_said(difference, mended=mended) for difference in mine) or "as it should be"
        policy = spec.config["cleanup.policy"]
        table.add_row(topic, spec.key, str(spec.partitions(settings.partitions)), policy, state)
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def _said(difference: Difference, *, mended: bool) -> str:
    if difference.what == "topic":
        return "created" if mended else "missing"
    arrow = f"{difference.what}: {difference.found} -> {difference.wanted}"
    return f"set {arrow}" if mended else f"differs, {arrow}"
