"""Figures for scores against the truth: how they rank, find, decide, and how far they mean what they say."""

from collections.abc import Sequence
from itertools import groupby

from msgspec import Struct

#: Score from which F1 counts a turn as found.
_DECIDED = 0.5
#: Equal steps of the score over which calibration is measured.
_BINS = 10


class Measures(Struct, frozen=True):
    """Figures for one question.

    Parameters
    ----------
    count, positives : int
        Scores with a known truth, and how many of these are true.
    roc_auc, average_precision : float or None
        None unless both answers occur.
    f1 : float
        At a score of 0.5.
    calibration_error : float
        Expected calibration error over ten equal steps of the score.
    """

    count: int
    positives: int
    roc_auc: float | None
    average_precision: float | None
    f1: float
    calibration_error: float


def measure(truths: Sequence[bool], scores: Sequence[float]) -> Measures:
    """Return the figures of scores in [0, 1].

    Examples
    --------
    >>> measure([True, False, True, False], [0.9, 0.8, 0.7, 0.1])
    Measures(count=4, positives=2, roc_auc=0.75, average_precision=0.8333, f1=0.8, calibration_error=0.325)
    """
    positives = sum(truths)
    both = 0 < positives < len(truths)
    return Measures(
        len(truths),
        positives,
        round(roc_auc(truths, scores), 4) if both else None,
        round(average_precision(truths, scores), 4) if both else None,
        round(_f1(truths, scores), 4),
        round(_calibration_error(truths, scores), 4),
    )


def roc_auc(truths: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the chance that a true one scores above a false one, ties counted half.

    Examples
    --------
    >>> roc_auc([True, False, False], [0.5, 0.5, 0.1])
    0.75
    """
    below, wins, positives = 0, 0.0, 0
    for _, tied in groupby(sorted(zip(scores, truths, strict=True)), key=lambda pair: pair[0]):
        answers = [truth for _, truth in tied]
        true = sum(answers)
        false = len(answers) - true
        wins += true * (below + false / 2)
        below, positives = below + false, positives + true
    return wins / (below * positives)


def average_precision(truths: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the precision averaged over the recall gained at each distinct score, highest first.

    Examples
    --------
    >>> average_precision([True, False], [0.5, 0.5])
    0.5
    """
    found = seen = 0
    total = 0.0
    ranked = sorted(zip(scores, truths, strict=True), key=lambda pair: -pair[0])
    for _, tied in groupby(ranked, key=lambda pair: pair[0]):
        answers = [truth for _, truth in tied]
        seen += len(answers)
        found += sum(answers)
        total += sum(answers) * found / seen
    return total / found


def _f1(truths: Sequence[bool], scores: Sequence[float]) -> float:
    decided = [score >= _DECIDED for score in scores]
    right = sum(truth and decision for truth, decision in zip(truths, decided, strict=True))
    wrong = sum(truth != decision for truth, decision in zip(truths, decided, strict=True))
    return 2 * right / (2 * right + wrong) if right else 0.0


def _calibration_error(truths: Sequence[bool], scores: Sequence[float]) -> float:
    surplus = [0.0] * _BINS
    for truth, score in zip(truths, scores, strict=True):
        surplus[min(_BINS - 1, int(score * _BINS))] += score - truth
    return sum(map(abs, surplus)) / len(scores) if scores else 0.0
