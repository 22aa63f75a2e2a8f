import pytest

from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, CallStarted
from streams.calls.outputs import Gap
from streams.calls.state import Utterance
from tests.builders import Call, alerts_of, at, play, rules, say


def open_tokens(call: Call, speaker: str = "customer", number: int = 0) -> list[str]:
    [utterance] = [o for o in call.known.open if (o.speaker, o.number) == (speaker, number)]
    return utterance.tokens


def as_if_heard_at_once(call: Call) -> Utterance:
    [utterance] = call.known.open
    fresh = Call(call.rules)
    fresh.apply(say(utterance.speaker, utterance.tokens, 0, utterance.number, final=False))
    [again] = fresh.known.open
    again.at = utterance.at
    again.dwell = utterance.dwell
    return again


def test_index_at_the_end_appends() -> None:
    call = Call()
    call.apply(say("customer", "it is", 1, 0, final=False))
    call.apply(say("customer", "really bad", 2, 0, index=2, final=False))
    assert open_tokens(call) == ["it", "is", "really", "bad"]
    assert call.known.open == [as_if_heard_at_once(call)]


def test_index_zero_replaces() -> None:
    call = Call()
    call.apply(say("customer", "it is awful", 1, 0, final=False))
    call.apply(say("customer", "it is lovely today", 2, 0, final=False))
    assert open_tokens(call) == ["it", "is", "lovely", "today"]
    assert call.known.open == [as_if_heard_at_once(call)]


def test_index_in_the_middle_replaces_the_rest() -> None:
    call = Call()
    call.apply(say("customer", "close my account awful", 1, 0, final=False))
    call.apply(say("customer", "window", 2, 0, index=2, final=False))
    assert open_tokens(call) == ["close", "my", "window"]
    assert call.known.open == [as_if_heard_at_once(call)]
    assert call.known.open[0].hits == []


def test_an_empty_message_with_a_lower_index_takes_words_back() -> None:
    call = Call()
    call.apply(say("customer", "well awful", 1, 0, final=False))
    call.apply(say("customer", [], 2, 0, index=1, final=False))
    assert open_tokens(call) == ["well"]
    assert call.known.open == [as_if_heard_at_once(call)]


@pytest.mark.parametrize("index", [0, 2])
def test_a_message_twice_changes_nothing(index: int) -> None:
    call = Call()
    call.apply(say("customer", "close my", 1, 0, final=False))
    message = say("customer", "account awful now", 2, 0, index=index, final=False)
    call.apply(message)
    before = [*call.known.open[0].tokens], call.known.open[0].total, [*call.known.open[0].hits]
    assert call.apply(message) == []
    assert (call.known.open[0].tokens, call.known.open[0].total, call.known.open[0].hits) == before


def test_words_missing_before_a_message_are_counted_and_the_rest_is_heard() -> None:
    call = Call()
    call.apply(say("customer", "it is", 1, 0, final=False))
    assert Gap("tokens_missing") in call.apply(say("customer", "awful", 2, 0, index=5, final=False))
    assert "awful" in open_tokens(call)


def test_a_late_first_message_puts_the_words_in_order() -> None:
    """The recogniser sends the whole hypothesis after parts of it came first."""
    call = Call()
    call.apply(say("customer", "awful", 2, 0, index=1, final=False))
    call.apply(say("customer", "not awful", 1, 0, final=False))
    assert open_tokens(call) == ["not", "awful"]
    assert call.known.open == [as_if_heard_at_once(call)]


def test_an_endless_utterance_is_cut_and_counted() -> None:
    call = Call()
    words = ["word"] * MAX_TOKENS_PER_UTTERANCE
    call.apply(say("customer", words, 1, 0, final=False))
    assert call.apply(say("customer", "awful", 2, 0, index=len(words), final=False)) == [
        Gap("utterance_too_long")
    ]
    assert open_tokens(call) == words
    call.apply(say("customer", "awful", 3, 0, index=len(words), final=True))
    assert call.known.open == []


