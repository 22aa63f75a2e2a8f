"""Is an agent's turn personal, scripted, or neither? Judged by what was said before."""

from collections.abc import Collection, Sequence
from typing import Literal

from models.resemblance import SAME, SKETCH, keys, mark
from streams.calls.state import CallState

Style = Literal["personal", "scripted", "neither"]

#: Words from which an agent's utterance counts as a turn of its own.
TURN_WORDS = 4
#: Sentences of the agent, and telling words of the customer, that are remembered.
_SENTENCES, _FACTS = 5, 16
#: Letters from which a word tells something, and how many of the customer's an agent has to pick up.
_FACT_LETTERS, _OWN_WORDS = 5, 2


def said_before(state: CallState, sketch: Sequence[int]) -> bool:
    """Return whether the agent has said nearly the same in this call, and remember it."""
    known = state.said
    if sum(checksum in known for checksum in sketch) >= SAME:
        for first in range(0, len(known), SKETCH):
            if len(set(sketch).intersection(known[first : first + SKETCH])) >= SAME:
                return True
    state.said = [*known[-SKETCH * (_SENTENCES - 1) :], *sketch]
    return False


def in_book(sketch: Sequence[int], book: Collection[int]) -> bool:
    """Return whether nearly the same is said in many calls."""
    return any(key in book for key in keys(sketch))


def note_facts(state: CallState, words: Sequence[str], plain: Collection[str]) -> None:
    """Remember the telling words of a customer's turn."""
    facts = state.facts
    for word in words:
        if _tells(state, word, plain):
            fact = mark(word)
            if fact not in facts:
                facts.append(fact)
    del facts[:-_FACTS]


def picks_up(state: CallState, words: Sequence[str], plain: Collection[str]) -> bool:
    """Return whether an agent's sentence uses telling words of the customer."""
    if not state.facts:
        return False
    facts = state.facts
    own = {word for word in words if _tells(state, word, plain) and mark(word) in facts}
    return len(own) >= _OWN_WORDS


def _tells(state: CallState, word: str, plain: Collection[str]) -> bool:
    """Return whether a word says something of this customer: a name, a number that is read back, do not."""
    return len(word) >= _FACT_LETTERS and word not in plain and word not in state.names and "0" not in word
