"""What has to hold with all that the clock, the feed and the agent add to a call."""

from itertools import accumulate
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.calls.events import (
    AgentJoined,
    AgentLeft,
    CallEnded,
    CallTransferred,
    HoldEnded,
    HoldStarted,
    Speaker,
    TranscriptTokens,
    WrapupCompleted,
)
from streams.calls.outcome import CallOutcome
from streams.calls.outputs import Output
from streams.calls.reports import CustomerContext
from streams.calls.rules import Voice
from streams.calls.speech import hear_times, new_speech
from streams.calls.step import Record
from streams.calls.timings import (
    ENDED,
    HOLD_ENDED,
    HOLD_STARTED,
    JOINED,
    LEFT,
    WRAPPED,
    Timings,
    add_mark,
    holds,
    is_staffed,
    on_hold,
    timings,
)
from tests.builders import (
    BAD,
    CALM,
    DONE,
    SAID,
    WEIGHTS,
    Call,
    alerts_of,
    at,
    automaton,
    escalated,
    gained,
    of_kind,
    play,
    portable,
    rules,
    say,
    started,
)

BOOK = rules(
    voices={
        "en-US": Voice(
            automaton(SAID | {"broken_promise": ["you promised me"], "advocacy": ["tell everyone"]}),
            automaton(DONE | {"validate": ["of course you're angry"], "personalise": ["as you're out"]}),
            WEIGHTS,
        )
    },
    calm_s=5,
)
KINDS = st.sampled_from([LEFT, JOINED, HOLD_ENDED, HOLD_STARTED, ENDED, WRAPPED])
MARKS = st.lists(st.tuples(KINDS, st.integers(-50, 300)), max_size=20)


def marks_of(what: list[tuple[int, int]]) -> list[int]:
    found: list[int] = []
    for kind, second in what:
        add_mark(found, kind, second * 1000)
    return found


@given(MARKS, st.integers(0, 300))
def test_queue_talk_and_hold_tile_the_call(what: list[tuple[int, int]], now: int) -> None:
    found = timings(marks_of(what), now * 1000)
    assert found.queue_ms + found.talk_ms + found.hold_ms == found.length_ms <= now * 1000
    assert found.handle_ms == found.talk_ms + found.hold_ms + found.wrapup_ms
    assert min(getattr(found, name) for name in Timings.__struct_fields__) >= 0
    assert found.longest_hold_ms <= found.hold_ms


@given(MARKS, st.integers(0, 300), st.data())
def test_late_and_twice_give_the_same_times(
    what: list[tuple[int, int]], now: int, data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(what), max_size=5)) if what else []
    other = data.draw(st.permutations(what + again))
    one, two = marks_of(what), marks_of(other)
    assert timings(one, now * 1000) == timings(two, now * 1000)
    assert (on_hold(one), is_staffed(one)) == (on_hold(two), is_staffed(two))


@given(MARKS, st.integers(0, 300))
def test_time_is_what_each_second_was(what: list[tuple[int, int]], now: int) -> None:
    """The same as walking through the call second by second."""
    here = sorted({(second, kind) for kind, second in what})
    counted = {"queue": 0, "talk": 0, "hold": 0}
    staffed = held = False
    ends = min([second for second, kind in here if kind == ENDED], default=now)
    for second in range(-50, max(0, min(now, ends))):
        kinds = {kind for when, kind in here if when == second}
        if {HOLD_STARTED, HOLD_ENDED} <= kinds:
            kinds -= {HOLD_STARTED, HOLD_ENDED}
        staffed = (staffed and LEFT not in kinds) or JOINED in kinds
        held = (held and HOLD_ENDED not in kinds) or HOLD_STARTED in kinds
        if second >= 0:
            counted["hold" if held else "talk" if staffed else "queue"] += 1000
    found = timings(marks_of(what), now * 1000)
    assert counted == {"queue": found.queue_ms, "talk": found.talk_ms, "hold": found.hold_ms}


WHEN = st.integers(0, 300)
EVENTS = st.one_of(
    WHEN.map(lambda second: AgentJoined("c1", at(second), "a1")),
    WHEN.map(lambda second: AgentLeft("c1", at(second))),
    WHEN.map(lambda second: HoldStarted("c1", at(second))),
    WHEN.map(lambda second: HoldEnded("c1", at(second))),
    # Never two of them at one time: nobody could say which came last.
    WHEN.map(lambda second: CallTransferred("c1", at(second), to_queue="senior")),
    WHEN.map(lambda second: CallTransferred("c1", at(second + 0.5), to_agent_id="a2")),
)


def times_of(events: list[Any]) -> Timings:
    call = Call()
    call.apply(started(), *events, CallEnded("c1", at(400)), WrapupCompleted("c1", at(430)))
    found = of_kind(call.outputs, CallOutcome)[-1].timings
    assert isinstance(found, Timings)
    return found


