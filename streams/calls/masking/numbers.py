"""Which tokens of an utterance are a card, a phone or another number that names a person or an account.

A number is told by its own form where that is enough (check digits, a plus), and else by the words beside it:
ten digits are a phone after "my mobile is" and nothing after "the order number is".
"""

import re
from collections.abc import Iterator, Sequence

from streams.calls.masking import schemes
from streams.calls.masking.cues import Cues
from streams.calls.masking.lettered import find_lettered
from streams.calls.masking.pieces import read

_FEWEST, _MOST = 7, 15  # digits of a phone number (ITU-T E.164)
_CARD = range(13, 20)
_ID = range(8, 16)
#: Digits of the longest number that is tried by its form: 00 and a number of fifteen.
_WIDEST = 17
#: Digits of a group by which a number can begin inside a stretch: "2 07700 900123".
_FEWEST_INSIDE = 3
#: Fillers that may follow one another inside a number.
_FILLERS = 2
_PHONE = re.compile(
    r"1?[2-9]\d\d[2-9]\d{6}"  # North America
    r"|0[1-9]\d{8,10}"  # a trunk prefix: United Kingdom, Germany, France
    r"|00[1-9]\d{7,14}"  # dialled abroad
    r"|(?:91)?[6-9]\d{9}"  # India
)
_NORTH_AMERICA = re.compile(r"1?[2-9]\d\d[2-9]\d{6}")
_DATE = re.compile(r"(?:[0-3]\d){2}(?:19|20)\d\d|(?:19|20)\d\d(?:[0-3]\d){2}")
_SPAIN = re.compile(r"[6-9]\d{8}")


