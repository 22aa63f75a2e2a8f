"""The patterns of one side of a call, compiled: matched token by token, all at once.

The fragments of all patterns (see `streams.calls.signals.fragments`) make one automaton, which is made
deterministic while it runs: each set of places that speech leads to becomes a numbered node whose ways on are
remembered, so one more token costs a look-up however many patterns there are. A node's number means something
in one process only; from one process to the next an utterance carries its tokens.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from streams.calls.signals.finding import NOTHING, Awaiting, Found, bits
from streams.calls.signals.fragments import Way, reach, ways_through
from streams.calls.signals.machine import Machine
from streams.calls.signals.patterns import MAX_GAP, Groups, PatternError
from streams.calls.signals.trees import Node

#: Nodes above which no more are made: a way that nobody has spoken before then leads back to the beginning.
MAX_NODES = 200_000
#: Words that may stand between "she said" and what she said.
_QUOTE_REACH = 5

#: Where an utterance begins, and every sentence in it.
START_NODE = 0


class Patterns(NamedTuple):
    """How one signal is said.

    Parameters
    ----------
    say : sequence of str
        Patterns that fire it.
    unless : sequence of str
        Patterns that take it back where they overlap it: near misses.
    quoted, negated : bool
        True when it counts although somebody is quoted ("they said Friday"), or a negator stands before it.
    """

    say: Sequence[str]
    unless: Sequence[str] = ()
    quoted: bool = False
    negated: bool = False


class _Pattern(NamedTuple):
    signal: str
    tree: Node
    barred: bool
    negated: bool
    reach: int


class Tables:
    """Compiled patterns; see `Automaton` for the parameters.

    Attributes
    ----------
    moves : list of dict
        Per node the ways on that speech has taken so far; `advance` finds what is missing.
    found : list of Found
        Per node what ends there.
    """

    def __init__(
        self,
        signals: Mapping[str, Patterns],
        groups: Groups,
        negators: Sequence[str],
        quotes: Sequence[str],
    ) -> None:
        self._negators, self._quotes = _literal(negators, groups), _literal(quotes, groups)
        self._whole = Machine(negators={words[0] for words in self._negators.get(1, ())})
        self._parts = Machine(open_ended=True)
        self._quoted = {signal for signal, patterns in signals.items() if patterns.quoted}
        self._patterns: list[_Pattern] = []
        self._built: dict[int, tuple[int, int]] = {}
        self._fragments: dict[Node, int] = {}  # by tree, its number
        self._ends: dict[int, int] = {}  # last place of a fragment, its number
        self._root = self._parts.root()
        self._bits: dict[int, int] = {}  # by fragment that patterns wait for
        self._lasts: dict[int, list[tuple[int, int, tuple[int, ...]]]] = {}
        self._at_end: dict[int, list[tuple[int, int]]] = {}
        for signal, patterns in signals.items():
            for barred, lines in ((False, patterns.say), (True, patterns.unless)):
                for line in lines:
                    tree = groups.read(line)
                    if tree.may_be_empty:
                        raise PatternError(f"{line!r} matches without a word")
                    number = len(self._patterns)
                    self._patterns.append(_Pattern(signal, tree, barred, patterns.negated, reach(tree)))
                    for way in ways_through(tree, line, groups.trees):
                        self._add(number, way)
        self._ending = sum(self._at_end)
        self._words = frozenset(self._parts.words)
        self._prefixes = tuple(sorted(self._parts.prefixes))
        self._useful = self._parts.leading_on() | self._ends.keys()
        walk = self._parts.forward
        self._heads = walk.ways(walk.reached((self._root,)))
        self._start_heads = walk.ways(walk.reached((self._root,), at_start=True))
        self._numbers: dict[frozenset[int], int] = {}
        self._places: list[frozenset[int]] = [frozenset()]
        self.moves: list[dict[str, int]] = [{}]
        self.found: list[Found] = [NOTHING]
        self._others: list[int] = [-1]
        self._node(set())

    def advance(self, node: int, word: str) -> int:
        """Return the node after one more normalised word, and remember it."""
        known = self.known(word)
        if known:
            following = self.moves[node][word] = self._node(self._after(node, known))
            return following
        following = self._others[node]
        if following < 0:
            following = self._others[node] = self._node(self._after(node, ""))
        return following

    def is_barred(self, number: int) -> bool:
        """Return whether a pattern is a near miss."""
        return self._patterns[number].barred

    def reach(self, number: int) -> int:
        """Return how many words behind its end a near miss bars too."""
        return self._patterns[number].reach

    def signal(self, number: int) -> str:
        """Return the signal that a pattern belongs to."""
        return self._patterns[number].signal

    def start(self, number: int, words: Sequence[str], *, ended: bool = False) -> int:
        """Return where a pattern begins that ends with the last of these words, -1 when it is not there.

        A pattern that is negated, or somebody else's words, is not there.

        Parameters
        ----------
        number : int
            The pattern, as `found` names it.
        words : sequence of str
            The sentence so far, each word as `known` gives it.
        ended : bool
            Whether the sentence ends here.
        """
        pattern = self._patterns[number]
        places = self._built.get(number)
        if places is None:  # most patterns are never looked at in full
            negated = pattern.barred or pattern.negated
            places = self._built[number] = self._whole.add(pattern.tree, negated=negated)
        start = self._whole.back(*places, words, ended=ended)
        if start >= 0 and not pattern.barred and not self._meant(pattern, words[:start]):
            return -1
        return start

    def due_at_end(self, seen: int, ends: Sequence[int]) -> list[int]:
        """Return the patterns that need the end of a sentence and may be there, when it ends now.

        Parameters
        ----------
        seen : int
            Fragments that have been heard in the sentence.
        ends : sequence of int
            The same, word by word.
        """
        recent = 0
        for there in ends[-MAX_GAP - 1 :]:
            recent |= there
        return [
            number
            for fragment in bits(recent & self._ending)
            for number, rest in self._at_end[fragment]
            if rest & seen == rest
        ]

    def known(self, word: str) -> str:
        """Return the word of the patterns that a word counts as, "" for none: "bbc's" counts as "bbc"."""
        if word in self._words or word.startswith(self._prefixes):
            return word
        stem = word.partition("'")[0]
        return stem if stem != word and stem in self._words else ""

    def as_known(self, word: str) -> str:
        """Return what `known` does, or the word itself when the patterns do not have it."""
        return self.known(word) or word

    def _add(self, number: int, way: Way) -> None:
        required = tuple(map(self._bit, way.required))
        if way.may_end:
            self._at_end.setdefault(required[-1], []).append((number, sum({*required[:-1]})))
        if way.must_end:
            return
        for ending in way.endings:
            needed = tuple(map(self._bit, ending.needed))
            self._lasts.setdefault(self._fragment(ending.last), []).append((number, ending.within, needed))

    def _bit(self, node: Node) -> int:
        """Return the bit of a fragment that a pattern waits for."""
        return self._bits.setdefault(self._fragment(node), 1 << len(self._bits))

    def _fragment(self, node: Node) -> int:
        number = self._fragments.get(node)
        if number is None:
            number = self._fragments[node] = len(self._fragments)
            self._ends[self._parts.grow(self._root, node)] = number
        return number

    def _meant(self, pattern: _Pattern, before: Sequence[str]) -> bool:
        if not pattern.negated and _ends_with(before, self._negators):
            return False
        if pattern.signal in self._quoted:
            return True
        return not any(
            _ends_with(before[: len(before) - between], self._quotes) for between in range(_QUOTE_REACH)
        )

    def _after(self, node: int, word: str) -> set[int]:
        found = self._parts.forward.follow(self._places[node], word)
        self._parts.forward.add_targets(found, self._start_heads if node == START_NODE else self._heads, word)
        return found

    def _node(self, places: set[int]) -> int:
        """Return the number of a set of places; of them only those count that lead on or end a fragment."""
        kept = frozenset(places & self._useful)
        number = self._numbers.get(kept)
        if number is None and len(self.moves) >= MAX_NODES:
            return START_NODE
        if number is None:
            number = self._numbers[kept] = len(self.moves)
            self.moves.append({})
            self.found.append(self._found(kept))
            self._places.append(kept)
            self._others.append(-1)
        return number

    def _found(self, places: Iterable[int]) -> Found:
        ended = sorted(self._ends[place] for place in places if place in self._ends)
        ends = sum(self._bits.get(number, 0) for number in ended)
        alone: set[int] = set()
        awaiting: dict[int, set[Awaiting]] = {}
        for number in ended:
            for pattern, within, needed in self._lasts.get(number, ()):
                if needed:
                    rest = sum({*needed[:-1]})
                    awaiting.setdefault(needed[-1], set()).add(Awaiting(pattern, within, rest))
                else:
                    alone.add(pattern)
        if not (ends or alone or awaiting):
            return NOTHING
        waiting = {fragment: tuple(sorted(patterns)) for fragment, patterns in awaiting.items()}
        return Found(ends, tuple(sorted(alone)), sum(waiting), waiting)


def _literal(lines: Iterable[str], groups: Groups) -> dict[int, set[tuple[str, ...]]]:
    """Return all that patterns without gaps can be, by their number of words."""
    machine = Machine()
    found: dict[int, set[tuple[str, ...]]] = {}
    for line in lines:
        for words in machine.sequences(machine.add(groups.read(line))[0]):
            found.setdefault(len(words), set()).add(words)
    return found


def _ends_with(words: Sequence[str], endings: Mapping[int, set[tuple[str, ...]]]) -> bool:
    count = len(words)
    return any(
        tuple(words[count - length :]) in known for length, known in endings.items() if length <= count
    )
