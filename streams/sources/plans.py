"""When things happen in a conversation: a time for each turn and event, from a speaking rate if need be."""

from dataclasses import dataclass
from random import Random
from typing import Any

from streams.sources.conversations import Conversation, Turn

WORDS_PER_MINUTE = 160
TURN_GAP_MS = 600
EVENT_LASTS_MS = 500
WRAPUP_DELAY_MS = 3_000
SURVEY_DELAY_MS = 6_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn at its place, milliseconds from the start of the call."""

    start_ms: int
    end_ms: int
    turn: Turn
    number: int


@dataclass(frozen=True, slots=True)
class Happening:
    """A call event at its place, as `Conversation.events` describes it."""

    start_ms: int
    end_ms: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A conversation with a time for everything, still without an instant to begin at.

    Parameters
    ----------
    conversation : Conversation
        What is said and what happens.
    call_id : str
        The id it gets on Kafka.
    items : tuple
        Turns and events in order of their start.
    talk_ms : int
        Length from start to the end of the last turn or event in it.
    length_ms : int
        Length up to the last record, which may be a disposition or a survey after the call.
    """

    conversation: Conversation
    call_id: str
    items: tuple[Spoken | Happening, ...]
    talk_ms: int
    length_ms: int

    def said_by_ms(self, number: int) -> int:
        """Return when the turn with this index in `Conversation.turns` is over, ms from the start.

        Raises
        ------
        KeyError
            When nobody says it: a `system` line, an empty one, or none of that index.
        """
        for item in self.items:
            if isinstance(item, Spoken) and item.number == number:
                return item.end_ms
        raise KeyError(number)


def plan_call(conversation: Conversation, *, seed: int = 0, call_id: str = "") -> CallPlan:
    """Give every turn and event of a conversation its time.

    Times of the data are kept. Where there are none, a turn takes as long as its words do at about 160 a
    minute, after a pause of about 600 ms; both vary, by `seed` and `call_id` alone. `call.started`,
    `agent.joined` and `call.ended` are added where the data does not say them, and after the end the
    disposition and the survey that its outcome holds.

    Examples
    --------
    >>> plan = plan_call(Conversation(id="c-1", turns=(Turn("customer", "hello there"),)))
    >>> [item.start_ms < 1_000 for item in plan.items]
    [True, True, False]
    """
    call_id = call_id or conversation.id
    given = {fields["type"] for fields in conversation.events}
    items = _placed(conversation, Random(f"{seed}:{call_id}"))
    if "call.started" not in given:
        items.insert(0, Happening(0, 0, _started(conversation)))
    if "call.ended" not in given:
        end_ms = max(item.end_ms for item in items) + EVENT_LASTS_MS
        items.append(Happening(end_ms, end_ms, {"type": "call.ended", "reason": "hang-up"}))
    talk_ms = max(item.end_ms for item in items)
    for fields, delay_ms in (
        (conversation.wrapup(), WRAPUP_DELAY_MS),
        (conversation.survey(), SURVEY_DELAY_MS),
    ):
        if fields is not None:
            items.append(Happening(talk_ms + delay_ms, talk_ms + delay_ms, fields))
    items.sort(key=lambda item: item.start_ms)
    return CallPlan(conversation, call_id, tuple(items), talk_ms, max(item.end_ms for item in items))


def _placed(conversation: Conversation, rng: Random) -> list[Spoken | Happening]:
    timed = [fields for fields in conversation.events if "at_ms" in fields]
    items: list[Spoken | Happening] = [
        Happening(fields["at_ms"], fields["at_ms"] + fields.get("lasts_ms", 0), fields) for fields in timed
    ]
    joined = any(fields["type"] == "agent.joined" for fields in timed)
    cursor = 0

    def happen(fields: dict[str, Any]) -> None:
        nonlocal cursor, joined
        joined = joined or fields["type"] == "agent.joined"
        end_ms = cursor + fields.get("lasts_ms", EVENT_LASTS_MS)
        items.append(Happening(cursor, end_ms, fields))
        cursor = end_ms

    turns = conversation.turns
    for number in range(len(turns) + 1):
        for fields in conversation.events:
            if fields.get("before_turn") == number:
                happen(fields)
        if number == len(turns):
            break
        turn = turns[number]
        if turn.speaker == "system" or not turn.text.strip():
            continue
        if turn.speaker == "agent" and not joined:
            happen({"type": "agent.joined", "agent_id": conversation.agent_id or ""})
        gap_ms = int(TURN_GAP_MS * rng.uniform(0.5, 1.6)) if turn.gap_ms is None else turn.gap_ms
        start_ms = cursor + gap_ms if turn.at_ms is None else turn.at_ms
        following = turns[number + 1].at_ms if number + 1 < len(turns) else None
        end_ms = _end_ms(turn, start_ms, following, rng)
        items.append(Spoken(start_ms, end_ms, turn, number))
        cursor = end_ms
    return items


def _end_ms(turn: Turn, start_ms: int, following: int | None, rng: Random) -> int:
    if turn.end_ms is not None:
        return max(turn.end_ms, start_ms)
    words = len(turn.text.split())
    end_ms = start_ms + int(words * 60_000 / WORDS_PER_MINUTE * rng.uniform(0.85, 1.2))
    # A made-up length must not run into a turn whose begin is known: that would look like talk-over.
    return following if following is not None and start_ms < following < end_ms else end_ms


def _started(conversation: Conversation) -> dict[str, Any]:
    fields = {
        "queue": conversation.queue,
        "locale": conversation.locale,
        "channel": conversation.channel,
        "direction": conversation.direction,
        "customer_id": conversation.customer_id,
    }
    return {"type": "call.started", **{name: value for name, value in fields.items() if value}}
