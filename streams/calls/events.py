"""The records of a call, as they travel on Kafka and as the core sees them: one type per concept.

Instants (`at`, `*_at`) are Unix milliseconds, offsets inside a call `*_ms`. Unknown fields are ignored on
reading, so a newer writer never breaks an older reader.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

CallId = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(max_length=200)]
Instant = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]  # until the year 9999
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Token = Annotated[str, Meta(max_length=200)]
Speaker = Literal["customer", "agent", "supervisor", "bot"]
Severity = Literal["watch", "high", "critical"]
Phase = Literal["calm", "tense", "escalated", "recovering", "recovered"]
AlertKind = Literal["escalation", "retraction", "closed", "deescalation"]

MAX_TOKENS_PER_UTTERANCE = 512


class TranscriptTokens(Struct, frozen=True, omit_defaults=True, gc=False):
    """What is being said: sets one utterance's tokens from `index` on.

    `index` equal to the number of tokens so far appends, 0 replaces: sending a message twice changes
    nothing, and both habits of recognisers are covered.
    """

    call_id: CallId
    speaker: Speaker
    utterance: Count
    tokens: Annotated[list[Token], Meta(max_length=MAX_TOKENS_PER_UTTERANCE)]
    at: Instant
    index: Count = 0
    final: bool = False
    start_ms: Count | None = None
    end_ms: Count | None = None
    confidence: list[Annotated[float, Meta(ge=0, le=1)]] | None = None
    locale: Name | None = None
    speaker_id: Name | None = None


class _Event(Struct, frozen=True, omit_defaults=True, tag_field="type", gc=False):
    call_id: CallId
    at: Instant


class CallStarted(_Event, tag="call.started", frozen=True):
    """A call (or chat) began."""

    customer_id: Name | None = None
    queue: Name = ""
    channel: Literal["voice", "chat"] = "voice"
    direction: Literal["inbound", "outbound"] = "inbound"
    locale: Name = ""
    agent_id: Name | None = None
    parent_call_id: CallId | None = None
    attributes: dict[str, str | int | float | bool | None] | UnsetType = UNSET


class CallQueued(_Event, tag="call.queued", frozen=True):
    """The customer waits for an agent."""


class AgentJoined(_Event, tag="agent.joined", frozen=True):
    """A person takes the call."""

    agent_id: Name = ""


class AgentLeft(_Event, tag="agent.left", frozen=True):
    """The person who had the call left it."""


class HoldStarted(_Event, tag="hold.started", frozen=True):
    """The customer is put on hold."""


class HoldEnded(_Event, tag="hold.ended", frozen=True):
    """The customer is back from hold."""


class CallTransferred(_Event, tag="call.transferred", frozen=True):
    """The call was handed over."""

    to_queue: Name | None = None
    to_agent_id: Name | None = None
    mode: Literal["blind", "consult"] = "blind"


class SupervisorJoined(_Event, tag="supervisor.joined", frozen=True):
    """A supervisor listens, whispers, speaks to both, or takes over."""

    mode: Literal["listen", "whisper", "barge", "takeover"] = "listen"


class CallEnded(_Event, tag="call.ended", frozen=True):
    """The call is over."""

    reason: Name = ""


class WrapupCompleted(_Event, tag="wrapup.completed", frozen=True):
    """After-call work is done."""

    code: Name | None = None
    matter: Name | None = None
    resolved: bool | None = None
    account_closed: bool | None = None


class SurveySubmitted(_Event, tag="survey.submitted", frozen=True):
    """The customer answered a survey, perhaps days later: CSAT 1-5, NPS 0-10."""

    csat: Annotated[int, Meta(ge=1, le=5)] | None = None
    nps: Annotated[int, Meta(ge=0, le=10)] | None = None


class AlertClaimed(_Event, tag="alert.claimed", frozen=True):
    """A supervisor takes care of an alert."""

    alert_id: Name
    by: Name


class AlertReleased(_Event, tag="alert.released", frozen=True):
    """A supervisor gives an alert back."""

    alert_id: Name
    by: Name


class AlertVerdict(_Event, tag="alert.verdict", frozen=True):
    """A supervisor says whether an alert was right; the strongest label there is."""

    alert_id: Name
    verdict: Literal["confirmed", "dismissed"]
    by: Name
    reason: Annotated[str, Meta(max_length=500)] | None = None
    utterances: list[Count] | None = None


class CallReviewed(_Event, tag="call.reviewed", frozen=True):
    """A supervisor says of a call without an alert whether it needed help."""

    needed_help: bool
    by: Name
    utterances: list[Count] | None = None
    sampled: bool = False
    probability: Annotated[float, Meta(gt=0, le=1)] | None = None


CallEvent = (
    CallStarted
    | CallQueued
    | AgentJoined
    | AgentLeft
    | HoldStarted
    | HoldEnded
    | CallTransferred
    | SupervisorJoined
    | CallEnded
    | WrapupCompleted
    | SurveySubmitted
    | AlertClaimed
    | AlertReleased
    | AlertVerdict
    | CallReviewed
)


class Reason(Struct, frozen=True, omit_defaults=True):
    """One signed contribution, in log-odds, to the change of the score."""

    signal: str
    weight: float
    speaker: Speaker | None = None
    utterance: int | None = None
    text: str | None = None


class Context(Struct, frozen=True):
    """What a supervisor wants to know beside the reasons."""

    hold_seconds: int = 0
    transfers: int = 0
    calls_in_30_days: int | None = None
    bad_experiences: int | None = None
    churn: str | None = None
    transferred_while_tense: bool = False
    missed_opportunities: int = 0


class Act(Struct, frozen=True, omit_defaults=True):
    """What the agent or supervisor said before the first calm turn: it preceded, it did not cause."""

    signal: str
    speaker: Speaker
    utterance: int
    text: str | None = None


class Alert(Struct, frozen=True):
    """One record of `escalation-alerts` or `deescalation-alerts`.

    The weights of `reasons` sum to ``logit(risk) - logit(risk_before)``, where `risk_before` is the risk at
    the last record in phase ``calm``. `calibration` is null until the risk may be read as a probability.
    """

    alert_id: str
    seq: int
    kind: AlertKind
    call_id: str
    customer_id: str | None
    agent_id: str | None
    queue: str
    locale: str
    at: int
    severity: Severity
    risk: float
    risk_before: float
    risk_peak: float
    escalation_id: str | None
    raises: str | None
    shadow: bool
    calibration: str | None
    reasons: tuple[Reason, ...]
    context: Context
    policy: str
    model: str
    outcome: str | None = None
    recovery_ms: int | None = None
    preceded_by: Act | None = None


class CallRisk(Struct, frozen=True):
    """One record of the compacted `call-risk`: how a live call stands now."""

    call_id: str
    at: int
    risk: float
    phase: Phase
    severity: Severity | None
    alert_id: str | None
    claimed_by: str | None
    queue: str
    locale: str
    agent_id: str | None
    customer_id: str | None
    started_at: int
    shadow: bool


class LabelledTurn(Struct, frozen=True):
    """One record of `labelled-examples`: the tokens of a customer turn and what it turned out to be."""

    record_id: str
    call_id: str
    at: int
    tokens: Annotated[tuple[Token, ...], Meta(max_length=MAX_TOKENS_PER_UTTERANCE)]
    negative: bool
    weight: Annotated[float, Meta(gt=0, le=1)]
    source: Name
    locale: Name
    by: Annotated[str, Meta(max_length=16)] = ""
