import time
from math import log
from typing import Any

import msgspec
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from streams.calls.events import (
    AlertClaimed,
    AlertReleased,
    CallEnded,
    CallEvent,
    CallStarted,
    CallTransferred,
    TranscriptTokens,
)
from streams.kafka.admin import connection
from streams.topics import CALL_EVENTS, CALL_RISK, DEAD_LETTERS, ESCALATION_ALERTS, TRANSCRIPT_TOKENS
from tests.integration.conftest import Floor
from tests.numbered import saved_states
from tests.workers import Broker, committed_to_the_end, until

pytestmark = pytest.mark.kafka

Pair = tuple[str, TranscriptTokens | CallEvent]


def now() -> int:
    return int(time.time() * 1000)


def event(record: CallEvent) -> Pair:
    return CALL_EVENTS, record


def said(call_id: str, at: int, text: str, utterance: int = 0, *, final: bool = True) -> Pair:
    record = TranscriptTokens(call_id, "customer", utterance, text.split(), at, final=final)
    return TRANSCRIPT_TOKENS, record


def alerts(broker: Broker, call_id: str) -> list[dict[str, Any]]:
    found = broker.read_json(ESCALATION_ALERTS) + broker.read_json("deescalation-alerts")
    return sorted((alert for alert in found if alert["call_id"] == call_id), key=lambda alert: alert["seq"])


def risks(broker: Broker, call_id: str) -> list[dict[str, Any] | None]:
    """The records of a call in `call-risk`, None for a tombstone."""
    return [
        None if record.value is None else msgspec.json.decode(record.value)
        for record in broker.read(CALL_RISK)
        if record.key == call_id.encode()
    ]


def test_what_cannot_be_used_goes_to_dead_letters_and_the_rest_is_applied(floor: Floor) -> None:
    """H3: the garbage corpus, between good records."""
    broker, at = floor.broker, now()
    admin = KafkaAdminClient(**connection(broker.settings))
    topic = ConfigResource(
        ConfigResourceType.TOPIC, broker.settings.topic(TRANSCRIPT_TOKENS), {"max.message.bytes": 2**24}
    )
    admin.alter_configs([topic])
    admin.close()
    good = msgspec.json.encode(said("bad", at, "hello")[1])
    huge = good[:-1] + b',"x":"' + b"x" * (10 * 2**20) + b'"}'
    corpus: list[tuple[str, bytes | None, bytes | None, str, str]] = [
        (CALL_EVENTS, b"bad", b"not json", "not_json", ""),
        (CALL_EVENTS, b"bad", b"", "not_json", ""),
        (CALL_EVENTS, b"bad", None, "empty", ""),
        (CALL_EVENTS, b"bad", b"[1,2]", "wrong_field", ""),
        (CALL_EVENTS, b"bad", b'{"call_id":"bad","type":"call.exploded","at":1}', "wrong_field", "$.type"),
        (CALL_EVENTS, b"bad", b'{"call_id":"bad","type":"call.ended"}', "wrong_field", "$.at"),
        (CALL_EVENTS, b"bad", b'{"call_id":"bad","type":"call.ended","at":"1"}', "wrong_field", "$.at"),
        (CALL_EVENTS, b"else", b'{"call_id":"bad","type":"call.ended","at":1}', "key_mismatch", "$.call_id"),
        (TRANSCRIPT_TOKENS, None, good, "key_mismatch", "$.call_id"),
        (TRANSCRIPT_TOKENS, b"\xff\x00", good, "key_mismatch", "$.call_id"),
        (TRANSCRIPT_TOKENS, b"bad", good.replace(b"hello", b"\xff\xfe"), "not_json", ""),
        (TRANSCRIPT_TOKENS, b"bad", good.replace(b"customer", b"hello"), "wrong_field", "$.speaker"),
        (TRANSCRIPT_TOKENS, b"bad", huge, "too_large", ""),
    ]
    before = floor.worker.applied()
    expected = {}
    for number, (name, key, value, reason, field) in enumerate(corpus):
        moved = CallTransferred("good", at + number)
        broker.send_all([event(moved), said("good", at + number, "yes", number)])
        place = broker.send(name, key, value, partition=number % 4)
        expected[(broker.settings.topic(name), *place)] = (reason, field, key, value)
    backwards = said("good", at - 3_600_000, "later", len(corpus))
    never_started = said("nobody", at, "anyone there", 0)
    broker.send_all([backwards, never_started])
    applied = 2 * len(corpus) + 2
    until(lambda: floor.worker.applied() - before == applied, "the good ones are applied")
    until(lambda: len(broker.read(DEAD_LETTERS)) == len(corpus), "the others are kept")
    found: dict[tuple[str, int, int], tuple[str, str, bytes | None, bytes | None]] = {}
    for letter in broker.read(DEAD_LETTERS):
        told = {name: text.decode() for name, text in letter.headers}
        assert "hello" not in told["detail"]
        assert int(told["timestamp"]) >= at
        origin = (told["topic"], int(told["partition"]), int(told["offset"]))
        found[origin] = (told["reason"], told["field"], letter.key, letter.value)
    assert found == expected
    assert floor.worker.metric("attune_dead_letters_total") == len(corpus)
    assert floor.worker.metric("attune_records_total", outcome="malformed") == len(corpus)
    until(lambda: "nobody" in saved_states(broker), "the states are saved")
    assert saved_states(broker)["good"].transfers == len(corpus)


