"""How simulated calls go: what each kind of call is made of, and where it turns bad and comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from streams.calls.events import Severity

Mood = Literal["neutral", "bad", "calm"]


@dataclass(frozen=True, slots=True)
class Stage:
    """Some exchanges of one kind: the agent says something of one rule, the customer answers with another.

    Parameters
    ----------
    agent, customer : str
        Rules of `streams.sources.phrases`.
    least, most : int
        How many exchanges.
    mood : str
        ``bad``: each customer turn here is one that ought to be noticed. ``calm``: the customer came back.
    before : str
        ``hold`` or ``transfer`` first; empty for neither.
    gap_ms : int
        Silence before each customer turn; 0 for an ordinary pause.
    """

    agent: str
    customer: str
    least: int
    most: int
    mood: Mood = "neutral"
    before: Literal["", "hold", "transfer"] = ""
    gap_ms: int = 0


@dataclass(frozen=True, slots=True)
class Arc:
    """One kind of call: how often it occurs (a share), its stages, and the severity it deserves."""

    share: float
    stages: tuple[Stage, ...]
    severity: Severity | None = None


_OPEN = (
    Stage("greeting", "opening", 1, 1),
    Stage("verify", "identify", 1, 1),
    Stage("ask", "detail", 1, 3),
    Stage("work", "fine", 0, 3),
)
_CLOSE = (Stage("solve", "thanks", 1, 2), Stage("goodbye", "bye", 1, 1))
_WORSE = (
    Stage("deflect", "annoyed", 2, 3),
    Stage("deflect", "angry", 2, 4, "bad", before="hold"),
)
_BACK = (Stage("repair", "soften", 4, 6, "calm"), *_CLOSE)

ARCS: Mapping[str, Arc] = {
    "calm": Arc(0.62, (*_OPEN, Stage("work", "detail", 1, 4), *_CLOSE)),
    "calm_on_hold": Arc(0.08, (*_OPEN, Stage("work", "fine", 1, 3, before="hold"), *_CLOSE)),
    "escalating": Arc(0.05, (*_OPEN, *_WORSE, Stage("deflect", "give_up", 1, 1, "bad")), "high"),
    "escalating_recovering": Arc(0.06, (*_OPEN, *_WORSE, *_BACK), "high"),
    "abusive": Arc(
        0.02, (*_OPEN, Stage("deflect", "annoyed", 1, 1), Stage("boundary", "abuse", 2, 4, "bad")), "high"
    ),
    "urgent": Arc(
        0.02,
        (
            *_OPEN[:2],
            Stage("ask", "urgent", 2, 2, "bad"),
            Stage("act_now", "relief", 4, 5, "calm"),
            *_CLOSE,
        ),
        "critical",
    ),
    "supervisor_request": Arc(
        0.03,
        (
            *_OPEN,
            Stage("deflect", "annoyed", 1, 2, before="transfer"),
            Stage("refuse", "supervisor", 2, 3, "bad"),
        ),
        "high",
    ),
    "sarcastic": Arc(
        0.03, (*_OPEN, Stage("deflect", "sarcasm", 2, 3, "bad"), Stage("work", "quiet", 1, 2)), "watch"
    ),
    "quiet_churn": Arc(
        0.04, (*_OPEN, Stage("accept", "churn", 2, 2, "bad"), Stage("goodbye", "bye", 1, 1)), "high"
    ),
    "silent": Arc(0.05, (*_OPEN[:2], Stage("prompt", "quiet", 5, 9, gap_ms=10_000), *_CLOSE[1:])),
}
