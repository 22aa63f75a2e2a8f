"""The demo as a user runs it: the figures at its end, and nothing left behind however it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.workers import ROOT, until


@contextmanager
def started(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as a process of its own; gone at the end, whatever the test found."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("ATTUNE_")}
    with subprocess.Popen(
        [sys.executable, "-m", "streams", "demo", *arguments],
        cwd=ROOT,
        env=environment | {"ATTUNE_DATA_DIR": str(tmp_path / "data")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        try:
            yield demo
        finally:
            demo.kill()


def left_behind(tmp_path: Path) -> list[str]:
    """Command lines and environments that still name this test's folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if str(tmp_path).encode() in text:
                found.append(process.name)
    return found


def wait_for_worker(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if "worker ready" in line:
            return
    raise AssertionError(f"the demo ended before its worker was ready: {''.join(said)}")


def test_once_ends_by_itself_with_every_record_processed_and_the_bad_calls_found(tmp_path: Path) -> None:
    report = tmp_path / "figures.json"
    with started(tmp_path, "--once", "--speed", "max", "--report", str(report)) as demo:
        output, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, output
    figures = json.loads(report.read_text())
    assert figures["calls"] == 15
    assert figures["records_lost"] == 0
    assert figures["records_processed"] == figures["records_sent"] > 3_000
    assert figures["found"] == 7
    assert figures["missed"] == figures["false_alarms"] == 0
    assert figures["deescalations"] >= 3
    assert "came back after" in output
    assert not left_behind(tmp_path)


@pytest.mark.fault
def test_ctrl_c_ends_it_cleanly_with_a_summary_and_no_process_left(tmp_path: Path) -> None:
    with started(tmp_path, "--speed", "50") as demo:
        wait_for_worker(demo)
        demo.send_signal(signal.SIGINT)
        output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, output
    assert "records lost              0" in output
    assert not left_behind(tmp_path)


@pytest.mark.fault
def test_kill_9_leaves_no_process(tmp_path: Path) -> None:
    with started(tmp_path) as demo:
        wait_for_worker(demo)
        assert left_behind(tmp_path)
    until(lambda: not left_behind(tmp_path), "no process of the demo is left", 15)
