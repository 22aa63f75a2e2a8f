"""What is published in `model-snapshots`: how each kind is read, and what it changes in the rules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from models import outcomes, phrases, snapshots
from models.base import LinearWeights
from models.outcomes import OutcomeSnapshot
from models.phrases import PhraseSnapshot
from models.sentiment import Sentiment, merged
from models.snapshots import Snapshot
from streams.calls.rules import NO_MODEL, Rules

#: Returns rules with something new in them.
Change = Callable[[Rules], Rules]


class Versioned(Protocol):
    """A snapshot of any kind."""

    @property
    def version(self) -> int:
        """Return the number that counts up."""


Content = TypeVar("Content", bound=Versioned)


class Kind(Protocol[Content]):
    """One kind of snapshot.

    Attributes
    ----------
    name : str
        Key in `model-snapshots`, and label in metrics.
    """

    name: str

    def read(self, data: bytes) -> Content:
        """Return the snapshot in a record; `models.snapshots.SnapshotError` when it cannot be used."""

    def encode(self, snapshot: Content) -> bytes:
        """Return a snapshot as it travels."""

    def change(self, snapshot: Content) -> Change:
        """Return what the snapshot changes; takes its time."""

    def about(self, snapshot: Content) -> str:
        """Return for people what a snapshot rests on."""

    def usable(self, snapshot: Content) -> bool:
        """Return whether it may be in force; where not, its change takes back what was learned."""


class SentimentKind:
    """What was learned on top of the frozen model `base`."""

    name = "sentiment"

    def __init__(self, base: LinearWeights) -> None:
        self.base = base

    def read(self, data: bytes) -> Snapshot:
        """See `Kind`."""
        return snapshots.decode(data, self.base.name)

    def encode(self, snapshot: Snapshot) -> bytes:
        """See `Kind`."""
        return snapshots.encode(snapshot)

    def change(self, snapshot: Snapshot) -> Change:
        """See `Kind`."""
        if snapshot.contest.in_force:
            weights = merged(self.base, snapshot.learned, snapshot.version)
        else:
            weights = Sentiment(self.base).weights(version=0)
        return lambda rules: speaking(rules, weights)

    def about(self, snapshot: Snapshot) -> str:
        """See `Kind`."""
        learned = ", ".join(f"{number} by {source}" for source, number in sorted(snapshot.examples.items()))
        behind = snapshot.contest.behind
        return f"examples: {learned or 'none'}; log loss {behind:+.3f} a label beside the frozen model"

    def usable(self, snapshot: Snapshot) -> bool:
        """See `Kind`."""
        return snapshot.contest.in_force


class OutcomeKind:
    """What surveys and wrap-ups say of calls."""

    name = "outcomes"

    def read(self, data: bytes) -> OutcomeSnapshot:
        """See `Kind`."""
        return outcomes.decode(data)

    def encode(self, snapshot: OutcomeSnapshot) -> bytes:
        """See `Kind`."""
        return outcomes.encode(snapshot)

    def change(self, snapshot: OutcomeSnapshot) -> Change:
        """See `Kind`."""
        return lambda rules: replace(rules, prospects=snapshot.prospects)

    def about(self, snapshot: OutcomeSnapshot) -> str:
        """See `Kind`."""
        known = snapshot.prospects
        return f"{known.surveyed} surveys of {known.ended} calls"

    def usable(self, snapshot: OutcomeSnapshot) -> bool:
        """See `Kind`."""
        return True


class PhraseKind:
    """The phrase book: what agents say in call after call."""

    name = "phrases"

    def read(self, data: bytes) -> PhraseSnapshot:
        """See `Kind`."""
        return phrases.decode(data)

    def encode(self, snapshot: PhraseSnapshot) -> bytes:
        """See `Kind`."""
        return phrases.encode(snapshot)

    def change(self, snapshot: PhraseSnapshot) -> Change:
        """See `Kind`."""
        book = snapshot.book()
        return lambda rules: replace(rules, phrases=book)

    def about(self, snapshot: PhraseSnapshot) -> str:
        """See `Kind`."""
        heard = ", ".join(f"{number} in {locale}" for locale, number in sorted(snapshot.sentences.items()))
        return f"sentences: {heard or 'none'}"

    def usable(self, snapshot: PhraseSnapshot) -> bool:
        """See `Kind`."""
        return True


def speaking(rules: Rules, weights: LinearWeights) -> Rules:
    """Return the rules with these weights for every language that the model speaks.

    Examples
    --------
    >>> from streams.calls.policy import Policy
    >>> from streams.calls.rules import Voice
    >>> from streams.calls.signals.automaton import Automaton
    >>> book, shipped = Automaton({}), LinearWeights("sentiment@0")
    >>> voices = {"en-US": Voice(book, book, shipped), "fi-FI": Voice(book)}
    >>> before = Rules(Policy(name="p", version=1), voices)
    >>> rules = speaking(before, LinearWeights("sentiment@1"))
    >>> rules.voice("en-US").weights.name, rules.voice("fi-FI").weights.name
    ('sentiment@1', 'none@0')
    """
    voices = {
        locale: voice if voice.weights is NO_MODEL else replace(voice, weights=weights)
        for locale, voice in rules.voices.items()
    }
    return replace(rules, voices=voices)
