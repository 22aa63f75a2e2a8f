"""`attune evaluate` on real chats: what it prints, what it writes, what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.base import LinearWeights
from models.conversations import Conversation, Turn
from streams.analysis.chats import replayed
from streams.cli import attune
from streams.config import PROJECT_DIR

SAMPLE = PROJECT_DIR / "tests" / "data" / "mhch-ssa-sample.jsonl"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(attune, ["evaluate", *map(str, arguments)])


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Path, Path]:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    paths = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    for path, half in zip(paths, (lines[::2], lines[1::2]), strict=True):
        path.write_text("".join(half), encoding="utf-8")
    return paths


def test_one_pass_prints_and_writes(tmp_path: Path) -> None:
    predictions, report = tmp_path / "out.jsonl", tmp_path / "out.json"
    options = ("--orders", 2, "--labels", "10%", "--predictions", predictions, "--report", report)
    answer = run(SAMPLE, *options)
    assert answer.exit_code == 0, answer.output
    assert "turn is negative" in answer.output
    assert "bad ones found" in answer.output
    chats = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    wanted = [
        (chat["id"], place)
        for chat in chats
        for place, turn in enumerate(chat["turns"])
        if turn["speaker"] == "customer"
    ]
    lines = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], line["turn"]) for line in lines] == wanted
    assert all(0.0 <= line[name] <= 1.0 for line in lines for name in ("score", "following", "risk"))
    found = json.loads(report.read_text(encoding="utf-8"))
    assert [len(cards) for cards in found["passes"].values()] == [2, 2]
    assert list(found["passes"]) == ["all labels", "labels: 10%"]
    assert [len(rows) for rows in found["alerts"].values()] == [4, 4 + 3]
    assert found["passes"]["all labels"][0]["us_per_10_tokens"] > 0


def test_the_same_seed_gives_the_same_predictions(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    run(SAMPLE, "--predictions", one)
    run(SAMPLE, "--predictions", other)
    assert one.read_bytes() == other.read_bytes() != b""


def test_a_frozen_model_scores_each_chat_alone(halves: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = halves
    whole, first = tmp_path / "whole.jsonl", tmp_path / "first.jsonl"
    assert run(new, "--train", old, "--freeze", "--predictions", whole).exit_code == 0
    alone = tmp_path / "alone.jsonl"
    alone.write_text(new.read_text(encoding="utf-8").splitlines(keepends=True)[-1], encoding="utf-8")
    assert run(alone, "--train", old, "--freeze", "--predictions", first).exit_code == 0
    assert whole.read_text(encoding="utf-8").endswith(first.read_text(encoding="utf-8"))


def test_what_is_scored_may_not_be_learned_first(halves: tuple[Path, Path]) -> None:
    answer = run(SAMPLE, "--train", halves[0])
    assert answer.exit_code == 1
    assert "nothing may be learned twice" in answer.output


def test_a_worker_gives_each_message_one_risk() -> None:
    weights = LinearWeights("test@1", -3.0, {"w4": 9.0})
    turns = [Turn("customer", "w1 w2"), Turn("customer", ""), Turn("agent", "w4"), Turn("customer", "w4 w4")]
    risks = replayed(weights)(Conversation("c", turns))
    assert [risk is None for risk in risks] == [False, True, True, False]
    first, *_, last = (risk for risk in risks if risk is not None)
    assert last > first


@pytest.mark.parametrize("labels", ["10", "x%", "200%", "turns"])
def test_labels_that_mean_nothing_are_refused(labels: str) -> None:
    assert run(SAMPLE, "--labels", labels).exit_code == 2


def test_alerts_alone_are_two_tables() -> None:
    answer = run("--alerts", SAMPLE)
    assert answer.exit_code == 0, answer.output
    assert len(answer.output.splitlines()) == 2 * (2 + 4) + 3


def test_alerts_need_good_and_bad_ends(tmp_path: Path) -> None:
    path = tmp_path / "unjudged.jsonl"
    path.write_text('{"id": "c", "turns": [{"speaker": "customer", "text": "hello"}]}\n', encoding="utf-8")
    assert "no two conversations" in run("--alerts", path).output
    assert run(path).exit_code == 0


def test_a_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    answer = run(tmp_path / "none.jsonl")
    assert answer.exit_code == 1
    assert "cannot be used" in answer.output
