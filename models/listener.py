"""One conversation after the other: is this turn negative, will the next be, does it end badly?

Words say most (`models.lexicon`). On top of them stand a few inputs from the same conversation: the model's
own scores so far, repetition, the number of the turn, never a label. All is linear in log-odds:

    turn = bias + own words + agent's words, damped + inputs
    risk = prior over decayed scores of the turns + what the words of the whole call say of its end
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from models.base import Feature, LinearWeights
from models.features import normalise
from models.incremental import probability
from models.inputs import Residual
from models.lexicon import Lexicon, Slot, added

#: How much of their own value the words of the agent have, to which the customer answers.
AGENT_SHARE = 0.3
#: What is left of the words of a turn one customer turn later, in what they say of turn and end.
_WORDS_KEEP = 0.9
#: Neutral turns that the average over the words of earlier turns supposes.
_PRIOR_TURNS = 2.0
#: What is left of the average over the scores of earlier turns when one more is scored.
_KEEP = 0.6
#: The prior of the risk, as `streams.calls.risk` has it: log-odds per unit of the decayed score, and those of
#: a call without any. The average begins at 0, so that no call begins with its highest risk.
_SENTIMENT_WEIGHT, _BASE = 11.5, -3.5
#: How much a turn's label is trusted when only the end of its conversation is known.
_WEAK = 0.3
#: Step of AdaGrad for the inputs: with a larger one the first conversations undo the prior.
_INPUT_RATE = 0.01
#: The inputs of turns learn from one label in so many: they have little to learn, and words take the time.
_EVERY = 4
#: Step for how many conversations end badly at all, which differs from floor to floor.
_BASE_RATE = 0.2
#: Turns and words from which more of them say no more.
_MANY_TURNS, _MANY_WORDS = 20, 20

#: Inputs of a turn, beside the words, and the weight each begins with.
_TURN_PRIOR = {
    "words": 1.0,
    "words_before": 0.75,
    "end_words": 1.0,
    "scores_before": 4.0,
    "turn_number": 0.5,
    "length": 0.75,
    "repetition": 0.0,
}
#: What these add to an ordinary turn, taken off again.
_TURN_BIAS = -0.3
#: The same for the turn after it: score of this one, decayed scores, words so far for the end and for turns.
_NEXT_PRIOR = (0.25, 5.0, 0.25, 0.5, -1.4)


@dataclass(slots=True)
class Thread:
    """One conversation as far as it has gone."""

    agent: list[Feature] = field(default_factory=list)
    seen: set[Feature] = field(default_factory=set)
    turns: int = 0
    words: float = 0.0
    end_words: float = 0.0
    weight: float = 0.0
    scores: float = 0.0


class Heard(Struct, gc=False):
    """A customer turn as it was scored: all that learning its label needs later.

    Parameters
    ----------
    own, agent : list of Feature
        1- and 2-grams of the turn, and words of what the agent said before it.
    found, agent_found : list of Slot or None
        What is known of these; the slots are the model's own.
    inputs, next_inputs, risk_inputs : list of float
        What the three scores are linear in.
    turn, following, risk : float
        Log-odds that this turn is negative, that the next is, that the conversation ends badly.
    """

    own: list[Feature]
    agent: list[Feature]
    found: list[Slot | None]
    agent_found: list[Slot | None]
    inputs: list[float]
    next_inputs: list[float]
    risk_inputs: list[float]
    turn: float
    following: float
    risk: float

    @property
    def score(self) -> float:
        """P(negative) of this turn."""
        return probability(self.turn)


class Listener:
    """Follows conversations turn by turn and learns from them when their labels are known.

    Parameters
    ----------
    frozen : LinearWeights, optional
        Where the weights of customers' words begin.
    word : callable
        Gives the word behind a token.

    Examples
    --------
    >>> listener = Listener()
    >>> def score(*said):
    ...     thread = listener.begin()
    ...     return [listener.customer_spoke(thread, text.split()) for text in said]
    >>> for _ in range(20):
    ...     listener.learn(score("it is broken again"), [True], True)
    ...     listener.learn(score("all is fine"), [False], False)
    >>> bad, good = score("it is broken"), score("all is fine")
    >>> bad[0].score > 0.5 > good[0].score, bad[0].risk > good[0].risk
    (True, True)
    """

    def __init__(self, frozen: LinearWeights | None = None, word: Callable[[str], str] = normalise) -> None:
        self.customer = Lexicon(frozen, word)
        self._agent = Lexicon(word=word, pairs=False)
        prior = [*_TURN_PRIOR.values(), _TURN_BIAS]
        self._turn = Residual(prior, _INPUT_RATE)
        self._labels = 0
        self._following = Residual(_NEXT_PRIOR, _INPUT_RATE)
        self._risk = Residual([_SENTIMENT_WEIGHT, 1.0, _BASE], _INPUT_RATE, _BASE_RATE)

    @staticmethod
    def begin() -> Thread:
        """Return a conversation in which nothing was said."""
        return Thread()

    def agent_spoke(self, thread: Thread, tokens: Sequence[str]) -> None:
        """Take in what the agent says: it counts, damped, for the customer's next turn."""
        thread.agent += self._agent.grams(tokens)

    def customer_spoke(self, thread: Thread, tokens: Sequence[str]) -> Heard:
        """Score a customer turn; the conversation goes on, the model stays as it is."""
        own, agent = self.customer.grams(tokens), thread.agent
        found, agent_found = self.customer.find(own), self._agent.find(agent)
        turn, end = _added(found, agent_found)
        before = thread.words / (thread.weight + _PRIOR_TURNS)
        thread.turns += 1
        thread.words = _WORDS_KEEP * (thread.words + turn)
        thread.end_words = _WORDS_KEEP * thread.end_words + end
        weight = thread.weight / _WORDS_KEEP + 1.0 if thread.weight else 1.0
        thread.weight = _WORDS_KEEP * weight
        so_far = thread.end_words / math.sqrt(weight)
        known = sum(map(thread.seen.__contains__, own))
        inputs = [
            self.customer.bias + turn,
            before,
            so_far,
            thread.scores,
            min(thread.turns, _MANY_TURNS) / _MANY_TURNS,
            min(len(tokens), _MANY_WORDS) / _MANY_WORDS,
            known / len(own) if own else 0.0,
        ]
        log_odds = self._turn.log_odds(inputs)
        score = probability(log_odds)
        thread.scores = _KEEP * thread.scores + (1.0 - _KEEP) * score
        thread.seen.update(own)
        thread.agent = []
        risk_inputs = [thread.scores, so_far]
        next_inputs = [log_odds, thread.scores, so_far, thread.words / (thread.weight + _PRIOR_TURNS)]
        return Heard(
            own,
            agent,
            found,
            agent_found,
            inputs,
            next_inputs,
            risk_inputs,
            log_odds,
            self._following.log_odds(next_inputs),
            self._risk.log_odds(risk_inputs),
        )

    def learn(self, heard: Sequence[Heard], negative: Sequence[bool | None], bad: bool | None) -> None:
        """Learn the labels of one conversation that is over.

        Parameters
        ----------
        heard : sequence of Heard
            Its customer turns.
        negative : sequence of bool or None
            A label for each, None when nobody knows.
        bad : bool or None
            Whether it ended badly.
        """
        weak = bad is not None and all(label is None for label in negative)
        end_weight = 1.0 / math.sqrt(len(heard)) if heard else 0.0
        for place, (turn, label) in enumerate(zip(heard, negative, strict=True)):
            turn_error = end_error = 0.0
            words, end_words = _added(turn.found, turn.agent_found)
            if label is not None or weak:
                truth = bool(bad) if label is None else label
                turn_error = (_WEAK if weak else 1.0) * (probability(self.customer.bias + words) - truth)
                self._labels += 1
                if self._labels % _EVERY == 0:
                    self._turn.learn(turn.inputs, truth, _WEAK if weak else 1.0)
            if bad is not None:
                end_error = end_weight * (probability(self.customer.end_bias + end_words) - bad)
                self._risk.learn(turn.risk_inputs, bad, end_weight)
            if turn_error or end_error:
                self.customer.learn(turn.own, turn.found, turn_error, end_error)
                self._agent.learn(turn.agent, turn.agent_found, turn_error, end_error, AGENT_SHARE)
                self.customer.move_bias(turn_error, end_error)
            following = negative[place + 1] if place + 1 < len(negative) else None
            if following is not None and self._labels % _EVERY == 0:
                self._following.learn(turn.next_inputs, following)


def _added(own: Sequence[Slot | None], agent: Sequence[Slot | None]) -> tuple[float, float]:
    """Return the log-odds that the words of customer and agent add, for their turn and for the end."""
    turn, end = added(own)
    if agent:
        agent_turn, agent_end = added(agent)
        turn, end = turn + AGENT_SHARE * agent_turn, end + AGENT_SHARE * agent_end
    return turn, end
