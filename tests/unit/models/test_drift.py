"""Drift is seen where it is, and not where there is only chance."""

from random import Random

from models.drift import Change, Drift


def watched(figures: list[tuple[float, float]]) -> list[Change]:
    drift = Drift()
    return [change for error, unknown in figures for change in drift.seen(error, unknown)]


def test_a_steady_floor_has_no_drift() -> None:
    random = Random(1)
    assert watched([(random.random() * 0.4, random.random() * 0.2) for _ in range(3_000)]) == []


def test_new_words_are_seen_apart_from_new_errors() -> None:
    random = Random(2)
    figures = [(random.random() * 0.4, random.random() * 0.2) for _ in range(1_000)]
    figures += [(random.random() * 0.4, 0.3 + random.random() * 0.4) for _ in range(500)]
    found = watched(figures)
    assert {change.watched for change in found} == {"unknown_words"}
    assert found[0].after > found[0].before
