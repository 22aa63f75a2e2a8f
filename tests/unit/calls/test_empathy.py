import pytest

from streams.calls.events import AgentJoined, CallEnded, CallTransferred, HoldEnded, HoldStarted, Speaker
from streams.calls.outcome import CallOutcome, Empathy
from streams.calls.outputs import EmpathyMoment
from streams.calls.rules import Voice
from tests.builders import BAD, CALM, DONE, SAID, WEIGHTS, Call, at, automaton, of_kind, rules, started

PLAIN = "let me look at that"  # five words, no act
#: More of what an agent may do than the small book of `tests.builders` has.
BOOK = rules(
    voices={
        "en-US": Voice(
            automaton(SAID | {"advocacy": ["tell everyone"], "negative_sentiment": ["been crying"]}),
            automaton(DONE | {"validate": ["of course you're angry"], "personalise": ["as you're out"]}),
            WEIGHTS,
        )
    }
)


def upset(text: str = BAD) -> Call:
    """A call with an agent, in which the customer has said this 5 s in."""
    call = Call(BOOK)
    call.apply(started(locale="en-US"), AgentJoined("c1", at(0), "a1"))
    call.customer(text, 5)
    return call


def moments(call: Call) -> list[str]:
    return [moment.outcome for moment in of_kind(call.outputs, EmpathyMoment)]


def two_turns(call: Call, text: str = PLAIN) -> Call:
    """Let the agent have two turns, the customer's word after each."""
    for n in range(2):
        call.agent(f"{text} {n}", 10 + 10 * n)
        call.customer("well okay then", 15 + 10 * n)
    return call


def ended(call: Call) -> CallOutcome:
    call.apply(CallEnded("c1", at(900)))
    outcome = of_kind(call.outputs, CallOutcome)[-1]
    assert isinstance(outcome, CallOutcome)
    return outcome


# What opens one.


@pytest.mark.parametrize("text", [BAD, "i smell gas in here", "i've been crying over this"])
def test_a_negative_or_urgent_turn_opens_one(text: str) -> None:
    assert moments(two_turns(upset(text))) == ["missed"]


@pytest.mark.parametrize(
    "text", [CALM, "thank you so much", "i'll tell everyone", "you idiot", "you idiot awful", "hello"]
)
def test_gratitude_small_talk_and_pure_abuse_open_none(text: str) -> None:
    call = two_turns(upset(text))
    assert moments(call) == []
    assert ended(call).empathy == Empathy()


def test_a_turn_that_is_not_final_opens_none() -> None:
    call = Call(BOOK)
    call.apply(started(locale="en-US"), AgentJoined("c1", at(0), "a1"))
    call.customer(BAD, 5, final=False)
    assert call.known.opening is None


def test_abuse_with_a_matter_of_ones_own_opens_one() -> None:
    assert moments(two_turns(upset("you idiot i've been crying over this"))) == ["missed"]


def test_the_next_two_turns_of_the_customer_join_it() -> None:
    call = upset()
    call.customer(BAD, 6)
    call.customer(BAD, 7)
    call.agent(PLAIN, 10)
    call.agent("i'm so sorry", 20)
    assert moments(call) == ["given"]
    assert ended(call).empathy == Empathy(given=1)


# What meets it.


@pytest.mark.parametrize(
    "text", ["i'm so sorry", "that must be hard", "leave it with me", "of course you're angry"]
)
def test_an_act_meets_it(text: str) -> None:
    call = upset()
    call.agent(text, 10)
    assert moments(call) == ["given"]


def test_an_act_in_the_second_turn_meets_it() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    call.customer("well okay then", 15)
    call.agent("i'm so sorry", 20)
    assert moments(call) == ["given"]


def test_an_act_in_the_third_turn_is_too_late() -> None:
    call = two_turns(upset())
    call.agent("i'm so sorry", 40)
    assert moments(call) == ["missed"]


def test_personalising_alone_does_not_meet_it() -> None:
    assert moments(two_turns(upset(), "as you're out on mondays")) == ["missed"]


def test_personalising_with_an_action_meets_it() -> None:
    call = upset()
    call.agent("as you're out i'll call you", 10)
    assert moments(call) == ["given"]


def test_exploring_alone_gives_one_turn_more() -> None:
    call = two_turns(upset(), "what happened to the thing")
    assert moments(call) == []
    call.agent("i'm so sorry", 40)
    assert moments(call) == ["given"]


def test_exploring_gives_one_turn_and_not_two() -> None:
    call = two_turns(upset(), "what happened to the thing")
    call.agent("and what happened to that", 40)
    call.customer("well okay then", 45)
    assert moments(call) == ["missed"]


@pytest.mark.parametrize("speaker", ["supervisor", "bot", "customer"])
def test_only_the_agent_can_meet_it(speaker: Speaker) -> None:
    call = upset()
    call.says(speaker, "i'm so sorry", 10)
    assert "given" not in moments(call)


