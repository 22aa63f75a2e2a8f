"""Twelve whole calls, written by somebody who knew only what the words mean, through the real Kafka.

Alerts where they belong, none on the calm ones: bad news told calmly, an appointment cancelled, a past
provider scolded, a technical question with long holds.
"""

import time
from pathlib import Path
from typing import Any

import pytest

from streams.config import PROJECT_DIR
from streams.sources.conversations import Conversation
from streams.sources.recorded import ConversationReader, recorded_calls
from streams.sources.timeline import play
from streams.topics import CALL_OUTCOMES, DEESCALATION_ALERTS, ESCALATION_ALERTS
from tests.integration.conftest import Floor
from tests.workers import until

pytestmark = pytest.mark.kafka

LOCALES = PROJECT_DIR / "deploy" / "locales"
CALLS = Path(__file__).parents[1] / "data" / "calls.jsonl"


@pytest.fixture(scope="module")
def written() -> list[Conversation]:
    return list(ConversationReader().read([CALLS]))


@pytest.fixture(scope="module")
def heard(floor: Floor, written: list[Conversation]) -> dict[str, list[dict[str, Any]]]:
    """What came out, per call: its alerts in their order."""
    hour_ago = int(time.time() * 1000) - 3_600_000
    arrivals = recorded_calls(written, every_ms=1_000)
    floor.broker.send_all((timed.topic, timed.record) for timed in play(arrivals, hour_ago))
    until(lambda: len(outcomes(floor)) == len(written), "every call has its outcome", 60)
    found: dict[str, list[dict[str, Any]]] = {conversation.id: [] for conversation in written}
    for topic in (ESCALATION_ALERTS, DEESCALATION_ALERTS):
        for alert in floor.broker.read_json(topic):
            found.setdefault(alert["call_id"], []).append(alert)
    return {call_id: sorted(alerts, key=lambda alert: alert["seq"]) for call_id, alerts in found.items()}


def outcomes(floor: Floor) -> set[str]:
    return {outcome["call_id"] for outcome in floor.broker.read_json(CALL_OUTCOMES)}


def counted(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Escalations that ask for somebody; a `watch` is a look when free."""
    return [alert for alert in alerts if alert["kind"] == "escalation" and alert["severity"] != "watch"]


def test_alerts_where_they_belong_and_none_on_the_calm_ones(
    written: list[Conversation], heard: dict[str, list[dict[str, Any]]]
) -> None:
    expected = {call.id for call in written if call.expect is not None and call.expect.escalates}
    assert len(expected) == 8
    assert {call_id for call_id, alerts in heard.items() if counted(alerts)} == expected


def test_every_alert_says_why(heard: dict[str, list[dict[str, Any]]]) -> None:
    for alerts in heard.values():
        for alert in counted(alerts):
            assert alert["reasons"], alert
            assert any(reason.get("text") for reason in alert["reasons"]), alert["reasons"]


def test_the_calls_that_come_back_say_so_with_what_preceded(
    written: list[Conversation], heard: dict[str, list[dict[str, Any]]]
) -> None:
    for call in written:
        if call.id.startswith("rec-"):
            back = [alert for alert in heard[call.id] if alert["kind"] == "deescalation"]
            assert back, call.id
            assert back[0]["recovery_ms"] > 15_000
            assert back[-1]["preceded_by"], call.id
            assert back[0]["escalation_id"] == counted(heard[call.id])[0]["escalation_id"]
