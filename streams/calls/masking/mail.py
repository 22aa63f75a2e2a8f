"""Addresses of mail, typed or said: "jane dot doe at example dot com"."""

from collections.abc import Sequence

from streams.calls.masking.stops import is_common
from streams.calls.masking.words import NUMBER_WORDS, TIMES, word_set

#: Words that are the at sign, and the one that is a preposition far more often.
_SIGNS = word_set("arroba arobase arrobase klammeraffe affenschwanz")
_AT = word_set("at ät")
_DOTS = word_set("dot punto point punkt")
#: What joins the words of the part before the sign.
_JOINTS = _DOTS | word_set(
    "underscore dash hyphen minus plus tiret guion guión bindestrich unterstrich period"
)
_TWO_WORD_JOINTS = frozenset({("guion", "bajo"), ("guión", "bajo"), ("tiret", "bas"), ("under", "score")})
_PROVIDERS = word_set(
    "gmail gmail.com googlemail hotmail yahoo outlook icloud aol gmx web protonmail proton live msn "
    "rediffmail orange free laposte wanadoo sfr btinternet mail me.com yahoo.com hotmail.com outlook.com "
    "ymail rocketmail"
)
#: An address is talked of.
_CUES = word_set(
    "email e-mail mail emails email's mailed correo correos emailed adresse address dirección direccion "
    "courriel mél send write escriba escribir schicken schreiben envoyez mailadresse email-adresse "
    "e-mail-adresse"
)
#: Before what stands before an address.
_ANCHORS = word_set("is it's its es ist est c'est hai id to an a email mail correo")
_PATHS = word_set("slash schrägstrich barra")
_REACH = 14
_MOST_WORDS = 16
#: Words of a domain before its first dot: "hot mail dot com".
_MOST_HOST_WORDS = 3

TRIGGERS = _SIGNS | _DOTS


def find_addresses(tokens: Sequence[str], words: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return the addresses: first token, last token, mark.

    Examples
    --------
    >>> tokens = "my email is jane dot doe at example dot com thanks".split()
    >>> find_addresses(tokens, tokens)
    [(3, 9, '[email]')]
    """
    found = []
    last_cue = -_REACH
    for place, token in enumerate(tokens):
        word = words[place]
        if word in _CUES:
            last_cue = place
        if "@" in token:
            found += _typed(tokens, words, place)
        elif place and (word in _AT or word in _SIGNS):
            end = _domain(tokens, words, place + 1)
            if end < 0:
                continue
            start, plain = _local(tokens, words, place - 1, place - last_cue <= _REACH)
            sure = word in _SIGNS or not plain or place - last_cue <= _REACH or words[place + 1] in _PROVIDERS
            if start >= 0 and sure:
                found.append((start, end, "[email]"))
    return found


def _typed(tokens: Sequence[str], words: Sequence[str], place: int) -> list[tuple[int, int, str]]:
    """An address in one token, or with blanks about its sign; ``@name`` alone is a name in public."""
    local, _, domain = tokens[place].rpartition("@")
    start = end = place
    if not any(character.isalnum() for character in domain):
        if place + 1 >= len(tokens) or "." not in tokens[place + 1].rstrip("."):
            if not any(character.isalnum() for character in local):
                return []
        else:
            end += 1
    elif not any(character.isalnum() for character in local) and "." not in domain.rstrip(".,;:!?)"):
        return []
    if not any(character.isalnum() for character in local):
        if not place or not words[place - 1] or is_common(words[place - 1]):
            return [] if start == end else [(start, end, "[email]")]
        start -= 1
    return [(start, end, "[email]")]


def _domain(tokens: Sequence[str], words: Sequence[str], place: int) -> int:
    """Return the last token of the domain that begins at `place`; -1 when none does."""
    end = place
    while True:
        if end >= len(words) or end >= place + _MOST_HOST_WORDS or not words[end] or words[end] in _DOTS:
            return -1
        if "." in words[end] and words[end].rpartition(".")[2].isalpha():
            break
        if _stops(tokens[end]):
            return -1
        if end + 1 < len(words) and words[end + 1] in _DOTS:
            break
        end += 1
    while (
        end + 2 < len(words)
        and words[end + 1] in _DOTS
        and _is_label(words[end + 2])
        and not _stops(tokens[end])
    ):
        end += 2
    path = end + 1 < len(words) and words[end + 1] in _PATHS
    labels = end > place or "." in words[end]
    return end if labels and not path and words[end] not in _DOTS else -1


def _local(tokens: Sequence[str], words: Sequence[str], last: int, cue: bool) -> tuple[int, bool]:
    """Return where the part that ends at `last` begins, and whether no mark of an address is in it."""
    start, plain = last, True
    if not words[last] or _stops(tokens[last]):
        return -1, True
    while start > 0 and last - start < _MOST_WORDS and not _stops(tokens[start - 1]):
        word, before = words[start], words[start - 1]
        joint = 2 if start > 1 and (words[start - 2], before) in _TWO_WORD_JOINTS else int(before in _JOINTS)
        if joint and start > joint and words[start - joint - 1]:
            start, plain = start - joint - 1, False
        elif (
            _is_number(word)
            and (_is_number(before) or (before and before not in _ANCHORS and not is_common(before)))
        ) or len(word) == len(before) == 1:
            start, plain = start - 1, False
        else:
            break
    if plain and is_common(words[last]):
        return -1, True
    for more in (1, 2) if cue else ():
        before = words[start - more] if start > more else ""
        if not before or before in _ANCHORS or is_common(before) or _stops(tokens[start - more]):
            break
        if words[start - more - 1] in _ANCHORS:
            return start - more, plain
    return start, plain


def _is_number(word: str) -> bool:
    return word in NUMBER_WORDS or word in TIMES or word.isdigit()


def _stops(token: str) -> bool:
    return token.endswith((",", ";", ":", "!", "?", ".", "…"))


def _is_label(word: str) -> bool:
    return bool(word) and word not in _JOINTS
