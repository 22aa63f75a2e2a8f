"""Chats replayed through the rules of a worker, with words that a model has just learned."""

from collections.abc import Callable, Sequence

import msgspec

from models.alerting import Risks
from models.base import LinearWeights
from models.conversations import Conversation
from models.incremental import probability
from streams.analysis.runs import follow
from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, TranscriptTokens
from streams.calls.policy import Policy
from streams.calls.risk import total
from streams.calls.rules import Rules, Voice
from streams.calls.signals.automaton import Automaton
from streams.sources import conversations as recorded
from streams.sources.plans import plan_call
from streams.sources.timeline import records_of


def replayed(weights: LinearWeights) -> Callable[[Conversation], Risks]:
    """Return what gives the risk after each customer message of a chat, as a worker works it out.

    One message is one final utterance. Nothing is heard but the weights: the words of the chats may be codes,
    on which no pattern fires. What the clock adds (a customer who waits for an answer) counts.
    """
    rules = Rules(Policy(name="evaluation", version=1), {"en-US": Voice(Automaton({}), weights=weights)})

    def risks(chat: Conversation) -> Risks:
        said = [{"speaker": turn.speaker, "text": turn.text} for turn in chat.turns]
        fields = {"id": chat.id, "turns": said, "channel": "chat"}
        plan = plan_call(msgspec.convert(fields, recorded.Conversation))
        records = [timed.record for timed in records_of(plan, 0, MAX_TOKENS_PER_UTTERANCE)]
        found = [
            probability(total(followed.state.parts))
            for followed in follow(records, rules)
            if isinstance(followed.record, TranscriptTokens)
            and followed.record.speaker == "customer"
            and followed.record.final
        ]
        return _placed(chat, found)

    return risks


def _placed(chat: Conversation, found: Sequence[float]) -> Risks:
    """Put risks at their turns: a message without a word is no utterance."""
    following = iter(found)
    return [next(following) if turn.speaker == "customer" and turn.tokens else None for turn in chat.turns]
