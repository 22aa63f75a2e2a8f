"""What happened to a call, other than words: holds, transfers, claims, verdicts, its beginning and end."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from streams.calls.alerts import Gap, Output
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
    LabelledTurn,
)
from streams.calls.risk import add_signal, settle
from streams.calls.rules import Rules
from streams.calls.standing import show, standing
from streams.calls.state import CallState, Turn
from streams.calls.transcript import hear_again

#: A hold this long, in ms, weighs on the customer.
LONG_HOLD_MS = 120_000
#: How much a person's verdict or review is trusted (the strongest label there is).
VERDICT_WEIGHT = 1.0


def happen(state: CallState, event: CallEvent, rules: Rules) -> Sequence[Output]:
    """Apply one event that is not the call's end; labels still count after it, nothing else does."""
    if state.ended and not isinstance(event, AlertVerdict | CallReviewed):
        return (Gap("after_end"),)
    out: list[Output] = []
    handler = _HANDLERS.get(type(event))
    if handler is not None:
        handler(state, event, rules, out)
    return out


def keep_remains(state: CallState, at: int) -> None:
    """Leave of an ended call only its offsets and what a late verdict needs."""
    kept = CallState(
        state.call_id,
        state.event_offset,
        state.token_offset,
        state.started_at,
        at,
        ended=True,
        locale=state.locale,
        recent=state.recent,
        alerted=state.alerted,
        alerted_by=state.alerted_by,
    )
    for name in state.__struct_fields__:
        setattr(state, name, getattr(kept, name))


def _started(state: CallState, event: CallStarted, rules: Rules, out: list[Output]) -> None:
    state.started_at = event.at
    state.customer_id, state.queue, state.channel = event.customer_id, event.queue, event.channel
    state.agent_id = event.agent_id or state.agent_id
    state.locale = event.locale
    voice = rules.voice(event.locale)
    state.model = voice.weights.name
    for utterance in state.open:  # words that came before the start were heard in the default locale
        hear_again(utterance, len(utterance.tokens), voice)
    show(state, event.at, rules, out)


def _agent_joined(state: CallState, event: AgentJoined, rules: Rules, out: list[Output]) -> None:
    state.agent_id = event.agent_id or None


def _agent_left(state: CallState, event: AgentLeft, rules: Rules, out: list[Output]) -> None:
    state.agent_id = None


def _hold_started(state: CallState, event: HoldStarted, rules: Rules, out: list[Output]) -> None:
    state.hold_since = state.hold_since or event.at


def _hold_ended(state: CallState, event: HoldEnded, rules: Rules, out: list[Output]) -> None:
    if not state.hold_since:
        return
    held = max(0, event.at - state.hold_since)
    state.hold_since = 0
    state.hold_ms += held
    if held > LONG_HOLD_MS:
        _weigh(state, "long_hold")


def _transferred(state: CallState, event: CallTransferred, rules: Rules, out: list[Output]) -> None:
    state.transfers += 1
    state.queue = event.to_queue or state.queue
    state.agent_id = event.to_agent_id
    if state.transfers > 1:
        _weigh(state, "transfer")


def _claimed(state: CallState, event: AlertClaimed, rules: Rules, out: list[Output]) -> None:
    episode = state.episode
    ours = episode is not None and event.alert_id in (episode.alert_id, episode.escalation_id)
    if state.claimed_by is None and (ours or event.alert_id == state.watch_id):
        state.claimed_by = event.by
        out.append(standing(state, event.at, rules))


def _released(state: CallState, event: AlertReleased, rules: Rules, out: list[Output]) -> None:
    if state.claimed_by == event.by:
        state.claimed_by = None
        out.append(standing(state, event.at, rules))


def _verdict(state: CallState, event: AlertVerdict, rules: Rules, out: list[Output]) -> None:
    if event.alert_id not in state.alerted_by:
        out.append(Gap("verdict_on_unknown_alert"))
        return
    turns = _chosen([*state.alerted, *state.recent], event.utterances, otherwise=state.alerted)
    out += _labelled(state, turns, event.verdict == "confirmed", event, "verdict")


def _reviewed(state: CallState, event: CallReviewed, rules: Rules, out: list[Output]) -> None:
    turns = _chosen([*state.alerted, *state.recent], event.utterances, otherwise=state.recent)
    out += _labelled(state, turns, event.needed_help, event, "review")


def _weigh(state: CallState, signal: str) -> None:
    state.parts = dict(state.parts)
    add_signal(state.parts, signal)
    settle(state)


def _chosen(known: Iterable[Turn], wanted: list[int] | None, otherwise: list[Turn]) -> list[Turn]:
    if wanted is None:
        return otherwise
    return list({turn.utterance: turn for turn in known if turn.utterance in wanted}.values())


def _labelled(
    state: CallState, turns: list[Turn], negative: bool, event: AlertVerdict | CallReviewed, source: str
) -> list[Output]:
    if not turns:
        return [Gap("label_without_turns")]
    return [
        LabelledTurn(
            record_id=f"{state.call_id}:{source}:{event.at}:{turn.utterance}",
            call_id=state.call_id,
            at=event.at,
            tokens=turn.tokens,
            negative=negative,
            weight=VERDICT_WEIGHT,
            source=source,
            locale=state.locale,
        )
        for turn in turns
    ]


_HANDLERS: dict[type[CallEvent], Callable[[CallState, Any, Rules, list[Output]], None]] = {
    CallStarted: _started,
    AgentJoined: _agent_joined,
    AgentLeft: _agent_left,
    HoldStarted: _hold_started,
    HoldEnded: _hold_ended,
    CallTransferred: _transferred,
    AlertClaimed: _claimed,
    AlertReleased: _released,
    AlertVerdict: _verdict,
    CallReviewed: _reviewed,
}
