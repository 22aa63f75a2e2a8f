"""`attune doctor`: what is set, and what is wrong with this machine, the broker and the topics."""

import errno
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from streams.config import Settings, load_settings
from streams.errors import BrokerError, SetupError
from streams.kafka.admin import check_topics, wait_for_broker
from streams.kafka.jars import KAFKA_VERSION, check_jars
from streams.kafka.java import find_java, java_version

LOOPBACK = ("127.", "localhost", "[::1]")
FREE_BYTES = 1024**3


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `advice` says what to do, where `detail` does not."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of two tables.")
def doctor(as_json: bool) -> None:
    """Print the settings in force, secrets hidden, and look at what attune needs.

    \b
    Examples:
      attune doctor
      attune doctor --json | python3 -m json.tool
      ATTUNE_BOOTSTRAP_SERVERS=kafka.example:9092 attune doctor

    Exit status 1 when something is wrong; each wrong line says what to do.
    """
    settings = load_settings()
    findings = list(examine(settings))
    if as_json:
        click.echo(msgspec.json.encode({"settings": settings.shown(), "findings": findings}))
    else:
        _print(settings, findings)
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at the machine, the broker and the topics, and say of each how it is."""
    yield Finding("Python", True, sys.version.split()[0])
    if settings.bootstrap_servers.startswith(LOOPBACK):
        yield _java()
        yield _jars()
    yield _data_dir(settings.data_dir)
    yield _web_port(settings)
    try:
        version = wait_for_broker(msgspec.structs.replace(settings, broker_wait_seconds=0), lambda line: None)
    except BrokerError as exc:
        yield Finding("broker", False, str(exc))
        yield Finding("topics", False, "not known without a broker")
    else:
        yield Finding("broker", True, f"Kafka {version} at {settings.bootstrap_servers}")
        yield _topics(settings)


def _java() -> Finding:
    try:
        java = find_java()
    except SetupError as exc:
        return Finding("Java", False, str(exc))
    return Finding("Java", True, f"version {java_version(java)} at {java}")


def _jars() -> Finding:
    try:
        jars = check_jars()
    except SetupError as exc:
        return Finding("Kafka jars", False, str(exc))
    return Finding("Kafka jars", True, f"{len(jars)} of Kafka {KAFKA_VERSION}, each with the right hash")


def _data_dir(directory: Path) -> Finding:
    advice = "set ATTUNE_DATA_DIR to a folder that can be written, with 1 GiB free"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            free = shutil.disk_usage(directory).free
    except OSError as exc:
        return Finding("data folder", False, str(exc), advice)
    return Finding(
        "data folder", free >= FREE_BYTES, f"{directory.resolve()}, {free / 1024**3:.1f} GiB free", advice
    )


def _web_port(settings: Settings) -> Finding:
    address = f"{settings.web_host}:{settings.web_port}"
    advice = "stop the program that has it (a worker?), or set ATTUNE_WEB_PORT (0 takes a free one)"
    try:
        found = socket.getaddrinfo(settings.web_host, settings.web_port, type=socket.SOCK_STREAM)[0]
        with socket.socket(*found[:3]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as exc:
        said = "is taken" if exc.errno == errno.EADDRINUSE else f"cannot be used: {exc.strerror}"
        return Finding("web port", False, f"{address} {said}", advice)
    return Finding(
        "web port", True, f"{address} is free" if settings.web_port else "a free one at each start"
    )


def _topics(settings: Settings) -> Finding:
    try:
        differences = check_topics(settings)
    except BrokerError as exc:
        return Finding("topics", False, str(exc))
    if not differences:
        return Finding("topics", True, "all as in the table")
    by_hand = any(difference.by_hand for difference in differences)
    advice = "attune topics apply"
    if by_hand:
        advice = (
            "set ATTUNE_PARTITIONS and ATTUNE_REPLICATION_FACTOR to what is there, or make the topics anew"
        )
    more = f", and {len(differences) - 1} more" if len(differences) > 1 else ""
    return Finding("topics", False, f"{differences[0]}{more}", advice)


def _print(settings: Settings, findings: list[Finding]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    table = Table("setting", "value", box=None, pad_edge=False)
    for name, value in settings.shown().items():
        table.add_row(name, value or "-")
    console.print(table)
    console.print()
    for finding in findings:
        state = "ok   " if finding.ok else "WRONG"
        console.print(f"{state} {finding.name}: {finding.detail}", markup=False)
        if finding.advice and not finding.ok:
            console.print(f"      what to do: {finding.advice}", markup=False)
