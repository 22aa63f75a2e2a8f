from collections import defaultdict
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.calls.events import CallEvent, TranscriptTokens
from streams.sources.conversations import Conversation, Turn
from streams.sources.plans import plan_call
from streams.sources.timeline import records_of, tokens_of

START = 1_760_000_000_000
INSTANTS = st.none() | st.integers(0, 60_000)
TURNS = st.builds(
    Turn,
    speaker=st.sampled_from(["customer", "agent", "supervisor", "bot", "system"]),
    text=st.text(max_size=60),
    at_ms=INSTANTS,
    end_ms=INSTANTS,
    gap_ms=st.none() | st.integers(0, 20_000),
)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    turns = draw(st.lists(TURNS, max_size=8))
    holds: list[dict[str, Any]] = [
        {"type": draw(st.sampled_from(["hold.started", "hold.ended", "agent.left"])), **place}
        for place in draw(
            st.lists(
                st.one_of(
                    st.fixed_dictionaries({"at_ms": st.integers(0, 60_000)}),
                    st.fixed_dictionaries(
                        {"before_turn": st.integers(0, len(turns)), "lasts_ms": st.integers(0, 90_000)}
                    ),
                ),
                max_size=4,
            )
        )
    ]
    return Conversation(
        id="c-1",
        turns=tuple(turns),
        events=tuple(holds),
        channel=draw(st.sampled_from(["voice", "chat"])),
        outcome=draw(st.none() | st.fixed_dictionaries({"csat": st.integers(1, 5)})),
    )


@given(conversations(), st.integers(1, 9), st.integers(0, 3))
def test_every_word_arrives_once_in_order_and_on_time(
    call: Conversation, per_message: int, seed: int
) -> None:
    call.check()
    plan = plan_call(call, seed=seed)
    records = list(records_of(plan, START, per_message))
    instants = [timed.at for timed in records]
    assert instants == sorted(instants)
    assert instants[-1] == START + plan.length_ms

    heard: dict[tuple[str, int], list[str]] = defaultdict(list)
    closed: set[tuple[str, int]] = set()
    for timed in records:
        record = timed.record
        assert record.call_id == timed.call_id
        assert record.at == timed.at
        kind: Any = TranscriptTokens if isinstance(record, TranscriptTokens) else CallEvent
        assert msgspec.json.decode(msgspec.json.encode(record), type=kind) == record
        if isinstance(record, TranscriptTokens):
            utterance = (record.speaker, record.utterance)
            assert utterance not in closed
            assert record.index == len(heard[utterance])
            heard[utterance].extend(record.tokens)
            if record.final:
                closed.add(utterance)
    assert closed == set(heard)

    said: dict[str, list[str]] = defaultdict(list)
    for item in sorted(plan.items, key=lambda item: item.start_ms):
        turn = getattr(item, "turn", None)
        if turn is not None:
            said[turn.speaker].extend(tokens_of(turn.text))
    by_speaker: dict[str, list[str]] = defaultdict(list)
    for speaker, number in sorted(heard):
        by_speaker[speaker].extend(heard[speaker, number])
    assert by_speaker == said
    assert sum(map(len, said.values())) == sum(
        len(tokens_of(turn.text)) for turn in call.turns if turn.speaker != "system"
    )
