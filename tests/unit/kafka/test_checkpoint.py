from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.calls.state import CallState
from streams.calls.stored import decode_state
from streams.kafka.checkpoint import (
    EVENTS,
    RANK_BYTES,
    SIDES,
    TOKENS,
    Checkpoint,
    SavedStates,
    decode_saved,
    encode_saved,
)


def saved(generation: int, event_offset: int = -1, token_offset: int = -1, queue: str = "") -> bytes:
    state = CallState("c", event_offset=event_offset, token_offset=token_offset, queue=queue)
    return encode_saved(state, generation, watermark=0)


def gathered(*values: bytes | None) -> dict[bytes, bytes]:
    states = SavedStates()
    for value in values:
        states.add(b"c", value)
    return states.live()


def test_a_saved_state_is_read_back_with_its_head() -> None:
    state = CallState("c", 3, 41, at=7_000)
    head = decode_saved(encode_saved(state, 9, watermark=8_000))
    assert (head.generation, head.deadline, head.watermark) == (9, state.deadline, 8_000)
    assert decode_state(head.data) == state


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (saved(1, 90, 90), saved(2, 1, 1)),
        (saved(255, 1, 1), saved(256, 1, 1)),
        (saved(1, 255, 1), saved(1, 256, 1)),
        (saved(1, 5, 255), saved(1, 5, 256)),
        (saved(1, -1, 5), saved(1, 0, 5)),
    ],
)
def test_a_rank_compares_as_its_numbers_do(lower: bytes, higher: bytes) -> None:
    """H28: bytes of the head, not of the state, say which of two writes stands."""
    assert lower[:RANK_BYTES] < higher[:RANK_BYTES]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_higher_rank_stands_in_whatever_order_it_was_written(order: tuple[int, ...]) -> None:
    """H28: a changelog is last-writer-wins, this one is not."""
    values = [saved(1, 5, 5), saved(1, 7, 5), saved(2, 5, 5), saved(2, 5, 9)]
    assert gathered(*(values[place] for place in order)) == {b"c": values[3]}


def test_of_two_writes_of_one_rank_the_later_stands() -> None:
    before, after = saved(1, 5, 5, queue="before"), saved(1, 5, 5, queue="after a timer")
    assert gathered(before, after) == {b"c": after}


def test_a_zombie_does_not_bring_back_a_call_that_was_buried() -> None:
    """H28: a tombstone keeps the rank of what it removed, however often it is written."""
    assert gathered(saved(2, 9, 9), None, saved(1, 99, 99)) == {}
    assert gathered(saved(2, 9, 9), None, saved(2, 9, 9)) == {}
    assert gathered(saved(2, 9, 9), None, None, saved(2, 8, 9)) == {}


def test_a_call_that_begins_anew_after_its_burial_lives() -> None:
    again = saved(2, 12, 9)
    assert gathered(saved(2, 9, 9), None, again) == {b"c": again}
    assert gathered(None, again) == {b"c": again}


def test_a_group_that_counts_anew_still_outranks_what_it_left() -> None:
    """A deleted group starts at generation one again; its old states must not win over the new ones."""
    old = saved(57, 9, 9)
    checkpoint = Checkpoint(1, {b"c": old})
    call = checkpoint.get("c", b"c")
    assert call is not None
    checkpoint.changed(call, EVENTS, 10, now=0.0)
    call.state.event_offset = 10
    _, value = checkpoint.cut(call, watermark=0)
    assert gathered(value, old) == {b"c": value}
    assert Checkpoint(99, {b"c": old}).generation == 99


def test_a_state_found_is_decoded_once_and_no_longer_untouched() -> None:
    checkpoint = Checkpoint(1, {b"c": saved(1, 4, 4, queue="billing")})
    assert [key for key, _ in checkpoint.untouched()] == [b"c"]
    call = checkpoint.get("c", b"c")
    assert call is not None
    assert call.state.queue == "billing"
    assert list(checkpoint.untouched()) == []
    assert checkpoint.get("c", b"c") is call
    assert checkpoint.get("d", b"d") is None


class Sending:
    def __init__(self) -> None:
        self.over = False

    def done(self) -> bool:
        return self.over


def test_a_state_is_not_due_before_what_it_has_sent_is_acknowledged() -> None:
    """H4, H7: an alert is on the broker before the state that remembers it."""
    checkpoint = Checkpoint(1, {})
    call = checkpoint.adopt(b"c", CallState("c"))
    checkpoint.changed(call, TOKENS, 3, now=0.0)
    sending = Sending()
    call.sends.append(sending)
    assert list(checkpoint.due(before=100.0)) == []
    sending.over = True
    assert list(checkpoint.due(before=100.0)) == [call]


def test_due_are_the_oldest_and_those_that_have_ended() -> None:
    checkpoint = Checkpoint(1, {})
    calls = [checkpoint.adopt(name.encode(), CallState(name)) for name in "abc"]
    for offset, (call, now) in enumerate(zip(calls, (1.0, 2.0, 3.0), strict=True)):
        checkpoint.changed(call, TOKENS, offset, now)
    assert [call.state.call_id for call in checkpoint.due(before=2.0)] == ["a", "b"]
    calls[2].state.ended = True
    assert [call.state.call_id for call in checkpoint.due(before=1.5)] == ["a", "c"]


class Model:
    """The same promise, said slowly: an offset is safe when all that changed up to it is acknowledged."""

    def __init__(self) -> None:
        self.unsaved: dict[str, list[tuple[int, int]]] = {}
        self.on_the_way: dict[int, list[tuple[int, int]]] = {}

    def safe(self, side: int, taken: int) -> int:
        held = [pair for pairs in (*self.unsaved.values(), *self.on_the_way.values()) for pair in pairs]
        return min([offset for where, offset in held if where == side and offset < taken], default=taken)


@given(st.data())
def test_the_safe_offset_is_what_a_naive_model_says(data: st.DataObject) -> None:
    """H2, H27: over any order of changes, writes and acknowledgements."""
    checkpoint, model = Checkpoint(1, {}), Model()
    calls = {name: checkpoint.adopt(name.encode(), CallState(name)) for name in "abcd"}
    taken = [0, 0, 0]
    serials: list[int] = []
    for now in range(data.draw(st.integers(1, 40))):
        unsaved = sorted(model.unsaved)
        what = data.draw(
            st.sampled_from(["change", "dead", *["cut"] * bool(unsaved), *["ack"] * bool(serials)])
        )
        side = data.draw(st.sampled_from(SIDES))
        if what == "change":
            name = data.draw(st.sampled_from(sorted(calls)))
            checkpoint.changed(calls[name], side, taken[side], float(now))
            model.unsaved.setdefault(name, []).append((side, taken[side]))
            taken[side] += 1
        elif what == "dead":
            offsets = [taken[side] if index == side else -1 for index in SIDES]
            serial = checkpoint.hold(*offsets)
            model.on_the_way[serial] = [(side, taken[side])]
            serials.append(serial)
            taken[side] += 1
        elif what == "cut":
            name = data.draw(st.sampled_from(unsaved))
            serial, _ = checkpoint.cut(calls[name], watermark=0)
            model.on_the_way[serial] = model.unsaved.pop(name)
            serials.append(serial)
        else:
            serial = serials.pop(data.draw(st.integers(0, len(serials) - 1)))
            checkpoint.acknowledged(serial)
            del model.on_the_way[serial]
        for index in SIDES:
            assert checkpoint.safe_offset(index, taken[index]) == model.safe(index, taken[index])
        assert checkpoint.clean == (not model.unsaved and not model.on_the_way)
