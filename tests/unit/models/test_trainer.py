import hashlib
import math
from random import Random
from typing import Any

import msgspec
import pytest

from models.base import LinearWeights
from models.budget import MOST_A_DAY
from models.evaluation import score_tokens
from models.sentiment import Learned, merged
from models.snapshots import Snapshot, SnapshotError, decode, encode, pretrained
from models.trainer import Example, Trainer

BASE = "base@1"
SNAPSHOT = Snapshot(
    version=3,
    base=BASE,
    library="river 0",
    offset=41,
    examples={"verdict": 2},
    applied=b"12345678abcdefgh",
    learned=Learned(0.1, 10.0, 0.1, 0.2, [("so", "", 0.5, 1.0), ("so", "bad", -0.25, 0.5)]),
)


def example(number: int, text: str, negative: bool = True, source: str = "verdict") -> Example:
    return Example(f"c{number}:{source}:1:0", text.split(), negative, 1.0, source)


def sealed(content: dict[str, Any], **envelope: Any) -> bytes:
    """A record with any content and the checksum that fits."""
    raw = msgspec.msgpack.encode(content)
    around = {"format": 1, "sha256": hashlib.sha256(raw).digest(), "snapshot": msgspec.Raw(raw)}
    return msgspec.msgpack.encode(around | envelope)


def test_a_new_word_is_learned_from_verdicts() -> None:
    trainer = Trainer(pretrained())
    before = score_tokens(merged(pretrained(), trainer.snapshot(1).learned, 1), ["it", "is", "grotzed"])
    for number in range(8):
        assert trainer.learn(example(number, "my card is grotzed again"), number)
    after = score_tokens(merged(pretrained(), trainer.snapshot(2).learned, 2), ["it", "is", "grotzed"])
    assert after > before + 0.1
    assert trainer.examples == {"verdict": 8}


def test_a_flood_of_wrong_labels_from_one_person_moves_little() -> None:
    said = ["this", "is", "terrible", "and", "nobody", "helps", "me"]
    frozen = pretrained()
    flooded, bounded = Trainer(frozen), Trainer(frozen)
    for number in range(2_000):
        wrong = Example(f"c{number}:verdict:1:0", said, False, 1.0, "verdict", by="eve", at=number)
        assert flooded.learn(wrong, number) == (number < MOST_A_DAY)
    for number in range(MOST_A_DAY):
        bounded.learn(Example(f"c{number}:verdict:1:0", said, False, 1.0, "verdict"), number)
    weights = [merged(frozen, trainer.snapshot(1).learned, 1) for trainer in (flooded, bounded)]
    assert weights[0] == weights[1]


def test_what_was_learned_from_wrong_labels_is_taken_back_when_right_ones_come() -> None:
    frozen = pretrained()
    trainer = Trainer(frozen)
    said = ["this", "is", "terrible", "and", "nobody", "helps", "me"]
    for number in range(40):
        trainer.learn(Example(f"w{number}", said, False, 1.0, "verdict"), number)
    assert trainer.contest.in_force  # by these labels it was better
    for number in range(40, 100):
        trainer.learn(Example(f"r{number}", said, True, 1.0, "verdict"), number)
        if not trainer.contest.in_force:
            break
    assert not trainer.contest.in_force
    again = Trainer(frozen, decode(encode(trainer.snapshot(4)), frozen.name))
    assert again.contest == trainer.contest


def test_drift_is_noted() -> None:
    random, trainer = Random(1), Trainer(pretrained())
    for number in range(900):
        word = "terrible" if number < 500 else "".join(random.choices("bcdfgz", k=6))
        trainer.learn(example(number, f"this is {word}"), number)
    assert [change.watched for change in trainer.changes] == ["unknown_words"]


def test_what_teaches_nothing_is_passed_over() -> None:
    trainer = Trainer(LinearWeights(BASE))
    trainer.pass_over(7)
    trainer.pass_over(3)
    assert trainer.offset == 7
    assert not trainer.learn(example(1, "too late"), 7)
    assert trainer.snapshot(1).examples == {}


def test_ids_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.applied.REMEMBERED_IDS", 3)
    trainer = Trainer(LinearWeights(BASE))
    learned = [trainer.learn(example(number, "a"), place) for place, number in enumerate([1, 2, 3, 1, 4, 1])]
    assert learned == [True, True, True, False, True, True]


def test_a_snapshot_stays_under_a_megabyte_and_keeps_the_largest_weights() -> None:
    features = [(f"word{number}", "ü" * 100, (-1) ** number * number / 1e4, 1.0) for number in range(9_000)]
    full = msgspec.structs.replace(SNAPSHOT.learned, features=features)
    trainer = Trainer(LinearWeights(BASE), msgspec.structs.replace(SNAPSHOT, learned=full))
    kept = trainer.snapshot(4)
    kept = msgspec.structs.replace(kept, applied=b"x" * 80_000)
    assert 600_000 < len(encode(kept)) < 900_000
    left = [feature for feature in features if feature not in kept.learned.features]
    assert kept.learned.features == features[len(left) :]


def test_what_travels_is_read_back() -> None:
    assert decode(encode(SNAPSHOT), BASE) == SNAPSHOT


@pytest.mark.parametrize("bit", [1, 128])
def test_every_changed_byte_is_noticed(bit: int) -> None:
    good = encode(SNAPSHOT)
    for place in range(len(good)):
        bad = good[:place] + bytes([good[place] ^ bit]) + good[place + 1 :]
        with pytest.raises(SnapshotError):
            decode(bad, BASE)


CONTENT: dict[str, Any] = msgspec.to_builtins(SNAPSHOT, builtin_types=(bytes,))


@pytest.mark.parametrize(
    ("data", "reason", "sentence"),
    [
        (b"", "unreadable", "cannot be read"),
        (b"hello", "unreadable", "cannot be read"),
        (encode(SNAPSHOT)[:-1], "unreadable", "cannot be read"),
        (sealed(CONTENT, format=2), "format", "format 2; this version reads 1"),
        (msgspec.msgpack.encode({"format": 2, "parts": 3}), "format", "format 2"),
        (sealed(CONTENT, sha256=b"x" * 32), "checksum", "does not match its checksum"),
        (sealed({**CONTENT, "version": 0}), "content", "incomplete"),
        (sealed({**CONTENT, "applied": b"123"}), "content", "3 bytes, 8 each"),
        (sealed({**CONTENT, "base": msgspec.Raw(b"\xa1\xff")}), "content", "incomplete"),
        (sealed({"version": 1}), "content", "missing required field"),
        (sealed({**CONTENT, "base": "other@2"}), "base", "rests on other@2; this worker has base@1"),
    ],
)
def test_a_bad_snapshot_is_refused_with_its_reason(data: bytes, reason: str, sentence: str) -> None:
    with pytest.raises(SnapshotError, match=sentence) as refused:
        decode(data, BASE)
    assert refused.value.reason == reason


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e300])
@pytest.mark.parametrize("field", ["bias", "frozen_weight", "frozen_squares", "weight", "squares"])
def test_numbers_that_make_no_sense_are_refused(field: str, number: float) -> None:
    feature = ["so", "", 0.5, 1.0]
    learned = {**CONTENT["learned"], "features": [feature]}
    if field in learned:
        learned[field] = number
    else:
        feature[2 if field == "weight" else 3] = number
    with pytest.raises(SnapshotError, match="incomplete") as refused:
        decode(sealed({**CONTENT, "learned": learned}), BASE)
    assert refused.value.reason == "content"
