"""Phrases as data, matched token by token for all patterns at once.

Aho and Corasick (1975): a trie of all phrases with failure links. One more token costs a look-up or two,
however many phrases there are, and the position is a number that the utterance carries along.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from zlib import crc32

#: Words of the longest negator.
NEGATION_REACH = 4


class PhraseBook:
    """All phrases of one locale, compiled.

    Parameters
    ----------
    phrases : mapping of str to iterable of str
        Signal id to phrases, words separated by blanks, already lower case.
    negators : iterable of str
        Words that, right before a phrase, mean that it was not meant: ``not``, ``don't want to``. Further
        off they belong to something else: "I'm not happy, I want your manager".

    Raises
    ------
    ValueError
        When a phrase is empty.

    Examples
    --------
    >>> book = PhraseBook({"supervisor_request": ["your manager"]}, negators=["not"])
    >>> list(book.find("let me speak to your manager".split()))
    [('supervisor_request', 5)]
    >>> list(book.find("not your manager".split()))
    []
    >>> list(book.find("not happy your manager".split()))
    [('supervisor_request', 3)]
    """

    __slots__ = ("_fail", "_found", "moves", "negators", "version")

    def __init__(self, phrases: Mapping[str, Iterable[str]], negators: Iterable[str] = ()) -> None:
        self.moves: list[dict[str, int]] = [{}]
        self._fail: list[int] = [0]
        self._found: list[tuple[tuple[str, int], ...]] = [()]
        self.negators = tuple(f" {negator}" for negator in negators)
        for signal, lines in phrases.items():
            for line in lines:
                self._add(signal, line.split())
        self._link()
        #: Checksum of it all: a position means nothing under other phrases.
        self.version = crc32(repr((self.moves, self._found, self.negators)).encode())

    def _add(self, signal: str, words: Sequence[str]) -> None:
        if not words:
            raise ValueError(f"{signal}: an empty phrase")
        node = 0
        for word in words:
            following = self.moves[node].get(word)
            if following is None:
                following = len(self.moves)
                self.moves[node][word] = following
                self.moves.append({})
                self._fail.append(0)
                self._found.append(())
            node = following
        self._found[node] += ((signal, len(words)),)

    def _link(self) -> None:
        queue = deque(self.moves[0].values())
        while queue:
            node = queue.popleft()
            for word, following in self.moves[node].items():
                queue.append(following)
                self._fail[following] = self.advance(self._fail[node], word)
                self._found[following] += self._found[self._fail[following]]

    def advance(self, node: int, token: str) -> int:
        """Return the position after one more normalised token."""
        while True:
            following = self.moves[node].get(token)
            if following is not None:
                return following
            if node == 0:
                return 0
            node = self._fail[node]

    def heard(self, node: int, tokens: Sequence[str]) -> Iterator[str]:
        """Yield the signals whose phrase ends with the last of these normalised tokens.

        Parameters
        ----------
        node : int
            The position after the last token.
        tokens : sequence of str
            The normalised utterance so far.
        """
        for signal, length in self._found[node]:
            start = len(tokens) - length
            before = " ".join(("", *tokens[max(0, start - NEGATION_REACH) : start]))
            if not before.endswith(self.negators):
                yield signal

    def find(self, tokens: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield every signal in these normalised tokens with the place of its last token."""
        node = 0
        for place, token in enumerate(tokens):
            node = self.advance(node, token)
            for signal in self.heard(node, tokens[: place + 1]):
                yield signal, place

    def ends_here(self, node: int) -> bool:
        """Return whether a phrase may end at this position."""
        return bool(self._found[node])
