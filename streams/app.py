"""`create_app`: the only place where attune is wired together."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import faust
from prometheus_client import CollectorRegistry
from yarl import URL

from models.sentiment import Sentiment
from models.snapshots import pretrained
from streams.agents.pseudonym import pseudonym
from streams.config import Settings
from streams.kafka.delivery import Delivery
from streams.kafka.lane import HEARTBEAT_S, REBALANCE_TIMEOUT_S, SESSION_TIMEOUT_S, FastLane
from streams.kafka.snapshots import SnapshotFollower
from streams.kafka.transport import LaneConsumer, LaneTransport
from streams.kafka.watchdog import Progress, Watchdog
from streams.keyfile import agents_secret
from streams.metrics import PipelineMetrics
from streams.monitoring import Monitoring
from streams.processors import agents, calls, customers, trainer
from streams.processors.hops import Hop, Standing
from streams.processors.training import Subject, Training
from streams.reloading import Reloading
from streams.rulebook import load_rules

logger = logging.getLogger(__name__)

#: Batches, not records, wait in Faust's own queues; the lane counts the records.
_WAITING_BATCHES = 16
#: Longest time a stop may take: an idempotent producer never gives up on a broker that is gone.
STOP_SECONDS = 30


class AttuneApp(faust.App):
    """A Faust app whose fast lane starts before the consumer and saves before it stops."""

    lane: FastLane
    hops: tuple[Hop, ...]
    delivery: Delivery
    warming: asyncio.Task[None]
    snapshots: SnapshotFollower
    monitoring: Monitoring
    watchdog: Watchdog
    fail: Callable[[str], None]

    async def on_start(self) -> None:
        """Connect the producers and open the port, then let Faust start the rest."""
        await self.monitoring.start()
        await self.delivery.start()
        await self.snapshots.start()
        self.warming = asyncio.create_task(asyncio.to_thread(self.delivery.rules.warm), name="warm")
        self.lane.start()
        self.watchdog.start()
        await super().on_start()

    async def on_stop(self) -> None:
        """Save and commit what was applied, then let Faust stop the rest; without Kafka give up in time."""
        late = threading.Timer(
            STOP_SECONDS,
            self.fail,
            [f"what was applied could not be saved and committed within {STOP_SECONDS} s: it is read again"],
        )
        late.daemon = True
        late.start()
        self.watchdog.stop()
        self.consumer.stop_flow()
        await self.lane.close()
        await asyncio.gather(*(hop.revoke() for hop in self.hops))
        await self.snapshots.stop()
        await self.delivery.stop()
        await super().on_stop()
        await self.monitoring.stop()
        late.cancel()


def create_app(
    settings: Settings,
    registry: CollectorRegistry,
    fail: Callable[[str], None],
    store: Path | None = None,
) -> AttuneApp:
    """Build a worker: transport, lane, processors, metrics. Nothing is started.

    Parameters
    ----------
    settings : Settings
        Checked settings.
    registry : CollectorRegistry
        Where metrics are registered.
    fail : callable
        Ends the process with a sentence, at once and without saving: called when going on would lose or
        double something. After a restart the records since the last commit are read again.
    store : pathlib.Path, optional
        Folder of this worker's tables, which no other process may use; the data folder when None.

    Raises
    ------
    SettingsError
        When the policy or a locale cannot be used.
    SetupError
        When there is no secret for pseudonyms, and none can be made.
    """
    app = AttuneApp(
        settings.app_id,
        broker=[URL(f"kafka://{server.strip()}") for server in settings.bootstrap_servers.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_rebalance_timeout=REBALANCE_TIMEOUT_S,
        broker_request_timeout=REBALANCE_TIMEOUT_S,
        producer_request_timeout=REBALANCE_TIMEOUT_S,
        producer_threaded=False,
        cython_optimizations=False,
        consumer_auto_offset_reset="earliest",
        processing_guarantee="at_least_once",
        stream_buffer_maxsize=_WAITING_BATCHES,
        stream_wait_empty=False,
        table_standby_replicas=1,  # the tables of a lost worker are there already when another takes over
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        web_enabled=False,
        autodiscover=False,
        datadir=store or settings.data_dir,
        store="memory://",
    )
    metrics = PipelineMetrics(registry)
    base = pretrained()
    weights = Sentiment(base).weights(version=0)

    def consumer() -> LaneConsumer:
        return cast(LaneConsumer, app.consumer)

    naming = _naming(settings)
    delivery = Delivery(
        settings, metrics, load_rules(settings, weights), fail, lambda: lane.may_send(), naming
    )
    lane = FastLane(settings, delivery, metrics, consumer, fail)
    transport = LaneTransport(app.conf.broker_consumer, app, loop=app.loop)
    transport.lane = lane
    app.transport = transport
    app.lane, app.delivery, app.fail = lane, delivery, fail
    # What is applied waits for its checkpoint: that is no standstill.
    patience_s = settings.watchdog_seconds + settings.checkpoint_seconds
    app.watchdog = Watchdog(lambda: _progress(app), patience_s, fail)

    def ready() -> bool:
        return lane.ready and bool(app.tables.actives_ready)

    app.monitoring = Monitoring(settings, registry, lambda: app.watchdog.complaint, ready)
    calls.register(app, lane)
    app.task(partial(Reloading(settings, delivery).run, lambda: app.should_stop))
    subjects: list[Subject] = [trainer.LabelledTurns(base, delivery), trainer.CallOutcomes()]
    if settings.phrase_book == "on":
        subjects.append(trainer.AgentSentences())
    app.snapshots = SnapshotFollower(
        settings, [subject.kind for subject in subjects], metrics, delivery, fail
    )
    trainer.register(
        app, [Training(settings, subject, delivery, lane, consumer, fail) for subject in subjects]
    )
    standing = Standing(consumer, ready, lane.may_send, fail)
    app.hops = (
        customers.register(app, settings, delivery, metrics, standing),
        agents.register(app, settings, delivery, metrics, standing, naming),
    )
    return app


def _naming(settings: Settings) -> Callable[[str], str]:
    """Return what makes of an agent's name the one under which the agent is kept and published."""
    if settings.agents == "off":
        return lambda agent_id: ""
    if settings.agents == "named":
        return str
    secret = agents_secret(settings)
    return lambda agent_id: pseudonym(agent_id, secret)


def _progress(app: AttuneApp) -> Progress:
    """Return what the watchdog looks at: while tables are recovered, calls wait and changelogs are read."""
    seen = app.lane.progress()
    if app.tables.actives_ready:
        return seen
    behind = read = 0
    if app.in_recovery:
        behind, read = 1, sum(offset or 0 for offset in list(app.tables.recovery.active_offsets.values()))
    return Progress(seen.turned_at, behind, read, seen.unsaved, seen.saved)


def _credentials(settings: Settings) -> Any:
    context = None
    if settings.security_protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=settings.ssl_ca_file or None)
    if settings.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.sasl_password,
            mechanism=settings.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context is not None else None
