"""Going from place to place over the arcs of a machine, in either direction."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

#: How an arc is taken; MILD by any word but a negator.
FREE, AT_START, AT_END, WORD, PREFIX, ANY, MILD = range(7)
#: Those that know the words they take.
_NAMING = (WORD, PREFIX)


class Arc(NamedTuple):
    """One way on from a place: how it is taken, by which words or beginnings, the place it leads to."""

    kind: int
    texts: frozenset[str]
    target: int

    @property
    def takes_word(self) -> bool:
        """Whether a word is used up."""
        return self.kind >= WORD


class Ways(NamedTuple):
    """The ways on from one or more places that take a word, with all places that each reaches."""

    words: dict[str, tuple[int, ...]]
    prefixes: tuple[tuple[str, tuple[int, ...]], ...]
    any: tuple[int, ...]
    mild: tuple[int, ...]


class Walk:
    """Arcs that are gone along. What costs no word is worked out once per place.

    Parameters
    ----------
    arcs : list of list of Arc
        Per place; may grow until the walk first uses a place.
    negators : collection of str
        Words that turn round what follows: a gap does not pass over one.

    Examples
    --------
    >>> walk = Walk([[Arc(WORD, frozenset({"hello"}), 1)], [Arc(FREE, frozenset(), 2)], []])
    >>> sorted(walk.follow((0,), "hello"))
    [1, 2]
    """

    def __init__(self, arcs: Sequence[Sequence[Arc]], negators: Collection[str] = ()) -> None:
        self._arcs = arcs
        self._negators = frozenset(negators)
        self._closures: dict[int, tuple[int, ...]] = {}

    def reached(self, places: Iterable[int], *, at_start: bool = False, at_end: bool = False) -> set[int]:
        """Return these places and all that are reached from them without a word."""
        waiting = list(places)
        found = set(waiting)
        while waiting:
            for kind, _, target in self._arcs[waiting.pop()]:
                free = kind == FREE or (kind == AT_START and at_start) or (kind == AT_END and at_end)
                if free and target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def ways(self, places: Iterable[int]) -> Ways:
        """Return the ways on from all these places together."""
        words: dict[str, set[int]] = {}
        prefixes: dict[str, set[int]] = {}
        gaps: dict[int, set[int]] = {ANY: set(), MILD: set()}
        for place in places:
            for arc in self._arcs[place]:
                if not arc.takes_word:
                    continue
                targets = self._closure(arc.target)
                if arc.kind in gaps:
                    gaps[arc.kind].update(targets)
                into = words if arc.kind == WORD else prefixes
                for text in arc.texts:
                    into.setdefault(text, set()).update(targets)
        return Ways(
            {text: tuple(targets) for text, targets in words.items()},
            tuple((text, tuple(targets)) for text, targets in prefixes.items()),
            tuple(gaps[ANY]),
            tuple(gaps[MILD]),
        )

    def follow(self, places: Iterable[int], word: str) -> set[int]:
        """Return all places that a word leads to from these."""
        found: set[int] = set()
        for place in places:
            for arc in self._arcs[place]:
                if self._takes(arc, word):
                    found.update(self._closure(arc.target))
        return found

    def names(self, places: Iterable[int], word: str) -> bool:
        """Return whether a word leads elsewhere from these than words that no arc knows."""
        return word in self._negators or any(
            arc.kind in _NAMING and self._takes(arc, word) for place in places for arc in self._arcs[place]
        )

    def add_targets(self, found: set[int], ways: Ways, word: str) -> None:
        """Add the places that a word leads to by ways of many places together."""
        words, prefixes, anywhere, mild = ways
        if word in words:
            found.update(words[word])
        if anywhere:
            found.update(anywhere)
        if mild and word not in self._negators:
            found.update(mild)
        for prefix, targets in prefixes:
            if word.startswith(prefix):
                found.update(targets)

    def _takes(self, arc: Arc, word: str) -> bool:
        kind = arc.kind
        if kind == WORD:
            return word in arc.texts
        if kind == PREFIX:
            return word.startswith(tuple(arc.texts))
        return kind == ANY or (kind == MILD and word not in self._negators)

    def _closure(self, place: int) -> tuple[int, ...]:
        known = self._closures.get(place)
        if known is None:
            known = self._closures[place] = tuple(self.reached((place,)))
        return known
