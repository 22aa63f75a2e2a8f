"""What is published about the load of a person who takes calls: the record of `agent-workload`."""

from typing import Literal

from msgspec import Struct

#: What makes a break a good idea; the rule is in `streams.agents.load`.
BreakReason = Literal["tense_calls_in_a_row", "time_in_escalated_calls"]


class AgentWorkload(Struct, frozen=True):
    """One record of the compacted `agent-workload`: what one person's last 24 hours of calls were like.

    Observed load and nothing else: it says what happened on calls, never how the person felt or how well they
    did. A tombstone when nothing is kept any more.

    Parameters
    ----------
    agent_id : str
        The name or its pseudonym, as the setting `agents` says; also the record's key.
    at : int
        Unix ms of the end of the last call.
    calls : int
        Times on a call in the last 24 hours.
    tense_in_a_row : int
        The last so many of them were tense.
    last_calm_at : int, optional
        Unix ms of the end of the last one that was not; null when there is none.
    escalated_ratio : float
        Share of the time on calls in which an escalation was open, 0-1.
    break_suggested : bool
        Whether a break would be a good idea; no longer from `break_until` on, when the person has had one.
    break_reasons : tuple of str
        The parts of the rule that say so.
    break_until : int, optional
        Unix ms.
    """

    agent_id: str
    at: int
    calls: int
    tense_in_a_row: int
    last_calm_at: int | None
    escalated_ratio: float
    break_suggested: bool
    break_reasons: tuple[BreakReason, ...]
    break_until: int | None
