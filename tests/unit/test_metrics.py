import msgspec
from prometheus_client import CollectorRegistry, generate_latest

from streams.calls.events import Alert, Context
from streams.calls.state import CallState
from streams.metrics import MAX_QUEUES, PipelineMetrics
from tests.builders import escalated

#: Ids and text must never be a label: one series per call would end any Prometheus.
NEVER = {"call_id", "customer_id", "agent_id", "alert_id", "text", "by", "key"}


def alert(queue: str = "billing", kind: str = "escalation") -> Alert:
    [*_, made] = escalated().alerts
    assert isinstance(made.context, Context)
    return msgspec.structs.replace(made, queue=queue, kind=kind)


def test_the_first_two_hundred_queues_have_a_label_the_rest_share_one() -> None:
    registry = CollectorRegistry()
    metrics = PipelineMetrics(registry)
    for number in range(MAX_QUEUES + 50):
        metrics.alert(alert(f"queue-{number}"), 0.1)
    metrics.alert(alert("queue-0"), 0.1)
    labels = {"kind": "escalation", "severity": "high"}

    def counted(queue: str) -> float | None:
        return registry.get_sample_value("attune_alerts_total", {**labels, "queue": queue})

    assert counted("other") == 50
    assert counted("queue-0") == 2
    assert counted(f"queue-{MAX_QUEUES - 1}") == 1
    assert counted(f"queue-{MAX_QUEUES}") is None


def test_a_call_in_an_unknown_queue_is_counted_as_other_too() -> None:
    registry = CollectorRegistry()
    metrics = PipelineMetrics(registry)
    names = [f"queue-{number}" for number in range(MAX_QUEUES + 2)]
    metrics.show_live(CallState(name, queue=name) for name in names)
    assert registry.get_sample_value("attune_live_calls", {"phase": "calm", "queue": "other"}) == 2


def test_live_calls_are_those_going_on_now() -> None:
    registry = CollectorRegistry()
    metrics = PipelineMetrics(registry)
    labels = {"phase": "calm", "queue": "q"}
    first, second = CallState("a", queue="q"), CallState("b", queue="q")
    metrics.show_live([first, second])
    assert registry.get_sample_value("attune_live_calls", labels) == 2
    second.ended = True
    metrics.show_live([first, second])
    assert registry.get_sample_value("attune_live_calls", labels) == 1
    metrics.show_live([])
    assert registry.get_sample_value("attune_live_calls", labels) == 0


def test_no_label_is_an_id_or_a_text() -> None:
    registry = CollectorRegistry()
    metrics = PipelineMetrics(registry)
    metrics.alert(alert(), 0.2)
    metrics.dead_letter("call-events", "not_json")
    metrics.show_live([CallState("c1", queue="q")])
    metrics.suppressed.labels("cool_down", "q").inc()
    metrics.gaps.labels("late").inc()
    metrics.records.labels("call-events", "applied").inc()
    metrics.lag.labels("call-events", "0").set(1)
    metrics.customers_at_risk.labels("churn", "high").set(1)
    metrics.first_contact.labels("observed", "yes").inc()
    metrics.break_suggestions.inc()
    seen = {label for family in registry.collect() for sample in family.samples for label in sample.labels}
    assert seen >= {"queue", "kind", "severity", "topic", "reason", "phase", "outcome", "partition"}
    assert not seen & NEVER
    shown = generate_latest(registry).decode()
    assert "c1" not in shown
    assert "u1" not in shown


def test_every_metric_has_our_prefix_and_two_registries_do_not_meet() -> None:
    one, other = CollectorRegistry(), CollectorRegistry()
    PipelineMetrics(one).dead_letter("call-events", "not_json")
    PipelineMetrics(other)
    assert all(family.name.startswith("attune_") for family in one.collect())
    labels = {"topic": "call-events", "reason": "not_json"}
    assert one.get_sample_value("attune_dead_letters_total", labels) == 1
    assert other.get_sample_value("attune_dead_letters_total", labels) is None


def test_a_clock_that_is_behind_makes_no_negative_latency() -> None:
    registry = CollectorRegistry()
    PipelineMetrics(registry).alert(alert(), -0.5)
    assert registry.get_sample_value("attune_alert_latency_seconds_sum") == 0
    assert registry.get_sample_value("attune_alert_latency_seconds_count") == 1
