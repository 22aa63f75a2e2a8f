"""What the words beside a number say that it is."""

from collections.abc import Sequence

from streams.calls.masking.pieces import Piece
from streams.calls.masking.words import COPULAS, CUE_PHRASES, CUES, MARKS, UNITS_OF_MEASURE, Cue, word_set

#: Tokens that a cue looks ahead, by what it says; a number further on is another matter.
REACH: dict[Cue, int] = {"number": 10, "phone": 10, "card": 12, "cvv": 13, "id": 10, "iban": 12, "other": 6}
#: Tokens that a cue looks back: "... is my mobile number".
REACH_BACK = 5
#: Tokens that "order" and its like look ahead over punctuation: "the order, it's 4512".
_REACH_OVER_PUNCTUATION = 3
_BEFORE_AN_AMOUNT = word_set("rs inr usd eur gbp point komma coma virgule since desde seit depuis")
#: A code that is masked already: its cue speaks of no further number.
CODE_MARK = "[cvv]"
_FAR = max(REACH.values())


class Cues:
    """The cues of one utterance.

    Parameters
    ----------
    tokens, words : sequence of str
        Its tokens, and they normalised.
    pieces : sequence of Piece or None
        What they add to a number.

    Examples
    --------
    >>> from streams.calls.masking.pieces import read
    >>> words = "my mobile is 1234567 and my order is 7654321".split()
    >>> cues = Cues(words, words, read(words, words))
    >>> cues.before(3), cues.before(8)
    ('number', 'other')
    """

    def __init__(self, tokens: Sequence[str], words: Sequence[str], pieces: Sequence[Piece | None]) -> None:
        self._tokens = tokens
        self._words = words
        self._pieces = pieces
        self._cues = _find(words)
        self._before: dict[int, Cue | None] = {}
        self._spent: set[int] = set()
        for place, token in enumerate(tokens):
            if token == CODE_MARK:
                self.code(place, place)

    def before(self, start: int) -> Cue | None:
        """Return what the nearest word before `start` says; a phone's own words win over an order's."""
        if start not in self._before:
            self._before[start] = self._look_back(start)
        return self._before[start]

    def _look_back(self, start: int) -> Cue | None:
        nearest: Cue | None = None
        for distance in range(1, min(start, _FAR) + 1):
            cue = self._cues[start - distance]
            if nearest is not None and self._is_digits(start - distance):
                break  # what stands before another number is that one's
            if cue is None or cue == "cvv" or distance > REACH[cue]:
                continue
            if nearest is not None:
                if cue == "number":
                    return cue
            elif cue != "other":
                return cue
            elif distance <= _REACH_OVER_PUNCTUATION or not self._punctuation(start - distance):
                nearest = cue
        return nearest

    def after(self, end: int) -> Cue | None:
        """Return what the words after `end` say of it."""
        for place in range(end + 1, min(len(self._words), end + 1 + REACH_BACK)):
            cue = self._cues[place]
            if cue is not None and cue != "cvv":
                return cue if not COPULAS.isdisjoint(self._words[end + 1 : place]) else None
        return None

    def code(self, start: int, end: int) -> bool:
        """Return whether three or four digits are a card's code; its cue then speaks of no further number."""
        for place in range(start - 1, max(-1, start - 1 - REACH["cvv"]), -1):
            cue = self._cues[place]
            if cue == "cvv" and place not in self._spent:
                self._spent.add(place)
                return True
            if cue in ("other", "cvv"):
                break
        for place in range(end + 1, min(len(self._words), end + 1 + REACH_BACK)):
            if self._cues[place] == "cvv" and place not in self._spent:
                said = place == end + 1 or not COPULAS.isdisjoint(self._words[end + 1 : place])
                if said:
                    self._spent.add(place)
                return said
        return False

    def last_four(self, start: int) -> bool:
        """Return whether "the last four of my social" stands before `start`."""
        return self.before(start) == "id" and "four" in self._words[max(0, start - 2 - REACH_BACK) : start]

    def amount(self, start: int, end: int) -> bool:
        """Return whether the tokens from `start` to `end`, both included, are a measure or an amount."""
        before = self._words[start - 1] if start else ""
        after = self._words[end + 1] if end + 1 < len(self._words) else ""
        return after in UNITS_OF_MEASURE or before in _BEFORE_AN_AMOUNT

    def _is_digits(self, place: int) -> bool:
        piece = self._pieces[place]
        return self._tokens[place] in MARKS or (piece is not None and piece.text.isdigit())

    def _punctuation(self, place: int) -> bool:
        piece = self._pieces[place]
        return piece is not None and piece.ends


def _find(words: Sequence[str]) -> list[Cue | None]:
    """Return what each word says of a number beside it; a phrase says it at its last word."""
    cues: list[Cue | None] = []
    for word in words:
        base = word.removesuffix("'s")
        cue = CUES.get(base)
        if cue is None and base.endswith("nummer") and base != "nummer":
            cue = "other"
        cues.append(cue)
    for place, word in enumerate(words):
        for phrase, cue in CUE_PHRASES.get(word, ()):
            end = place + len(phrase)
            said = tuple(other.removesuffix("'s") for other in words[place:end])
            if said == phrase:
                cues[end - 1] = cue
    return cues
