"""What happened to a call, other than words and its end: holds, hand-overs, claims, context, late news."""

from collections.abc import Callable, Sequence
from typing import Any

from streams.calls import empathy
from streams.calls.events import (
    AgentJoined,
    AgentLeft,
    AlertClaimed,
    AlertReleased,
    AlertVerdict,
    CallEvent,
    CallReviewed,
    CallStarted,
    CallTransferred,
    HoldEnded,
    HoldStarted,
    SupervisorJoined,
    SurveySubmitted,
    WrapupCompleted,
)
from streams.calls.hearing import hear_again
from streams.calls.labels import reviewed, stepped_in, surveyed, verdict
from streams.calls.outputs import Gap, Output
from streams.calls.phase import judge_happening
from streams.calls.reports import ContactReport, CustomerContext
from streams.calls.risk import remember_history, settle
from streams.calls.rules import Rules
from streams.calls.silence import begin_anew, long_holds, look_again
from streams.calls.standing import show, standing
from streams.calls.state import CallState
from streams.calls.stints import begin_stint, end_stint
from streams.calls.timings import (
    HOLD_ENDED,
    HOLD_STARTED,
    JOINED,
    LEFT,
    TRANSFERRED,
    add_mark,
    is_known,
    is_staffed,
    shift,
)
from streams.calls.weighing import weigh
from streams.calls.wrapup import learn_survey, learn_wrapup, say_outcome

#: What may still happen to a call that has ended.
_AFTER_END = (AlertVerdict, CallReviewed, SurveySubmitted, WrapupCompleted)


def happen(state: CallState, event: CallEvent, rules: Rules) -> Sequence[Output]:
    """Apply one event that is not the call's end."""
    if state.ended and not isinstance(event, _AFTER_END):
        return (Gap("after_end"),)
    out: list[Output] = []
    handler = _HANDLERS.get(type(event))
    if handler is not None:
        handler(state, event, rules, out)
    return out


def take_context(state: CallState, context: CustomerContext, rules: Rules) -> Sequence[Output]:
    """Let what is known of the customer from before count in this call."""
    if state.ended or state.background is not None:
        return ()
    out: list[Output] = []
    state.background = (context.contacts_in_30_days, context.bad_experiences, context.churn)
    state.parts = dict(state.parts)
    remember_history(state.parts, context.bad_experiences)
    settle(state)
    if context.repeat_contact:
        weigh(state, "repeat_contact", rules)
    if context.broken_promise:
        weigh(state, "broken_promise", rules)
    judge_happening(state, f"context:{context.record_id}", max(state.at, context.at), rules, out)
    return out


def agent_heard(state: CallState, at: int) -> None:
    """Take an agent who speaks without having been announced to have joined."""
    if not state.staffed:
        _mark(state, JOINED, at)
        begin_stint(state, at)


def _mark(state: CallState, kind: int, at: int) -> None:
    add_mark(state.marks, kind, at - state.started_at)
    alone, state.staffed = not state.staffed, is_staffed(state.marks)
    if alone and state.staffed:
        begin_anew(state, at)  # nobody was there to answer before


def _started(state: CallState, event: CallStarted, rules: Rules, out: list[Output]) -> None:
    state.marks = shift(state.marks, event.at - state.started_at)
    state.started_at = event.at
    state.customer_id, state.queue, state.channel = event.customer_id, event.queue, event.channel
    state.direction, state.parent_call_id = event.direction, event.parent_call_id
    state.agent_id = event.agent_id or state.agent_id
    state.locale = event.locale
    voice = rules.voice(event.locale)
    state.model = voice.weights.name
    for utterance in state.open:  # words that came before the start were heard in the default locale
        hear_again(utterance, len(utterance.tokens), voice)
    if event.customer_id:
        out.append(
            ContactReport(
                record_id=f"{state.call_id}:started",
                customer_id=event.customer_id,
                call_id=state.call_id,
                stage="started",
                at=event.at,
                started_at=event.at,
                queue=event.queue,
                direction=event.direction,
                parent_call_id=event.parent_call_id,
            )
        )
    show(state, event.at, rules, out)


def _agent_joined(state: CallState, event: AgentJoined, rules: Rules, out: list[Output]) -> None:
    stint = state.stint
    _mark(state, JOINED, event.at)
    if stint is not None and (stint.agent_id == event.agent_id or event.at < stint.joined_at):
        return  # told twice, or late news of one who had the call before
    end_stint(state, event.at, out)
    state.agent_id = event.agent_id or None
    begin_stint(state, event.at)


def _agent_left(state: CallState, event: AgentLeft, rules: Rules, out: list[Output]) -> None:
    _mark(state, LEFT, event.at)
    if state.staffed:
        return  # late news of one who had the call before
    end_stint(state, event.at, out)
    state.agent_id = None


