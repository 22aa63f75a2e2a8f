"""Numbered records whose state tells whether each was applied exactly once, and in order."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from streams.calls.events import CallEvent, CallStarted, CallTransferred, TranscriptTokens
from streams.calls.state import CallState
from streams.calls.stored import decode_state
from streams.kafka.checkpoint import SavedStates, decode_saved
from streams.topics import CALL_EVENTS, CALL_STATE, TRANSCRIPT_TOKENS
from tests.workers import Broker

#: Every so many tokens a transfer: they are counted in the state, so one applied twice shows.
TRANSFER_EVERY = 5


class Numbered(NamedTuple):
    """Calls with so many one-token records each, all in one open utterance: a lost one leaves a hole."""

    calls: int
    tokens: int
    prefix: str = "n"

    def ids(self) -> list[str]:
        return [f"{self.prefix}{number}" for number in range(self.calls)]

    def records(
        self, first: int = 0, last: int | None = None
    ) -> Iterator[tuple[str, TranscriptTokens | CallEvent]]:
        """Yield the records of rounds `first` to `last`, all calls of a round beside each other."""
        now = int(time.time() * 1000) - 60_000
        for place in range(first, self.tokens if last is None else last):
            at = now + 10 * place
            for call_id in self.ids():
                if place == 0:
                    yield CALL_EVENTS, CallStarted(call_id, at, queue="q")
                yield (
                    TRANSCRIPT_TOKENS,
                    TranscriptTokens(call_id, "agent", 0, [f"w{place}"], at, index=place),
                )
                if place % TRANSFER_EVERY == 0:
                    yield CALL_EVENTS, CallTransferred(call_id, at)

    def wrong(self, states: dict[str, CallState]) -> dict[str, str]:
        """Return what is wrong with these states, per call; empty when each record is in once."""
        transfers = len(range(0, self.tokens, TRANSFER_EVERY))
        found = {}
        for call_id in self.ids():
            state = states.get(call_id)
            if state is None:
                found[call_id] = "no state"
                continue
            heard = state.open[0].tokens if state.open else []
            missing = {f"w{place}" for place in range(self.tokens)} - set(heard)
            if missing or len(heard) != self.tokens or state.transfers != transfers:
                found[call_id] = (
                    f"{len(heard)} of {self.tokens} tokens, {sorted(missing)[:5]} missing, "
                    f"{state.transfers} of {transfers} transfers"
                )
        return found


def saved_states(broker: Broker) -> dict[str, CallState]:
    """Return the states a worker would read back now."""
    partitions: dict[int, SavedStates] = {}
    for record in broker.read(CALL_STATE):
        partitions.setdefault(record.partition, SavedStates()).add(record.key, record.value)
    return {
        key.decode(): decode_state(decode_saved(value).data)
        for saved in partitions.values()
        for key, value in saved.live().items()
    }
