"""What takes the batches that the transport hands over: the fast lane, as far as the transport knows it."""

from typing import Protocol

from faust.types import TP


class Lane(Protocol):
    """What takes the batches."""

    source_topics: frozenset[str]
    epoch: int

    def full(self, tp: TP) -> bool:
        """Return whether enough records of this partition wait already."""

    def coming(self, tp: TP, count: int) -> None:
        """Note that so many records are about to be handed over."""

    async def revoke(self, fenced: bool) -> None:
        """Save and commit what was applied and forget the rest; write nothing when fenced."""

    def assign(self, assigned: set[TP], generation: int) -> None:
        """Begin with these partitions."""
