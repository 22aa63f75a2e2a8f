from itertools import pairwise

import pytest

from streams.sources.conversations import Conversation, Turn
from streams.sources.plans import WORDS_PER_MINUTE, Happening, Spoken, plan_call

TEN = "one two three four five six seven eight nine ten"


def spoken(conversation: Conversation, seed: int = 0) -> list[Spoken]:
    return [item for item in plan_call(conversation, seed=seed).items if isinstance(item, Spoken)]


def happened(conversation: Conversation) -> list[tuple[str, int]]:
    return [(i.fields["type"], i.start_ms) for i in plan_call(conversation).items if isinstance(i, Happening)]


def test_turns_without_times_follow_the_speaking_rate() -> None:
    call = Conversation(id="c", turns=tuple(Turn("customer", TEN) for _ in range(200)))
    items = spoken(call)
    talked_ms = sum(item.end_ms - item.start_ms for item in items)
    assert 2000 / (talked_ms / 60_000) == pytest.approx(WORDS_PER_MINUTE, rel=0.05)
    gaps = [after.start_ms - before.end_ms for before, after in pairwise(items)]
    assert min(gaps) >= 300
    assert max(gaps) <= 960


def test_the_seed_and_the_id_decide() -> None:
    call = Conversation(id="c", turns=(Turn("customer", TEN), Turn("agent", TEN)))
    assert plan_call(call, seed=1) == plan_call(call, seed=1)
    assert plan_call(call, seed=1).items != plan_call(call, seed=2).items
    assert plan_call(call, seed=1).items != plan_call(call, seed=1, call_id="d").items


def test_times_of_the_data_are_kept_and_make_no_talk_over() -> None:
    call = Conversation(
        id="c",
        turns=(
            Turn("customer", TEN, at_ms=1_000),
            Turn("agent", TEN, at_ms=2_500, end_ms=4_000),
            Turn("customer", "yes", at_ms=3_000),
        ),
    )
    assert [(i.start_ms, i.end_ms) for i in spoken(call)][:2] == [(1_000, 2_500), (2_500, 4_000)]
    assert spoken(call)[2].start_ms == 3_000


def test_lines_that_nobody_says_are_left_out() -> None:
    call = Conversation(
        id="c", turns=(Turn("system", "account opened"), Turn("customer", "  "), Turn("customer", "hi"))
    )
    assert [item.number for item in spoken(call)] == [2]
    plan = plan_call(call)
    assert plan.said_by_ms(2) == spoken(call)[0].end_ms
    with pytest.raises(KeyError):
        plan.said_by_ms(0)


def test_what_the_data_does_not_say_is_added() -> None:
    call = Conversation(
        id="c",
        turns=(Turn("customer", "hi"), Turn("agent", "hello")),
        agent_id="a-7",
        outcome={"csat": 4, "resolved": True, "unknown": 1},
    )
    kinds = [kind for kind, _ in happened(call)]
    assert kinds == ["call.started", "agent.joined", "call.ended", "wrapup.completed", "survey.submitted"]
    plan = plan_call(call)
    assert plan.items[-1].start_ms == plan.length_ms
    assert plan.talk_ms < plan.length_ms


def test_what_the_data_says_is_not_added_again() -> None:
    call = Conversation(
        id="c",
        turns=(Turn("agent", "hello"), Turn("customer", "hi")),
        events=(
            {"type": "call.started", "at_ms": 0, "queue": "x"},
            {"type": "agent.joined", "at_ms": 0, "agent_id": "a"},
            {"type": "call.ended", "before_turn": 2, "reason": "transfer"},
        ),
    )
    assert sorted(kind for kind, _ in happened(call)) == ["agent.joined", "call.ended", "call.started"]


def test_a_second_agent_does_not_hide_the_first() -> None:
    call = Conversation(
        id="c",
        turns=(Turn("agent", "hello"), Turn("agent", "hello again")),
        events=({"type": "agent.joined", "before_turn": 1, "agent_id": "second"},),
        agent_id="first",
    )
    joined = [i.fields["agent_id"] for i in plan_call(call).items if getattr(i, "fields", {}).get("agent_id")]
    assert joined == ["first", "second"]


def test_a_hold_takes_its_time() -> None:
    call = Conversation(
        id="c",
        turns=(Turn("agent", "please hold"), Turn("agent", "thanks")),
        events=(
            {"type": "hold.started", "before_turn": 1, "lasts_ms": 90_000},
            {"type": "hold.ended", "before_turn": 1},
        ),
    )
    times = dict(happened(call))
    assert times["hold.ended"] - times["hold.started"] == 90_000
    assert spoken(call)[0].end_ms <= times["hold.started"]
    assert spoken(call)[1].start_ms >= times["hold.ended"]


def test_silence_before_a_turn_can_be_said() -> None:
    call = Conversation(id="c", turns=(Turn("customer", "hi"), Turn("customer", "hello?", gap_ms=12_000)))
    first, second = spoken(call)
    assert second.start_ms - first.end_ms == 12_000
