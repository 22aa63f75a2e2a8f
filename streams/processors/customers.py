"""`track_customers`: each customer's contacts over calls; answers calls that begin, publishes the risk."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import faust

from streams import topics
from streams.codec import decode_contact, encode
from streams.config import Settings
from streams.customers.history import (
    History,
    decode_history,
    encode_history,
    expire,
    record,
    resolutions,
)
from streams.customers.records import CustomerRisk
from streams.customers.risk import customer_context, customer_risk
from streams.errors import MalformedRecord
from streams.kafka.delivery import Delivery
from streams.metrics import PipelineMetrics
from streams.processors.hops import Arrived, Hop, Standing, attach
from streams.tables import KeptTable

TABLE = "customers"
BANDS = ("raised", "high")


class Customers:
    """Histories by customer, and what is told of them.

    Parameters
    ----------
    settings : Settings
        Names of topics.
    table : KeptTable
        Where the histories are.
    delivery : Delivery
        Where contexts, risks and dead letters go.
    metrics : PipelineMetrics
        Where customers at risk and resolutions are counted.
    """

    def __init__(
        self, settings: Settings, table: KeptTable[History], delivery: Delivery, metrics: PipelineMetrics
    ) -> None:
        self.topic = settings.topic(topics.CUSTOMERS_IN)
        self._contexts = settings.topic(topics.CUSTOMER_CONTEXT)
        self._risks = settings.topic(topics.CUSTOMER_RISK)
        self._table = table
        self._delivery = delivery
        self._metrics = metrics

    def apply(self, arrived: Arrived) -> Sequence["asyncio.Future[Any]"]:
        """Add a report to its customer's history, publish the risk, answer if it asks."""
        try:
            report = decode_contact(arrived)
        except MalformedRecord as problem:
            return [self._delivery.refuse(arrived, problem)]
        key = report.customer_id.encode()
        history = record(self._table.get(key) or History(), report)
        sends = [
            self._table.put(arrived.partition, key, history),
            self._publish(key, customer_risk(report.customer_id, history)),
        ]
        if report.stage == "started":
            context = customer_context(history, report)
            sends.append(self._delivery.states.put(self._contexts, report.call_id.encode(), encode(context)))
        return sends

    async def sweep(self, after: int, until: int, going: Callable[[], bool]) -> None:
        """Forget contacts older than 90 days; count those whose 7 days have ended, and customers at risk."""
        at_risk: Counter[tuple[str, str]] = Counter()
        async for row in self._table.walk(going):
            for resolved in resolutions(row.value, after, until):
                self._metrics.first_contact.labels("observed", "yes" if resolved else "no").inc()
            kept = expire(row.value, until)
            if kept is None:
                self._table.remove(row.partition, row.key)
                self._publish(row.key, None)
                continue
            risk = customer_risk(row.key.decode(), kept)
            if kept is not row.value:
                self._table.put(row.partition, row.key, kept)
                self._publish(row.key, risk)
            at_risk.update((("churn", risk.churn), ("reputation", risk.reputation)))
        if going():
            for kind in ("churn", "reputation"):
                for band in BANDS:
                    self._metrics.customers_at_risk.labels(kind, band).set(at_risk[(kind, band)])

    def _publish(self, key: bytes, risk: CustomerRisk | None) -> "asyncio.Future[None]":
        return self._delivery.states.put(self._risks, key, encode(risk) if risk is not None else None)


def register(
    app: faust.App,
    settings: Settings,
    delivery: Delivery,
    metrics: PipelineMetrics,
    standing: Standing,
) -> Hop:
    """Add the processor and its table to the app."""
    table = KeptTable(
        app, TABLE, settings.topic(topics.CUSTOMERS_CHANGELOG), encode_history, decode_history, standing.fail
    )
    return attach(app, "track_customers", Customers(settings, table, delivery, metrics), standing)
