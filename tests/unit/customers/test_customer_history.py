from typing import Any

import pytest

from streams.calls.reports import ContactReport
from streams.customers.history import (
    DAY_MS,
    KEPT_MS,
    MAX_CONTACTS,
    RECENT_MS,
    REPEAT_MS,
    contacts_until,
    decode_history,
    encode_history,
    expire,
    is_bad,
    is_repeat,
    record,
    repeats_until,
    resolutions,
)
from tests.builders import T0
from tests.people import contact, history


def repeated(first: ContactReport, second: ContactReport) -> bool:
    return is_repeat(history(first, second), second)


def test_a_repeated_record_changes_nothing() -> None:
    once = history(contact("c1", stage="started"), contact("c1", csat=1))
    assert record(once, contact("c1", csat=1)) == once
    assert record(once, contact("c1", stage="started")) == once


def test_what_is_known_better_replaces_what_was_said_before() -> None:
    found = history(contact("c1", csat=5), contact("c1", stage="updated", at=T0 + DAY_MS, csat=5, nps=2))
    assert [known.nps for known in found.contacts.values()] == [2]


def test_a_report_that_was_overtaken_changes_nothing() -> None:
    survey = contact("c1", stage="updated", at=T0 + DAY_MS, nps=2)
    assert history(survey, contact("c1"), contact("c1", stage="started")) == history(survey)


def test_of_two_updates_in_the_same_millisecond_the_fuller_one_stays() -> None:
    wrapped = contact("c1", stage="updated", at=T0 + 400_000, matter="refund")
    surveyed = contact("c1", stage="updated", at=T0 + 400_000, matter="refund", csat=1)
    for order in ((wrapped, surveyed), (surveyed, wrapped)):
        assert [known.csat for known in history(*order).contacts.values()] == [1]


def test_the_customer_whom_the_telephony_calls_unknown_keeps_the_newest_hundred() -> None:
    many = [contact(f"c{number:04}", number / 1000) for number in range(MAX_CONTACTS + 20)]
    found = history(*many)
    assert list(found.contacts) == [known.call_id for known in many[20:]]


def test_contacts_older_than_ninety_days_are_forgotten_when_time_goes_on() -> None:
    found = history(contact("c1"), contact("c2", 89))
    assert set(found.contacts) == {"c1", "c2"}
    assert set(record(found, contact("c3", 91)).contacts) == {"c2", "c3"}


def test_what_is_expired_is_gone_without_a_new_contact_too() -> None:
    found = history(contact("c1"), contact("c2", 10))
    assert expire(found, T0 + KEPT_MS - 1) is found
    later = expire(found, T0 + KEPT_MS)
    assert later is not None
    assert set(later.contacts) == {"c2"}
    assert expire(found, T0 + KEPT_MS + 10 * DAY_MS) is None


def test_contacts_in_thirty_days_count_this_one_and_inbound_ones_only() -> None:
    found = history(
        contact("old", -31), contact("c1", -29), contact("ours", -2, direction="outbound"), contact("now")
    )
    assert contacts_until(found, T0) == 2
    assert contacts_until(found, T0 - 1) == 1
    assert contacts_until(found, T0 + RECENT_MS) == 0


def test_calls_of_a_chain_are_one_contact() -> None:
    found = history(
        contact("c1"),
        contact("c2", 0.01, parent_call_id="c1"),
        contact("c3", 0.02, parent_call_id="c2"),
        contact("c4", 0.03, parent_call_id="never seen"),
    )
    assert contacts_until(found, T0 + DAY_MS) == 2


@pytest.mark.parametrize(
    ("first", "second", "repeat"),
    [
        ({}, {}, True),
        ({}, {"day": 7}, True),
        ({}, {"day": 7.001}, False),
        ({}, {"queue": "broadband"}, False),
        ({"queue": ""}, {"queue": ""}, False),
        ({"matter": "refund"}, {"matter": "refund", "queue": "broadband"}, True),
        ({"matter": "refund"}, {"matter": "new card"}, False),
        ({"matter": "refund", "code": "B1"}, {"code": "B1", "queue": "broadband"}, True),
        ({"matter": "refund"}, {}, True),
        ({"code": "B1"}, {"code": "B2"}, False),
        ({"direction": "outbound"}, {}, False),
        ({}, {"direction": "outbound"}, False),
    ],
    ids=lambda known: (
        ",".join(f"{name}={value}" for name, value in known.items()) if isinstance(known, dict) else ""
    ),
)
def test_a_repeat_is_the_same_customer_about_the_same_within_seven_days(
    first: dict[str, Any], second: dict[str, Any], repeat: bool
) -> None:
    assert repeated(contact("c1", **first), contact("c2", **{"day": 1, **second})) is repeat


def test_a_transferred_call_is_no_repeat_of_itself() -> None:
    assert not repeated(contact("c1"), contact("c2", 0.01, parent_call_id="c1"))
    both = history(contact("c2", parent_call_id="p"), contact("c3", 0.1, parent_call_id="p"))
    assert repeats_until(both, T0 + DAY_MS) == 0


def test_calls_that_name_each_other_as_parent_end_no_worker() -> None:
    found = history(contact("c1", parent_call_id="c2"), contact("c2", 0.1, parent_call_id="c1"))
    assert contacts_until(found, T0 + DAY_MS) == 1
    assert repeats_until(found, T0 + DAY_MS) == 0


def test_a_wrap_up_that_comes_later_can_take_a_repeat_back() -> None:
    found = history(contact("c1", matter="refund"), contact("c2", 1))
    assert repeats_until(found, T0 + DAY_MS) == 1
    found = record(found, contact("c2", 1, stage="updated", at=T0 + 2 * DAY_MS, matter="new card"))
    assert repeats_until(found, T0 + DAY_MS) == 0


@pytest.mark.parametrize(
    ("known", "bad"),
    [
        ({}, False),
        ({"unrecovered": True}, True),
        ({"csat": 2}, True),
        ({"csat": 3}, False),
        ({"nps": 6}, True),
        ({"nps": 7}, False),
        ({"nps": 0}, True),
        ({"resolved": False}, True),
        ({"resolved": True, "csat": 5, "nps": 10}, False),
    ],
)
def test_a_bad_experience_is_what_the_customer_had_of_it(known: dict[str, Any], bad: bool) -> None:
    assert is_bad(contact("c1", **known)) is bad


def test_a_contact_is_judged_once_when_its_seven_days_are_over() -> None:
    solved = history(contact("c1"))
    end = T0 + REPEAT_MS
    assert resolutions(solved, 0, end - 1) == []
    assert resolutions(solved, end - 1, end) == [True]
    assert resolutions(solved, end, end + DAY_MS) == []


def test_a_contact_that_was_repeated_had_not_been_solved_and_its_repeat_is_not_asked() -> None:
    found = history(contact("c1"), contact("c2", 3), contact("c3", 9))
    assert resolutions(found, 0, T0 + 30 * DAY_MS) == [False]


def test_outbound_calls_and_later_calls_of_a_chain_are_not_asked() -> None:
    found = history(
        contact("c1", direction="outbound"), contact("c2", 0.1), contact("c3", 0.2, parent_call_id="c2")
    )
    assert resolutions(found, 0, T0 + 30 * DAY_MS) == [True]


def test_a_history_travels_as_it_is() -> None:
    found = history(contact("c1", csat=1, matter="émigré", advocacy=True), contact("c2", 1))
    assert decode_history(encode_history(found)) == found
    assert len(encode_history(found)) < 700
