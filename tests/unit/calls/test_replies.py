from dataclasses import replace

from models.resemblance import keys, sketch
from streams.calls.events import AgentJoined, CallEnded, CallTransferred
from streams.calls.outcome import CallOutcome, Replies
from streams.calls.outputs import AgentReply
from streams.calls.replies import note_facts, picks_up, said_before
from streams.calls.reports import SentenceReport
from streams.calls.rules import Etiquette, Voice
from streams.calls.state import CallState
from tests.builders import BAD, CALM, DONE, SAID, WEIGHTS, Call, at, automaton, of_kind, rules, started

SENTENCE = "the engineer will be at your house in the morning with a new router"
OTHER = "you can find the last three bills on the website under your own account"
BOOK = rules(
    voices={
        "en-US": Voice(
            automaton(SAID),
            automaton(DONE | {"required_phrase": ["calls are recorded"]}),
            WEIGHTS,
            Etiquette(plain_words=frozenset({"please", "account"})),
        )
    }
)


def call_with_agent() -> Call:
    call = Call(BOOK)
    call.apply(started(locale="en-US"), AgentJoined("c1", at(0), "a1"))
    return call


def styles(call: Call) -> list[str]:
    return [reply.style for reply in of_kind(call.outputs, AgentReply)]


# Near-identical sentences.


def said_again(first: str, second: str) -> bool:
    state = CallState("c1")
    assert not said_before(state, sketch(first.split()))
    return said_before(state, sketch(second.split()))


def test_the_same_sentence_again_is_the_same() -> None:
    assert said_again(SENTENCE, SENTENCE)


def test_one_word_more_is_nearly_the_same() -> None:
    assert said_again(SENTENCE, SENTENCE + " then")


def test_another_sentence_is_not() -> None:
    assert not said_again(SENTENCE, OTHER)


def test_the_same_words_in_another_order_are_not() -> None:
    assert not said_again(SENTENCE, " ".join(reversed(SENTENCE.split())))


def test_a_few_words_are_too_short_to_tell() -> None:
    assert sketch(["yes", "of", "course", "i", "can"]) == ()
    assert not said_again("yes of course i can", "yes of course i can")


def test_a_sentence_is_remembered_over_three_others() -> None:
    state = CallState("c1")
    for text in (
        SENTENCE,
        OTHER,
        "one two three four five six seven",
        "eight nine ten eleven twelve one two",
    ):
        assert not said_before(state, sketch(text.split()))
    assert said_before(state, sketch(SENTENCE.split()))


def test_what_is_remembered_stays_small() -> None:
    state = CallState("c1")
    for n in range(50):
        said_before(state, sketch([f"word{n}x{k}" for k in range(20)]))
        note_facts(state, [f"fact{n}x{k}" for k in range(20)], ())
    assert len(state.said) <= 25
    assert len(state.facts) <= 16


# The customer's own words.


def picked_up(customer: str, agent: str, plain: tuple[str, ...] = ()) -> bool:
    state = CallState("c1")
    note_facts(state, customer.split(), plain)
    return picks_up(state, agent.split(), plain)


def test_two_telling_words_of_the_customer_are_picked_up() -> None:
    assert picked_up("my daughter has her wedding on sunday", "before the wedding of your daughter")


def test_one_word_is_not_enough_and_the_same_twice_is_one() -> None:
    assert not picked_up("my daughter has a party", "your daughter yes your daughter")


def test_words_of_every_call_do_not_count() -> None:
    assert not picked_up("please check my account", "please give me your account", ("please", "account"))


def test_words_the_agent_brings_are_not_the_customers() -> None:
    assert not picked_up("hello", "before the wedding of your daughter")


# The same in a call.


def test_what_the_agent_says_twice_is_scripted_the_second_time() -> None:
    call = call_with_agent()
    call.agent(SENTENCE, 10)
    call.customer(CALM, 15)
    call.agent(SENTENCE, 20)
    assert styles(call) == ["neither", "scripted"]


