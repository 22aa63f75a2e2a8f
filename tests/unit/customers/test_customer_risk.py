from typing import Any

import pytest

from streams.customers.history import DAY_MS, History, record
from streams.customers.risk import churn, customer_context, customer_risk, reputation
from tests.builders import T0
from tests.people import contact, history


@pytest.mark.parametrize(
    ("contacts", "band", "reasons"),
    [
        ([{}], "low", ()),
        ([{"csat": 1}], "low", ()),
        ([{"csat": 1}, {"nps": 3}], "raised", ("bad_experiences",)),
        ([{"csat": 1}, {"nps": 3}, {"resolved": False}], "high", ("bad_experiences",)),
        ([{"cancel_threat": True}], "raised", ("cancel_threat",)),
        ([{"cancel_threat": True}, {"unrecovered": True}], "high", ("cancel_threat", "bad_experiences")),
        ([{"cancel_threat": True, "csat": 1}], "high", ("cancel_threat", "bad_experiences")),
        ([{"account_closed": True}], "high", ("account_closed",)),
        ([{"queue": "q"}, {"queue": "q"}], "low", ()),
        ([{"queue": "q"}, {"queue": "q"}, {"queue": "q"}], "raised", ("repeat_contacts",)),
        ([{"publicity_threat": True, "advocacy": True}], "low", ()),
    ],
)
def test_churn_is_a_band_from_counts_with_its_reasons(
    contacts: list[dict[str, Any]], band: str, reasons: tuple[str, ...]
) -> None:
    found = history(
        *(
            contact(f"c{number}", number, **{"queue": f"q{number}", **known})
            for number, known in enumerate(contacts)
        )
    )
    assert churn(found) == (band, reasons)


@pytest.mark.parametrize(
    ("contacts", "band", "reasons"),
    [
        ([{"cancel_threat": True, "csat": 1}], "low", ()),
        ([{"publicity_threat": True}], "raised", ("publicity_threat",)),
        ([{"publicity_threat": True, "legal_threat": True}], "raised", ("publicity_threat", "legal_threat")),
        ([{"publicity_threat": True}, {"legal_threat": True}], "high", ("publicity_threat", "legal_threat")),
        ([{"legal_threat": True}, {"csat": 2}], "high", ("legal_threat", "bad_experiences")),
        ([{"advocacy": True}], "low", ()),
    ],
)
def test_reputation_is_a_band_from_threats_with_its_reasons(
    contacts: list[dict[str, Any]], band: str, reasons: tuple[str, ...]
) -> None:
    found = history(*(contact(f"c{number}", number, **known) for number, known in enumerate(contacts)))
    assert reputation(found) == (band, reasons)


def test_a_threat_of_long_ago_no_longer_counts() -> None:
    found = history(contact("c1", cancel_threat=True, legal_threat=True, csat=1), contact("c2", 91))
    assert churn(found)[0] == reputation(found)[0] == "low"


def test_nobody_is_given_a_probability_that_nobody_has_checked() -> None:
    found = history(*(contact(f"c{number}", number / 4, account_closed=True) for number in range(100)))
    assert customer_risk("u1", found).churn_probability is None


def test_what_is_published_says_up_to_when_it_is_known() -> None:
    found = history(contact("c1", advocacy=True), contact("c2", 2, csat=1, cancel_threat=True))
    risk = customer_risk("u1", found)
    assert (risk.customer_id, risk.at) == ("u1", T0 + 2 * DAY_MS + 300_000)
    assert (risk.churn, risk.reputation) == ("high", "low")
    assert (risk.contacts_in_30_days, risk.repeat_contacts) == (2, 1)
    assert (risk.advocacy, risk.bad_experiences) == (1, 1)


def test_the_context_of_a_first_contact_is_that_there_is_none() -> None:
    started = contact("c1", stage="started")
    context = customer_context(record(History(), started), started)
    assert (context.record_id, context.call_id, context.at) == (started.record_id, "c1", T0)
    assert (context.contacts_in_30_days, context.repeat_contact, context.bad_experiences) == (1, False, 0)


def test_a_third_call_about_one_bill_is_told_so_when_it_begins() -> None:
    earlier = history(
        contact("c1", -5, resolved=False, matter="bill"),
        contact("c2", -2, unrecovered=True, cancel_threat=True, legal_threat=True, matter="bill"),
    )
    started = contact("c3", stage="started")
    context = customer_context(record(earlier, started), started)
    assert (context.contacts_in_30_days, context.repeat_contact, context.bad_experiences) == (3, True, 2)
    assert (context.churn, context.reputation) == ("high", "high")


def test_an_answer_that_comes_late_does_not_count_the_contact_itself_against_it() -> None:
    """The worker was down: the call has ended badly before its start is answered."""
    started, ended = contact("c1", stage="started"), contact("c1", csat=1)
    context = customer_context(history(ended, started), started)
    assert (context.contacts_in_30_days, context.bad_experiences) == (1, 0)
