"""What the demo says at its end follows from what was heard, and from nothing else."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from streams.cli import demo as demo_module
from streams.cli.audience import Heard
from streams.cli.demo import demo
from streams.cli.screen import Screen
from streams.cli.summary import Summary, percentile, summarise
from streams.kafka.feed import FeedReport
from streams.sources.conversations import Conversation, Expect, Turn


def alert(call_id: str, kind: str = "escalation", severity: str = "high", **more: Any) -> dict[str, Any]:
    alert_id = f"{call_id}-{kind}-{severity}"
    first = kind == "escalation" and severity != "watch"
    fields = {
        "alert_id": alert_id,
        "escalation_id": alert_id if first else None,
        "call_id": call_id,
        "kind": kind,
        "severity": severity,
        "queue": "billing",
        "risk": 0.9,
        "risk_before": 0.1,
        "raises": None,
        "recovery_ms": 100_000,
        "preceded_by": None,
        "reasons": [{"signal": "abuse", "weight": 2.6, "text": "you [#]"}],
    }
    return fields | more


def conversation(name: str, escalates: bool) -> Conversation:
    return Conversation(id=name, turns=(Turn("customer", "hello"),), expect=Expect(escalates))


def summary(*alerts: dict[str, Any], sent: int = 10, processed: int = 10) -> Summary:
    heard = Heard({one["alert_id"]: one for one in alerts}, [10.0, 30.0], {}, {"bad", "good", "missed"})
    calls = [conversation("bad", True), conversation("good", False), conversation("missed", True)]
    return summarise(calls, FeedReport(sent, sent, 0, 1.0, 1.0), processed, 0, heard)


def test_alerts_are_held_against_the_word_of_the_calls_writer() -> None:
    figures = summary(alert("bad~2"), alert("good", severity="watch"), alert("good", "closed"))
    assert (figures.found, figures.missed, figures.false_alarms) == (1, 1, 0)
    assert (figures.escalations, figures.watches, figures.unrecovered) == (1, 1, 1)
    assert summary(alert("good")).false_alarms == 1


def test_a_raised_alert_is_not_a_second_escalation() -> None:
    first = alert("bad")
    raised = alert("bad", severity="critical", escalation_id=first["alert_id"])
    assert summary(first, raised).escalations == 1


def test_what_was_sent_and_not_processed_is_lost() -> None:
    assert summary(sent=10, processed=7).records_lost == 3
    assert summary(sent=10, processed=12).records_lost == 0


@pytest.mark.parametrize(("lost", "status"), [(0, 0), (1, 1)])
def test_the_exit_status_says_whether_a_record_was_lost(
    lost: int, status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo_module, "_run", lambda *_: summary(sent=10, processed=10 - lost))
    report = tmp_path / "figures.json"
    result = CliRunner().invoke(demo, ["--once", "--report", str(report)])
    assert result.exit_code == status
    assert f'"records_lost": {lost}' in report.read_text()
    assert f"records lost              {lost}" in result.output


def test_an_alert_is_printed_with_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().alert(alert("demo-1~3"))
    printed = capsys.readouterr().out
    assert "▲ HIGH" in printed
    assert "demo-1 · billing · risk 0.10 → 0.90" in printed
    assert "+2.60 abuse  “you [#]”" in printed


def test_a_recovery_is_printed_with_its_time_and_the_act_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    act = {"signal": "apologise", "text": "we got this wrong"}
    Screen().alert(alert("c", "deescalation", preceded_by=act))
    printed = capsys.readouterr().out
    assert "▼ came back after 1:40" in printed
    assert "preceded by apologise: “we got this wrong”" in printed


def test_percentiles() -> None:
    assert percentile([], 99) == 0
    assert percentile([5.0], 99) == 5
    assert percentile([float(n) for n in range(101)], 99) == 99
