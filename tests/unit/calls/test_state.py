import zlib

import msgspec
import pytest

from streams.calls.events import CallEnded
from streams.calls.state import CallState
from streams.calls.stored import decode_state, encode_state
from tests.builders import BAD, at, escalated, portable, recovered, say

WHOLE = encode_state(CallState("c1"))


def live(fields: list[object]) -> bytes:
    """Return fields as a worker stores them of a live call."""
    return WHOLE[:1] + zlib.compress(msgspec.msgpack.encode(fields), wbits=-15)


def test_a_state_survives_encoding_at_every_stage() -> None:
    call = recovered()
    call.customer("you idiot", 50)
    call.apply(say("customer", "awful it", 55, 9, final=False))
    assert decode_state(encode_state(call.known)) == portable(call.known)
    call.apply(CallEnded("c1", at(60)))
    assert decode_state(encode_state(call.known)) == call.known


def test_a_live_call_is_small() -> None:
    call = escalated()
    for n in range(20):
        call.customer("so the bill came on monday and i looked at it " * 2, 100 + n)
        call.agent("let me have a look at that i'm so sorry", 100.5 + n)
    call.apply(say("customer", BAD, 200, 99, final=False))
    assert len(encode_state(call.known)) <= 1024


def test_the_remains_of_a_call_keep_offsets_and_little_else() -> None:
    call = escalated()
    call.known.event_offset, call.known.token_offset = 41, 97
    call.apply(CallEnded("c1", at(30)))
    stub = decode_state(encode_state(call.known))
    assert (stub.ended, stub.event_offset, stub.token_offset) == (True, 41, 97)
    assert stub.parts == {}
    assert stub.evidence == {}
    assert stub.deadline == at(30) + 14 * 86_400_000
    assert len(encode_state(call.known)) <= 300


def test_an_older_and_shorter_state_is_still_read() -> None:
    assert decode_state(live(["c1", 4, 7])) == CallState("c1", 4, 7)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"\xff\x00", msgspec.msgpack.encode(["c1", 4, 7]), live([1, 2]), WHOLE[:-3], WHOLE[:1]],
)
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_state(data)
