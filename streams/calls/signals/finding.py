"""What comes up at a word: fragments to be remembered, and patterns that may end there.

Fragments that have been heard are a set of bits, so most words are over after one look at two numbers.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Awaiting(NamedTuple):
    """A pattern whose last fragment has come: most words since the one before, and what else it needs."""

    pattern: int
    within: int
    rest: int


class Found(NamedTuple):
    """What ends at a node; fragments are bits.

    Parameters
    ----------
    ends : int
        Fragments that patterns wait for.
    alone : tuple of int
        Patterns of which it is the only fragment.
    wanted : int
        The fragments of `awaiting`.
    awaiting : dict of int to tuple of Awaiting
        Patterns of which it is the last fragment, by the one before it.
    """

    ends: int
    alone: tuple[int, ...]
    wanted: int
    awaiting: dict[int, tuple[Awaiting, ...]]


#: What ends nowhere.
NOTHING = Found(0, (), 0, {})


def due(found: Found, seen: int, ends: Sequence[int]) -> list[int]:
    """Return the patterns to look at, in order.

    Parameters
    ----------
    seen : int
        Fragments that have been heard in the sentence before this word.
    ends : sequence of int
        The same, word by word.

    Examples
    --------
    >>> manager = Found(0, (), 0b1, {0b1: (Awaiting(pattern=7, within=4, rest=0),)})
    >>> due(manager, 0b1, [0b1, 0, 0])
    [7]
    >>> due(manager, 0b1, [0b1, 0, 0, 0, 0])
    []
    """
    patterns = list(found.alone)
    for fragment in bits(found.wanted & seen):
        for pattern, within, rest in found.awaiting[fragment]:
            if rest & seen == rest and any(there & fragment for there in ends[-within:]):
                patterns.append(pattern)
    patterns.sort()
    return patterns


def bits(mask: int) -> list[int]:
    """Return the single bits of a number, lowest first.

    Examples
    --------
    >>> bits(0b1010)
    [2, 8]
    """
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest)
        mask ^= lowest
    return found
