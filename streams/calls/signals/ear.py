"""What an utterance carries while its patterns are matched, token by token.

Bars (near misses) are looked at only where their signal has been heard, and a signal only until it has been
heard in its sentence: most candidates are never looked at.
"""

from msgspec import Struct

from streams.calls.signals.finding import Found, due
from streams.calls.signals.tables import START_NODE, Tables


class Hit(Struct, array_like=True, gc=False):
    """A signal in an utterance, from its first to its last token (0-based places, both included)."""

    signal: str
    start: int
    end: int


class Ear(Struct):
    """The sentence that is being heard: its words, where their tokens stand, and what has come up in it.

    Nothing of it is stored: an utterance that goes on in another process is heard again from its tokens.
    """

    node: int = START_NODE
    words: list[str] = []
    known: list[str] = []  # the words as the patterns know them, as far as somebody had to look
    spots: list[int] = []
    ends: list[int] = []  # the fragments that end at each word
    seen: int = 0  # all of them
    bars: list[tuple[int, int]] = []  # near misses that may be there, and the count of words where they end

    def note(self, found: Found, hits: list[Hit], tables: Tables) -> None:
        """Take in patterns that may end with the last word; `hits` is changed in place."""
        candidates = due(found, self.seen, self.ends)
        if candidates:
            self._look(candidates, hits, tables, ended=False)

    def end_sentence(self, hits: list[Hit], tables: Tables) -> None:
        """Take in that the sentence is over, and begin a new one."""
        if self.seen:
            candidates = tables.due_at_end(self.seen, self.ends)
            if candidates:
                self._look(candidates, hits, tables, ended=True)
            self.seen = 0
        self.node = START_NODE
        for held in (self.words, self.known, self.spots, self.ends, self.bars):
            held.clear()

    def _look(self, candidates: list[int], hits: list[Hit], tables: Tables, *, ended: bool) -> None:
        words, length = self.known, len(self.words)
        words += map(tables.as_known, self.words[len(words) :])
        for number in candidates:
            signal = tables.signal(number)
            heard = self._heard(signal, hits)
            if tables.is_barred(number):
                self.bars.append((number, length))
                if heard is not None:
                    self._bar(number, words, heard, hits, tables, ended=ended)
            elif heard is None:
                start = tables.start(number, words, ended=ended)
                if start >= 0:
                    hit = Hit(signal, self.spots[start], self.spots[-1])
                    hits.append(hit)
                    self._bar_at_once(hit, words, hits, tables)

    def _heard(self, signal: str, hits: list[Hit]) -> Hit | None:
        first = self.spots[0]
        for hit in hits:
            if hit.signal == signal and hit.end >= first:
                return hit
        return None

    def _bar_at_once(self, hit: Hit, words: list[str], hits: list[Hit], tables: Tables) -> None:
        for number, length in self.bars:
            if tables.signal(number) == hit.signal and hit in hits:
                self._bar(number, words[:length], hit, hits, tables, ended=False)

    def _bar(
        self, number: int, words: list[str], hit: Hit, hits: list[Hit], tables: Tables, *, ended: bool
    ) -> None:
        start = tables.start(number, words, ended=ended)
        last = min(len(words) + tables.reach(number), len(self.spots)) - 1
        if start >= 0 and self.spots[start] <= hit.end and hit.start <= self.spots[last]:
            hits.remove(hit)
