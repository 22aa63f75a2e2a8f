"""What a model of sentiment is to the rest of attune, and what its score means.

A score is the probability, in [0, 1], that a stretch of customer speech is negative. It is linear in log-odds
over 1- and 2-grams, each with the value ``1/sqrt(n)`` for `n` features, so one more token costs two look-ups:

    logit(score) = bias + (sum of the weights of all 1- and 2-grams) / sqrt(n)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

#: A feature: a token, or two neighbouring tokens.
Feature = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class LinearWeights:
    """The weights of one version of a model, ready for look-ups token by token.

    Parameters
    ----------
    name : str
        Name and version as alerts carry them: ``sentiment@57``.
    bias : float
        Log-odds before any token.
    unigrams, bigrams : mapping
        Weight per normalised token and per pair of neighbours (see `models.features.normalise`).

    Examples
    --------
    >>> w = LinearWeights("sentiment@1", -1.0, {"awful": 2.0}, {("so", "awful"): 0.5})
    >>> w.bigrams[("so", "awful")]
    0.5
    """

    name: str
    bias: float = 0.0
    unigrams: Mapping[str, float] = field(default_factory=dict)
    bigrams: Mapping[tuple[str, str], float] = field(default_factory=dict)


class SentimentModel(Protocol):
    """A model that learns while it is used; predicting changes nothing, learning returns nothing."""

    def score_one(self, tokens: Sequence[str]) -> float:
        """Return the probability in [0, 1] that these tokens are negative."""

    def learn_one(self, tokens: Sequence[str], negative: bool, weight: float = 1.0) -> None:
        """Learn one labelled turn; `weight` in (0, 1] says how much the label is trusted."""

    def weights(self, version: int) -> LinearWeights:
        """Return the weights as they are now, as a value of their own."""
