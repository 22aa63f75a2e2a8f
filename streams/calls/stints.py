"""One person's time on a call: what the observed load of those who take calls is made of."""

from streams.calls.outputs import Output
from streams.calls.reports import StintReport
from streams.calls.state import CallState, Stint

_TENSE = frozenset({"tense", "escalated", "recovering"})


def begin_stint(state: CallState, at: int) -> None:
    """Let the stint of the agent who now has the call begin, if their id is known."""
    if state.agent_id and state.stint is None:
        open_since = at if state.episode is not None else 0
        state.stint = Stint(state.agent_id, at, state.phase in _TENSE, 0, open_since)


def end_stint(state: CallState, at: int, out: list[Output]) -> None:
    """Report the stint that is going on, if there is one."""
    stint = state.stint
    if stint is None:
        return
    state.stint = None
    left_at = max(at, stint.joined_at)
    escalated = stint.escalated_ms
    if stint.escalated_since:
        escalated += max(0, left_at - stint.escalated_since)
    out.append(
        StintReport(
            record_id=f"{state.call_id}:{stint.joined_at}",
            agent_id=stint.agent_id,
            call_id=state.call_id,
            queue=state.queue,
            joined_at=stint.joined_at,
            left_at=left_at,
            tense=stint.tense,
            escalated_ms=escalated,
        )
    )
