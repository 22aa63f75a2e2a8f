"""What a pass over conversations is worth: predictions turn by turn, and figures for three questions."""

from collections.abc import Callable, Sequence
from random import Random

from msgspec import Struct

from models.conversations import Conversation
from models.incremental import probability
from models.listener import Listener
from models.measures import Measures, measure
from models.progressive import Release, Timing, progress

#: Tokens that times are told for.
_TOKENS = 10


class Prediction(Struct, frozen=True):
    """One customer turn as it was scored before anything of its conversation was learned.

    `turn` is its place in the conversation, from 0; `score`, `following` and `risk` are the probabilities
    that it is negative, that the customer's next turn is, and that the conversation ends badly.
    """

    id: str
    turn: int
    speaker: str
    score: float
    following: float
    risk: float


class Scorecard(Struct, frozen=True):
    """Figures of one pass.

    Parameters
    ----------
    turn_negative, next_negative, ends_badly : Measures
        The last one takes the risk as it stands after the last customer turn of a conversation.
    ends_badly_any_turn : Measures
        The same after every customer turn: how early it shows.
    predict_us, learn_us : float
        Microseconds per turn, agents' turns included.
    us_per_10_tokens : float
        Microseconds to predict and learn ten tokens.
    """

    turn_negative: Measures
    next_negative: Measures
    ends_badly: Measures
    ends_badly_any_turn: Measures
    predict_us: float
    learn_us: float
    us_per_10_tokens: float


class _Answers:
    """Truths and scores of one question."""

    def __init__(self) -> None:
        self.truths: list[bool] = []
        self.scores: list[float] = []

    def add(self, truth: bool | None, score: float) -> None:
        if truth is not None:
            self.truths.append(truth)
            self.scores.append(score)

    def measure(self) -> Measures:
        return measure(self.truths, self.scores)


def evaluate(
    conversations: Sequence[Conversation],
    listener: Listener,
    release: Release | None,
    clock: Callable[[], int] = int,
) -> tuple[Scorecard, list[Prediction]]:
    """Pass once over conversations and return the figures and the predictions they rest on.

    Parameters
    ----------
    release : callable or None
        What becomes known at the end of a conversation; None for a model that does not learn.
    clock : callable
        Nanoseconds.
    """
    turn, following, end, any_turn = _Answers(), _Answers(), _Answers(), _Answers()
    predictions: list[Prediction] = []
    timing = Timing()
    for conversation, heard in progress(conversations, listener, release, clock, timing):
        bad, said = conversation.ended_badly, []
        for place, one in enumerate(heard):
            if one is not None:
                scores = (probability(one.turn), probability(one.following), probability(one.risk))
                said.append(Prediction(conversation.id, place, "customer", *scores))
        labels = [customer_turn.negative for customer_turn in conversation.customer_turns]
        for number, prediction in enumerate(said):
            turn.add(labels[number], prediction.score)
            any_turn.add(bad, prediction.risk)
            if number + 1 < len(said):
                following.add(labels[number + 1], prediction.following)
        if said:
            end.add(bad, said[-1].risk)
        predictions += said
    per_turn = 1000.0 * max(1, timing.turns)
    both = (timing.predict_ns + timing.learn_ns) * _TOKENS
    card = Scorecard(
        turn.measure(),
        following.measure(),
        end.measure(),
        any_turn.measure(),
        round(timing.predict_ns / per_turn, 2),
        round(timing.learn_ns / per_turn, 2),
        round(both / (1000.0 * max(1, timing.tokens)), 2),
    )
    return card, predictions


def in_order(conversations: Sequence[Conversation], order: int, seed: int) -> list[Conversation]:
    """Return conversations in the order of the file for 0, else shuffled, another way for each number.

    Examples
    --------
    >>> chats = [Conversation(f"{n}", []) for n in range(5)]
    >>> in_order(chats, 0, seed=1) == chats, in_order(chats, 1, seed=1) == chats
    (True, False)
    """
    ordered = list(conversations)
    if order:
        Random(f"{seed}:{order}").shuffle(ordered)
    return ordered
