"""What the demo prints: a line per alert, a line that moves, and a summary a person can read."""

import sys
import threading
import time
from collections import Counter
from typing import Any

import click

from streams.cli.audience import Heard
from streams.cli.summary import Summary, call_name
from streams.kafka.feed import FeedReport

_LOOKS = {
    "escalation": ("▲", "red"),
    "deescalation": ("▼", "green"),
    "closed": ("■", "magenta"),
    "retraction": ("↺", "cyan"),
}
_WATCH = ("△", "yellow")
_SHOWN_REASONS = 3


class Screen:
    """The terminal; alerts come from one thread, progress from another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moving = sys.stdout.isatty()
        self._began = time.monotonic()

    def say(self, text: str, **style: Any) -> None:
        """Print a line."""
        with self._lock:
            self._clear()
            click.secho(text, **style)

    def alert(self, alert: dict[str, Any]) -> None:
        """Print an alert: what, which call, how sure, why."""
        kind, severity = alert["kind"], alert["severity"]
        sign, colour = _WATCH if kind == "escalation" and severity == "watch" else _LOOKS[kind]
        bold = severity == "critical"
        with self._lock:
            self._clear()
            click.echo(f"{self._clock()} ", nl=False)
            click.secho(f"{sign} {_headline(alert):<26}", fg=colour, bold=bold, nl=False)
            click.echo(
                f" {call_name(alert['call_id'])} · {alert['queue'] or 'no queue'}"
                f" · risk {alert['risk_before']:.2f} → {alert['risk']:.2f}"
            )
            for line in _details(alert):
                click.secho(f"{'':8}{line}", dim=True)

    def progress(self, report: FeedReport, heard: Heard) -> None:
        """Move the last line on; nothing where lines cannot move."""
        if not self._moving:
            return
        phases = Counter(heard.phases.values())
        live = " ".join(f"{count} {phase}" for phase, count in sorted(phases.items())) or "none"
        with self._lock:
            self._clear()
            click.secho(
                f"{self._clock()} {report.sent:,} records · {len(heard.alerts)} alerts · live calls: {live}",
                nl=False,
                dim=True,
            )
            sys.stdout.flush()

    def summary(self, summary: Summary) -> None:
        """Print the figures of the run."""
        latency = summary.latency_ms
        lost = summary.records_lost
        rows = (
            ("calls followed", f"{summary.calls}"),
            ("records processed", f"{summary.records_processed:,} of {summary.records_sent:,}"),
            ("records lost", f"{lost}"),
            ("dead letters", f"{summary.dead_letters}"),
            ("escalations", f"{summary.escalations}, and {summary.watches} calls worth a look"),
            ("came back", f"{summary.deescalations}, {summary.unrecovered} ended unrecovered"),
            (
                "against the writer's word",
                f"{summary.found} found, {summary.missed} missed, {summary.false_alarms} false alarms",
            ),
            (
                "alert latency",
                f"p50 {latency['p50']:.0f} ms, p99 {latency['p99']:.0f} ms, from the record to a consumer",
            ),
        )
        with self._lock:
            self._clear()
            click.echo()
            for name, value in rows:
                wrong = name == "records lost" and lost
                click.secho(f"  {name:<26}{value}", fg="red" if wrong else None, bold=bool(wrong))

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes:2}:{seconds:02}"

    def _clear(self) -> None:
        if self._moving:
            click.echo("\r\x1b[2K", nl=False)


def _headline(alert: dict[str, Any]) -> str:
    kind = alert["kind"]
    if kind == "deescalation":
        minutes, seconds = divmod(int(alert["recovery_ms"] / 1000), 60)
        return f"came back after {minutes}:{seconds:02}"
    if kind == "closed":
        return "ended unrecovered"
    if kind == "retraction":
        return "taken back"
    return f"{alert['severity'].upper()}{' (raised)' if alert['raises'] else ''}"


def _details(alert: dict[str, Any]) -> list[str]:
    if alert["kind"] == "closed":
        return []
    act = alert["preceded_by"]
    if alert["kind"] == "deescalation":
        return (
            [f"preceded by {act['signal']}: “{act['text']}”"] if act else ["no act of the agent preceded it"]
        )
    lines = []
    for reason in alert["reasons"][:_SHOWN_REASONS]:
        text = f"  “{reason['text']}”" if reason.get("text") else ""
        lines.append(f"{reason['weight']:+.2f} {reason['signal']}{text}")
    return lines
