from typing import Any

import pytest

from streams.analysis.logs import from_conversations, from_records, needed_help
from streams.calls.events import CallEnded, CallReviewed, HoldStarted, TranscriptTokens
from streams.sources.conversations import Conversation, Expect, Turn
from tests.builders import CALM, at, say, started


def conversation(call_id: str = "c-1", **kwargs: Any) -> Conversation:
    return Conversation(id=call_id, turns=(Turn("customer", CALM), Turn("agent", "here you are")), **kwargs)


@pytest.mark.parametrize(
    ("outcome", "needed"),
    [
        (None, None),
        ({}, None),
        ({"csat": 2}, True),
        ({"csat": 3}, False),
        ({"needs_help": True}, True),
        ({"escalated": False, "csat": 1}, False),
        ({"resolved": False}, None),
    ],
)
def test_what_the_data_says_of_help_is_believed(outcome: dict[str, Any] | None, needed: bool | None) -> None:
    assert needed_help(conversation(outcome=outcome)) is needed


@pytest.mark.parametrize("escalates", [True, False])
def test_what_its_writer_says_goes_before_the_survey(escalates: bool) -> None:
    said = conversation(outcome={"csat": 1 if not escalates else 5}, expect=Expect(escalates))
    assert needed_help(said) is escalates


def test_a_conversation_becomes_a_call_in_order_of_time() -> None:
    [call] = from_conversations([conversation(outcome={"csat": 1})])
    assert (call.call_id, call.needed_help) == ("c-1", True)
    times = [record.at for record in call.records]
    assert times == sorted(times)
    words = [token for r in call.records if isinstance(r, TranscriptTokens) for token in r.tokens]
    assert " ".join(words) == f"{CALM} here you are"


def test_each_conversation_is_a_call() -> None:
    calls = list(from_conversations([conversation("a"), conversation("b")]))
    assert [call.call_id for call in calls] == ["a", "b"]
    assert all(record.call_id == call.call_id for call in calls for record in call.records)


def test_records_of_two_topics_are_told_apart_by_call_and_merged_by_time() -> None:
    said = [
        say("customer", CALM, 5, 0),
        say("customer", CALM, 5, 0, call_id="c2"),
        say("customer", CALM, 9, 1),
    ]
    [one, other] = from_records([*said, started(0), HoldStarted("c1", at(7)), CallEnded("c1", at(20))])
    assert [record.at for record in one.records] == [at(0), at(5), at(7), at(9), at(20)]
    assert [record.at for record in other.records] == [at(5)]


def test_an_event_goes_before_words_of_the_same_time() -> None:
    [call] = from_records([say("customer", CALM, 5, 0), HoldStarted("c1", at(5))])
    assert isinstance(call.records[0], HoldStarted)


def test_order_inside_a_topic_is_kept() -> None:
    late = [say("customer", CALM, 9, 0), say("customer", CALM, 5, 1)]
    [call] = from_records(late)
    assert list(call.records) == late


def test_a_review_says_whether_the_call_needed_help_and_the_last_one_counts() -> None:
    reviews = [CallReviewed("c1", at(50), True, "kim"), CallReviewed("c1", at(60), False, "lou")]
    [call] = from_records([say("customer", CALM, 5, 0), *reviews])
    assert call.needed_help is False
    [unreviewed] = from_records([say("customer", CALM, 5, 0)])
    assert unreviewed.needed_help is None
