"""Dead letters: records of any bytes, kept without what identifies a person."""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from streams.calls.masking.words import word_set

#: Keys of free text in our records and in those of the feeds; all else in JSON is an id, a time or a count.
_FREE_TEXT = word_set(
    "tokens text reason detail transcript message note notes comment comments content subject description "
    "summary body words utterances"
)
_JSON_PART = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}:,]')


class Literal(NamedTuple):
    """A string in JSON: where it is written, and what it says."""

    start: int
    end: int
    text: str


def json_texts(text: str) -> list[list[Literal]] | None:
    """Return the strings of free text in JSON, a list's together; None when it is no JSON of objects.

    Examples
    --------
    >>> texts = json_texts('{"id": "1", "tokens": ["a", "b"], "text": "c d"}')
    >>> [[word.text for word in words] for words in texts]
    [['a', 'b'], ['c d']]
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) and not (
        isinstance(value, list) and any(isinstance(one, dict) for one in value)
    ):
        return None
    texts: list[list[Literal]] = []
    levels: list[
        list[Literal] | None
    ] = []  # a list's strings of free text; None in an object, or when ids are listed
    objects: list[bool] = []
    key, free = "", False
    for part in _JSON_PART.finditer(text):
        sign = part[0][0]
        if sign == '"':
            literal = Literal(part.start(), part.end(), json.loads(part[0], strict=False))
            if not free:
                key = literal.text
            elif levels[-1] is None:
                texts.append([literal])
            else:
                levels[-1].append(literal)
        elif sign == ":":
            free = key.casefold() in _FREE_TEXT
        elif sign in "[{":
            levels.append([] if sign == "[" and free else None)
            objects.append(sign == "{")
            free = free and sign == "["
        elif sign in "]}":
            texts.append(levels.pop() or [])
            objects.pop()
            free = bool(levels) and levels[-1] is not None
        elif objects[-1]:
            free = False
    return [words for words in texts if words]


def replaced(text: str, literals: Sequence[Literal], said: Sequence[str]) -> str:
    """Return JSON with strings of it replaced by others.

    Examples
    --------
    >>> replaced('{"text": "a"}', [Literal(9, 12, "a")], ["b"])
    '{"text": "b"}'
    """
    parts: list[str] = []
    done = 0
    for literal, new in sorted(zip(literals, said, strict=True)):
        if new != literal.text:
            written = text[literal.start : literal.end]
            parts += (
                text[done : literal.start],
                json.dumps(new, ensure_ascii=written.isascii() or "\\u" in written),
            )
            done = literal.end
    return "".join(parts) + text[done:]


def decoded(data: bytes) -> tuple[str, str, str]:
    """Return the text of any bytes, and the coding and the handling of errors that give the bytes again.

    Examples
    --------
    >>> decoded(b"a\\xff")[1:]
    ('utf-8', 'surrogateescape')
    """
    coding = json.detect_encoding(data)
    try:
        return data.decode(coding), coding, "strict"
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape"), "utf-8", "surrogateescape"