def test_a_stock_phrase_counts_once_in_a_call() -> None:
    call = upset()
    call.agent("i'm so sorry for any inconvenience caused", 10)
    assert moments(call) == ["given"]
    call.customer(BAD, 20)
    call.agent("that must be hard any inconvenience caused", 30)
    call.customer("well okay then", 35)
    call.agent(PLAIN, 40)
    call.customer("well okay then", 45)
    assert moments(call) == ["given", "missed"]


def test_the_same_sentence_again_is_a_stock_phrase() -> None:
    sorry = "i'm so sorry to hear about all of that today"
    call = upset()
    call.agent(sorry, 10)
    for n in range(2):
        call.customer(BAD, 20 + 20 * n)
        call.agent(sorry, 30 + 20 * n)
    assert moments(call) == ["given", "given"]  # its own words, once more as a stock phrase, then no more


# What counts as a turn of the agent.


def test_short_turns_are_not_counted() -> None:
    call = upset()
    for n in range(4):
        call.agent("one moment please", 10 + 10 * n)
        call.customer("well okay then", 15 + 10 * n)
    assert moments(call) == []


def test_two_utterances_in_a_row_are_one_turn() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    call.agent("and at this one too", 12)
    call.customer("well okay then", 15)
    assert moments(call) == []


def test_bots_and_supervisors_have_no_turns() -> None:
    call = upset()
    for n in range(4):
        call.says("bot", PLAIN, 10 + 10 * n)
        call.says("supervisor", PLAIN, 12 + 10 * n)
        call.customer("well okay then", 15 + 10 * n)
    assert moments(call) == []


def test_what_is_said_on_hold_is_no_turn() -> None:
    call = upset()
    call.apply(HoldStarted("c1", at(6)))
    for n in range(4):
        call.agent(f"{PLAIN} {n}", 10 + 10 * n)
        call.customer("well okay then", 15 + 10 * n)
    assert moments(call) == []
    call.apply(HoldEnded("c1", at(60)))
    call.agent("i'm so sorry", 62)
    assert moments(call) == ["given"]


def test_an_apology_that_the_customer_cannot_hear_meets_nothing() -> None:
    call = upset()
    call.apply(HoldStarted("c1", at(6)))
    call.agent("i'm so sorry", 10)
    assert moments(call) == []


# How it ends without an act.


def test_it_is_missed_once_and_weighs() -> None:
    call = two_turns(upset())
    assert call.known.parts["missed_empathy"] > 0
    assert ended(call).signals["missed_empathy"] == 1
    assert ended(call).empathy == Empathy(missed=1)


def test_a_missed_one_is_in_the_context_of_the_next_alert() -> None:
    call = two_turns(upset())
    call.customer("you idiot", 60)
    assert call.alerts[-1].context.missed_opportunities == 1


def test_a_turn_that_is_negative_after_a_miss_opens_the_next() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    call.customer("well okay then", 15)
    call.agent(PLAIN + " now", 20)
    call.customer(BAD, 25)
    call.agent("i'm so sorry", 30)
    assert moments(call) == ["missed", "given"]


def test_a_customer_who_is_relieved_needed_none() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    call.customer("thank you so much", 15)
    assert moments(call) == ["not_needed"]


def test_a_call_that_ends_before_needed_none() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    assert ended(call).empathy == Empathy(not_needed=1)


def test_a_call_that_ends_after_both_turns_missed_it() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    call.customer("well okay then", 15)
    call.agent(PLAIN + " now", 20)
    outcome = ended(call)
    assert outcome.empathy == Empathy(missed=1)
    assert outcome.signals["missed_empathy"] == 1


def test_a_transfer_before_needed_none_and_begins_again_for_the_next_agent() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    call.apply(CallTransferred("c1", at(12), to_agent_id="a2"))
    assert moments(call) == ["not_needed"]
    call.agent(PLAIN, 20)
    call.customer("well okay then", 25)
    assert moments(call) == ["not_needed"]
    call.agent("i'm so sorry", 30)
    assert moments(call) == ["not_needed", "given"]


def test_a_transfer_after_both_turns_comes_too_late_to_excuse_them() -> None:
    call = upset()
    call.agent(PLAIN, 10)
    call.customer("well okay then", 15)
    call.agent(PLAIN + " now", 20)
    call.apply(CallTransferred("c1", at(22), to_agent_id="a2"))
    assert moments(call) == ["missed"]
    assert call.known.parts["missed_empathy"] > 0
    assert ended(call).empathy == Empathy(missed=1)


def test_an_act_without_an_opportunity_is_no_moment() -> None:
    call = upset(CALM)
    call.agent("i'm so sorry", 10)
    assert moments(call) == []
