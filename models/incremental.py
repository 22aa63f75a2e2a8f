"""The running score: one more token costs one or two look-ups and equals scoring the whole turn again."""

import math

from models.base import LinearWeights
from models.features import normalise


def extend(weights: LinearWeights, total: float, n: int, last: str, token: str) -> tuple[float, int, str]:
    """Return ``(total, n, last)`` after one more token; a turn begins with ``(0.0, 0, "")``.

    Parameters
    ----------
    weights : LinearWeights
        Their keys are normalised words, so a token that is a key needs no normalising.
    total : float
        Sum of the weights of the 1- and 2-grams so far.
    n : int
        Number of the 1- and 2-grams so far.
    last : str
        The last normalised word, ``""`` before the first.
    token : str
        The next token as it came.

    Examples
    --------
    >>> w = LinearWeights("sentiment@1", -1.0, {"awful": 2.0}, {("so", "awful"): 0.5})
    >>> extend(w, *extend(w, 0.0, 0, "", "So"), "awful")
    (2.5, 3, 'awful')
    """
    weight = weights.unigrams.get(token)
    if weight is None:
        token = normalise(token)
        if not token:
            return total, n, last
        weight = weights.unigrams.get(token, 0.0)
    if last:
        return total + weight + weights.bigrams.get((last, token), 0.0), n + 2, token
    return total + weight, n + 1, token


def logit(weights: LinearWeights, total: float, n: int) -> float:
    """Return the log-odds of negative sentiment for a running score; the bias while there is no word.

    Examples
    --------
    >>> logit(LinearWeights("sentiment@1", -1.0), 3.0, 4)
    0.5
    """
    return weights.bias + total / math.sqrt(n) if n else weights.bias


def probability(log_odds: float) -> float:
    """Return the probability in [0, 1] of any log-odds, without overflow.

    Examples
    --------
    >>> probability(0.0), probability(-1e9), probability(1e9)
    (0.5, 0.0, 1.0)
    """
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)
