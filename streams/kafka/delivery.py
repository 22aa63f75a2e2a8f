"""Outputs of a step to records on Kafka, and the figures that go with them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from streams import topics
from streams.calls.events import Alert, CallRisk, LabelledTurn
from streams.calls.masking import mask_bytes
from streams.calls.outcome import CallOutcome
from streams.calls.outputs import AgentReply, CallGone, EmpathyMoment, Gap, Output, Recovery, Suppressed
from streams.calls.reports import ContactReport, OutcomeReport, SentenceReport, StintReport
from streams.calls.rules import Rules
from streams.codec import encode
from streams.config import Settings
from streams.errors import MalformedRecord
from streams.kafka.checkpoint import Checkpoint, LiveCall
from streams.kafka.outbox import Headers, Outbox
from streams.kafka.partition import Raw
from streams.metrics import PipelineMetrics

#: Linger of the producer of states and everything else that nobody waits for, ms.
STATE_LINGER_MS = 20


class Delivery:
    """Sends what steps ask for. Alerts go through a producer of their own, everything else through another.

    Parameters
    ----------
    settings : Settings
        Names of topics, and how to reach the broker.
    metrics : PipelineMetrics
        Where alerts, gaps and dead letters are counted.
    rules : Rules
        The rules in force; replaced as a whole when they change.
    fail : callable
        Called with a sentence when something cannot be sent.
    allowed : callable
        Asked before every send: false once this worker may have lost its partitions.
    naming : callable
        Returns what alerts call the person who takes a call, given their id: it, a pseudonym, or nothing.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: PipelineMetrics,
        rules: Rules,
        fail: Callable[[str], None],
        allowed: Callable[[], bool],
        naming: Callable[[str], str] = str,
    ) -> None:
        self.rules = rules
        self._naming = naming
        self._nameless = settings.agents == "off"
        self._unwanted = tuple(
            kind
            for kind, wanted in (
                (StintReport, settings.keeps_workload),
                (SentenceReport, settings.phrase_book == "on"),
            )
            if not wanted
        )
        self.metrics = metrics
        self._name = settings.topic
        self._prefix = len(settings.topic_prefix)
        self.alerts = Outbox(settings, 0, fail, allowed)
        self.states = Outbox(settings, STATE_LINGER_MS, fail, allowed)

    async def start(self) -> None:
        """Connect."""
        await asyncio.gather(self.alerts.start(), self.states.start())

    async def stop(self) -> None:
        """Send what is queued and disconnect."""
        await asyncio.gather(self.alerts.stop(), self.states.stop())

    def emit(self, partition: int, call: LiveCall, outputs: Sequence[Output], raw: Raw | None) -> None:
        """Send what a step asked for; what is sent is added to the call's `sends`."""
        for output in outputs:
            if isinstance(output, Suppressed | Gap | EmpathyMoment | AgentReply | Recovery):
                self.metrics.count(output)
            elif isinstance(output, self._unwanted):
                continue
            elif isinstance(output, Alert):
                call.sends.append(self._send_alert(partition, call.key, output, raw))
            else:
                call.sends.append(self._send_other(partition, call.key, output))

    def dead_letter(self, checkpoint: Checkpoint, raw: Raw, problem: MalformedRecord) -> None:
        """Keep a record that could not be used; its offset is committed only once it is kept."""
        held = (raw.offset if raw.topic == self._name(name) else -1 for name in topics.CALL_INPUTS)
        serial = checkpoint.hold(*held)
        self.refuse(raw, problem).add_done_callback(lambda _: checkpoint.acknowledged(serial))

    def refuse(self, raw: Raw, problem: MalformedRecord) -> asyncio.Future[None]:
        """Send a record that could not be used to the dead letters."""
        self.metrics.dead_letter(raw.topic[self._prefix :], problem.reason)
        value = raw.value if raw.value is None else raw.value[: topics.MAX_DEAD_LETTER_BYTES - 64 * 1024]
        if value is not None:
            value = mask_bytes(value) if self.rules.text else b""
        return self.states.put(
            self._name(topics.DEAD_LETTERS), raw.key, value, headers=_dead_letter_headers(raw, problem)
        )

    def publish(self, model: str, snapshot: bytes) -> None:
        """Send a new version of a model to every worker."""
        self.states.put(self._name(topics.MODEL_SNAPSHOTS), model.encode(), snapshot, 0)

    def save(self, partition: int, key: bytes, value: bytes | None) -> asyncio.Future[None]:
        """Write a call's state, or its tombstone."""
        if value is not None:
            self.metrics.state_bytes.inc(len(key) + len(value))
        return self.states.put(self._name(topics.CALL_STATE), key, value, partition)

    def bury(self, partition: int, call: LiveCall) -> None:
        """Remove the remains of an ended call from the state topic."""
        self.save(partition, call.key, None)

    def __len__(self) -> int:
        return len(self.alerts) + len(self.states)

    def _send_alert(self, partition: int, key: bytes, alert: Alert, raw: Raw | None) -> asyncio.Future[None]:
        came = raw.timestamp if raw is not None else int(time.time() * 1000)
        recovered = alert.kind == "deescalation"
        topic = topics.DEESCALATION_ALERTS if recovered else topics.ESCALATION_ALERTS
        headers = [("cause-timestamp", str(came).encode())]
        if alert.agent_id is not None:
            alert = msgspec.structs.replace(alert, agent_id=self._naming(alert.agent_id) or None)
        sent = self.alerts.put(self._name(topic), key, encode(alert), partition, headers)
        sent.add_done_callback(partial(self._alerted, alert, came))
        return sent

    def _alerted(self, alert: Alert, came: int, _: asyncio.Future[None]) -> None:
        self.metrics.alert(alert, time.time() - came / 1000)

    def _send_other(
        self,
        partition: int,
        key: bytes,
        output: (
            CallRisk
            | CallGone
            | CallOutcome
            | ContactReport
            | StintReport
            | SentenceReport
            | OutcomeReport
            | LabelledTurn
        ),
    ) -> asyncio.Future[None]:
        put, name = self.states.put, self._name
        if isinstance(output, CallRisk):
            self.metrics.call_risk.observe(output.risk)
            if output.agent_id is not None and self._nameless:
                output = msgspec.structs.replace(output, agent_id=None)
            return put(name(topics.CALL_RISK), key, encode(output), partition)
        if isinstance(output, CallGone):
            return put(name(topics.CALL_RISK), key, None, partition)
        if isinstance(output, CallOutcome):
            return put(name(topics.CALL_OUTCOMES), key, encode(output), partition)
        if isinstance(output, ContactReport):
            return put(name(topics.CUSTOMERS_IN), output.customer_id.encode(), encode(output))
        if isinstance(output, StintReport):
            return put(name(topics.AGENTS_IN), output.agent_id.encode(), encode(output))
        if isinstance(output, OutcomeReport):
            self.metrics.examples.labels("outcomes", _source(output)).inc()
            return put(name(topics.LABELLED_OUTCOMES), output.record_id.encode(), encode(output), 0)
        if isinstance(output, SentenceReport):
            return put(name(topics.AGENT_SENTENCES), output.locale.encode(), encode(output), 0)
        self.metrics.examples.labels("sentiment", output.source).inc()
        return put(name(topics.LABELLED_EXAMPLES), output.record_id.encode(), encode(output), 0)


def _source(report: OutcomeReport) -> str:
    if report.csat is not None or report.nps is not None:
        return "survey"
    return "end" if report.ended else "wrapup"


def _dead_letter_headers(raw: Raw, problem: MalformedRecord) -> Headers:
    return [
        ("reason", problem.reason.encode()),
        ("detail", problem.detail.encode()),
        ("field", problem.field.encode()),
        ("topic", raw.topic.encode()),
        ("partition", str(raw.partition).encode()),
        ("offset", str(raw.offset).encode()),
        ("timestamp", str(raw.timestamp).encode()),
    ]
