"""The `attune` commands: the only place that prints, and where an error becomes one line."""

import importlib
import logging
from typing import Any

import click

from streams import __version__
from streams.errors import AttuneError, SettingsError

USAGE_STATUS = 2

#: Name of a command: where it is, and its line in the help. Each is imported only when it is called.
COMMANDS = {
    "demo": ("streams.cli.demo:demo", "Start everything here, replay conversations, show the alerts."),
    "worker": ("streams.cli.worker:worker", "Process the calls of a Kafka."),
    "replay": ("streams.cli.replay:replay", "Feed recorded conversations to Kafka."),
    "explain": ("streams.cli.explain:explain", "Say which signals fire in a text or a call, and why."),
    "evaluate": ("streams.cli.evaluate:evaluate", "Measure the models on labelled conversations."),
    "simulate": ("streams.cli.simulate:simulate", "Feed made-up calls to Kafka, as many as you like."),
    "broker": ("streams.cli.broker:broker", "A Kafka on this machine: install, up, down, status."),
    "topics": ("streams.cli.topics:topics", "The topics on Kafka: apply, check."),
    "doctor": ("streams.cli.doctor:doctor", "Say what is set, and what is wrong with this machine."),
}


class CommandError(click.ClickException):
    """An error of ours as click shows it: one line on stderr, and the exit status."""

    def __init__(self, error: AttuneError) -> None:
        super().__init__(str(error))
        self.exit_code = USAGE_STATUS if isinstance(error, SettingsError) else 1


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called: a broken one hurts itself only."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        except ImportError as exc:
            raise click.ClickException(f"attune {cmd_name} cannot be used ({exc}): run `make setup`") from exc
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that attune raises on purpose becomes one line."""
        try:
            return super().invoke(ctx)
        except AttuneError as exc:
            raise CommandError(exc) from exc


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="attune")
def attune() -> None:
    """Hear, while the call can still be saved, which customer calls are going wrong, and which came back.

    \b
    On this machine alone:
      attune demo                      everything, in one terminal
    \b
    Step by step:
      attune broker up                 a Kafka on 127.0.0.1:9092
      attune topics apply              the topics on it
      attune worker                    the processor (Ctrl-C ends it)
      attune simulate --help           calls to process
      attune broker down
    \b
    With a Kafka of your own:
      export ATTUNE_BOOTSTRAP_SERVERS=kafka.example:9092
      attune doctor                    what is set, what is wrong

    Settings come from attune.toml in this folder, then from ATTUNE_* variables, then from options; the
    last one wins. Exit status: 0 well, 1 something failed, 2 wrong use or setting.
    """
    # Its errors reach the user as ours, in one line; without a handler Python would print both.
    logging.getLogger("kafka").addHandler(logging.NullHandler())


def main() -> None:
    """Run the command line."""
    attune(prog_name="attune")
