"""Numbers with letters in them: IBAN, NINO, DNI and NIE; and the NIR, whose departments can have one."""

import re
from collections.abc import Sequence

from streams.calls.masking import schemes
from streams.calls.masking.cues import Cues
from streams.calls.masking.pieces import Piece
from streams.calls.masking.words import LETTERS, word_set

_LONGEST = 34  # an IBAN (ISO 13616)
#: Letters that are words as well: they end an identity number only where one is talked of.
_DNI_FORM = re.compile(r"[XYZ0-9][0-9]{7}[A-Z]")
_LETTER_WORDS = word_set("a e i o u y")


def find_lettered(
    words: Sequence[str], pieces: Sequence[Piece | None], cues: Cues
) -> list[tuple[int, int, str]]:
    """Return the numbers with letters: first token, last token, mark.

    Examples
    --------
    >>> from streams.calls.masking.pieces import read
    >>> words = "my ni number is a b 12 34 56 c".split()
    >>> find_lettered(words, pieces := read(words, words), Cues(words, words, pieces))
    [(4, 9, '[id]')]
    """
    found = []
    place = 0
    while place < len(pieces):
        match = _match(words, pieces, cues, place) if _may_begin(pieces, place) else None
        if match is None:
            place += 1
        else:
            found.append((place, *match))
            place = match[0] + 1
    return found


def _may_begin(pieces: Sequence[Piece | None], place: int) -> bool:
    piece = pieces[place]
    if piece is None or not piece.text or (piece.text.isalpha() and len(piece.text) > 2):
        return False
    before = pieces[place - 1] if place else None
    if before is None or before.ends or len(piece.text) > 1 or len(before.text) != 1:
        return True
    return before.text.isdigit() != piece.text.isdigit()  # not in the middle of what is read out


def _match(
    words: Sequence[str], pieces: Sequence[Piece | None], cues: Cues, start: int
) -> tuple[int, str] | None:
    text = ""
    for place in range(start, min(start + 2 * _LONGEST, len(pieces))):
        piece = pieces[place]
        if piece is None or (place > start and (piece.plus or piece.opens)):
            break
        if not piece.text:
            continue
        text += piece.text
        kind = _kind(text, words[place], cues, start)
        if kind and text.isdigit() and (_is_digits(pieces, start - 1) or _is_digits(pieces, place + 1)):
            kind = ""  # part of a longer number
        if kind:
            while place + 1 < len(pieces) and _joined(pieces[place + 1]):
                place += 1
            return place, f"[{kind}]"
        if piece.stops or len(text) > _LONGEST or (place > start + 1 and text.isalpha()):
            break
    return None


def _is_digits(pieces: Sequence[Piece | None], place: int) -> bool:
    piece = pieces[place] if 0 <= place < len(pieces) else None
    return piece is not None and piece.text.isdigit()


def _joined(piece: Piece | None) -> bool:
    return piece is not None and not piece.text and not piece.filler


def _kind(text: str, word: str, cues: Cues, start: int) -> str:
    n = len(text)
    if n < 9:
        return ""
    if n == 9 or (text[:8].isdigit() and word in LETTERS):
        identity = text if n == 9 else text[:8] + LETTERS[word]
        about = cues.before(start)
        if about == "id" and _DNI_FORM.fullmatch(identity):
            return "id"
        doubtful = about != "id" and (about == "other" or word in _LETTER_WORDS or word in LETTERS)
        return "id" if not doubtful and (schemes.is_nino(identity) or schemes.is_dni(identity)) else ""
    if n == 15 and schemes.is_nir(text):
        return "id"
    if schemes.IBAN_LENGTHS.get(text[:2]) == n and text[2:4].isdigit():
        return "iban" if schemes.is_iban(text) or cues.before(start) == "iban" else ""
    return ""
