"""Risk: the belief that a competent supervisor would want to act before this call ends.

Logistic over parts that add up in log-odds: a decayed average of how negative the customer's turns were (a
prior that needs no training), and the signals that were heard. Each part belongs to one signal id, so the
change of the score since the call was calm *is* the list of reasons.

    logit(risk) = BASE + sum(parts)
"""

from collections.abc import Mapping
from math import fsum

from streams.calls.events import Reason
from streams.calls.signals.catalogue import WEIGHTS
from streams.calls.signals.ear import Hit
from streams.calls.state import CallState

#: Log-odds of a call of which nothing is known.
BASE = -3.0
#: P(negative) of an ordinary turn.
NEUTRAL = 0.2
#: Log-odds per unit of decayed sentiment above `NEUTRAL`.
SENTIMENT_WEIGHT = 11.5
#: Share of the decayed average that one more customer turn leaves in place.
KEEP = 0.6
#: Weight of one more turn, for the running utterance.
RUNNING_WEIGHT = SENTIMENT_WEIGHT * (1.0 - KEEP)
#: What is left of a signal after one more customer turn.
SIGNAL_KEEP = 0.8
#: Parts that turns do not wear off: what is known of the customer from before.
_LASTING = frozenset({"history"})
#: Parts that each turn works out anew.
_MADE_ANEW = frozenset({"negative_sentiment", "learned"})
#: Log-odds per earlier bad experience, and how many count.
HISTORY_WEIGHT, HISTORY_MOST = 0.3, 3
#: A signal repeated adds up to this many times its weight.
SIGNAL_CAP = 1.5
#: A part smaller than this is dropped: it says nothing, and a live state stays small.
_FORGOTTEN = 0.02


def total(parts: dict[str, float]) -> float:
    """Return the log-odds that these parts add up to."""
    return BASE + fsum(parts.values())


def add_signal(parts: dict[str, float], signal: str, scale: float = 1.0) -> None:
    """Add one hearing of a signal to the parts; a signal without a weight adds nothing.

    Parameters
    ----------
    scale : float
        How much more or less it means in the call's language.
    """
    weight = WEIGHTS.get(signal)
    if weight:
        weight *= scale
        raised = parts.get(signal, 0.0) + weight
        limit = weight * SIGNAL_CAP
        parts[signal] = min(raised, limit) if weight > 0 else max(raised, limit)


def heard_weight(parts: dict[str, float], hits: list[Hit]) -> float:
    """Return what the signals of a running utterance would add to the log-odds of these parts."""
    raised = {hit.signal: parts.get(hit.signal, 0.0) for hit in hits}
    before = fsum(raised.values())
    for signal in raised:
        add_signal(raised, signal)
    return fsum(raised.values()) - before


def remember_history(parts: dict[str, float], bad_experiences: int) -> None:
    """Let earlier bad experiences of the customer count."""
    if bad_experiences:
        parts["history"] = HISTORY_WEIGHT * min(bad_experiences, HISTORY_MOST)


def stand(parts: dict[str, float], signal: str) -> None:
    """Let a signal that was held back count as it did when it was heard, whatever has decayed since."""
    parts[signal] = max(parts.get(signal, 0.0), WEIGHTS.get(signal, 0.0))


def close_turn(
    state: CallState, negative: float, hits: list[Hit], residual: Mapping[str, float] | None = None
) -> float:
    """Take one closed customer turn into the call's parts and return the new log-odds.

    Parameters
    ----------
    state : CallState
        Its `sentiment`, `parts` and `settled` change.
    negative : float
        P(negative) of the turn, in [0, 1].
    hits : list of Hit
        What was heard in it.
    residual : mapping of str to float, optional
        What a model has learned on top: per signal, the share of its part that is added as ``learned``.
    """
    state.sentiment = KEEP * state.sentiment + (1.0 - KEEP) * (negative - NEUTRAL)
    parts = {
        signal: kept
        for signal, value in state.parts.items()
        if abs(kept := value if signal in _LASTING else value * SIGNAL_KEEP) >= _FORGOTTEN
        and signal not in _MADE_ANEW
    }
    parts["negative_sentiment"] = SENTIMENT_WEIGHT * state.sentiment
    for signal in {hit.signal for hit in hits}:
        add_signal(parts, signal)
    if residual:
        parts["learned"] = fsum(residual.get(signal, 0.0) * part for signal, part in parts.items())
    state.parts = parts
    settle(state)
    return total(parts)


def settle(state: CallState) -> None:
    """Work out what of the log-odds does not depend on the running customer utterance."""
    parts = state.parts
    state.settled = (
        total(parts) - parts.get("negative_sentiment", 0.0) + SENTIMENT_WEIGHT * KEEP * state.sentiment
    )


def running_parts(state: CallState, negative: float, hits: list[Hit]) -> dict[str, float]:
    """Return the parts as they would be if the running customer utterance ended now, without decay."""
    parts = dict(state.parts)
    parts["negative_sentiment"] = SENTIMENT_WEIGHT * KEEP * state.sentiment + RUNNING_WEIGHT * (
        negative - NEUTRAL
    )
    for signal in {hit.signal for hit in hits}:
        add_signal(parts, signal)
    return parts


def reasons(state: CallState, parts: dict[str, float], *, text: bool) -> tuple[Reason, ...]:
    """Return the signed change of every part since the call was calm, largest first.

    The weights sum to the change of the log-odds. A signal that was heard comes with its place, and with its
    words unless `text` is false.
    """
    before = state.calm_parts
    changes = [
        (parts.get(signal, 0.0) - before.get(signal, 0.0), signal) for signal in parts.keys() | before.keys()
    ]
    changes.sort(key=lambda change: (-abs(change[0]), change[1]))
    told = []
    for weight, signal in changes:
        if weight == 0.0:
            continue
        seen = state.evidence.get(signal)
        told.append(
            Reason(signal, weight, seen.speaker, seen.utterance, seen.text if text else None)
            if seen
            else Reason(signal, weight)
        )
    return tuple(told)
