"""One call's records through the core, timers included, as fast as it goes: what a worker would have said."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.calls.outputs import Output
from streams.calls.rules import Rules
from streams.calls.state import CallState
from streams.calls.step import Record, begin, expire, step
from streams.config import Settings

#: How far timers stay behind the newest record, as in a worker.
LATENESS_MS = Settings().lateness_ms


class Followed(NamedTuple):
    """One record of a call and what followed from it; the state is the call's own and goes on changing."""

    record: Record
    state: CallState
    outputs: Sequence[Output]


def follow(records: Iterable[Record], rules: Rules) -> Iterator[Followed]:
    """Apply the records of one call in the order given and yield each with what follows from it.

    Deadlines fire before the first record that is later by more than `LATENESS_MS`, with what follows
    from them counted to that record.
    """
    state: CallState | None = None
    for record in records:
        if state is None:
            state = begin(record.call_id, record.at, rules)
        outputs: list[Output] = []
        while not state.ended and state.deadline <= record.at - LATENESS_MS:
            outputs += expire(state, state.deadline, rules)
        outputs += step(state, record, rules)
        yield Followed(record, state, outputs)
