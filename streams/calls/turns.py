"""A closed utterance becomes a turn: what it means for risk, empathy and phase."""

from models.features import normalise
from models.resemblance import sketch
from streams.calls import empathy, replies
from streams.calls.alerts import token_cause
from streams.calls.episode import Moment
from streams.calls.hearing import doubt, hear_again, hear_end, negativity
from streams.calls.masking import given_names, mask_tokens
from streams.calls.outputs import AgentReply, Output
from streams.calls.phase import judge_happening, judge_turn
from streams.calls.promises import promised_until
from streams.calls.reports import SentenceReport
from streams.calls.risk import NEUTRAL, close_turn
from streams.calls.rules import Rules
from streams.calls.signals.catalogue import ANNOUNCED_WAIT, BAD, REQUIRED_PHRASE, SIGNALS
from streams.calls.silence import announce_wait
from streams.calls.state import CallState, Turn, Utterance
from streams.calls.timings import on_hold
from streams.calls.transcript import close_utterance
from streams.calls.weighing import count, note_evidence, weigh

#: P(negative) from which a customer turn carries `negative_sentiment`.
NEGATIVE = 0.5
#: What is left of a turn's negativity when it is about people who are not in the call.
OF_OTHERS = 0.5
#: Customer turns, and tokens of each, that are kept for a label that may come.
KEPT_TURNS, KEPT_TOKENS = 3, 12
#: Names that are remembered, to be masked.
_MOST_NAMES = 8
_AROUND_WORDS = ".,;:!?…\"'“”‘’()"
#: Points of the sentiment path.
_PATH = 8


def finalise(state: CallState, utterance: Utterance, rules: Rules, out: list[Output]) -> None:
    """Close an utterance and draw its consequences."""
    close_utterance(state, utterance)
    voice = rules.voice(state.locale)
    if utterance.voice != voice.version:
        hear_again(utterance, len(utterance.tokens), voice)
    hear_end(utterance, voice)
    if not utterance.tokens or utterance.speaker == "bot":
        return
    names = given_names(utterance.tokens)
    if names:
        state.names = list(dict.fromkeys([*state.names, *sorted(names)]))[-_MOST_NAMES:]
        _mask_again(state)
    if utterance.speaker == "customer":
        _customer_turn(state, utterance, rules, out)
    else:
        _agent_turn(state, utterance, rules, out)


def _mask_again(state: CallState) -> None:
    """Mask the names that are known now in what was heard before."""
    acts = [state.act, state.episode.before_calm if state.episode is not None else None]
    for seen in (*state.evidence.values(), *acts):
        if seen is not None:
            seen.text = " ".join(mask_tokens(seen.text.split(), state.names))


def _customer_turn(state: CallState, utterance: Utterance, rules: Rules, out: list[Output]) -> None:
    voice = rules.voice(state.locale)
    negative = negativity(utterance, voice)
    heard = frozenset(hit.signal for hit in utterance.hits)
    words = [word for word in map(normalise, utterance.tokens) if word]
    state.of_others = voice.etiquette.of_others(words)
    if state.of_others:
        negative = NEUTRAL + OF_OTHERS * (negative - NEUTRAL)
    felt = negative >= NEGATIVE
    state.model = voice.weights.name
    _keep_turn(state, utterance)
    note_evidence(state, utterance, negative=felt)
    count(state, heard | {"negative_sentiment"} if felt else heard)
    replies.note_facts(state, words, voice.etiquette.plain_words)
    if empathy.customer_spoke(state, utterance.number, heard, felt, out):
        weigh(state, "missed_empathy", rules)
    score = close_turn(state, negative, utterance.hits, rules.residual)
    _follow(state, score)
    moment = Moment(
        at=utterance.at,
        cause=token_cause("customer", utterance.number, max(0, len(utterance.tokens) - 1)),
        utterance=utterance.number,
        words=len(words),
        score=score,
        heard=heard,
        bad=felt or not heard.isdisjoint(BAD),
        doubt=doubt(utterance),
    )
    judge_turn(state, moment, rules, out)
    if len(state.evidence) > len(state.parts):
        kept = state.parts.keys() | state.calm_parts.keys()
        state.evidence = {signal: seen for signal, seen in state.evidence.items() if signal in kept}


