"""No label is known before its time, and the tests that say so can fail."""

from collections.abc import Sequence
from random import Random

import pytest
from msgspec.structs import replace

from models.conversations import Conversation, Turn
from models.features import normalise
from models.listener import Listener
from models.progressive import (
    all_labels,
    call_labels,
    follow,
    progress,
    share_of_labels,
    trained,
    word_of,
)
from models.scorecard import evaluate, in_order

CHATS, TURNS = 150, 8


def random_chats(seed: int) -> list[Conversation]:
    """Return chats that each have words of their own, and one random label for all their turns."""
    rng = Random(seed)
    chats = []
    for number in range(CHATS):
        words = [f"{rng.randrange(10**9):x}q" for _ in range(6)]
        label = rng.choice(("negative", "neutral"))
        turns = [Turn("customer", " ".join(rng.sample(words, 4)), label) for _ in range(TURNS)]
        chats.append(Conversation(f"chat-{number}", turns, {"satisfaction": 1 if label == "negative" else 2}))
    return chats


def turn_by_turn(chats: Sequence[Conversation], group: bool) -> list[Conversation]:
    """Return every turn as a line: its label is out before the next turn, unless they are grouped."""
    return [
        Conversation(f"{chat.id}-{place}", [turn], {"conv_id": chat.id} if group else None)
        for chat in chats
        for place, turn in enumerate(chat.turns)
    ]


def turn_auc(conversations: Sequence[Conversation]) -> float:
    auc = evaluate(conversations, Listener(), all_labels)[0].turn_negative.roc_auc
    assert auc is not None
    return auc


@pytest.mark.parametrize("seed", range(3))
def test_random_labels_of_a_conversation_cannot_be_known_in_it(seed: int) -> None:
    assert turn_auc(random_chats(seed)) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("seed", range(3))
def test_labels_released_at_once_give_them_away(seed: int) -> None:
    assert turn_auc(turn_by_turn(random_chats(seed), group=False)) > 0.85


@pytest.mark.parametrize("seed", range(3))
def test_lines_of_one_conversation_wait_for_its_last(seed: int) -> None:
    assert turn_auc(turn_by_turn(random_chats(seed), group=True)) == pytest.approx(0.5, abs=0.08)


def test_the_end_of_a_conversation_is_not_known_in_it() -> None:
    card = evaluate(random_chats(5), Listener(), all_labels)[0]
    assert card.ends_badly.roc_auc == pytest.approx(0.5, abs=0.1)
    assert card.next_negative.roc_auc == pytest.approx(0.5, abs=0.1)


def test_predictions_do_not_depend_on_the_labels_of_their_own_conversation() -> None:
    chats = random_chats(1)[:20]
    last = chats[-1]
    turned = replace(
        last, turns=[replace(turn, label="negative") for turn in last.turns], outcome={"satisfaction": 1}
    )
    bare = replace(last, turns=[replace(turn, label=None) for turn in last.turns], outcome=None)
    found = [evaluate([*chats[:-1], it], Listener(), all_labels)[1] for it in (last, turned, bare)]
    assert found[0] == found[1] == found[2]


def test_a_frozen_model_learns_nothing() -> None:
    chats = random_chats(2)
    listener = trained(chats[:50], None, normalise)
    before = [[one and one.turn for one in follow(listener, chat)] for chat in chats[50:60]]
    for _ in progress(chats[50:], listener, None):
        pass
    assert [[one and one.turn for one in follow(listener, chat)] for chat in chats[50:60]] == before


def test_call_labels_hide_the_turns() -> None:
    chat = Conversation("c", [Turn("customer", "x", "negative"), Turn("agent", "y"), Turn("customer", "z")])
    assert call_labels(chat) == ([None, None], True)
    assert call_labels(replace(chat, outcome={"satisfaction": 2})) == ([None, None], False)
    assert call_labels(Conversation("d", [Turn("customer", "x")])) == ([None], None)


def test_a_share_of_labels_is_the_same_for_all_lines_of_a_conversation() -> None:
    lines = turn_by_turn(random_chats(3), group=True)
    release = share_of_labels(0.5, seed=4)
    known: dict[str, set[bool]] = {}
    for line in lines:
        known.setdefault(line.group, set()).add(release(line)[0] != [None])
    assert all(len(answers) == 1 for answers in known.values())
    assert {True, False} == set.union(*known.values())


def test_codes_keep_their_digits() -> None:
    assert word_of([Conversation("a", [Turn("customer", "w1 w22 unk")])])("w22") == "w22"
    assert word_of([])("Hello!") == "hello"


def test_orders_differ_and_can_be_repeated() -> None:
    chats = random_chats(0)
    assert in_order(chats, 1, seed=3) == in_order(chats, 1, seed=3) != in_order(chats, 2, seed=3)


def test_the_clock_that_is_given_is_read() -> None:
    ticks = iter(range(0, 10**9, 1000))
    card = evaluate(random_chats(0)[:10], Listener(), all_labels, lambda: next(ticks))[0]
    assert card.predict_us == card.learn_us == pytest.approx(1 / TURNS, abs=0.01)
    assert card.us_per_10_tokens == pytest.approx(10 * 2 / (4 * TURNS), abs=0.01)
