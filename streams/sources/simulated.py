"""Simulated calls with known emotional arcs, for load and demonstrations only.

The sentences come from a small grammar, so a model that does well here has shown nothing about real people:
never quote a figure of quality that was measured on these calls.
"""

import heapq
from collections.abc import Iterator
from itertools import count, islice
from random import Random
from typing import Any

from msgspec import Struct

from streams.calls.events import Severity
from streams.sources.arcs import ARCS, Stage
from streams.sources.conversations import Conversation, Expect, Turn
from streams.sources.phrases import SUBJECTS, draw_facts, say, speak
from streams.sources.plans import plan_call
from streams.sources.timeline import Arrival

HOLD_MS = (20_000, 260_000)
CUSTOMERS_PER_LINE = 40
RAMP_MS = 60_000
IDLE_MS = 3_000


class Truth(Struct, frozen=True, omit_defaults=True):
    """What is known about a simulated call, because it was made so.

    `bad_*` is the end of the first customer turn that ought to be noticed, `recovered_*` of the first calm
    one after the last bad one: index of the turn, and Unix milliseconds. Absent where it never happens.
    """

    call_id: str
    arc: str
    started_at: int
    ended_at: int
    escalates: bool
    recovers: bool
    severity: Severity | None = None
    bad_turn: int | None = None
    bad_at: int | None = None
    recovered_turn: int | None = None
    recovered_at: int | None = None


class SimulatedCall(Struct, frozen=True):
    """One call, when it begins, and which of its turns are bad or calm."""

    arrival: Arrival
    arc: str
    bad_turns: tuple[int, ...]
    calm_turns: tuple[int, ...]

    def truth(self, start_at: int) -> Truth:
        """Return the ground truth, given the instant (Unix ms) at which the whole simulation begins."""
        plan = self.arrival.plan
        began = start_at + self.arrival.start_ms
        bad = self.bad_turns[0] if self.bad_turns else None
        calm = self.calm_turns[0] if self.calm_turns else None
        return Truth(
            plan.call_id,
            self.arc,
            began,
            began + plan.talk_ms,
            escalates=_escalates(self.arc),
            recovers=calm is not None,
            severity=ARCS[self.arc].severity,
            bad_turn=bad,
            bad_at=None if bad is None else began + plan.said_by_ms(bad),
            recovered_turn=calm,
            recovered_at=None if calm is None else began + plan.said_by_ms(calm),
        )


def simulated_calls(
    *,
    concurrent: int,
    calls: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    suffix: str = "",
) -> Iterator[SimulatedCall]:
    """Yield calls in order of their beginning, so many that `concurrent` are live at once.

    The first ones begin within a minute; from then on one that ends is soon followed by another.

    Parameters
    ----------
    concurrent : int
        Lines, each with one call after another; 1 or more.
    calls : int, optional
        How many in all; endless when this and `seconds` are None.
    seconds : float, optional
        No call begins later than this, in seconds of call time.
    seed : int
        The same seed gives the same calls, word for word.
    suffix : str
        Put behind every call id.

    Examples
    --------
    >>> [call.arrival.plan.call_id for call in simulated_calls(concurrent=2, calls=2)]
    ['sim-0-1', 'sim-0-2']
    """
    rng = Random(f"lines:{seed}")
    free = [(int(rng.uniform(0, RAMP_MS)) if line else 0, line) for line in range(concurrent)]
    heapq.heapify(free)
    for number in islice(count(1), calls):
        start_ms, line = free[0]
        if seconds is not None and start_ms > seconds * 1_000:
            return
        call = _simulated_call(start_ms, number, line, seed, suffix)
        idle_ms = int(IDLE_MS * rng.uniform(0.2, 1.8))
        heapq.heapreplace(free, (start_ms + call.arrival.plan.talk_ms + idle_ms, line))
        yield call


def _simulated_call(start_ms: int, number: int, line: int, seed: int, suffix: str) -> SimulatedCall:
    rng = Random(f"{seed}:{number}")
    arc = rng.choices(list(ARCS), [kind.share for kind in ARCS.values()])[0]
    queue = rng.choice(list(SUBJECTS))
    facts = draw_facts(queue, rng)
    turns: list[Turn] = []
    events: list[dict[str, Any]] = []
    moods: dict[str, list[int]] = {"neutral": [], "bad": [], "calm": []}
    for stage in ARCS[arc].stages:
        events.extend(_before(stage, len(turns), number, rng))
        for _ in range(rng.randint(stage.least, stage.most)):
            turns.append(Turn("agent", say(stage.agent, facts, rng)))
            moods[stage.mood].append(len(turns))
            gap_ms = int(stage.gap_ms * rng.uniform(0.9, 1.5)) or None
            turns.append(Turn("customer", speak(stage.customer, facts, rng), gap_ms=gap_ms))
    bad, calm = bool(moods["bad"]), bool(moods["calm"])
    conversation = Conversation(
        id=f"sim-{seed}-{number}",
        source="simulated",
        turns=tuple(turns),
        events=tuple(events),
        queue=queue,
        locale="en-GB",
        customer_id=f"sim-customer-{line}-{rng.randrange(CUSTOMERS_PER_LINE)}",
        agent_id=f"sim-agent-{line}",
        outcome=_outcome(bad, calm, queue, rng),
        expect=Expect(_escalates(arc), calm, ARCS[arc].severity),
    )
    plan = plan_call(conversation, seed=seed, call_id=conversation.id + suffix)
    return SimulatedCall(Arrival(start_ms, plan), arc, tuple(moods["bad"]), tuple(moods["calm"]))


def _escalates(arc: str) -> bool:
    return ARCS[arc].severity in ("high", "critical")  # `watch` is worth a look, not an escalation


def _before(stage: Stage, turn: int, number: int, rng: Random) -> list[dict[str, Any]]:
    if stage.before == "hold":
        return [
            {"type": "hold.started", "before_turn": turn, "lasts_ms": rng.randint(*HOLD_MS)},
            {"type": "hold.ended", "before_turn": turn},
        ]
    if stage.before == "transfer":
        to_agent = f"sim-agent-transfer-{number}"
        return [
            {"type": "call.transferred", "before_turn": turn, "mode": "blind", "to_agent_id": to_agent},
            {"type": "agent.joined", "before_turn": turn, "agent_id": to_agent},
        ]
    return []


def _outcome(bad: bool, calm: bool, matter: str, rng: Random) -> dict[str, Any]:
    """About one customer in eight answers the survey, and most tell the truth."""
    outcome: dict[str, Any] = {"matter": matter, "resolved": calm or not bad}
    if rng.random() < 0.125:
        csat = rng.choice((1, 1, 2) if bad and not calm else (3, 4, 4, 5) if bad else (4, 5, 5))
        outcome |= {"csat": csat, "nps": min(10, max(0, csat * 2 + rng.randint(-1, 1)))}
    return outcome
