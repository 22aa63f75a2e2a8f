"""How good is a model? Predict first, learn when the conversation is over, count."""

from collections.abc import Iterable, Sequence

from river import metrics

from models.base import LinearWeights, SentimentModel
from models.conversations import Conversation
from models.incremental import extend, logit, probability

#: Steps between 0 and 1 at which River draws the ROC curve.
_THRESHOLDS = 1000


def score_tokens(weights: LinearWeights, tokens: Iterable[str]) -> float:
    """Return the probability in [0, 1] that fixed weights give to a whole turn.

    Examples
    --------
    >>> score_tokens(LinearWeights("sentiment@1", 0.0, {"awful": 50.0}), ["awful"])
    1.0
    """
    total, n, last = 0.0, 0, ""
    for token in tokens:
        total, n, last = extend(weights, total, n, last, token)
    return probability(logit(weights, total, n))


def roc_auc(weights: LinearWeights, turns: Iterable[tuple[Sequence[str], bool]]) -> float:
    """Return the ROC AUC of fixed weights on turns with their labels (negative or not).

    Examples
    --------
    >>> weights = LinearWeights("sentiment@1", 0.0, {"awful": 5.0})
    >>> round(roc_auc(weights, [(["awful"], True), (["hi"], False)]), 2)
    1.0
    """
    metric = metrics.ROCAUC(_THRESHOLDS)
    for tokens, negative in turns:
        metric.update(negative, score_tokens(weights, tokens))
    return float(metric.get())


def progressive_roc_auc(model: SentimentModel, conversations: Iterable[Conversation]) -> float:
    """Return the ROC AUC of a model that learns as it goes; it does learn, so pass a fresh one.

    Every labelled turn of a conversation is scored before any of its labels is learned.
    """
    metric = metrics.ROCAUC(_THRESHOLDS)
    for conversation in conversations:
        labelled = [(t.tokens, t.negative) for t in conversation.turns if t.negative is not None]
        for tokens, negative in labelled:
            metric.update(negative, model.score_one(tokens))
        for tokens, negative in labelled:
            model.learn_one(tokens, negative)
    return float(metric.get())
