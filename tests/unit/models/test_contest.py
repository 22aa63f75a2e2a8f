"""What was learned is in force only while it is no worse than the frozen model."""

from models.contest import Contest


def judged(contest: Contest, times: int, candidate: float, frozen: float, weight: float = 1.0) -> Contest:
    for _ in range(times):
        contest = contest.judged(candidate, frozen, negative=True, weight=weight)
    return contest


def test_before_any_label_the_candidate_is_in_force() -> None:
    assert Contest().in_force
    assert Contest().behind == 0.0


def test_a_candidate_that_is_better_stays() -> None:
    assert judged(Contest(), 500, candidate=0.8, frozen=0.6).in_force


def test_one_label_takes_nothing_back_and_some_do() -> None:
    few = judged(Contest(), 2, candidate=0.1, frozen=0.9)
    assert few.in_force
    assert not judged(few, 1, candidate=0.1, frozen=0.9).in_force


def test_labels_that_are_trusted_little_count_little() -> None:
    assert judged(Contest(), 20, candidate=0.1, frozen=0.9, weight=0.1).in_force
    assert not judged(Contest(), 30, candidate=0.1, frozen=0.9, weight=0.1).in_force


def test_a_little_worse_is_no_reason() -> None:
    assert judged(Contest(), 5_000, candidate=0.695, frozen=0.7).in_force


def test_however_good_it_was_it_is_taken_back_soon_and_may_come_again() -> None:
    good = judged(Contest(), 3_000, candidate=0.9, frozen=0.6)
    worse = judged(good, 6, candidate=0.2, frozen=0.6)
    assert not worse.in_force
    almost = judged(worse, 10, candidate=0.8, frozen=0.6)
    assert not almost.in_force
    assert judged(almost, 10, candidate=0.9, frozen=0.6).in_force


def test_certainty_that_is_wrong_costs_a_bounded_amount() -> None:
    assert Contest().judged(0.0, 0.5, negative=True).candidate < 20.0
