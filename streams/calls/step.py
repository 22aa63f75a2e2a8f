"""One record in, what follows from it out: the pure heart of attune.

Everything that is known of a call is in its state; the same records in the same order give the same state and
the same outputs, in every run.
"""

from collections.abc import Sequence

from streams.calls import happenings
from streams.calls.alerts import Gap, Output, token_cause
from streams.calls.episode import Moment, close_call, escalate
from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, CallEnded, CallEvent, TranscriptTokens
from streams.calls.masking import masked
from streams.calls.phase import end_waiting, judge_turn, may_raise_early
from streams.calls.risk import close_turn, running_parts, settle
from streams.calls.rules import Rules, Voice
from streams.calls.standing import show
from streams.calls.state import CallState, Evidence, HeardAct, Turn, Utterance
from streams.calls.transcript import (
    Watch,
    close_utterance,
    find_utterance,
    hear,
    hear_again,
    listen,
    negativity,
    place_tokens,
    superseded,
)

#: P(negative) from which a customer turn carries `negative_sentiment`.
NEGATIVE = 0.5
#: Signals that make a customer turn a bad one, whatever its words score.
BAD_SIGNALS = frozenset(
    {
        "supervisor_request",
        "legal_threat",
        "abuse",
        "urgent_need",
        "cancel_threat",
        "publicity_threat",
        "sarcasm",
    }
)
#: What an agent or supervisor may do for a customer's feelings.
ACTS = frozenset({"acknowledge", "validate", "apologise", "take_ownership"})
#: Turns, and tokens of each, that are kept for a label that may come.
RECENT_TURNS = 3
RECENT_TOKENS = 24


def begin(call_id: str, at: int, rules: Rules) -> CallState:
    """Return the state of a call at its first record, whatever that is."""
    state = CallState(call_id, started_at=at, at=at, policy=rules.policy.label)
    state.model = rules.voice("").weights.name
    settle(state)
    return state


def step(state: CallState, record: TranscriptTokens | CallEvent, rules: Rules) -> Sequence[Output]:
    """Apply one record to a call's state and return what follows from it, in order.

    Parameters
    ----------
    state : CallState
        Changed in place.
    record : TranscriptTokens or CallEvent
        The next record of this call, by the order of its topic.
    rules : Rules
        Policy, phrases and weights.

    Examples
    --------
    >>> from streams.calls.policy import Policy
    >>> from streams.calls.rules import Voice
    >>> from streams.calls.signals.phrases import PhraseBook
    >>> book = PhraseBook({"supervisor_request": ["your manager"]})
    >>> rules = Rules(Policy(name="default", version=1), {"en-US": Voice(book)})
    >>> state = begin("c1", 1_000, rules)
    >>> words = "let me speak to your manager".split()
    >>> said = TranscriptTokens("c1", "customer", 0, words, 1_000, final=True)
    >>> [alert, standing] = step(state, said, rules)
    >>> alert.severity, [reason.signal for reason in alert.reasons]
    ('high', ['supervisor_request'])
    """
    if not isinstance(record, TranscriptTokens):
        return _happen(state, record, rules)
    if state.ended:
        return (Gap("after_end"),)
    at = record.at
    if at > state.at:
        state.at = at
    utterance = find_utterance(state, record)
    out: list[Output] = []
    if utterance is None:
        return (Gap("late_revision"),)
    utterance.at = at
    if record.locale and not state.locale:
        state.locale = record.locale
    voice = rules.voice(state.locale)
    if utterance.voice != voice.version:  # new, or begun under other weights or phrases: nothing may mix two
        hear_again(utterance, len(utterance.tokens), voice)
    tokens = record.tokens
    if record.index != len(utterance.tokens) or record.index + len(tokens) > MAX_TOKENS_PER_UTTERANCE:
        tokens = place_tokens(utterance, record, voice, out)
    if record.speaker != "customer":
        listen(utterance, tokens, voice)
    elif state.episode is not None:
        hear(utterance, tokens, voice, None)
    else:
        _hear_watching(state, utterance, tokens, voice, rules, out)
    if len(state.open) > 1:
        for behind in superseded(state, utterance):
            _finalise(state, behind, rules, out)
    if record.final:
        _finalise(state, utterance, rules, out)
    return out


