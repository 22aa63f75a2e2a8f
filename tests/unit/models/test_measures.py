from random import Random

import pytest
from river import metrics

from models.measures import average_precision, measure, roc_auc


def test_nothing_to_tell_apart_has_no_rank() -> None:
    assert measure([], []).roc_auc is None
    found = measure([True, True], [0.2, 0.9])
    assert (found.roc_auc, found.average_precision) == (None, None)


def test_ties_count_half() -> None:
    assert roc_auc([True, False] * 10, [0.3] * 20) == 0.5
    assert average_precision([True, False] * 10, [0.3] * 20) == 0.5


def test_area_agrees_with_rivers() -> None:
    rng = Random(0)
    truths = [rng.random() < 0.3 for _ in range(2000)]
    scores = [min(1.0, max(0.0, rng.gauss(0.6 if truth else 0.4, 0.2))) for truth in truths]
    theirs = metrics.ROCAUC(1000)
    for truth, score in zip(truths, scores, strict=True):
        theirs.update(truth, score)
    assert roc_auc(truths, scores) == pytest.approx(theirs.get(), abs=0.002)


def test_scores_that_mean_what_they_say_have_no_calibration_error() -> None:
    rng = Random(1)
    scores = [rng.random() for _ in range(20_000)]
    truths = [rng.random() < score for score in scores]
    assert measure(truths, scores).calibration_error < 0.02
    assert measure(truths, [score / 2 for score in scores]).calibration_error > 0.2
