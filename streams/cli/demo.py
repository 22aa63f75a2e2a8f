"""`attune demo`: everything on this machine, from a real Kafka to the alerts, and nothing left behind."""

import math
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event

import click
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from streams.cli.audience import Audience
from streams.cli.feeding import Speed, stopping
from streams.cli.screen import Screen
from streams.cli.summary import Summary, summarise
from streams.config import PROJECT_DIR, Settings, load_settings
from streams.errors import BrokerError, SetupError
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka
from streams.kafka.feed import FeedReport, feed, first_instant
from streams.processes import ending_with_parent
from streams.sources.conversations import Conversation
from streams.sources.recorded import ConversationReader, recorded_calls
from streams.sources.timeline import length_ms, play
from streams.topics import CALL_EVENTS, TRANSCRIPT_TOKENS

CALLS = (
    PROJECT_DIR / "deploy" / "demo" / "calls.jsonl",
    PROJECT_DIR / "deploy" / "demo" / "abcd-sample.jsonl",
)
#: Call time from one call's beginning to the next one's: a dozen calls are live at once.
EVERY_MS = 8_000
READY_S = 60
#: After the last record: how long to wait until all are processed.
DRAIN_S = 60
STOP_S = 30
#: What the demo feeds, and counts.
FED_TOPICS = (CALL_EVENTS, TRANSCRIPT_TOKENS)
#: Where the worker's log says that its pages are.
_PAGES = re.compile(r"metrics at (http://\S+)/metrics")


@click.command()
@click.option("--once", is_flag=True, help="End after one round, with a summary.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the figures of the summary to this file, as JSON.",
)
@click.option(
    "--speed", type=Speed(), default="10", show_default=True, help="1 is life, max as fast as it goes."
)
def demo(once: bool, report: Path | None, speed: float) -> None:
    """Start Kafka and a worker here, replay recorded calls, and show the alerts as they are raised.

    Twelve calls written for this and three real chats, again and again until Ctrl-C; --once plays them once.
    At the end a summary: alerts against what the calls' writer says, records lost (0), latency. The exit
    status is 1 when a record was lost.

    \b
    attune demo
    attune demo --once --report figures.json
    """
    screen = Screen()
    with stopping() as stop:
        summary = _run(screen, stop, once, speed)
    screen.summary(summary)
    if report is not None:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")
        screen.say(f"\nfigures written to {report}")
    if summary.records_lost:
        raise click.ClickException(f"{summary.records_lost} records were lost")


def _run(screen: Screen, stop: Event, once: bool, speed: float) -> Summary:
    conversations = list(ConversationReader().read(CALLS))
    base = load_settings()
    directory = (base.data_dir / "demo").absolute()
    shutil.rmtree(directory, ignore_errors=True)
    with ExitStack() as stack:
        screen.say("starting Kafka …")
        kafka = stack.enter_context(LocalKafka(directory))
        settings = msgspec.structs.replace(
            base,
            bootstrap_servers=kafka.bootstrap_servers,
            security_protocol="PLAINTEXT",
            replication_factor=1,
            topic_prefix="",
            data_dir=directory,
            web_port=0,
            mode="live",
        )
        apply_topics(settings)
        screen.say(f"Kafka at {kafka.bootstrap_servers}, topics applied; starting a worker …")
        audience = Audience(settings, screen.alert)
        stack.callback(audience.close)
        with _worker(settings, stop) as pages:
            screen.say(f"worker ready, its metrics at {pages}/metrics; Ctrl-C ends the demo\n")
            fed = _feed(settings, conversations, once, speed, stop, screen, audience)
            processed, dead = _drained(settings, pages, fed.acknowledged)
        audience.close()  # the worker has sent everything before it ended
        return summarise(conversations, fed, processed, dead, audience.heard)


def _feed(
    settings: Settings,
    conversations: list[Conversation],
    once: bool,
    speed: float,
    stop: Event,
    screen: Screen,
    audience: Audience,
) -> FeedReport:
    length = length_ms(recorded_calls(conversations, every_ms=EVERY_MS)) if once else None
    if once and speed < math.inf:
        minutes, seconds = divmod(int((length or 0) / speed / 1000), 60)
        screen.say(f"replaying {len(conversations)} calls, about {minutes}:{seconds:02}")
    calls = recorded_calls(conversations, every_ms=EVERY_MS, loop=not once)
    start_at = first_instant(int(time.time() * 1000), speed, length)
    return feed(
        settings,
        play(calls, start_at),
        speed=speed,
        stop=stop,
        progress=lambda report: screen.progress(report, audience.heard),
    )


@contextmanager
def _worker(settings: Settings, stop: Event) -> Iterator[str]:
    """Run a worker; yield the address of its pages once it is ready."""
    log = settings.data_dir / "worker.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ATTUNE_")}
    for name in settings.__struct_fields__:
        environment[f"ATTUNE_{name.upper()}"] = str(getattr(settings, name))
    with log.open("wb") as output:
        # Its own session, so that Ctrl-C reaches it only through us: after the last record, before Kafka.
        process = subprocess.Popen(
            ending_with_parent([sys.executable, "-m", "streams", "worker"]),
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _wait_ready(process, log, stop)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(process: subprocess.Popen[bytes], log: Path, stop: Event) -> str:
    deadline = time.monotonic() + READY_S
    pages = ""
    while time.monotonic() < deadline and not stop.is_set():
        if process.poll() is not None:
            raise SetupError(f"the worker ended at once, see {log}: {_last_line(log)}")
        if said := _PAGES.search(log.read_text(errors="replace")):
            pages = said[1]
            with suppress(OSError), urllib.request.urlopen(f"{pages}/readyz", timeout=1):
                return pages
        time.sleep(0.1)
    if not stop.is_set():
        raise SetupError(f"the worker was not ready within {READY_S} s, see {log}: {_last_line(log)}")
    return pages


def _drained(settings: Settings, pages: str, acknowledged: int) -> tuple[int, int]:
    """Wait until the worker has dealt with every record; return how many it has, and the dead letters."""
    deadline = time.monotonic() + DRAIN_S
    while acknowledged:
        processed, dead = _processed(settings, pages)
        if processed >= acknowledged or time.monotonic() > deadline:
            return processed, dead
        time.sleep(0.2)
    return 0, 0


def _processed(settings: Settings, pages: str) -> tuple[int, int]:
    try:
        with urllib.request.urlopen(f"{pages}/metrics", timeout=5) as page:
            text = page.read().decode()
    except OSError as exc:
        raise BrokerError(f"the worker has ended, see {settings.data_dir / 'worker.log'}: {exc}") from exc
    totals = {"attune_records_total": 0.0, "attune_dead_letters_total": 0.0}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in totals and sample.labels.get("topic") in FED_TOPICS:
                totals[sample.name] += sample.value
    return int(totals["attune_records_total"]), int(totals["attune_dead_letters_total"])


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
