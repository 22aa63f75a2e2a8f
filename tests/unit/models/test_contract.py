"""Every sentiment model keeps the contract, and the contract catches models that break it."""

from collections.abc import Callable, Sequence

import pytest

from models.base import LinearWeights, SentimentModel
from models.checks import CHECKS, Make
from models.lexicon import Lexicon
from models.sentiment import Learned, Sentiment
from models.snapshots import pretrained

LEARNED = Learned(0.2, 9.0, 0.1, 0.5, [("late", "", 0.4, 2.0), ("so", "late", -0.1, 0.5)])
MODELS: dict[str, Make] = {
    "english": lambda: Sentiment(pretrained()),
    "no frozen model": lambda: Sentiment(LinearWeights("none@0")),
    "lexicon": Lexicon,
    "lexicon on a frozen model": lambda: Lexicon(pretrained()),
    "restored": lambda: Sentiment(pretrained(), learned=LEARNED),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", MODELS)
def test_model_keeps_the_contract(name: str, check: Callable[[Make], None]) -> None:
    check(MODELS[name])


class Wrong(Sentiment):
    def __init__(self) -> None:
        super().__init__(LinearWeights("none@0", 0.1, {"hello": 0.2}))


class OutOfRange(Wrong):
    def score_one(self, tokens: Sequence[str]) -> float:
        return super().score_one(tokens) + 1.0


class LearnsWhenAsked(Wrong):
    def score_one(self, tokens: Sequence[str]) -> float:
        score = super().score_one(tokens)
        super().learn_one(tokens, True)
        return score


class ChangesItsInput(Wrong):
    def learn_one(self, tokens: Sequence[str], negative: bool, weight: float = 1.0) -> None:
        super().learn_one(tokens, negative, weight)
        if isinstance(tokens, list):
            tokens.append("oops")


class LearnsTheOpposite(Wrong):
    def learn_one(self, tokens: Sequence[str], negative: bool, weight: float = 1.0) -> None:
        super().learn_one(tokens, not negative, weight)


class IgnoresTrust(Wrong):
    def learn_one(self, tokens: Sequence[str], negative: bool, weight: float = 1.0) -> None:
        super().learn_one(tokens, negative)


class ForgetsItsBias(Wrong):
    def weights(self, version: int) -> LinearWeights:
        found = super().weights(version)
        return LinearWeights(found.name, 0.0, found.unigrams, found.bigrams)


class KeepsCapitals(Wrong):
    def weights(self, version: int) -> LinearWeights:
        found = super().weights(version)
        return LinearWeights(found.name, found.bias, {**found.unigrams, "Hi": 1.0}, found.bigrams)


class HandsOutItsOwn(Wrong):
    def __init__(self) -> None:
        super().__init__()
        self.live: dict[str, float] = {}

    def weights(self, version: int) -> LinearWeights:
        found = super().weights(version)
        self.live.update(found.unigrams)
        return LinearWeights(found.name, found.bias, self.live, found.bigrams)

    def learn_one(self, tokens: Sequence[str], negative: bool, weight: float = 1.0) -> None:
        super().learn_one(tokens, negative, weight)
        self.weights(0)


@pytest.mark.parametrize(
    "wrong",
    [
        OutOfRange,
        LearnsWhenAsked,
        ChangesItsInput,
        LearnsTheOpposite,
        IgnoresTrust,
        ForgetsItsBias,
        KeepsCapitals,
        HandsOutItsOwn,
    ],
)
def test_contract_catches(wrong: Callable[[], SentimentModel]) -> None:
    caught = 0
    for check in CHECKS:
        try:
            check(wrong)
        except AssertionError:
            caught += 1
    assert caught, f"no check noticed {wrong}"
