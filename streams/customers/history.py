"""A customer's contacts, and what counts over them: repeats, bad experiences, first-contact resolution.

A history is a value. It depends on which reports are in it and not on their order: of one call the report
that says most stays, so a repeated or overtaken one changes nothing.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from streams.calls.reports import ContactReport

DAY_MS: Final = 24 * 60 * 60 * 1000
#: Contacts are forgotten after so long, ms, and above so many the oldest are.
KEPT_MS: Final = 90 * DAY_MS
MAX_CONTACTS: Final = 100
#: What `contacts_in_30_days` looks back on, ms.
RECENT_MS: Final = 30 * DAY_MS
#: A contact about the same matter within so long, ms, is a repeat; without one the first had solved it.
REPEAT_MS: Final = 7 * DAY_MS
#: The worst answers of a survey that make a contact a bad experience (NPS: the detractors).
BAD_CSAT: Final = 2
BAD_NPS: Final = 6

_STAGES: Final = {"started": 0, "ended": 1, "updated": 2}
_LEARNED_LATER: Final = ("matter", "code", "resolved", "account_closed", "csat", "nps")


class History(Struct, frozen=True, omit_defaults=True):
    """All that is kept of one customer.

    Parameters
    ----------
    at : int
        Unix ms of the newest report.
    contacts : dict of str to ContactReport
        The fullest report of each call, by call.
    """

    at: int = 0
    contacts: dict[str, ContactReport] = {}


def record(history: History, report: ContactReport) -> History:
    """Return the history with one more report in it.

    Examples
    --------
    >>> start = ContactReport("r1", "u1", "c1", "started", 1_000, 1_000)
    >>> end = ContactReport("r2", "u1", "c1", "ended", 9_000, 1_000, resolved=False)
    >>> once = record(record(History(), start), end)
    >>> record(record(History(), end), start) == once == record(once, end)
    True
    """
    contacts = history.contacts
    known = contacts.get(report.call_id)
    if known is None or _says(report) > _says(known):
        contacts = {**contacts, report.call_id: report}
    at = max(history.at, report.at)
    return History(at, _bounded(contacts, at))


def expire(history: History, now: int) -> History | None:
    """Return what may still be kept at `now`, Unix ms; None when that is nothing."""
    contacts = _bounded(history.contacts, now)
    if len(contacts) == len(history.contacts):
        return history
    return History(history.at, contacts) if contacts else None


def contacts_until(history: History, at: int, within_ms: int = RECENT_MS) -> int:
    """Return how many inbound contacts began in the time before `at`; a chain of handed-over calls is one."""
    recent = (c for c in _inbound(history) if at - within_ms < c.started_at <= at)
    return len({_root(history, contact) for contact in recent})


def is_repeat(history: History, contact: ContactReport) -> bool:
    """Return whether the customer had asked about the same within the 7 days before, in another contact.

    Both must be inbound and not of one chain of `parent_call_id`. The matter decides where both have one,
    else the wrap-up code, else the queue; what is known of neither is not the same.

    Examples
    --------
    >>> first = ContactReport("r1", "u1", "c1", "ended", 60_000, 0, queue="billing", matter="refund")
    >>> again = ContactReport("r2", "u1", "c2", "started", DAY_MS, DAY_MS, queue="billing")
    >>> history = record(record(History(), first), again)
    >>> is_repeat(history, again), is_repeat(history, first)
    (True, False)
    """
    return contact.direction == "inbound" and any(_is_about(history, contact, c) for c in _inbound(history))


def repeats_until(history: History, at: int) -> int:
    """Return how many of the contacts in the 30 days before `at` were repeats."""
    recent = (c for c in history.contacts.values() if at - RECENT_MS < c.started_at <= at)
    return sum(is_repeat(history, contact) for contact in recent)


def is_bad(contact: ContactReport) -> bool:
    """Return whether a contact went badly; however many ways it did, it is one bad experience.

    Examples
    --------
    >>> is_bad(ContactReport("r", "u1", "c1", "updated", 0, 0, csat=2, nps=0, resolved=False))
    True
    >>> is_bad(ContactReport("r", "u1", "c1", "updated", 0, 0, csat=3, nps=7))
    False
    """
    return (
        contact.unrecovered
        or contact.resolved is False
        or (contact.csat is not None and contact.csat <= BAD_CSAT)
        or (contact.nps is not None and contact.nps <= BAD_NPS)
    )


def resolutions(history: History, after: int, until: int) -> list[bool]:
    """Return, for each contact whose 7 days ended in (`after`, `until`], whether it was solved at once.

    It was if no repeat of it came. Contacts that were repeats themselves are not asked: one matter is judged
    once. So are only the first calls of a chain.

    Examples
    --------
    >>> history = record(History(), ContactReport("r1", "u1", "c1", "ended", 60_000, 0, queue="billing"))
    >>> resolutions(history, 0, REPEAT_MS), resolutions(history, REPEAT_MS, 2 * REPEAT_MS)
    ([True], [])
    """
    return [
        not any(_is_about(history, later, contact) for later in _inbound(history))
        for contact in _inbound(history)
        if after < contact.started_at + REPEAT_MS <= until
        and contact.parent_call_id is None
        and not is_repeat(history, contact)
    ]


def _says(report: ContactReport) -> tuple[int, int, int, str]:
    """Return how much a report says: by stage, then time, then what is filled in."""
    filled = sum(getattr(report, name) is not None for name in _LEARNED_LATER)
    return _STAGES[report.stage], report.at, filled, report.record_id


def _bounded(contacts: dict[str, ContactReport], now: int) -> dict[str, ContactReport]:
    kept = sorted((c for c in contacts.values() if c.started_at > now - KEPT_MS), key=_begun)
    if len(kept) == len(contacts) <= MAX_CONTACTS:
        return contacts
    return {contact.call_id: contact for contact in kept[-MAX_CONTACTS:]}


def _begun(contact: ContactReport) -> tuple[int, str]:
    return contact.started_at, contact.call_id


def _inbound(history: History) -> Iterable[ContactReport]:
    return (contact for contact in history.contacts.values() if contact.direction == "inbound")


def _is_about(history: History, later: ContactReport, earlier: ContactReport) -> bool:
    return (
        0 <= later.started_at - earlier.started_at <= REPEAT_MS
        and _same_matter(later, earlier)
        and _begun(earlier) < _begun(later)
        and _root(history, later) != _root(history, earlier)
    )


def _same_matter(one: ContactReport, other: ContactReport) -> bool:
    if one.matter and other.matter:
        return one.matter == other.matter
    if one.code and other.code:
        return one.code == other.code
    return bool(one.queue) and one.queue == other.queue


def _root(history: History, contact: ContactReport) -> str:
    """Return the first call of the chain that a contact belongs to."""
    seen = {contact.call_id}
    place, parent = contact.call_id, contact.parent_call_id
    while parent is not None and parent not in seen:
        seen.add(parent)
        place = parent
        before = history.contacts.get(parent)
        parent = before.parent_call_id if before is not None else None
    return min(seen) if parent is not None else place


def encode_history(history: History) -> bytes:
    """Return a history as it is kept in the table; a newer reader may know more fields.

    Examples
    --------
    >>> history = record(History(), ContactReport("r1", "u1", "c1", "ended", 60_000, 0, csat=5))
    >>> decode_history(encode_history(history)) == history
    True
    """
    return _encoder.encode(history)


def decode_history(value: bytes) -> History:
    """Return the history in a value of the table."""
    return _decoder.decode(value)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(History)
