"""Where the calls of a log come from: files of conversations, or the topics of a Kafka."""

from collections.abc import Iterable, Iterator

from models.conversations import ended_badly
from streams.analysis.comparison import LoggedCall
from streams.calls.events import CallEvent, CallReviewed, TranscriptTokens
from streams.calls.step import Record
from streams.sources.conversations import Conversation
from streams.sources.plans import plan_call
from streams.sources.timeline import records_of


def from_conversations(
    conversations: Iterable[Conversation], tokens_per_message: int = 1
) -> Iterator[LoggedCall]:
    """Yield conversations as calls, each from instant 0, with times from a speaking rate if need be."""
    for conversation in conversations:
        plan = plan_call(conversation)
        records = [timed.record for timed in records_of(plan, 0, tokens_per_message)]
        yield LoggedCall(conversation.id, records, needed_help(conversation))


def from_records(records: Iterable[TranscriptTokens | CallEvent]) -> Iterator[LoggedCall]:
    """Yield the calls of records from both topics, each with its records in the order of a worker's merge.

    Order inside a topic is kept; of two topics the earlier goes first, events before tokens at the same time.
    A call that was reviewed says itself whether it needed help.
    """
    events: dict[str, list[CallEvent]] = {}
    tokens: dict[str, list[TranscriptTokens]] = {}
    for record in records:
        if isinstance(record, TranscriptTokens):
            tokens.setdefault(record.call_id, []).append(record)
        else:
            events.setdefault(record.call_id, []).append(record)
    for call_id in dict.fromkeys([*events, *tokens]):
        mine, said = events.get(call_id, []), tokens.get(call_id, [])
        reviews = [event.needed_help for event in mine if isinstance(event, CallReviewed)]
        yield LoggedCall(call_id, _merged(mine, said), reviews[-1] if reviews else None)


def needed_help(conversation: Conversation) -> bool | None:
    """Return whether a conversation needed a person's help; None when its data does not say."""
    if conversation.expect is not None:
        return conversation.expect.escalates
    return ended_badly(conversation.outcome or {})


def _merged(events: list[CallEvent], tokens: list[TranscriptTokens]) -> list[Record]:
    merged: list[Record] = []
    place = 0
    for token in tokens:
        while place < len(events) and events[place].at <= token.at:
            merged.append(events[place])
            place += 1
        merged.append(token)
    return [*merged, *events[place:]]
