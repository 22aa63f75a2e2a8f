import msgspec
import pytest

from streams.calls.events import CallEnded, Speaker
from streams.calls.outcome import CallOutcome
from streams.calls.speech import hear_times, new_speech
from streams.calls.timings import Timings
from tests.builders import CALM, Call, at, of_kind, rules, say, started

Words = tuple[str, float, float, int]


def talked_over(*words: Words) -> int:
    """Return how often the agent talked over in (speaker, start, end, words), times in seconds."""
    speech = new_speech()
    return sum(
        hear_times(speech, who == "customer", round(start * 1000), round(end * 1000), count)
        for who, start, end, count in words
    )


def shares(talk: float, *words: Words) -> tuple[float, ...]:
    """Return silence, both, customer, agent in seconds."""
    speech = new_speech()
    for who, start, end, count in words:
        hear_times(speech, who == "customer", round(start * 1000), round(end * 1000), count)
    return tuple(share / 1000 for share in speech.shares(round(talk * 1000)))


def test_talk_over_is_a_second_of_both_and_the_agent_began_second() -> None:
    assert talked_over(("customer", 0, 5, 12), ("agent", 2, 3, 4)) == 1


def test_less_than_a_second_of_both_is_none() -> None:
    assert talked_over(("customer", 0, 5, 12), ("agent", 2, 2.999, 4)) == 0


def test_a_customer_who_begins_second_is_not_talked_over() -> None:
    assert talked_over(("agent", 0, 5, 12), ("customer", 2, 4, 6)) == 0


def test_who_begins_at_the_same_time_began_not_second() -> None:
    assert talked_over(("customer", 0, 5, 12), ("agent", 0, 5, 12)) == 0


def test_two_words_are_a_sign_of_listening() -> None:
    assert talked_over(("customer", 0, 5, 12), ("agent", 2, 4, 2)) == 0


def test_a_customer_who_says_okay_while_the_agent_talks_is_not_talked_over() -> None:
    assert talked_over(("customer", 0, 2, 2), ("agent", 0.5, 5, 12)) == 0


def test_it_is_found_too_when_the_agents_words_come_first() -> None:
    assert talked_over(("agent", 2, 4, 6), ("customer", 0, 5, 12)) == 1


def test_one_stretch_counts_once() -> None:
    words = [("agent", 2 + n, 3 + n, 3) for n in range(4)]
    assert talked_over(("customer", 0, 9, 20), *words) == 1


def test_a_second_stretch_counts_again() -> None:
    assert talked_over(("customer", 0, 9, 20), ("agent", 2, 4, 6), ("agent", 6, 8, 6)) == 2


def test_talk_over_grows_word_by_word() -> None:
    words: list[Words] = [("customer", 0, 2, 5)]
    for n in range(20):
        words += [("agent", 1 + n / 10, 1.1 + n / 10, 1), ("customer", 2 + n / 10, 2.1 + n / 10, 1)]
    assert talked_over(*words) == 1


def test_words_that_come_again_are_passed_over() -> None:
    twice: list[Words] = [("customer", 0, 5, 12), ("agent", 2, 4, 6)]
    assert talked_over(*twice, *twice) == 1
    assert shares(10, *twice, *twice) == shares(10, *twice)


def test_the_four_shares_of_speech() -> None:
    assert shares(10, ("customer", 0, 4, 9), ("agent", 3, 6, 9)) == (4, 1, 3, 2)


def test_a_breath_between_words_is_speech_and_a_pause_is_not() -> None:
    assert shares(10, ("agent", 0, 1, 3), ("agent", 1.7, 2, 3)) == (8, 0, 0, 2)
    assert shares(10, ("agent", 0, 1, 3), ("agent", 1.701, 2.001, 3)) == (8.7, 0, 0, 1.3)


def test_a_recogniser_without_times_says_nothing_about_speech() -> None:
    assert shares(10) == (0, 0, 0, 0)


def test_words_that_end_before_they_begin_take_no_time_away() -> None:
    assert shares(10, ("customer", 5, 3, 4), ("agent", 0, 1, 3)) == (9, 0, 0, 1)


def test_more_speech_than_talk_still_fits() -> None:
    assert shares(3, ("customer", 0, 9, 20), ("agent", 1, 5, 12)) == (0, 3, 0, 0)


# The same in a call.


def timed(call: Call, speaker: Speaker, start: float, end: float, utterance: int) -> None:
    said = say(speaker, "one two three four five", end, utterance)
    call.apply(msgspec.structs.replace(said, start_ms=round(start * 1000), end_ms=round(end * 1000)))


def signals(call: Call) -> dict[str, int]:
    call.apply(CallEnded("c1", at(60)))
    [outcome] = of_kind(call.outputs, CallOutcome)
    found: dict[str, int] = outcome.signals
    return found


@pytest.mark.parametrize(("channel", "times"), [("voice", 1), ("chat", 0)])
def test_talk_over_is_a_signal_of_voice_alone(channel: str, times: int) -> None:
    call = Call()
    call.apply(started(channel=channel))
    timed(call, "customer", 0, 5, 0)
    timed(call, "agent", 2, 6, 0)
    assert signals(call).get("talk_over", 0) == times


def test_a_bot_talks_nobody_over() -> None:
    call = Call()
    call.apply(started())
    timed(call, "customer", 0, 5, 0)
    timed(call, "bot", 2, 6, 0)
    assert "talk_over" not in signals(call)


def test_talk_over_alone_calls_nobody() -> None:
    call = Call(rules(enter=0.99))
    call.apply(started())
    call.customer(CALM, 1)
    for n in range(5):
        timed(call, "customer", 10 * n, 10 * n + 5, n + 1)
        timed(call, "agent", 10 * n + 2, 10 * n + 6, n)
    assert call.alerts == []


def test_the_outcome_says_who_spoke() -> None:
    call = Call()
    call.apply(started(agent_id="a1"))
    timed(call, "agent", 0, 4, 0)
    timed(call, "customer", 3, 9, 0)
    call.apply(CallEnded("c1", at(20)))
    [outcome] = of_kind(call.outputs, CallOutcome)
    found: Timings = outcome.timings
    assert (found.agent_ms, found.talk_over_ms, found.customer_ms) == (3_000, 1_000, 5_000)
    assert found.silence_ms == found.talk_ms - 9_000
