"""A trainer restored from what travelled goes on, to the last bit, like the one that was saved."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

import models.applied
import models.trainer
from models.base import LinearWeights
from models.sentiment import merged
from models.snapshots import decode, encode, pretrained
from models.trainer import Example, Trainer

FROZEN = pretrained()

words = st.sampled_from(["i", "am", "so", "Grotty!", "grotty", "angry", "thanks", "...", "", "😡", "24/7"])
example = st.builds(
    Example,
    st.sampled_from([f"c{number}" for number in range(30)]),
    st.lists(words | st.text(max_size=8), max_size=12),
    st.booleans(),
    st.floats(0.01, 1.0),
    st.sampled_from(["verdict", "review"]),
    st.sampled_from(["", "ann", "bob"]),
    st.integers(0, 3 * 86_400_000),
)
lessons = st.lists(example, max_size=12)


def teach(trainer: Trainer, examples: list[Example]) -> list[bool]:
    return [trainer.learn(one, trainer.offset + 1) for one in examples]


@given(lessons, lessons, lessons)
@settings(deadline=None)
def test_a_restored_trainer_goes_on_exactly(
    before: list[Example], between: list[Example], after: list[Example]
) -> None:
    trainer = Trainer(FROZEN)
    teach(trainer, before)
    for version, more in enumerate((between, after), 1):
        again = Trainer(FROZEN, decode(encode(trainer.snapshot(version)), FROZEN.name))
        assert teach(again, more) == teach(trainer, more)
        assert again.snapshot(9) == trainer.snapshot(9)


@given(lessons, lessons, st.sampled_from([0, 40, 90, 300]), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_so_does_one_that_had_to_forget(
    before: list[Example], after: list[Example], room: int, remembered: int
) -> None:
    with (
        patch.object(models.trainer, "MAX_LEARNED_BYTES", room),
        patch.object(models.applied, "REMEMBERED_IDS", remembered),
    ):
        trainer = Trainer(FROZEN)
        teach(trainer, before)
        again = Trainer(FROZEN, trainer.snapshot(1))
        assert teach(again, after) == teach(trainer, after)
        last = trainer.snapshot(2)
        assert again.snapshot(2) == last
        assert len(last.applied) <= 8 * remembered
        assert sum(len((first + second).encode()) for first, second, *_ in last.learned.features) <= room


@given(lessons)
@settings(deadline=None)
def test_an_example_counts_once_wherever_the_log_repeats_it(examples: list[Example]) -> None:
    plain, repeating = Trainer(LinearWeights("none@0")), Trainer(LinearWeights("none@0"))
    teach(plain, examples)
    teach(repeating, [one for example in examples for one in (example, example)])
    for one in examples:
        assert not repeating.learn(one, 0)
    once, twice = plain.snapshot(1), repeating.snapshot(1)
    assert (once.learned, once.examples, once.applied) == (twice.learned, twice.examples, twice.applied)
    assert sum(once.examples.values()) == len({example.record_id for example in examples})


@given(lessons)
@settings(deadline=None)
def test_weights_of_a_snapshot_are_those_of_the_model(examples: list[Example]) -> None:
    trainer = Trainer(FROZEN)
    teach(trainer, examples)
    snapshot = trainer.snapshot(3)
    assert merged(FROZEN, snapshot.learned, 3) == trainer._model.weights(3)
