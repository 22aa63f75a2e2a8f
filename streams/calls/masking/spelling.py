"""Words that are spelled out: "that's D O E", "s-m-i-t-h", "d for delta"."""

from collections.abc import Iterator, Sequence

from streams.calls.masking.words import word_set

_SPELLING = word_set("for wie como comme")  # "a for apple"
_FEWEST_LETTERS = 3
_FEWEST_SINGLE = 2  # "double o e"
_LONGEST = 64


def spellings(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield what is spelled out: first token, last token, the word.

    Examples
    --------
    >>> list(spellings("that is d double o e or s-m-i-t-h".split()))
    [(2, 5, 'dooe'), (7, 7, 'smith')]
    """
    single = sum(len(word) == 1 for word in words)
    if single < _FEWEST_SINGLE and not any("-" in word or "." in word for word in words):
        return
    place = 0
    while place < len(words):
        start, letters = place, ""
        while place < len(words):
            twice = words[place] == "double" and place + 1 < len(words)
            letter = words[place + twice]
            if len(letter) != 1 or not letter.isalpha():
                break
            letters += letter * (1 + twice)
            place += 1 + twice
            if place + 1 < len(words) and words[place] in _SPELLING and len(words[place + 1]) > 1:
                place += 2
            elif place + 2 < len(words) and (words[place], words[place + 1]) == ("as", "in"):
                place += 3
        if len(letters) >= _FEWEST_LETTERS:
            yield start, place - 1, letters
        elif place == start:
            parts = words[place].replace(".", "-").split("-") if len(words[place]) < _LONGEST else []
            if len(parts) >= _FEWEST_LETTERS and all(len(part) == 1 and part.isalpha() for part in parts):
                yield place, place, "".join(parts)
            place += 1
