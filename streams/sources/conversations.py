"""Conversations: what a recorded, written or simulated call is before it has times, and the format on file.

::

    {"id": "c-1", "source": "ours", "queue": "billing", "locale": "en-GB", "channel": "voice",
     "turns": [{"speaker": "customer", "text": "hello there"}, ...],
     "events": [{"type": "hold.started", "before_turn": 4, "lasts_ms": 90000}, ...],
     "outcome": {"csat": 2, "resolved": false}}

Only `id` and `turns` are needed. What else a line holds (`label`, `raw`, ...) is left alone.
"""

from collections.abc import Sequence
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from streams.calls.events import CallEvent, CallId, Count, Name, Severity
from streams.errors import DataFileError

_PLACING = frozenset({"at_ms", "before_turn", "lasts_ms"})


class Turn(Struct, frozen=True):
    """One stretch of speech, or one chat message.

    Parameters
    ----------
    speaker : str
        ``customer``, ``agent``, ``supervisor`` or ``bot``; ``system`` lines (screens, forms) are not said.
    text : str
        The words, as they were said or typed.
    at_ms, end_ms : int, optional
        Begin and end, milliseconds from the start of the call; made from a speaking rate when absent.
    gap_ms : int, optional
        Silence before this turn where `at_ms` is absent; about 600 ms when this is absent too.
    """

    speaker: Literal["customer", "agent", "supervisor", "bot", "system"]
    text: str
    at_ms: Count | None = None
    end_ms: Count | None = None
    gap_ms: Count | None = None


class Expect(Struct, frozen=True):
    """What its writer says a call is: whether it needs a person, whether it comes back, how bad it is.

    `severity` ``watch`` is worth a look but does not count as an escalation.
    """

    escalates: bool
    recovers: bool = False
    severity: Severity | None = None


class Conversation(Struct, frozen=True, kw_only=True):
    """One recorded, written or simulated call, before it has times.

    An entry of `events` is a call event of the wire without `call_id` and `at`, with its place: `at_ms`
    (milliseconds from the start) or `before_turn` (index into `turns`; their number means the end), and
    optionally `lasts_ms`, the time until what follows it.

    Examples
    --------
    >>> Conversation(id="c-1", turns=(Turn("customer", "hello"),)).channel
    'voice'
    """

    id: CallId
    turns: tuple[Turn, ...]
    source: str = ""
    queue: Name = ""
    locale: Name = ""
    channel: Literal["voice", "chat"] = "voice"
    direction: Literal["inbound", "outbound"] = "inbound"
    customer_id: Name | None = None
    agent_id: Name | None = None
    events: tuple[dict[str, Any], ...] = ()
    outcome: dict[str, Any] | None = None
    expect: Expect | None = None

    def check(self) -> None:
        """Look at what the types do not say: the events, their places, the outcome.

        Raises
        ------
        DataFileError
            Names the part that is wrong.
        """
        for number, fields in enumerate(self.events):
            where = f"events[{number}]"
            if ("at_ms" in fields) == ("before_turn" in fields):
                raise DataFileError(f"{where}: give at_ms or before_turn, one of the two")
            for name in _PLACING & fields.keys():
                if type(fields[name]) is not int or fields[name] < 0:
                    raise DataFileError(f"{where}.{name}: {fields[name]!r} is not a whole number from 0 up")
            if fields.get("before_turn", 0) > len(self.turns):
                raise DataFileError(
                    f"{where}.before_turn: {fields['before_turn']}, but there are {len(self.turns)} turns"
                )
            try:
                call_event(self.id, 0, fields)
            except msgspec.ValidationError as exc:
                raise DataFileError(f"{where}: {exc}") from exc
        try:
            for after_call in (self.survey(), self.wrapup()):
                if after_call is not None:
                    call_event(self.id, 0, after_call)
        except msgspec.ValidationError as exc:
            raise DataFileError(f"outcome: {exc}") from exc

    def survey(self) -> dict[str, Any] | None:
        """Return the fields of `survey.submitted` that the outcome holds (`csat`, `nps`), if any."""
        return self._from_outcome("survey.submitted", ("csat", "nps"))

    def wrapup(self) -> dict[str, Any] | None:
        """Return the fields of `wrapup.completed`: `code`, `matter`, `resolved`, `account_closed`, if any."""
        return self._from_outcome("wrapup.completed", ("code", "matter", "resolved", "account_closed"))

    def _from_outcome(self, kind: str, names: Sequence[str]) -> dict[str, Any] | None:
        outcome = self.outcome or {}
        fields = {name: outcome[name] for name in names if outcome.get(name) is not None}
        return {"type": kind, **fields} if fields else None


def call_event(call_id: str, at: int, fields: dict[str, Any]) -> CallEvent:
    """Make a call event from an entry of `Conversation.events`.

    Raises
    ------
    msgspec.ValidationError
        When the type is unknown or a field is wrong.

    Examples
    --------
    >>> call_event("c-1", 5, {"type": "hold.started", "before_turn": 2})
    HoldStarted(call_id='c-1', at=5)
    """
    own = {name: value for name, value in fields.items() if name not in _PLACING}
    return cast(CallEvent, msgspec.convert({**own, "call_id": call_id, "at": at}, CallEvent))
