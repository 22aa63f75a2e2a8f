"""Was there a moment that asked for empathy, and was it met? Never a penalty where there was no occasion.

An opportunity opens at a customer's turn that is negative, or urgent, about their own matter. It closes as
``given`` with an act, as ``not_needed`` when the customer is calm, the call ends or is handed over before the
agent's second turn is over, else as ``missed``.
"""

from collections.abc import Set

from streams.calls.outputs import EmpathyMoment, EmpathyOutcome, Output
from streams.calls.signals.catalogue import EMPATHY_ACTS
from streams.calls.state import CallState, Opening

GIVEN, MISSED, NOT_NEEDED = range(3)
_OUTCOMES: tuple[EmpathyOutcome, ...] = ("given", "missed", "not_needed")
#: Customer turns after the first that belong to the same opportunity.
_JOINED = 2


def customer_spoke(
    state: CallState, utterance: int, heard: Set[str], negative: bool, out: list[Output]
) -> bool:
    """Take a closed customer turn in; return whether an opportunity has just been missed.

    Parameters
    ----------
    heard : set of str
        The signals in the turn.
    negative : bool
        Whether it carries `negative_sentiment`.
    """
    opening = state.opening
    missed = False
    if opening is not None:
        opening.talking = False
        if opening.turns >= opening.limit:
            _close(state, MISSED, out)
            missed = True
        elif not heard.isdisjoint({"gratitude", "advocacy"}) and not negative:
            _close(state, NOT_NEEDED, out)
        else:
            opening.joined += 1
            if opening.joined <= _JOINED:
                return False
    if state.opening is None and _asks(heard, negative):
        state.opening = Opening(utterance)
    return missed


def agent_spoke(state: CallState, counts: bool, heard: Set[str], scripted: bool, out: list[Output]) -> None:
    """Take a closed utterance of the human agent in.

    Parameters
    ----------
    counts : bool
        Whether it is long enough to be a turn, and was not talked over.
    scripted : bool
        Whether it is a stock phrase: that meets one opportunity of a call, not more.
    """
    opening = state.opening
    if opening is None:
        return
    act = not heard.isdisjoint(EMPATHY_ACTS)
    act = act or ("personalise" in heard and not heard.isdisjoint({"promise", "take_ownership"}))
    if act and not (scripted and state.stock_used):
        state.stock_used = state.stock_used or scripted
        _close(state, GIVEN, out)
        return
    if counts and not opening.talking:
        opening.talking = True
        opening.turns += 1
    if "explore" in heard and opening.limit == 2:
        opening.limit = 3


def handed_over(state: CallState, out: list[Output]) -> bool:
    """Close what is open for the agent who leaves; return whether they have missed it.

    If they have not, the customer's need is there for the next one.
    """
    opening = state.opening
    missed = call_over(state, out)
    if opening is not None and not missed:
        state.opening = Opening(opening.utterance)
    return missed


def call_over(state: CallState, out: list[Output]) -> bool:
    """Close what is open at the end of the call; return whether it has been missed."""
    opening = state.opening
    missed = opening is not None and opening.turns >= opening.limit
    if opening is not None:
        _close(state, MISSED if missed else NOT_NEEDED, out)
    return missed


def _asks(heard: Set[str], negative: bool) -> bool:
    if not heard.isdisjoint({"gratitude", "advocacy"}):
        return False
    return "urgent_need" in heard or (negative and heard != {"abuse"} and heard != {"abuse", "harm_threat"})


def _close(state: CallState, outcome: int, out: list[Output]) -> None:
    state.opening = None
    counts = list(state.tally.empathy)
    counts[outcome] += 1
    state.tally.empathy = tuple(counts)
    out.append(EmpathyMoment(state.queue, _OUTCOMES[outcome]))
