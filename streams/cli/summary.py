"""What a demo run came to: records, alerts, latency, and how they compare with the writer's word."""

from collections.abc import Sequence
from statistics import quantiles
from typing import Any

from msgspec import Struct

from streams.cli.audience import Heard
from streams.kafka.feed import FeedReport
from streams.sources.conversations import Conversation


class Summary(Struct, frozen=True):
    """The figures of one run.

    Parameters
    ----------
    records_sent, records_processed, records_lost : int
        Acknowledged by Kafka, applied or kept as dead letters by the worker, and the difference.
    escalations : int
        Alerts of severity high or critical that began an episode.
    found, missed, false_alarms : int
        Of the calls whose writer says whether they escalate: alerted rightly, not at all, wrongly.
    latency_ms : dict of str to float
        ``p50`` and ``p99`` from the Kafka timestamp of the record to the alert's arrival at a consumer.
    """

    calls: int
    records_sent: int
    records_processed: int
    records_lost: int
    dead_letters: int
    seconds: float
    escalations: int
    watches: int
    deescalations: int
    unrecovered: int
    retractions: int
    found: int
    missed: int
    false_alarms: int
    latency_ms: dict[str, float]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile, 0 when there is no value.

    Examples
    --------
    >>> percentile([1.0, 2.0, 3.0], 50)
    2.0
    """
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def summarise(
    conversations: Sequence[Conversation],
    report: FeedReport,
    processed: int,
    dead_letters: int,
    heard: Heard,
) -> Summary:
    """Put the figures together."""
    alerts = list(heard.alerts.values())
    firsts = [alert for alert in alerts if _begins_episode(alert)]
    alerted = {call_name(alert["call_id"]) for alert in firsts}
    expected = {c.id: c.expect.escalates for c in conversations if c.expect is not None}
    return Summary(
        calls=len(heard.calls),
        records_sent=report.acknowledged,
        records_processed=processed,
        records_lost=max(0, report.sent - processed),
        dead_letters=dead_letters,
        seconds=round(report.seconds, 1),
        escalations=len(firsts),
        watches=sum(alert["severity"] == "watch" for alert in alerts),
        deescalations=sum(alert["kind"] == "deescalation" for alert in alerts),
        unrecovered=sum(alert["kind"] == "closed" for alert in alerts),
        retractions=sum(alert["kind"] == "retraction" for alert in alerts),
        found=sum(bad and name in alerted for name, bad in expected.items()),
        missed=sum(bad and name not in alerted for name, bad in expected.items()),
        false_alarms=sum(not bad and name in alerted for name, bad in expected.items()),
        latency_ms={f"p{p}": round(percentile(heard.latency_ms, p), 1) for p in (50, 99)},
    )


def call_name(call_id: str) -> str:
    """Return the id of the conversation that a call replays; later rounds end in ``~2``, ``~3``, ...

    Examples
    --------
    >>> call_name("demo-04-outage~2")
    'demo-04-outage'
    """
    return call_id.partition("~")[0]


def _begins_episode(alert: dict[str, Any]) -> bool:
    return bool(alert["kind"] == "escalation" and alert["alert_id"] == alert["escalation_id"])
