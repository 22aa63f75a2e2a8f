"""Whatever the tokens: normalising is stable, and the running score equals scoring the whole turn."""

from hypothesis import given
from hypothesis import strategies as st

from models.base import LinearWeights
from models.evaluation import score_tokens
from models.features import features, normalise
from models.incremental import extend, logit
from models.sentiment import Sentiment
from models.snapshots import pretrained

FROZEN = pretrained()

words = st.sampled_from(
    ["i", "am", "so", "SOOOO", "angry", "Angry!", "don’t", "thanks", "...", "", "[NAME]", "😡", "24/7", "is"]
)
tokens = st.lists(words | st.text(max_size=12), max_size=40)
lessons = st.lists(st.tuples(tokens, st.booleans(), st.floats(0.01, 1.0)), max_size=6)


@given(st.text())
def test_normalising_twice_changes_nothing(token: str) -> None:
    assert normalise(normalise(token)) == normalise(token)


@given(tokens)
def test_normalised_tokens_have_the_same_features(turn: list[str]) -> None:
    assert features([normalise(token) for token in turn]) == features(turn)


@given(lessons, tokens)
def test_running_score_equals_the_model(past: list[tuple[list[str], bool, float]], turn: list[str]) -> None:
    model = Sentiment(FROZEN)
    for learned, negative, weight in past:
        model.learn_one(learned, negative, weight)
    assert abs(score_tokens(model.weights(1), turn) - model.score_one(turn)) < 1e-9


@given(
    st.dictionaries(words.map(normalise).filter(bool), st.floats(-5, 5)),
    st.dictionaries(
        st.tuples(words.map(normalise).filter(bool), words.map(normalise).filter(bool)), st.floats(-5, 5)
    ),
    st.floats(-5, 5),
    tokens,
)
def test_running_score_equals_the_sum_over_features(
    unigrams: dict[str, float], bigrams: dict[tuple[str, str], float], bias: float, turn: list[str]
) -> None:
    weights = LinearWeights("t@1", bias, unigrams, bigrams)
    total, n, last = 0.0, 0, ""
    for token in turn:
        total, n, last = extend(weights, total, n, last, token)
    whole = sum(
        value * (unigrams.get(f, 0.0) if isinstance(f, str) else bigrams.get(f, 0.0))
        for f, value in features(turn).items()
    )
    assert abs(logit(weights, total, n) - (bias + whole)) < 1e-9
