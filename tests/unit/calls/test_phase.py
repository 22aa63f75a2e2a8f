import pytest

from streams.calls.events import AlertClaimed, Speaker
from streams.calls.outputs import Suppressed
from streams.calls.rules import Rules
from tests.builders import BAD, CALM, Call, at, escalated, of_kind, recovered, rules, say


def test_calm_talk_raises_nothing() -> None:
    call = Call()
    for n in range(30):
        call.customer("so the bill came on monday", 10 * n)
        call.agent("let me have a look", 10 * n + 5)
    assert call.alerts == []
    assert call.known.phase == "calm"


def test_phases_of_a_call_that_went_wrong_and_came_back() -> None:
    call = Call()
    seen = []
    for n, text in enumerate(["hello there", BAD, BAD, CALM, CALM, CALM]):
        call.customer(text, 10 * (n + 1))
        seen.append(call.known.phase)
    assert seen == ["calm", "tense", "escalated", "recovering", "recovered", "calm"]
    assert [shown.phase for shown in call.shown] == seen


def test_a_watch_is_no_escalation_and_comes_once() -> None:
    call = Call()
    call.customer(BAD, 10)
    [watch] = call.alerts
    assert (watch.severity, watch.escalation_id, watch.raises) == ("watch", None, None)
    call.customer("awful", 12)
    assert "watch" not in call.kinds[1:]


def test_a_call_that_turns_tense_again_is_watched_once_a_cool_down() -> None:
    call = Call()
    call.customer(BAD, 10)
    for n in range(3):
        call.customer(CALM, 20 + n)
    assert call.known.phase == "calm"
    call.customer(BAD, 60)
    assert call.kinds == ["watch"]
    assert call.shown[-1].phase == "tense"
    for n in range(3):
        call.customer(CALM, 65 + n)
    call.customer(BAD, 70)
    assert call.kinds == ["watch", "watch"]


def test_no_watch_inside_the_cool_down() -> None:
    call = recovered()  # the watch was at 10 s, the recovery at 40 s
    for n in range(6):
        call.customer(CALM, 41 + n)
    call.customer(BAD, 75)
    assert call.known.phase == "tense"
    assert call.kinds == ["watch", "high", "deescalation"]


def test_a_rise_from_watch_says_what_it_raises() -> None:
    watch, high = escalated().alerts
    assert high.raises == watch.alert_id
    assert high.escalation_id == high.alert_id


def test_between_exit_and_enter_nothing_flaps() -> None:
    """Once tense, a call stays tense until the risk is below exit."""
    call = Call(rules(watch=0.35, exit=0.1))
    call.customer(BAD, 10)
    call.customer(CALM, 20)
    assert call.known.phase == "tense"
    call.customer(BAD, 30)
    call.customer(CALM, 40)
    assert call.kinds.count("watch") == 1


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("get me your manager", "high"),
        ("you will hear from my lawyer", "high"),
        ("you idiot", "high"),
        ("i smell gas", "critical"),
    ],
)
def test_the_always_list_alerts_at_the_final_utterance(text: str, severity: str) -> None:
    call = Call(rules(enter=0.99, dwell_tokens=1))
    call.apply(say("customer", text, 1, 0, final=False))
    assert call.alerts == []
    call.apply(say("customer", [], 2, 0, index=len(text.split())))
    assert call.kinds == [severity]


@pytest.mark.parametrize("speaker", ["agent", "supervisor", "bot"])
def test_only_the_customer_escalates(speaker: Speaker) -> None:
    call = Call()
    for n in range(5):
        call.says(speaker, "you idiot smell gas your manager awful awful", n)
    assert call.alerts == []


def test_what_is_not_on_the_always_list_needs_the_risk() -> None:
    call = Call()
    call.customer("close my account", 1)
    assert call.kinds == ["watch"]


# The deferral: at most one customer turn, while the agent repairs.


def test_an_alert_waits_one_turn_while_the_agent_repairs() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.agent("i'm so sorry", 15)
    assert Suppressed("", "deferred") in call.customer(BAD, 20)
    assert call.kinds == ["watch"]
    call.agent("that must be hard", 25)
    assert "deferred" not in {held.reason for held in of_kind(call.customer(BAD, 30), Suppressed)}
    assert call.kinds == ["watch", "high"]


def test_a_deferred_alert_that_the_repair_made_needless_never_comes() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.agent("i'm so sorry", 15)
    call.customer(BAD, 20)
    for n in range(4):
        call.customer(CALM, 30 + 10 * n)
    assert call.kinds == ["watch"]
    assert call.known.phase == "calm"


