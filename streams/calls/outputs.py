"""What a step may ask the outside world to do: records to send, and what is only counted."""

from typing import Literal

from msgspec import Struct

from streams.calls.events import Alert, CallRisk, LabelledTurn
from streams.calls.outcome import CallOutcome
from streams.calls.reports import ContactReport, OutcomeReport, SentenceReport, StintReport

EmpathyOutcome = Literal["given", "missed", "not_needed"]


class CallGone(Struct, frozen=True):
    """The call is over: its record in `call-risk` is to be removed."""

    call_id: str


class Suppressed(Struct, frozen=True):
    """An alert that the policy held back, and why: ``cool_down`` or ``deferred``."""

    queue: str
    reason: str


class Gap(Struct, frozen=True):
    """Something about the feed that could not be heard as it should: counted, nothing else."""

    kind: str


class EmpathyMoment(Struct, frozen=True):
    """An opportunity for empathy has closed: counted, nothing else."""

    queue: str
    outcome: EmpathyOutcome


class AgentReply(Struct, frozen=True):
    """An agent's turn was personal, scripted or neither: counted for the team, nothing else."""

    queue: str
    agent_id: str | None
    style: Literal["personal", "scripted", "neither"]


class Recovery(Struct, frozen=True):
    """An episode has recovered, with or without an act before the first calm turn: counted, nothing else."""

    queue: str
    with_act: bool


Output = (
    Alert
    | CallRisk
    | CallGone
    | CallOutcome
    | ContactReport
    | StintReport
    | SentenceReport
    | OutcomeReport
    | LabelledTurn
    | Suppressed
    | Gap
    | EmpathyMoment
    | AgentReply
    | Recovery
)