@given(st.lists(EVENTS, max_size=12), st.data())
def test_the_outcome_says_the_same_times_whatever_order_the_events_came_in(
    events: list[Any], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
    found = times_of(events)
    assert found == times_of(data.draw(st.permutations(events + again)))
    assert found.queue_ms + found.talk_ms + found.hold_ms == found.length_ms == 400_000
    assert found.wrapup_ms == 30_000


SPOKEN = st.lists(
    st.tuples(st.booleans(), st.integers(0, 60_000), st.integers(-500, 8_000), st.integers(0, 12)),
    max_size=25,
)


@given(SPOKEN, st.integers(0, 90_000))
def test_the_four_shares_of_speech_tile_the_talk(spoken: list[tuple[bool, int, int, int]], talk: int) -> None:
    speech = new_speech()
    for by_customer, start, length, words in spoken:
        hear_times(speech, by_customer, start, max(0, start + length), words)
    shares = speech.shares(talk)
    assert min(shares) >= 0
    assert sum(shares) == (talk if any(shares) else 0)
    longest = max((start + length for _, start, length, _ in spoken), default=0)
    if talk >= longest and any(shares):
        _, both, customer, agent = shares
        assert (both + customer, both + agent) == (speech.customer.spoken_ms, speech.agent.spoken_ms)


# Whole calls, with everything on.

SPEAKERS: st.SearchStrategy[Speaker] = st.sampled_from(
    ["customer", "customer", "customer", "agent", "agent", "supervisor", "bot"]
)
TEXTS = st.sampled_from(
    [
        BAD,
        BAD,
        CALM,
        CALM,
        "your manager",
        "close my account",
        "you idiot",
        "thanks for nothing",
        "thank you so much",
        "the third time",
        "you promised me",
        "i'm so sorry",
        "that must be hard",
        "nothing i can do about that",
        "sorry for any inconvenience caused",
        "bear with me a moment please",
        "what happened to the parcel",
        "as you're out i'll call you in two hours",
        "my name is Siobhan Okafor",
        "so the parcel will be there in the morning then",
        "so the parcel will be there in the morning then",
    ]
)


GAPS = st.sampled_from([1.0, 2.0, 6.0, 10.0, 30.0, 70.0, 130.0])


def arc(*texts: str) -> list[tuple[Speaker, str, float]]:
    return [("customer", text, 6.0) for text in texts]


#: What random words rarely do: a recovery, and what follows inside its cool-down.
ARCS = st.sampled_from(
    [
        arc(BAD, BAD, CALM, CALM, CALM),
        arc(BAD, BAD, CALM, CALM, CALM, CALM, BAD, BAD),
        arc("you idiot", CALM, CALM, CALM, CALM, "your manager"),
    ]
)


def happening(draw: st.DrawFn, seconds: float) -> list[Record]:
    return draw(
        st.sampled_from(
            [
                [HoldStarted("c1", at(seconds))],
                [HoldStarted("c1", at(seconds)), HoldEnded("c1", at(seconds + 130))],
                [HoldEnded("c1", at(seconds - 20))],
                [CallTransferred("c1", at(seconds), to_agent_id="a2")],
                [CallTransferred("c1", at(seconds), to_queue="senior")],
                [AgentJoined("c1", at(seconds), "a3")],
                [AgentLeft("c1", at(seconds))],
                [
                    CustomerContext(
                        "r1",
                        "c1",
                        at(seconds),
                        4,
                        repeat_contact=True,
                        bad_experiences=2,
                        broken_promise=True,
                    )
                ],
            ]
        )
    )


@st.composite
def whole_calls(draw: st.DrawFn, *, timed: bool = True) -> list[Record]:
    """Draw a call with waits, holds, hand-overs, times of speech and what is known from before."""
    channel = draw(st.sampled_from(["voice", "voice", "chat"]))
    records: list[Record] = [started(channel=channel, customer_id="u1")]
    if draw(st.booleans()):
        records.append(AgentJoined("c1", at(1), "a1"))
    seconds = 2.0
    turns = draw(
        st.lists(st.one_of(st.tuples(SPEAKERS, TEXTS, GAPS).map(lambda turn: [turn]), ARCS), max_size=9)
    )
    for number, (speaker, text, gap) in enumerate(turn for some in turns for turn in some):
        seconds += gap
        if draw(st.integers(0, 3)) == 0:
            records += happening(draw, seconds)
        said = say(speaker, text, seconds, number)
        if timed and draw(st.booleans()):
            begin = round(seconds * 1000)
            said = msgspec.structs.replace(said, start_ms=max(0, begin - 3_000), end_ms=begin)
        records.append(said)
    if draw(st.booleans()):
        records.append(CallEnded("c1", at(seconds + draw(st.sampled_from([1, 200])))))
    return records


def wire(outputs: list[Output]) -> list[bytes]:
    return [msgspec.json.encode(output) for output in outputs]


@given(whole_calls())
def test_reasons_sum_to_the_change_of_the_log_odds(records: list[Record]) -> None:
    for alert in alerts_of(play(records, BOOK)):
        assert sum(reason.weight for reason in alert.reasons) == pytest.approx(gained(alert), abs=1e-6)


@given(whole_calls())
def test_no_alert_flaps_inside_the_cool_down(records: list[Record]) -> None:
    free_at = 0
    for alert in alerts_of(play(records, BOOK)):
        if alert.kind in ("deescalation", "retraction", "closed"):
            free_at = alert.at + round(BOOK.policy.cool_down_s * 1000)
        elif alert.escalation_id in (None, alert.alert_id):  # a watch, or the first of an episode
            assert alert.at >= free_at


@given(whole_calls(), st.integers(0, 40))
def test_a_call_taken_over_anywhere_says_the_same(records: list[Record], cut: int) -> None:
    whole, taken = Call(BOOK), Call(BOOK)
    whole.apply(*records)
    taken.apply(*records[:cut])
    if taken.state is not None:
        taken.state = portable(taken.state)
    taken.apply(*records[cut:])
    assert wire(taken.outputs) == wire(whole.outputs)


@given(whole_calls(), st.integers(0, 40))
def test_playing_a_beginning_first_changes_nothing(records: list[Record], cut: int) -> None:
    """A worker that dies before it has said anything: the next one begins with the first record."""
    alone = wire(play(records, BOOK))
    assert alone[: len(play(records[:cut], BOOK))] == wire(play(records[:cut], BOOK))
    assert wire(play(records, BOOK)) == alone


@given(whole_calls(timed=False), st.data())
def test_words_in_other_messages_raise_the_same_alerts(records: list[Record], data: st.DataObject) -> None:
    pieces: list[Record] = []
    for record in records:
        if not isinstance(record, TranscriptTokens):
            pieces.append(record)
            continue
        sizes = data.draw(
            st.lists(st.integers(1, 4), min_size=len(record.tokens), max_size=len(record.tokens))
        )
        edges = [edge for edge in accumulate(sizes, initial=0) if edge < len(record.tokens)]
        for first, last in zip(edges, [*edges[1:], len(record.tokens)], strict=True):
            final = last == len(record.tokens)
            pieces.append(
                msgspec.structs.replace(record, tokens=record.tokens[first:last], index=first, final=final)
            )
    assert alerts_of(play(pieces, BOOK)) == alerts_of(play(records, BOOK))


NOT_WORDS_OF_THE_CUSTOMER = st.lists(
    st.tuples(
        st.sampled_from(
            ["hold", "back", "wait", "agent", "supervisor", "bot", "transfer", "context", "left"]
        ),
        st.sampled_from([1.0, 9.0, 40.0, 150.0, 900.0]),
        st.sampled_from(["i'm so sorry", "leave it with me", CALM, "that must be hard"]),
    ),
    max_size=12,
)


@given(NOT_WORDS_OF_THE_CUSTOMER, st.booleans())
def test_an_escalated_customer_who_says_nothing_more_never_comes_back(
    what: list[tuple[str, float, str]], hang_up: bool
) -> None:
    call = escalated()
    seconds = 20.0
    for kind, gap, text in what:
        seconds += gap
        records: dict[str, Record] = {
            "hold": HoldStarted("c1", at(seconds)),
            "back": HoldEnded("c1", at(seconds)),
            "transfer": CallTransferred("c1", at(seconds), to_agent_id="a2"),
            "left": AgentLeft("c1", at(seconds)),
            "context": CustomerContext("r1", "c1", at(seconds)),
        }
        if kind in records:
            call.apply(records[kind])
        elif kind == "wait":
            call.wait(seconds)
        else:
            speaker: Speaker = "agent" if kind == "agent" else "bot" if kind == "bot" else "supervisor"
            call.says(speaker, text, seconds)
        if call.known.ended:  # nobody said anything for an hour
            break
        assert call.known.phase == "escalated"
    if hang_up:
        call.apply(CallEnded("c1", at(seconds + 1), reason="customer_hung_up"))
    else:
        call.wait(seconds + 3_601)
    assert call.kinds == ["watch", "high", "closed"]
    assert call.alerts[-1].outcome == "unrecovered"
    assert [outcome.unrecovered for outcome in of_kind(call.outputs, CallOutcome)] == [True]


@given(whole_calls())
def test_a_call_has_one_outcome_and_its_counts_agree(records: list[Record]) -> None:
    call = Call(BOOK)
    call.apply(*records)
    call.wait(100_000)
    [outcome] = of_kind(call.outputs, CallOutcome)
    alerts = call.alerts
    assert outcome.recoveries == sum(alert.kind == "deescalation" for alert in alerts)
    assert outcome.unrecovered == any(alert.kind == "closed" for alert in alerts)
    assert outcome.empathy.missed == outcome.signals.get("missed_empathy", 0)
    assert outcome.timings.length_ms == outcome.ended_at - outcome.started_at
    assert outcome.timings.hold_ms == sum(
        end - start for start, end in holds(_marks(records), outcome.timings.length_ms)
    )


def _marks(records: list[Record]) -> list[int]:
    found: list[int] = []
    for record in records:
        if isinstance(record, HoldStarted | HoldEnded):
            kind = HOLD_STARTED if isinstance(record, HoldStarted) else HOLD_ENDED
            add_mark(found, kind, record.at - at(0))
    return found
