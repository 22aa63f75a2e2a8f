"""One pass over conversations: each turn is scored before any label of its conversation is known."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from models.base import LinearWeights
from models.conversations import Conversation
from models.features import normalise
from models.listener import Heard, Listener

#: A word that stands for another one in data that may not be passed on as text.
_CODE = re.compile(r"w\d+")
#: From this share of codes on, words are numbers and keep their digits.
_CODED = 0.5
#: Times that a model which will not learn on goes over its data.
_EPOCHS = 2

#: Labels of the customer turns of a conversation, and whether it ended badly; None is unknown.
Labels = tuple[Sequence[bool | None], bool | None]
#: What becomes known of a conversation at its end.
Release = Callable[[Conversation], Labels]


def word_of(conversations: Iterable[Conversation]) -> Callable[[str], str]:
    """Return what gives the word behind a token of these conversations.

    Examples
    --------
    >>> from models.conversations import Turn
    >>> word_of([Conversation("a", [Turn("customer", "w12 w7 unk")])])("w12")
    'w12'
    >>> word_of([Conversation("a", [Turn("customer", "Hello there")])])("Hello")
    'hello'
    """
    tokens = [token for conversation in conversations for turn in conversation.turns for token in turn.tokens]
    codes = sum(_CODE.fullmatch(token) is not None for token in tokens)
    return str if codes > _CODED * len(tokens) else normalise


def all_labels(conversation: Conversation) -> Labels:
    """Release everything."""
    return [turn.negative for turn in conversation.customer_turns], conversation.ended_badly


def call_labels(conversation: Conversation) -> Labels:
    """Release one label for the whole: how it ended, else whether any turn of it was negative."""
    negative, bad = all_labels(conversation)
    known = [label for label in negative if label is not None]
    return [None] * len(negative), any(known) if bad is None and known else bad


def share_of_labels(share: float, seed: int) -> Release:
    """Release all labels of a random share of the conversations, none of the others.

    Examples
    --------
    >>> chats = [Conversation(f"{n}", [], {"satisfaction": 1}) for n in range(1000)]
    >>> 80 < sum(share_of_labels(0.1, seed=1)(chat)[1] is True for chat in chats) < 120
    True
    """

    def release(conversation: Conversation) -> Labels:
        if Random(f"{seed}:{conversation.group}").random() < share:
            return all_labels(conversation)
        return [None] * len(conversation.customer_turns), None

    return release


def follow(listener: Listener, conversation: Conversation) -> list[Heard | None]:
    """Return what the model makes of each turn of a conversation, None for those of others than customers."""
    thread = listener.begin()
    heard: list[Heard | None] = []
    for turn in conversation.turns:
        heard.append(listener.customer_spoke(thread, turn.tokens) if turn.speaker == "customer" else None)
        if turn.speaker in ("agent", "supervisor", "bot"):
            listener.agent_spoke(thread, turn.tokens)
    return heard


@dataclass(slots=True)
class Timing:
    """Time spent, in ns of the clock that was given, and what it was spent on."""

    predict_ns: int = 0
    learn_ns: int = 0
    turns: int = 0
    tokens: int = 0


def progress(
    conversations: Sequence[Conversation],
    listener: Listener,
    release: Release | None = all_labels,
    clock: Callable[[], int] = int,
    timing: Timing | None = None,
) -> Iterator[tuple[Conversation, list[Heard | None]]]:
    """Yield each conversation with what was made of its turns, then let the model learn from it.

    Lines that belong to one longer conversation (`Conversation.group`) release their labels together, when
    the last of them is done.

    Parameters
    ----------
    release : callable or None
        What becomes known at the end of a conversation; None for a model that does not learn.
    clock : callable
        Nanoseconds, for `timing`.
    """
    spent = timing or Timing()
    missing = Counter(conversation.group for conversation in conversations)
    waiting: dict[str, list[tuple[Conversation, list[Heard]]]] = {}
    for conversation in conversations:
        began = clock()
        heard = follow(listener, conversation)
        spent.predict_ns += clock() - began
        spent.turns += len(heard)
        spent.tokens += sum(len(turn.tokens) for turn in conversation.turns)
        yield conversation, heard
        group = conversation.group
        waiting.setdefault(group, []).append((conversation, [h for h in heard if h is not None]))
        missing[group] -= 1
        if missing[group] or release is None:
            continue
        for line, mine in waiting.pop(group):
            negative, bad = release(line)
            began = clock()
            listener.learn(mine, negative, bad)
            spent.learn_ns += clock() - began


def trained(
    conversations: Sequence[Conversation],
    frozen: LinearWeights | None,
    word: Callable[[str], str],
    epochs: int = _EPOCHS,
) -> Listener:
    """Return a model that has learned these conversations, going over them `epochs` times."""
    listener = Listener(frozen, word)
    for _ in range(epochs):
        for _ in progress(conversations, listener):
            pass
    return listener
