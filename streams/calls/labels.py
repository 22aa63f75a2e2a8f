"""What people say a call was, as examples to learn from."""

from collections.abc import Iterable
from zlib import crc32

from streams.calls.events import AlertVerdict, CallReviewed, LabelledTurn, SupervisorJoined, SurveySubmitted
from streams.calls.outputs import Gap, Output
from streams.calls.state import CallState, Turn

#: How much each source is trusted. A verdict or a review is the strongest label there is; a supervisor who
#: steps in unasked had a reason; a survey is about the whole call, so its last turns get a tenth of its 0.3.
VERDICT_WEIGHT, STEPPED_IN_WEIGHT, SURVEY_WEIGHT = 1.0, 0.7, 0.03
#: Turns that a label is about when it names none.
_LAST_TURNS = 3
#: CSAT up to which a survey is a label; a better one says nothing about a turn.
_BAD_CSAT = 2


def verdict(state: CallState, event: AlertVerdict) -> list[Output]:
    """Return the examples that a verdict on an alert gives: the turns it rests on, or those it names."""
    if event.alert_id not in state.alerted_by:
        return [Gap("verdict_on_unknown_alert")]
    turns = _chosen(state.turns, event.utterances, [turn for turn in state.turns if turn.alerted])
    return _judged(state, turns, event.verdict == "confirmed", event, "verdict")


def reviewed(state: CallState, event: CallReviewed) -> list[Output]:
    """Return the examples that a review of a call gives."""
    turns = _chosen(state.turns, event.utterances, state.turns[-_LAST_TURNS:])
    return _judged(state, turns, event.needed_help, event, "review")


def stepped_in(state: CallState, event: SupervisorJoined) -> list[Output]:
    """Return the examples that a supervisor gives who speaks to the customer although no alert said so."""
    if event.mode not in ("barge", "takeover") or state.alerted_by:
        return []
    return [
        _example(state, turn, True, event.at, STEPPED_IN_WEIGHT, "supervisor")
        for turn in _since_help(state)[-_LAST_TURNS:]
    ]


def surveyed(state: CallState, event: SurveySubmitted) -> list[Output]:
    """Return the examples that a bad survey gives, of what was said since somebody came to help."""
    if event.csat is None or event.csat > _BAD_CSAT:
        return []
    return [
        _example(state, turn, True, event.at, SURVEY_WEIGHT, "survey")
        for turn in _since_help(state)[-_LAST_TURNS:]
    ]


def _since_help(state: CallState) -> list[Turn]:
    later = {turn.utterance: turn for turn in state.turns if turn.utterance > state.helped_at}
    return [later[utterance] for utterance in sorted(later)]


def _chosen(known: Iterable[Turn], wanted: list[int] | None, otherwise: list[Turn]) -> list[Turn]:
    if wanted is None:
        return otherwise
    return list({turn.utterance: turn for turn in known if turn.utterance in wanted}.values())


def _judged(
    state: CallState, turns: list[Turn], negative: bool, event: AlertVerdict | CallReviewed, source: str
) -> list[Output]:
    if not turns:
        return [Gap("label_without_turns")]
    by = f"{crc32(event.by.encode()):08x}"
    return [_example(state, turn, negative, event.at, VERDICT_WEIGHT, source, by) for turn in turns]


def _example(
    state: CallState, turn: Turn, negative: bool, at: int, weight: float, source: str, by: str = ""
) -> LabelledTurn:
    return LabelledTurn(
        record_id=f"{state.call_id}:{source}:{at}:{turn.utterance}",
        call_id=state.call_id,
        at=at,
        tokens=turn.tokens,
        negative=negative,
        weight=weight,
        source=source,
        locale=state.locale,
        by=by,
    )
