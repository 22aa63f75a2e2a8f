"""Observed load of one person: what their calls of the last 24 hours were like, and when a break is due.

Counts and times of calls, from what the *customer's* side of the call was. Nothing here infers an emotion of
the person, and nothing rates their work.
"""

from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from streams.agents.records import AgentWorkload, BreakReason
from streams.calls.reports import StintReport

HOUR_MS: Final = 60 * 60 * 1000
MINUTE_MS: Final = 60 * 1000
#: A time on a call is forgotten so long, ms, after its end; above so many the oldest are.
KEPT_MS: Final = 24 * HOUR_MS
MAX_STINTS: Final = 500
#: So long, ms, without a call is a break: what was before it no longer asks for one.
BREAK_MS: Final = 15 * MINUTE_MS
#: Since the last break, either of these makes one a good idea: tense calls in a row, or time, ms, with an
#: escalation open.
BREAK_TENSE_CALLS: Final = 3
BREAK_ESCALATED_MS: Final = 20 * MINUTE_MS


class Stint(Struct, frozen=True, array_like=True):
    """One person's time on one call, as it is kept: without the call, the queue or the customer."""

    joined_at: int
    left_at: int
    tense: bool
    escalated_ms: int


class Load(Struct, frozen=True):
    """All that is kept of one person: times on calls, by a digest of the report that told of them."""

    stints: dict[str, Stint] = {}


def record(load: Load, report: StintReport) -> Load:
    """Return the load with one more report in it; a repeated one changes nothing.

    Examples
    --------
    >>> once = record(Load(), StintReport("r1", "a1", "c1", "billing", 0, 60_000, tense=True))
    >>> record(once, StintReport("r1", "a1", "c1", "billing", 0, 60_000, tense=True)) == once
    True
    """
    digest = blake2b(report.record_id.encode(), digest_size=8).hexdigest()
    if digest in load.stints:
        return load
    joined_at = min(report.joined_at, report.left_at)
    escalated_ms = min(report.escalated_ms, report.left_at - joined_at)
    stint = Stint(joined_at, report.left_at, report.tense, max(0, escalated_ms))
    stints = {**load.stints, digest: stint}
    return Load(_bounded(stints, max(stint.left_at for stint in stints.values())))


def expire(load: Load, now: int) -> Load | None:
    """Return what may still be kept at `now`, Unix ms; None when that is nothing."""
    stints = _bounded(load.stints, now)
    if len(stints) == len(load.stints):
        return load
    return Load(stints) if stints else None


def workload(agent_id: str, load: Load) -> AgentWorkload:
    """Return what is published about a person, by whatever name.

    A break is suggested when, since the last 15 minutes without a call, three calls in a row were tense or an
    escalation was open for 20 minutes in all. It ends by itself 15 minutes after the last call.

    Examples
    --------
    >>> load = Load()
    >>> for n in range(3):
    ...     start = n * 300_000
    ...     load = record(load, StintReport(f"r{n}", "a1", f"c{n}", "q", start, start + 240_000, tense=True))
    >>> found = workload("a1", load)
    >>> found.tense_in_a_row, found.break_suggested, found.break_reasons
    (3, True, ('tense_calls_in_a_row',))
    """
    stints = sorted(load.stints.values(), key=_ended)
    at = max((stint.left_at for stint in stints), default=0)
    spent = sum(stint.left_at - stint.joined_at for stint in stints)
    escalated = sum(stint.escalated_ms for stint in stints)
    reasons = _break_reasons(_since_break(stints))
    return AgentWorkload(
        agent_id=agent_id,
        at=at,
        calls=len(stints),
        tense_in_a_row=_tense_in_a_row(stints),
        last_calm_at=max((stint.left_at for stint in stints if not stint.tense), default=None),
        escalated_ratio=round(escalated / spent, 4) if spent else 0.0,
        break_suggested=bool(reasons),
        break_reasons=reasons,
        break_until=at + BREAK_MS if reasons else None,
    )


def _break_reasons(stints: list[Stint]) -> tuple[BreakReason, ...]:
    reasons: list[BreakReason] = []
    if _tense_in_a_row(stints) >= BREAK_TENSE_CALLS:
        reasons.append("tense_calls_in_a_row")
    if sum(stint.escalated_ms for stint in stints) >= BREAK_ESCALATED_MS:
        reasons.append("time_in_escalated_calls")
    return tuple(reasons)


def _since_break(stints: list[Stint]) -> list[Stint]:
    """Return the times on calls since the last break; several chats may run at once."""
    since: list[Stint] = []
    busy_until = 0
    for stint in sorted(stints, key=lambda stint: (stint.joined_at, stint.left_at)):
        if stint.joined_at - busy_until >= BREAK_MS:
            since = []
        since.append(stint)
        busy_until = max(busy_until, stint.left_at)
    return sorted(since, key=_ended)


def _tense_in_a_row(stints: list[Stint]) -> int:
    count = 0
    for stint in reversed(stints):
        if not stint.tense:
            break
        count += 1
    return count


def _ended(stint: Stint) -> tuple[int, int, bool, int]:
    return stint.left_at, stint.joined_at, stint.tense, stint.escalated_ms


def _bounded(stints: dict[str, Stint], now: int) -> dict[str, Stint]:
    kept = [(name, stint) for name, stint in stints.items() if stint.left_at > now - KEPT_MS]
    if len(kept) == len(stints) <= MAX_STINTS:
        return stints
    kept.sort(key=lambda named: (_ended(named[1]), named[0]))
    return dict(kept[-MAX_STINTS:])


def encode_load(load: Load) -> bytes:
    """Return a load as it is kept in the table.

    Examples
    --------
    >>> load = record(Load(), StintReport("r1", "a1", "c1", "billing", 0, 60_000))
    >>> decode_load(encode_load(load)) == load
    True
    """
    return _encoder.encode(load)


def decode_load(value: bytes) -> Load:
    """Return the load in a value of the table."""
    return _decoder.decode(value)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Load)
