"""Patterns as trees. What is asked of a tree again and again is worked out once, when it is made."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar


@dataclass(frozen=True, eq=False, slots=True)
class Word:
    """One word; with `prefix` every word that begins so."""

    text: str
    prefix: bool = False
    has_gap: ClassVar[bool] = False
    has_word: ClassVar[bool] = True
    has_end: ClassVar[bool] = False
    needs_end: ClassVar[bool] = False
    may_be_empty: ClassVar[bool] = False
    most_words: ClassVar[int] = 1


@dataclass(frozen=True, eq=False, slots=True)
class Gap:
    """Up to so many words of any kind."""

    most_words: int
    has_gap: ClassVar[bool] = True
    has_word: ClassVar[bool] = False
    has_end: ClassVar[bool] = False
    needs_end: ClassVar[bool] = False
    may_be_empty: ClassVar[bool] = True


@dataclass(frozen=True, eq=False, slots=True)
class Edge:
    """The start or the end of a sentence."""

    start: bool
    has_gap: ClassVar[bool] = False
    has_word: ClassVar[bool] = False
    may_be_empty: ClassVar[bool] = True
    most_words: ClassVar[int] = 0

    @property
    def has_end(self) -> bool:
        """Whether it is the end."""
        return not self.start

    @property
    def needs_end(self) -> bool:
        """Whether it is the end."""
        return not self.start


@dataclass(frozen=True, eq=False, slots=True)
class Optional:
    """A part that may be missing."""

    part: "Node"
    has_gap: bool = field(init=False, repr=False)
    has_word: bool = field(init=False, repr=False)
    has_end: bool = field(init=False, repr=False)
    most_words: int = field(init=False, repr=False)
    needs_end: ClassVar[bool] = False
    may_be_empty: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("has_gap", "has_word", "has_end", "most_words"):
            object.__setattr__(self, name, getattr(self.part, name))


@dataclass(frozen=True, eq=False, slots=True)
class Either:
    """One of several parts."""

    parts: tuple["Node", ...]
    has_gap: bool = field(init=False, repr=False)
    has_word: bool = field(init=False, repr=False)
    has_end: bool = field(init=False, repr=False)
    needs_end: bool = field(init=False, repr=False)
    may_be_empty: bool = field(init=False, repr=False)
    most_words: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _note_facts(self, self.parts, most=max, needs_end=all, may_be_empty=any)


@dataclass(frozen=True, eq=False, slots=True)
class Sequenced:
    """Parts one after the other."""

    parts: tuple["Node", ...]
    has_gap: bool = field(init=False, repr=False)
    has_word: bool = field(init=False, repr=False)
    has_end: bool = field(init=False, repr=False)
    needs_end: bool = field(init=False, repr=False)
    may_be_empty: bool = field(init=False, repr=False)
    most_words: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _note_facts(self, self.parts, most=sum, needs_end=any, may_be_empty=all)


#: A part of a pattern. `has_gap`, `has_word` and `has_end` say what is anywhere in it, `needs_end` whether it
#: matches at the end of a sentence only, `may_be_empty` whether without a word, `most_words` with how many.
Node = Word | Gap | Edge | Optional | Either | Sequenced
Made = TypeVar("Made", Word, Gap, Edge, Optional, Either, Sequenced)


class Trees:
    """Makes trees; equal ones are one and the same.

    Examples
    --------
    >>> trees = Trees()
    >>> one = trees.sequenced([trees.word("to"), trees.gap(3), trees.word("manager")])
    >>> one.most_words, one is trees.sequenced([trees.word("to"), trees.gap(3), trees.word("manager")])
    (5, True)
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def word(self, text: str, *, prefix: bool = False) -> Word:
        """Return a word, or all that begin so."""
        return self._one(Word, text, prefix)

    def gap(self, words: int) -> Gap:
        """Return a gap of up to so many words."""
        return self._one(Gap, words)

    def edge(self, *, start: bool) -> Edge:
        """Return the start or the end of a sentence."""
        return self._one(Edge, start)

    def optional(self, part: Node) -> Optional:
        """Return a part that may be missing."""
        return self._one(Optional, part)

    def either(self, parts: Sequence[Node]) -> Node:
        """Return one of several parts; one alone is itself."""
        return parts[0] if len(parts) == 1 else self._one(Either, tuple(parts))

    def sequenced(self, parts: Sequence[Node]) -> Node:
        """Return parts one after the other; one alone is itself."""
        return parts[0] if len(parts) == 1 else self._one(Sequenced, tuple(parts))

    def _one(self, kind: type[Made], *described: Any) -> Made:
        known: Made | None = self._made.get((kind, *described))
        if known is None:
            known = self._made[(kind, *described)] = kind(*described)
        return known


def _note_facts(
    node: Either | Sequenced,
    parts: tuple[Node, ...],
    most: Callable[[list[int]], int],
    needs_end: Callable[[list[bool]], bool],
    may_be_empty: Callable[[list[bool]], bool],
) -> None:
    note = object.__setattr__
    note(node, "has_gap", any(part.has_gap for part in parts))
    note(node, "has_word", any(part.has_word for part in parts))
    note(node, "has_end", any(part.has_end for part in parts))
    note(node, "needs_end", needs_end([part.needs_end for part in parts]))
    note(node, "may_be_empty", may_be_empty([part.may_be_empty for part in parts]))
    note(node, "most_words", most([part.most_words for part in parts]))
