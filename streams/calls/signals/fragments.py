"""A pattern as its fragments: the parts between its gaps, by which it is found.

An automaton that had to remember every open gap would have a position for every combination of them. So it
only finds fragments; a pattern is looked at in full when its last fragment comes up and the others have been
seen in the sentence.
"""

from itertools import product
from typing import NamedTuple

from streams.calls.signals.patterns import PatternError
from streams.calls.signals.trees import Either, Gap, Node, Optional, Sequenced, Trees

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


def ways_through(pattern: Node, shown: str, trees: Trees) -> list[Way]:
    """Return the ways through a pattern of these trees.

    Raises
    ------
    PatternError
        When there are too many; `shown` is how the message calls the pattern.

    Examples
    --------
    >>> trees = Trees()
    >>> tree = trees.sequenced([trees.word("to"), trees.gap(3), trees.word("manager")])
    >>> [way] = ways_through(tree, "to ..3 manager", trees)
    >>> [ending] = way.endings
    >>> ending.needed, ending.last, ending.within
    ((Word(text='to', prefix=False),), Word(text='manager', prefix=False), 4)
    """
    found = []
    for parts in _spread(pattern, shown, trees):
        fragments, spans = _fragments(parts, trees)
        required = [place for place, fragment in enumerate(fragments) if not fragment.may_be_empty]
        if not required:
            continue  # it could match without a word, which is refused elsewhere
        endings = [
            place
            for place, fragment in enumerate(fragments)
            if place == required[-1] or (place > required[-1] and fragment.has_word)
        ]
        found.append(
            Way(
                tuple(fragments[place] for place in required),
                tuple(_ending(place, required, fragments, spans) for place in endings),
                any(part.has_end for part in fragments),
                any(part.needs_end for part in fragments),
            )
        )
    return found


def _spread(node: Node, shown: str, trees: Trees) -> list[tuple[Node, ...]]:
    """Return the sequences of gaps and parts without gaps that a tree stands for."""
    if isinstance(node, Gap):
        return [(node,)]
    if not node.has_gap:
        return [(node,)]
    if isinstance(node, Optional):
        return [(), *_spread(node.part, shown, trees)]
    if isinstance(node, Either):
        plain = tuple(part for part in node.parts if not part.has_gap)
        ways: list[tuple[Node, ...]] = [(trees.either(plain),)] if plain else []
        ways += [way for part in node.parts if part.has_gap for way in _spread(part, shown, trees)]
    else:
        assert isinstance(node, Sequenced)
        choices = [_spread(part, shown, trees) for part in node.parts]
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


def _fragments(parts: tuple[Node, ...], trees: Trees) -> tuple[list[Node], list[int]]:
    """Return what stands between the gaps, and the most words of each with the gap before it."""
    fragments: list[list[Node]] = [[]]
    spans = [0]
    for part in parts:
        if isinstance(part, Gap) and fragments[-1]:
            fragments.append([])
            spans.append(0)
        elif not isinstance(part, Gap):
            fragments[-1].append(part)
        spans[-1] += part.most_words
    if not fragments[-1]:
        del fragments[-1], spans[-1]
    return [trees.sequenced(held) for held in fragments], spans


def reach(pattern: Node) -> int:
    """Return how many words behind its last one a pattern reaches out for: those of a gap at its end.

    Examples
    --------
    >>> trees = Trees()
    >>> reach(trees.sequenced([trees.word("usually"), trees.gap(4)]))
    4
    """
    last = pattern.parts[-1] if isinstance(pattern, Sequenced) else pattern
    return last.most_words if isinstance(last, Gap) else 0
