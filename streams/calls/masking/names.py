"""Names that a call gives: "my name is ...", "hier spricht ...", and spelled out."""

from collections.abc import Collection, Iterator, Sequence

from streams.calls.masking.spelling import spellings
from streams.calls.masking.stops import HOMONYMS, is_common
from streams.calls.masking.words import word_set

#: Tokens of a name: more than four are none, and without capitals more than two would take in what follows.
_MOST_TOKENS = 4
_MOST_LOWER_TOKENS = 2
_LONGEST_NAME_IN_ING = 5
_PARTICLES = word_set("de del la las los da dos do di du des van von der den ter al el bin ibn st mc mac y")
_TITLES = word_set("mr mrs ms mister miss dr herr frau señor señora sr sra monsieur madame mme don doña")
_SKIPPED = word_set("uh um er erm äh ähm euh eh is es ist est hai lautet")


def _phrases(rows: str) -> dict[str, list[tuple[str, ...]]]:
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for row in rows.split("|"):
        phrase = tuple(row.split())
        phrases.setdefault(phrase[0], []).append(phrase)
    return phrases


#: A name follows, whatever stands after it.
_STRONG = _phrases(
    "name is|name's|my names|name was|name on the card is|name on the account is|name on the booking is"
    "|name on the policy is|surname is|surname's|surname was|nickname is|under the name|under the name of"
    "|in the name of|they call me|everyone calls me|you're speaking with|you're speaking to"
    "|you're talking to|you are speaking with|you are speaking to|you are talking to|me llamo|mi nombre es"
    "|nombre es|apellido es|apellidos son|le atiende|le habla|les habla|a nombre de|name ist|name lautet"
    "|nachname ist|vorname ist|ich heiße|ich heisse|hier spricht|sie sprechen mit|auf den namen"
    "|je m'appelle|nom est|nom c'est|prénom est|prénom c'est|nom de famille est|nom de famille c'est"
    "|au nom de|mera naam|meri naam|mera shubh naam|naam hai|mera pura naam|mera name|moi c'est|last name"
    "|first name|middle name|family name|surname"
)
#: A name follows when one of these words stands after it, or capitals say so.
_WEAK: dict[tuple[str, ...], frozenset[str]] = {
    ("this", "is"): frozenset({"speaking", "calling", "here", "from"}),
    ("i'm",): frozenset({"speaking", "calling", "here", "from"}),
    ("i", "am"): frozenset({"speaking", "calling", "here", "from"}),
    ("it's",): frozenset({"speaking", "calling", "here"}),
    ("call", "me"): frozenset(),
    ("soy",): frozenset({"de", "del", "y", "llamo", "llamaba"}),
    ("habla",): frozenset({"de", "del", "y"}),
    ("ich", "bin"): frozenset({"von", "vom", "aus"}),
    ("hier", "ist"): frozenset({"von", "vom", "aus", "am"}),
    ("c'est",): frozenset({"à", "a"}),
    ("ici",): frozenset({"à", "a"}),
    ("je", "suis"): frozenset(),
    ("main",): frozenset({"bol", "baat"}),
}
_WEAK_FIRST = {phrase[0]: phrase for phrase in _WEAK}
#: A confirming word that is one only before another.
_CONFIRMED_BY = {
    "à": ("l'appareil",),
    "a": ("l'appareil",),
    "am": ("apparat", "telefon"),
    "y": ("llamo", "tengo"),
}
#: What comes between a subject and "call me".
_INVITING = word_set("can just please everybody everyone people friends they to")
#: Before "it's" and "c'est" things are named as well: two capitals say nothing there.
_THINGS = frozenset({("it's",), ("c'est",), ("ici",)})
_GREETINGS = word_set("hi hello hey morning afternoon evening hola buenas buenos hallo tag bonjour namaste")
_COMPANIES = word_set(
    "insurance bank energy telecom ltd limited inc gmbh services airlines airways group mobile"
)
_ABOUT_A_NAME = word_set(
    "name name's names surname surname's lastname firstname spelled spelt spell spelling nombre apellido "
    "apellidos deletreo deletrear name nachname nachnamen vorname buchstabiere buchstabieren nom prénom "
    "épelle épeler naam"
)
#: "The product name is ..." gives no person's.
_THINGS_WITH_NAMES = word_set(
    "product user file host network wifi brand company model domain street item plan package dog dog's cat's"
)
TRIGGERS = _STRONG.keys() | _WEAK_FIRST.keys() | _TITLES | _ABOUT_A_NAME | {"speaking"}


def find_names(tokens: Sequence[str], words: Sequence[str]) -> list[tuple[int, int]]:
    """Return first and last token of each name that the utterance gives, and of each that is spelled out.

    Examples
    --------
    >>> tokens = "This is Jane Doe speaking, D O E, my name is on the bill".split()
    >>> find_names(tokens, [token.strip(",").casefold() for token in tokens])
    [(2, 3), (5, 7)]
    """
    anywhere = "speaking" in words or "mein" in words
    cues = [
        place for place, word in enumerate(words) if word in TRIGGERS or (anywhere and _begins(tokens, place))
    ]
    found: list[tuple[int, int]] = []
    if cues:
        pairs = zip(tokens, words, strict=True)
        cased = any(_capital(token) and not word.startswith("i'") for token, word in pairs)
    done = 0
    for place in cues:
        name = _after_cue(tokens, words, place, cased) if place >= done else None
        if name is not None:
            found.append(name)
            done = name[1] + 1
    if found or not _ABOUT_A_NAME.isdisjoint(words):
        found += ((start, end) for start, end, _ in spellings(words))
    return found


