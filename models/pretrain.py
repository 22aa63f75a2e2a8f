"""Train the frozen English model that ships: ``python -m models.pretrain DATA OUT``."""

import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.base import Feature, LinearWeights
from models.conversations import Conversation, Turn, read_conversations
from models.elastic import Entries, fit
from models.evaluation import roc_auc
from models.features import features
from models.snapshots import PRETRAINED, save

NAME = "goemotions-en@1"
#: Sentences in the register of a contact center, which the comments lack, and how much each counts.
OWN_SENTENCES = PRETRAINED / "contact-center-en.json"
_OWN_TRUST = 8.0
#: Emotions of somebody who says sorry for himself: in a call that is courtesy, not an unhappy customer.
_COURTESY = frozenset({"remorse", "embarrassment"})
_UNHAPPY = frozenset(
    {
        *("anger", "annoyance", "disappointment", "disapproval", "disgust"),
        *("fear", "grief", "nervousness", "sadness"),
    }
)
#: A feature must occur in this many turns, or in a sentence of our own.
_FEWEST_TURNS = 2
_L1, _L2, _STEPS = 0.2, 0.1, 1500
#: One conversation in this many is kept out of the training whose score is printed.
_HELD_OUT = 10


@dataclass(frozen=True, slots=True)
class Example:
    """The tokens of one turn, whether it is negative, and how much it counts."""

    tokens: Sequence[str]
    negative: bool
    trust: float = 1.0


def own_examples(path: Path = OWN_SENTENCES) -> list[Example]:
    """Return the sentences written for this project."""
    sentences = json.loads(path.read_text(encoding="utf-8"))
    return [
        Example(sentence.split(), kind == "negative", _OWN_TRUST)
        for kind in ("negative", "rest")
        for sentence in sentences[kind]
    ]


def examples_of(conversations: Iterable[Conversation]) -> list[Example]:
    """Return the turns to learn from: those that are negative or not, without mere apologies."""
    return [
        Example(turn.tokens, turn.negative)
        for conversation in conversations
        for turn in conversation.turns
        if turn.negative is not None and not _only_courtesy(turn)
    ]


def _only_courtesy(turn: Turn) -> bool:
    emotions = set(turn.raw.get("emotions", ()))
    return bool(emotions & _COURTESY) and not emotions & _UNHAPPY


def train(examples: Sequence[Example]) -> LinearWeights:
    """Return regularised weights of the 1- and 2-grams that help to tell negative turns from the rest.

    Examples
    --------
    >>> weights = train([Example(["awful"], True), Example(["nice"], False)] * 5)
    >>> weights.unigrams["awful"] > 0 > weights.unigrams["nice"]
    True
    """
    turns = [features(example.tokens) for example in examples]
    occurrences: Counter[Feature] = Counter()
    for turn, example in zip(turns, examples, strict=True):
        occurrences.update(dict.fromkeys(turn, _FEWEST_TURNS if example.trust > 1.0 else 1))
    kept = sorted((f for f, count in occurrences.items() if count >= _FEWEST_TURNS), key=str)
    column = {feature: number for number, feature in enumerate(kept)}
    entries = [
        (row, column[feature], value)
        for row, turn in enumerate(turns)
        for feature, value in turn.items()
        if feature in column
    ]
    rows, columns, values = zip(*entries, strict=True)
    matrix = Entries(np.array(rows), np.array(columns), np.array(values), (len(turns), len(kept)))
    labels = np.array([float(example.negative) for example in examples])
    trust = np.array([example.trust for example in examples])
    found, bias = fit(matrix, labels, trust, _L1, _L2, _STEPS)
    weight = {feature: float(found[number]) for feature, number in column.items() if found[number]}
    return LinearWeights(
        NAME,
        bias,
        {feature: w for feature, w in weight.items() if isinstance(feature, str)},
        {feature: w for feature, w in weight.items() if not isinstance(feature, str)},
    )


def pretrain(data: Path, out: Path) -> float:
    """Train on a file of conversations, write the weights, return the ROC AUC on a held-out tenth.

    The weights that are written learn from everything; the score is that of weights which never saw the
    tenth.
    """
    conversations = list(read_conversations(data))
    held_out = [c for c in conversations if zlib.crc32(c.id.encode()) % _HELD_OUT == 0]
    rest = [c for c in conversations if zlib.crc32(c.id.encode()) % _HELD_OUT]
    own = own_examples()
    trial = train(examples_of(rest) + own)
    auc = roc_auc(trial, [(example.tokens, example.negative) for example in examples_of(held_out)])
    examples = examples_of(conversations)
    trained_on = f"{len(examples)} turns of {data.name} and {len(own)} sentences of our own"
    save(out, train(examples + own), trained_on)
    return auc


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m models.pretrain DATA OUT")
    held_out_auc = pretrain(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"held-out ROC AUC {held_out_auc:.4f}; weights written to {sys.argv[2]}\n")
