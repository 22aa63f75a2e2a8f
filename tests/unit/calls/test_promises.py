from datetime import UTC, datetime

import pytest

from streams.calls.events import CallEnded
from streams.calls.outcome import CallOutcome
from streams.calls.promises import promised_until
from streams.calls.reports import ContactReport
from tests.builders import Call, at, of_kind, started

#: A Tuesday, 14:30 UTC.
SAID_AT = datetime(2025, 10, 7, 14, 30, tzinfo=UTC)


def due(text: str) -> datetime | None:
    found = promised_until(text.split(), int(SAID_AT.timestamp() * 1000))
    return datetime.fromtimestamp(found / 1000, UTC) if found else None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("you'll have it today", 7),
        ("i'll ring you tonight", 7),
        ("i'll ring you tomorrow morning", 8),
        ("you'll have it by friday", 10),
        ("you'll have it by monday", 13),
        ("you'll have it by tuesday", 14),
    ],
)
def test_a_day_is_over_a_day_after_its_end(text: str, day: int) -> None:
    assert due(text) == datetime(2025, 10, day + 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("within an hour", 1),
        ("in two hours", 2),
        ("within three days", 72),
        ("in a week", 168),
        ("within 24 hours", 24),
        ("in 2 hours", 2),
        ("in the next two hours", 2),
        ("within 48 hours", 48),
        ("within forty eight hours", 48),
    ],
)
def test_a_time_counts_from_when_it_was_said(text: str, hours: int) -> None:
    found = due(f"i'll ring you {text}")
    assert found is not None
    assert (found - SAID_AT).total_seconds() == hours * 3_600


@pytest.mark.parametrize(
    "text", ["i'll see what i can do", "i'll do it soon", "it took two hours", "in some hours", ""]
)
def test_what_names_no_time_is_never_due(text: str) -> None:
    assert due(text) is None


# The same in a call.


def promised(call: Call) -> int | None:
    call.apply(CallEnded("c1", at(17)))
    [report] = [report for report in of_kind(call.outputs, ContactReport) if report.stage == "ended"]
    found: int | None = report.promised_by
    return found


def customers_call() -> Call:
    call = Call()
    call.apply(started(customer_id="u1"))
    return call


def test_a_dated_promise_is_told_to_the_history() -> None:
    call = customers_call()
    call.agent("i'll call you in two hours", 10)
    assert promised(call) == at(10) + 2 * 3_600_000


def test_a_number_in_digits_is_a_date_too() -> None:
    call = customers_call()
    call.agent("i'll call you within 24 hours.", 10)
    assert promised(call) == at(10) + 24 * 3_600_000


def test_a_promise_without_a_date_is_not() -> None:
    call = customers_call()
    call.agent("i'll call you then", 10)
    assert promised(call) is None
    assert of_kind(call.outputs, CallOutcome)[0].signals == {"promise": 1}


def test_a_date_without_a_promise_is_not() -> None:
    call = customers_call()
    call.agent("it was fine in two hours", 10)
    assert promised(call) is None


def test_a_customer_promises_nothing() -> None:
    call = customers_call()
    call.customer("i'll call you in two hours", 10)
    assert promised(call) is None


def test_the_latest_promise_counts() -> None:
    call = customers_call()
    call.agent("i'll call you in two hours", 10)
    call.agent("i'll call you in an hour", 15)
    assert promised(call) == at(10) + 2 * 3_600_000
