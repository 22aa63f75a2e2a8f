import pytest

from streams.topics import CHANGELOGS, DAY_MS, HOUR_MS, TOPICS, by_name


@pytest.mark.parametrize("name", CHANGELOGS)
def test_a_changelog_is_only_compacted_and_rolls_small_segments(name: str) -> None:
    """H15: one that a retention emptied is never recovered."""
    config = by_name(name).config
    assert config["cleanup.policy"] == "compact"
    assert "retention.ms" not in config
    assert int(config["segment.bytes"]) <= 2**26
    assert by_name(name).internal


@pytest.mark.parametrize(("name", "days"), [("agent-workload", 1), ("customer-risk", 90)])
def test_what_is_about_people_is_compacted_and_ends_on_the_broker_too(name: str, days: int) -> None:
    config = by_name(name).config
    assert config["cleanup.policy"] == "compact,delete"
    assert int(config["retention.ms"]) == days * DAY_MS


def test_what_names_a_person_is_kept_a_day_in_segments_of_an_hour() -> None:
    config = by_name("agents-in").config
    assert (int(config["retention.ms"]), int(config["segment.ms"])) == (DAY_MS, HOUR_MS)


def test_each_topic_is_there_once() -> None:
    names = [spec.name for spec in TOPICS]
    assert len(set(names)) == len(names)
