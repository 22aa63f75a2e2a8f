"""Tokens to utterances, scored and searched while they come: the hottest code of attune.

One more customer token costs a look-up or two for its weights and one for the phrases; nothing is ever scored
again unless the recogniser takes words back.
"""

from itertools import takewhile
from math import sqrt
from operator import eq
from typing import NamedTuple

from models.features import normalise
from models.incremental import probability
from streams.calls.alerts import Gap, Output
from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, TranscriptTokens
from streams.calls.risk import NEUTRAL, RUNNING_WEIGHT, heard_weight
from streams.calls.rules import Voice
from streams.calls.state import CallState, Hit, Utterance

#: Only a speaker's last so many utterances can still change.
CHANGEABLE = 2

#: A word or two say little: how far such an utterance may move away from `NEUTRAL`, by its 1- and 2-grams.
_TRUST = (0.0, 0.35, 0.35, 0.7, 0.7)
_INVERSE_ROOT = (1.0, *(1.0 / sqrt(grams) for grams in range(1, 2 * MAX_TOKENS_PER_UTTERANCE + 1)))


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


class Watch(NamedTuple):
    """What it takes for a running customer utterance to raise an alert before it is final.

    Parameters
    ----------
    settled : float
        Log-odds of all but the running utterance.
    enter : float
        Log-odds of the policy's threshold.
    dwell_tokens : int
        Tokens in a row at or above it.
    parts : dict
        What the log-odds are made of so far, by signal.
    """

    settled: float
    enter: float
    dwell_tokens: int
    parts: dict[str, float]


def hear(utterance: Utterance, tokens: list[str], voice: Voice, watch: Watch | None) -> float | None:
    """Take new customer tokens into the running score and stop where an early alert is due.

    Returns
    -------
    float or None
        P(negative) of the running utterance at the token that made the watch complete; the tokens after it
        are not in the utterance yet. None when all tokens are.
    """
    weights, book = voice.weights, voice.book
    unigrams, bigrams, moves = weights.unigrams, weights.bigrams, book.moves
    total, grams, last, node = utterance.total, utterance.grams, utterance.last, utterance.node
    heard = utterance.tokens
    due = None
    for token in tokens:
        heard.append(token)
        weight = unigrams.get(token)
        if weight is None:
            token = normalise(token)
            if not token:
                continue
            weight = unigrams.get(token, 0.0)
        if last:
            total += weight + bigrams.get((last, token), 0.0)
            grams += 2
        else:
            total += weight
            grams += 1
        last = token
        following = moves[node].get(token)
        if following is None:
            following = book.advance(node, token) if node else 0
        node = following
        if node and book.ends_here(node):
            _note_hits(utterance, node, voice)
        if watch is not None:
            negative = _negative(voice, total, grams)
            score = watch.settled + RUNNING_WEIGHT * (negative - NEUTRAL)
            if utterance.hits:
                score += heard_weight(watch.parts, utterance.hits)
            if score < watch.enter:
                utterance.dwell = 0
            else:
                utterance.dwell += 1
                if utterance.dwell == watch.dwell_tokens:
                    due = negative
                    break
    utterance.total, utterance.grams, utterance.last, utterance.node = total, grams, last, node
    return due


def listen(utterance: Utterance, tokens: list[str], voice: Voice) -> None:
    """Take new tokens of an agent or supervisor: what they do for the customer counts."""
    book, node = voice.book, utterance.node
    for token in tokens:
        utterance.tokens.append(token)
        token = normalise(token)
        if token:
            node = book.advance(node, token)
            if node and book.ends_here(node):
                _note_hits(utterance, node, voice)
    utterance.node = node


def negativity(utterance: Utterance, voice: Voice) -> float:
    """Return P(negative) of an utterance; `NEUTRAL` where no model speaks its language."""
    return _negative(voice, utterance.total, utterance.grams)


def hear_again(utterance: Utterance, kept: int, voice: Voice) -> None:
    """Forget the tokens from `kept` on and hear the rest from the start, silently."""
    again = utterance.tokens[:kept]
    utterance.tokens.clear()
    utterance.voice = voice.version
    utterance.total, utterance.grams, utterance.last, utterance.node = 0.0, 0, "", 0
    utterance.dwell = 0
    utterance.hits = []
    if utterance.speaker == "customer":
        hear(utterance, again, voice, None)
    else:
        listen(utterance, again, voice)


def _negative(voice: Voice, total: float, grams: int) -> float:
    weights = voice.weights
    if not grams or not weights.unigrams:
        return NEUTRAL
    negative = probability(weights.bias + total * _INVERSE_ROOT[grams])
    return negative if grams >= len(_TRUST) else NEUTRAL + (negative - NEUTRAL) * _TRUST[grams]


def _note_hits(utterance: Utterance, node: int, voice: Voice) -> None:
    normal = [token for token in map(normalise, utterance.tokens) if token]
    for signal in voice.book.heard(node, normal):
        utterance.hits.append(Hit(signal, len(utterance.tokens) - 1))
