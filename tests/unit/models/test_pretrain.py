import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from models.conversations import Conversation, Turn, read_conversations
from models.elastic import Entries, fit
from models.evaluation import progressive_roc_auc, roc_auc
from models.pretrain import Example, examples_of, own_examples, pretrain, train
from models.sentiment import Sentiment
from models.snapshots import load


def comment(number: int, text: str, label: str, *emotions: str) -> dict[str, object]:
    turn = {"speaker": "customer", "text": text, "label": label, "raw": {"emotions": emotions}}
    return {"id": f"c{number}", "source": "test", "turns": [turn]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "comments.jsonl.gz"
    comments = [comment(n, f"what a zorgful day {n}", "negative", "anger") for n in range(60)]
    comments += [comment(n, f"what a blimsy day {n}", "positive", "joy") for n in range(60, 180)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, comments)).encode()))
    return path


def test_pretraining_learns_what_tells_the_classes_apart(data: Path, tmp_path: Path) -> None:
    assert pretrain(data, tmp_path / "out.json.gz") > 0.99
    weights = load(tmp_path / "out.json.gz")
    assert weights.unigrams["zorgful"] > 1 > -1 > weights.unigrams["blimsy"]


def test_pretraining_twice_gives_the_same_file(data: Path, tmp_path: Path) -> None:
    pretrain(data, tmp_path / "a.json.gz")
    pretrain(data, tmp_path / "b.json.gz")
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()


def test_rare_words_are_left_out_unless_we_wrote_them() -> None:
    common = [Example(["bad"], True), Example(["fine"], False)] * 20
    weights = train([*common, Example(["hapax", "bad"], True), Example(["own", "bad"], True, 8.0)])
    assert "hapax" not in weights.unigrams
    assert "own" in weights.unigrams


def test_mixed_unlabelled_and_merely_sorry_turns_teach_nothing() -> None:
    turns = [
        Turn("customer", "a", "mixed", {"emotions": ["anger", "joy"]}),
        Turn("customer", "b"),
        Turn("customer", "c", "negative", {"emotions": ["remorse"]}),
        Turn("customer", "d", "negative", {"emotions": ["remorse", "anger"]}),
        Turn("customer", "e", "positive", {"emotions": ["joy"]}),
        Turn("customer", "f", "neutral"),
    ]
    found = examples_of([Conversation("1", turns)])
    assert [(example.tokens, example.negative) for example in found] == [
        (["d"], True),
        (["e"], False),
        (["f"], False),
    ]


def test_own_sentences_have_one_label_each() -> None:
    found = [" ".join(example.tokens) for example in own_examples()]
    assert len(found) == len(set(found))


def test_fit_reaches_the_minimum() -> None:
    # Three to one for the first feature, one to three for the second: the optimum has a closed form.
    rows, columns = np.arange(4), np.array([0, 0, 1, 1])
    matrix = Entries(rows, columns, np.ones(4), (4, 2))
    labels, trust = np.array([1.0, 0.0, 1.0, 0.0]), np.array([3.0, 1.0, 1.0, 3.0])
    weights, bias = fit(matrix, labels, trust, 0.0, 1e-9, 2000)
    assert weights + bias == pytest.approx([np.log(3), -np.log(3)], abs=1e-3)
    assert bias == pytest.approx(0.0, abs=1e-3)


def test_a_strong_l1_penalty_leaves_nothing() -> None:
    matrix = Entries(np.arange(2), np.arange(2), np.ones(2), (2, 2))
    weights, _ = fit(matrix, np.array([1.0, 0.0]), np.ones(2), 5.0, 0.1, 200)
    assert not weights.any()


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text(json.dumps(comment(1, "a", "neutral")) + "\n{}\n")
    lines = read_conversations(path)
    assert next(lines).turns[0].tokens == ["a"]
    with pytest.raises(ValueError, match=r"talk\.jsonl, line 2, is not a conversation: .*`id`"):
        next(lines)


def test_labels_of_a_conversation_are_learned_only_at_its_end() -> None:
    # One label for all turns of a conversation, at random: whoever peeks beats chance, whoever waits cannot.
    flips = np.random.default_rng(7).integers(0, 2, 120)
    talks = [
        Conversation(str(n), [Turn("customer", "w" + chr(0x4E00 + n), "negative" if flip else "neutral")] * 4)
        for n, flip in enumerate(flips)
    ]
    fresh = train([Example(["x"], True), Example(["y"], False)] * 9)
    assert progressive_roc_auc(Sentiment(fresh), talks) == pytest.approx(0.5, abs=0.15)
    apart = [Conversation(f"{talk.id}-{n}", [turn]) for talk in talks for n, turn in enumerate(talk.turns)]
    assert progressive_roc_auc(Sentiment(fresh), apart) > 0.75


def test_progressive_validation_learns() -> None:
    talks = [
        Conversation(
            str(n), [Turn("customer", "zorgful" if n % 2 else "blimsy", "negative" if n % 2 else "neutral")]
        )
        for n in range(40)
    ]
    model = Sentiment(train([Example(["x"], True), Example(["y"], False)] * 9))
    assert progressive_roc_auc(model, talks) > 0.9
    assert roc_auc(model.weights(1), [(["zorgful"], True), (["blimsy"], False)]) > 0.99
