import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from streams import cli
from streams.errors import BrokerError, SettingsError


def _attune(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_command_and_imports_none() -> None:
    code = "import sys; from streams.cli import attune; attune(['--help'], standalone_mode=False); "
    code += "print([m for m in sys.modules if m.startswith(('streams.cli.', 'faust', 'river', 'kafka'))])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in cli.COMMANDS:
        assert f"\n  {name} " in answer.stdout
    assert answer.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_each_command_teaches_by_example(name: str) -> None:
    answer = CliRunner().invoke(cli.attune, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert answer.output.count(f"attune {name}") >= 2, "the usage, and at least one example"


def test_an_unknown_command_is_wrong_use() -> None:
    answer = _attune("brokr")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "No such command 'brokr'" in answer.stderr


@pytest.mark.parametrize(
    ("error", "status"), [(BrokerError("Kafka is away"), 1), (SettingsError("port is wrong"), 2)]
)
def test_an_error_is_one_line_and_a_status(
    error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr("streams.cli.doctor.doctor", failing)
    answer = CliRunner().invoke(cli.attune, ["doctor"])
    assert (answer.exit_code, answer.stderr) == (status, f"Error: {error}\n")


def test_a_command_that_cannot_be_imported_hurts_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "demo", ("streams.cli.no_such:demo", "Broken."))
    broken = CliRunner().invoke(cli.attune, ["demo"])
    assert broken.exit_code == 1
    assert "attune demo cannot be used (No module named 'streams.cli.no_such')" in broken.stderr
    assert CliRunner().invoke(cli.attune, ["--help"]).exit_code == 0


def test_a_wrong_setting_is_said_by_the_real_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_WEB_PORT", "http")
    answer = _attune("doctor")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("Error: ATTUNE_WEB_PORT = 'http'")
    assert answer.stderr.count("\n") == 1
