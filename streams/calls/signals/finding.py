"""What comes up at a word: fragments to be remembered, and patterns that may end there."""

from typing import NamedTuple


class Awaiting(NamedTuple):
    """A pattern whose last fragment has come: how long it can be, in words, and what else has to be there."""

    pattern: int
    length: int
    rest: tuple[int, ...]


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
    if awaiting and seen:
        for fragment in awaiting if len(awaiting) < len(seen) else seen:
            at = seen.get(fragment)
            if at is not None and fragment in awaiting:
                for number, length, rest in awaiting[fragment]:
                    if at > place - length and all(map(seen.__contains__, rest)):
                        patterns.append(number)
    for fragment in fragments:
        seen[fragment] = place
    return patterns
