import gzip
import json
import math
from pathlib import Path

import pytest

from models.base import LinearWeights
from models.snapshots import PRETRAINED, SnapshotError, load, pretrained, save

WEIGHTS = LinearWeights("t@1", -1.5, {"a b": 1.0, "c": -0.25}, {("a", "b c"): 0.5, ("a b", "c"): 2.0})


def rewrite(path: Path, **changes: object) -> None:
    content = json.loads(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(json.dumps({**content, **changes}, separators=(",", ":")).encode()))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "t.json.gz"
    save(path, WEIGHTS, "two turns")
    return path


def test_what_is_saved_is_loaded(saved: Path) -> None:
    assert load(saved) == WEIGHTS


def test_equal_weights_give_equal_bytes(saved: Path, tmp_path: Path) -> None:
    backwards = LinearWeights(
        "t@1",
        -1.5,
        dict(reversed(list(WEIGHTS.unigrams.items()))),
        dict(reversed(list(WEIGHTS.bigrams.items()))),
    )
    save(tmp_path / "again.json.gz", backwards, "two turns")
    assert (tmp_path / "again.json.gz").read_bytes() == saved.read_bytes()


def test_rounds_to_a_thousandth_and_drops_zeros(tmp_path: Path) -> None:
    path = tmp_path / "t.json.gz"
    save(path, LinearWeights("t@1", 0.12345, {"a": 0.0001, "b": 0.9999}, {("a", "b"): 1e-9}), "")
    assert load(path) == LinearWeights("t@1", 0.123, {"b": 1.0})


def test_other_weights_under_the_old_checksum_are_refused(saved: Path) -> None:
    content = json.loads(gzip.decompress(saved.read_bytes()))
    rewrite(saved, weights={**content["weights"], "bias": 9.0})
    with pytest.raises(SnapshotError, match=r"t\.json\.gz do not match their checksum"):
        load(saved)


def test_rewriting_alone_keeps_the_checksum(saved: Path) -> None:
    rewrite(saved)
    assert load(saved) == WEIGHTS


def test_unknown_format_is_refused(saved: Path) -> None:
    rewrite(saved, format=2)
    with pytest.raises(SnapshotError, match="have format 2; this version reads 1"):
        load(saved)


def test_missing_field_is_refused(saved: Path) -> None:
    content = json.loads(gzip.decompress(saved.read_bytes()))
    content.pop("sha256")
    saved.write_bytes(gzip.compress(json.dumps(content).encode()))
    with pytest.raises(SnapshotError, match=r"cannot be read: .*sha256"):
        load(saved)


@pytest.mark.parametrize("keep", [0, 1, 20, -1])
def test_cut_file_is_refused(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(SnapshotError, match="cannot be read"):
        load(saved)


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"nowhere\.json\.gz cannot be read"):
        load(tmp_path / "nowhere.json.gz")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(SnapshotError, match="cannot be read"):
        load(tmp_path / "text")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.json.gz"
    save(path, LinearWeights("t@1", 0.0, {"a": math.nan}), "")
    with pytest.raises(SnapshotError, match=r"incomplete: .*unigrams"):
        load(path)


def test_shipped_weights_have_a_card_and_a_licence() -> None:
    weights = pretrained()
    assert len(weights.unigrams) > 1000
    assert (PRETRAINED / "goemotions-en.json.gz").stat().st_size < 400_000
    card = (PRETRAINED / "goemotions-en.md").read_text(encoding="utf-8")
    assert weights.name in card
    assert (PRETRAINED / "goemotions.CC-BY-4.0.txt").exists()
    with pytest.raises(SnapshotError, match="klingon"):
        pretrained("klingon")
