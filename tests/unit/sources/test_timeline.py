from collections.abc import Iterator
from itertools import islice, pairwise

from streams.calls.events import CallStarted, SurveySubmitted, TranscriptTokens
from streams.sources.conversations import Conversation, Turn
from streams.sources.plans import plan_call
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import Arrival, length_ms, play, records_of

START = 1_760_000_000_000


def tokens(conversation: Conversation, per_message: int = 1) -> list[TranscriptTokens]:
    records = records_of(plan_call(conversation), START, per_message)
    return [timed.record for timed in records if isinstance(timed.record, TranscriptTokens)]


def test_words_come_one_by_one_or_in_groups() -> None:
    call = Conversation(
        id="c", turns=(Turn("customer", "I would like to speak now"), Turn("customer", "please"))
    )
    single = tokens(call)
    assert [t.index for t in single] == [0, 1, 2, 3, 4, 5, 0]
    assert [t.utterance for t in single] == [0] * 6 + [1]
    assert [t.final for t in single] == [False] * 5 + [True, True]
    grouped = tokens(call, per_message=4)
    assert [(t.index, t.tokens, t.final) for t in grouped] == [
        (0, ["I", "would", "like", "to"], False),
        (4, ["speak", "now"], True),
        (0, ["please"], True),
    ]
    assert grouped[1].end_ms == single[5].end_ms
    assert all(t.end_ms is not None and t.at == START + t.end_ms for t in single)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(single[:6]))


def test_utterances_count_per_speaker() -> None:
    call = Conversation(
        id="c", turns=(Turn("agent", "hi"), Turn("customer", "hi"), Turn("agent", "yes"), Turn("bot", "beep"))
    )
    assert [(t.speaker, t.utterance) for t in tokens(call)] == [
        ("agent", 0),
        ("customer", 0),
        ("agent", 1),
        ("bot", 0),
    ]


def test_a_chat_message_is_one_final_record() -> None:
    call = Conversation(id="c", channel="chat", turns=(Turn("customer", "where is MY order?! 😡"),))
    (message,) = tokens(call)
    assert message.tokens == ["where", "is", "MY", "order?!", "😡"]
    assert message.final
    assert message.start_ms is None


def test_very_long_turns_and_words_fit_the_wire() -> None:
    call = Conversation(id="c", turns=(Turn("customer", "w " * 1_100 + "x" * 450),))
    parts = tokens(call, per_message=500)
    assert [len(t.tokens) for t in parts] == [500, 12, 500, 12, 79]
    assert [t.final for t in parts] == [False, True, False, True, True]
    assert [(t.utterance, t.index) for t in parts] == [(0, 0), (0, 500), (1, 0), (1, 500), (2, 0)]
    assert [len(word) for word in parts[-1].tokens[-3:]] == [200, 200, 50]


def test_who_speaks_at_once_is_merged_by_time() -> None:
    call = Conversation(
        id="c",
        turns=(
            Turn("customer", "a b c d", at_ms=0, end_ms=8_000),
            Turn("agent", "e f", at_ms=3_000, end_ms=5_000),
        ),
    )
    assert [t.tokens[0] for t in tokens(call)] == ["a", "b", "e", "f", "c", "d"]


def test_the_call_says_where_it_belongs() -> None:
    call = Conversation(
        id="c",
        turns=(Turn("customer", "hi"),),
        queue="billing",
        locale="en-GB",
        customer_id="k",
        outcome={"nps": 9},
    )
    records = [timed.record for timed in records_of(plan_call(call, call_id="c~2"), START)]
    assert records[0] == CallStarted("c~2", START, customer_id="k", queue="billing", locale="en-GB")
    assert isinstance(records[-1], SurveySubmitted)
    assert {record.call_id for record in records} == {"c~2"}


def test_calls_are_mixed_by_time_and_only_live_ones_are_held() -> None:
    taken = 0

    def arrivals() -> list[Arrival]:
        return [call.arrival for call in simulated_calls(concurrent=5, calls=40, seed=2)]

    def counted() -> Iterator[Arrival]:
        nonlocal taken
        for arrival in arrivals():
            taken += 1
            yield arrival

    played = play(counted(), START)
    first = list(islice(played, 200))
    assert taken < 15
    rest = list(played)
    instants = [timed.at for timed in first + rest]
    assert instants == sorted(instants)
    assert instants[-1] - START == length_ms(arrivals())
    alone = [timed for a in arrivals() for timed in records_of(a.plan, START + a.start_ms)]
    assert sorted(map(repr, alone)) == sorted(map(repr, first + rest))
