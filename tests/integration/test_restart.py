import time
from typing import Any

import msgspec
import pytest

from streams.calls.events import CallEnded, CallEvent, CallStarted, TranscriptTokens
from streams.calls.state import IDLE_END_MS
from streams.config import Settings
from streams.topics import CALL_EVENTS, CALL_RISK, ESCALATION_ALERTS, TRANSCRIPT_TOKENS
from tests.numbered import Numbered, saved_states
from tests.workers import Broker, Worker, until

pytestmark = pytest.mark.kafka


def said(call_id: str, at: int, text: str, utterance: int = 0, index: int = 0, *, final: bool = False) -> Any:
    tokens = text.split()
    return TRANSCRIPT_TOKENS, TranscriptTokens(call_id, "customer", utterance, tokens, at, index, final)


def alerts(broker: Broker, call_id: str) -> list[dict[str, Any]]:
    return [alert for alert in broker.read_json(ESCALATION_ALERTS) if alert["call_id"] == call_id]


def test_nothing_is_committed_while_a_state_is_unsaved_and_all_of_it_at_sigterm(
    settings: Settings, broker: Broker
) -> None:
    """H2, H27: the stop saves and commits; the next worker repeats nothing."""
    rare = msgspec.structs.replace(settings, checkpoint_seconds=3_600)
    load = Numbered(calls=10, tokens=100)
    with Worker(rare) as worker:
        count = broker.send_all(load.records(0, 50))
        until(lambda: worker.applied() == count, "applied")
        time.sleep(4)  # longer than Faust's own commit takes to come round
        for name in (CALL_EVENTS, TRANSCRIPT_TOKENS):
            assert not any(broker.committed(name).values())
        assert saved_states(broker) == {}
        assert worker.stop() == 0
    for name in (CALL_EVENTS, TRANSCRIPT_TOKENS):
        assert broker.committed(name) == {part: end for part, end in broker.ends(name).items() if end}
    with Worker(rare) as worker:
        count = broker.send_all(load.records(50))
        until(lambda: worker.applied() == count, "applied")
        assert worker.metric("attune_records_total", outcome="repeated") == 0
        assert worker.stop() == 0
    assert load.wrong(saved_states(broker)) == {}


def test_a_killed_worker_goes_on_in_mid_utterance_and_repeats_alerts_by_the_same_id(
    settings: Settings, broker: Broker
) -> None:
    """H6, H7: what was saved is in the state, what was not is applied again with the same result."""
    at = int(time.time() * 1000)
    quick = msgspec.structs.replace(settings, checkpoint_seconds=1)
    rare = msgspec.structs.replace(settings, checkpoint_seconds=3_600)
    with Worker(quick) as worker:
        broker.send_all([(CALL_EVENTS, CallStarted("c", at, queue="q")), said("c", at + 10, "get me your")])
        until(
            lambda: "c" in saved_states(broker) and saved_states(broker)["c"].open, "saved in mid-utterance"
        )
        worker.kill()
    with Worker(rare) as worker:
        broker.send_all([said("c", at + 20, "manager", index=3, final=True)])
        until(lambda: alerts(broker, "c"), "an alert")
        worker.kill()
    with Worker(quick) as worker:
        broker.send_all([(CALL_EVENTS, CallEnded("c", at + 30))])
        until(lambda: [alert["kind"] for alert in alerts(broker, "c")][-1] == "closed", "the end")
        assert worker.stop() == 0
    first, again, closed = alerts(broker, "c")
    assert first["reasons"][0]["text"] == "get me your manager"
    assert again == first
    assert closed["seq"] == first["seq"] + 1
    assert closed["escalation_id"] == first["alert_id"]


def test_a_call_without_an_end_is_closed_when_time_has_passed(quick: Settings, broker: Broker) -> None:
    """The timer's `at` is its deadline, whichever call of the partition moves the time on."""
    at = int(time.time() * 1000) - 2 * IDLE_END_MS
    deadline = at + 1_000 + IDLE_END_MS

    def send(name: str, record: TranscriptTokens | CallEvent) -> None:
        broker.send(name, record.call_id.encode(), msgspec.json.encode(record), partition=3)

    with Worker(quick):
        send(CALL_EVENTS, CallStarted("forgotten", at, queue="q"))
        send(*said("forgotten", at + 1_000, "get me your manager", final=True))
        until(lambda: alerts(broker, "forgotten"), "an alert")
        send(CALL_EVENTS, CallStarted("later", deadline + quick.lateness_ms))
        until(lambda: len(alerts(broker, "forgotten")) == 2, "it is closed")
        until(
            lambda: [r.value for r in broker.read(CALL_RISK) if r.key == b"forgotten"][-1] is None,
            "its tombstone",
        )
    closed = alerts(broker, "forgotten")[1]
    assert (closed["kind"], closed["outcome"], closed["at"]) == ("closed", "unrecovered", deadline)
