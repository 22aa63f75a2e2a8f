"""The contract of every sentiment model, as checks that raise AssertionError: run them on each one."""

import math
from collections.abc import Callable, Iterator, Sequence

from models.base import LinearWeights, SentimentModel
from models.evaluation import score_tokens
from models.features import normalise

#: Makes a fresh model; every call gives an equal one.
Make = Callable[[], SentimentModel]

#: Turns that are hard to get right: empty, no word at all, odd spelling, other scripts, long.
AWKWARD_TURNS: tuple[tuple[str, ...], ...] = (
    (),
    ("",),
    ("...", "?!"),
    ("Hello",),
    ("I'M", "SOOOO", "angry!!"),
    ("не", "работает"),
    ("😡", "[NAME]", "24", "hours"),
    ("why",) * 400,
)
_LESSONS: tuple[tuple[tuple[str, ...], bool, float], ...] = (
    (("this", "is", "awful"), True, 1.0),
    (("thank", "you"), False, 1.0),
    ((), True, 0.3),
    (("awful", "again"), True, 0.1),
)
#: Two ways to add up the same numbers may differ by this much.
_ROUNDING = 1e-9


def check_score_is_a_probability(make: Make) -> None:
    """Every score is in [0, 1], before and after learning."""
    model = make()
    for _ in range(2):
        for turn in AWKWARD_TURNS:
            score = model.score_one(turn)
            assert 0.0 <= score <= 1.0, f"{score} for {turn}"
        _teach(model)


def check_scoring_changes_nothing(make: Make) -> None:
    """A model that was asked knows what it knew before."""
    model = make()
    _teach(model)
    before = model.weights(1)
    scores = [model.score_one(turn) for turn in AWKWARD_TURNS]
    assert [model.score_one(turn) for turn in AWKWARD_TURNS] == scores
    assert model.weights(1) == before


def check_learning_leaves_its_input(make: Make) -> None:
    """`learn_one` returns None, and the tokens stay as they were."""
    model = make()
    for turn in AWKWARD_TURNS:
        tokens = list(turn)
        learn: Callable[..., object] = model.learn_one
        assert learn(tokens, True) is None
        assert tokens == list(turn)
        model.score_one(tokens)
        assert tokens == list(turn)


def check_learning_follows_the_label(make: Make) -> None:
    """Every repetition of a label moves the score its way, one hardly trusted less than half as far."""
    turn = ("the", "parcel", "came", "late")
    for negative in (True, False):
        model = make()
        path = [model.score_one(turn)]
        for _ in range(5):
            model.learn_one(turn, negative)
            path.append(model.score_one(turn))
        assert path == sorted(path, reverse=not negative), f"{path} for {negative}"
        assert path[0] != path[-1]
        doubtful = make()
        doubtful.learn_one(turn, negative, 0.1)
        assert abs(doubtful.score_one(turn) - path[0]) < abs(path[1] - path[0]) / 2, "weight is ignored"


def check_weights_are_the_model(make: Make) -> None:
    """The weights score token by token what the model scores on whole turns; their keys are normalised."""
    model = make()
    for _ in range(2):
        weights = model.weights(3)
        assert weights.name.endswith("@3")
        for word in _words(weights):
            assert normalise(word) == word != "", f"{word!r} is no normalised word"
        for turn in AWKWARD_TURNS:
            assert math.isclose(
                score_tokens(weights, turn), model.score_one(turn), rel_tol=_ROUNDING, abs_tol=_ROUNDING
            ), f"{turn}"
        _teach(model)


def check_weights_are_a_value(make: Make) -> None:
    """Weights that were handed out do not change when the model learns on."""
    model = make()
    weights = model.weights(1)
    unigrams, bigrams = dict(weights.unigrams), dict(weights.bigrams)
    _teach(model)
    assert (dict(weights.unigrams), dict(weights.bigrams)) == (unigrams, bigrams)
    assert model.weights(1) != weights


def check_same_lessons_same_model(make: Make) -> None:
    """Two models with the same past are equal to the last bit."""
    first, second = make(), make()
    _teach(first)
    _teach(second)
    assert first.weights(1) == second.weights(1)


#: All of the contract.
CHECKS: Sequence[Callable[[Make], None]] = (
    check_score_is_a_probability,
    check_scoring_changes_nothing,
    check_learning_leaves_its_input,
    check_learning_follows_the_label,
    check_weights_are_the_model,
    check_weights_are_a_value,
    check_same_lessons_same_model,
)


def _teach(model: SentimentModel) -> None:
    for tokens, negative, weight in _LESSONS:
        model.learn_one(tokens, negative, weight)


def _words(weights: LinearWeights) -> Iterator[str]:
    yield from weights.unigrams
    for pair in weights.bigrams:
        yield from pair
