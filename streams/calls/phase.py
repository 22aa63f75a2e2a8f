"""Phases of a call, ``calm → tense → escalated → recovering → recovered``, and what one turn does to them.

Judged by what the customer says, never by the clock: silence, a hold or hanging up is not recovery.
"""

from streams.calls.alerts import make_alert
from streams.calls.episode import SUPERVISOR_REQUEST, Moment, escalate, live_through
from streams.calls.events import Severity
from streams.calls.outputs import Output, Suppressed
from streams.calls.policy import log_odds
from streams.calls.risk import stand, total
from streams.calls.rules import Rules
from streams.calls.standing import show
from streams.calls.state import CallState


def judge_turn(state: CallState, moment: Moment, rules: Rules, out: list[Output]) -> None:
    """Decide what a closed customer turn means for the call's phase."""
    if state.episode is None:
        _judge_calm(state, moment, rules, out)
    else:
        live_through(state, state.episode, moment, rules, out)
    state.repaired = False
    if state.phase == "calm":
        state.calm_parts = state.parts
    show(state, moment.at, rules, out)


def judge_happening(state: CallState, cause: str, at: int, rules: Rules, out: list[Output]) -> None:
    """Raise an alert if something other than a customer's turn has brought the risk to where it is due.

    Nothing that the clock or the agent does changes the phase otherwise.
    """
    if state.tally.turns:
        state.tally.peak = max(state.tally.peak, total(state.parts))
    if state.episode is None and at >= state.cool_until and state.tally.turns and not state.deferred:
        if total(state.parts) >= rules.enter_log_odds:
            escalate(state, "high", cause, at, state.parts, rules, out)
        show(state, at, rules, out)


def may_raise_early(state: CallState, at: int, rules: Rules) -> bool:
    """Return whether an utterance that is not final may raise an alert now.

    Not inside the cool-down, not in a turn for which the alert may still be deferred, and not while the
    customer tells of others: only the whole turn says whether it still is about them.
    """
    return at >= state.cool_until and not state.of_others and not _may_defer(state, rules)


def end_waiting(state: CallState, deadline: int, rules: Rules, out: list[Output]) -> None:
    """Raise what the cool-down held back, at its end; a calmer turn may have taken it away, but no demand."""
    severity, insisted = state.waiting, state.insisted
    state.waiting, state.insisted = None, ""
    if severity is not None and state.episode is None:
        if insisted:
            stand(state.parts, insisted)
        cause = f"timer:cool_down:{deadline}"
        episode = escalate(state, severity, cause, deadline, state.parts, rules, out)
        episode.requests = int(insisted == SUPERVISOR_REQUEST)
        show(state, deadline, rules, out)


def _wanted(moment: Moment, demands: frozenset[str], rules: Rules) -> Severity | None:
    policy = rules.policy
    if not demands.isdisjoint(policy.critical):
        return "critical"
    if (
        not demands.isdisjoint(policy.always)
        or moment.score >= rules.enter_log_odds + policy.doubt * moment.doubt
    ):
        return "high"
    return "watch" if moment.score >= log_odds(policy.watch) else None


def _judge_calm(state: CallState, moment: Moment, rules: Rules, out: list[Output]) -> None:
    demands = moment.demands(rules.policy)
    insisted = demands.intersection(rules.policy.always)
    wanted = _wanted(moment, demands, rules)
    if not state.insisted:
        state.waiting = None
    if wanted in ("high", "critical"):
        if moment.at < state.cool_until:
            _wait(state, wanted, insisted)
            out.append(Suppressed(state.queue, "cool_down"))
        elif not insisted and _may_defer(state, rules):
            state.deferred = True
            out.append(Suppressed(state.queue, "deferred"))
        else:
            episode = escalate(state, wanted, moment.cause, moment.at, state.parts, rules, out)
            episode.requests = int(SUPERVISOR_REQUEST in insisted)
            return
    if state.insisted:
        state.phase = "tense"
    elif wanted is None:
        if moment.score < log_odds(rules.policy.exit):
            state.phase, state.watch_id, state.deferred, state.claimed_by = "calm", None, False, None
    elif state.phase != "tense":
        state.phase = "tense"
        if state.stint is not None:
            state.stint.tense = True
        _watch(state, moment, rules, out)


def _wait(state: CallState, severity: Severity, insisted: frozenset[str]) -> None:
    if state.waiting != "critical":
        state.waiting = severity
    if insisted and state.insisted != SUPERVISOR_REQUEST:
        state.insisted = SUPERVISOR_REQUEST if SUPERVISOR_REQUEST in insisted else min(insisted)


def _watch(state: CallState, moment: Moment, rules: Rules, out: list[Output]) -> None:
    if moment.at >= max(state.watch_until, state.cool_until):
        state.watch_until = moment.at + int(rules.policy.cool_down_s * 1000)
        alert = make_alert(state, rules, "escalation", "watch", moment.cause, moment.at, state.parts)
        state.watch_id = alert.alert_id
        state.tally.watches += 1
        out.append(alert)


def _may_defer(state: CallState, rules: Rules) -> bool:
    return state.repaired and not state.deferred and rules.policy.defer_turns > 0
