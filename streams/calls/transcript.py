"""Tokens to utterances: which utterance a message belongs to, what of it is new, when it is closed."""

from itertools import takewhile
from operator import eq

from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, TranscriptTokens
from streams.calls.hearing import hear_again
from streams.calls.outputs import Gap, Output
from streams.calls.rules import Voice
from streams.calls.state import CallState, Utterance

#: Only a speaker's last so many utterances can still change.
CHANGEABLE = 2


def find_utterance(state: CallState, record: TranscriptTokens) -> Utterance | None:
    """Return the utterance a message belongs to, opened if it is new; None when it is closed for good."""
    number, speaker = record.utterance, record.speaker
    for utterance in state.open:
        if utterance.number == number and utterance.speaker == speaker:
            return utterance
    closed = state.closed.get(speaker, [])
    newest = max((other.number for other in state.open if other.speaker == speaker), default=0)
    if number in closed or number <= max(newest, *closed[-1:], 0) - CHANGEABLE:
        return None
    utterance = Utterance(speaker, number, record.at)
    state.open.append(utterance)
    return utterance


def superseded(state: CallState, utterance: Utterance) -> list[Utterance]:
    """Return the open utterances of the same speaker that this one leaves behind for good, oldest first."""
    behind = [
        other
        for other in state.open
        if other.speaker == utterance.speaker and other.number <= utterance.number - CHANGEABLE
    ]
    return sorted(behind, key=lambda other: other.number)


def close_utterance(state: CallState, utterance: Utterance) -> None:
    """Take an utterance out of those that can still change."""
    state.open.remove(utterance)
    closed = state.closed.setdefault(utterance.speaker, [])
    closed.append(utterance.number)
    closed.sort()
    del closed[:-CHANGEABLE]


def place_tokens(
    utterance: Utterance, record: TranscriptTokens, voice: Voice, out: list[Output]
) -> list[str]:
    """Return the tokens that are new, after taking back those that the message changes or drops.

    A message sets the tokens from its `index` on. What it repeats is kept with its score, so a recogniser
    that sends the whole hypothesis each time costs no more than one that appends.
    """
    tokens, new, index = utterance.tokens, record.tokens, record.index
    if index > len(tokens):
        out.append(Gap("tokens_missing"))
    elif index < len(tokens):
        same = sum(takewhile(bool, map(eq, tokens[index:], new)))
        if index + same < len(tokens):
            hear_again(utterance, index + same, voice)
        new = new[same:]
    room = MAX_TOKENS_PER_UTTERANCE - len(tokens)
    if len(new) > room:
        out.append(Gap("utterance_too_long"))
        new = new[:room]
    return new
