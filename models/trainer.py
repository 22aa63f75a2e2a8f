"""One trainer: learns labelled turns, each once, and is a value that another process goes on from exactly."""

from collections.abc import Sequence
from typing import NamedTuple

import river
from msgspec.structs import replace

from models.applied import Applied
from models.base import LinearWeights
from models.budget import Budget
from models.contest import Contest
from models.drift import Change, Drift
from models.sentiment import Learned, Sentiment
from models.snapshots import Snapshot

#: What the learned features may take in a snapshot, so that it stays well under a record's 1 MB.
MAX_LEARNED_BYTES = 750_000
#: Bytes of a feature beside its words: two numbers of 8, and what marks the fields.
_BESIDE_WORDS = 26


class Example(NamedTuple):
    """A labelled customer turn.

    Parameters
    ----------
    record_id : str
        The same for a repeat of the same label.
    tokens : sequence of str
        What was said.
    negative : bool
        Whether the customer was unhappy.
    weight : float
        How much the label is trusted, in (0, 1]: all that limits how far one example moves the model.
    source : str
        Where the label comes from: ``verdict``, ``review``, ...
    by : str
        Who gave it, under a name that stays the same; "" for nobody in particular.
    at : int
        When, Unix ms.
    """

    record_id: str
    tokens: Sequence[str]
    negative: bool
    weight: float
    source: str
    by: str = ""
    at: int = 0


class Trainer:
    """Learns examples in the order of their log, and says what it has learned as a `Snapshot`.

    What a snapshot has no room for is forgotten here too, so a trainer made from the last snapshot goes on
    like the one that gave it.

    Parameters
    ----------
    frozen : LinearWeights
        The model underneath, which never changes.
    snapshot : Snapshot, optional
        To go on from.

    Attributes
    ----------
    version : int
        Of the last snapshot, 0 before the first.
    offset : int
        Place in the log of the last record seen, -1 before the first.
    examples : dict of str to int
        Examples learned, by source.
    contest : Contest
        How it does beside the frozen model.
    changes : list of Change
        What has drifted since somebody last emptied it.

    Examples
    --------
    >>> trainer = Trainer(LinearWeights("none@0"))
    >>> example = Example("c1:verdict:1:0", ["it", "is", "grotty"], True, 1.0, "verdict")
    >>> trainer.learn(example, offset=0), trainer.learn(example, offset=1)
    (True, False)
    >>> snapshot = trainer.snapshot(version=1)
    >>> snapshot.offset, snapshot.examples
    (1, {'verdict': 1})
    >>> Trainer(LinearWeights("none@0"), snapshot).snapshot(version=1) == snapshot
    True
    """

    def __init__(self, frozen: LinearWeights, snapshot: Snapshot | None = None) -> None:
        self._frozen = frozen
        self._baseline = Sentiment(frozen)
        self._budget = Budget({})
        self.contest = Contest()
        self.changes: list[Change] = []
        self._drift = Drift()
        self._applied = Applied(snapshot.applied if snapshot else b"")
        self.version, self.offset = 0, -1
        self.examples: dict[str, int] = {}
        if snapshot is None:
            self._model = Sentiment(frozen)
            return
        self.version, self.offset = snapshot.version, snapshot.offset
        self.examples = dict(snapshot.examples)
        self.contest, self._budget = snapshot.contest, Budget(snapshot.given)
        self._model = Sentiment(frozen, learned=snapshot.learned)

    def learn(self, example: Example, offset: int) -> bool:
        """Learn one example.

        False when it, or its place in the log, was seen before, or who gave it has taught enough that day.
        """
        if offset <= self.offset:
            return False
        self.offset = offset
        if not self._applied.add(example.record_id):
            return False
        if not self._budget.spend(example.by, example.at):
            return False
        self._budget.forget(example.at)
        score = self._model.score_one(example.tokens)
        frozen = self._baseline.score_one(example.tokens)
        self.contest = self.contest.judged(score, frozen, example.negative, example.weight)
        self.changes += self._drift.seen(abs(score - example.negative), self._model.unknown(example.tokens))
        self._model.learn_one(example.tokens, example.negative, example.weight)
        self.examples[example.source] = self.examples.get(example.source, 0) + 1
        return True

    def pass_over(self, offset: int) -> None:
        """Note that a record of the log holds nothing to learn."""
        self.offset = max(self.offset, offset)

    def snapshot(self, version: int) -> Snapshot:
        """Return this trainer as a value, and forget the smallest weights if there is no room for all."""
        learned = self._model.learned()
        kept = _with_room(learned)
        if len(kept.features) < len(learned.features):
            self._model = Sentiment(self._frozen, learned=kept)
        self.version = version
        return Snapshot(
            version=version,
            base=self._frozen.name,
            library=f"river {river.__version__}",
            offset=self.offset,
            examples=dict(self.examples),
            applied=self._applied.ids,
            learned=kept,
            contest=self.contest,
            given=self._budget.given,
        )


def _with_room(learned: Learned) -> Learned:
    """Return what was learned without the smallest weights that go beyond `MAX_LEARNED_BYTES`."""
    features = learned.features
    sizes = [len(first.encode()) + len(second.encode()) + _BESIDE_WORDS for first, second, _, _ in features]
    if sum(sizes) <= MAX_LEARNED_BYTES:
        return learned
    room, kept = MAX_LEARNED_BYTES, set()
    for place in sorted(range(len(features)), key=lambda place: -abs(features[place][2])):
        room -= sizes[place]
        if room < 0:
            break
        kept.add(place)
    return replace(learned, features=[feature for place, feature in enumerate(features) if place in kept])
