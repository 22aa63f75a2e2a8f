"""Records that come twice, late or in another order leave the same history and the same load."""

from random import Random
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from streams.agents.load import Load, decode_load, encode_load, workload
from streams.agents.load import record as record_stint
from streams.calls.reports import ContactReport, StintReport
from streams.customers.history import (
    DAY_MS,
    History,
    decode_history,
    encode_history,
    expire,
    record,
    resolutions,
)
from streams.customers.risk import customer_risk
from tests.builders import T0

calls = st.integers(0, 6)
maybe = st.none() | st.booleans()


@st.composite
def contacts(draw: st.DrawFn) -> ContactReport:
    """One report of one of seven calls; a call begins when it begins, whoever tells of it."""
    call = draw(calls)
    stage: Literal["started", "ended", "updated"] = draw(st.sampled_from(["started", "ended", "updated"]))
    started_at = T0 + call * 17 * DAY_MS
    at = started_at if stage == "started" else started_at + draw(st.integers(1, 5))
    known: dict[str, Any] = {
        "matter": draw(st.sampled_from([None, "refund", "card"])),
        "resolved": draw(maybe),
        "csat": draw(st.none() | st.integers(1, 5)),
        "cancel_threat": draw(st.booleans()),
        "legal_threat": draw(st.booleans()),
        "parent_call_id": draw(st.sampled_from([None, "c0", "c3"])),
        "direction": draw(st.sampled_from(["inbound", "outbound"])),
    }
    number = draw(st.integers(0, 10**9))
    return ContactReport(f"r{number}", "u1", f"c{call}", stage, at, started_at, "billing", **known)


reports = st.lists(contacts(), max_size=12, unique_by=lambda report: report.record_id)
stints = st.lists(
    st.builds(
        lambda number, joined, length, tense, escalated: StintReport(
            f"r{number}", "a1", f"c{number}", "q", T0 + joined, T0 + joined + length, tense, escalated
        ),
        st.integers(0, 10**9),
        st.integers(0, 60 * 60 * 1000 * 40),
        st.integers(0, 60 * 60 * 1000),
        st.booleans(),
        st.integers(0, 10**7),
    ),
    max_size=8,
    unique_by=lambda report: report.record_id,
)


def kept(found: list[ContactReport]) -> History:
    history = History()
    for report in found:
        history = record(history, report)
    return history


def loaded(found: list[StintReport]) -> Load:
    load = Load()
    for report in found:
        load = record_stint(load, report)
    return load


@given(reports, st.randoms(use_true_random=False))
def test_reports_in_another_order_and_twice_leave_the_same_history(
    found: list[ContactReport], chance: Random
) -> None:
    again = found + [report for report in found if chance.random() < 0.5]
    chance.shuffle(again)
    assert kept(again) == kept(found)
    assert customer_risk("u1", kept(again)) == customer_risk("u1", kept(found))


@given(reports, st.integers(0, 12))
def test_a_replay_from_any_place_changes_nothing(found: list[ContactReport], place: int) -> None:
    assert kept(found + found[place:]) == kept(found)


@given(reports)
def test_counts_stay_in_their_bounds(found: list[ContactReport]) -> None:
    history = kept(found)
    risk = customer_risk("u1", history)
    assert 0 <= risk.repeat_contacts <= len(history.contacts)
    assert 0 <= risk.contacts_in_30_days <= len(history.contacts)
    assert risk.bad_experiences <= len(history.contacts)
    assert (risk.churn == "low") == (not risk.churn_reasons)
    assert (risk.reputation == "low") == (not risk.reputation_reasons)


@given(reports, st.integers(0, 120), st.integers(0, 120))
def test_each_contact_is_judged_once_however_time_is_cut(
    found: list[ContactReport], one: int, other: int
) -> None:
    history = kept(found)
    first, second = sorted((T0 + one * DAY_MS, T0 + other * DAY_MS))
    end = T0 + 200 * DAY_MS
    whole = resolutions(history, 0, end)
    parts = [resolutions(history, *span) for span in ((0, first), (first, second), (second, end))]
    assert sorted(verdict for part in parts for verdict in part) == sorted(whole)


@given(reports, st.integers(0, 300))
def test_expiring_is_done_once_and_keeps_nothing_older(found: list[ContactReport], day: int) -> None:
    now = T0 + day * DAY_MS
    left = expire(kept(found), now)
    if left is not None:
        assert all(contact.started_at > now - 90 * DAY_MS for contact in left.contacts.values())
        assert expire(left, now) is left
        assert decode_history(encode_history(left)) == left


@given(stints, st.randoms(use_true_random=False))
def test_stints_in_another_order_and_twice_leave_the_same_load(
    found: list[StintReport], chance: Random
) -> None:
    again = found + [report for report in found if chance.random() < 0.5]
    chance.shuffle(again)
    assert loaded(again) == loaded(found)
    assert workload("a1", loaded(again)) == workload("a1", loaded(found))
    assert decode_load(encode_load(loaded(found))) == loaded(found)


@given(stints)
def test_a_workload_is_within_what_can_be(found: list[StintReport]) -> None:
    seen = workload("a1", loaded(found))
    assert 0 <= seen.tense_in_a_row <= seen.calls <= len(found)
    assert 0 <= seen.escalated_ratio <= 1
    assert seen.break_suggested == bool(seen.break_reasons) == (seen.break_until is not None)