def test_a_sentence_that_is_said_in_many_calls_is_scripted() -> None:
    book = frozenset(keys(sketch(SENTENCE.split())))
    call = call_with_agent()
    call.rules = replace(call.rules, phrases={"en-US": book})
    call.agent(SENTENCE + " then", 10)
    call.agent(OTHER, 20)
    assert styles(call) == ["scripted", "neither"]
    elsewhere = call_with_agent()
    elsewhere.rules = replace(elsewhere.rules, phrases={"en-GB": book})
    elsewhere.agent(SENTENCE, 10)
    assert styles(elsewhere) == ["neither"]


def test_each_sentence_of_an_agent_is_reported_once_a_call_and_without_its_words() -> None:
    call = call_with_agent()
    for n, text in enumerate((SENTENCE, OTHER, SENTENCE, "yes of course i can")):
        call.agent(text, 10 + 10 * n)
    reports = of_kind(call.outputs, SentenceReport)
    assert reports == [SentenceReport("en-US", sketch(text.split())) for text in (SENTENCE, OTHER)]


def test_a_stock_phrase_of_the_locale_is_scripted() -> None:
    call = call_with_agent()
    call.agent("sorry for any inconvenience caused", 10)
    assert styles(call) == ["scripted"]


def test_words_that_have_to_be_said_are_not_scripted() -> None:
    call = call_with_agent()
    for n in range(2):
        call.agent("please note that calls are recorded for your own safety", 10 + 10 * n)
    assert styles(call) == ["neither", "neither"]


def test_a_sentence_of_the_supervisor_is_not_the_agents_own() -> None:
    call = call_with_agent()
    call.says("supervisor", SENTENCE, 10)
    call.agent(SENTENCE, 20)
    assert styles(call) == ["neither"]


def test_a_sentence_of_the_agent_before_is_not_the_agents_own() -> None:
    call = call_with_agent()
    call.agent(SENTENCE, 10)
    call.apply(CallTransferred("c1", at(15), to_agent_id="a2"))
    call.agent(SENTENCE, 20)
    assert styles(call) == ["neither", "neither"]


def test_the_customers_own_words_make_a_reply_personal() -> None:
    call = call_with_agent()
    call.customer("my daughter has her wedding on sunday", 5)
    call.agent("before the wedding of your daughter it will work", 10)
    assert styles(call) == ["personal"]


def test_a_name_alone_makes_no_reply_personal() -> None:
    call = call_with_agent()
    call.customer("hello my name is Jonathan Peterson", 5)
    call.agent("good morning Jonathan Peterson", 10)
    assert styles(call) == ["neither"]


def test_reading_back_an_account_makes_no_reply_personal() -> None:
    call = call_with_agent()
    call.customer("it is ABCDE12345 and FGHIJ98765", 5)
    call.agent("so that is ABCDE12345 and FGHIJ98765", 10)
    assert styles(call) == ["neither"]


def test_an_open_question_is_personal() -> None:
    call = call_with_agent()
    call.agent("so what happened then", 10)
    assert styles(call) == ["personal"]


def test_short_replies_are_not_judged() -> None:
    call = call_with_agent()
    call.agent("yes of course", 10)
    assert styles(call) == []


def test_a_scripted_reply_weighs_only_on_an_open_matter() -> None:
    calm = call_with_agent()
    calm.customer(CALM, 5)
    calm.agent("sorry for any inconvenience caused", 10)
    assert "scripted_reply" not in calm.known.parts
    upset = call_with_agent()
    upset.customer(BAD, 5)
    upset.agent("sorry for any inconvenience caused", 10)
    assert upset.known.parts["scripted_reply"] > 0


def test_the_outcome_counts_replies_and_names_nobody() -> None:
    call = call_with_agent()
    for n, text in enumerate(("so what happened then", SENTENCE, SENTENCE, OTHER)):
        call.agent(text, 10 + 10 * n)
    call.apply(CallEnded("c1", at(100)))
    [outcome] = of_kind(call.outputs, CallOutcome)
    assert outcome.replies == Replies(personal=1, scripted=1, neither=2, scripted_share=0.25)


def test_without_a_reply_there_is_no_share() -> None:
    call = call_with_agent()
    call.apply(CallEnded("c1", at(100)))
    [outcome] = of_kind(call.outputs, CallOutcome)
    assert outcome.replies == Replies()
