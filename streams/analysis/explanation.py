"""Why: which signals fire in a text, on which words, with which weight, and how the risk moves in a call."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from models.features import normalise
from models.incremental import probability
from streams.analysis.runs import follow
from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, Alert, Speaker, TranscriptTokens
from streams.calls.hearing import hear, hear_end, listen, negativity
from streams.calls.risk import NEUTRAL, RUNNING_WEIGHT, add_signal, close_turn, total
from streams.calls.rules import Rules, Voice
from streams.calls.signals.catalogue import NAMES, SIGNALS, WEIGHTS
from streams.calls.state import CallState, Utterance
from streams.calls.turns import NEGATIVE
from streams.sources.conversations import Conversation
from streams.sources.plans import plan_call
from streams.sources.timeline import records_of, tokens_of

#: Words that are named where the model finds a turn negative and no pattern does.
_TELLING = 4


class Heard(Struct, frozen=True):
    """A signal, the words it fires on (empty when it is no matter of words), and its weight in log-odds."""

    id: str
    words: str
    weight: float


class Explanation(Struct, frozen=True):
    """What one utterance says by itself, at the beginning of a call."""

    signals: tuple[Heard, ...]
    risk: float


class ExplainedTurn(Struct, frozen=True):
    """One turn of a call: what fires in it, and how the call stands after it."""

    speaker: str
    text: str
    signals: tuple[Heard, ...]
    risk: float
    phase: str
    alerts: tuple[str, ...]


class ExplainedCall(Struct, frozen=True):
    """A whole call, turn by turn; `signals` are those of all turns."""

    id: str
    signals: tuple[Heard, ...]
    risk: float
    turns: tuple[ExplainedTurn, ...]


def explain_text(text: str, speaker: Speaker, locale: str, rules: Rules) -> Explanation:
    """Return which signals one utterance gives.

    Parameters
    ----------
    text : str
        What is said; beyond 512 words it is not heard.
    speaker : str
        Who says it: customers and agents give different signals.
    locale : str
        Language and country, ``en-GB``; the rules' default when empty.
    """
    voice = rules.voice(locale)
    utterance = Utterance(speaker, 0, 0)
    tokens = tokens_of(text)[:MAX_TOKENS_PER_UTTERANCE]
    if speaker == "customer":
        hear(utterance, tokens, voice, None)
    else:
        listen(utterance, tokens, voice)
    hear_end(utterance, voice)
    state = CallState("")
    found = [
        Heard(hit.signal, _words(tokens[hit.start : hit.end + 1]), WEIGHTS[hit.signal])
        for hit in utterance.hits
        if hit.signal in SIGNALS and hit.signal != "negative_sentiment"
    ]
    if speaker != "customer":
        parts: dict[str, float] = {}
        for heard in found:
            add_signal(parts, heard.id, voice.etiquette.scale(heard.id))
        return Explanation(_once(found), probability(total(parts)))
    negative = negativity(utterance, voice)
    if negative >= NEGATIVE:
        said = [hit for hit in utterance.hits if hit.signal == "negative_sentiment"]
        words = _words(tokens[said[0].start : said[0].end + 1]) if said else telling_words(tokens, voice)
        found.append(Heard("negative_sentiment", words, RUNNING_WEIGHT * (negative - NEUTRAL)))
    score = close_turn(state, negative, utterance.hits, rules.residual)
    return Explanation(_once(found), probability(score))


def explain_call(conversation: Conversation, rules: Rules) -> ExplainedCall:
    """Return what fires in every turn of a conversation, and the risk after it.

    Turns have the times of the data, or times made from a speaking rate; what the clock adds (a silence, a
    hold) is told at the turn that follows it, without words.
    """
    plan = plan_call(conversation)
    turns: list[ExplainedTurn] = []
    counted: dict[int, int] = {}
    alerts: list[str] = []
    said: dict[tuple[str, int], list[str]] = {}
    for followed in follow((timed.record for timed in records_of(plan, 0)), rules):
        record, state = followed.record, followed.state
        alerts += [_named(output) for output in followed.outputs if isinstance(output, Alert)]
        if not isinstance(record, TranscriptTokens):
            continue
        tokens = said.setdefault((record.speaker, record.utterance), [])
        tokens += record.tokens
        if not record.final:
            continue
        text = " ".join(tokens)
        found = list(explain_text(text, record.speaker, conversation.locale, rules).signals)
        by_words = {heard.id for heard in found}
        for number, times in state.tally.heard.items():
            name = NAMES[number]
            if times > counted.get(number, 0) and name not in by_words:
                found.append(Heard(name, "", WEIGHTS[name]))
        counted = dict(state.tally.heard)
        risk = probability(total(state.parts))
        turns.append(ExplainedTurn(record.speaker, text, tuple(found), risk, state.phase, tuple(alerts)))
        alerts = []
    everything = [heard for turn in turns for heard in turn.signals]
    return ExplainedCall(conversation.id, tuple(everything), turns[-1].risk if turns else 0.0, tuple(turns))


def telling_words(tokens: Sequence[str], voice: Voice) -> str:
    """Return the words of a turn that speak most for its being negative, in their order."""
    unigrams, bigrams = voice.weights.unigrams, voice.weights.bigrams
    weights: list[float] = []
    last = ""
    for token in tokens:
        word = normalise(token)
        weights.append(unigrams.get(word, 0.0) + bigrams.get((last, word), 0.0) if word else 0.0)
        last = word or last
    best = sorted(range(len(tokens)), key=weights.__getitem__, reverse=True)[:_TELLING]
    return _words(tokens[place] for place in sorted(best) if weights[place] > 0)


def _once(found: Iterable[Heard]) -> tuple[Heard, ...]:
    """Name each signal once, with all the words it fires on, heaviest first."""
    words: dict[str, list[str]] = {}
    weights: dict[str, float] = {}
    for heard in found:
        words.setdefault(heard.id, []).append(heard.words)
        weights[heard.id] = heard.weight
    named = [Heard(name, " … ".join(said), weights[name]) for name, said in words.items()]
    return tuple(sorted(named, key=lambda heard: -abs(heard.weight)))


def _words(tokens: Iterable[str]) -> str:
    return " ".join(tokens)


def _named(alert: Alert) -> str:
    return alert.severity if alert.kind == "escalation" else alert.kind