def test_after_a_checkpoint_the_committed_offset_is_the_last_saved_one_plus_one(floor: Floor) -> None:
    """H2, H27."""
    broker = floor.broker
    broker.send_all([event(CallTransferred(f"commit-{number}", now())) for number in range(20)])
    broker.send_all([said(f"commit-{number}", now(), "yes") for number in range(20)])
    until(lambda: committed_to_the_end(broker), "all is committed")
    states = saved_states(broker)
    for number in range(20):
        state = states[f"commit-{number}"]
        assert state.event_offset >= 0
        assert state.token_offset >= 0
    last = max(state.token_offset for state in states.values())
    assert last + 1 == max(broker.committed(TRANSCRIPT_TOKENS).values())


def test_an_alert_carries_the_fields_of_the_contract_and_reasons_that_add_up(floor: Floor) -> None:
    broker, at = floor.broker, now()
    broker.send_all(
        [
            event(
                CallStarted(
                    "wire",
                    at,
                    customer_id="u7",
                    queue="billing",
                    locale="en-US",
                    agent_id="a9",
                    direction="inbound",
                )
            ),
            said("wire", at + 100, "get me your manager right now"),
        ]
    )
    until(lambda: alerts(broker, "wire"), "an alert")
    [alert] = alerts(broker, "wire")
    assert list(alert) == [
        *(
            "alert_id",
            "seq",
            "kind",
            "call_id",
            "customer_id",
            "agent_id",
            "queue",
            "locale",
            "at",
            "severity",
        ),
        *("risk", "risk_before", "risk_peak", "escalation_id", "raises", "shadow", "calibration", "reasons"),
        *("context", "policy", "model", "outcome", "recovery_ms", "preceded_by"),
    ]
    assert {name: alert[name] for name in ("seq", "kind", "customer_id", "queue", "locale", "at")} == {
        "seq": 1,
        "kind": "escalation",
        "customer_id": "u7",
        "queue": "billing",
        "locale": "en-US",
        "at": at + 100,
    }
    assert len(alert["agent_id"]) == 20  # a pseudonym: who took the call is on the live card alone
    assert (alert["context"]["hold_seconds"], alert["context"]["transfers"]) == (0, 0)
    assert (alert["policy"], alert["shadow"], alert["calibration"]) == ("default@1", False, None)
    reason = alert["reasons"][0]
    assert set(reason) == {"signal", "weight", "speaker", "utterance", "text"}
    assert (reason["signal"], reason["speaker"], reason["utterance"]) == ("supervisor_request", "customer", 0)
    gained = [log(alert[name] / (1 - alert[name])) for name in ("risk", "risk_before")]
    assert sum(reason["weight"] for reason in alert["reasons"]) == pytest.approx(gained[0] - gained[1])
    assert floor.worker.metric("attune_alerts_total", kind="escalation", queue="billing") >= 1
    assert floor.worker.metric("attune_alert_latency_seconds_count") >= 1


def test_the_first_claim_by_offset_wins_and_the_call_leaves_no_risk_behind(floor: Floor) -> None:
    broker, at = floor.broker, now()
    broker.send_all(
        [event(CallStarted("claim", at, queue="q")), said("claim", at + 1, "get me your manager")]
    )
    until(lambda: alerts(broker, "claim"), "an alert")
    [alert] = alerts(broker, "claim")
    mine = alert["alert_id"]
    broker.send_all(
        [
            event(AlertClaimed("claim", at + 30, mine, "first by offset")),
            event(AlertClaimed("claim", at + 20, mine, "first by time")),
            event(AlertReleased("claim", at + 40, mine, "first by time")),
        ]
    )
    until(lambda: (risks(broker, "claim")[-1] or {}).get("claimed_by"), "the claim is shown")
    broker.send_all([event(CallTransferred("claim", at + 50))])
    shown = [risk["claimed_by"] for risk in risks(broker, "claim") if risk is not None]
    assert [by for by in shown if by] == ["first by offset"] * len([by for by in shown if by])
    last = risks(broker, "claim")[-1]
    assert last is not None
    assert (last["alert_id"], last["severity"], last["phase"]) == (mine, "high", "escalated")
    broker.send_all([event(CallEnded("claim", at + 60))])
    until(lambda: risks(broker, "claim")[-1] is None, "the tombstone")
    assert [alert["kind"] for alert in alerts(broker, "claim")] == ["escalation", "closed"]
