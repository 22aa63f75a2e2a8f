"""A call's outcome, its customer's history and back: over the internal topics, on a real Kafka."""

import re
import time
from typing import Any

import pytest

from models.prospects import FEATURES
from streams.calls.events import (
    AgentJoined,
    CallEnded,
    CallEvent,
    CallStarted,
    SurveySubmitted,
    TranscriptTokens,
    WrapupCompleted,
)
from streams.calls.reports import OutcomeReport
from streams.codec import encode
from streams.topics import (
    CALL_EVENTS,
    CALL_OUTCOMES,
    CUSTOMER_RISK,
    ESCALATION_ALERTS,
    LABELLED_OUTCOMES,
    TRANSCRIPT_TOKENS,
)
from tests.integration.conftest import Floor
from tests.workers import Broker, until

pytestmark = pytest.mark.kafka


def a_while_ago() -> int:
    """Return an instant to begin at: what claims to be from the future is taken to be from now."""
    return int(time.time() * 1000) - 600_000


def event(happened: CallEvent) -> tuple[str, CallEvent]:
    return CALL_EVENTS, happened


def said(call_id: str, at: int, text: str, utterance: int = 0) -> tuple[str, TranscriptTokens]:
    return TRANSCRIPT_TOKENS, TranscriptTokens(call_id, "customer", utterance, text.split(), at, final=True)


def outcomes(broker: Broker, call_id: str) -> list[dict[str, Any]]:
    return [record for record in broker.read_json(CALL_OUTCOMES) if record["call_id"] == call_id]


def alert(broker: Broker, call_id: str) -> dict[str, Any] | None:
    found = [record for record in broker.read_json(ESCALATION_ALERTS) if record["call_id"] == call_id]
    return found[-1] if found else None


def a_bad_call(call_id: str, customer: str, at: int) -> list[tuple[str, Any]]:
    return [
        event(CallStarted(call_id, at, customer_id=customer, queue="billing", locale="en-US")),
        event(AgentJoined(call_id, at + 500, "zoe-77")),
        said(call_id, at + 2_000, "get me your manager right now"),
        event(CallEnded(call_id, at + 4_000, "customer_hung_up")),
    ]


def test_an_outcome_is_said_at_the_end_and_again_when_the_survey_comes(floor: Floor) -> None:
    broker, at = floor.broker, a_while_ago()
    broker.send_all(a_bad_call("told", "u-told", at))
    until(lambda: outcomes(broker, "told"), "the outcome")
    [first] = outcomes(broker, "told")
    assert (first["revision"], first["unrecovered"], first["escalations"]) == (0, True, 1)
    timings = first["timings"]
    assert timings["length_ms"] == 4_000
    assert timings["queue_ms"] + timings["talk_ms"] + timings["hold_ms"] == timings["length_ms"]
    assert first["signals"]["supervisor_request"] == 1
    assert "zoe-77" not in str(first)
    broker.send_all(
        [
            event(WrapupCompleted("told", at + 9_000, matter="refund", resolved=False)),
            event(SurveySubmitted("told", at + 60_000, csat=1)),
        ]
    )
    until(lambda: len(outcomes(broker, "told")) == 3, "two more revisions")
    last = outcomes(broker, "told")[-1]
    assert (last["revision"], last["csat"], last["resolved"], last["matter"]) == (2, 1, False, "refund")
    assert last["timings"]["wrapup_ms"] == 5_000
    found = last["predictions"]
    assert (found["csat"], found["nps_class"], found["first_contact_resolution"]) == (None, None, None)
    reports = [record for record in broker.read_json(LABELLED_OUTCOMES) if "told:" in record["record_id"]]
    assert [(report.get("ended"), report.get("resolved"), report.get("csat")) for report in reports] == [
        (True, None, None),
        (None, False, None),
        (None, None, 1),
    ]


def test_what_surveys_said_of_calls_is_predicted_of_the_next(floor: Floor) -> None:
    """labelled-outcomes, train_models, model-snapshots and back, once there are enough of them."""
    broker = floor.broker
    bad = [1.0 if name in ("risk_peak", "unrecovered", "escalated") else 0.2 for name in FEATURES]
    for number in range(300):
        angry = number % 2 == 0
        features = tuple(bad if angry else [0.1] * len(FEATURES))
        for report in (
            OutcomeReport(f"s{number}:0", features, ended=True),
            OutcomeReport(f"s{number}:1", features, csat=1 if angry else 5),
        ):
            broker.send(LABELLED_OUTCOMES, report.record_id.encode(), encode(report), 0)
    until(lambda: max(map(int, re.findall(r"(\d+) surveys of", floor.worker.log)), default=0) >= 300, "all")
    broker.send_all(a_bad_call("expected", "u-expected", a_while_ago()))
    until(lambda: outcomes(broker, "expected"), "the outcome")
    found = outcomes(broker, "expected")[0]["predictions"]
    assert found["csat"] < 2.5
    assert found["response_rate"] is not None


def test_the_next_call_of_a_customer_says_what_was_before(floor: Floor) -> None:
    """customers-in, track_customers, customer-context and back, then an alert that says so."""
    broker, at = floor.broker, a_while_ago()
    broker.send_all(a_bad_call("before", "u-again", at))

    def bad_experiences() -> int:
        risks = [r for r in broker.read_json(CUSTOMER_RISK) if r["customer_id"] == "u-again"]
        return int(risks[-1]["bad_experiences"]) if risks else 0

    until(lambda: bad_experiences() == 1, "a bad experience")
    later = a_while_ago()
    broker.send_all(
        [event(CallStarted("after", later, customer_id="u-again", queue="billing", locale="en-US"))]
    )
    time.sleep(2)
    broker.send_all([said("after", later + 2_500, "get me your manager right now")])
    until(lambda: alert(broker, "after"), "an alert")
    found = alert(broker, "after")
    assert found is not None
    assert (found["context"]["calls_in_30_days"], found["context"]["bad_experiences"]) == (2, 1)
    assert {"history", "repeat_contact"} <= {reason["signal"] for reason in found["reasons"]}
