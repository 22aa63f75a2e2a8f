"""What words say, learned online: each 1- and 2-gram has a weight for its turn and one for the call's end.

Both are logistic regressions trained by AdaGrad on values of ``1/sqrt(n)``, as in `models.base`. They share
their look-ups, so the second costs little, and a turn's features are found once for scoring and learning.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from models.base import Feature, LinearWeights
from models.features import normalise
from models.incremental import probability

#: Step of AdaGrad, and the squared gradient that it supposes before the first example of a feature.
_RATE, _PRIOR_SQUARES = 1.0, 0.03
#: Share of a frozen model's weights to begin with: its data is not the call at hand.
_FROZEN_SHARE = 0.6
#: Step of the bias, and where it begins: most turns are not negative.
_BIAS_RATE, _BIAS = 0.02, -2.0

#: Weight for the turn, weight for the end, and the squared gradients of both.
Slot = list[float]


class Lexicon:
    """Weights of words and pairs of words; a `models.base.SentimentModel` for one turn.

    Parameters
    ----------
    frozen : LinearWeights, optional
        Where the weights of turns begin; a word that it does not know begins at 0.
    word : callable
        Gives the word behind a token, ``""`` for none. Data whose words are replaced by numbers (``w122``)
        needs one that leaves digits alone.
    pairs : bool
        Whether 2-grams count too.

    Examples
    --------
    >>> lexicon = Lexicon()
    >>> before = lexicon.score_one(["so", "slow"])
    >>> lexicon.learn_one(["so", "slow"], True)
    >>> lexicon.score_one(["So", "slow!"]) > before
    True
    """

    def __init__(
        self,
        frozen: LinearWeights | None = None,
        word: Callable[[str], str] = normalise,
        pairs: bool = True,
    ) -> None:
        self._word, self._pairs = word, pairs
        self.slots: dict[Feature, Slot] = {}
        self.bias, self.end_bias = _BIAS, 0.0
        if frozen is not None:
            self.bias = frozen.bias
            for unigram, weight in frozen.unigrams.items():
                self.slots[unigram] = [_FROZEN_SHARE * weight, 0.0, _PRIOR_SQUARES]
            for pair, weight in frozen.bigrams.items():
                self.slots[pair] = [_FROZEN_SHARE * weight, 0.0, _PRIOR_SQUARES]

    def grams(self, tokens: Iterable[str]) -> list[Feature]:
        """Return the 1- and 2-grams of a turn, repeated ones repeated.

        Examples
        --------
        >>> Lexicon().grams(["Not", "--", "good!"])
        ['not', 'good', ('not', 'good')]
        """
        found: list[Feature] = []
        word_of = self._word
        if not self._pairs:
            return [word for word in map(word_of, tokens) if word]
        last = ""
        for token in tokens:
            word = word_of(token)
            if word:
                found.append(word)
                if last:
                    found.append((last, word))
                last = word
        return found

    def find(self, grams: Sequence[Feature]) -> list[Slot | None]:
        """Return what is known of each feature, None for a new one."""
        return list(map(self.slots.get, grams))

    def learn(
        self, grams: Sequence[Feature], found: list[Slot | None], turn: float, end: float, share: float = 1.0
    ) -> None:
        """Take one step against the errors (score minus truth) of a turn and of the end; the biases stay.

        Parameters
        ----------
        found : list of Slot or None
            What `find` returned for the features, if nobody has learned them since.
        share : float
            Factor of the values of these features in the score.
        """
        if not grams:
            return
        value = share / math.sqrt(len(grams))
        squares = value * value * (turn * turn + end * end)
        turn_step, end_step = _RATE * value * turn, _RATE * value * end
        slots, root = self.slots, math.sqrt
        for gram, slot in zip(grams, found, strict=True):
            if slot is None:
                slot = slots.get(gram)
                if slot is None:
                    slot = slots[gram] = [0.0, 0.0, _PRIOR_SQUARES]
            slot[2] = known = slot[2] + squares
            step = 1.0 / root(known)
            slot[0] -= turn_step * step
            slot[1] -= end_step * step

    def move_bias(self, turn_error: float, end_error: float) -> None:
        """Take the same step for the biases."""
        self.bias -= _BIAS_RATE * turn_error
        self.end_bias -= _BIAS_RATE * end_error

    def score_one(self, tokens: Sequence[str]) -> float:
        """Return the probability in [0, 1] that these tokens are negative; changes nothing."""
        return probability(self.bias + added(self.find(self.grams(tokens)))[0])

    def learn_one(self, tokens: Sequence[str], negative: bool, weight: float = 1.0) -> None:
        """Learn one labelled turn; `weight` in (0, 1] says how much the label is trusted."""
        grams = self.grams(tokens)
        found = self.find(grams)
        error = weight * (probability(self.bias + added(found)[0]) - negative)
        self.learn(grams, found, error, 0.0)
        self.move_bias(error, 0.0)

    def weights(self, version: int) -> LinearWeights:
        """Return the weights for turns as they are now, as ``lexicon@version``."""
        return LinearWeights(
            f"lexicon@{version}",
            self.bias,
            {gram: slot[0] for gram, slot in self.slots.items() if isinstance(gram, str)},
            {gram: slot[0] for gram, slot in self.slots.items() if not isinstance(gram, str)},
        )


def added(found: Sequence[Slot | None]) -> tuple[float, float]:
    """Return the log-odds that features add for their turn and for the end, biases left out.

    Examples
    --------
    >>> added([[1.0, 0.5, 0.1], None, None, [3.0, 0.5, 0.1]])
    (2.0, 0.5)
    """
    turn = end = 0.0
    for slot in found:
        if slot is not None:
            turn += slot[0]
            end += slot[1]
    scale = 1.0 / math.sqrt(len(found)) if found else 0.0
    return turn * scale, end * scale
