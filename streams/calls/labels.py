"""What people say a call was, as examples to learn from."""

from collections.abc import Iterable
from zlib import crc32

from streams.calls.events import AlertVerdict, CallReviewed, LabelledTurn
from streams.calls.outputs import Gap, Output
from streams.calls.state import CallState, Turn

#: How much a person's verdict or review is trusted: the strongest label there is.
VERDICT_WEIGHT = 1.0
#: Turns that a review labels when it names none.
_REVIEWED_TURNS = 3


def verdict(state: CallState, event: AlertVerdict) -> list[Output]:
    """Return the examples that a verdict on an alert gives: the turns it rests on, or those it names."""
    if event.alert_id not in state.alerted_by:
        return [Gap("verdict_on_unknown_alert")]
    turns = _chosen(state.turns, event.utterances, [turn for turn in state.turns if turn.alerted])
    return _labelled(state, turns, event.verdict == "confirmed", event, "verdict")


def reviewed(state: CallState, event: CallReviewed) -> list[Output]:
    """Return the examples that a review of a call gives."""
    turns = _chosen(state.turns, event.utterances, state.turns[-_REVIEWED_TURNS:])
    return _labelled(state, turns, event.needed_help, event, "review")


def _chosen(known: Iterable[Turn], wanted: list[int] | None, otherwise: list[Turn]) -> list[Turn]:
    if wanted is None:
        return otherwise
    return list({turn.utterance: turn for turn in known if turn.utterance in wanted}.values())


def _labelled(
    state: CallState, turns: list[Turn], negative: bool, event: AlertVerdict | CallReviewed, source: str
) -> list[Output]:
    if not turns:
        return [Gap("label_without_turns")]
    return [
        LabelledTurn(
            record_id=f"{state.call_id}:{source}:{event.at}:{turn.utterance}",
            call_id=state.call_id,
            at=event.at,
            tokens=turn.tokens,
            negative=negative,
            weight=VERDICT_WEIGHT,
            source=source,
            locale=state.locale,
            by=f"{crc32(event.by.encode()):08x}",
        )
        for turn in turns
    ]
