"""Tokens to the digits and letters that they stand for, however they are said or written."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from streams.calls.masking.words import (
    FILLERS,
    LINKS,
    NUMBER_WORDS,
    TEENS,
    TENS,
    TIMES,
    UNITS,
    WEAK,
)

#: Doubtful words in a row, such as "un un un", that are still looked over.
_MOST_WEAK = 24
_REMEMBERED = 4096
#: Characters of a token beyond which it is no number that anyone says or writes.
_LONGEST = 64
_EDGES = "\"'“”‘’«»([{<>}])*_`"
_STOP = re.compile(r"[.,;:!?…]+$")
_NUMBER = re.compile(r"\+?\(?\d[\d().\-–‑/]*")
_MIXED = re.compile(r"[A-Za-z0-9]+(?:[\-–‑.][A-Za-z0-9]+)*")
_GROUPS = re.compile(r"\d+")
_NO_NUMBER = re.compile(
    r"\d+\.\d+"  # a decimal
    r"|\d{1,3}(?:\.\d{3})+"  # thousands
    r"|\d{1,2}[\-./–]\d{1,2}[\-./–](?:\d\d){1,2}|\d{4}[\-./–]\d{1,2}[\-./–]\d{1,2}"  # a date
    r"|(?:19|20)\d\d[\-–/](?:19|20)\d\d"  # years
    r"|(?!0\d{2,5}/)\d+/[\d/]*"  # a fraction; a slash after an area code is German
)
_SSN_FORM = re.compile(r"\d{3}-\d{2}-\d{4}")
_TAGGED = re.compile(r"[^\W\d_][^=:#]*[=:#](.+)")


class Piece(NamedTuple):
    """What a token adds to a number.

    Parameters
    ----------
    text : str
        Digits and upper-case letters; empty when the piece only belongs to the one before it.
    said : bool
        Said in words, so that it tells nothing of how the number is grouped.
    groups : tuple of int
        Lengths of its groups of digits, as written.
    plus, opens, ends, stops : bool
        It begins with ``+`` or a bracket; punctuation follows; punctuation that ends a number follows.
    filler : bool
        It only may stand inside a number.
    """

    text: str
    said: bool = False
    groups: tuple[int, ...] = ()
    plus: bool = False
    opens: bool = False
    ends: bool = False
    stops: bool = False
    filler: bool = False

    @property
    def digits(self) -> bool:
        """Whether it may be part of a number without letters."""
        return self.filler or not self.text or self.text.isdigit()


def read(tokens: Sequence[str], words: Sequence[str]) -> list[Piece | None]:
    """Return what each token adds to a number; None for a token that adds nothing.

    Examples
    --------
    >>> tokens = ["double", "five,", "(415)", "uh", "forty", "two", "GB82", "$12"]
    >>> [piece and piece.text for piece in read(tokens, [token.strip(",") for token in tokens])]
    ['55', '', '415', '', '42', '', 'GB82', None]
    """
    pieces: list[Piece | None] = [None] * len(tokens)
    place = 0
    while place < len(tokens):
        word = words[place]
        said, used = ("", 0)
        if word in NUMBER_WORDS or word in TIMES or "-" in word:
            said, used = _said(tokens, words, place)
        if used:
            for within in range(place, place + used):
                text = said if within == place else ""
                ends, stops = _punctuation(tokens[within])
                pieces[within] = Piece(text, True, ends=ends, stops=stops)
            place += used
            continue
        pieces[place] = _written(tokens[place], word)
        place += 1
    return pieces


def _said(tokens: Sequence[str], words: Sequence[str], place: int) -> tuple[str, int]:
    word = words[place]
    following = words[place + 1 : place + 5]
    if "-" in word:
        parts = word.split("-") if len(word) < _LONGEST else []
        if not all(part in NUMBER_WORDS or part in LINKS or part == "vingts" for part in parts):
            return "", 0
        digits = ""
        while parts:
            text, used = _counted(parts)
            if not used:
                return "", 0
            digits, parts = digits + text, parts[used:]
        return digits, 1
    if word in TIMES:
        if not following or following[0] not in UNITS or _punctuation(tokens[place])[1]:
            return "", 0
        return UNITS[following[0]] * TIMES[word], 2
    if word in WEAK and not _among_numbers(words, place):
        return "", 0
    for n in range(len(following)):
        if any(_punctuation(tokens[place + n])):
            following = following[:n]
            break
    return _counted([word, *following])


def _counted(words: Sequence[str]) -> tuple[str, int]:
    """Return the digits of the one number that the words begin with, and how many words it takes."""
    word = words[0]
    used = 1
    if word == "quatre" and len(words) > 1 and words[1] in ("vingt", "vingts"):
        ten, used = 8, 2
    elif word in UNITS:
        return UNITS[word], 1
    elif word in TEENS:
        if word == "dix" and len(words) > 1 and words[1] in ("sept", "huit", "neuf"):
            return "1" + UNITS[words[1]], 2
        return TEENS[word], 1
    elif word in TENS:
        ten = int(TENS[word])
    else:
        return "", 0
    link = len(words) > used + 1 and words[used] in LINKS
    rest = words[used + link :]
    if rest and UNITS.get(rest[0], "0") != "0" and rest[0] not in ("o", "do", "che"):
        return f"{ten}{UNITS[rest[0]]}", used + link + 1
    if rest and ten in (6, 8) and TEENS.get(rest[0], "").startswith("1") and word in ("soixante", "quatre"):
        text, more = _counted(rest)
        return f"{ten + 1}{text[1]}", used + link + more
    return f"{ten}0", used


def _among_numbers(words: Sequence[str], place: int) -> bool:
    """Return whether the nearest word of another kind, on either side, is a number; or digits on both."""
    digits = 0
    for step in (-1, 1):
        beside = place + step
        while 0 <= beside < len(words) and abs(beside - place) < _MOST_WEAK:
            if words[beside] not in WEAK and words[beside] not in FILLERS:
                break
            beside += step
        word = words[beside] if 0 <= beside < len(words) else ""
        if (word in NUMBER_WORDS or word in TIMES) and word not in WEAK:
            return True
        digits += word == "0"
    return digits == 2


def _punctuation(token: str) -> tuple[bool, bool]:
    found = _STOP.search(token.rstrip(_EDGES)[-4:])
    return (False, False) if found is None else (True, not set(found[0]) <= {",", "."})


@lru_cache(maxsize=_REMEMBERED)
def _written(token: str, word: str) -> Piece | None:
    if not word:
        return Piece("", filler=True) if token in ("-", "–", "—", ".", ",", "/") else None
    if word in FILLERS:
        return Piece("", filler=True)
    if len(token) > _LONGEST or (not token.isascii() and not any(c.isdecimal() for c in token)):
        return None
    tagged = _TAGGED.fullmatch(token)
    core = (tagged[1] if tagged else token).strip(_EDGES.replace("(", "").replace(")", ""))
    ends, stops = _punctuation(core)
    core = _STOP.sub("", core).strip("#")
    if not core.isascii():
        core = "".join(str(int(c)) if c.isdecimal() else c for c in core)
    if core.endswith(")") and "(" not in core:
        core = core.rstrip(")")
    if _NUMBER.fullmatch(core):
        if _NO_NUMBER.fullmatch(core) and not _SSN_FORM.fullmatch(core):
            return None
        groups = _GROUPS.findall(core)
        plus = core[0] == "+" or core.startswith("(+")
        # Digits that are written one by one tell nothing of groups, as those that are said.
        return Piece(
            "".join(groups), len(core) == 1, tuple(map(len, groups)), plus, core[0] == "(", ends, stops
        )
    core = core.strip("()")
    if not _MIXED.fullmatch(core):
        return None
    text = re.sub(r"[^A-Za-z0-9]", "", core).upper()
    return Piece(text, text.isalpha(), ends=ends, stops=stops)
