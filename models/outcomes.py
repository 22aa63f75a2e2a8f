"""Learns what surveys and wrap-ups say of calls: River's logistic regressions on what a call came to.

CSAT is ordinal: one regression per "more than k". Who answers a survey is not who was called, so each survey
counts for as many calls as answer as rarely as its own (inverse probability weighting), up to `MOST_WEIGHT`.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct
from river import linear_model, optim

from models.applied import Applied
from models.prospects import (
    CSAT_ABOVE,
    FEATURES,
    MOST_WEIGHT,
    NPS_ABOVE,
    QUESTIONS,
    Head,
    Prospects,
)
from models.snapshots import SnapshotError, seal, unseal

#: Step of AdaGrad, and the squares that it supposes at first.
_RATE, _PRIOR_SQUARES = 0.2, 0.1
#: The bias is a feature that is always 1: with a fixed step it would never come to rest.
_INPUTS = (*FEATURES, "bias")
_SMALLEST = 1e-3


class OutcomeLabel(Struct, frozen=True):
    """Something that was learned of a call after its end, or that it has ended.

    Parameters
    ----------
    record_id : str
        The same for a repeat of the same.
    features : sequence of float
        In the order of `models.prospects.FEATURES`.
    csat, nps, resolved : int or bool or None
        What has just been answered.
    ended : bool
        True when the call has just ended, and nobody has answered yet.
    """

    record_id: str
    features: Sequence[float]
    csat: int | None = None
    nps: int | None = None
    resolved: bool | None = None
    ended: bool = False


class OutcomeSnapshot(Struct, frozen=True):
    """What was learned, as a value: from it another trainer goes on exactly."""

    version: Annotated[int, Meta(ge=1)]
    offset: Annotated[int, Meta(ge=-1)]
    applied: bytes
    prospects: Prospects


class OutcomeModels:
    """Learns labels in the order of their log.

    Attributes
    ----------
    version : int
        Of the last snapshot, 0 before the first.
    offset : int
        Place in the log of the last record seen, -1 before the first.

    Examples
    --------
    >>> models = OutcomeModels()
    >>> good, bad = [0.0] * len(FEATURES), [1.0] * len(FEATURES)
    >>> for n in range(400):
    ...     label = OutcomeLabel(f"{n}", bad if n % 2 else good, csat=1 if n % 2 else 5)
    ...     _ = models.learn(label, offset=n)
    >>> prospects = models.snapshot(version=1).prospects
    >>> prospects.predict(bad).csat < 2 < 4 < prospects.predict(good).csat
    True
    """

    def __init__(self, snapshot: OutcomeSnapshot | None = None) -> None:
        self.version, self.offset = 0, -1
        self._applied = Applied(snapshot.applied if snapshot else b"")
        known = snapshot.prospects if snapshot else Prospects()
        self._answers = {question: dict(counts) for question, counts in known.answers.items()}
        self._ended, self._surveyed = known.ended, known.surveyed
        self._heads = {question: _River(known.heads.get(question)) for question in QUESTIONS}
        if snapshot is not None:
            self.version, self.offset = snapshot.version, snapshot.offset

    def learn(self, label: OutcomeLabel, offset: int) -> bool:
        """Learn one label; false when it, or its place in the log, was seen before."""
        if offset <= self.offset:
            return False
        self.offset = offset
        if not self._applied.add(label.record_id):
            return False
        features = label.features
        if label.ended:
            self._ended += 1
            self._heads["answered"].learn(features, False)
        if label.csat is not None or label.nps is not None:
            self._surveyed += 1
            weight = self._weight(features)
            self._heads["answered"].learn(features, True)
            if label.csat is not None:
                self._count("csat", str(label.csat))
                self._learn_above("csat", CSAT_ABOVE, label.csat, features, weight)
            if label.nps is not None:
                self._count("nps", _nps_class(label.nps))
                self._learn_above("nps", NPS_ABOVE, label.nps, features, weight)
        if label.resolved is not None:
            self._count("resolved", str(label.resolved))
            self._heads["resolved"].learn(features, label.resolved)
        return True

    def pass_over(self, offset: int) -> None:
        """Note that a record of the log holds nothing to learn."""
        self.offset = max(self.offset, offset)

    def snapshot(self, version: int) -> OutcomeSnapshot:
        """Return the models as a value."""
        self.version = version
        heads = {question: head.value() for question, head in self._heads.items()}
        answers = {question: dict(counts) for question, counts in self._answers.items()}
        prospects = Prospects(heads, answers, self._ended, self._surveyed)
        return OutcomeSnapshot(version, self.offset, self._applied.ids, prospects)

    def _weight(self, features: Sequence[float]) -> float:
        """Return for how many calls a survey counts.

        Every call is learned as not answered when it ends, and once more as answered when its survey comes:
        the odds that are learned are the probability itself.
        """
        answers = self._heads["answered"].value().probability(features)
        odds = answers / max(_SMALLEST, 1.0 - answers)
        return min(MOST_WEIGHT, 1.0 / max(_SMALLEST, odds)) if odds < 1.0 else 1.0

    def _learn_above(
        self, question: str, bounds: Sequence[int], answer: int, features: Sequence[float], weight: float
    ) -> None:
        for bound in bounds:
            self._heads[f"{question}>{bound}"].learn(features, answer > bound, weight)

    def _count(self, question: str, answer: str) -> None:
        counts = self._answers.setdefault(question, {})
        counts[answer] = counts.get(answer, 0) + 1


def _nps_class(answer: int) -> str:
    return ("detractor", "passive", "promoter")[sum(answer > bound for bound in NPS_ABOVE)]


class _River:
    """River's regression, made from a value and turned into one."""

    def __init__(self, head: Head | None) -> None:
        self._optimizer = optim.AdaGrad(_RATE, eps=_PRIOR_SQUARES)
        self._model = linear_model.LogisticRegression(optimizer=self._optimizer, intercept_lr=0.0)
        if head is None:
            return
        for name, weight, squares in zip(_INPUTS, head.weights, head.squares, strict=True):
            self._model._weights[name] = weight
            self._optimizer.g2[name] = squares

    def learn(self, features: Sequence[float], truth: bool, weight: float = 1.0) -> None:
        self._model.learn_one(dict(zip(_INPUTS, (*features, 1.0), strict=True)), truth, w=weight)

    def value(self) -> Head:
        weights, squares = self._model.weights, self._optimizer.g2
        return Head(
            tuple(float(weights.get(name, 0.0)) for name in _INPUTS),
            tuple(float(squares.get(name, 0.0)) for name in _INPUTS),
        )


def encode(snapshot: OutcomeSnapshot) -> bytes:
    """Return a snapshot as it travels.

    Examples
    --------
    >>> snapshot = OutcomeModels().snapshot(version=1)
    >>> decode(encode(snapshot)) == snapshot
    True
    """
    return seal(snapshot)


def decode(data: bytes) -> OutcomeSnapshot:
    """Return the snapshot in a record.

    Raises
    ------
    SnapshotError
        It is damaged, or of another format.
    """
    snapshot = unseal(data, OutcomeSnapshot)
    for head in snapshot.prospects.heads.values():
        if len(head.weights) != len(_INPUTS) or len(head.squares) != len(_INPUTS):
            raise SnapshotError("It describes calls by other features.", "content")
    return snapshot
