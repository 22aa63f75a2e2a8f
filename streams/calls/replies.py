"""Is an agent's turn personal, scripted, or neither? Judged in the call: what was said before in it.

A sentence is remembered by a sketch of its word pairs: of the checksums of all pairs the smallest few. Two
sentences of which most of these agree are near-identical (bottom-k sketch: Broder 1997, "On the resemblance
and containment of documents").
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zlib import crc32

from streams.calls.state import CallState

Style = Literal["personal", "scripted", "neither"]

#: Words from which an agent's utterance counts as a turn of its own.
TURN_WORDS = 4
#: A sketch holds so many checksums; of that many, near-identical sentences share at least so many.
_SKETCH, _SAME = 5, 4
#: Words from which a sentence can be told to be the same again.
_SKETCH_WORDS = 6
#: Sentences of the agent, and telling words of the customer, that are remembered.
_SENTENCES, _FACTS = 5, 16
#: Letters from which a word tells something, and how many of the customer's an agent has to pick up.
_FACT_LETTERS, _OWN_WORDS = 5, 2


def sketch(words: Sequence[str]) -> list[int]:
    """Return the sketch of a sentence, sorted, each number in 16 bits; empty when it is too short to tell.

    Examples
    --------
    >>> a = sketch("thank you for calling today how may i help you".split())
    >>> b = sketch("thank you for calling us today how may i help you".split())
    >>> len(set(a) & set(b)) >= 4
    True
    """
    if len(words) < _SKETCH_WORDS:
        return []
    marks = list(map(_mark, words))
    return sorted({(one * 40_503 + other) & 0xFFFF for one, other in pairwise(marks)})[:_SKETCH]


def said_before(state: CallState, words: Sequence[str]) -> bool:
    """Return whether the agent has said nearly the same in this call, and remember it."""
    new = sketch(words)
    if len(new) < _SKETCH:
        return False
    known = state.said
    if sum(mark in known for mark in new) >= _SAME:
        for first in range(0, len(known), _SKETCH):
            if len(set(new).intersection(known[first : first + _SKETCH])) >= _SAME:
                return True
    state.said = [*known[-_SKETCH * (_SENTENCES - 1) :], *new]
    return False


def note_facts(state: CallState, words: Sequence[str], plain: Collection[str]) -> None:
    """Remember the telling words of a customer's turn."""
    facts = state.facts
    for word in words:
        if _tells(state, word, plain):
            mark = _mark(word)
            if mark not in facts:
                facts.append(mark)
    del facts[:-_FACTS]


def picks_up(state: CallState, words: Sequence[str], plain: Collection[str]) -> bool:
    """Return whether an agent's sentence uses telling words of the customer."""
    if not state.facts:
        return False
    facts = state.facts
    own = {word for word in words if _tells(state, word, plain) and _mark(word) in facts}
    return len(own) >= _OWN_WORDS


def _tells(state: CallState, word: str, plain: Collection[str]) -> bool:
    """Return whether a word says something of this customer: a name, a number that is read back, do not."""
    return len(word) >= _FACT_LETTERS and word not in plain and word not in state.names and "0" not in word


@lru_cache(maxsize=16_384)
def _mark(word: str) -> int:
    return crc32(word.encode()) & 0xFFFF
