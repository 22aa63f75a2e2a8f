"""Labelled conversations as models learn from them: one conversation per line of JSON, gzip or plain."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

Label = Literal["negative", "neutral", "positive", "mixed"]


class Turn(msgspec.Struct, frozen=True, gc=False):
    """What one party said, and how it was meant if somebody judged it; `raw` are the source's labels."""

    speaker: str
    text: str
    label: Label | None = None
    raw: dict[str, Any] = {}

    @property
    def tokens(self) -> list[str]:
        """The words as a recogniser would send them.

        Examples
        --------
        >>> Turn("customer", "This is great!").tokens
        ['This', 'is', 'great!']
        """
        return self.text.split()

    @property
    def negative(self) -> bool | None:
        """Whether the turn is negative; None when nobody knows, or when it is both.

        Examples
        --------
        >>> [Turn("customer", "", label).negative for label in ("negative", "neutral", "mixed", None)]
        [True, False, None, None]
        """
        return None if self.label is None or self.label == "mixed" else self.label == "negative"


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """The turns of one conversation, in order of time."""

    id: str
    turns: list[Turn]


def read_conversations(path: Path) -> Iterator[Conversation]:
    """Yield the conversations of a file.

    Raises
    ------
    ValueError
        A line is not a conversation; the message names file and line.
    """
    decoder = msgspec.json.Decoder(Conversation)
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                raise ValueError(f"{path}, line {number}, is not a conversation: {error}.") from None
