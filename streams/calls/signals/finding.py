"""What comes up at a word: fragments to be remembered, and patterns that may end there."""

from typing import NamedTuple


class Awaiting(NamedTuple):
    """A pattern whose last fragment has come: most words since the one before, and what else it needs."""

    pattern: int
    within: int
    rest: frozenset[int]


class Found(NamedTuple):
    """What ends at a node.

    Parameters
    ----------
    fragments : tuple of int
        Fragments that patterns wait for.
    alone : tuple of int
        Patterns of which it is the only fragment.
    awaiting : dict of int to tuple of Awaiting
        Patterns of which it is the last fragment, by the one before it.
    """

    fragments: tuple[int, ...]
    alone: tuple[int, ...]
    awaiting: dict[int, tuple[Awaiting, ...]]


def due(found: Found, seen: dict[int, int], place: int) -> list[int]:
    """Return the patterns to look at, and remember what has been seen of the others.

    Parameters
    ----------
    seen : dict of int to int
        Fragments that have been seen in the sentence, with the place at which each last ended.
    place : int
        Place of the word that led to `found`.
    """
    fragments, alone, awaiting = found
    patterns = list(alone)
    if awaiting:
        for fragment in awaiting.keys() & seen.keys():
            behind = place - seen[fragment]
            for number, within, rest in awaiting[fragment]:
                if behind <= within and (not rest or seen.keys() >= rest):
                    patterns.append(number)
    for fragment in fragments:
        seen[fragment] = place
    patterns.sort()
    return patterns
