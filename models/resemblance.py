"""Is this sentence nearly the same as that one? Told by a few numbers, without keeping words.

A sentence is remembered by a sketch of its word pairs: of the checksums of all pairs the smallest few. Two
sentences of which most of these agree are near-identical (bottom-k sketch, a MinHash with one hash function:
Broder 1997, "On the resemblance and containment of documents").
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

#: A sketch holds so many checksums; of that many, near-identical sentences share at least so many.
SKETCH, SAME = 5, 4
#: Words from which a sentence can be told to be the same again.
FEWEST_WORDS = 6
_BITS = 16


def sketch(words: Sequence[str]) -> tuple[int, ...]:
    """Return the sketch of a sentence, `SKETCH` numbers of 16 bits; empty when it is too short to tell.

    Examples
    --------
    >>> a = sketch("thank you for calling today how may i help you".split())
    >>> b = sketch("thank you for calling us today how may i help you".split())
    >>> len(set(a) & set(b)) >= SAME, sketch(["yes", "of", "course"])
    (True, ())
    """
    if len(words) < FEWEST_WORDS:
        return ()
    marks = list(map(mark, words))
    pairs = sorted({(one * 40_503 + other) & 0xFFFF for one, other in pairwise(marks)})
    return tuple(pairs[:SKETCH]) if len(pairs) >= SKETCH else ()


def keys(of: Sequence[int]) -> list[int]:
    """Return numbers of 64 bits: two sketches share one of them exactly when they share `SAME` checksums.

    Examples
    --------
    >>> one, nearly, other = (1, 2, 3, 4, 5), (1, 2, 4, 5, 9), (1, 2, 3, 8, 9)
    >>> bool(set(keys(one)) & set(keys(nearly))), bool(set(keys(one)) & set(keys(other)))
    (True, False)
    """
    found = []
    for left_out in range(len(of)):
        key = 0
        for place, checksum in enumerate(of):
            if place != left_out:
                key = key << _BITS | checksum
        found.append(key)
    return found


@lru_cache(maxsize=16_384)
def mark(word: str) -> int:
    """Return a word's checksum, 16 bits."""
    return crc32(word.encode()) & 0xFFFF
