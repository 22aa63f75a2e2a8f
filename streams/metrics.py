"""Every metric attune exposes: names, labels, buckets. Never an id or text as a label.

The registry is passed in; nothing is registered at import.
"""

from collections import Counter as TallyCounter
from collections.abc import Iterable
from zlib import crc32

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

import streams
from streams.calls.events import Alert
from streams.calls.outputs import AgentReply, EmpathyMoment, Gap, Recovery, Suppressed
from streams.calls.state import CallState

#: Queues that get a label of their own; later ones are counted as `other`.
MAX_QUEUES = 200
#: People from which a team has figures of its own.
TEAM = 5


class PipelineMetrics:
    """The metrics of one worker.

    Parameters
    ----------
    registry : CollectorRegistry
        Where they are registered.

    Examples
    --------
    >>> registry = CollectorRegistry()
    >>> PipelineMetrics(registry).dead_letter("call-events", "not_json")
    >>> registry.get_sample_value("attune_dead_letters_total", {"topic": "call-events", "reason": "not_json"})
    1.0
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.records = Counter(
            "attune_records", "Records read, by what became of them", ["topic", "outcome"], registry=registry
        )
        self.batch_seconds = Histogram(
            "attune_batch_seconds",
            "Time of one slice of work on a record batch",
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
            registry=registry,
        )
        self.alert_latency = Histogram(
            "attune_alert_latency_seconds",
            "From the Kafka timestamp of the record to the acknowledgement of its alert",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
            registry=registry,
        )
        self.alerts = Counter(
            "attune_alerts", "Alerts acknowledged", ["kind", "severity", "queue"], registry=registry
        )
        self.suppressed = Counter(
            "attune_alerts_suppressed",
            "Alerts that the policy held back",
            ["reason", "queue"],
            registry=registry,
        )
        self.verdicts = Counter(
            "attune_alert_verdicts", "Verdicts of supervisors", ["verdict"], registry=registry
        )
        self.live_calls = Gauge("attune_live_calls", "Calls going on", ["phase", "queue"], registry=registry)
        self.call_risk = Histogram(
            "attune_call_risk",
            "Risk of calls whenever it is published",
            buckets=(0.05, 0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
            registry=registry,
        )
        self.examples = Counter(
            "attune_examples", "Labelled turns to learn from", ["model", "source"], registry=registry
        )
        self.model_version = Gauge(
            "attune_model_version",
            "Version of the model in force, 0 as it ships",
            ["model"],
            registry=registry,
        )
        self.rollbacks = Counter(
            "attune_model_rollbacks",
            "Times that a model was taken back, being worse than the frozen one",
            ["model"],
            registry=registry,
        )
        self.drift = Counter(
            "attune_drift",
            "Changes seen in how wrong the model is, and in how many words it does not know",
            ["model", "watched"],
            registry=registry,
        )
        self.snapshots_refused = Counter(
            "attune_snapshots_refused", "Published models that were not taken", ["reason"], registry=registry
        )
        self.empathy = Counter(
            "attune_empathy_opportunities",
            "Moments that asked for empathy, by what became of them",
            ["outcome", "queue"],
            registry=registry,
        )
        self.replies = Counter(
            "attune_agent_replies",
            "Turns of agents, by style; queues of fewer than five people together",
            ["style", "queue"],
            registry=registry,
        )
        self.recoveries = Counter(
            "attune_recoveries",
            "Escalated calls that came back, by whether something was done for the customer before",
            ["act", "queue"],
            registry=registry,
        )
        self.customers_at_risk = Gauge(
            "attune_customers_at_risk",
            "Customers of this worker by risk, as last looked through",
            ["kind", "band"],
            registry=registry,
        )
        self.break_suggestions = Counter(
            "attune_break_suggestions", "Times that a break became a good idea", registry=registry
        )
        self.first_contact = Counter(
            "attune_first_contact",
            "Contacts by whether they solved the matter; observed: no repeat came within 7 days",
            ["kind", "resolved"],
            registry=registry,
        )
        self.dead_letters = Counter(
            "attune_dead_letters", "Records that could not be used", ["topic", "reason"], registry=registry
        )
        self.gaps = Counter(
            "attune_stream_gaps", "What could not be heard as it should", ["kind"], registry=registry
        )
        self.lag = Gauge(
            "attune_consumer_lag_records",
            "Records on the broker that are not applied yet",
            ["topic", "partition"],
            registry=registry,
        )
        self.rebalances = Counter("attune_rebalances", "Assignments of partitions", registry=registry)
        self.recovery_seconds = Gauge(
            "attune_recovery_seconds", "Time the last reading back of states took", registry=registry
        )
        self.state_bytes = Counter(
            "attune_state_bytes", "Bytes of call states written to the state topic", registry=registry
        )
        Info("attune_build", "Version of attune", registry=registry).info({"version": streams.__version__})
        self._queues: set[str] = set()
        self._people: dict[str, set[int]] = {}
        self._shown: set[tuple[str, str]] = set()

    def queue(self, name: str) -> str:
        """Return the label of a queue: its name, or `other` when there are too many."""
        if name not in self._queues:
            if len(self._queues) >= MAX_QUEUES:
                return "other"
            self._queues.add(name)
        return name

    def alert(self, alert: Alert, latency_seconds: float) -> None:
        """Count an alert that the broker has."""
        self.alerts.labels(alert.kind, alert.severity, self.queue(alert.queue)).inc()
        self.alert_latency.observe(max(0.0, latency_seconds))

    def count(self, what: Suppressed | Gap | EmpathyMoment | AgentReply | Recovery) -> None:
        """Count what a step says only to be counted."""
        if isinstance(what, Gap):
            self.gaps.labels(what.kind).inc()
        elif isinstance(what, Suppressed):
            self.suppressed.labels(what.reason, self.queue(what.queue)).inc()
        elif isinstance(what, EmpathyMoment):
            self.empathy.labels(what.outcome, self.queue(what.queue)).inc()
        elif isinstance(what, Recovery):
            self.recoveries.labels("yes" if what.with_act else "no", self.queue(what.queue)).inc()
        else:
            self.replies.labels(what.style, self._team(what)).inc()

    def _team(self, reply: AgentReply) -> str:
        """Return the label of a queue once enough people answer in it; nobody is to be told from a figure."""
        people = self._people.setdefault(self.queue(reply.queue), set())
        if len(people) < TEAM and reply.agent_id:
            people.add(crc32(reply.agent_id.encode()))
        return self.queue(reply.queue) if len(people) >= TEAM else "small teams"

    def dead_letter(self, topic: str, reason: str) -> None:
        """Count a record that could not be used."""
        self.dead_letters.labels(topic, reason).inc()

    def show_live(self, states: Iterable[CallState]) -> None:
        """Set the gauge of live calls, by phase and queue."""
        counts = TallyCounter((state.phase, self.queue(state.queue)) for state in states if not state.ended)
        for labels in self._shown - counts.keys():
            self.live_calls.labels(*labels).set(0)
        for labels, number in counts.items():
            self.live_calls.labels(*labels).set(number)
        self._shown |= counts.keys()
