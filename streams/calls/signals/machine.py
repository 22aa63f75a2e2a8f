"""Many patterns as one non-deterministic automaton (Thompson 1968), without loops.

A pattern is a way through places: from its first to its last, over words.
"""

from collections.abc import Collection, Iterator, Sequence

from streams.calls.signals.backwards import Backwards
from streams.calls.signals.patterns import PatternError
from streams.calls.signals.trees import Either, Gap, Node, Optional, Sequenced, Word
from streams.calls.signals.walk import ANY, AT_END, AT_START, FREE, MILD, PREFIX, WORD, Arc, Walk

#: A recogniser may leave out apostrophes; what is then another word is not taken for the one that was meant.
_OTHER_WORDS = frozenset({"ill", "well", "hell", "shell", "were", "wed", "id", "its", "shed", "hed", "lets"})

_NONE: frozenset[str] = frozenset()


class Machine:
    """Places and arcs.

    Parameters
    ----------
    open_ended : bool
        True to take the end of a sentence for granted.
    negators : collection of str
        Words that a gap does not pass over, unless its pattern is added as `negated`.

    Attributes
    ----------
    arcs : list of list of Arc
        Per place.
    words, prefixes : set of str
        Every word, and every beginning of words, that an arc takes.

    Examples
    --------
    >>> from streams.calls.signals.patterns import Groups
    >>> machine = Machine()
    >>> first, last = machine.add(Groups({"boss": ["manager", "supervisor"]}).read("your {boss}"))
    >>> machine.back(first, last, ["get", "your", "supervisor"])
    1
    """

    def __init__(
        self,
        *,
        open_ended: bool = False,
        negators: Collection[str] = (),
    ) -> None:
        self.arcs: list[list[Arc]] = []
        self.words: set[str] = set()
        self.prefixes: set[str] = set()
        self.forward = Walk(self.arcs, negators)
        self._reverse: list[list[Arc]] = []
        self._back = Backwards(self._reverse, negators)
        self._gap_kind = MILD
        self._end_kind = FREE if open_ended else AT_END
        self._grown: dict[tuple[int, Node], int] = {}
        self._splits: dict[int, tuple[frozenset[str], list[Node], Either]] = {}

    def add(self, tree: Node, *, negated: bool = False) -> tuple[int, int]:
        """Add a tree by itself and return its first and its last place.

        Parameters
        ----------
        negated : bool
            Whether its gaps pass over negators.
        """
        self._gap_kind = ANY if negated else MILD
        first, last = self._place(), self._place()
        self._build(tree, first, last)
        return first, last

    def root(self) -> int:
        """Return a new place from which trees may grow."""
        return self._place()

    def grow(self, root: int, node: Node) -> int:
        """Add a tree from a place on, sharing what others from there begin with; return its last place.

        Patterns begin alike, so places are fewer, and fewer are stood on at a time.
        """
        place = root
        for part in node.parts if isinstance(node, Sequenced) else (node,):
            following = self._grown.get((place, part))
            if following is None:
                following = self._grown[place, part] = self._place()
                self._build(part, place, following)
            place = following
        return place

    def leading_on(self) -> set[int]:
        """Return the places that have an arc that is not free."""
        return {place for place, arcs in enumerate(self.arcs) if any(arc.kind != FREE for arc in arcs)}

    def back(self, first: int, last: int, words: Sequence[str], *, ended: bool = False) -> int:
        """Return where the longest match of a pattern begins that ends with the last of these words.

        The pattern is gone through backwards: one that is not there is given up after a word or two.

        Parameters
        ----------
        first, last : int
            The places of the pattern, as `add` returned them.
        words : sequence of str
            A sentence so far, from its beginning.
        ended : bool
            Whether the sentence ends here.

        Returns
        -------
        int
            Index of the first word of the match, -1 when there is none.
        """
        return self._back.longest(first, last, words, ended=ended)

    def sequences(self, first: int) -> Iterator[tuple[str, ...]]:
        """Yield all that a pattern without gaps and endings can be.

        Raises
        ------
        PatternError
            When it has a gap, an open ending or a mark.
        """
        if not self.arcs[first]:
            yield ()
        for kind, texts, target in self.arcs[first]:
            if kind not in (WORD, FREE):
                raise PatternError("only words, groups and options may stand before what they turn round")
            for rest in self.sequences(target):
                if kind == FREE:
                    yield rest
                for text in texts:
                    yield (text, *rest)

    def _place(self) -> int:
        self.arcs.append([])
        self._reverse.append([])
        return len(self.arcs) - 1

    def _arc(self, start: int, kind: int, texts: frozenset[str], end: int) -> None:
        self.arcs[start].append(Arc(kind, texts, end))
        self._reverse[end].append(Arc(kind, texts, start))

    def _build(self, node: Node, start: int, end: int) -> None:
        if isinstance(node, Word):
            self._build_word(node, start, end)
        elif isinstance(node, Sequenced):
            for part in node.parts[:-1]:
                through = self._place()
                self._build(part, start, through)
                start = through
            self._build(node.parts[-1], start, end)
        elif isinstance(node, Either):
            words, others = self._split(node)
            if words:
                self.words |= words
                self._arc(start, WORD, words, end)
            for part in others:
                self._build(part, start, end)
        elif isinstance(node, Optional):
            self._build(node.part, start, end)
            self._arc(start, FREE, _NONE, end)
        elif isinstance(node, Gap):
            for _ in range(node.most_words):
                self._arc(start, FREE, _NONE, end)
                through = self._place()
                self._arc(start, self._gap_kind, _NONE, through)
                start = through
            self._arc(start, FREE, _NONE, end)
        else:
            self._arc(start, AT_START if node.start else self._end_kind, _NONE, end)

    def _split(self, node: Either) -> tuple[frozenset[str], list[Node]]:
        """Return the single words among alternatives, as they may be written, and the rest; a group once."""
        known = self._splits.get(id(node))
        if known is None:
            plain = [part for part in node.parts if isinstance(part, Word) and not part.prefix]
            others = [part for part in node.parts if not (isinstance(part, Word) and not part.prefix)]
            words = frozenset(text for word in plain for text in _written(word.text))
            known = self._splits[id(node)] = (words, others, node)
        return known[0], known[1]

    def _build_word(self, word: Word, start: int, end: int) -> None:
        if word.prefix:
            self.prefixes.add(word.text)
            self._arc(start, PREFIX, frozenset((word.text,)), end)
            return
        texts = _written(word.text)
        self.words |= texts
        self._arc(start, WORD, texts, end)


def _written(word: str) -> frozenset[str]:
    """Return how a word may be written: a recogniser may leave out its apostrophe."""
    bare = word.replace("'", "")
    return frozenset((word, word if bare in _OTHER_WORDS else bare))
