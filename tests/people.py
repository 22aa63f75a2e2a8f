"""Contacts of one customer, for tests."""

from typing import Any

from streams.calls.reports import ContactReport
from streams.customers.history import DAY_MS, History, record
from tests.builders import T0


def contact(call: str, day: float = 0.0, stage: Any = "ended", **known: Any) -> ContactReport:
    """A contact of five minutes that began `day` days after T0, in billing unless said otherwise."""
    started_at = T0 + round(day * DAY_MS)
    at = known.pop("at", started_at if stage == "started" else started_at + 300_000)
    known = {"queue": "billing", **known}
    return ContactReport(f"{call}:{stage}:{at}", "u1", call, stage, at, started_at, **known)


def history(*reports: ContactReport) -> History:
    found = History()
    for report in reports:
        found = record(found, report)
    return found
