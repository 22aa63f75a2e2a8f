"""What has to hold for every conversation, whatever the feeds do."""

from itertools import pairwise
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.calls.events import (
    Alert,
    AlertClaimed,
    CallEnded,
    CallEvent,
    CallStarted,
    CallTransferred,
    HoldEnded,
    HoldStarted,
    Speaker,
    TranscriptTokens,
)
from streams.calls.outputs import Output
from streams.calls.stored import decode_state, encode_state
from streams.calls.timings import on_hold
from tests.builders import BAD, CALM, Call, alerts_of, at, gained, play, portable, rules, say

Record = TranscriptTokens | CallEvent

FRAGMENTS = st.sampled_from(
    [
        BAD,
        CALM,
        "awful",
        "so it is awful",
        "lovely joking",
        "not awful",
        "your manager",
        "my lawyer",
        "close my account",
        "i don't want to",
        "you idiot",
        "smell gas",
        "thanks for nothing",
        "thank you so much",
        "the third time",
        "i'm so sorry",
        "that must be hard",
        "07700900123 [NAME] ...",
        "sinä idiootti",
        "",
    ]
)
TEXTS = st.lists(FRAGMENTS, min_size=1, max_size=4).map(" ".join).map(str.split)
SPEAKERS: st.SearchStrategy[Speaker] = st.sampled_from(
    ["customer", "customer", "customer", "agent", "supervisor", "bot"]
)
GAPS = st.one_of(st.floats(0, 30), st.floats(-20, 200))


class Said(NamedTuple):
    speaker: Speaker
    tokens: list[str]
    gap: float = 10.0  # seconds after the turn before
    draft: list[str] | None = None  # what the recogniser thought at first


def customer(text: str, gap: float = 10.0, draft: str | None = None) -> Said:
    return Said("customer", text.split(), gap, draft.split() if draft else None)


SORRY = Said("agent", ["i'm", "so", "sorry"], 1.0)
ANGRY = [customer(BAD), customer(BAD)]
BACK = [customer(CALM), customer(CALM), customer(CALM)]
MISHEARD = [customer(BAD), customer(CALM, draft="so it is awful awful awful awful")]
TURN = st.builds(Said, SPEAKERS, TEXTS, GAPS, st.one_of(st.none(), st.none(), TEXTS))
#: What random words rarely do: episodes that end well, words taken back, a demand inside the cool-down.
ARC = st.sampled_from(
    [
        [*ANGRY, SORRY, *BACK],
        [*ANGRY, *BACK, customer("your manager")],
        [*ANGRY, *BACK, *ANGRY],
        [*BACK, *BACK, *MISHEARD],
        [*MISHEARD, customer("smell gas", 5.0)],
        [customer(BAD), SORRY, customer(BAD), customer(BAD)],
    ]
)
TURNS = st.lists(st.one_of(TURN.map(lambda turn: [turn]), ARC), min_size=1, max_size=12).map(
    lambda parts: [turn for part in parts for turn in part]
)


def split(tokens: list[str], cuts: list[int]) -> list[tuple[int, list[str]]]:
    """Return the tokens in pieces, each with its index."""
    edges = sorted({0, len(tokens), *(cut for cut in cuts if cut < len(tokens))})
    return [(first, tokens[first:last]) for first, last in pairwise(edges)] or [(0, [])]


def event(draw: st.DrawFn, seconds: float) -> CallEvent:
    events: list[CallEvent] = [
        CallStarted("c1", at(seconds), queue="billing"),
        CallStarted("c1", at(seconds), locale="fi-FI"),
        HoldStarted("c1", at(seconds)),
        HoldEnded("c1", at(seconds)),
        CallTransferred("c1", at(seconds)),
        AlertClaimed("c1", at(seconds), "0000", "kim"),
    ]
    return draw(st.sampled_from(events))


@st.composite
def conversations(draw: st.DrawFn) -> list[Record]:
    """Draw the records of one call: drafts, revisions, repeats, gaps, clocks that go back."""
    records: list[Record] = []
    numbers: dict[str, int] = {}
    seconds = 0.0
    for speaker, tokens, gap, draft in draw(TURNS):
        seconds = max(0.0, seconds + gap)
        number = numbers.get(speaker, -1) + draw(st.sampled_from([1] * 20 + [0, 2]))
        numbers[speaker] = number = max(0, number)
        if draw(st.integers(0, 9)) == 0:
            records.append(event(draw, seconds))
        if draft is not None:
            records.append(say(speaker, draft, seconds, number, final=False))
        pieces = split(tokens, draw(st.lists(st.integers(1, 12), max_size=3)))
        final = draw(st.integers(0, 9)) > 0
        for index, piece in pieces:
            last = index + len(piece) == len(tokens)
            message = say(speaker, piece, seconds, number, index=index, final=final and last)
            records += [message] * draw(st.sampled_from([1] * 12 + [2, 0]))
    if draw(st.booleans()):
        records.append(CallEnded("c1", at(seconds + 1)))
    return records


def wire(outputs: list[Output]) -> list[bytes]:
    return [msgspec.json.encode(output) for output in outputs]


