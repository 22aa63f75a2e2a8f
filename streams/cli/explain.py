"""`attune explain`: which signals fire, on which words, with which weight, and how the risk moves."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from models.sentiment import Sentiment
from models.snapshots import pretrained
from streams.analysis.explanation import (
    ExplainedCall,
    ExplainedTurn,
    Explanation,
    Heard,
    explain_call,
    explain_text,
)
from streams.calls.events import Name, Speaker
from streams.calls.rules import Rules
from streams.config import load_settings
from streams.errors import DataFileError
from streams.rulebook import load_rules
from streams.sources.conversations import Conversation
from streams.sources.recorded import opened

_STDIN = Path("-")


class Line(msgspec.Struct, frozen=True):
    """One line of a file to explain: an utterance."""

    text: str
    speaker: Speaker | None = None
    locale: Name | None = None


@click.command()
@click.argument("what", metavar="TEXT|FILE", required=False)
@click.option(
    "--speaker",
    type=click.Choice(["customer", "agent", "supervisor", "bot"]),
    default="customer",
    show_default=True,
    help="Who says it, where the input does not say.",
)
@click.option("--locale", default="en-US", show_default=True, help="Language and country, likewise.")
@click.option("--policy", type=click.Path(path_type=Path), help="A policy file, instead of the one in force.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON per line of input.")
def explain(what: str | None, speaker: Speaker, locale: str, policy: Path | None, as_json: bool) -> None:
    """Say which signals fire in a TEXT, or in every line of a FILE, and why.

    A line of a FILE (plain or gzip, - is the standard input) is an utterance or a whole conversation:

    \b
      {"text": "let me speak to your manager", "speaker": "customer", "locale": "en-GB"}
      {"id": "c-1", "turns": [{"speaker": "customer", "text": "hello"}, …]}

    Each signal comes with the words it fires on and its weight, a change of log-odds; for a conversation also
    the risk after every turn. With --json: {"signals": [{"id", "words", "weight"}], "risk"}.

    \b
    Examples:
      attune explain "let me speak to your manager"
      attune explain --speaker agent "we apologise for any inconvenience caused"
      attune explain deploy/demo/calls.jsonl
    """
    settings = load_settings(policy_file=policy)
    rules = load_rules(settings, Sentiment(pretrained()).weights(version=0))
    if what is None:
        raise click.UsageError('say what to explain: attune explain "let me speak to your manager"')
    if what != "-" and not Path(what).exists():
        if what.endswith((".jsonl", ".json", ".gz")):
            raise DataFileError(f"there is no file {what}")
        _show(explain_text(what, speaker, locale, rules), as_json)
        return
    for line, place in _lines(Path(what)):
        _show(_explained(line, place, speaker, locale, rules), as_json)


def _lines(path: Path) -> Iterator[tuple[bytes, str]]:
    try:
        with opened(path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield line, f"{path}, line {number}"
    except OSError as exc:
        raise DataFileError(f"{path} cannot be read: {exc.strerror or exc}") from exc


def _explained(
    line: bytes, place: str, speaker: Speaker, locale: str, rules: Rules
) -> Explanation | ExplainedCall:
    try:
        if isinstance(table := msgspec.json.decode(line), dict) and "turns" in table:
            conversation = msgspec.convert({"id": place, **table}, Conversation)
            if not conversation.locale:
                conversation = msgspec.structs.replace(conversation, locale=locale)
            return explain_call(conversation, rules)
        said = msgspec.convert(table, Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise DataFileError(f"{place}: {exc}") from exc
    return explain_text(said.text, said.speaker or speaker, said.locale or locale, rules)


def _show(found: Explanation | ExplainedCall, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    elif isinstance(found, ExplainedCall):
        _show_call(found)
    else:
        for heard in found.signals:
            click.echo(_line(heard))
        if not found.signals:
            click.echo("no signal")
        click.echo(f"risk {found.risk:.2f}")


def _show_call(call: ExplainedCall) -> None:
    click.secho(call.id, bold=True)
    for turn in call.turns:
        click.echo(f"{_bar(turn)} {turn.risk:4.2f} {turn.phase:<10} {turn.speaker:<10} {turn.text}")
        for heard in turn.signals:
            click.secho(f"{'':28}{_line(heard)}", dim=True)
        for alert in turn.alerts:
            click.secho(f"{'':28}── {alert}", fg="red" if alert != "deescalation" else "green")
    click.echo()


def _line(heard: Heard) -> str:
    words = f"  “{heard.words}”" if heard.words else ""
    return f"{heard.weight:+.2f} {heard.id}{words}"


def _bar(turn: ExplainedTurn) -> str:
    full = round(turn.risk * 8)
    return "█" * full + "·" * (8 - full)
