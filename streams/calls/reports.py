"""What a call tells those who look at more than one call: the records of the internal topics.

Those that count one by one carry a `record_id` made from what they are about, so that a reader recognises a
repeat.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from streams.calls.events import CallId, Instant, Name

#: How far something has gone: nothing seen, some of it, clearly.
Band = Literal["low", "raised", "high"]


class ContactReport(Struct, frozen=True, omit_defaults=True):
    """One record of `customers-in`, keyed by customer: a contact that began, ended, or is known better now.

    Parameters
    ----------
    stage : str
        ``started`` asks for the customer's context; ``ended`` and ``updated`` (a survey, the wrap-up) say all
        that is known of the contact by then and replace what was said before.
    matter, code : str, optional
        What the call was about, and its wrap-up code.
    unrecovered : bool
        True when it ended with an escalation open.
    promised_by : int, optional
        When what the agent promised last is due, Unix ms.
    """

    record_id: Name
    customer_id: Name
    call_id: CallId
    stage: Literal["started", "ended", "updated"]
    at: Instant
    started_at: Instant
    queue: Name = ""
    direction: Literal["inbound", "outbound"] = "inbound"
    parent_call_id: CallId | None = None
    matter: Name | None = None
    code: Name | None = None
    resolved: bool | None = None
    account_closed: bool | None = None
    unrecovered: bool = False
    csat: Annotated[int, Meta(ge=1, le=5)] | None = None
    nps: Annotated[int, Meta(ge=0, le=10)] | None = None
    cancel_threat: bool = False
    publicity_threat: bool = False
    legal_threat: bool = False
    advocacy: bool = False
    promised_by: Instant | None = None


class CustomerContext(Struct, frozen=True, omit_defaults=True):
    """One record of `customer-context`, keyed by call: what earlier contacts of its customer say.

    Parameters
    ----------
    contacts_in_30_days : int
        Inbound contacts of this customer in the last 30 days, this one included.
    repeat_contact : bool
        Whether it is about the same matter as one in the last 7 days.
    bad_experiences : int
        Earlier contacts that went badly.
    broken_promise : bool
        Whether something that was promised in an earlier contact about the same matter is overdue.
    """

    record_id: Name
    call_id: CallId
    at: Instant
    contacts_in_30_days: int = 1
    repeat_contact: bool = False
    bad_experiences: int = 0
    churn: Band = "low"
    reputation: Band = "low"
    broken_promise: bool = False


class StintReport(Struct, frozen=True, omit_defaults=True):
    """One record of `agents-in`, keyed by agent: one person's time on one call, when it is over.

    Parameters
    ----------
    joined_at, left_at : int
        Unix ms.
    tense : bool
        Whether the call was tense or escalated at any time of the stint.
    escalated_ms : int
        Time of the stint with an escalation open, ms.
    """

    record_id: Name
    agent_id: Name
    call_id: CallId
    queue: Name
    joined_at: Instant
    left_at: Instant
    tense: bool = False
    escalated_ms: int = 0


class OutcomeReport(Struct, frozen=True, omit_defaults=True):
    """One record of `labelled-outcomes`: a call has ended, or something was answered about one that had.

    Parameters
    ----------
    features : tuple of float
        In the order of `models.prospects.FEATURES`, each in [0, 1].
    csat, nps, resolved : int or bool, optional
        What has just been answered.
    ended : bool
        True when the call has just ended.
    """

    record_id: Name
    features: tuple[Annotated[float, Meta(ge=0, le=1)], ...]
    csat: Annotated[int, Meta(ge=1, le=5)] | None = None
    nps: Annotated[int, Meta(ge=0, le=10)] | None = None
    resolved: bool | None = None
    ended: bool = False


class SentenceReport(Struct, frozen=True):
    """One record of `agent-sentences`, keyed by locale: something that an agent said, without its words.

    Parameters
    ----------
    sketch : tuple of int
        See `models.resemblance.sketch`.
    """

    locale: Name
    sketch: Annotated[tuple[Annotated[int, Meta(ge=0, le=0xFFFF)], ...], Meta(min_length=5, max_length=5)]
