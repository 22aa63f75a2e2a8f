"""Recorded conversations: read from JSON lines, plain or gzip, and laid out in time to be replayed."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from itertools import count
from pathlib import Path
from random import Random
from typing import cast

import msgspec

from streams.errors import DataFileError
from streams.sources.conversations import Conversation
from streams.sources.plans import plan_call
from streams.sources.timeline import Arrival

STDIN = Path("-")
EVERY_MS = 15_000
_GZIP_MAGIC = b"\x1f\x8b"


class ConversationReader:
    """Reads files line by line and keeps count of what could not be used.

    Parameters
    ----------
    skip_bad : bool
        Pass over bad lines and count them in `skipped`, instead of stopping at the first.
    """

    def __init__(self, skip_bad: bool = False) -> None:
        self.skip_bad = skip_bad
        self.skipped = 0
        self.first_problem = ""
        self._seen: dict[str, str] = {}
        self._decoder = msgspec.json.Decoder(Conversation)

    def read(self, paths: Iterable[Path]) -> Iterator[Conversation]:
        """Yield the conversations of these files in order; ``-`` is the standard input.

        Raises
        ------
        DataFileError
            Names the file and the line: not readable, not JSON, a wrong field, an id used before.
        """
        for path in paths:
            yield from self._read_file(path)

    def _read_file(self, path: Path) -> Iterator[Conversation]:
        shown = "standard input" if path == STDIN else str(path)
        number = 0
        try:
            with opened(path) as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield from self._take(line, f"{shown}, line {number}")
        except (OSError, EOFError, zlib.error) as exc:
            place = f"{shown}, after line {number}" if number else shown
            reason = getattr(exc, "strerror", None) or exc
            raise DataFileError(f"{place}: cannot be read: {reason}") from exc

    def _take(self, line: bytes, place: str) -> Sequence[Conversation]:
        try:
            conversation = self._decoder.decode(line)
            conversation.check()
            if conversation.id in self._seen:
                raise DataFileError(
                    f"id {conversation.id!r} is used in {self._seen[conversation.id]} already"
                )
        except (msgspec.DecodeError, UnicodeDecodeError, DataFileError) as exc:
            problem = f"{place}: {exc}"
            if not self.skip_bad:
                raise DataFileError(problem) from exc
            self.skipped += 1
            self.first_problem = self.first_problem or problem
            return ()
        self._seen[conversation.id] = place
        return (conversation,)


@contextmanager
def opened(path: Path) -> Iterator[Iterable[bytes]]:
    """Open a file of lines, plain or gzip; ``-`` is the standard input."""
    with ExitStack() as stack:
        raw = (
            cast(BufferedReader, sys.stdin.buffer) if path == STDIN else stack.enter_context(path.open("rb"))
        )
        # A name promises nothing, and standard input has none: the first two bytes tell gzip from plain.
        packed = raw.peek(2)[:2] == _GZIP_MAGIC
        yield stack.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw


def recorded_calls(
    conversations: Sequence[Conversation],
    *,
    seed: int = 0,
    every_ms: int = EVERY_MS,
    loop: bool = False,
    suffix: str = "",
) -> Iterator[Arrival]:
    """Lay recorded conversations out in time: one begins about every `every_ms`, in the order given.

    Parameters
    ----------
    conversations : sequence of Conversation
        What to replay.
    seed : int
        Varies pauses, speaking rates and arrivals; the same seed gives the same calls.
    every_ms : int
        Time between two beginnings, in ms of call time; varied by a third either way.
    loop : bool
        Begin again after the last one, for ever; from the second round on ids end in ``~2``, ``~3``, ...
    suffix : str
        Put behind every id, so that a file can be fed again as new calls.
    """
    rng = Random(f"arrivals:{seed}")
    start_ms = 0
    for round_number in count(1) if loop and conversations else (1,):
        ending = suffix + (f"~{round_number}" if round_number > 1 else "")
        for conversation in conversations:
            yield Arrival(start_ms, plan_call(conversation, seed=seed, call_id=conversation.id + ending))
            start_ms += int(every_ms * rng.uniform(2 / 3, 4 / 3))
