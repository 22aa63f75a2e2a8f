import pytest

from streams.analysis.explanation import explain_call, explain_text, telling_words
from streams.calls.events import Speaker
from streams.sources.conversations import Conversation, Turn
from tests.builders import BAD, CALM, Call, rules

BOOK = rules()


def fired(text: str, speaker: Speaker = "customer") -> dict[str, str]:
    """Return the signals of a text, with the words they fire on."""
    return {heard.id: heard.words for heard in explain_text(text, speaker, "en-US", BOOK).signals}


def test_a_signal_is_named_with_its_words() -> None:
    assert fired("well then you idiot please") == {"abuse": "you idiot"}


def test_two_signals_are_named_heaviest_first() -> None:
    found = explain_text("you idiot i smell gas", "customer", "en-US", BOOK).signals
    assert [heard.id for heard in found] == ["urgent_need", "abuse"]


def test_customers_and_agents_give_different_signals() -> None:
    assert fired("i'm so sorry", "agent") == {"apologise": "i'm so sorry"}
    assert fired("i'm so sorry", "customer") == {}
    assert fired("you idiot", "agent") == {}


def test_what_the_model_finds_is_named_by_its_most_telling_words() -> None:
    assert fired("so it is awful awful awful you see")["negative_sentiment"] == "awful awful awful"


def test_calm_words_give_nothing_and_the_risk_of_a_calm_call() -> None:
    call = Call(BOOK)
    call.customer(CALM, 0)
    explained = explain_text(CALM, "customer", "en-US", BOOK)
    assert (explained.signals, explained.risk) == ((), call.shown[-1].risk)


@pytest.mark.parametrize("text", [BAD, "you idiot", "close my account " + BAD, ""])
def test_the_risk_is_that_of_a_call_that_begins_so(text: str) -> None:
    call = Call(BOOK)
    call.customer(text, 0)
    explained = explain_text(text, "customer", "en-US", BOOK)
    if text:
        assert explained.risk == pytest.approx(call.shown[-1].risk)


def test_an_agents_act_lowers_the_risk() -> None:
    calm = explain_text("good morning to you", "agent", "en-US", BOOK).risk
    assert explain_text("i'm so sorry", "agent", "en-US", BOOK).risk < calm


def test_words_of_a_language_without_patterns_give_nothing() -> None:
    assert explain_text("you idiot", "customer", "fi-FI", BOOK).signals == ()


def test_telling_words_are_in_their_order_and_at_most_four() -> None:
    tokens = ["bad", "one", "awful", "two", "bad", "three", "awful", "four", "bad", "five"]
    assert telling_words(tokens, BOOK.voice("en-US")) == "bad awful bad awful"


# A call.


def conversation(*turns: tuple[Speaker, str], gap_ms: int | None = None) -> Conversation:
    said = tuple(Turn(speaker, text, gap_ms=gap_ms) for speaker, text in turns)
    return Conversation(id="c-1", turns=said, locale="en-US", queue="billing")


def test_every_turn_is_explained_with_where_it_leaves_the_call() -> None:
    explained = explain_call(
        conversation(("customer", BAD), ("agent", "i'm so sorry"), ("customer", BAD)), BOOK
    )
    assert [turn.speaker for turn in explained.turns] == ["customer", "agent", "customer"]
    assert explained.turns[0].alerts == ("watch",)
    assert explained.turns[0].phase == "tense"
    assert explained.risk == explained.turns[-1].risk


def test_the_alert_stands_at_the_turn_that_raised_it() -> None:
    explained = explain_call(
        conversation(("customer", CALM), ("customer", "you idiot"), ("customer", CALM)), BOOK
    )
    assert [turn.alerts for turn in explained.turns] == [(), ("high",), ()]


def test_what_the_clock_adds_stands_at_the_next_turn_without_words() -> None:
    explained = explain_call(
        conversation(
            ("agent", "good morning to you"), ("customer", CALM), ("agent", "so here we are"), gap_ms=15_000
        ),
        BOOK,
    )
    silent = [heard for turn in explained.turns[1:] for heard in turn.signals if heard.id == "dead_air"]
    assert silent
    assert {heard.words for heard in silent} == {""}


def test_a_call_without_turns_is_explained_as_nothing() -> None:
    explained = explain_call(conversation(), BOOK)
    assert (explained.turns, explained.signals, explained.risk) == ((), (), 0.0)
