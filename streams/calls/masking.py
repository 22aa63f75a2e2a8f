"""Text that leaves the worker: shortened, and without what identifies a person.

Whatever holds a digit or an ``@`` is replaced, so card numbers, phone numbers and addresses never travel.
"""

from collections.abc import Sequence

#: Words of evidence in one reason.
EVIDENCE_WORDS = 12
_LONGEST_WORD = 24


def masked(tokens: Sequence[str], around: int | None = None) -> str:
    """Return at most `EVIDENCE_WORDS` words of an utterance, masked.

    Parameters
    ----------
    tokens : sequence of str
        The utterance.
    around : int, optional
        Place of the token that has to be in it; the utterance's beginning when None.

    Examples
    --------
    >>> masked(["my", "number", "is", "07700900123"])
    'my number is [#]'
    """
    start = 0
    if around is not None and around >= EVIDENCE_WORDS:
        start = around - EVIDENCE_WORDS + 2
    words = [_masked_word(token) for token in tokens[start : start + EVIDENCE_WORDS]]
    if start:
        words.insert(0, "…")
    if start + EVIDENCE_WORDS < len(tokens):
        words.append("…")
    return " ".join(words)


def _masked_word(token: str) -> str:
    if "@" in token:
        return "[@]"
    if any(character.isdigit() for character in token):
        return "[#]"
    return token if len(token) <= _LONGEST_WORD else token[:_LONGEST_WORD] + "…"
