"""Alert latency and bytes of state per token of one worker under a steady load at the speed of life.

python -m tests.bench.latency --concurrent 480       about 1,000 tokens/s
python -m tests.bench.latency --concurrent 2000      2,000 live calls
"""

import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import click
from prometheus_client.parser import text_string_to_metric_families

from streams.cli.audience import Audience
from streams.cli.summary import percentile
from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka
from streams.kafka.feed import feed
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import play
from tests.workers import Worker

#: Calls begin over the first minute: measured is what comes after it.
WARM_UP_S = 65


@click.command()
@click.option("--concurrent", default=480, show_default=True, help="Calls live at once.")
@click.option("--seconds", default=60, show_default=True, help="Measured time, after a minute of warm-up.")
def latency(concurrent: int, seconds: int) -> None:
    """Feed simulated calls, then say how late alerts were and how much state was written per token."""
    with tempfile.TemporaryDirectory() as folder, LocalKafka(Path(folder)) as kafka:
        settings = Settings(
            bootstrap_servers=kafka.bootstrap_servers, data_dir=Path(folder), web_port=8097, mode="live"
        )
        apply_topics(settings)
        with Worker(settings):
            audience = Audience(settings, lambda alert: None)
            stop = threading.Event()
            calls = (call.arrival for call in simulated_calls(concurrent=concurrent))
            records = play(calls, int(time.time() * 1000))
            feeder = threading.Thread(target=feed, args=(settings, records), kwargs={"stop": stop})
            feeder.start()
            time.sleep(WARM_UP_S)
            before, heard = _figures(settings), len(audience.heard.latency_ms)
            time.sleep(seconds)
            after = _figures(settings)
            stop.set()
            feeder.join()
            audience.close()
    late = audience.heard.latency_ms[heard:]
    tokens = after["tokens"] - before["tokens"]
    state_bytes = after["bytes"] - before["bytes"]
    click.echo(f"{after['live']:.0f} live calls, {tokens / seconds:,.0f} token records/s, {len(late)} alerts")
    p50, p99 = percentile(late, 50), percentile(late, 99)
    click.echo(f"alert latency, record to consumer: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    click.echo(f"state written: {state_bytes / tokens:.0f} bytes per token")


def _figures(settings: Settings) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.web_port}/metrics", timeout=5) as page:
        samples = [
            sample
            for family in text_string_to_metric_families(page.read().decode())
            for sample in family.samples
        ]
    return {
        "tokens": sum(
            s.value
            for s in samples
            if s.name == "attune_records_total" and s.labels["topic"] == "transcript-tokens"
        ),
        "bytes": sum(s.value for s in samples if s.name == "attune_state_bytes_total"),
        "live": sum(s.value for s in samples if s.name == "attune_live_calls"),
    }


if __name__ == "__main__":
    latency()
