"""The locales in other languages than English, on sentences that must fire a signal and on near misses.

One author wrote the sentences and the patterns, and what was missed has been mended since, so the figures
tell that nothing broke, not how well a pattern does on words it has never met. Of 120 sentences per locale
that came after the patterns, 63 % (es-ES), 67 % (hi-IN-Latn), 72 % (fr-FR) and 73 % (de-DE) fired at first
sight; of all that fired then, 95 to 97 % should have.
"""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from models.base import LinearWeights
from models.features import normalise
from streams.calls.hearing import hear, hear_end, listen
from streams.calls.rules import Rules, Voice
from streams.calls.signals.catalogue import HEARD_FROM_AGENTS, HEARD_FROM_CUSTOMERS
from streams.calls.state import Utterance
from streams.config import PROJECT_DIR, Settings
from streams.rulebook import Locale, load_rules

LOCALES = ("es-ES", "de-DE", "fr-FR", "hi-IN-Latn")
FOLDER = PROJECT_DIR / "deploy" / "locales"
ROWS = [
    json.loads(line)
    for line in Path(__file__, "../../../data/locales.jsonl").resolve().read_text("utf-8").splitlines()
]
FIRING, NEAR_MISSES = 6, 4
FLOOR = 0.8
PATTERNS = range(15, 61)
PLAIN_WORDS = range(60, 151)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Settings(), LinearWeights("none@0"))


def heard(voice: Voice, speaker: str, text: str) -> set[str]:
    utterance = Utterance(speaker, 1, 0)
    if speaker == "customer":
        hear(utterance, text.split(), voice, None)
    else:
        listen(utterance, text.split(), voice)
    hear_end(utterance, voice)
    return {hit.signal for hit in utterance.hits}


def read(locale: str) -> Locale:
    return msgspec.convert(tomllib.loads((FOLDER / f"{locale}.toml").read_text("utf-8")), Locale)


def lines_of(locale: Locale) -> list[str]:
    said = [line for own in locale.signals.values() for line in (*own.say, *own.unless)]
    grouped = [line for lines in locale.groups.values() for line in lines]
    return [*said, *grouped, *locale.negators, *locale.quotes]


@pytest.mark.parametrize("locale", LOCALES)
def test_signals_are_heard_and_near_misses_are_not(rules: Rules, locale: str) -> None:
    counts: Counter[tuple[bool, bool]] = Counter()
    wrong = []
    for row in ROWS:
        if row["locale"] == locale:
            fired = row["signal"] in heard(rules.voices[locale], row["speaker"], row["text"])
            counts[row["fires"], fired] += 1
            if fired != row["fires"]:
                wrong.append(f"{'false' if fired else 'missed'} {row['signal']}: {row['text']}")
    right = counts[True, True]
    precision = right / (right + counts[False, True])
    recall = right / (right + counts[True, False])
    figures = f"{locale}: precision {precision:.3f}, recall {recall:.3f} of {counts.total()}"
    print(figures, *wrong, sep="\n  ")  # noqa: T201
    assert precision >= FLOOR
    assert recall >= FLOOR


@pytest.mark.parametrize("locale", LOCALES)
def test_every_signal_that_words_carry_is_said_in_every_locale(locale: str) -> None:
    found = read(locale)
    assert found.signals.keys() == HEARD_FROM_CUSTOMERS | HEARD_FROM_AGENTS
    for signal, patterns in found.signals.items():
        assert len(patterns.say) in PATTERNS, signal
        assert len(set(patterns.say)) == len(patterns.say), signal
    assert len(set(found.etiquette.plain_words)) in PLAIN_WORDS


@pytest.mark.parametrize("locale", LOCALES)
def test_words_stand_in_their_normal_form(locale: str) -> None:
    """One that does not can never be heard."""
    found = read(locale)
    words = {
        word.rstrip("*")
        for line in lines_of(found)
        for word in re.findall(r"[^\s()|?^${}]+", re.sub(r"\{[a-z_]+\}|\.\.\d?", " ", line))
    }
    odd = {word for word in words.union(found.etiquette.plain_words) if normalise(word) != word}
    assert odd == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_signal_has_sentences_that_fire_and_near_misses(locale: str) -> None:
    counts = Counter((row["signal"], row["fires"]) for row in ROWS if row["locale"] == locale)
    for signal in HEARD_FROM_CUSTOMERS | HEARD_FROM_AGENTS:
        assert counts[signal, True] >= FIRING, signal
        assert counts[signal, False] >= NEAR_MISSES, signal


def test_sentences_are_told_once_by_the_side_that_gives_the_signal() -> None:
    assert len({(row["locale"], row["signal"], row["text"]) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        side = HEARD_FROM_CUSTOMERS if row["speaker"] == "customer" else HEARD_FROM_AGENTS
        assert row["signal"] in side, row
        assert row["locale"] in LOCALES, row
