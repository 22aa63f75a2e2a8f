"""`attune worker`: follows live calls until it is told to stop."""

import gc
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import faust
from prometheus_client import CollectorRegistry

from streams.app import create_app
from streams.config import Settings, load_settings
from streams.errors import SetupError, TopicMismatch
from streams.kafka.admin import check_topics, topic_ids, wait_for_broker
from streams.kafka.store import StoreFolder
from streams.topics import CHANGELOGS

#: Allocations between two collections. Records come and go without cycles, live calls stay: with Python's own
#: 700 a quarter of the time went into looking at them again and again.
GC_THRESHOLD = (50_000, 20, 20)
#: Exit status when the worker ended itself because going on would lose or double something.
FAILED = 70


@click.command()
@click.option("--bootstrap-servers", help="Kafka to connect to, as HOST:PORT[,HOST:PORT…].")
@click.option("--web-port", type=int, help="Port of /metrics, /healthz and /readyz; 0 takes a free one.")
@click.option("--mode", type=click.Choice(["shadow", "live"]), help="shadow: alerts are for admins only.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
def worker(**flags: Any) -> None:
    """Follow live calls: read call-events and transcript-tokens, raise alerts.

    Start as many as there are cores, at most one per partition; they share the calls among them. Stop one
    with Ctrl-C or SIGTERM: it saves, commits and hands its calls over. SIGKILL is safe too, only slower.

    \b
    attune worker
    ATTUNE_BOOTSTRAP_SERVERS=kafka:9092 attune worker --mode live
    """
    settings = load_settings(**flags)
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    _quieten()
    gc.set_threshold(*GC_THRESHOLD)
    log = logging.getLogger(__name__)
    log.info("Kafka %s at %s", wait_for_broker(settings, log.warning), settings.bootstrap_servers)
    _refuse_other_topics(settings)
    _make_data_dir(settings.data_dir)
    store = StoreFolder.claim(settings)
    store.fit(topic_ids(settings, CHANGELOGS))
    app = create_app(settings, CollectorRegistry(), fail_now, store.path)
    faust.Worker(
        app, loglevel=settings.log_level, override_logging=False, redirect_stdouts=False, quiet=True
    ).execute_from_commandline()


def fail_now(sentence: str) -> None:
    """End the process at once, without saving: the records since the last commit are read again."""
    logging.getLogger(__name__).critical("%s; the worker ends, start it again", sentence)
    logging.shutdown()
    os._exit(FAILED)


def _refuse_other_topics(settings: Settings) -> None:
    differences = check_topics(settings)
    if differences:
        raise TopicMismatch(f"{'; '.join(map(str, differences))}: run `attune topics apply`")


def _make_data_dir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as exc:
        raise SetupError(
            f"the data folder {folder} cannot be written ({exc.strerror}): mend it, or set ATTUNE_DATA_DIR"
        ) from exc


def _quieten() -> None:
    # Faust logs each step of a rebalance, aiokafka each partition of a fetch.
    for name in ("aiokafka", "faust", "mode", "kafka"):
        logging.getLogger(name).setLevel(logging.WARNING)
