"""What the commands that feed Kafka share: their options, progress on stderr, Ctrl-C, the last line."""

import math
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

import click

from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka.admin import wait_for_broker
from streams.kafka.feed import FeedReport, feed
from streams.sources.timeline import TimedRecord

INTERRUPTED = 130  # what a shell reports for Ctrl-C
Command = TypeVar("Command", bound=Callable[..., Any])


class Speed(click.ParamType):
    """A number above 0, or ``max``."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the speed; infinite for ``max``."""
        if value == "max":
            return math.inf
        try:
            speed = float(value)
        except ValueError:
            speed = math.nan
        if not 0 < speed < math.inf:
            self.fail(f"{value!r} is neither a number above 0 nor max", param, ctx)
        return speed

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows."""
        return "NUMBER|max"


def feed_options(command: Command) -> Command:
    """Add the options that both feeding commands have."""
    for option in (
        click.option("--topic-prefix", help="Prefix of every topic name.  [ATTUNE_TOPIC_PREFIX]"),
        click.option("--bootstrap-servers", help="Where Kafka is.  [ATTUNE_BOOTSTRAP_SERVERS]"),
        click.option(
            "--suffix", default="", help="Put behind each call id: the same calls, fed as new ones."
        ),
        click.option(
            "--tokens-per-message",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Words in one transcript record.",
        ),
        click.option(
            "--seed",
            type=int,
            default=0,
            show_default=True,
            help="Pauses, speaking rates and arrivals: the same seed gives the same records.",
        ),
        click.option(
            "--speed",
            type=Speed(),
            default="1",
            show_default=True,
            help="1 is life, 10 ten times as fast, max as fast as it goes.",
        ),
    ):
        command = option(command)
    return command


def run_feed(settings: Settings, records: Iterable[TimedRecord], speed: float, length_ms: int | None) -> None:
    """Feed, with progress on stderr and the figures at the end; after Ctrl-C the exit status is 130.

    Raises
    ------
    BrokerError
        Kafka does not answer, or a record did not arrive.
    """
    whole = "" if length_ms is None else f" of {_clock(length_ms / 1000)}"
    live = sys.stderr.isatty()

    def show(report: FeedReport) -> None:
        rate = report.sent / max(report.seconds, 0.001)
        click.echo(
            f"\r{_clock(report.call_seconds)}{whole} of call time · {report.sent:,} records sent · "
            f"{rate:,.0f}/s   ",
            err=True,
            nl=False,
        )

    wait_for_broker(settings, lambda line: click.echo(line, err=True))
    with stopping() as stop:
        report = feed(settings, records, speed=speed, stop=stop, progress=show if live else None)
    if live:
        click.echo(err=True)
    click.echo(
        f"{'stopped: ' if stop.is_set() else ''}{report.sent:,} records sent, "
        f"{report.acknowledged:,} acknowledged, {report.lost:,} lost in {report.seconds:.1f} s",
        err=True,
    )
    if report.lost:
        raise BrokerError(f"{report.lost:,} records did not arrive: {report.problem}")
    if stop.is_set():
        sys.exit(INTERRUPTED)


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C (or SIGTERM) sets; the second one ends the process at once."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
