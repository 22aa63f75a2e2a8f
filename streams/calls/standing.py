"""How a live call stands, for `call-risk`: said on a phase change, a claim or a clear move of the risk."""

from models.incremental import probability
from streams.calls.events import CallRisk, Severity
from streams.calls.outputs import Output
from streams.calls.risk import total
from streams.calls.rules import Rules
from streams.calls.state import CallState

#: A change of risk that is worth a record of its own, and the least ms between two such records.
CLEAR_MOVE = 0.1
SHOW_EVERY_MS = 1_000


def show(state: CallState, at: int, rules: Rules, out: list[Output]) -> None:
    """Say how the call stands if that is new."""
    risk = _risk(state)
    moved = abs(risk - state.shown_risk) >= CLEAR_MOVE and at - state.shown_at >= SHOW_EVERY_MS
    if moved or state.phase != state.shown_phase or state.shown_risk < 0:
        out.append(standing(state, at, rules))


def standing(state: CallState, at: int, rules: Rules) -> CallRisk:
    """Return the call's record for `call-risk` and remember what was shown."""
    risk = _risk(state)
    state.shown_risk, state.shown_at, state.shown_phase = risk, at, state.phase
    severity: Severity | None = None
    alert_id = None
    if state.episode is not None:
        severity, alert_id = state.episode.severity, state.episode.alert_id
    elif state.phase == "tense":
        severity, alert_id = "watch", state.watch_id
    return CallRisk(
        call_id=state.call_id,
        at=at,
        risk=risk,
        phase=state.phase,
        severity=severity,
        alert_id=alert_id,
        claimed_by=state.claimed_by,
        queue=state.queue,
        locale=state.locale,
        agent_id=state.agent_id,
        customer_id=state.customer_id,
        started_at=state.started_at,
        shadow=rules.shadow(state.queue),
    )


def _risk(state: CallState) -> float:
    """Return the risk now; in an utterance that raised an alert before it was final, that of the alert."""
    if state.episode is not None and state.episode.raised_in >= 0:
        return state.episode.peak
    return probability(total(state.parts))