def test_both_speakers_at_once_do_not_disturb_each_other() -> None:
    call = Call()
    said = {
        "customer": ["i", "want", "to", "close", "my", "account"],
        "agent": ["let", "me", "see", "what", "we", "can"],
    }
    for index in range(6):
        for speaker in ("agent", "customer"):
            call.apply(say(speaker, [said[speaker][index]], 1 + index, 0, index=index, final=False))
    for speaker, words in said.items():
        assert open_tokens(call, speaker) == words
    assert [hit.signal for hit in call.known.open[1].hits] == ["cancel_threat"]
    assert call.known.open[0].hits == []


def test_a_turn_without_final_closes_when_the_speaker_is_two_turns_further() -> None:
    call = Call()
    call.apply(say("customer", "you idiot", 1, 0, final=False))
    call.apply(say("customer", "well", 5, 1, final=False))
    assert call.alerts == []
    call.apply(say("customer", "so", 9, 2, final=False))
    assert [alert.reasons[0].utterance for alert in call.alerts] == [0]


def test_an_older_turn_that_is_still_open_can_change() -> None:
    call = Call()
    call.apply(say("customer", "you", 1, 0, final=False))
    call.apply(say("customer", "well", 5, 1, final=False))
    assert call.apply(say("customer", "idiot", 6, 0, index=1, final=True)) != []
    assert [alert.reasons[0].signal for alert in call.alerts] == ["abuse"]


@pytest.mark.parametrize("number", [0, 2, 3])
def test_a_late_revision_is_counted_and_changes_nothing(number: int) -> None:
    call = Call()
    for n in range(4):
        call.customer("okay", n + 1)
    assert call.apply(say("customer", "you idiot", 9, number)) == [Gap("late_revision")]
    assert call.alerts == []


def test_turns_that_come_in_backwards_order_do_not_pile_up() -> None:
    """A speaker's last two utterances can change, whatever the feed does."""
    call = Call()
    for number in range(100, 0, -1):
        call.apply(say("customer", "well", 101 - number, number, final=False))
    assert [utterance.number for utterance in call.known.open] == [100, 99]
    assert call.outputs.count(Gap("late_revision")) == 98


def test_a_new_locale_in_the_middle_of_a_turn_hears_it_again() -> None:
    """`call.started` may come late; the place in one locale's phrases means nothing in another's."""
    call = Call()
    call.apply(say("customer", "please close my", 1, 0, final=False))
    call.apply(CallStarted("c1", at(2), locale="fi-FI"))
    call.apply(say("customer", "account awful sinä idiootti", 3, 0, index=3))
    assert [reason.signal for alert in call.alerts for reason in alert.reasons] == ["abuse"]


def test_a_phrase_across_messages_is_heard() -> None:
    words = ["and", "now", "get", "me", "your", "manager", "please"]
    messages = [
        say("customer", [word], 1, 0, index=place, final=place == len(words) - 1)
        for place, word in enumerate(words)
    ]
    [alert] = alerts_of(play(messages))
    assert alert.reasons[0].text == "and now get me your manager please"


@pytest.mark.parametrize("token", ["", "...", "[NAME]", "😡", "x" * 200, "\x00", "007"])
def test_odd_tokens_are_heard_without_an_exception(token: str) -> None:
    call = Call()
    call.customer(f"{token} you idiot {token}", 1)
    assert call.kinds == ["high"]


def test_a_language_without_a_model_adds_no_sentiment_before_the_turn_is_final() -> None:
    call = Call(rules(watch=0.2, exit=0.2, enter=0.55))
    call.apply(CallStarted("c1", at(0), locale="fi-FI"))
    call.apply(say("customer", "sinä idiootti ja ja ja ja", 1, 0, final=False))
    assert call.alerts == []
    call.apply(say("customer", [], 2, 0, index=6))
    [alert] = call.alerts
    assert [reason.signal for reason in alert.reasons] == ["abuse"]
    assert alert.model == "none@0"


@pytest.mark.parametrize(
    "text", ["you you idiot", "close close my account", "speak to speak to your manager"]
)
def test_a_phrase_that_is_begun_twice_is_heard(text: str) -> None:
    call = Call()
    call.customer(text, 1)
    assert call.alerts
