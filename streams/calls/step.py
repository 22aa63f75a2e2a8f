"""One record in, what follows from it out: the pure heart of attune.

Everything that is known of a call is in its state; the same records in the same order give the same state and
the same outputs, in every run.
"""

from collections.abc import Sequence

from streams.calls import happenings, silence
from streams.calls.alerts import token_cause
from streams.calls.episode import escalate
from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, CallEnded, CallEvent, TranscriptTokens
from streams.calls.hearing import Watch, doubt, hear, hear_again, listen
from streams.calls.outputs import Gap, Output
from streams.calls.phase import end_waiting, judge_happening, may_raise_early
from streams.calls.reports import CustomerContext
from streams.calls.risk import running_parts, settle
from streams.calls.rules import Rules, Voice
from streams.calls.speech import hear_times, new_speech
from streams.calls.standing import show
from streams.calls.state import CallState, Utterance
from streams.calls.transcript import find_utterance, place_tokens, superseded
from streams.calls.turns import NEGATIVE, finalise
from streams.calls.weighing import note_evidence, weigh
from streams.calls.wrapup import end_call

Record = TranscriptTokens | CallEvent | CustomerContext


def begin(call_id: str, at: int, rules: Rules) -> CallState:
    """Return the state of a call at its first record, whatever that is."""
    state = CallState(call_id, started_at=at, at=at, policy=rules.policy.label)
    state.model = rules.voice("").weights.name
    settle(state)
    return state


def step(state: CallState, record: Record, rules: Rules) -> Sequence[Output]:
    """Apply one record to a call's state and return what follows from it, in order.

    Parameters
    ----------
    state : CallState
        Changed in place.
    record : TranscriptTokens, CallEvent or CustomerContext
        The next record of this call, by the order of its topic.
    rules : Rules
        Policy, patterns and weights.

    Examples
    --------
    >>> from streams.calls.policy import Policy
    >>> from streams.calls.rules import Voice
    >>> from streams.calls.signals.automaton import Automaton
    >>> from streams.calls.signals.tables import Patterns
    >>> book = Automaton({"supervisor_request": Patterns(["your manager"])})
    >>> rules = Rules(Policy(name="default", version=1), {"en-US": Voice(book)})
    >>> state = begin("c1", 1_000, rules)
    >>> words = "let me speak to your manager".split()
    >>> said = TranscriptTokens("c1", "customer", 0, words, 1_000, final=True)
    >>> [alert, standing] = step(state, said, rules)
    >>> alert.severity, [reason.signal for reason in alert.reasons]
    ('high', ['supervisor_request'])
    """
    if state.policy != rules.label:
        rules = rules.under(state.policy)
        state.policy = rules.label
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
    if utterance.voice != voice.version:  # new, or begun under other weights or patterns: nothing may mix two
        hear_again(utterance, len(utterance.tokens), voice)
    tokens = record.tokens
    if record.index != len(utterance.tokens) or record.index + len(tokens) > MAX_TOKENS_PER_UTTERANCE:
        tokens = place_tokens(utterance, record, voice, out)
    if record.confidence is not None:
        utterance.doubt += len(record.confidence) - sum(record.confidence)
        utterance.sure += len(record.confidence)
    by_customer = record.speaker == "customer"
    if not by_customer:
        if not state.staffed and record.speaker == "agent":
            happenings.agent_heard(state, at)
        listen(utterance, tokens, voice)
    elif state.episode is not None:
        hear(utterance, tokens, voice, None)
    else:
        _hear_watching(state, utterance, tokens, voice, rules, out)
    if state.channel == "chat":
        silence.wrote(state, by_customer, at)
    else:
        state.quiet_since = at
        if not state.look_at:
            state.look_at = at + silence.DEAD_AIR_MS
    if record.end_ms is not None and record.start_ms is not None and record.speaker != "bot":
        _time(state, record, len(tokens), rules, out)
    if len(state.open) > 1:
        for behind in superseded(state, utterance):
            finalise(state, behind, rules, out)
    if record.final:
        finalise(state, utterance, rules, out)
    return out


def expire(state: CallState, deadline: int, rules: Rules) -> Sequence[Output]:
    """Let a deadline of the call pass and return what follows from it.

    Parameters
    ----------
    deadline : int
        What `CallState.deadline` was, Unix ms. The remains of an ended call are simply dropped by the caller.
    """
    out: list[Output] = []
    if deadline < state.deadline or state.ended:
        return out
    rules = rules.under(state.policy)
    if state.waiting is not None and deadline == state.cool_until:
        end_waiting(state, deadline, rules, out)
    elif state.look_at and deadline >= state.look_at:
        silence.look(state, deadline, rules, out)
    else:
        _end(state, f"timer:idle:{deadline}", deadline, rules, out)
    return out


def _happen(state: CallState, record: CallEvent | CustomerContext, rules: Rules) -> Sequence[Output]:
    if isinstance(record, CustomerContext):
        return happenings.take_context(state, record, rules)
    if isinstance(record, CallEnded) and not state.ended:
        out: list[Output] = []
        state.at = max(state.at, record.at)
        _end(state, f"event:call.ended:{record.at}", record.at, rules, out)
        return out
    if not state.ended:
        state.at = max(state.at, record.at)
    return happenings.happen(state, record, rules)


def _end(state: CallState, cause: str, at: int, rules: Rules, out: list[Output]) -> None:
    for utterance in sorted(state.open, key=lambda other: (other.at, other.number)):
        finalise(state, utterance, rules, out)
    end_call(state, cause, at, rules, out)


def _time(state: CallState, record: TranscriptTokens, words: int, rules: Rules, out: list[Output]) -> None:
    if state.speech is None:
        state.speech = new_speech()
    assert record.start_ms is not None
    assert record.end_ms is not None
    by_customer = record.speaker == "customer"
    if (
        hear_times(state.speech, by_customer, record.start_ms, record.end_ms, words)
        and state.channel != "chat"
    ):
        weigh(state, "talk_over", rules)
        judge_happening(state, f"talk_over:{record.start_ms}", record.at, rules, out)


def _hear_watching(
    state: CallState, utterance: Utterance, tokens: list[str], voice: Voice, rules: Rules, out: list[Output]
) -> None:
    policy = rules.policy
    enter = rules.enter_log_odds
    if utterance.sure:
        enter += policy.doubt * doubt(utterance)
    watch: Watch | None = (state.settled, enter, policy.dwell_tokens, state.parts)
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
    note_evidence(state, utterance, negative=negative >= NEGATIVE)
    state.model = rules.voice(state.locale).weights.name
    parts = running_parts(state, negative, utterance.hits)
    cause = token_cause("customer", utterance.number, len(utterance.tokens) - 1)
    escalate(state, "high", cause, utterance.at, parts, rules, out)
    if state.episode is not None:
        state.episode.raised_in = utterance.number
    show(state, utterance.at, rules, out)
