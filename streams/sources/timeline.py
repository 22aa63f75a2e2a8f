"""From plans to records: what goes to Kafka, in order of time, over any number of calls at once."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from msgspec import Struct

from streams import topics
from streams.calls.events import MAX_TOKENS_PER_UTTERANCE, CallEvent, TranscriptTokens
from streams.sources.conversations import call_event
from streams.sources.plans import CallPlan, Spoken

MAX_TOKEN_LENGTH = 200  # of `streams.calls.events.Token`


class TimedRecord(Struct, frozen=True, gc=False):
    """One record for Kafka: where it goes, its key, its instant (Unix milliseconds) and itself."""

    topic: str
    call_id: str
    at: int
    record: TranscriptTokens | CallEvent


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call and when it begins, milliseconds from the start of the whole."""

    start_ms: int
    plan: CallPlan


def play(arrivals: Iterable[Arrival], start_at: int, tokens_per_message: int = 1) -> Iterator[TimedRecord]:
    """Yield the records of all these calls in order of time, holding only the calls that are live.

    Parameters
    ----------
    arrivals : iterable of Arrival
        In order of `start_ms`; may be endless.
    start_at : int
        Unix milliseconds of the start of the whole.
    tokens_per_message : int
        Words in one record, 1 or more.
    """
    live: list[tuple[int, int, TimedRecord, Iterator[TimedRecord]]] = []
    order = count()

    def until(at: int | None) -> Iterator[TimedRecord]:
        while live and (at is None or live[0][0] < at):
            _, number, record, rest = live[0]
            yield record
            following = next(rest, None)
            if following is None:
                heapq.heappop(live)
            else:
                heapq.heapreplace(live, (following.at, number, following, rest))

    for arrival in arrivals:
        begin = start_at + arrival.start_ms
        yield from until(begin)
        rest = records_of(arrival.plan, begin, tokens_per_message)
        first = next(rest, None)
        if first is not None:
            heapq.heappush(live, (first.at, next(order), first, rest))
    yield from until(None)


def length_ms(arrivals: Iterable[Arrival]) -> int:
    """Return the time from the start of the whole to its last record, in milliseconds."""
    return max((arrival.start_ms + arrival.plan.length_ms for arrival in arrivals), default=0)


def records_of(plan: CallPlan, start_at: int, tokens_per_message: int = 1) -> Iterator[TimedRecord]:
    """Yield the records of one call in order of time.

    A chat message is one record whatever `tokens_per_message` says: nobody sees it being typed.

    Examples
    --------
    >>> from streams.sources.conversations import Conversation, Turn
    >>> from streams.sources.plans import plan_call
    >>> plan = plan_call(Conversation(id="c-1", turns=(Turn("customer", "hello there"),)))
    >>> [type(r.record).__name__ for r in records_of(plan, 1_760_000_000_000)]
    ['CallStarted', 'TranscriptTokens', 'TranscriptTokens', 'CallEnded']
    """
    pending: list[tuple[int, int, TimedRecord]] = []
    order = count()
    utterances: dict[str, int] = {}
    for item in plan.items:
        # Turns overlap where the data has such times: what is said earlier goes first, whoever says it.
        while pending and pending[0][0] <= start_at + item.start_ms:
            yield heapq.heappop(pending)[2]
        if isinstance(item, Spoken):
            for record in _said(plan, item, start_at, tokens_per_message, utterances):
                heapq.heappush(pending, (record.at, next(order), record))
        else:
            event = call_event(plan.call_id, start_at + item.start_ms, item.fields)
            heapq.heappush(
                pending,
                (event.at, next(order), TimedRecord(topics.CALL_EVENTS, plan.call_id, event.at, event)),
            )
    while pending:
        yield heapq.heappop(pending)[2]


def _said(
    plan: CallPlan, item: Spoken, start_at: int, per_message: int, utterances: dict[str, int]
) -> Iterator[TimedRecord]:
    call_id, speaker = plan.call_id, item.turn.speaker
    assert speaker != "system"
    voice = plan.conversation.channel == "voice"
    words = tokens_of(item.turn.text)
    bounds = _bounds(words, item.start_ms, item.end_ms)
    for first in range(0, len(words), MAX_TOKENS_PER_UTTERANCE):
        last = min(first + MAX_TOKENS_PER_UTTERANCE, len(words))
        utterance = utterances.get(speaker, 0)
        utterances[speaker] = utterance + 1
        step = per_message if voice else last - first
        for begin in range(first, last, step):
            end = min(begin + step, last)
            record = TranscriptTokens(
                call_id,
                speaker,
                utterance,
                words[begin:end],
                start_at + bounds[end],
                index=begin - first,
                final=end == last,
                start_ms=bounds[begin] if voice else None,
                end_ms=bounds[end] if voice else None,
            )
            yield TimedRecord(topics.TRANSCRIPT_TOKENS, call_id, record.at, record)


def tokens_of(text: str) -> list[str]:
    """Return the words of a text; one too long for a token is cut.

    Examples
    --------
    >>> tokens_of(" it's  broken, again ")
    ["it's", 'broken,', 'again']
    """
    words = text.split()
    if all(len(word) <= MAX_TOKEN_LENGTH for word in words):
        return words
    return [
        word[cut : cut + MAX_TOKEN_LENGTH] for word in words for cut in range(0, len(word), MAX_TOKEN_LENGTH)
    ]


def _bounds(words: list[str], start_ms: int, end_ms: int) -> list[int]:
    """Share a turn's time among its words by their length: ``len(words) + 1`` instants."""
    spans = [len(word) + 2 for word in words]  # +2: short words take longer than their letters say
    total = sum(spans)
    bounds, done = [start_ms], 0
    for span in spans:
        done += span
        bounds.append(start_ms + (end_ms - start_ms) * done // total)
    return bounds