def known(token: str, word: str, begins: bool, names: Collection[str]) -> bool:
    """Return whether a token says one of the call's names again; `begins` when a sentence does there."""
    name = word.removesuffix("'s")
    if name not in names:
        return False
    return (name not in HOMONYMS and not is_common(name)) or (_capital(token) and not begins)


def name_words(tokens: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    """Yield the words of the names that an utterance gives, and what it spells out."""
    found = find_names(tokens, words)
    for start, end in found:
        for word in words[start : end + 1]:
            name = word.removesuffix("'s")
            if len(name) > 1 and name not in _PARTICLES and (not is_common(name) or name in HOMONYMS):
                yield name
    if found:
        yield from (letters for _, _, letters in spellings(words))


def _after_cue(
    tokens: Sequence[str], words: Sequence[str], place: int, cased: bool
) -> tuple[int, int] | None:
    word = words[place]
    for phrase in _STRONG.get(word, ()) if not place or words[place - 1] not in _THINGS_WITH_NAMES else ():
        if tuple(words[place : place + len(phrase)]) == phrase:
            start = place + len(phrase)
            while start < len(words) and (words[start] in _SKIPPED or words[start] in _TITLES):
                start += 1
            end = _collect(tokens, words, start, True)
            if end > start:
                return start, end - 1
    weak = _WEAK_FIRST.get(word)
    if weak is not None and tuple(words[place : place + len(weak)]) == weak:
        start = place + len(weak)
        end = _collect(tokens, words, start, False)
        if end > start and _is_confirmed(tokens, words, start, end, weak, cased):
            return start, end - 1
    if word in _TITLES and (_capital(tokens[place]) or (word in ("mr", "mrs", "ms") and not cased)):
        end = min(_collect(tokens, words, place + 1, False), len(tokens) if cased else place + 2)
        if end > place + 1 and _capital(tokens[place + 1]) == cased:
            return place + 1, end - 1
    if _begins(tokens, place):
        end = _collect(tokens, words, place, False)
        following = words[end + 1] if end + 1 < len(words) else ""
        last = words[end] if end < len(words) else ""
        speaking = (
            last == "speaking" and following not in ("to", "with", "of", "about") and not word.endswith("ly")
        )
        if end > place and (speaking or (last, following) == ("mein", "name")):
            return place, end - 1
    return None


def _is_confirmed(
    tokens: Sequence[str], words: Sequence[str], start: int, end: int, weak: tuple[str, ...], cased: bool
) -> bool:
    capital = _capital(tokens[start])
    # "I'm Calling About ..."; a name such as Ming is shorter.
    verb = words[start].endswith("ing") and len(words[start]) > _LONGEST_NAME_IN_ING
    if capital != cased or verb or (not capital and words[start].endswith(("ing", "ed", "ly"))):
        return False
    if not _COMPANIES.isdisjoint(words[start:end]):
        return False
    following = words[end] if end < len(words) else ""
    if following in _WEAK[weak]:
        second = words[end + 1] if end + 1 < len(words) else ""
        if following not in _CONFIRMED_BY or second in _CONFIRMED_BY[following]:
            return True
    ends = end == len(words) or _stops(tokens[end - 1])
    if weak == ("call", "me"):
        return capital or (start > 2 and words[start - 3] in _INVITING)
    if not capital or weak in _THINGS:
        return False
    greeted = not _GREETINGS.isdisjoint(words[max(0, start - 6) : start])
    return end - start > 1 or greeted or (ends and weak == ("soy",))


def _collect(tokens: Sequence[str], words: Sequence[str], start: int, strong: bool) -> int:
    """Return the token after the name that begins at `start`."""
    end = start
    capital = start < len(tokens) and _capital(tokens[start])
    most = _MOST_TOKENS if capital else _MOST_LOWER_TOKENS
    while end < len(tokens) and end - start < _MOST_TOKENS:
        if end > start and words[end] in _PARTICLES:
            following = end + 1 + (end + 1 < len(tokens) and words[end + 1] in _PARTICLES)
            if following >= len(tokens) or not _is_name(tokens, words, following, capital, False):
                break
            if not strong and (
                words[end] == "y" or (following == end + 1 and words[end] in ("de", "del", "von", "du"))
            ):
                break  # "soy Rodrigo de Zaragoza"
            end = following
        if not _is_name(tokens, words, end, capital, strong and end == start) or most == 0:
            break
        most -= 1
        end += 1
        if _stops(tokens[end - 1]) and len(words[end - 1]) > 1:
            break
    return end


def _is_name(tokens: Sequence[str], words: Sequence[str], place: int, capital: bool, strong: bool) -> bool:
    word = words[place]
    if not word or not word.replace("'", "").replace("-", "").replace(".", "").isalpha():
        return False
    if _capital(tokens[place]) != capital or (len(word) == 1 and not capital):
        return False
    return not is_common(word) or ((capital or strong) and word in HOMONYMS)


def _capital(token: str) -> bool:
    """Return whether a token is written as a name: ``Jane``, ``J.``; and not ``I`` or ``[name]``."""
    first = token.lstrip("\"'“‘¿¡(")[:2]
    return (
        first[:1].isupper()
        and token not in ("I", "I'm", "I’m")
        and (first[1:].islower() or not first[1:].isalpha())
    )


def _begins(tokens: Sequence[str], place: int) -> bool:
    return place == 0 or _stops(tokens[place - 1])


def _stops(token: str) -> bool:
    return token.endswith((",", ".", ";", ":", "!", "?", "…"))
