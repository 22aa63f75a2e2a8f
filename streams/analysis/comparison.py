"""One log under two policies: what each would have alerted on, against what is known of the calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from msgspec import Struct

from models.incremental import probability
from streams.analysis.runs import follow
from streams.calls.events import Alert
from streams.calls.outcome import CallOutcome
from streams.calls.rules import Rules
from streams.calls.step import Record

#: How far the peak of an outcome, in hundredths, may be off.
_ROUNDED = 0.005
#: Reasons that are named of an alert.
_REASONS = 3


class LoggedCall(NamedTuple):
    """A call of a log: its records in order of time, and whether it needed help where somebody says so."""

    call_id: str
    records: Sequence[Record]
    needed_help: bool | None


class CallResult(Struct, frozen=True):
    """What one policy makes of one call.

    Parameters
    ----------
    alerted_at, ended_at : int
        Of the first alert that counts (high or critical), 0 without one, and of the last record; Unix ms.
    reasons : tuple of str
        The largest reasons of that alert, with their words.
    peak : float
        Highest risk, in [0, 1].
    always : bool
        Whether the alert was due whatever the risk.
    """

    call_id: str
    alerted_at: int
    ended_at: int
    severity: str
    reasons: tuple[str, ...]
    peak: float
    always: bool
    recovered: int
    retracted: int


class PolicyResult(Struct, frozen=True):
    """What one policy makes of a log.

    `found`, `missed` and `false_alarms` count only calls of which somebody says whether they needed help;
    `lead_seconds` is the median time from the alert to the end of the calls that were found.
    """

    policy: str
    calls: int
    alerted: int
    alerts_per_100: float
    labelled: int
    found: int
    missed: int
    false_alarms: int
    lead_seconds: float | None
    recovered: int
    retracted: int


@dataclass(frozen=True)
class Run:
    """All calls of a log under one policy."""

    result: PolicyResult
    calls: dict[str, CallResult]


def run_policy(calls: Iterable[LoggedCall], rules: Rules) -> Run:
    """Run a log under the policy of these rules."""
    results: dict[str, CallResult] = {}
    needed: dict[str, bool] = {}
    for call in calls:
        results[call.call_id] = _run_call(call, rules)
        if call.needed_help is not None:
            needed[call.call_id] = call.needed_help
    alerted = {call_id for call_id, result in results.items() if result.alerted_at}
    bad = {call_id for call_id, needed_help in needed.items() if needed_help}
    leads = [(results[i].ended_at - results[i].alerted_at) / 1000 for i in bad & alerted]
    return Run(
        PolicyResult(
            policy=rules.policy.label,
            calls=len(results),
            alerted=len(alerted),
            alerts_per_100=round(100 * len(alerted) / len(results), 2) if results else 0.0,
            labelled=len(needed),
            found=len(bad & alerted),
            missed=len(bad - alerted),
            false_alarms=len((needed.keys() - bad) & alerted),
            lead_seconds=round(median(leads), 1) if leads else None,
            recovered=sum(result.recovered for result in results.values()),
            retracted=sum(result.retracted for result in results.values()),
        ),
        results,
    )


def differing(one: Run, other: Run) -> list[tuple[CallResult, CallResult]]:
    """Return the calls that only one policy alerts on, or with another severity, in order of the log."""
    pairs = ((result, other.calls[call_id]) for call_id, result in one.calls.items())
    return [(a, b) for a, b in pairs if bool(a.alerted_at) != bool(b.alerted_at) or a.severity != b.severity]


def threshold_for(run: Run, alerts_per_100: float) -> float | None:
    """Return the `enter` threshold at which about so many calls of 100 would be alerted on.

    Calls that are alerted on whatever the risk count first; None when they alone are more. The peak risk of a
    call does not depend on the threshold, so no call is run again.

    Parameters
    ----------
    alerts_per_100 : float
        The rate wanted, above 0.
    """
    room = round(alerts_per_100 * len(run.calls) / 100) - sum(call.always for call in run.calls.values())
    if room < 0:
        return None
    peaks = sorted((call.peak for call in run.calls.values() if not call.always), reverse=True)
    if room >= len(peaks):
        return 0.01
    above, below = peaks[room - 1] if room else 1.0, peaks[room]
    return min(0.99, max(0.01, round((above + below) / 2, 4)))


def _run_call(call: LoggedCall, rules: Rules) -> CallResult:
    first: Alert | None = None
    peak, recovered, retracted = 0.0, 0, 0
    severity = ""
    tally = 0.0
    for followed in follow(call.records, rules):
        if not followed.state.ended:
            tally = followed.state.tally.peak if followed.state.tally.turns else 0.0
        for output in followed.outputs:
            if isinstance(output, CallOutcome) and output.risk_peak > probability(tally) + _ROUNDED:
                peak = output.risk_peak  # by words that were still open at the end
            if not isinstance(output, Alert):
                continue
            if output.kind == "escalation" and output.severity != "watch":
                first = first or output
                severity = output.severity
            recovered += output.kind == "deescalation"
            retracted += output.kind == "retraction"
    always = set(rules.policy.always)
    return CallResult(
        call_id=call.call_id,
        alerted_at=first.at if first else 0,
        ended_at=max((record.at for record in call.records), default=0),
        severity=severity,
        reasons=_reasons(first) if first else (),
        peak=max(peak, probability(tally) if tally else 0.0),
        always=bool(first and always.intersection(reason.signal for reason in first.reasons)),
        recovered=recovered,
        retracted=retracted,
    )


def _reasons(alert: Alert) -> tuple[str, ...]:
    return tuple(
        f"{reason.weight:+.2f} {reason.signal}" + (f" “{reason.text}”" if reason.text else "")
        for reason in alert.reasons[:_REASONS]
    )
