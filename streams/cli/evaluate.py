"""`attune evaluate`: what the models are worth on labelled conversations, with no label before its time."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import click
import msgspec

from models.alerting import FLOOR, AlertRow, Learner, Risks, alert_table
from models.base import LinearWeights
from models.conversations import Conversation, read_conversations
from models.features import normalise
from models.incremental import probability
from models.listener import Listener
from models.progressive import Release, all_labels, call_labels, follow, share_of_labels, trained, word_of
from models.scorecard import Scorecard, in_order
from models.scorecard import evaluate as measure
from models.snapshots import pretrained
from streams.analysis.chats import replayed
from streams.config import PROJECT_DIR
from streams.errors import DataFileError
from streams.rulebook import read_policy

_QUESTIONS = (
    ("turn_negative", "turn is negative"),
    ("next_negative", "next customer turn is negative"),
    ("ends_badly", "ends badly, after the last turn"),
    ("ends_badly_any_turn", "ends badly, after every turn"),
)
_FIGURES = (
    ("roc_auc", "ROC AUC"),
    ("average_precision", "average precision"),
    ("f1", "F1 at 0.5"),
    ("calibration_error", "calibration error"),
)
_TIMES = (
    ("predict_us", "predict a turn"),
    ("learn_us", "learn a turn"),
    ("us_per_10_tokens", "both, 10 tokens"),
)


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--predictions", type=click.Path(path_type=Path), help="Write a line per customer turn.")
@click.option("--report", type=click.Path(path_type=Path), help="Write all figures as JSON.")
@click.option("--seed", default=0, show_default=True, help="Of orders, folds and released labels.")
@click.option("--labels", metavar="10%|calls", help="A second column with fewer labels released.")
@click.option("--train", type=click.Path(path_type=Path), help="Learn this file first, twice over.")
@click.option("--freeze", is_flag=True, help="Learn nothing from DATA.")
@click.option("--orders", default=1, show_default=True, type=click.IntRange(1), help="Orders of DATA.")
@click.option("--alerts", is_flag=True, help="The table of alerts only.")
def evaluate(
    data: Path,
    predictions: Path | None,
    report: Path | None,
    seed: int,
    labels: str | None,
    train: Path | None,
    freeze: bool,
    orders: int,
    alerts: bool,
) -> None:
    """Measure the models on labelled conversations in DATA (JSON lines, plain or gzip).

    One pass in the order of the file: every turn is scored first, labels become known at the end of their
    conversation, then the model learns. With --orders the first order is the file's, the others are shuffled;
    figures are means, with the lowest and the highest. --predictions are those of the file's order:

    \b
      {"id", "turn", "speaker", "score": P(negative), "following": P(the next one is), "risk": P(ends badly)}

    --labels 10% releases the labels of a tenth of the conversations, --labels calls one per conversation.
    The tables of alerts are five-fold: share of bad conversations found when a share of the others is
    alerted, by the model itself and by a worker's rules with the words it has learned, replayed as chat; and
    what the policies that ship would do there.

    \b
    Examples:
      attune evaluate chats.jsonl.gz --orders 3 --labels 10%
      attune evaluate new.jsonl.gz --train old.jsonl.gz --freeze --predictions scores.jsonl
      attune evaluate --alerts chats.jsonl.gz
    """
    conversations = _read(data)
    known = _read(train) if train else []
    if twice := {c.group for c in conversations} & {c.group for c in known}:
        raise DataFileError(f"{min(twice)!r} is in {data} and in {train}: nothing may be learned twice")
    if alerts and {True, False} - {c.ended_badly for c in conversations}:
        raise DataFileError(f"{data} says of no two conversations that one ended badly and one did not")
    word = word_of([*conversations, *known])
    frozen = pretrained() if word is normalise else None
    found: dict[str, Any] = {"data": str(data), "conversations": len(conversations), "seed": seed}
    if not alerts:
        releases: dict[str, Release | None] = {"frozen": None} if freeze else {"all labels": all_labels}
        if labels is not None:
            releases[f"labels: {labels}"] = _release(labels, seed)
        columns: dict[str, list[Scorecard]] = {}
        for name, release in releases.items():
            for order in range(orders):
                listener = trained(known, frozen, word) if known else Listener(frozen, word)
                ordered = in_order(conversations, order, seed)
                card, said = measure(ordered, listener, release, time.thread_time_ns)
                columns.setdefault(name, []).append(card)
                if predictions is not None and len(columns) == len(columns[name]) == 1:
                    predictions.write_bytes(msgspec.json.Encoder().encode_lines(said))
        _show(columns)
        found["passes"] = columns
    if alerts or any("satisfaction" in (c.outcome or {}) for c in conversations):
        found["alerts"] = {
            "this model": alert_table(conversations, _learner(_followed, frozen, word), seed),
            "a worker's rules, with its words": alert_table(
                conversations, _learner(_replayed, frozen, word), seed, _policies()
            ),
        }
        for name, rows in found["alerts"].items():
            _show_alerts(name, rows)
    if report is not None:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def _read(path: Path) -> list[Conversation]:
    try:
        return list(read_conversations(path))
    except (OSError, EOFError, ValueError) as exc:
        raise DataFileError(f"{path} cannot be used: {exc}") from exc


def _release(labels: str, seed: int) -> Release:
    if labels == "calls":
        return call_labels
    try:
        share = float(labels.removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not labels.endswith("%") or not 0.0 <= share <= 1.0:
        raise click.UsageError(f"--labels is a share such as 10%, or calls; not {labels!r}")
    return share_of_labels(share, seed)


def _learner(
    path: Callable[[Listener], Callable[[Conversation], Risks]],
    frozen: LinearWeights | None,
    word: Callable[[str], str],
) -> Learner:
    return lambda known: path(trained(known, frozen, word))


def _followed(listener: Listener) -> Callable[[Conversation], Risks]:
    return lambda chat: [None if h is None else probability(h.risk) for h in follow(listener, chat)]


def _replayed(listener: Listener) -> Callable[[Conversation], Risks]:
    return replayed(listener.customer.weights(version=1))


def _policies() -> dict[str, float]:
    """Return by name the risk from which the policies that ship alert."""
    policies = (read_policy(file) for file in sorted((PROJECT_DIR / "deploy" / "policies").glob("*.toml")))
    return {policy.name: policy.enter for policy in policies}


def _show(columns: dict[str, list[Scorecard]]) -> None:
    click.secho(f"{'':24}" + "".join(f"{name:>26}" for name in columns), bold=True)
    for question, title in _QUESTIONS:
        answered = [[getattr(card, question) for card in cards] for cards in columns.values()]
        if not answered[0][0].count:
            continue
        click.secho(f"{title} ({answered[0][0].positives:,} of {answered[0][0].count:,})", bold=True)
        for field, name in _FIGURES:
            _line(name, [[getattr(one, field) for one in column] for column in answered])
    click.secho("microseconds", bold=True)
    for field, name in _TIMES:
        _line(name, [[getattr(card, field) for card in cards] for cards in columns.values()])


def _line(name: str, columns: Sequence[Sequence[float | None]]) -> None:
    click.echo(f"  {name:22}" + "".join(f"{_spread(column):>26}" for column in columns))


def _spread(figures: Sequence[float | None]) -> str:
    known = [figure for figure in figures if figure is not None]
    if not known:
        return "–"
    mean = f"{fmean(known):.3f}"
    return f"{mean} ({min(known):.3f}–{max(known):.3f})" if len(known) > 1 else mean


def _show_alerts(name: str, rows: Sequence[AlertRow]) -> None:
    click.secho(f"alerts of {name}", bold=True)
    click.secho(
        f"{'others alerted':>15}{'risk from':>11}{'  in fact':>9}{'bad ones found':>16}{'by the handoff':>16}"
        f"{f'right at {FLOOR:.0%} bad':>18}",
        bold=True,
    )
    for row in rows:
        click.echo(
            f"{row.at:>15}{row.threshold:>11.2f}{row.false_alarms:>9.1%}{row.found:>16.1%}"
            f"{_percent(row.in_time):>16}{_percent(row.precision):>18}"
        )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
