"""Words to features: what a model sees of a turn. Pure, and the same in training and in scoring."""

import math
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from models.base import Feature

#: Words kept in memory once normalised; speech repeats itself, so a few thousand serve nearly every look-up.
_REMEMBERED_WORDS = 16_384

#: Marks of the recogniser or of redaction: ``[NAME]``, ``<unk>``. They are not what the customer said.
_MARK = re.compile(r"\[[^\]]*\]|<[^>]*>")
_DIGITS = re.compile(r"\d+")
_RUN_AT_END = re.compile(r"([^\W\d_])\1{2,}(?!\w)")
_RUN_INSIDE = re.compile(r"([^\W\d_])\1{2,}")
_SAME_CHARACTER = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u0060\u00b4\uff07", "'"),
        # Invisible: soft hyphen, zero-width marks, byte order mark, emoji presentation.
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f", None),
    }
)


@lru_cache(maxsize=_REMEMBERED_WORDS)
def normalise(token: str) -> str:
    """Return the word behind a token, the same for every way to write it; ``""`` when there is none.

    Case and surrounding punctuation go, apostrophes become straight, a run of digits becomes ``0``, and a
    letter drawn out to three or more becomes one at the end of a word (``soooo``) and two inside it
    (``gooood``). Of a token made of emoji the first stays. Punctuation alone, and marks such as ``[NAME]`` or
    ``<unk>``, give ``""``. Normalising twice changes nothing.

    Examples
    --------
    >>> [normalise(token) for token in ("Don’t!", "SOOOO", "gooood", "24/7", "😡😡", "...", "[NAME]")]
    ["don't", 'so', 'good', '0/0', '😡', '', '']
    """
    word = _MARK.sub("", token).casefold().translate(_SAME_CHARACTER)
    kinds = [unicodedata.category(character)[0] for character in word]
    if "L" not in kinds and "N" not in kinds:
        return next((character for character in word if unicodedata.category(character) == "So"), "")
    start, end = 0, len(word)
    while kinds[start] not in "LN":
        start += 1
    while kinds[end - 1] not in "LNM":  # a mark ends many words of Indic scripts
        end -= 1
    word = _DIGITS.sub("0", word[start:end])
    return _RUN_INSIDE.sub(r"\1\1", _RUN_AT_END.sub(r"\1", word))


def features(tokens: Iterable[str]) -> dict[Feature, float]:
    """Return the 1- and 2-grams of a turn, each as its count over ``sqrt(n)``.

    `n` is the number of all 1- and 2-grams, so a long turn does not score higher than a short one for its
    length alone. Tokens without a word are skipped: their neighbours become neighbours.

    Examples
    --------
    >>> features(["Not", "--", "good!"])
    {'not': 0.5773502691896258, 'good': 0.5773502691896258, ('not', 'good'): 0.5773502691896258}
    """
    counts: dict[Feature, float] = {}
    last, n = "", 0
    for token in tokens:
        word = normalise(token)
        if not word:
            continue
        counts[word] = counts.get(word, 0.0) + 1.0
        n += 1
        if last:
            pair = (last, word)
            counts[pair] = counts.get(pair, 0.0) + 1.0
            n += 1
        last = word
    scale = 1.0 / math.sqrt(n) if n else 0.0
    return {feature: count * scale for feature, count in counts.items()}
