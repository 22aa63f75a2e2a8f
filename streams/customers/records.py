"""What is published about a customer: the record of `customer-risk`."""

from msgspec import Struct

from streams.calls.reports import Band


class CustomerRisk(Struct, frozen=True):
    """One record of the compacted `customer-risk`, keyed by customer; a tombstone when nothing is kept.

    Parameters
    ----------
    at : int
        Unix ms up to which this is known.
    churn, reputation : str
        Bands from counts, by the rule in `streams.customers.risk`; the reasons are what made them so.
    churn_probability : float, optional
        Always null until 200 `account_closed` labels are there to learn it from.
    advocacy : int
        Contacts of the last 90 days in which the customer said they would recommend us.
    bad_experiences : int
        Contacts of the last 90 days that went badly, each counted once.
    contacts_in_30_days, repeat_contacts : int
        Inbound contacts of the last 30 days, and how many of them were about what had been asked already.
    """

    customer_id: str
    at: int
    churn: Band
    churn_reasons: tuple[str, ...]
    churn_probability: float | None
    reputation: Band
    reputation_reasons: tuple[str, ...]
    advocacy: int
    bad_experiences: int
    contacts_in_30_days: int
    repeat_contacts: int
