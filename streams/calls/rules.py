"""All that a step needs beside state and record: policy, patterns and model weights, as one frozen value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from zlib import crc32

from models.base import LinearWeights
from models.prospects import Prospects
from streams.calls.policy import Policy, log_odds
from streams.calls.signals.automaton import Automaton

#: What alerts name where no model speaks the call's language.
NO_MODEL = LinearWeights("none@0")
#: Words for others from which a turn is about them.
_SPOKEN_OF = 2
_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Etiquette:
    """What is polite in a locale, as far as it changes what a signal means.

    Parameters
    ----------
    directness : float
        How much a blunt refusal weighs, 1 as in American English.
    apology : float
        How much an apology weighs.
    plain_words : frozenset of str
        Words that every call is full of: an agent who uses them has not picked up the customer's own.
    others, here : frozenset of str
        Words for people who are not in the call, and for those who are: "they", "you".
    """

    directness: float = 1.0
    apology: float = 1.0
    plain_words: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    here: frozenset[str] = frozenset()

    def of_others(self, words: Sequence[str]) -> bool:
        """Return whether a turn speaks of others, and not to us: a past provider, a neighbour."""
        spoken_of = sum(word in self.others for word in words)
        return spoken_of >= _SPOKEN_OF and self.here.isdisjoint(words)

    def scale(self, signal: str) -> float:
        """Return how much a signal weighs here."""
        if signal == "dismissive_reply":
            return self.directness
        return self.apology if signal == "apologise" else 1.0


@dataclass(frozen=True)
class Voice:
    """How one locale is heard: patterns of both sides, the weights of its language's model, its etiquette."""

    customer: Automaton
    agent: Automaton = field(default_factory=lambda: Automaton({}))
    weights: LinearWeights = NO_MODEL
    etiquette: Etiquette = Etiquette()

    @cached_property
    def version(self) -> int:
        """Checksum of patterns and the name of the weights; never 0."""
        return crc32(f"{self.weights.name} {self.customer.version} {self.agent.version}".encode()) or 1


_DEAF = Voice(Automaton({}))


@dataclass(frozen=True)
class Rules:
    """What a step decides by.

    Parameters
    ----------
    policy : Policy
        Thresholds and waiting times.
    voices : mapping of str to Voice
        Per locale (``en-US``); a locale without one takes the first of its language, else nothing is heard.
    default_locale : str
        Locale of a call that names none.
    live : bool
        False when alerts are for admins only, wherever the policy does not say otherwise.
    text : bool
        False when no words of a call may leave the worker.
    residual : mapping of str to float
        What a model has learned on top: per signal, the share of its part that is added as ``learned``.
    phrases : mapping of str to frozenset of int
        The phrase book: per locale the keys of sentences that recur (see `models.resemblance.keys`).
    prospects : Prospects
        What was learned of the outcomes of calls.
    earlier : mapping of str to Policy
        Policies that were in force before, by label: a call keeps the one with which it began.
    outcome_days : float
        How long the remains of an ended call wait for a survey.

    Examples
    --------
    >>> from streams.calls.signals.tables import Patterns
    >>> book = Automaton({"abuse": Patterns(["idiot"])})
    >>> rules = Rules(Policy(name="default", version=1), {"en-US": Voice(book)})
    >>> rules.voice("en-AU").customer is book, rules.voice("").customer is book
    (True, True)
    >>> rules.voice("fi-FI").customer is book
    False
    """

    policy: Policy
    voices: Mapping[str, Voice] = field(default_factory=dict)
    default_locale: str = "en-US"
    live: bool = True
    text: bool = True
    residual: Mapping[str, float] = field(default_factory=dict)
    phrases: Mapping[str, frozenset[int]] = field(default_factory=dict)
    prospects: Prospects = field(default_factory=Prospects)
    earlier: Mapping[str, Policy] = field(default_factory=dict)
    outcome_days: float = 14.0

    def voice(self, locale: str) -> Voice:
        """Return how that locale is heard."""
        found = self.voices.get(locale or self.default_locale)
        if found is not None:
            return found
        language = locale.partition("-")[0].lower()
        for name, voice in self.voices.items():
            if name.partition("-")[0].lower() == language:
                return voice
        return _DEAF

    def warm(self) -> None:
        """Compile all patterns, the default locale's first, so that no call has to wait for its own."""
        for voice in (self.voice(""), *self.voices.values()):
            _ = voice.customer.tables, voice.agent.tables

    def under(self, label: str) -> "Rules":
        """Return these rules with the policy of that label, if it was in force since this worker started."""
        if label == self.policy.label or label not in self.earlier:
            return self
        known = self._under.get(label)
        if known is None:
            known = self._under[label] = replace(self, policy=self.earlier[label])
        return known

    @cached_property
    def _under(self) -> dict[str, "Rules"]:
        return {}

    def shadow(self, queue: str) -> bool:
        """Return whether alerts of that queue are for admins only."""
        mode = self.policy.modes.get(queue)
        return not self.live if mode is None else mode == "shadow"

    @cached_property
    def label(self) -> str:
        """Name and version of the policy in force."""
        return self.policy.label

    @cached_property
    def enter_log_odds(self) -> float:
        """Log-odds of the risk that raises an alert."""
        return log_odds(self.policy.enter)

    @cached_property
    def keep_ms(self) -> int:
        """How long the remains of an ended call are kept, ms."""
        return int(self.outcome_days * _DAY_MS)
