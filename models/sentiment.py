"""Is this customer turn negative? River's logistic regression on 1- and 2-grams and a frozen model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct
from river import compose, linear_model, optim

from models.base import Feature, LinearWeights
from models.features import features, normalise
from models.incremental import extend, logit

#: Name of the feature that carries the frozen model's log-odds; no word is upper case once normalised.
_FROZEN = "FROZEN"


@dataclass(frozen=True, slots=True)
class Parameters:
    """How fast the model learns; the values were measured by progressive validation (see the card).

    Parameters
    ----------
    learning_rate : float
        Step of AdaGrad, for words and pairs.
    prior_gradient : float
        Squared gradient that AdaGrad supposes before the first example of a word. Without it the first step
        would be the learning rate whatever the label's weight.
    intercept_rate : float
        Step of the bias.
    frozen_rate : float
        Scale of the frozen model's input: its weight begins at 1 and moves this much slower than a word's.
    """

    learning_rate: float = 1.0
    prior_gradient: float = 0.1
    intercept_rate: float = 0.01
    frozen_rate: float = 0.1


#: A number that makes sense in log-odds; neither NaN nor infinity is one.
Number = Annotated[float, Meta(ge=-1e6, le=1e6)]
#: A sum of squared gradients.
Squares = Annotated[float, Meta(ge=0, le=1e12)]


class Learned(Struct, frozen=True):
    """What a `Sentiment` has learned on top of its frozen model: from it another one goes on exactly.

    Parameters
    ----------
    bias : float
        Log-odds, on top of the frozen model's.
    frozen_weight, frozen_rate : float
        Their product is the share of the frozen model's log-odds in the score.
    frozen_squares : float
        Squared gradients that AdaGrad has summed up for it.
    features : list of (str, str, float, float)
        First word, second word or ``""``, weight, squared gradients; in the order in which they came.
    """

    bias: Number
    frozen_weight: Number
    frozen_rate: Number
    frozen_squares: Squares
    features: list[tuple[str, str, Number, Squares]]


def merged(frozen: LinearWeights, learned: Learned, version: int) -> LinearWeights:
    """Return frozen model and what was learned on top of it as one, named ``sentiment@version``.

    Examples
    --------
    >>> learned = Learned(0.5, 10.0, 0.1, 0.0, [("late", "", 0.75, 1.0)])
    >>> merged(LinearWeights("base@1", -1.0, {"late": 1.0}), learned, 3)
    LinearWeights(name='sentiment@3', bias=-0.5, unigrams={'late': 1.75}, bigrams={})
    """
    share = learned.frozen_weight * learned.frozen_rate
    unigrams = {word: share * weight for word, weight in frozen.unigrams.items()}
    bigrams = {pair: share * weight for pair, weight in frozen.bigrams.items()}
    for first, second, weight, _ in learned.features:
        if second:
            bigrams[first, second] = bigrams.get((first, second), 0.0) + weight
        else:
            unigrams[first] = unigrams.get(first, 0.0) + weight
    return LinearWeights(f"sentiment@{version}", share * frozen.bias + learned.bias, unigrams, bigrams)


class Sentiment:
    """An online model of negative customer sentiment; a `models.base.SentimentModel`.

    Its log-odds are ``v * frozen(turn) + bias + (sum of learned weights) / sqrt(n)``, with `v` near 1: a
    linear function of the same features as the frozen model, so both merge into one set of weights. Nothing
    in it is random: the same examples in the same order give the same model.

    Parameters
    ----------
    frozen : LinearWeights
        A model that never changes; for a language without one, an empty ``LinearWeights(name)``.
    parameters : Parameters
        How fast to learn.
    learned : Learned, optional
        What an earlier one had learned, to go on with.

    References
    ----------
    Duchi, Hazan, Singer: Adaptive subgradient methods. JMLR 12, 2011.

    Examples
    --------
    >>> model = Sentiment(LinearWeights("none@0"))
    >>> model.score_one(["no", "signal"])
    0.5
    >>> model.learn_one(["no", "signal"], True)
    >>> model.score_one(["no", "signal"]) > 0.5
    True
    """

    def __init__(
        self, frozen: LinearWeights, parameters: Parameters | None = None, learned: Learned | None = None
    ) -> None:
        chosen = parameters or Parameters()
        self._frozen = frozen
        self._frozen_rate = learned.frozen_rate if learned else chosen.frozen_rate
        self._optimizer = optim.AdaGrad(chosen.learning_rate, eps=chosen.prior_gradient)
        self._regression = linear_model.LogisticRegression(
            optimizer=self._optimizer, intercept_lr=chosen.intercept_rate
        )
        # River has no start value per feature, so the weight is set where River keeps it.
        self._regression._weights[_FROZEN] = 1.0 / chosen.frozen_rate
        if learned is not None:
            self._go_on_with(learned)
        self._pipeline = (
            compose.FuncTransformer(features) + compose.FuncTransformer(self._frozen_input)
        ) | self._regression

    def _go_on_with(self, learned: Learned) -> None:
        weights, squares = self._regression._weights, self._optimizer.g2
        self._regression.intercept = learned.bias
        weights[_FROZEN], squares[_FROZEN] = learned.frozen_weight, learned.frozen_squares
        for first, second, weight, gradients in learned.features:
            feature: Feature = (first, second) if second else first
            weights[feature], squares[feature] = weight, gradients

    def _frozen_input(self, tokens: Sequence[str]) -> dict[Feature, float]:
        total, n, last = 0.0, 0, ""
        for token in tokens:
            total, n, last = extend(self._frozen, total, n, last, token)
        return {_FROZEN: self._frozen_rate * logit(self._frozen, total, n)}

    def score_one(self, tokens: Sequence[str]) -> float:
        """Return the probability in [0, 1] that these tokens are negative; changes nothing."""
        return float(self._pipeline.predict_proba_one(tokens)[True])

    def learn_one(self, tokens: Sequence[str], negative: bool, weight: float = 1.0) -> None:
        """Learn one labelled turn; `weight` in (0, 1] says how much the label is trusted."""
        self._pipeline.learn_one(tokens, negative, w=weight)

    def unknown(self, tokens: Sequence[str]) -> float:
        """Return the share of words, in [0, 1], that have no weight; 0 of no words."""
        words = [word for word in map(normalise, tokens) if word]
        learned = self._regression.weights
        new = sum(word not in self._frozen.unigrams and word not in learned for word in words)
        return new / len(words) if words else 0.0

    def weights(self, version: int) -> LinearWeights:
        """Return what the model knows now, frozen part included, as ``sentiment@version``."""
        return merged(self._frozen, self.learned(), version)

    def learned(self) -> Learned:
        """Return what the model has learned so far, as a value of its own."""
        squares: dict[Feature, float] = dict(self._optimizer.g2)
        weights: dict[Feature, float] = dict(self._regression.weights)
        return Learned(
            bias=float(self._regression.intercept),
            frozen_weight=weights.pop(_FROZEN),
            frozen_rate=self._frozen_rate,
            frozen_squares=squares.get(_FROZEN, 0.0),
            features=[
                (feature, "", weight, squares[feature])
                if isinstance(feature, str)
                else (*feature, weight, squares[feature])
                for feature, weight in weights.items()
            ],
        )
