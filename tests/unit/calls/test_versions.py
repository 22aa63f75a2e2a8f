"""New weights come in the middle of calls: no score mixes two versions, and alerts name the one in force."""

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from models.base import LinearWeights
from streams.calls.events import CallEnded
from streams.calls.rules import Rules, Voice
from streams.calls.stored import decode_state, encode_state
from tests.builders import (
    AGENT,
    BAD,
    CALM,
    CUSTOMER,
    WEIGHTS,
    Call,
    at,
    automaton,
    gained,
    rules,
    say,
    started,
)

NEWER = LinearWeights("sentiment@8", 1.0, {"awful": 1.0, "meh": 9.0}, {("so", "meh"): 4.0})


def newer() -> Rules:
    return rules(voices={"en-US": Voice(CUSTOMER, AGENT, NEWER)})


def test_an_utterance_begun_under_other_weights_is_scored_whole_by_the_new_ones() -> None:
    call, fresh = Call(), Call(newer())
    call.apply(say("customer", "it is so meh", 1, 0, final=False))
    call.rules = newer()
    call.apply(say("customer", ["awful"], 2, 0, index=4, final=False))
    fresh.apply(say("customer", "it is so meh awful", 2, 0, final=False))
    assert call.known.open == fresh.known.open
    assert call.known.open[0].voice == newer().voice("").version


def test_nothing_is_scored_again_while_the_weights_stay() -> None:
    call = Call()
    call.apply(say("customer", "so awful", 1, 0, final=False))
    call.known.open[0].total = 99.0
    call.apply(say("customer", ["meh"], 2, 0, index=2, final=False))
    assert call.known.open[0].total == 99.0


def test_an_utterance_that_ends_without_another_token_takes_the_new_weights() -> None:
    call, fresh = Call(), Call(newer())
    for one in (call, fresh):
        one.apply(started(), say("customer", "it is meh", 1, 0, final=False))
        one.rules = newer()
        one.apply(say("customer", [], 2, 0, index=3))
    assert call.known.parts == fresh.known.parts
    assert call.known.model == fresh.known.model == "sentiment@8"


def test_the_call_s_end_closes_an_utterance_by_the_new_weights() -> None:
    call = Call()
    call.apply(started(), say("customer", BAD, 1, 0))
    call.apply(say("customer", "so meh so meh so meh", 2, 1, final=False))
    call.rules = newer()
    call.apply(CallEnded("c1", at(30)))
    assert [(alert.kind, alert.model) for alert in call.alerts][-1] == ("closed", "sentiment@8")


def test_an_early_alert_names_the_weights_that_raised_it() -> None:
    call = Call()
    call.apply(started(), say("customer", BAD, 1, 0), say("customer", "so meh", 5, 1, final=False))
    call.rules = newer()
    for index in range(2, 12):
        call.apply(say("customer", ["meh"], 5 + index, 1, index=index, final=False))
    assert [(alert.severity, alert.model) for alert in call.alerts] == [
        ("watch", "sentiment@7"),
        ("high", "sentiment@8"),
    ]


def test_the_version_outlives_the_worker() -> None:
    call = Call()
    call.apply(started(), say("customer", "it is so meh", 1, 0, final=False))
    call.state = decode_state(encode_state(call.known))
    call.rules = newer()
    call.apply(say("customer", ["meh"], 2, 0, index=4, final=False))
    fresh = Call(newer())
    fresh.apply(started(), say("customer", "it is so meh meh", 2, 0, final=False))
    assert call.known.open == fresh.known.open


turns = st.lists(
    st.tuples(
        st.sampled_from([BAD, CALM, "so meh so meh", "your manager", "lovely", "it is", "thank you so much"]),
        st.booleans(),
        st.sampled_from([WEIGHTS, NEWER]),
    ),
    max_size=25,
)


@given(turns)
def test_reasons_add_up_whenever_the_weights_change(said: list[tuple[str, bool, LinearWeights]]) -> None:
    call = Call()
    call.apply(started())
    number = index = 0
    before = WEIGHTS.name
    for place, (text, final, weights) in enumerate(said):
        call.rules = rules(voices={"en-US": Voice(CUSTOMER, AGENT, weights)})
        words = text.split()
        new = call.apply(say("customer", words, 5.0 * place, number, index=index, final=final))
        number, index = (number + 1, 0) if final else (number, index + len(words))
        for alert in (output for output in new if output in call.alerts):
            # What the end of a cool-down raises was scored at the last turn.
            assert alert.model in (weights.name, before)
        before = call.known.model
    for alert in call.alerts:
        assert isclose(sum(reason.weight for reason in alert.reasons), gained(alert), abs_tol=1e-6)


def test_new_phrases_are_heard_in_an_utterance_that_was_begun_under_the_old_ones() -> None:
    call = Call()
    call.apply(started(), say("customer", "what a", 1, 0, final=False))
    call.rules = rules(voices={"en-US": Voice(automaton({"abuse": ["a", "what a muppet"]}), AGENT, WEIGHTS)})
    call.apply(say("customer", "muppet", 2, 0, index=2))
    assert call.kinds == ["high"]
