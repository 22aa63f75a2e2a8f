"""When a promise is due: "by Monday", "within two hours", "tomorrow". English; elsewhere nothing is dated."""

from collections.abc import Sequence
from datetime import UTC, datetime

_HOUR_MS = 60 * 60 * 1000
_DAY_MS = 24 * _HOUR_MS
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"hour": _HOUR_MS, "day": _DAY_MS, "week": 7 * _DAY_MS}
_PAIRS = {"twenty four": 24, "forty eight": 48, "seventy two": 72}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "ten": 10}
#: Longer numbers are no count of hours or days.
_MOST_DIGITS = 3
_BEFORE_NUMBER = frozenset({"in", "within", "next"})


def promised_until(words: Sequence[str], at: int) -> int:
    """Return when what an agent's sentence promises is due, Unix ms; 0 when it names no day or time.

    A day is over at its end plus one more day, whatever the time zone: nobody is called a promise breaker for
    an hour.

    Parameters
    ----------
    words : sequence of str
        The sentence in small letters, without punctuation around the words.
    at : int
        When it was said, Unix ms.

    Examples
    --------
    >>> (promised_until("i'll ring you within two hours".split(), 0)) // 3_600_000
    2
    >>> promised_until("i'll see what i can do".split(), 0)
    0
    """
    for place, word in enumerate(words):
        if word in ("today", "tonight"):
            return _end_of_day(at, 0)
        if word == "tomorrow":
            return _end_of_day(at, 1)
        if word in _WEEKDAYS:
            today = datetime.fromtimestamp(at / 1000, UTC).weekday()
            return _end_of_day(at, (_WEEKDAYS.index(word) - today) % 7 or 7)
        unit = _UNITS.get(word.rstrip("s"))
        count = _count_before(words, place) if unit else 0
        if unit and count:
            return at + count * unit
    return 0


def _count_before(words: Sequence[str], place: int) -> int:
    """Return the number that stands before a unit of time, after "in", "within" or "next"; 0 for none."""
    for first, number in (
        (place - 1, _number(" ".join(words[place - 1 : place]))),
        (place - 2, _PAIRS.get(" ".join(words[max(0, place - 2) : place]), 0)),
    ):
        if number and first >= 1 and words[first - 1] in _BEFORE_NUMBER:
            return number
    return 0


def _number(word: str) -> int:
    return int(word) if word.isdecimal() and len(word) <= _MOST_DIGITS else _NUMBERS.get(word, 0)


def _end_of_day(at: int, days: int) -> int:
    return (at // _DAY_MS + 1 + days + 1) * _DAY_MS
