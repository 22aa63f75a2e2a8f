"""Reads what a step decides by from files: the policy, the patterns of each locale, the weights that ship."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from models.base import LinearWeights
from streams.calls.policy import Policy, parse_policy
from streams.calls.rules import NO_MODEL, Etiquette, Rules, Voice
from streams.calls.signals.automaton import Automaton
from streams.calls.signals.catalogue import HEARD_FROM_AGENTS, HEARD_FROM_CUSTOMERS
from streams.calls.signals.patterns import Groups, PatternError
from streams.calls.signals.tables import Patterns
from streams.config import Settings
from streams.errors import SettingsError

#: Languages that the sentiment model speaks; others run on patterns and timing alone.
MODEL_LANGUAGES = frozenset({"en"})

Pattern = Annotated[str, Meta(min_length=2)]


class SignalPatterns(Struct, frozen=True, forbid_unknown_fields=True):
    """How a locale says one signal; see `streams.calls.signals.automaton.Patterns`."""

    say: list[Pattern]
    unless: list[Pattern] = []
    quoted: bool = False
    negated: bool = False


class EtiquetteTable(Struct, frozen=True, forbid_unknown_fields=True):
    """What is polite in a locale; see `streams.calls.rules.Etiquette`."""

    directness: Annotated[float, Meta(ge=0, le=3)] = 1.0
    apology: Annotated[float, Meta(ge=0, le=3)] = 1.0
    plain_words: list[str] = []
    others: list[str] = []
    here: list[str] = []


class Locale(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of `deploy/locales`.

    `base` names a locale whose groups, negators, quotes and patterns are taken in first (``en-GB`` takes
    those of ``en-US``).
    """

    signals: dict[str, SignalPatterns] = {}
    groups: dict[str, list[Pattern]] = {}
    negators: list[str] = []
    quotes: list[str] = []
    etiquette: EtiquetteTable = EtiquetteTable()
    base: str | None = None

    def over(self, base: "Locale") -> "Locale":
        """Return this locale with what its base says too."""
        signals = dict(base.signals)
        for name, own in self.signals.items():
            known = signals.get(name, SignalPatterns([]))
            signals[name] = SignalPatterns(
                [*known.say, *own.say],
                [*known.unless, *own.unless],
                known.quoted or own.quoted,
                known.negated or own.negated,
            )
        groups = {name: [*base.groups.get(name, []), *lines] for name, lines in self.groups.items()}
        manners = {
            name: [*getattr(base.etiquette, name), *getattr(self.etiquette, name)]
            for name in ("plain_words", "others", "here")
        }
        return Locale(
            signals,
            {**base.groups, **groups},
            [*base.negators, *self.negators],
            [*base.quotes, *self.quotes],
            msgspec.structs.replace(self.etiquette, **manners),
        )


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
    policy = read_policy(settings.policy_file)
    shared: dict[int, Automaton] = {}
    voices = {
        name: _voice(name, locale, groups, weights, shared)
        for name, (locale, groups) in _load_locales(settings.locales_dir).items()
    }
    return Rules(
        policy,
        voices,
        live=settings.mode == "live",
        text=settings.text == "on",
        outcome_days=settings.outcome_days,
    )


def read_policy(file: Path) -> Policy:
    """Return the policy in a file.

    Raises
    ------
    SettingsError
        Names the file, the key and what is wrong.
    """
    return parse_policy(_read_toml(file), file.name)


def _voice(
    name: str, locale: Locale, groups: Groups, weights: LinearWeights, shared: dict[int, Automaton]
) -> Voice:
    """Return how a locale is heard; locales with the same patterns share what they are compiled to."""
    manners = locale.etiquette
    customer, agent = (
        shared.setdefault(automaton.version, automaton)
        for automaton in (
            _automaton(locale, groups, side) for side in (HEARD_FROM_CUSTOMERS, HEARD_FROM_AGENTS)
        )
    )
    return Voice(
        customer,
        agent,
        weights if name.partition("-")[0] in MODEL_LANGUAGES else NO_MODEL,
        Etiquette(
            manners.directness,
            manners.apology,
            frozenset(manners.plain_words),
            frozenset(manners.others),
            frozenset(manners.here),
        ),
    )


def _automaton(locale: Locale, groups: Groups, side: frozenset[str]) -> Automaton:
    signals = {
        signal: Patterns(own.say, own.unless, own.quoted, own.negated)
        for signal, own in locale.signals.items()
        if signal in side
    }
    return Automaton(signals, groups, locale.negators, locale.quotes)


def _load_locales(folder: Path) -> dict[str, tuple[Locale, Groups]]:
    locales = {path.stem: _load_locale(path) for path in sorted(folder.glob("*.toml"))}
    if not locales:
        raise SettingsError(f"no locale (*.toml) in {folder}; ATTUNE_LOCALES_DIR names the folder")
    whole: dict[str, tuple[Locale, Groups]] = {}
    readers: dict[str, Groups] = {}
    for name, own in locales.items():
        locale = own
        if own.base is not None:
            base = locales.get(own.base)
            if base is None:
                raise SettingsError(f"{name}.toml: base {own.base!r} is not in {folder}")
            locale = own.over(base)
        unknown = locale.signals.keys() - HEARD_FROM_CUSTOMERS - HEARD_FROM_AGENTS
        if unknown:
            raise SettingsError(f"{name}.toml: {min(unknown)!r} is no signal that words can carry")
        groups = readers.setdefault(repr(locale.groups), Groups(locale.groups))
        _check_patterns(name, own, groups)
        whole[name] = locale, groups
    return whole


def _check_patterns(name: str, locale: Locale, groups: Groups) -> None:
    """Read a locale's own patterns: they are compiled when somebody speaks so, too late for a mistake."""
    own = [line for patterns in locale.signals.values() for line in (*patterns.say, *patterns.unless)]
    try:
        for line in (*own, *locale.negators, *locale.quotes):
            if groups.read(line).may_be_empty:
                raise PatternError(f"{line!r} matches without a word")
    except PatternError as exc:
        raise SettingsError(f"{name}.toml: {exc}") from exc


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
