"""Reads what a step decides by from files: the policy, the phrases of each locale, the weights that ship."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from models.base import LinearWeights
from streams.calls.policy import parse_policy
from streams.calls.rules import NO_MODEL, Rules, Voice
from streams.calls.signals.phrases import PhraseBook
from streams.config import Settings
from streams.errors import SettingsError

#: Languages that the sentiment model speaks; others run on phrases and timing alone.
MODEL_LANGUAGES = frozenset({"en"})

Phrase = Annotated[str, Meta(min_length=2, pattern=r"^\S+( \S+)*$")]


class Locale(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of `deploy/locales`: phrases per signal, and the words that turn a phrase round.

    `base` names a locale whose phrases are taken in first (``en-GB`` takes those of ``en-US``).
    """

    phrases: dict[str, list[Phrase]]
    negators: list[str] = []
    base: str | None = None


def load_rules(settings: Settings, weights: LinearWeights) -> Rules:
    """Read policy and locales and return the rules in force.

    Parameters
    ----------
    settings : Settings
        Names the policy file and the folder of locales.
    weights : LinearWeights
        Of the sentiment model, for the languages it speaks.

    Raises
    ------
    SettingsError
        Names the file, the key and what is wrong.
    """
    policy = parse_policy(_read_toml(settings.policy_file), settings.policy_file.name)
    voices = {
        name: Voice(book, weights if name.partition("-")[0] in MODEL_LANGUAGES else NO_MODEL)
        for name, book in _load_books(settings.locales_dir).items()
    }
    return Rules(policy, voices, shadow=settings.mode == "shadow")


def _load_books(folder: Path) -> dict[str, PhraseBook]:
    locales = {path.stem: _load_locale(path) for path in sorted(folder.glob("*.toml"))}
    if not locales:
        raise SettingsError(f"no locale (*.toml) in {folder}; ATTUNE_LOCALES_DIR names the folder")
    books = {}
    for name, locale in locales.items():
        phrases: dict[str, list[str]] = {signal: list(lines) for signal, lines in locale.phrases.items()}
        negators = list(locale.negators)
        if locale.base is not None:
            base = locales.get(locale.base)
            if base is None:
                raise SettingsError(f"{name}.toml: base {locale.base!r} is not in {folder}")
            for signal, lines in base.phrases.items():
                phrases[signal] = [*lines, *phrases.get(signal, [])]
            negators += base.negators
        books[name] = PhraseBook(phrases, negators)
    return books


def _load_locale(path: Path) -> Locale:
    try:
        return msgspec.convert(_read_toml(path), Locale)
    except msgspec.ValidationError as exc:
        raise SettingsError(f"{path}: {exc}") from exc


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise SettingsError(f"{path} cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path} is not TOML: {exc}") from exc
