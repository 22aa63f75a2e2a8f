"""What the clock tells of a call: dead air and long holds. It never says that a call came back."""

from streams.calls.outputs import Output
from streams.calls.phase import judge_happening
from streams.calls.rules import Rules
from streams.calls.state import CallState
from streams.calls.timings import holds, on_hold
from streams.calls.weighing import weigh

#: Nobody says a word for so long, ms; in a chat the customer's message waits for so long.
DEAD_AIR_MS, CHAT_WAIT_MS = 8_000, 120_000
#: A wait that was announced is no dead air for so long, ms.
ANNOUNCED_MS = 30_000
#: One hold of so long, or all together, ms; the first again and again.
LONG_HOLD_MS, HOLDS_MS = 120_000, 240_000


def wrote(state: CallState, by_customer: bool, at: int) -> None:
    """Note a message of a chat: only the customer's waits for an answer."""
    if not by_customer:
        state.quiet_since = 0
    elif not state.customer_waits:
        state.quiet_since = at
        state.look_at = state.look_at or at + CHAT_WAIT_MS
    state.customer_waits = by_customer


def announce_wait(state: CallState, at: int) -> None:
    """Note that the agent has said that it will take a moment."""
    state.waits_until = at + ANNOUNCED_MS


def begin_anew(state: CallState, at: int) -> None:
    """Let the silence that is on begin now: the queue or the hold before it was no dead air."""
    if state.quiet_since:
        state.quiet_since = max(state.quiet_since, at)
        look_again(state, at)


def look(state: CallState, at: int, rules: Rules, out: list[Output]) -> None:
    """Look at silence and hold at a deadline, and say when to look again.

    Parameters
    ----------
    at : int
        The deadline, Unix ms.
    """
    due = _air_due(state)
    if due and due <= at:
        state.quiet_since = 0  # once per gap: until somebody speaks again
        weigh(state, "dead_air", rules)
        judge_happening(state, f"timer:dead_air:{at}", at, rules, out)
    units = long_holds(state, at)
    if units > state.long_holds:
        state.long_holds = units
        weigh(state, "long_hold", rules)
        judge_happening(state, f"timer:long_hold:{at}", at, rules, out)
    look_again(state, at)


def look_again(state: CallState, at: int) -> None:
    """Set when to look at silence and hold next."""
    dues = [due for due in (_air_due(state), _hold_due(state, at)) if due > at]
    state.look_at = min(dues, default=0)


def long_holds(state: CallState, at: int) -> int:
    """Return how many times the holds so far have been too long."""
    lengths = [end - start for start, end in holds(state.marks, at - state.started_at)]
    singly = sum(length // LONG_HOLD_MS for length in lengths)
    together = max(0, sum(lengths) - HOLDS_MS + LONG_HOLD_MS) // LONG_HOLD_MS
    return max(singly, together)


def _air_due(state: CallState) -> int:
    if not state.quiet_since or not state.staffed or on_hold(state.marks):
        return 0
    if state.channel == "chat":
        return state.quiet_since + CHAT_WAIT_MS
    return max(state.quiet_since + DEAD_AIR_MS, state.waits_until)


def _hold_due(state: CallState, at: int) -> int:
    """Return when the hold that is on becomes too long once more, 0 when none is on."""
    if not on_hold(state.marks):
        return 0
    found = holds(state.marks, at - state.started_at + 1)
    if not found:
        return at + LONG_HOLD_MS
    start, end = found[-1]
    earlier = sum(stop - begin for begin, stop in found[:-1])
    now = end - 1
    held = now - start
    alone = start + (held // LONG_HOLD_MS + 1) * LONG_HOLD_MS
    step = max(HOLDS_MS, ((earlier + held) // LONG_HOLD_MS + 1) * LONG_HOLD_MS)
    return state.started_at + min(alone, start + step - earlier)
