"""A logistic regression on a few inputs that begins at chosen weights, and learns carefully from there."""

import math
from collections.abc import Sequence
from operator import mul

from models.incremental import probability

#: Squared gradient that AdaGrad supposes before the first example: without it the first would undo the prior.
_PRIOR_SQUARES = 1.0


class Residual:
    """Log-odds linear in a fixed list of inputs: a prior, and what was learned on top of it.

    Parameters
    ----------
    prior : sequence of float
        One weight per input, and the bias at the end.
    rate : float
        Step of AdaGrad.
    bias_rate : float, optional
        The same for the bias: how often the answer is yes differs from floor to floor, so it may be faster.

    Examples
    --------
    >>> residual = Residual([1.0, 0.0], rate=0.1)
    >>> residual.log_odds([2.0])
    2.0
    >>> residual.learn([2.0], False)
    >>> residual.log_odds([2.0]) < 2.0
    True
    """

    def __init__(self, prior: Sequence[float], rate: float, bias_rate: float | None = None) -> None:
        self.weights = list(prior)
        self._squares = [_PRIOR_SQUARES] * len(prior)
        self._rates = [rate] * (len(prior) - 1) + [rate if bias_rate is None else bias_rate]

    def log_odds(self, inputs: Sequence[float]) -> float:
        """Return the log-odds for these inputs."""
        return float(sum(map(mul, self.weights, inputs), self.weights[-1]))

    def learn(self, inputs: Sequence[float], truth: bool, weight: float = 1.0) -> None:
        """Take one step towards the truth of these inputs."""
        error = weight * (probability(self.log_odds(inputs)) - truth)
        weights, squares, rates = self.weights, self._squares, self._rates
        for place, value in enumerate((*inputs, 1.0)):
            slope = error * value
            squares[place] += slope * slope
            weights[place] -= rates[place] * slope / math.sqrt(squares[place])
