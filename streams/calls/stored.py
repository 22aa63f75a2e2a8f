"""A call's state as bytes and back: what stands in the state topic, and what is left of an ended call."""

import zlib
from typing import TypeVar

import msgspec
from msgspec import Struct

from streams.calls.outcome import Remains
from streams.calls.signals.catalogue import NAMES
from streams.calls.state import CallState, Turn

Value = TypeVar("Value")


class Stub(Struct, array_like=True, gc=False):
    """Of an ended call what is stored: the fields of its state that still mean something."""

    call_id: str
    event_offset: int
    token_offset: int
    context_offset: int
    started_at: int
    at: int
    customer_id: str | None
    queue: str
    locale: str
    channel: str
    direction: str
    parent_call_id: str | None
    turns: list[Turn]
    alerted_by: list[str]
    model: str
    policy: str
    promised_by: int
    remains: Remains | None
    keep_until: int
    helped_at: int = -1


def stub_of(state: CallState) -> Stub:
    """Return what is stored of an ended call."""
    return Stub(*(getattr(state, name) for name in Stub.__struct_fields__))


def state_of(stub: Stub) -> CallState:
    """Return the state of an ended call."""
    kept = {name: getattr(stub, name) for name in Stub.__struct_fields__}
    return CallState(**kept, ended=True)


def shrink(state: CallState) -> None:
    """Drop the words of a state that has grown beyond what a record may be; score and phase stay."""
    for utterance in state.open:
        utterance.tokens = []
    state.turns = []


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(CallState)
_stub_decoder = msgspec.msgpack.Decoder(Stub)
#: Lead the bytes of an ended call and of a live one, which is deflated: half of it is words.
_ENDED, _LIVE = b"\xc1", b"\xc2"
_RAW = -15  # DEFLATE (RFC 1951) without header and checksum: Kafka has one of its own
_FAST = 1

#: Signals by one letter: their names would be a quarter of a stored state.
_SHORT = {name: chr(ord("A") + number) for number, name in enumerate(NAMES)}
_LONG = {short: name for name, short in _SHORT.items()}


def _renamed(named: dict[str, Value], names: dict[str, str]) -> dict[str, Value]:
    return {names.get(name, name): value for name, value in named.items()}


def encode_state(state: CallState) -> bytes:
    """Return the state as deflated MessagePack; of an ended call only its stub."""
    if state.ended:
        return _ENDED + _encoder.encode(stub_of(state))
    data = _encoder.encode(
        msgspec.structs.replace(
            state,
            open=[msgspec.structs.replace(utterance, ear=None) for utterance in state.open],
            parts=_renamed(state.parts, _SHORT),
            calm_parts=_renamed(state.calm_parts, _SHORT),
            evidence=_renamed(state.evidence, _SHORT),
        )
    )
    return _LIVE + zlib.compress(data, _FAST, _RAW)


def decode_state(data: bytes) -> CallState:
    """Return the state from its bytes.

    Utterances that are open are heard again from their tokens: where an automaton stands is known in one
    process only.

    Raises
    ------
    msgspec.DecodeError
        When the bytes are not a state.

    Examples
    --------
    >>> decode_state(encode_state(CallState("c1"))) == CallState("c1")
    True
    """
    if data[:1] == _ENDED:
        return state_of(_stub_decoder.decode(data[1:]))
    if data[:1] != _LIVE:
        raise msgspec.DecodeError("neither a live call nor an ended one")
    try:
        state = _decoder.decode(zlib.decompress(data[1:], _RAW))
    except zlib.error as exc:
        raise msgspec.DecodeError(str(exc)) from exc
    state.parts = _renamed(state.parts, _LONG)
    state.calm_parts = _renamed(state.calm_parts, _LONG)
    state.evidence = _renamed(state.evidence, _LONG)
    for utterance in state.open:
        utterance.voice = 0
    return state
