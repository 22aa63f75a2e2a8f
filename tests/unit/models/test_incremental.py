import pytest

from models.base import LinearWeights
from models.incremental import extend, logit, probability

WEIGHTS = LinearWeights("t@1", -0.5, {"not": 0.25, "good": -2.0, "don't": 1.0}, {("not", "good"): 4.0})


def test_raw_and_normalised_spelling_score_the_same() -> None:
    assert (
        extend(WEIGHTS, 1.0, 1, "not", "GOOD!") == extend(WEIGHTS, 1.0, 1, "not", "good") == (3.0, 3, "good")
    )
    assert extend(WEIGHTS, 0.0, 0, "", "Don’t") == (1.0, 1, "don't")


def test_unknown_words_count_as_features_without_weight() -> None:
    assert extend(WEIGHTS, 1.0, 1, "not", "Xyzzy") == (1.0, 3, "xyzzy")


def test_tokens_without_a_word_change_nothing() -> None:
    assert extend(WEIGHTS, 1.0, 1, "not", "--") == (1.0, 1, "not")


def test_logit_before_any_word_is_the_bias() -> None:
    assert logit(WEIGHTS, 0.0, 0) == -0.5
    assert logit(WEIGHTS, 3.0, 4) == 1.0


@pytest.mark.parametrize(
    ("log_odds", "expected"), [(0.0, 0.5), (1e308, 1.0), (-1e308, 0.0), (2.0, 0.8807970779)]
)
def test_probability_never_overflows(log_odds: float, expected: float) -> None:
    assert probability(log_odds) == pytest.approx(expected)