def find_numbers(tokens: Sequence[str], words: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return the numbers to mask: first token, last token, mark.

    Parameters
    ----------
    tokens : sequence of str
        The utterance.
    words : sequence of str
        Its tokens, normalised.

    Examples
    --------
    >>> tokens = "my card is 4111 1111 1111 1111 and order 4111 1111 1111 1112".split()
    >>> find_numbers(tokens, tokens)
    [(3, 6, '[card]')]
    """
    return _Utterance(tokens, words).find()


class _Utterance:
    def __init__(self, tokens: Sequence[str], words: Sequence[str]) -> None:
        self.words = words
        self.pieces = read(tokens, words)
        self.cues = Cues(tokens, words, self.pieces)
        self.found: list[tuple[int, int, str]] = []

    def find(self) -> list[tuple[int, int, str]]:
        self.found = find_lettered(self.words, self.pieces, self.cues)
        for start, end in self._runs():
            self._number(start, end)
        # A number that is masked once is masked wherever it is said again, whatever stands beside it.
        known = {self._text(start, end): mark for start, end, mark in self.found}
        for start, end in self._runs() if known else ():
            mark = known.get(self._text(start, end))
            if mark:
                self.found.append((start, end, mark))
        return self.found

    def _text(self, start: int, end: int) -> str:
        return "".join(piece.text for piece in self.pieces[start : end + 1] if piece is not None)

    def _begins(self, place: int) -> bool:
        piece = self.pieces[place]
        return piece is not None and bool(piece.text)

    def _mark(self, start: int, end: int, kind: str) -> int:
        """Mark a number and return its last token, words that belong to its last digit included."""
        while end + 1 < len(self.pieces):
            piece = self.pieces[end + 1]
            if piece is None or piece.text or piece.filler:
                break
            end += 1
        self.found.append((start, end, f"[{kind}]"))
        return end

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Yield the first and last token of each stretch of digits that nothing is known of yet."""
        taken = {place for start, end, _ in self.found for place in range(start, end + 1)}
        start = last = -1  # the last piece that is no filler
        for place, piece in enumerate(self.pieces):
            if piece is None or place in taken or not piece.digits:
                fits = False
            else:
                before = self.pieces[last]
                joins = start >= 0 and place - last <= _FILLERS + 1 and not piece.plus
                joins = joins and not (before is not None and before.stops)
                fits = joins or bool(piece.text)
                if start >= 0 and not joins:
                    yield start, last
                    start = -1
            if fits and piece is not None:
                start = place if start < 0 else start
                last = last if piece.filler else place
            elif start >= 0:
                yield start, last
                start = -1
        if start >= 0:
            yield start, last

    def _number(self, start: int, end: int) -> None:
        """Mark what a stretch of digits holds: cards first, as their form tells most."""
        todo = [(start, end)]
        while todo:
            start, end = todo.pop()
            while start <= end and not self._begins(start):
                start += 1
            if start > end:
                continue
            card = self._card(start, end)
            if card is not None:
                todo += [(start, card[0] - 1), (card[1] + 1, end)]
                continue
            kind = self._kind(self._text(start, end), start, end)
            if kind:
                self._mark(start, end, kind)
            else:
                self._parts(start, end)

    def _card(self, start: int, end: int) -> tuple[int, int] | None:
        about = self.cues.before(start) == "card"
        for first in range(start, end + 1):
            piece = self.pieces[first]
            if piece is None or piece.text[:1] not in ("2", "3", "4", "5", "6"):
                continue
            for last, text in reversed(self._windows(first, end, _CARD[-1])):
                # Said digit by digit, one in ten stretches would pass Luhn's check by chance.
                likely = first == start or last == end or about or len(piece.text) > 1
                if likely and len(text) in _CARD and schemes.is_card(text):
                    return first, self._mark(first, last, "card")
        return None

    def _windows(self, first: int, end: int, most: int) -> list[tuple[int, str]]:
        """Return last token and digits of every stretch from `first` on of at most `most` digits."""
        windows = []
        text = ""
        for last in range(first, end + 1):
            piece = self.pieces[last]
            if piece is None or not piece.text:
                continue
            text += piece.text
            if len(text) > most:
                break
            windows.append((last, text))
        return windows

    def _parts(self, start: int, end: int) -> None:
        """Mark the parts of a stretch that are numbers by themselves, the longest from each place on first.

        Digits that are said do not stop by themselves: such a part begins and ends where the stretch does, or
        at punctuation.
        """
        first = start
        while first <= end:
            piece, before = self.pieces[first], self.pieces[first - 1] if first > start else None
            begins = before is None or before.ends
            if piece is not None and (begins or len(piece.text) >= _FEWEST_INSIDE) and piece.text:
                for last, text in reversed(self._windows(first, end, _WIDEST)):
                    ending = self.pieces[last]
                    ends = last == end or (ending is not None and (ending.ends or not ending.said))
                    kind = self._kind(text, first, last) if ends and (first, last) != (start, end) else ""
                    if kind:
                        first = self._mark(first, last, kind)
                        break
            first += 1

    def _kind(self, text: str, start: int, end: int) -> str:
        n = len(text)
        first = self.pieces[start]
        if n < 3 or n > _CARD[-1] or first is None:
            return ""
        if n <= 4:
            if self.cues.amount(start, end):
                return ""
            return (
                "cvv" if self.cues.code(start, end) else "id" if n == 4 and self.cues.last_four(start) else ""
            )
        if n < _FEWEST:
            return ""
        if n <= _MOST and (first.plus or (start > 0 and self.words[start - 1] == "plus")):
            return "phone"
        cue = self.cues.before(start) or self.cues.after(end)
        if cue == "other":
            return ""
        if cue == "card" and n in _CARD:
            return "card"
        groups = self._groups(start, end)
        if (cue == "id" and n in _ID) or _is_id(text, groups):
            return "id"
        if cue in ("phone", "number") and n <= _MOST:
            return "" if self.cues.amount(start, end) or _DATE.fullmatch(text) else "phone"
        return "phone" if _is_phone(text, groups) else ""

    def _groups(self, start: int, end: int) -> tuple[int, ...]:
        """Return how the digits are grouped; nothing for digits that are said or written one by one."""
        groups: tuple[int, ...] = ()
        for piece in self.pieces[start : end + 1]:
            if piece is not None and piece.said:
                return ()
            groups += piece.groups if piece is not None else ()
        return groups if len(groups) < sum(groups) else ()


def _is_id(text: str, groups: tuple[int, ...]) -> bool:
    if groups == (3, 2, 4):
        return schemes.is_ssn(text)
    if groups == (4, 4, 4):
        return schemes.is_aadhaar(text)
    return groups == (2, 3, 3, 3) and schemes.is_tax_id(text)


def _is_phone(text: str, groups: tuple[int, ...]) -> bool:
    if groups in ((3, 3, 3), (3, 2, 2, 2)):
        return _SPAIN.fullmatch(text) is not None and text[3:] != "000000"
    if groups in ((3, 3, 4), (1, 3, 3, 4)):
        return _NORTH_AMERICA.fullmatch(text) is not None
    usual = len(groups) < 2 or groups in ((5, 5), (2, 5, 5), (3, 7)) or text[0] == "0"
    return usual and _PHONE.fullmatch(text) is not None
