"""All that a step needs beside state and record: policy, phrases and model weights, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zlib import crc32

from models.base import LinearWeights
from streams.calls.policy import Policy, log_odds
from streams.calls.signals.phrases import PhraseBook

#: What alerts name where no model speaks the call's language.
NO_MODEL = LinearWeights("none@0")


@dataclass(frozen=True)
class Voice:
    """How one locale is heard: its phrases, and the weights of the model of its language."""

    book: PhraseBook
    weights: LinearWeights = NO_MODEL

    @cached_property
    def version(self) -> int:
        """Checksum of phrases and the name of the weights; never 0."""
        return crc32(self.weights.name.encode(), self.book.version) or 1


_DEAF = Voice(PhraseBook({}))


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
    shadow : bool
        True when alerts are for admins only.

    Examples
    --------
    >>> book = PhraseBook({"abuse": ["idiot"]})
    >>> rules = Rules(Policy(name="default", version=1), {"en-US": Voice(book)})
    >>> rules.voice("en-AU").book is book, rules.voice("").book is book
    (True, True)
    >>> rules.voice("fi-FI").book is book
    False
    """

    policy: Policy
    voices: Mapping[str, Voice] = field(default_factory=dict)
    default_locale: str = "en-US"
    shadow: bool = False

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

    @cached_property
    def enter_log_odds(self) -> float:
        """Log-odds of the risk that raises an alert."""
        return log_odds(self.policy.enter)
