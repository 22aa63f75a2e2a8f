"""The end of a call: everything open is closed, its outcome is said, and only its remains are kept."""

from typing import Any

from msgspec import structs

from models.incremental import probability
from streams.calls import empathy
from streams.calls.episode import close_call
from streams.calls.events import SurveySubmitted, WrapupCompleted
from streams.calls.outcome import Place, Remains, contact_of, features_of, outcome_of
from streams.calls.outputs import Output
from streams.calls.reports import OutcomeReport
from streams.calls.rules import Rules
from streams.calls.state import CallState, Turn
from streams.calls.stints import end_stint
from streams.calls.stored import state_of, stub_of
from streams.calls.timings import ENDED, add_mark, timings
from streams.calls.weighing import count

#: Words of the last customer turns that are kept for a label that comes late.
_KEPT_WORDS = 24


def end_call(state: CallState, cause: str, at: int, rules: Rules, out: list[Output]) -> None:
    """End a call whose utterances are closed, and keep what a late survey, wrap-up or verdict needs."""
    add_mark(state.marks, ENDED, at - state.started_at)
    unrecovered = state.episode is not None
    if empathy.call_over(state, out):
        count(state, ("missed_empathy",))
    close_call(state, cause, at, rules, out)
    end_stint(state, at, out)
    state.remains = _remains(state, at, unrecovered)
    if state.early_survey is not None:
        state.remains.csat, state.remains.nps = state.early_survey
    state.keep_until = at + rules.keep_ms
    say_outcome(state, at, rules, out)
    csat, nps = state.early_survey or (None, None)
    _tell_trainer(state, out, csat=csat, nps=nps, ended=True)
    _forget(state)


def learn_survey(state: CallState, event: SurveySubmitted, out: list[Output]) -> None:
    """Tell the trainer what a survey says of an ended call."""
    _tell_trainer(state, out, csat=event.csat, nps=event.nps)


def learn_wrapup(state: CallState, event: WrapupCompleted, out: list[Output]) -> None:
    """Tell the trainer whether the matter of an ended call is settled."""
    if event.resolved is not None:
        _tell_trainer(state, out, resolved=event.resolved)


def _tell_trainer(state: CallState, out: list[Output], **answers: Any) -> None:
    if state.remains is not None:
        record_id = f"{state.call_id}:outcome:{state.remains.revision}"
        out.append(OutcomeReport(record_id, features_of(state.remains), **answers))


def say_outcome(state: CallState, at: int, rules: Rules, out: list[Output]) -> None:
    """Say what a call came to as it is known now, to the topic and to its customer's history."""
    remains = state.remains
    if remains is None:
        return
    place = Place(
        state.call_id,
        state.customer_id,
        state.queue,
        state.locale,
        state.channel,
        state.direction,
        state.parent_call_id,
        state.started_at,
        state.policy,
        state.model,
    )
    out.append(outcome_of(remains, place, at, rules.prospects))
    contact = contact_of(remains, place, at, state.promised_by)
    if contact is not None:
        out.append(contact)


def _remains(state: CallState, at: int, unrecovered: bool) -> Remains:
    tally = state.tally
    found = timings(state.marks, at - state.started_at)
    if state.speech is not None:
        silence, both, customer, agent = state.speech.shares(found.talk_ms)
        found = structs.replace(
            found, silence_ms=silence, talk_over_ms=both, customer_ms=customer, agent_ms=agent
        )
    return Remains(
        ended_at=at,
        revision=0,
        times=tuple(getattr(found, name) for name in found.__struct_fields__),
        path=tuple(tally.path),
        peak=round(100 * probability(tally.peak)) if tally.turns else 0,
        counts=(
            tally.turns,
            tally.escalations,
            tally.recoveries,
            tally.unaided,
            tally.recovery_ms,
            state.transfers,
        ),
        unrecovered=unrecovered,
        heard=dict(tally.heard),
        empathy=tuple(tally.empathy),
        replies=tuple(tally.replies),
        contacts=state.background[0] if state.background else None,
    )


def _forget(state: CallState) -> None:
    """Leave of an ended call what is still needed, and nothing else."""
    turns: list[Turn] = []
    room = _KEPT_WORDS
    for turn in sorted(state.turns, key=lambda turn: turn.alerted, reverse=True):
        if room > 0:
            turns.append(Turn(turn.utterance, turn.tokens[:room], turn.alerted))
            room -= len(turn.tokens)
    state.turns = turns
    kept = state_of(stub_of(state))
    for name in state.__struct_fields__:
        setattr(state, name, getattr(kept, name))