def _keep_turn(state: CallState, utterance: Utterance) -> None:
    alerted = [turn for turn in state.turns if turn.alerted]
    fresh = [turn for turn in state.turns if not turn.alerted]
    fresh.append(Turn(utterance.number, tuple(utterance.tokens[:KEPT_TOKENS])))
    state.turns = alerted + fresh[-KEPT_TURNS:]


def _follow(state: CallState, score: float) -> None:
    """Keep a few points of how the customer felt, evenly over the call as far as it has gone."""
    tally = state.tally
    stride = 1
    while tally.turns >= stride * _PATH:
        stride *= 2
    if tally.turns % stride == 0:
        if len(tally.path) == _PATH:
            tally.path = tally.path[::2]
        tally.path = [*tally.path, max(-100, min(100, round(-200 * state.sentiment)))]
    tally.turns += 1
    tally.peak = max(tally.peak, score)


def _agent_turn(state: CallState, utterance: Utterance, rules: Rules, out: list[Output]) -> None:
    if state.episode is not None:
        state.episode.answered = True
    voice = rules.voice(state.locale)
    heard = {hit.signal for hit in utterance.hits}
    words = [word for word in map(normalise, utterance.tokens) if word]
    long_enough = len(words) >= replies.TURN_WORDS
    own = long_enough and utterance.speaker == "agent"
    if own and REQUIRED_PHRASE not in heard and _is_scripted(state, words, rules, out):
        heard.add("scripted_reply")
    scripted = "scripted_reply" in heard
    if long_enough and not scripted and replies.picks_up(state, words, voice.etiquette.plain_words):
        heard.add("personalise")
    note_evidence(state, utterance)
    if ANNOUNCED_WAIT in heard:
        announce_wait(state, utterance.at)
    if "promise" in heard:  # numbers count here, and `normalise` takes them away
        plain = [token.casefold().strip(_AROUND_WORDS) for token in utterance.tokens]
        state.promised_by = max(state.promised_by, promised_until(plain, utterance.at))
    if utterance.speaker == "agent":
        if long_enough:
            _style(state, heard, out)
        if not on_hold(state.marks):  # the customer does not hear it
            empathy.agent_spoke(state, long_enough and not _talked_over(state), heard, scripted, out)
    for signal in sorted(heard & SIGNALS.keys()):
        if signal == "scripted_reply" and state.phase == "calm" and state.opening is None:
            count(state, (signal,))  # it says something about the reply only while a matter is open
        else:
            weigh(state, signal, rules)
    if heard & {"dismissive_reply", "scripted_reply"}:
        judge_happening(state, _last_token(utterance), utterance.at, rules, out)


def _is_scripted(state: CallState, words: list[str], rules: Rules, out: list[Output]) -> bool:
    """Return whether the agent says this again and again, in this call or in all of them."""
    sentence = sketch(words)
    if not sentence:
        return False
    if replies.said_before(state, sentence):
        return True
    locale = state.locale or rules.default_locale
    out.append(SentenceReport(locale, sentence))
    return replies.in_book(sentence, rules.phrases.get(locale, ()))


def _talked_over(state: CallState) -> bool:
    return state.speech is not None and state.speech.agent.counted


def _style(state: CallState, heard: set[str], out: list[Output]) -> None:
    style: replies.Style = "neither"
    if "scripted_reply" in heard:
        style = "scripted"
    elif heard & {"personalise", "explore"}:
        style = "personal"
    counts = list(state.tally.replies)
    counts[("personal", "scripted", "neither").index(style)] += 1
    state.tally.replies = tuple(counts)
    out.append(AgentReply(state.queue, state.agent_id, style))


def _last_token(utterance: Utterance) -> str:
    return token_cause(utterance.speaker, utterance.number, max(0, len(utterance.tokens) - 1))
