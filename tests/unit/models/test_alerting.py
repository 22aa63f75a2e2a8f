from collections.abc import Callable, Sequence
from random import Random

import pytest

from models.alerting import FOLDS, PRICES, Risks, alert_table, precision_at
from models.conversations import Conversation, Turn

CHATS = [
    Conversation(
        f"chat-{n}",
        [Turn("agent", "hello"), *(Turn("customer", "x", raw={"handoff": int(k == 2)}) for k in range(4))],
        {"satisfaction": 1 if n % 4 == 0 else 2},
    )
    for n in range(200)
]


def test_no_chat_is_scored_by_a_model_that_learned_from_it() -> None:
    sizes = set()

    def learner(known: Sequence[Conversation]) -> Callable[[Conversation], Risks]:
        ids = {chat.id for chat in known}
        sizes.add(len(ids))

        def follow(chat: Conversation) -> Risks:
            assert chat.id not in ids
            return [0.0]

        return follow

    alert_table(CHATS, learner)
    assert sizes == {len(CHATS) * (FOLDS - 1) // FOLDS, len(CHATS) * (FOLDS - 2) // FOLDS}


def test_chance_finds_as_much_as_it_costs() -> None:
    rows = alert_table(CHATS, lambda known: lambda chat: [Random(chat.id).random()])
    for row, price in zip(rows, PRICES, strict=True):
        assert row.false_alarms == pytest.approx(price, abs=0.03)
        assert row.found == pytest.approx(price, abs=0.15)


def test_an_alert_after_the_handoff_is_not_in_time() -> None:
    def late(known: Sequence[Conversation]) -> Callable[[Conversation], Risks]:
        return lambda chat: [None, 0.0, 0.0, 0.0, float(bool(chat.ended_badly))]

    def at_the_handoff(known: Sequence[Conversation]) -> Callable[[Conversation], Risks]:
        return lambda chat: [None, 0.0, 0.0, float(bool(chat.ended_badly)), 0.0]

    assert [row.in_time for row in alert_table(CHATS, late)] == [0.0] * len(PRICES)
    assert [row.in_time for row in alert_table(CHATS, at_the_handoff)] == [0.25] * len(PRICES)


def test_chats_that_nobody_judged_are_left_out() -> None:
    unknown = [Conversation(f"unknown-{n}", [Turn("customer", "x")]) for n in range(50)]

    def learner(known: Sequence[Conversation]) -> Callable[[Conversation], Risks]:
        assert all(chat.ended_badly is not None for chat in known)
        return lambda chat: [float(bool(chat.ended_badly))]

    assert alert_table([*CHATS, *unknown], learner)[0].found == 1.0


def test_a_policy_alerts_from_its_own_risk_on() -> None:
    def learner(known: Sequence[Conversation]) -> Callable[[Conversation], Risks]:
        return lambda chat: [0.6 if chat.ended_badly else 0.4]

    rows = {
        row.at: row for row in alert_table(CHATS, learner, policies={"calm": 0.7, "eager": 0.3, "right": 0.5})
    }
    found = {name: (rows[name].found, rows[name].false_alarms) for name in ("calm", "eager", "right")}
    assert found == {"calm": (0.0, 0.0), "eager": (1.0, 1.0), "right": (1.0, 0.0)}
    assert [row.at for row in rows.values()][: len(PRICES)] == ["2%", "5%", "10%", "20%"]


def test_no_alerts_have_no_precision() -> None:
    assert precision_at(0.0, 0.0) is None
    assert precision_at(1.0, 1.0) == pytest.approx(0.03)
