"""Utterances scored and searched while their tokens come: the hottest code of attune.

One more customer token costs a look-up or two for its weights and one for all patterns; nothing is ever
scored again unless the recogniser takes words back.
"""

from math import sqrt

from models.features import normalise
from models.incremental import probability
from streams.calls.events import MAX_TOKENS_PER_UTTERANCE
from streams.calls.risk import NEUTRAL, RUNNING_WEIGHT, heard_weight
from streams.calls.rules import Voice
from streams.calls.signals.ear import Ear, Hit
from streams.calls.signals.tables import START_NODE
from streams.calls.state import Utterance

#: A word or two say little: how far such an utterance may move away from `NEUTRAL`, by its 1- and 2-grams.
_TRUST = (0.0, 0.35, 0.35, 0.7, 0.7)
#: P(negative) of an utterance in which the customer says outright that they are unhappy.
SAID_SO = 0.7
#: What may follow the mark that ends a sentence.
_CLOSING = "\"'”’)"
#: Marks that end a sentence.
_ENDING = frozenset(".?!;…।")
#: The most log-odds that a running utterance can add.
_MOST = RUNNING_WEIGHT * (1.0 - NEUTRAL)
_INVERSE_ROOT = (1.0, *(1.0 / sqrt(grams) for grams in range(1, 2 * MAX_TOKENS_PER_UTTERANCE + 1)))


#: What it takes for a running customer utterance to raise an alert before it is final: the log-odds of all
#: but it, those of the policy's threshold for words heard as well as these, the tokens in a row at or above
#: that, and what the log-odds are made of so far, by signal.
Watch = tuple[float, float, int, dict[str, float]]


def hear(utterance: Utterance, tokens: list[str], voice: Voice, watch: Watch | None) -> float | None:
    """Take new customer tokens into the running score and stop where an early alert is due.

    Returns
    -------
    float or None
        P(negative) of the running utterance at the token that made the watch complete; the tokens after it
        are not in the utterance yet. None when all tokens are.
    """
    weights, tables, ear = voice.weights, voice.customer.tables, _ear(utterance)
    unigrams, bigrams = weights.unigrams, weights.bigrams
    moves, found = tables.moves, tables.found
    words, spots, ends, hits = ear.words, ear.spots, ear.ends, utterance.hits
    total, grams, last, node = utterance.total, utterance.grams, utterance.last, ear.node
    heard = utterance.tokens
    due = None
    for token in tokens:
        heard.append(token)
        ended = False
        weight = unigrams.get(token)
        if weight is None:
            ended = ends_sentence(token)
            token = normalise(token)
            if not token:
                if ended and node:
                    ear.end_sentence(hits, tables)
                    node = START_NODE
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
        node = tables.advance(node, token) if following is None else following
        words.append(token)
        spots.append(len(heard) - 1)
        here = found[node]
        if here.alone or here.wanted & ear.seen:
            ear.note(here, hits, tables)
        ends.append(here.ends)
        ear.seen |= here.ends
        if ended:
            ear.end_sentence(hits, tables)
            node = START_NODE
        if watch is not None:
            settled, enter, dwell_tokens, parts = watch
            missing = enter - settled - (heard_weight(parts, hits) if hits else 0.0)
            if missing > _MOST:  # however negative it sounded, it would not be enough
                utterance.dwell = 0
                continue
            negative = _negative(voice, total, grams)
            if hits and negative < SAID_SO and _said_so(hits):
                negative = SAID_SO
            if RUNNING_WEIGHT * (negative - NEUTRAL) < missing:
                utterance.dwell = 0
            else:
                utterance.dwell += 1
                if utterance.dwell == dwell_tokens:
                    due = negative
                    break
    utterance.total, utterance.grams, utterance.last, ear.node = total, grams, last, node
    return due


def listen(utterance: Utterance, tokens: list[str], voice: Voice) -> None:
    """Take new tokens of an agent or supervisor: what they do for the customer counts."""
    tables, ear = voice.agent.tables, _ear(utterance)
    moves, found = tables.moves, tables.found
    words, spots, ends, hits = ear.words, ear.spots, ear.ends, utterance.hits
    heard, node = utterance.tokens, ear.node
    for token in tokens:
        heard.append(token)
        following, ended = moves[node].get(token), False
        if following is None:
            ended = ends_sentence(token)
            token = normalise(token)
            if not token:
                if ended and node:
                    ear.end_sentence(hits, tables)
                    node = START_NODE
                continue
            following = moves[node].get(token)
            if following is None:
                following = tables.advance(node, token)
        node = following
        words.append(token)
        spots.append(len(heard) - 1)
        here = found[node]
        if here.alone or here.wanted & ear.seen:
            ear.note(here, hits, tables)
        ends.append(here.ends)
        ear.seen |= here.ends
        if ended:
            ear.end_sentence(hits, tables)
            node = START_NODE
    ear.node = node


def hear_end(utterance: Utterance, voice: Voice) -> None:
    """Take in that an utterance is over: some patterns wait for the end of a sentence."""
    if utterance.ear is not None and utterance.ear.node:
        automaton = voice.customer if utterance.speaker == "customer" else voice.agent
        tables = automaton.tables
        utterance.ear.end_sentence(utterance.hits, tables)


def negativity(utterance: Utterance, voice: Voice) -> float:
    """Return P(negative) of an utterance; without a model `NEUTRAL`, unless the customer says it outright."""
    negative = _negative(voice, utterance.total, utterance.grams)
    return max(negative, SAID_SO) if _said_so(utterance.hits) else negative


def doubt(utterance: Utterance) -> float:
    """Return how unsure the recogniser was of the words on average, in [0, 1]; 0 when it does not say."""
    return utterance.doubt / utterance.sure if utterance.sure else 0.0


def hear_again(utterance: Utterance, kept: int, voice: Voice) -> None:
    """Forget the tokens from `kept` on and hear the rest from the start, silently."""
    again = utterance.tokens[:kept]
    if kept < len(utterance.tokens):
        utterance.dwell = 0
    utterance.tokens, utterance.hits, utterance.ear = [], [], None
    utterance.voice = voice.version
    utterance.total, utterance.grams, utterance.last = 0.0, 0, ""
    if utterance.speaker == "customer":
        hear(utterance, again, voice, None)
    else:
        listen(utterance, again, voice)


def _ear(utterance: Utterance) -> Ear:
    if utterance.ear is None:
        utterance.ear = Ear()
    return utterance.ear


def ends_sentence(token: str) -> bool:
    """Return whether a token carries the mark that ends a sentence.

    Examples
    --------
    >>> [ends_sentence(token) for token in ("ever.", "really?”", "late", "3.50")]
    [True, True, False, False]
    """
    return token[-1:] in _ENDING or token.rstrip(_CLOSING)[-1:] in _ENDING


def _negative(voice: Voice, total: float, grams: int) -> float:
    weights = voice.weights
    if not grams or not weights.unigrams:
        return NEUTRAL
    negative = probability(weights.bias + total * _INVERSE_ROOT[grams])
    return negative if grams >= len(_TRUST) else NEUTRAL + (negative - NEUTRAL) * _TRUST[grams]


def _said_so(hits: list[Hit]) -> bool:
    return any(hit.signal == "negative_sentiment" for hit in hits)
