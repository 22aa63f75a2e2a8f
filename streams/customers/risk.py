"""What a history says of the customer: bands from counts, each with its reasons; no model is asked yet."""

from typing import Final

from streams.calls.reports import Band, ContactReport, CustomerContext
from streams.customers.history import (
    History,
    contacts_until,
    is_bad,
    is_repeat,
    repeats_until,
)
from streams.customers.records import CustomerRisk

#: Bad experiences in 90 days that make the churn risk raised, and high.
RAISED_BAD: Final = 2
HIGH_BAD: Final = 3
#: Repeat contacts in 30 days that make the churn risk raised.
RAISED_REPEATS: Final = 2
#: Contacts with a threat to go public, or to law, that make the reputation risk high.
HIGH_THREATS: Final = 2


def churn(history: History) -> tuple[Band, tuple[str, ...]]:
    """Return the band of the risk that this customer leaves, and the reasons.

    The rule, over what is kept (90 days):

    - ``high``: the account was closed, or a threat to cancel *and* a bad experience (in any contacts), or
      three bad experiences;
    - ``raised``: a threat to cancel, or two bad experiences, or two repeat contacts in 30 days;
    - ``low`` otherwise.

    A reason is named when it counts towards the band. There is no probability before 200 `account_closed`
    labels: a number that nobody has checked would be believed.

    Examples
    --------
    >>> from streams.customers.history import record
    >>> calm = ContactReport("r1", "u1", "c1", "ended", 60_000, 0, cancel_threat=True)
    >>> history = record(History(), calm)
    >>> churn(history)
    ('raised', ('cancel_threat',))
    >>> churn(record(history, ContactReport("r2", "u1", "c2", "updated", 90_000, 70_000, csat=1)))
    ('high', ('cancel_threat', 'bad_experiences'))
    """
    return _churn(history, repeats_until(history, history.at))


def _churn(history: History, repeats: int) -> tuple[Band, tuple[str, ...]]:
    contacts = history.contacts.values()
    bad = bad_experiences(history)
    threat = any(contact.cancel_threat for contact in contacts)
    closed = any(contact.account_closed for contact in contacts)
    reasons = _named(
        account_closed=closed,
        cancel_threat=threat,
        bad_experiences=bad >= RAISED_BAD or (threat and bad > 0),
        repeat_contacts=repeats >= RAISED_REPEATS,
    )
    if closed or (threat and bad) or bad >= HIGH_BAD:
        return "high", reasons
    return ("raised" if reasons else "low"), reasons


def reputation(history: History) -> tuple[Band, tuple[str, ...]]:
    """Return the band of the risk that this becomes public, and the reasons.

    The rule, over what is kept (90 days), where a *threat* is to tell the public, a regulator or a lawyer:

    - ``high``: threats in two contacts, or a threat and a bad experience (in any contacts);
    - ``raised``: a threat;
    - ``low`` otherwise.

    Examples
    --------
    >>> from streams.customers.history import record
    >>> reputation(record(History(), ContactReport("r", "u", "c", "ended", 9, 0, legal_threat=True)))
    ('raised', ('legal_threat',))
    """
    contacts = history.contacts.values()
    threats = sum(contact.publicity_threat or contact.legal_threat for contact in contacts)
    bad = bad_experiences(history)
    reasons = _named(
        publicity_threat=any(contact.publicity_threat for contact in contacts),
        legal_threat=any(contact.legal_threat for contact in contacts),
        bad_experiences=threats > 0 and bad > 0,
    )
    if threats >= HIGH_THREATS or (threats and bad):
        return "high", reasons
    return ("raised" if threats else "low"), reasons


def bad_experiences(history: History) -> int:
    """Return how many contacts went badly."""
    return sum(map(is_bad, history.contacts.values()))


def customer_risk(customer_id: str, history: History) -> CustomerRisk:
    """Return what is published about a customer."""
    repeats = repeats_until(history, history.at)
    churn_band, churn_reasons = _churn(history, repeats)
    reputation_band, reputation_reasons = reputation(history)
    return CustomerRisk(
        customer_id=customer_id,
        at=history.at,
        churn=churn_band,
        churn_reasons=churn_reasons,
        churn_probability=None,
        reputation=reputation_band,
        reputation_reasons=reputation_reasons,
        advocacy=sum(contact.advocacy for contact in history.contacts.values()),
        bad_experiences=bad_experiences(history),
        contacts_in_30_days=contacts_until(history, history.at),
        repeat_contacts=repeats,
    )


def customer_context(history: History, started: ContactReport) -> CustomerContext:
    """Answer the report that a contact has started: what the customer's other contacts say.

    Parameters
    ----------
    history : History
        With the report already in it.
    started : ContactReport
        Of stage ``started``. The answer carries its `record_id`, so that a repeated answer is known as one.

    Examples
    --------
    >>> from streams.customers.history import record
    >>> started = ContactReport("c1:started", "u1", "c1", "started", 5, 5, queue="billing")
    >>> customer_context(record(History(), started), started)
    CustomerContext(record_id='c1:started', call_id='c1', at=5, contacts_in_30_days=1, repeat_contact=False, \
bad_experiences=0, churn='low', reputation='low', broken_promise=False)
    """
    others = (c for c in history.contacts.values() if c.call_id != started.call_id)
    return CustomerContext(
        record_id=started.record_id,
        call_id=started.call_id,
        at=started.at,
        contacts_in_30_days=contacts_until(history, started.started_at),
        repeat_contact=is_repeat(history, started),
        bad_experiences=sum(map(is_bad, others)),
        churn=churn(history)[0],
        reputation=reputation(history)[0],
    )


def _named(**facts: bool) -> tuple[str, ...]:
    return tuple(name for name, holds in facts.items() if holds)