def test_the_always_list_is_never_deferred() -> None:
    call = Call()
    call.agent("i'm so sorry", 5)
    call.customer("you idiot", 10)
    assert call.kinds == ["high"]


def test_what_is_no_act_of_an_agent_defers_nothing() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.agent("thank you so much", 15)
    call.customer(BAD, 20)
    assert call.kinds == ["watch", "high"]


def test_an_act_before_an_earlier_turn_defers_nothing() -> None:
    call = Call()
    call.agent("i'm so sorry", 5)
    call.customer(BAD, 10)
    call.customer(BAD, 20)
    assert call.kinds == ["watch", "high"]


def test_a_bot_or_a_policy_without_deferral_defers_nothing() -> None:
    cases: list[tuple[Speaker, Rules]] = [("bot", rules()), ("agent", rules(defer_turns=0))]
    for speaker, by in cases:
        call = Call(by)
        call.customer(BAD, 10)
        call.says(speaker, "i'm so sorry", 15)
        call.customer(BAD, 20)
        assert call.kinds == ["watch", "high"]


# The cool-down, and what waits for its end.


def test_what_comes_inside_the_cool_down_waits_for_its_end() -> None:
    call = recovered()  # at 40 s
    assert Suppressed("billing", "cool_down") in call.customer("you idiot", 70)
    assert call.wait(99.999) == []
    call.wait(100)
    assert call.kinds == ["watch", "high", "deescalation", "high"]
    late = call.alerts[-1]
    assert late.at == at(100)
    assert late.escalation_id == late.alert_id != call.alerts[1].alert_id
    assert call.known.phase == "escalated"


def test_what_calmed_down_inside_the_cool_down_does_not_come() -> None:
    call = recovered()
    call.customer(BAD, 50)
    call.customer(BAD, 55)
    for n in range(5):
        call.customer("lovely thank you so much", 60 + n)
    call.wait(200)
    assert call.kinds == ["watch", "high", "deescalation"]


def test_after_the_cool_down_a_new_episode_starts_at_once() -> None:
    call = recovered()
    call.customer("you idiot", 100)
    assert call.kinds[-1] == "high"
    assert call.alerts[-1].at == at(100)


def test_no_early_alert_and_no_watch_inside_the_cool_down() -> None:
    call = recovered()
    call.customer(BAD, 50)
    call.customer("awful awful awful awful awful", 60, final=False)
    assert call.kinds == ["watch", "high", "deescalation"]


def test_an_urgent_need_that_waited_comes_as_critical() -> None:
    call = recovered()
    call.customer("i smell gas", 50)
    call.wait(100)
    assert call.kinds[-1] == "critical"


def test_a_claim_on_a_watch_ends_with_the_watch() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.apply(AlertClaimed("c1", at(12), call.alerts[0].alert_id, "kim"))
    assert call.shown[-1].claimed_by == "kim"
    for n in range(3):
        call.customer(CALM, 20 + 10 * n)
    assert call.known.phase == "calm"
    assert call.shown[-1].claimed_by is None
    call.customer("you idiot", 200)
    assert call.shown[-1].claimed_by is None


# Before the turn is final.


def test_an_early_alert_needs_the_dwell() -> None:
    call = Call(rules(dwell_tokens=3))
    call.customer(BAD, 10)
    call.apply(say("customer", "so it is awful awful", 20, 1, final=False))
    assert call.kinds == ["watch"]
    call.apply(say("customer", "awful", 21, 1, index=5, final=False))
    assert call.kinds == ["watch", "high"]
    assert call.alerts[-1].risk >= call.rules.policy.enter


def test_a_word_that_turns_it_round_starts_the_dwell_again() -> None:
    call = Call(rules(dwell_tokens=3))
    call.customer(BAD, 10)
    call.apply(say("customer", "so it is awful awful", 20, 1, final=False))
    call.apply(say("customer", "joking awful awful", 21, 1, index=5, final=False))
    assert call.kinds == ["watch"]
    call.apply(say("customer", "awful", 22, 1, index=8, final=False))
    assert call.kinds == ["watch", "high"]


def test_an_early_alert_is_not_repeated_at_the_final() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.apply(say("customer", "so it is awful awful awful", 20, 1, final=False))
    call.apply(say("customer", "still awful", 21, 1, index=6))
    assert call.kinds == ["watch", "high"]
    assert call.known.phase == "escalated"


def test_no_early_alert_while_it_may_still_be_deferred() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.agent("i'm so sorry", 15)
    call.apply(say("customer", "so it is awful awful awful", 20, 1, final=False))
    assert call.kinds == ["watch"]
