"""Alerts as values: deterministic ids, reasons that add up, context."""

from hashlib import blake2b

from models.incremental import probability
from streams.calls.events import Act, Alert, AlertKind, Context, Severity
from streams.calls.risk import reasons, total
from streams.calls.rules import Rules
from streams.calls.state import CallState, Episode
from streams.calls.timings import timings


def alert_id(call_id: str, kind: AlertKind, severity: Severity, cause: str) -> str:
    """Return the id of an alert: the same input gives the same id, in every run.

    Parameters
    ----------
    cause : str
        The place of the token (``token:customer:12:5``), the event (``event:call.ended:1760000000000``) or
        the timer (``timer:cool_down:1760000000000``). No counter enters it.

    Examples
    --------
    >>> alert_id("c1", "escalation", "high", "token:customer:12:5")
    '72f504c627da7d99'
    """
    return blake2b(f"{call_id}|{kind}|{severity}|{cause}".encode(), digest_size=8).hexdigest()


def token_cause(speaker: str, utterance: int, place: int) -> str:
    """Return the cause that is a token: its speaker, utterance and place."""
    return f"token:{speaker}:{utterance}:{place}"


def make_alert(
    state: CallState,
    rules: Rules,
    kind: AlertKind,
    severity: Severity,
    cause: str,
    at: int,
    parts: dict[str, float],
    *,
    episode: Episode | None = None,
    raises: str | None = None,
    outcome: str | None = None,
    preceded_by: Act | None = None,
) -> Alert:
    """Return the next alert of a call and count it in the call's `seq`.

    Parameters
    ----------
    parts : dict
        The parts of the risk now; with the call's calm parts they give risk, risk before and reasons.
    episode : Episode, optional
        The open episode; None when this alert begins one or is only a `watch`.
    raises : str, optional
        Id of the alert whose severity this one raises.
    outcome : str, optional
        How the episode ended, when it does.
    """
    state.seq += 1
    risk = probability(total(parts))
    own_id = alert_id(state.call_id, kind, severity, cause)
    first = own_id if severity != "watch" else None
    return Alert(
        alert_id=own_id,
        seq=state.seq,
        kind=kind,
        call_id=state.call_id,
        customer_id=state.customer_id,
        agent_id=state.agent_id,
        queue=state.queue,
        locale=state.locale,
        at=at,
        severity=severity,
        risk=risk,
        risk_before=probability(total(state.calm_parts)),
        risk_peak=max(risk, episode.peak) if episode else risk,
        escalation_id=episode.escalation_id if episode else first,
        raises=raises,
        shadow=rules.shadow(state.queue),
        calibration=None,
        reasons=reasons(state, parts, text=rules.text),
        context=context_of(state, at),
        policy=state.policy,
        model=state.model,
        outcome=outcome,
        recovery_ms=at - episode.started_at if episode and outcome == "recovered" else None,
        preceded_by=preceded_by,
    )


def context_of(state: CallState, at: int) -> Context:
    """Return what a supervisor wants to know beside the reasons."""
    contacts, bad, churn = state.background or (None, None, None)
    return Context(
        hold_seconds=timings(state.marks, at - state.started_at).hold_ms // 1000,
        transfers=state.transfers,
        calls_in_30_days=contacts,
        bad_experiences=bad,
        churn=churn,
        transferred_while_tense=state.tense_transfer,
        missed_opportunities=state.tally.empathy[1],
    )