@given(conversations())
def test_the_reasons_of_every_alert_add_up(records: list[Record]) -> None:
    alerts = alerts_of(play(records))
    for alert in alerts:
        assert alert.reasons
        assert sum(reason.weight for reason in alert.reasons) == pytest.approx(gained(alert), abs=1e-6)
        weights = [abs(reason.weight) for reason in alert.reasons]
        assert weights == sorted(weights, reverse=True)
    assert [alert.seq for alert in alerts] == list(range(1, len(alerts) + 1))
    assert len({alert.alert_id for alert in alerts}) == len(alerts)


@given(conversations())
def test_the_same_log_gives_the_same_bytes(records: list[Record]) -> None:
    assert wire(play(records)) == wire(play(records))


@given(conversations(), st.integers(0, 60))
def test_a_state_cut_anywhere_goes_on_as_if_nothing_had_happened(records: list[Record], cut: int) -> None:
    """What a worker that took over decodes is all there is to know."""
    by = rules()
    whole, cut_off = Call(by), Call(by)
    whole.apply(*records)
    cut_off.apply(*records[:cut])
    if cut_off.state is not None:
        cut_off.state = decode_state(encode_state(cut_off.state))
    cut_off.apply(*records[cut:])
    assert wire(cut_off.outputs) == wire(whole.outputs)
    if whole.state is not None and cut_off.state is not None:
        assert portable(cut_off.state) == portable(whole.state)


@given(TURNS, st.data())
def test_any_split_of_the_same_words_raises_the_same_alerts(turns: list[Said], data: st.DataObject) -> None:
    at_once: list[Record] = []
    in_pieces: list[Record] = []
    seconds = 0.0
    for number, (speaker, tokens, gap, draft) in enumerate(turns):
        seconds = max(0.0, seconds + gap)
        if draft is not None:
            at_once.append(say(speaker, draft, seconds, number, final=False))
            in_pieces.append(at_once[-1])
        at_once.append(say(speaker, tokens, seconds, number))
        pieces = split(tokens, data.draw(st.lists(st.integers(1, 12), max_size=12)))
        finish_apart = data.draw(st.booleans())
        for index, piece in pieces:
            last = index + len(piece) == len(tokens)
            in_pieces.append(
                say(speaker, piece, seconds, number, index=index, final=last and not finish_apart)
            )
        if finish_apart:
            in_pieces.append(say(speaker, [], seconds, number, index=len(tokens)))
    assert alerts_of(play(in_pieces)) == alerts_of(play(at_once))


@given(TURNS, st.data())
def test_repeating_what_was_said_so_far_raises_the_same_alerts(
    turns: list[Said], data: st.DataObject
) -> None:
    """A recogniser that sends the whole hypothesis each time equals one that appends."""
    appended: list[Record] = []
    replaced: list[Record] = []
    seconds = 0.0
    for number, (speaker, tokens, gap, _) in enumerate(turns):
        seconds = max(0.0, seconds + gap)
        for index, piece in split(tokens, data.draw(st.lists(st.integers(1, 12), max_size=6))):
            last = index + len(piece) == len(tokens)
            appended.append(say(speaker, piece, seconds, number, index=index, final=last))
            replaced.append(say(speaker, tokens[: index + len(piece)], seconds, number, final=last))
    assert alerts_of(play(replaced)) == alerts_of(play(appended))


@given(conversations())
def test_no_episode_begins_inside_the_cool_down_and_each_ends_once(records: list[Record]) -> None:
    by = rules()
    free_at, current = 0, None
    ranks = {"watch": 0, "high": 1, "critical": 2}
    severity = 0
    raised: dict[str, Alert] = {}
    for alert in alerts_of(play(records, by)):
        if alert.raises is not None:
            assert ranks[raised[alert.raises].severity] < ranks[alert.severity]
        raised[alert.alert_id] = alert
        if alert.kind != "escalation":
            assert alert.escalation_id == current
            current, free_at = None, alert.at + round(by.policy.cool_down_s * 1000)
        elif alert.severity == "watch":
            assert current is None
            assert alert.at >= free_at
        elif alert.escalation_id == alert.alert_id:
            assert current is None
            assert alert.at >= free_at
            current, severity = alert.alert_id, ranks[alert.severity]
        else:
            assert alert.escalation_id == current
            assert ranks[alert.severity] > severity
            severity = ranks[alert.severity]


@given(conversations())
def test_a_recovery_comes_from_calm_words_alone(records: list[Record]) -> None:
    call = Call()
    for record in records:
        new = alerts_of(call.apply(record))
        if any(alert.kind == "deescalation" for alert in new):
            # Words still open at the end of the call are closed by it.
            assert isinstance(record, CallEnded) or getattr(record, "speaker", None) == "customer"
            assert not on_hold(call.known.marks)


@given(conversations())
def test_what_is_open_stays_bounded(records: list[Record]) -> None:
    call = Call()
    for record in records:
        call.apply(record)
        for speaker in ("customer", "agent", "supervisor", "bot"):
            assert sum(utterance.speaker == speaker for utterance in call.known.open) <= 2
