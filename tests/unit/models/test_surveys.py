"""What surveys teach: nothing before there is enough, then the right order, corrected for who answers."""

from random import Random
from statistics import fmean

import pytest

from models.outcomes import OutcomeLabel, OutcomeModels, decode, encode
from models.prospects import FEATURES, FEWEST, FEWEST_OF_A_CLASS, Prospect
from models.snapshots import SnapshotError


def call(unhappy: float) -> list[float]:
    return [unhappy if name in ("risk_peak", "mood_at_the_end") else 0.0 for name in FEATURES]


def taught(count: int) -> OutcomeModels:
    """Models that have seen so many calls; who is unhappy gives 1 or 2, who is not 4 or 5."""
    random, models = Random(1), OutcomeModels()
    for n in range(count):
        unhappy = random.random()
        csat = random.choice((1, 2)) if unhappy > 0.5 else random.choice((4, 5))
        models.learn(OutcomeLabel(f"{n}:0", call(unhappy), ended=True), 3 * n)
        models.learn(OutcomeLabel(f"{n}:1", call(unhappy), csat=csat, nps=2 * csat), 3 * n + 1)
        models.learn(OutcomeLabel(f"{n}:2", call(unhappy), resolved=csat > 3), 3 * n + 2)
    return models


def predicted(models: OutcomeModels, unhappy: float) -> Prospect:
    return models.snapshot(1).prospects.predict(call(unhappy))


def test_before_there_is_enough_nothing_is_predicted() -> None:
    found = predicted(taught(FEWEST - 1), 0.9)
    assert (found.csat, found.nps_class, found.first_contact_resolution) == (None, None, None)
    assert (found.labels, found.response_rate) == (3 * (FEWEST - 1), 1.0)


def test_then_unhappy_calls_are_told_from_happy_ones() -> None:
    models = taught(600)
    bad, good = predicted(models, 0.95), predicted(models, 0.05)
    assert bad.csat is not None
    assert good.csat is not None
    assert bad.csat < 2.3 < 3.7 < good.csat
    assert (bad.nps_class, good.nps_class) == ("detractor", "promoter")
    assert bad.first_contact_resolution is not None
    assert good.first_contact_resolution is not None
    assert bad.first_contact_resolution < 0.3 < 0.7 < good.first_contact_resolution


def test_a_class_that_is_rare_is_not_learned_from_a_few() -> None:
    models = OutcomeModels()
    for n in range(1_000):
        models.learn(OutcomeLabel(f"{n}", call(0.5), csat=1 if n < FEWEST_OF_A_CLASS - 1 else 5), n)
    assert predicted(models, 0.5).csat is None
    models.learn(OutcomeLabel("one more", call(0.5), csat=1), 1_000)
    assert predicted(models, 0.5).csat is not None


def test_the_mean_is_corrected_for_who_answers() -> None:
    """Of the happy 60 % answer, of the unhappy 15 %: the plain mean of the answers flatters the floor."""
    random, models = Random(3), OutcomeModels()
    calls = [(random.random(), n) for n in range(6_000)]
    truth, answers = [], []
    for unhappy, n in calls:
        csat = 1 if random.random() < unhappy else 5
        truth.append(csat)
        models.learn(OutcomeLabel(f"{n}:0", call(unhappy), ended=True), 2 * n)
        if random.random() < 0.6 - 0.45 * unhappy:
            answers.append(csat)
            models.learn(OutcomeLabel(f"{n}:1", call(unhappy), csat=csat), 2 * n + 1)
    prospects = models.snapshot(1).prospects
    corrected = fmean(prospects.predict(call(unhappy)).csat or 0.0 for unhappy, _ in calls)
    assert abs(corrected - fmean(truth)) < 0.5 * abs(fmean(answers) - fmean(truth))
    assert prospects.predict(call(0.5)).response_rate == pytest.approx(len(answers) / len(calls), abs=0.001)


def test_a_repeat_counts_once() -> None:
    models = OutcomeModels()
    label = OutcomeLabel("c1:outcome:1", call(0.5), csat=3)
    assert [models.learn(label, 0), models.learn(label, 0), models.learn(label, 1)] == [True, False, False]


def test_another_goes_on_where_it_stopped() -> None:
    first = taught(50)
    second = OutcomeModels(decode(encode(first.snapshot(3))))
    for models in (first, second):
        models.learn(OutcomeLabel("more", call(0.3), csat=2), 10_000)
    assert first.snapshot(4) == second.snapshot(4)


def test_what_is_damaged_is_refused() -> None:
    data = bytearray(encode(taught(3).snapshot(1)))
    data[-9] ^= 1
    with pytest.raises(SnapshotError):
        decode(bytes(data))
