"""`attune broker`: a real Kafka on this machine, without Docker."""

import sys
from pathlib import Path

import click

from streams.config import PROJECT_DIR, load_settings
from streams.errors import SetupError
from streams.kafka.broker import LocalKafka, broker_dir
from streams.kafka.jars import JAR_DIR, JAR_LIST, KAFKA_VERSION, install_jars, resolve_list
from streams.kafka.java import find_java, install_java, java_version
from streams.kafka.layout import SIZES

DEFAULT_PORT = 9092

directory_option = click.option(
    "--dir", "directory", type=click.Path(path_type=Path), help="Its folder.  [broker/ in ATTUNE_DATA_DIR]"
)


@click.group()
def broker() -> None:
    """A real Apache Kafka on this machine, on loopback only.

    \b
    Examples:
      attune broker up                 127.0.0.1:9092, data in .attune/broker
      attune broker up --port 0        a free port, printed
      attune broker up --nodes 3 --dir .attune/three --port 0
      attune broker status
      attune broker down
    """


@broker.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Where clients find it; further nodes take the next ports. 0 takes free ones and prints them.",
)
@click.option(
    "--nodes",
    type=click.Choice([str(size) for size in SIZES]),
    default="1",
    show_default=True,
    help="Brokers.",
)
@directory_option
def up(port: int, nodes: str, directory: Path | None) -> None:
    """Start Kafka, and return when a client can produce and consume; it goes on by itself."""
    kafka = LocalKafka(_place(directory), port, int(nodes), detached=True)
    state = "is up" if kafka.start() else "was up already"
    click.echo(
        f"Kafka {KAFKA_VERSION} {state} at {kafka.bootstrap_servers} (data and log in {kafka.directory})"
    )
    if kafka.bootstrap_servers != load_settings().bootstrap_servers:
        click.echo(f"export ATTUNE_BOOTSTRAP_SERVERS={kafka.bootstrap_servers}")


@broker.command()
@directory_option
def down(directory: Path | None) -> None:
    """Stop the Kafka of a folder in order; its data stays."""
    place = _place(directory)
    click.echo(f"Kafka in {place} {'is down' if LocalKafka(place).stop() else 'was not up'}")


@broker.command()
@directory_option
def status(directory: Path | None) -> None:
    """Say whether Kafka is up; exit status 1 when it is not, or not all of it."""
    place = _place(directory)
    nodes = LocalKafka(place).nodes
    for node in nodes:
        pid = node.pid()
        state = f"up at 127.0.0.1:{node.port}, process {pid}" if pid else f"down, its log is {node.log}"
        click.echo(f"node {node.number}: {state}")
    if not nodes:
        click.echo(f"no Kafka was ever started in {place}: attune broker up")
    if not nodes or any(node.pid() is None for node in nodes):
        sys.exit(1)


@broker.command()
def install() -> None:
    """Fetch what a Kafka here needs and is not there yet: its jars, and Java when the machine has none.

    Every file is compared with the hashes that came with this project. After an interruption, run it again.
    """
    fetched = install_jars(_show)
    try:
        java = find_java()
    except SetupError:
        install_java(PROJECT_DIR)
        java = find_java()
    how = f"{fetched} jars fetched" if fetched else "nothing to fetch"
    click.echo(f"Kafka {KAFKA_VERSION} is installed ({how}), Java {java_version(java)} is {java}")


@broker.command()
def lock() -> None:
    """Resolve the jars of the Kafka version in `streams/kafka/jars.py` anew, and write their hashes.

    For whoever raises that version: see the change with git diff before it is committed.
    """
    jars = resolve_list()
    JAR_LIST.write_text("".join(f"{jar.sha256}  {jar.coordinate}\n" for jar in jars), encoding="utf-8")
    click.echo(f"{JAR_LIST} names {len(jars)} jars of Kafka {KAFKA_VERSION}")


def _place(directory: Path | None) -> Path:
    return (directory or broker_dir(load_settings())).resolve()


def _show(done: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        click.echo(
            f"\r\033[KKafka {KAFKA_VERSION}: {done} of {total} jars  {name}", err=True, nl=done == total
        )
    elif done % 10 == 0 or done == total:
        click.echo(f"Kafka {KAFKA_VERSION}: {done} of {total} jars into {JAR_DIR}", err=True)
