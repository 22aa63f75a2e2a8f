import itertools

from streams.calls.events import CallEnded, CallRisk, HoldEnded, HoldStarted
from streams.calls.outputs import CallGone
from tests.builders import BAD, CALM, Call, alerts_of, at, of_kind, play, recovered, rules, say, started


def test_speakers_between_each_other_do_not_change_what_is_raised() -> None:
    words = ["i", "want", "to", "speak", "to", "your", "manager", "now"]
    alone = [
        say("customer", [word], 10, 0, index=place, final=place == 7) for place, word in enumerate(words)
    ]
    mixed = []
    for place, record in enumerate(alone):
        mixed += [record, say("agent", ["okay"], 10, 0, index=place, final=False)]
    assert [alert.alert_id for alert in alerts_of(play(alone))] == [
        alert.alert_id for alert in alerts_of(play(mixed))
    ]


def test_time_going_backwards_is_taken_as_it_comes() -> None:
    call = Call()
    call.apply(started(100), HoldStarted("c1", at(90)), HoldEnded("c1", at(50)))
    call.customer(BAD, 80)
    call.customer(BAD, 60)
    call.apply(CallEnded("c1", at(10)))
    assert call.kinds == ["watch", "high", "closed"]
    assert call.known.ended


def test_a_call_without_records_for_an_hour_is_over() -> None:
    call = Call()
    call.customer("hello", 0)
    assert call.wait(3_599) == []
    assert of_kind(call.wait(3_600), CallGone) == [CallGone("c1")]


def test_how_a_call_stands_is_shown_on_change_only() -> None:
    call = Call()
    call.apply(started())
    for n in range(50):
        call.customer("well then", 1 + n)
    assert len(call.shown) <= 2
    call.customer(BAD, 60)
    assert call.shown[-1].phase == "tense"
    assert call.shown[-1].severity == "watch"
    assert call.shown[-1].alert_id == call.alerts[0].alert_id


def test_a_new_phase_is_shown_at_once() -> None:
    call = Call()
    call.apply(started(9.9))
    call.customer(BAD, 10)
    assert [shown.phase for shown in call.shown] == ["calm", "tense"]
    call = recovered()
    call.customer(CALM, 40.1)
    assert call.shown[-1].phase == "calm"


def test_moves_of_the_risk_are_shown_at_most_once_a_second() -> None:
    call = Call(rules(watch=0.9, enter=0.97))
    call.apply(started())
    for n in range(40):
        call.customer(BAD if n % 2 else "lovely lovely lovely", 1 + n / 10)
    shown = [output.at for output in call.outputs if isinstance(output, CallRisk)]
    assert len(shown) > 2
    assert all(later - earlier >= 1_000 for earlier, later in itertools.pairwise(shown))


def test_what_a_call_costs_is_bounded() -> None:
    call = Call()
    for n in range(300):
        call.customer(f"word{n} " * 50, n)
        call.agent("i'm so sorry " * 20, n + 0.5)
    assert len(call.known.turns) == 3
    assert max(len(turn.tokens) for turn in call.known.turns) == 12
    assert call.known.open == []
    assert all(len(numbers) <= 2 for numbers in call.known.closed.values())
