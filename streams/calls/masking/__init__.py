"""Text that leaves the worker: shortened, and without what identifies a person.

Cards and their codes, phones, addresses of mail, IBANs, national numbers and the names that the call gives
are replaced by a mark. Amounts, dates, order numbers and whatever else is said in digits stay: they are what
a call is about.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from models.features import normalise
from streams.calls.masking import mail
from streams.calls.masking import names as people
from streams.calls.masking.bytes import Literal, decoded, json_texts, replaced
from streams.calls.masking.numbers import find_numbers
from streams.calls.masking.spelling import spellings
from streams.calls.masking.words import MARKS, NUMBER_WORDS

#: Words of evidence in one reason.
EVIDENCE_WORDS = 12
_LONGEST_WORD = 24
#: A mark can hide what made the words beside it doubtful, so masking goes on until nothing changes.
_MOST_PASSES = 4
#: Fewest words of digits that are a number of any person.
_FEWEST_NUMBER_WORDS = 2

#: Words of text with the comma, semicolon or colon after them, and marks that stand in it already.
_TEXT_TOKEN = re.compile(
    r"""\[[a-z]+\]|(?:[^\s"=<>{}\[\],;:|\\]|(?<=\d),(?=\d{1,3}(?!\d))|(?<=\d):(?=\d\d(?!\d)))+[,;:]?"""
)


def mask_tokens(tokens: Sequence[str], names: Collection[str] = ()) -> list[str]:
    """Return the tokens of an utterance, each that identifies a person replaced by its mark.

    Parameters
    ----------
    tokens : sequence of str
        The whole utterance: what a number is, the words around it tell.
    names : collection of str
        What `given_names` returned for the utterances before.

    Returns
    -------
    list of str
        As many as `tokens`. Masking again changes nothing.

    Examples
    --------
    >>> mask_tokens("it's double five 5 oh one four three".split())
    ["it's", 'double', 'five', '5', 'oh', 'one', 'four', 'three']
    >>> " ".join(mask_tokens("I'm Bob from Leeds, ring 07700 900123 about order 4451".split()))
    "I'm [name] from Leeds, ring [phone] [phone] about order 4451"
    """
    masked_tokens = list(tokens)
    for _ in range(_MOST_PASSES):
        words = [normalise(token) for token in masked_tokens]
        if not _mask_once(masked_tokens, words, names):
            break
    return masked_tokens


def given_names(tokens: Sequence[str]) -> frozenset[str]:
    """Return the names that an utterance gives, normalised and word by word.

    Examples
    --------
    >>> sorted(given_names("Hi, my name is Jane van Doe and it's about my bill".split()))
    ['doe', 'jane']
    """
    words = [normalise(token) for token in tokens]
    if people.TRIGGERS.isdisjoint(words):
        return frozenset()
    return frozenset(normalise(name) for name in people.name_words(tokens, words))


def masked(tokens: Sequence[str], around: int | None = None, names: Collection[str] = ()) -> str:
    """Return at most `EVIDENCE_WORDS` words of an utterance, masked; a mark that repeats is shown once.

    Parameters
    ----------
    tokens : sequence of str
        The utterance.
    around : int, optional
        Place of the token that has to be in it; the utterance's beginning when None.
    names : collection of str
        What `given_names` returned for the utterances before.

    Examples
    --------
    >>> masked(["my", "number", "is", "07700", "900123"])
    'my number is [phone]'
    """
    return excerpt(mask_tokens(tokens, names), around)


def excerpt(tokens: Sequence[str], around: int | None = None) -> str:
    """Return what `masked` does of tokens that `mask_tokens` has returned."""
    words: list[str] = []
    place = 0
    for n, token in enumerate(tokens):
        if token not in MARKS or words[-1:] != [token]:
            words.append(token if len(token) <= _LONGEST_WORD else token[:_LONGEST_WORD] + "…")
        if n == around:
            place = len(words) - 1
    start = place - EVIDENCE_WORDS + 2 if place >= EVIDENCE_WORDS else 0
    shown = words[start : start + EVIDENCE_WORDS]
    before = ["…"] if start else []
    after = ["…"] if start + EVIDENCE_WORDS < len(words) else []
    return " ".join(before + shown + after)


def mask_text(text: str) -> str:
    """Return free text, such as a line of a log, with what identifies a person replaced.

    Examples
    --------
    >>> mask_text("retry=2 number: 07700 900123, at 10:15")
    'retry=2 number: [phone], at 10:15'
    """
    found = list(_TEXT_TOKEN.finditer(text))
    tokens = [match[0] for match in found]
    marks = mask_tokens(tokens)
    if marks == tokens:
        return text
    parts: list[str] = []
    done = 0
    last = ""
    for match, token, mark in zip(found, tokens, marks, strict=True):
        if mark == token:
            last = ""
            continue
        between = text[done : match.start()]
        if mark != last or between.strip(" \t\r\n-–,."):
            parts += (between, mark)
        last = mark
        done = match.end() - (token[-1] in ",;:" and len(token) > 1)
    return "".join(parts) + text[done:]


def mask_bytes(data: bytes) -> bytes:
    """Return the bytes of a record with what identifies a person replaced; all else stays, byte by byte.

    In JSON only strings of free text are masked (``tokens``, ``text``, ``reason`` and the like), so that no
    id and no time suffers; in anything else the whole is.

    Examples
    --------
    >>> mask_bytes(b'{"call_id": "4111111111111111", "tokens": ["ring", "07700900123"]}')
    b'{"call_id": "4111111111111111", "tokens": ["ring", "[phone]"]}'
    >>> mask_bytes(b'ring 07700 900123 \\xff')
    b'ring [phone] \\xff'
    """
    text, coding, errors = decoded(data)
    texts = json_texts(text)
    if texts is None:
        new = mask_text(text)
    else:
        literals: list[Literal] = []
        said: list[str] = []
        for words in texts:
            tokens = [word.text for word in words]
            literals += words
            one_each = not any(character.isspace() for token in tokens for character in token)
            said += mask_tokens(tokens) if one_each else map(mask_text, tokens)
        new = replaced(text, literals, said)
    return data if new == text else new.encode(coding, errors)


def _mask_once(tokens: list[str], words: list[str], names: Collection[str]) -> bool:
    """Replace what is found and return whether anything was."""
    joined = " ".join(tokens)
    found: list[tuple[int, int, str]] = []
    if "@" in joined or not mail.TRIGGERS.isdisjoint(words):
        found += mail.find_addresses(tokens, words)
    if "0" in "".join(words) or sum(word in NUMBER_WORDS for word in words) >= _FEWEST_NUMBER_WORDS:
        found += find_numbers(tokens, words)
    if not people.TRIGGERS.isdisjoint(words):
        given = people.find_names(tokens, words)
        if given:
            found += ((start, end, "[name]") for start, end in given)
            names = {*names, *given_names(tokens)}
    if names:
        found += _said_again(tokens, words, names)
    changed = False
    for start, end, mark in found:
        for place in range(start, end + 1):
            if tokens[place] not in MARKS:
                tokens[place] = mark
                changed = True
    return changed


def _said_again(
    tokens: Sequence[str], words: Sequence[str], names: Collection[str]
) -> Iterator[tuple[int, int, str]]:
    begins = True
    for place, (token, word) in enumerate(zip(tokens, words, strict=True)):
        if people.known(token, word, begins, names):
            yield place, place, "[name]"
        begins = token.endswith((".", "!", "?"))
    for start, end, letters in spellings(words):
        if letters in names:
            yield start, end, "[name]"
