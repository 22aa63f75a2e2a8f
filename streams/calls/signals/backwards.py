"""One pattern looked for from its last word to its first.

A pattern whose fragments have all been heard is usually not there: seen from its end that shows after a word
or two. The sets of places that this leads through are few, so each is worked out once and numbered.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from streams.calls.signals.walk import Arc, Walk

_NOWHERE = 0


class _Node(NamedTuple):
    """A set of places, and the same with all that the beginning of a sentence adds."""

    places: frozenset[int]
    at_start: frozenset[int]


class Backwards:
    """Patterns, gone through from their ends.

    Parameters
    ----------
    arcs : list of list of Arc
        Per place the arcs that lead to it, each with the place it comes from; may grow, but not at a pattern
        that has been looked for.
    negators : collection of str
        Words that a gap does not pass over.
    """

    def __init__(self, arcs: Sequence[Sequence[Arc]], negators: Collection[str]) -> None:
        self._walk = Walk(arcs, negators)
        self._numbers: dict[frozenset[int], int] = {}
        self._nodes: list[_Node] = []
        self._moves: list[dict[str, int]] = []
        self._others: list[int] = []
        self._lasts: dict[tuple[int, bool], int] = {}
        self._number(frozenset())

    def longest(self, first: int, last: int, words: Sequence[str], *, ended: bool) -> int:
        """Return where the longest match begins that ends with the last word, -1 for none.

        See `streams.calls.signals.machine.Machine.back`.
        """
        node = self._lasts.get((last, ended), -1)
        if node < 0:
            places = frozenset(self._walk.reached((last,), at_end=ended))
            node = self._lasts[last, ended] = self._number(places)
        found = -1
        moves, nodes = self._moves, self._nodes
        for index in range(len(words) - 1, -1, -1):
            word = words[index]
            following = moves[node].get(word)
            node = self._follow(node, word) if following is None else following
            if node == _NOWHERE:
                return found
            if first in nodes[node].places:
                found = index
        # At the beginning of the sentence a pattern may also ask for it.
        return 0 if first in nodes[node].at_start else found

    def _follow(self, node: int, word: str) -> int:
        """Return the node after a word, and remember it; words that no way names share one."""
        places = self._nodes[node].places
        if self._walk.names(places, word):
            following = self._moves[node][word] = self._number(frozenset(self._walk.follow(places, word)))
            return following
        following = self._others[node]
        if following < 0:
            following = self._others[node] = self._number(frozenset(self._walk.follow(places, "")))
        return following

    def _number(self, places: frozenset[int]) -> int:
        number = self._numbers.get(places)
        if number is None:
            number = self._numbers[places] = len(self._nodes)
            at_start = frozenset(self._walk.reached(places, at_start=True))
            self._nodes.append(_Node(places, at_start))
            self._moves.append({})
            self._others.append(-1)
        return number
