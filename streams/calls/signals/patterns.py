"""What people say, as data: a small language of patterns, read into trees.

    (speak|talk) (to|with) {det}? {boss}     alternatives, optional parts, named groups
    cancel* .. account                       any ending of a word; one word, or none, of any kind
    ^ sorry ..3 spell                        start of a sentence; up to three words of any kind
    escalate this $                          end of a sentence

A pattern never reaches over the end of a sentence, where a transcript has any. Words are written as
`models.features.normalise` leaves them: lower case, straight apostrophes, a run of digits as ``0``.
`streams.calls.signals.machine` makes of all patterns one automaton.
"""

import re
from collections.abc import Mapping, Sequence

from streams.calls.signals.trees import Node, Trees

#: Longest gap that a pattern may leave open, in words.
MAX_GAP = 8
#: Letters from which an open ending does not stand for too many words.
_MIN_PREFIX = 3
#: A named group may name others, this deep.
_MAX_DEPTH = 8

_PIECE = re.compile(
    r"\s*(\.\.(?P<gap>\d?)|(?P<mark>[()|?^$])|\{(?P<name>[a-z_]+)\}|(?P<word>[^\s()|?^${}]+))"
)


class PatternError(ValueError):
    """A pattern that cannot be read; the message says which and why."""


class Groups:
    """The named groups that patterns may use, and the patterns read so far, each read once.

    Attributes
    ----------
    lines : mapping of str to sequence of str
        What each group stands for.
    trees : Trees
        Equal parts of what was read are one and the same.

    Examples
    --------
    >>> groups = Groups({"boss": ["manager", "supervisor"]})
    >>> groups.read("your {boss}?")
    Sequenced(parts=(Word(text='your', prefix=False), Optional(part=Either(parts=(Word(text='manager', \
prefix=False), Word(text='supervisor', prefix=False))))))
    """

    def __init__(self, lines: Mapping[str, Sequence[str]] | None = None) -> None:
        self.lines = lines or {}
        self._known: dict[str, Node] = {}
        self._read_already: dict[str, Node] = {}
        self.trees = Trees()

    def read(self, pattern: str) -> Node:
        """Return the tree of a pattern.

        Raises
        ------
        PatternError
            When it cannot be read.
        """
        known = self._read_already.get(pattern)
        if known is None:
            known = self._read_already[pattern] = self._read(pattern, 0)
        return known

    def _read(self, pattern: str, depth: int) -> Node:
        reading = _Reading(pattern, self, depth)
        node = reading.alternatives()
        if reading.rest():
            raise PatternError(f"{pattern!r}: a ) without its (")
        return node

    def group(self, name: str, pattern: str, depth: int) -> Node:
        """Return the tree of a named group, for a pattern that uses it."""
        known = self._known.get(name)
        if known is not None:
            return known
        lines = self.lines.get(name)
        if not lines:
            raise PatternError(f"{pattern!r}: there is no group {{{name}}}")
        if depth == _MAX_DEPTH:
            raise PatternError(f"{pattern!r}: the group {{{name}}} contains itself")
        node = self._known[name] = self.trees.either([self._read(line, depth + 1) for line in lines])
        return node


class _Reading:
    """One pattern, read from left to right."""

    def __init__(self, pattern: str, groups: Groups, depth: int) -> None:
        self._pattern = pattern
        self._groups = groups
        self._depth = depth
        self._pieces = _pieces(pattern)
        self._at = 0

    def rest(self) -> bool:
        """Return whether something is left."""
        return self._at < len(self._pieces)

    def alternatives(self) -> Node:
        """Read parts up to a closing bracket or the end."""
        parts = [self._sequence()]
        while self._next_is("|"):
            self._at += 1
            parts.append(self._sequence())
        return self._groups.trees.either(parts)

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self.rest() and not self._next_is("|") and not self._next_is(")"):
            part = self._part()
            if self._next_is("?"):
                self._at += 1
                part = self._groups.trees.optional(part)
            parts.append(part)
        if not parts:
            raise PatternError(
                f"{self._pattern!r}: nothing stands between two marks; write (…)? for an option"
            )
        return self._groups.trees.sequenced(parts)

    def _part(self) -> Node:
        kind, text = self._pieces[self._at]
        self._at += 1
        if kind == "word":
            return self._word(text)
        if kind == "gap":
            return self._groups.trees.gap(int(text))
        if kind == "name":
            return self._groups.group(text, self._pattern, self._depth)
        if text in "^$":
            return self._groups.trees.edge(start=text == "^")
        if text != "(":
            raise PatternError(f"{self._pattern!r}: {text!r} stands where nothing can be optional")
        part = self.alternatives()
        if not self._next_is(")"):
            raise PatternError(f"{self._pattern!r}: a ( without its )")
        self._at += 1
        return part

    def _word(self, text: str) -> Node:
        if not text.endswith("*"):
            return self._groups.trees.word(text)
        if len(text) <= _MIN_PREFIX:
            raise PatternError(f"{self._pattern!r}: {text!r} begins too many words")
        return self._groups.trees.word(text[:-1], prefix=True)

    def _next_is(self, mark: str) -> bool:
        return self.rest() and self._pieces[self._at] == ("mark", mark)


def _pieces(pattern: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, pattern.rstrip()
    if not text:
        raise PatternError("an empty pattern")
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise PatternError(f"{pattern!r}: {text[at:].strip()!r} cannot be read")
        at = piece.end()
        if piece["gap"] is not None:
            words = int(piece["gap"] or 1)
            if not 1 <= words <= MAX_GAP:
                raise PatternError(f"{pattern!r}: a gap holds 1 to {MAX_GAP} words")
            found.append(("gap", str(words)))
        else:
            kind = next(kind for kind in ("mark", "name", "word") if piece[kind])
            found.append((kind, piece[kind]))
    return found
