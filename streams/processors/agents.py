"""`track_agents`: observed load of people who take calls, for 24 hours, under a pseudonym or not at all."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import faust

from streams import topics
from streams.agents.load import Load, decode_load, encode_load, expire, record, workload
from streams.agents.records import AgentWorkload
from streams.codec import decode_stint, encode
from streams.config import Settings
from streams.errors import MalformedRecord
from streams.kafka.delivery import Delivery
from streams.metrics import PipelineMetrics
from streams.processors.hops import Arrived, Hop, Standing, attach
from streams.tables import KeptTable

TABLE = "agents"


class Agents:
    """Loads by agent, and what is told of them.

    Parameters
    ----------
    settings : Settings
        Names of topics; with nothing to keep, records are passed over and what is kept is removed.
    table : KeptTable
        Where the loads are, by the name under which they are published.
    delivery : Delivery
        Where workloads and dead letters go.
    metrics : PipelineMetrics
        Where break suggestions are counted.
    name : callable
        Returns the name under which an agent is kept and published.
    """

    def __init__(
        self,
        settings: Settings,
        table: KeptTable[Load],
        delivery: Delivery,
        metrics: PipelineMetrics,
        name: Callable[[str], str],
    ) -> None:
        self.topic = settings.topic(topics.AGENTS_IN)
        self._workloads = settings.topic(topics.AGENT_WORKLOAD)
        self._keeps = settings.keeps_workload
        self._table = table
        self._delivery = delivery
        self._metrics = metrics
        self._name = name

    def apply(self, arrived: Arrived) -> Sequence["asyncio.Future[Any]"]:
        """Add a time on a call to its agent's load and publish that."""
        if not self._keeps:
            return []
        try:
            report = decode_stint(arrived)
        except MalformedRecord as problem:
            return [self._delivery.refuse(arrived, problem)]
        name = self._name(report.agent_id)
        key = name.encode()
        before = self._table.get(key) or Load()
        after = record(before, report)
        found = workload(name, after)
        if found.break_suggested and not workload(name, before).break_suggested:
            self._metrics.break_suggestions.inc()
        return [self._table.put(arrived.partition, key, after), self._publish(key, found)]

    async def sweep(self, after: int, until: int, going: Callable[[], bool]) -> None:
        """Forget what is older than 24 hours; everything, when nothing is to be kept."""
        async for row in self._table.walk(going):
            kept = expire(row.value, until) if self._keeps else None
            if kept is None:
                self._table.remove(row.partition, row.key)
                self._publish(row.key, None)
            elif kept is not row.value:
                self._table.put(row.partition, row.key, kept)
                self._publish(row.key, workload(row.key.decode(), kept))

    def _publish(self, key: bytes, found: AgentWorkload | None) -> "asyncio.Future[None]":
        return self._delivery.states.put(self._workloads, key, encode(found) if found is not None else None)


def register(
    app: faust.App,
    settings: Settings,
    delivery: Delivery,
    metrics: PipelineMetrics,
    standing: Standing,
    name: Callable[[str], str],
) -> Hop:
    """Add the processor and its table to the app."""
    table = KeptTable(
        app, TABLE, settings.topic(topics.AGENTS_CHANGELOG), encode_load, decode_load, standing.fail
    )
    return attach(app, "track_agents", Agents(settings, table, delivery, metrics, name), standing)
