"""Thresholds that know how sure the recogniser was, and queues that are live or in shadow."""

from typing import Any

import msgspec
import pytest

from streams.calls.events import TranscriptTokens
from streams.calls.policy import parse_policy
from streams.errors import SettingsError
from tests.builders import BAD, CALM, THRESHOLDS, Call, rules, say, started


def heard(text: str, seconds: float, utterance: int, confidence: float | None) -> TranscriptTokens:
    said = say("customer", text, seconds, utterance)
    if confidence is None:
        return said
    return msgspec.structs.replace(said, confidence=[confidence] * len(said.tokens))


def kinds(*turns: tuple[str, float | None], **policy: Any) -> list[str]:
    call = Call(rules(**policy))
    for n, (text, confidence) in enumerate(turns):
        call.apply(heard(text, 10 + 10 * n, n, confidence))
    return call.kinds


@pytest.mark.parametrize("confidence", [None, 1.0])
def test_words_heard_for_sure_alert_as_if_nothing_was_said_of_confidence(confidence: float | None) -> None:
    assert kinds((BAD, confidence), (BAD, confidence)) == ["watch", "high"]


def test_doubtful_words_need_more_risk() -> None:
    assert kinds((BAD, 0.2), (BAD, 0.2)) == ["watch"]


def test_without_doubt_in_the_policy_confidence_moves_no_threshold() -> None:
    assert kinds((BAD, 0.2), (BAD, 0.2), doubt=0) == ["watch", "high"]


def test_doubt_counts_in_proportion() -> None:
    assert kinds((BAD, 0.2), (BAD, 0.95), doubt=1.5) == ["watch", "high"]


def test_doubtful_words_hold_an_early_alert_back_too() -> None:
    call = Call(rules())
    call.apply(heard(BAD, 10, 0, None))
    early = msgspec.structs.replace(heard("so it is awful awful awful", 20, 1, 0.1), final=False)
    call.apply(early)
    assert call.kinds == ["watch"]


@pytest.mark.parametrize("text", ["get me your manager", "my lawyer will call", "you idiot", "i smell gas"])
def test_a_demand_that_was_hardly_heard_does_not_alert_by_itself(text: str) -> None:
    assert kinds((CALM, None), (text, 0.39), enter=0.97, doubt=0) in ([], ["watch"])


@pytest.mark.parametrize(("text", "severity"), [("get me your manager", "high"), ("i smell gas", "critical")])
def test_a_demand_that_was_heard_well_enough_alerts(text: str, severity: str) -> None:
    assert kinds((CALM, None), (text, 0.41), enter=0.97) == [severity]


def test_a_threat_that_was_hardly_heard_does_not_make_an_alert_critical() -> None:
    assert kinds((BAD, None), (BAD, None), ("i smell gas", 0.1)) == ["watch", "high"]


def test_a_request_that_was_hardly_heard_is_not_a_request_repeated() -> None:
    call = Call(rules())
    call.customer("get me your manager", 10)
    call.agent("i can not do that", 15)
    call.apply(heard("get me your manager", 20, 1, 0.1))
    assert call.kinds == ["high"]


def test_confidence_is_the_average_of_the_whole_utterance() -> None:
    said = say("customer", "well now you idiot", 10, 0)
    call = Call(rules(enter=0.97))
    call.apply(msgspec.structs.replace(said, confidence=[1.0, 1.0, 0.1, 0.1]))
    assert call.kinds == ["high"]


# Shadow.


@pytest.mark.parametrize("mode", ["live", "shadow"])
@pytest.mark.parametrize("site", [True, False])
def test_a_queue_may_differ_from_the_site(mode: str, site: bool) -> None:
    by = rules(shadow=site, modes={"billing": mode})
    found = []
    for queue in ("billing", "sales"):
        call = Call(by)
        call.apply(started(queue=queue))
        call.customer("you idiot", 5)
        found.append(call.alerts[0].shadow)
        assert call.shown[-1].shadow == found[-1]
    assert found == [mode == "shadow", site]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("doubt", -0.1),
        ("doubt", 11),
        ("heard_confidence", 1.1),
        ("heard_confidence", "half"),
        ("modes", {"billing": "quiet"}),
        ("modes", "shadow"),
        ("always", ["dead_air"]),
        ("critical", ["apologise"]),
    ],
)
def test_a_key_out_of_its_range_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"floor\.toml.*{key}"):
        parse_policy({"name": "floor", "version": 1, key: value}, "floor.toml")


def test_the_keys_are_read() -> None:
    table = {"name": "floor", "version": 1, "doubt": 0, "heard_confidence": 1, "modes": {"a": "live"}}
    policy = parse_policy(table | THRESHOLDS, "floor.toml")
    assert (policy.doubt, policy.heard_confidence, policy.modes) == (0, 1, {"a": "live"})
