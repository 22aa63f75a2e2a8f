"""Labelled conversations as models learn from them: one conversation per line of JSON, gzip or plain."""

import gzip
from collections.abc import Iterator, Mapping
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
    """The turns of one conversation, in order of time; `outcome` holds labels of the whole."""

    id: str
    turns: list[Turn]
    outcome: dict[str, Any] | None = None

    @property
    def group(self) -> str:
        """What the line belongs to: several lines may come from one longer conversation.

        Examples
        --------
        >>> Conversation("a-1", [], {"conv_id": "a"}).group, Conversation("b", []).group
        ('a', 'b')
        """
        return str((self.outcome or {}).get("conv_id", self.id))

    @property
    def customer_turns(self) -> list[Turn]:
        """The customer's turns."""
        return [turn for turn in self.turns if turn.speaker == "customer"]

    @property
    def ended_badly(self) -> bool | None:
        """Whether the customer left it unhappy, as `ended_badly` reads it off the outcome."""
        return ended_badly(self.outcome or {})


#: Names of an outcome that say it outright.
_SAID_SO = ("needs_help", "escalated")
#: Grades, and up to which one a conversation went badly.
_GRADES = (("csat", 2), ("satisfaction", 1), ("customer_satisfaction", 2))


def ended_badly(outcome: Mapping[str, Any]) -> bool | None:
    """Return whether a conversation with this outcome went badly; None when it does not say.

    Examples
    --------
    >>> ended_badly({"satisfaction": 1}), ended_badly({"escalated": False}), ended_badly({})
    (True, False, None)
    """
    for name in _SAID_SO:
        if isinstance(outcome.get(name), bool):
            return bool(outcome[name])
    for name, worst in _GRADES:
        if isinstance(outcome.get(name), int | float):
            return bool(outcome[name] <= worst)
    return None


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
