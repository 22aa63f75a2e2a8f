from typing import Any

from streams.agents.load import (
    BREAK_ESCALATED_MS,
    BREAK_MS,
    KEPT_MS,
    MAX_STINTS,
    MINUTE_MS,
    Load,
    decode_load,
    encode_load,
    expire,
    record,
    workload,
)
from streams.agents.records import AgentWorkload
from streams.calls.reports import StintReport
from tests.builders import T0


def stint(number: int, minute: float, minutes: float = 4, **known: Any) -> StintReport:
    """A time on a call that began so many minutes after T0."""
    joined_at = T0 + round(minute * MINUTE_MS)
    left_at = joined_at + round(minutes * MINUTE_MS)
    return StintReport(f"c{number}:a1", "a1", f"c{number}", "billing", joined_at, left_at, **known)


def load(*reports: StintReport) -> Load:
    found = Load()
    for report in reports:
        found = record(found, report)
    return found


def seen(*reports: StintReport) -> AgentWorkload:
    return workload("a1", load(*reports))


def tense(*minutes: float, **known: Any) -> list[StintReport]:
    return [stint(number, minute, tense=True, **known) for number, minute in enumerate(minutes)]


def test_a_calm_day_asks_for_nothing() -> None:
    found = seen(*(stint(number, 5 * number) for number in range(20)))
    assert (found.calls, found.tense_in_a_row, found.escalated_ratio) == (20, 0, 0.0)
    assert (found.break_suggested, found.break_reasons, found.break_until) == (False, (), None)
    assert found.at == found.last_calm_at == T0 + 99 * MINUTE_MS


def test_the_third_tense_call_in_a_row_suggests_a_break() -> None:
    calls = tense(0, 5, 10)
    assert not seen(*calls[:2]).break_suggested
    found = seen(*calls)
    assert (found.tense_in_a_row, found.last_calm_at) == (3, None)
    assert (found.break_suggested, found.break_reasons) == (True, ("tense_calls_in_a_row",))
    assert found.break_until == found.at + BREAK_MS


def test_a_calm_call_between_them_counts_from_the_start() -> None:
    found = seen(*tense(0, 5), stint(9, 10), stint(10, 15, tense=True))
    assert (found.tense_in_a_row, found.break_suggested) == (1, False)
    assert found.last_calm_at == T0 + 14 * MINUTE_MS


def test_after_a_break_what_was_before_asks_for_none_but_is_still_shown() -> None:
    found = seen(*tense(0, 5), stint(9, 24, tense=True))
    assert (found.tense_in_a_row, found.break_suggested) == (3, False)
    assert seen(*tense(0, 5), stint(9, 23, tense=True)).break_suggested


def test_twenty_minutes_of_escalation_since_the_last_break_suggest_one() -> None:
    half = BREAK_ESCALATED_MS // 2
    calls = [stint(0, 0, 30, tense=True, escalated_ms=half), stint(1, 31, 30, escalated_ms=half)]
    found = seen(*calls)
    assert found.break_reasons == ("time_in_escalated_calls",)
    assert found.escalated_ratio == round(20 / 60, 4)
    assert not seen(calls[0], stint(1, 60, 30, escalated_ms=half)).break_suggested


def test_chats_that_run_at_once_leave_no_break_between_them() -> None:
    found = seen(stint(0, 0, 60, tense=True), stint(1, 5, 3, tense=True), stint(2, 61, tense=True))
    assert found.break_suggested


def test_a_repeated_record_changes_nothing() -> None:
    once = load(*tense(0, 5))
    assert record(once, tense(0)[0]) == once


def test_what_is_older_than_a_day_is_forgotten() -> None:
    found = load(stint(0, 0), stint(1, 60))
    assert len(record(found, stint(2, 24 * 60 + 10)).stints) == 2
    assert expire(found, T0 + KEPT_MS) is found
    later = expire(found, T0 + KEPT_MS + 4 * MINUTE_MS)
    assert later is not None
    assert len(later.stints) == 1
    assert expire(found, T0 + 2 * KEPT_MS) is None


def test_no_more_is_kept_than_anybody_can_do_in_a_day() -> None:
    found = load(*(stint(number, number / 10, 0.05) for number in range(MAX_STINTS + 5)))
    assert len(found.stints) == MAX_STINTS


def test_a_clock_that_went_back_makes_no_negative_time() -> None:
    found = seen(stint(0, 0, -5, escalated_ms=10_000), stint(1, 1, 4, escalated_ms=10**9))
    assert found.escalated_ratio == 1.0
    assert found.calls == 2


def test_what_is_kept_names_neither_call_nor_queue_nor_customer() -> None:
    value = encode_load(load(stint(0, 0, tense=True)))
    assert decode_load(value) == load(stint(0, 0, tense=True))
    assert b"c0" not in value
    assert b"a1" not in value
    assert b"billing" not in value


def test_a_workload_says_nothing_of_feelings_or_of_how_well_anybody_works() -> None:
    """EU AI Act, Art. 5(1)(f): a new field has to be thought about here first."""
    assert AgentWorkload.__struct_fields__ == (
        *("agent_id", "at", "calls", "tense_in_a_row", "last_calm_at", "escalated_ratio"),
        *("break_suggested", "break_reasons", "break_until"),
    )
