"""Whom would be alerted on? Shares of bad conversations found at a price, on chats never learned from.

Five folds: a model learns four and scores the fifth. The threshold for a price comes from scores of the four
others, each of them from a model that knew neither it nor the fold under test.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from statistics import fmean

from msgspec import Struct

from models.conversations import Conversation

FOLDS = 5
#: Shares of the good conversations that may be alerted on.
PRICES = (0.02, 0.05, 0.10, 0.20)
#: Share of bad calls on an ordinary floor, for which precision is worked out.
FLOOR = 0.03

#: The risk after each turn, in the order of `Conversation.turns`; None where nothing is said about it.
Risks = Sequence[float | None]
#: Learns conversations and returns what follows others.
Learner = Callable[[Sequence[Conversation]], Callable[[Conversation], Risks]]


class AlertRow(Struct, frozen=True):
    """What one price buys, or what one policy does.

    Parameters
    ----------
    at : str
        The price, ``2%``, or the name of the policy.
    threshold : float
        Risk from which an alert is due; for a price the mean over the folds.
    found, false_alarms : float
        Share of bad and of good conversations that were alerted on.
    in_time : float or None
        Of the conversations that should have been handed to a person (`handoff`): share alerted on at or
        before that turn.
    precision : float or None
        Share of alerts that are right where `FLOOR` of the calls go bad.
    """

    at: str
    threshold: float
    found: float
    false_alarms: float
    in_time: float | None
    precision: float | None


def alert_table(
    conversations: Iterable[Conversation],
    learner: Learner,
    seed: int = 0,
    policies: Mapping[str, float] | None = None,
) -> list[AlertRow]:
    """Return a row per price and one per policy; conversations whose end nobody judged are left out.

    Parameters
    ----------
    policies : mapping of str to float, optional
        By name the risk from which a policy alerts.

    Examples
    --------
    >>> from models.conversations import Turn
    >>> chats = [
    ...     Conversation(f"{n}", [Turn("customer", "x", raw={"handoff": n % 2})], {"satisfaction": 2 - n % 2})
    ...     for n in range(40)
    ... ]
    >>> def clairvoyant(known):
    ...     return lambda chat: [float(bool(chat.ended_badly))]
    >>> row = alert_table(chats, clairvoyant)[0]
    >>> row.found, row.false_alarms, row.in_time, row.precision
    (1.0, 0.0, 1.0, 1.0)
    """
    chats = [chat for chat in conversations if chat.ended_badly is not None]
    fold = _folds(len(chats), seed)
    paths = _paths(chats, fold, learner)
    rows = [
        _row(f"{price:.0%}", chats, fold, paths, _thresholds(price, chats, fold, paths)) for price in PRICES
    ]
    fixed = (policies or {}).items()
    return rows + [_row(name, chats, fold, paths, [threshold] * FOLDS) for name, threshold in fixed]


def precision_at(found: float, false_alarms: float, floor: float = FLOOR) -> float | None:
    """Return the share of alerts that are right where `floor` of the calls go bad; None without alerts.

    Examples
    --------
    >>> round(precision_at(0.5, 0.02), 3)
    0.436
    """
    alerted = floor * found + (1.0 - floor) * false_alarms
    return floor * found / alerted if alerted else None


def _folds(count: int, seed: int) -> list[int]:
    order = list(range(count))
    Random(seed).shuffle(order)
    fold = [0] * count
    for place, number in enumerate(order):
        fold[number] = place % FOLDS
    return fold


def _paths(
    chats: Sequence[Conversation], fold: Sequence[int], learner: Learner
) -> dict[tuple[int, int], Risks]:
    """Return the risks of each chat by (number, fold that its model did not know either)."""
    paths: dict[tuple[int, int], Risks] = {}
    for one in range(FOLDS):
        for other in range(one, FOLDS):
            follow = learner([chat for chat, f in zip(chats, fold, strict=True) if f not in (one, other)])
            for number, chat in enumerate(chats):
                if fold[number] == one:
                    paths[number, other] = follow(chat)
                elif fold[number] == other:
                    paths[number, one] = follow(chat)
    return paths


def _thresholds(
    price: float, chats: Sequence[Conversation], fold: Sequence[int], paths: dict[tuple[int, int], Risks]
) -> list[float]:
    """Return for each fold the risk that buys its alerts at that price in the others."""
    thresholds = []
    for tested in range(FOLDS):
        peaks = [
            _peak(paths[number, tested])
            for number, chat in enumerate(chats)
            if fold[number] != tested and not chat.ended_badly
        ]
        thresholds.append(sorted(peaks, reverse=True)[round(price * len(peaks))] if peaks else 1.0)
    return thresholds


def _row(
    at: str,
    chats: Sequence[Conversation],
    fold: Sequence[int],
    paths: dict[tuple[int, int], Risks],
    thresholds: Sequence[float],
) -> AlertRow:
    alerted: dict[bool, list[bool]] = {True: [], False: []}
    in_time: list[bool] = []
    for number, chat in enumerate(chats):
        first = _first(paths[number, fold[number]], thresholds[fold[number]])
        alerted[bool(chat.ended_badly)].append(first is not None)
        handoff = next((place for place, turn in enumerate(chat.turns) if turn.raw.get("handoff") == 1), None)
        if handoff is not None:
            in_time.append(first is not None and first <= handoff)
    found, false_alarms = _share(alerted[True]) or 0.0, _share(alerted[False]) or 0.0
    precision = precision_at(found, false_alarms)
    return AlertRow(at, fmean(thresholds), found, false_alarms, _share(in_time), precision)


def _first(risks: Risks, threshold: float) -> int | None:
    return next((n for n, risk in enumerate(risks) if risk is not None and risk > threshold), None)


def _peak(risks: Risks) -> float:
    return max((risk for risk in risks if risk is not None), default=0.0)


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
