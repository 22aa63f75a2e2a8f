from math import log

import msgspec
import pytest

from streams.calls.alerts import alert_id, token_cause
from streams.calls.events import (
    Alert,
    CallEnded,
    CallEvent,
    HoldEnded,
    HoldStarted,
    TranscriptTokens,
)
from tests.builders import BAD, CALM, Call, at, escalated, gained, play, recovered, rules, say, started


def test_ids_differ_in_every_part_and_stay_the_same() -> None:
    ids = {
        alert_id(call, kind, severity, cause)
        for call in ("c1", "c2")
        for kind in ("escalation", "closed")
        for severity in ("high", "critical")
        for cause in (token_cause("customer", 1, 12), token_cause("customer", 11, 2), "timer:cool_down:5")
    }
    assert len(ids) == 24
    assert alert_id("c1", "closed", "high", "event:call.ended:1") == alert_id(
        "c1", "closed", "high", "event:call.ended:1"
    )


def test_reasons_add_up_and_the_largest_is_first() -> None:
    call = recovered()
    for alert in call.alerts:
        weights = [reason.weight for reason in alert.reasons]
        assert sum(weights) == pytest.approx(gained(alert))
        assert weights
        assert weights == sorted(weights, key=abs, reverse=True)


def test_risk_before_is_the_risk_when_the_call_was_last_calm() -> None:
    call = Call()
    call.customer("this is the third time", 5)
    assert call.alerts == []
    calm = call.shown[-1].risk
    call.customer(BAD, 10)
    call.customer(BAD, 20)
    assert [alert.risk_before for alert in call.alerts] == [pytest.approx(calm)] * 2


def test_risk_before_is_the_risk_of_the_start_when_it_was_never_calm() -> None:
    [alert] = play_alerts("you idiot")
    assert log(alert.risk_before / (1 - alert.risk_before)) == pytest.approx(-3.0)


def play_alerts(text: str) -> list[Alert]:
    return [output for output in play([say("customer", text, 1, 0)]) if isinstance(output, Alert)]


def test_evidence_says_who_and_where_and_what() -> None:
    call = Call()
    call.customer("hello there", 1)
    call.customer("now put me through to your manager", 5)
    reason = call.alerts[0].reasons[0]
    assert (reason.signal, reason.speaker, reason.utterance, reason.text) == (
        "supervisor_request", "customer", 1, "now put me through to your manager",
    )  # fmt: skip


def test_an_alert_carries_the_call_and_who_decided() -> None:
    call = escalated()
    alert = call.alerts[-1]
    assert (alert.call_id, alert.customer_id, alert.agent_id, alert.queue, alert.locale) == (
        "c1", "u1", "a1", "billing", "en-US",
    )  # fmt: skip
    assert (alert.policy, alert.model, alert.calibration, alert.shadow) == (
        "default@1", "sentiment@7", None, False,
    )  # fmt: skip
    assert alert.at == at(20)


def test_shadow_marks_every_alert_and_standing() -> None:
    call = Call(rules(shadow=True))
    call.customer("you idiot", 1)
    assert call.alerts[0].shadow
    assert call.shown[0].shadow


def test_context_counts_holds_and_transfers() -> None:
    call = Call()
    call.apply(started(), HoldStarted("c1", at(10)), HoldEnded("c1", at(40)))
    call.customer("you idiot", 50)
    assert call.alerts[0].context.hold_seconds == 30
    assert call.alerts[0].context.transfers == 0


def test_seq_counts_the_alerts_of_both_topics() -> None:
    call = recovered()
    call.customer("you idiot", 120)
    call.apply(CallEnded("c1", at(130)))
    assert call.kinds == ["watch", "high", "deescalation", "high", "closed"]
    assert [alert.seq for alert in call.alerts] == [1, 2, 3, 4, 5]
    assert len({alert.alert_id for alert in call.alerts}) == 5


def test_ids_are_the_same_after_any_prefix_was_played_before() -> None:
    records: list[TranscriptTokens | CallEvent] = [
        started(),
        *(say("customer", text, 10 + 10 * n, n) for n, text in enumerate([BAD, BAD, CALM, CALM, CALM])),
        say("customer", "you idiot", 200, 5),
        CallEnded("c1", at(210)),
    ]
    whole = [output for output in play(records) if isinstance(output, Alert)]
    for cut in range(len(records)):
        part = [output for output in play(records[:cut]) if isinstance(output, Alert)]
        assert part == whole[: len(part)]
    assert [alert.kind for alert in whole] == ["escalation"] * 2 + ["deescalation", "escalation", "closed"]


def test_alerts_survive_the_wire() -> None:
    for alert in recovered().alerts:
        assert msgspec.json.decode(msgspec.json.encode(alert), type=Alert) == alert
