"""`attune replay --policy A --against B`: a log under two policies, as fast as the core goes."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from models.sentiment import Sentiment
from models.snapshots import pretrained
from streams.analysis.comparison import (
    CallResult,
    LoggedCall,
    PolicyResult,
    Run,
    differing,
    run_policy,
    threshold_for,
)
from streams.calls.rules import Rules
from streams.config import PROJECT_DIR, Settings
from streams.rulebook import load_rules, read_policy

_SHOWN = 40
_ROWS: tuple[tuple[str, str], ...] = (
    ("calls", "calls"),
    ("alerted", "calls alerted on"),
    ("alerts_per_100", "alerts per 100 calls"),
    ("labelled", "calls with a label"),
    ("found", "  found"),
    ("missed", "  missed"),
    ("false_alarms", "  false alarms"),
    ("lead_seconds", "  median seconds from alert to end"),
    ("recovered", "came back"),
    ("retracted", "retracted"),
)


def find_policy(name: str) -> Path:
    """Return the file of a policy: a path, or the name of one that ships (``vigilant``)."""
    shipped = PROJECT_DIR / "deploy" / "policies" / f"{name}.toml"
    return shipped if shipped.exists() and not Path(name).exists() else Path(name)


def compare(
    settings: Settings,
    calls: Sequence[LoggedCall],
    policies: Sequence[str],
    alerts_per_100: float | None,
    report: Path | None,
) -> None:
    """Run the calls under one or two policies and print what each makes of them."""
    rules = load_rules(settings, Sentiment(pretrained()).weights(version=0))
    runs = []
    for name in policies:
        runs.append(_timed_run(calls, replace(rules, policy=read_policy(find_policy(name)))))
    _table([run.result for run in runs])
    if alerts_per_100 is not None:
        for run in runs:
            _threshold(run, alerts_per_100)
    differences = differing(runs[0], runs[1]) if len(runs) > 1 else []
    _differences(differences, [run.result.policy for run in runs])
    if report is not None:
        table = {
            "policies": [run.result for run in runs],
            "differences": [{"a": one, "b": other} for one, other in differences],
        }
        report.write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=2) + b"\n")


def _timed_run(calls: Sequence[LoggedCall], rules: Rules) -> Run:
    began = time.perf_counter()
    records = sum(len(call.records) for call in calls)
    run = run_policy(calls, rules)
    seconds = time.perf_counter() - began
    click.echo(
        f"{rules.policy.label}: {records:,} records of {len(calls):,} calls in {seconds:.1f} s "
        f"({records / max(seconds, 0.001):,.0f}/s)",
        err=True,
    )
    return run


def _table(results: Iterable[PolicyResult]) -> None:
    columns = list(results)
    click.secho(f"{'':34}" + "".join(f"{result.policy:>16}" for result in columns), bold=True)
    for field, title in _ROWS:
        values = [getattr(result, field) for result in columns]
        if any(value is not None for value in values):
            click.echo(f"{title:34}" + "".join(f"{_number(value):>16}" for value in values))


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def _threshold(run: Run, alerts_per_100: float) -> None:
    enter = threshold_for(run, alerts_per_100)
    if enter is None:
        click.echo(
            f"{run.result.policy}: the signals that always alert give more than {alerts_per_100:g} "
            "per 100 calls by themselves: shorten `always`"
        )
    else:
        click.echo(
            f"{run.result.policy}: enter = {enter} gives about {alerts_per_100:g} alerts per 100 calls"
        )


def _differences(differences: Sequence[tuple[CallResult, CallResult]], names: Sequence[str]) -> None:
    if len(names) < 2:
        return
    click.secho(f"\n{len(differences)} calls differ", bold=True)
    for pair in differences[:_SHOWN]:
        click.echo(pair[0].call_id)
        for name, result in zip(names, pair, strict=True):
            said = f"{result.severity}: {', '.join(result.reasons)}" if result.alerted_at else "no alert"
            click.echo(f"  {name:<14} peak {result.peak:.2f}  {said}")
    if len(differences) > _SHOWN:
        click.echo(f"… and {len(differences) - _SHOWN} more; --report FILE has all of them")