def _hold_started(state: CallState, event: HoldStarted, rules: Rules, out: list[Output]) -> None:
    _mark(state, HOLD_STARTED, event.at)
    _held(state, f"event:hold.started:{event.at}", event.at, rules, out)


def _hold_ended(state: CallState, event: HoldEnded, rules: Rules, out: list[Output]) -> None:
    _mark(state, HOLD_ENDED, event.at)
    begin_anew(state, event.at)
    _held(state, f"event:hold.ended:{event.at}", event.at, rules, out)


def _held(state: CallState, cause: str, at: int, rules: Rules, out: list[Output]) -> None:
    """Let a hold count that was too long, in whichever order its beginning and its end were told."""
    units = long_holds(state, max(state.at, at))
    if units > state.long_holds:
        state.long_holds = units
        weigh(state, "long_hold", rules)
        judge_happening(state, cause, at, rules, out)
    look_again(state, at)


def _transferred(state: CallState, event: CallTransferred, rules: Rules, out: list[Output]) -> None:
    if is_known(state.marks, TRANSFERRED, event.at - state.started_at):
        return  # told twice
    _mark(state, TRANSFERRED, event.at)
    end_stint(state, event.at, out)
    if empathy.handed_over(state, out):
        weigh(state, "missed_empathy", rules)
    state.transfers += 1
    state.tense_transfer = state.tense_transfer or state.phase in ("tense", "escalated", "recovering")
    state.queue = event.to_queue or state.queue
    state.agent_id = event.to_agent_id
    _mark(state, LEFT, event.at)
    if event.to_agent_id:
        _mark(state, JOINED, event.at)
        begin_stint(state, event.at)
    state.repaired = False
    state.said = []  # the next agent's sentences are their own
    if state.transfers > 1 and not state.claimed_by:
        weigh(state, "transfer", rules)
        judge_happening(state, f"event:call.transferred:{event.at}", event.at, rules, out)


def _claimed(state: CallState, event: AlertClaimed, rules: Rules, out: list[Output]) -> None:
    episode = state.episode
    ours = episode is not None and event.alert_id in (episode.alert_id, episode.escalation_id)
    if state.claimed_by is None and (ours or event.alert_id == state.watch_id):
        state.claimed_by = event.by
        _note_help(state)
        out.append(standing(state, event.at, rules))


def _supervisor_joined(state: CallState, event: SupervisorJoined, rules: Rules, out: list[Output]) -> None:
    out += stepped_in(state, event)
    if event.mode != "listen":
        _note_help(state)


def _note_help(state: CallState) -> None:
    state.helped_at = max((turn.utterance for turn in state.turns), default=state.helped_at)


def _released(state: CallState, event: AlertReleased, rules: Rules, out: list[Output]) -> None:
    if state.claimed_by == event.by:
        state.claimed_by = None
        out.append(standing(state, event.at, rules))


def _verdict(state: CallState, event: AlertVerdict, rules: Rules, out: list[Output]) -> None:
    out += verdict(state, event)


def _reviewed(state: CallState, event: CallReviewed, rules: Rules, out: list[Output]) -> None:
    out += reviewed(state, event)


def _surveyed(state: CallState, event: SurveySubmitted, rules: Rules, out: list[Output]) -> None:
    if state.remains is None:
        csat, nps = state.early_survey or (None, None)
        state.early_survey = (
            csat if event.csat is None else event.csat,
            nps if event.nps is None else event.nps,
        )
        return
    state.remains.survey(event)
    say_outcome(state, event.at, rules, out)
    learn_survey(state, event, out)
    out += surveyed(state, event)


def _wrapped_up(state: CallState, event: WrapupCompleted, rules: Rules, out: list[Output]) -> None:
    if state.remains is None:
        out.append(Gap("wrapup_before_end"))
        return
    state.remains.wrap_up(event)
    say_outcome(state, event.at, rules, out)
    learn_wrapup(state, event, out)


_HANDLERS: dict[type[CallEvent], Callable[[CallState, Any, Rules, list[Output]], None]] = {
    CallStarted: _started,
    AgentJoined: _agent_joined,
    AgentLeft: _agent_left,
    HoldStarted: _hold_started,
    HoldEnded: _hold_ended,
    CallTransferred: _transferred,
    SupervisorJoined: _supervisor_joined,
    AlertClaimed: _claimed,
    AlertReleased: _released,
    AlertVerdict: _verdict,
    CallReviewed: _reviewed,
    SurveySubmitted: _surveyed,
    WrapupCompleted: _wrapped_up,
}
