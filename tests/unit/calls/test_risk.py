import pytest

from streams.calls.risk import BASE, add_signal, close_turn, running_parts, total
from streams.calls.signals.catalogue import WEIGHTS
from streams.calls.signals.ear import Hit
from streams.calls.state import CallState
from tests.builders import BAD, Call, gained, rules


def test_a_call_of_which_nothing_is_known_is_at_the_base() -> None:
    assert total({}) == BASE


def test_one_more_hearing_adds_up_to_a_limit() -> None:
    for signal, weight in WEIGHTS.items():
        if not weight:
            continue
        parts: dict[str, float] = {}
        add_signal(parts, signal)
        assert parts == {signal: weight}
        for _ in range(10):
            add_signal(parts, signal)
        assert parts == {signal: pytest.approx(1.5 * weight)}


def test_what_is_no_signal_weighs_nothing() -> None:
    parts: dict[str, float] = {}
    add_signal(parts, "announced_wait")
    assert parts == {}


def test_sentiment_and_signals_fade_with_calm_turns() -> None:
    state = CallState("c1")
    scores = [close_turn(state, 1.0, [Hit("abuse", 0, 0)])]
    for _ in range(60):
        scores.append(close_turn(state, 0.2, []))
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == pytest.approx(BASE, abs=0.01)
    assert set(state.parts) == {"negative_sentiment"}


def test_a_signal_heard_twice_in_a_turn_counts_once() -> None:
    once, twice = CallState("c1"), CallState("c1")
    hit = Hit("cancel_threat", 0, 0)
    assert close_turn(once, 0.2, [hit]) == close_turn(twice, 0.2, [hit, hit])
    assert running_parts(once, 0.2, [hit]) == running_parts(twice, 0.2, [hit, hit])


def test_what_is_settled_and_the_running_turn_add_up_to_the_risk() -> None:
    """The watch on a running turn must not see another risk than the alert that it raises."""
    state = CallState("c1")
    close_turn(state, 0.9, [Hit("cancel_threat", 0, 0)])
    assert total(running_parts(state, 0.2, [])) == pytest.approx(state.settled)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ([], "close my account close my account close my account okay"),
        (["close my account"], "close my account please do close my account"),
        (["close my account", BAD], "my account now please and my account"),
        ([], "awful close my account awful awful awful"),
    ],
)
def test_no_early_alert_below_the_threshold(before: list[str], said: str) -> None:
    """Overlapping and repeated phrases are one signal, before the turn is final as after it."""
    call = Call(rules(watch=0.69, enter=0.7))
    for number, text in enumerate(before):
        call.customer(text, number)
    call.customer(said, 10, final=False)
    for alert in call.alerts:
        assert alert.risk >= 0.7 - 1e-9
        assert sum(reason.weight for reason in alert.reasons) == pytest.approx(gained(alert))
