"""A pattern as its fragments: the parts between its gaps, by which it is found.

An automaton that had to remember every open gap would have a position for every combination of them. So it
only finds fragments; a pattern is looked at in full when its last fragment comes up and the others have been
seen in the sentence.
"""

from itertools import product
from typing import NamedTuple

from streams.calls.signals.patterns import Edge, Either, Gap, Node, Optional, PatternError, Sequenced, Word

#: Ways to go through a pattern whose alternatives or options hold gaps.
_MAX_WAYS = 1_000


class Ending(NamedTuple):
    """A fragment that can be the last of a pattern to be heard.

    Parameters
    ----------
    last : Node
        The fragment.
    needed : tuple of Node
        Those that have to be there before it, in order.
    within : int
        The most words from the end of the one before it to its own.
    """

    last: Node
    needed: tuple[Node, ...]
    within: int


class Way(NamedTuple):
    """One way through a pattern.

    Parameters
    ----------
    required : tuple of Node
        Fragments that have to be there, in order.
    endings : tuple of Ending
        How it can end, before what the end of the sentence may be part of.
    may_end, must_end : bool
        Whether the end of the sentence may be part of it, and whether it has to be.
    """

    required: tuple[Node, ...]
    endings: tuple[Ending, ...]
    may_end: bool
    must_end: bool


def ways_through(pattern: Node, shown: str) -> list[Way]:
    """Return the ways through a pattern.

    Raises
    ------
    PatternError
        When there are too many; `shown` is how the message calls the pattern.

    Examples
    --------
    >>> [way] = ways_through(Sequenced((Word("to"), Gap(3), Word("manager"))), "to ..3 manager")
    >>> [ending] = way.endings
    >>> ending.needed, ending.last, ending.within
    ((Word(text='to', prefix=False),), Word(text='manager', prefix=False), 4)
    """
    found = []
    for parts in _spread(pattern, shown):
        fragments, spans = _fragments(parts)
        required = [place for place, fragment in enumerate(fragments) if not may_be_empty(fragment)]
        if not required:
            continue  # it could match without a word, which is refused elsewhere
        endings = [
            place
            for place, fragment in enumerate(fragments)
            if place == required[-1] or (place > required[-1] and _has_word(fragment))
        ]
        found.append(
            Way(
                tuple(fragments[place] for place in required),
                tuple(_ending(place, required, fragments, spans) for place in endings),
                any(_has_end(part) for part in fragments),
                any(_needs_end(part) for part in fragments),
            )
        )
    return found


def _spread(node: Node, shown: str) -> list[tuple[Node, ...]]:
    """Return the sequences of gaps and parts without gaps that a tree stands for."""
    if isinstance(node, Gap):
        return [(node,)]
    if not _has_gap(node):
        return [(node,)]
    if isinstance(node, Optional):
        return [(), *_spread(node.part, shown)]
    if isinstance(node, Either):
        plain = tuple(part for part in node.parts if not _has_gap(part))
        ways: list[tuple[Node, ...]] = [(Either(plain),)] if plain else []
        ways += [way for part in node.parts if _has_gap(part) for way in _spread(part, shown)]
    else:
        assert isinstance(node, Sequenced)
        choices = [_spread(part, shown) for part in node.parts]
        count = 1
        for choice in choices:
            count *= len(choice)
        if count > _MAX_WAYS:
            raise PatternError(f"{shown!r}: too many gaps inside of options")
        ways = [tuple(part for parts in chosen for part in parts) for chosen in product(*choices)]
    if len(ways) > _MAX_WAYS:
        raise PatternError(f"{shown!r}: too many gaps inside of options")
    return ways


def _ending(place: int, required: list[int], fragments: list[Node], spans: list[int]) -> Ending:
    before = [other for other in required if other < place]
    within = sum(spans[before[-1] + 1 : place + 1]) if before else 0
    return Ending(fragments[place], tuple(fragments[other] for other in before), within)


def _fragments(parts: tuple[Node, ...]) -> tuple[list[Node], list[int]]:
    """Return what stands between the gaps, and the most words of each with the gap before it."""
    fragments: list[list[Node]] = [[]]
    spans = [0]
    for part in parts:
        if isinstance(part, Gap) and fragments[-1]:
            fragments.append([])
            spans.append(0)
        elif not isinstance(part, Gap):
            fragments[-1].append(part)
        spans[-1] += most_words(part)
    if not fragments[-1]:
        del fragments[-1], spans[-1]
    return [held[0] if len(held) == 1 else Sequenced(tuple(held)) for held in fragments], spans


def _has_gap(node: Node) -> bool:
    if isinstance(node, Either | Sequenced):
        return any(map(_has_gap, node.parts))
    return _has_gap(node.part) if isinstance(node, Optional) else isinstance(node, Gap)


def _has_word(node: Node) -> bool:
    if isinstance(node, Either | Sequenced):
        return any(map(_has_word, node.parts))
    return _has_word(node.part) if isinstance(node, Optional) else isinstance(node, Word)


def _has_end(node: Node) -> bool:
    if isinstance(node, Either | Sequenced):
        return any(map(_has_end, node.parts))
    if isinstance(node, Optional):
        return _has_end(node.part)
    return isinstance(node, Edge) and not node.start


def _needs_end(node: Node) -> bool:
    if isinstance(node, Either):
        return all(map(_needs_end, node.parts))
    if isinstance(node, Sequenced):
        return any(map(_needs_end, node.parts))
    return isinstance(node, Edge) and not node.start


def reach(pattern: Node) -> int:
    """Return how many words behind its last one a pattern reaches out for: those of a gap at its end.

    Examples
    --------
    >>> reach(Sequenced((Word("usually"), Gap(4))))
    4
    """
    last = pattern.parts[-1] if isinstance(pattern, Sequenced) else pattern
    return last.words if isinstance(last, Gap) else 0


def most_words(node: Node) -> int:
    """Return how many words a match can have at most.

    Examples
    --------
    >>> most_words(Sequenced((Word("to"), Gap(3), Word("manager"))))
    5
    """
    if isinstance(node, Either):
        return max(map(most_words, node.parts))
    if isinstance(node, Sequenced):
        return sum(map(most_words, node.parts))
    if isinstance(node, Optional):
        return most_words(node.part)
    return node.words if isinstance(node, Gap) else int(isinstance(node, Word))


def may_be_empty(node: Node) -> bool:
    """Return whether a tree matches without a word."""
    if isinstance(node, Either):
        return any(map(may_be_empty, node.parts))
    if isinstance(node, Sequenced):
        return all(map(may_be_empty, node.parts))
    return isinstance(node, Optional | Edge | Gap)