def expire(state: CallState, deadline: int, rules: Rules) -> Sequence[Output]:
    """Let a deadline of the call pass and return what follows from it.

    Parameters
    ----------
    deadline : int
        What `CallState.deadline` was, Unix ms. The remains of an ended call are simply dropped by the caller.
    """
    out: list[Output] = []
    if deadline < state.deadline:
        return out
    if state.waiting is not None and deadline == state.cool_until:
        end_waiting(state, deadline, rules, out)
    elif not state.ended:
        _end(state, f"timer:idle:{deadline}", deadline, rules, out)
    return out


def _happen(state: CallState, event: CallEvent, rules: Rules) -> Sequence[Output]:
    state.at = max(state.at, event.at)
    if isinstance(event, CallEnded) and not state.ended:
        out: list[Output] = []
        _end(state, f"event:call.ended:{event.at}", event.at, rules, out)
        return out
    return happenings.happen(state, event, rules)


def _end(state: CallState, cause: str, at: int, rules: Rules, out: list[Output]) -> None:
    for utterance in sorted(state.open, key=lambda other: (other.at, other.number)):
        _finalise(state, utterance, rules, out)
    close_call(state, cause, at, rules, out)
    happenings.keep_remains(state, at)


def _hear_watching(
    state: CallState, utterance: Utterance, tokens: list[str], voice: Voice, rules: Rules, out: list[Output]
) -> None:
    watch: Watch | None = Watch(state.settled, rules.enter_log_odds, rules.policy.dwell_tokens, state.parts)
    while tokens:
        known = len(utterance.tokens)
        negative = hear(utterance, tokens, voice, watch)
        if negative is None:
            return
        tokens = tokens[len(utterance.tokens) - known :]
        if may_raise_early(state, utterance.at, rules):
            _raise_early(state, utterance, negative, rules, out)
            watch = None


def _raise_early(
    state: CallState, utterance: Utterance, negative: float, rules: Rules, out: list[Output]
) -> None:
    _note_evidence(state, utterance, negative)
    state.model = rules.voice(state.locale).weights.name
    parts = running_parts(state, negative, utterance.hits)
    cause = token_cause("customer", utterance.number, len(utterance.tokens) - 1)
    escalate(state, "high", cause, utterance.at, parts, rules, out)
    if state.episode is not None:
        state.episode.raised_in = utterance.number
    show(state, utterance.at, rules, out)


def _finalise(state: CallState, utterance: Utterance, rules: Rules, out: list[Output]) -> None:
    close_utterance(state, utterance)
    if utterance.speaker != "customer":
        _note_act(state, utterance)
        return
    voice = rules.voice(state.locale)
    if utterance.voice != voice.version:
        hear_again(utterance, len(utterance.tokens), voice)
    negative = negativity(utterance, voice)
    heard = frozenset(hit.signal for hit in utterance.hits)
    state.model = voice.weights.name
    state.recent = [
        *state.recent[1 - RECENT_TURNS :],
        Turn(utterance.number, tuple(utterance.tokens[:RECENT_TOKENS])),
    ]
    _note_evidence(state, utterance, negative)
    score = close_turn(state, negative, utterance.hits)
    moment = Moment(
        at=utterance.at,
        cause=token_cause("customer", utterance.number, max(0, len(utterance.tokens) - 1)),
        utterance=utterance.number,
        words=(utterance.grams + 1) // 2,
        score=score,
        heard=heard,
        bad=negative >= NEGATIVE or not heard.isdisjoint(BAD_SIGNALS),
    )
    judge_turn(state, moment, rules, out)
    if len(state.evidence) > len(state.parts):
        kept = state.parts.keys() | state.calm_parts.keys()
        state.evidence = {signal: seen for signal, seen in state.evidence.items() if signal in kept}


def _note_evidence(state: CallState, utterance: Utterance, negative: float) -> None:
    number = utterance.number
    for hit in utterance.hits:
        text = masked(utterance.tokens, around=hit.end)
        state.evidence[hit.signal] = Evidence("customer", number, text)
    if negative >= NEGATIVE:
        state.evidence["negative_sentiment"] = Evidence("customer", number, masked(utterance.tokens))


def _note_act(state: CallState, utterance: Utterance) -> None:
    if utterance.speaker == "bot":
        return
    if state.episode is not None:
        state.episode.answered = True
    for hit in utterance.hits:
        if hit.signal in ACTS:
            text = masked(utterance.tokens, around=hit.end)
            state.act = HeardAct(hit.signal, utterance.speaker, utterance.number, text)
            state.repaired = True
