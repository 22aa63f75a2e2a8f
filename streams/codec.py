"""Bytes to records and back: decoded once, at the edge; what cannot be used says why."""

from typing import Protocol, TypeVar

import msgspec

from models.prospects import FEATURES
from streams.calls.events import CallEvent, LabelledTurn, TranscriptTokens
from streams.calls.reports import ContactReport, CustomerContext, OutcomeReport, SentenceReport, StintReport
from streams.errors import MalformedRecord
from streams.topics import MAX_RECORD_BYTES

_events = msgspec.json.Decoder(CallEvent)
_tokens = msgspec.json.Decoder(TranscriptTokens)
_examples = msgspec.json.Decoder(LabelledTurn)
_contexts = msgspec.json.Decoder(CustomerContext)
_contacts = msgspec.json.Decoder(ContactReport)
_stints = msgspec.json.Decoder(StintReport)
_outcomes = msgspec.json.Decoder(OutcomeReport)
_sentences = msgspec.json.Decoder(SentenceReport)
_encoder = msgspec.json.Encoder()
Record = TypeVar("Record", bound=msgspec.Struct)
#: What decoding raises for bytes of any kind; text that is not UTF-8 is no `DecodeError`.
_BAD_BYTES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def encode(record: msgspec.Struct) -> bytes:
    """Return a record as JSON.

    Examples
    --------
    >>> encode(TranscriptTokens("c1", "agent", 0, ["hi"], 1760000000000))
    b'{"call_id":"c1","speaker":"agent","utterance":0,"tokens":["hi"],"at":1760000000000}'
    """
    return _encoder.encode(record)


class Raw(Protocol):
    """A record as the client hands it over: key and value as they came."""

    @property
    def key(self) -> bytes | None:
        """Return the key."""

    @property
    def value(self) -> bytes | None:
        """Return the value."""


def decode_event(raw: Raw) -> CallEvent:
    """Return the call event in a record of `call-events`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.
    """
    value = raw.value
    if value is None or len(value) > MAX_RECORD_BYTES:
        raise _unusable(value)
    try:
        event: CallEvent = _events.decode(value)
    except _BAD_BYTES as exc:
        raise _malformed(exc) from exc
    if event.call_id.encode() != raw.key:
        raise _wrong_key(raw.key)
    return event


def decode_tokens(raw: Raw) -> TranscriptTokens:
    """Return the tokens in a record of `transcript-tokens`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> decode_tokens(SimpleNamespace(key=b"c1", value=b'{"call_id": "c1", "speaker": "customer"}'))
    Traceback (most recent call last):
    ...
    streams.errors.MalformedRecord: wrong_field: Object missing required field `utterance`
    """
    value = raw.value
    if value is None or len(value) > MAX_RECORD_BYTES:
        raise _unusable(value)
    try:
        tokens = _tokens.decode(value)
    except _BAD_BYTES as exc:
        raise _malformed(exc) from exc
    if tokens.call_id.encode() != raw.key:
        raise _wrong_key(raw.key)
    return tokens


def decode_context(raw: Raw) -> CustomerContext:
    """Return what is known of a call's customer, from a record of `customer-context`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.
    """
    return _decoded(raw, _contexts, "call_id")


def decode_example(raw: Raw) -> LabelledTurn:
    """Return the labelled turn in a record of `labelled-examples`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.
    """
    return _decoded(raw, _examples, "record_id")


def decode_contact(raw: Raw) -> ContactReport:
    """Return the report in a record of `customers-in`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.
    """
    return _decoded(raw, _contacts, "customer_id")


def decode_stint(raw: Raw) -> StintReport:
    """Return the report in a record of `agents-in`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> decode_stint(SimpleNamespace(key=b"a1", value=b"{}"))
    Traceback (most recent call last):
    ...
    streams.errors.MalformedRecord: wrong_field: Object missing required field `record_id`
    """
    return _decoded(raw, _stints, "agent_id")


def decode_outcome(raw: Raw) -> OutcomeReport:
    """Return the report in a record of `labelled-outcomes`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.
    """
    report = _decoded(raw, _outcomes, "record_id")
    if len(report.features) != len(FEATURES):
        raise MalformedRecord("wrong_field", f"there are {len(FEATURES)} features", "$.features")
    return report


def decode_sentence(raw: Raw) -> SentenceReport:
    """Return the report in a record of `agent-sentences`.

    Raises
    ------
    MalformedRecord
        With the reason, and the path of the field at fault.
    """
    return _decoded(raw, _sentences, "locale")


def _decoded(raw: Raw, decoder: msgspec.json.Decoder[Record], key: str) -> Record:
    """Return what a record of an internal topic holds; its key is the field of that name, and not empty."""
    value = raw.value
    if value is None or len(value) > MAX_RECORD_BYTES:
        raise _unusable(value)
    try:
        record = decoder.decode(value)
    except _BAD_BYTES as exc:
        raise _malformed(exc) from exc
    name: str = getattr(record, key)
    if name.encode() != raw.key:
        raise _wrong_key(raw.key, key)
    if not name:
        raise MalformedRecord("wrong_field", "the name is empty", f"$.{key}")
    return record


def _unusable(value: bytes | None) -> MalformedRecord:
    if value is None:
        return MalformedRecord("empty", "the record has no value")
    return MalformedRecord("too_large", f"{len(value)} bytes, at most {MAX_RECORD_BYTES} are read")


def _malformed(exc: Exception) -> MalformedRecord:
    if isinstance(exc, UnicodeDecodeError):
        return MalformedRecord("not_json", f"text is not UTF-8: {exc.reason}")
    if not isinstance(exc, msgspec.ValidationError):
        return MalformedRecord("not_json", str(exc))
    text = str(exc)
    problem, where, path = text.rpartition(" - at `")
    if not where:
        problem, path = text, ""
    if problem.startswith("Object missing"):
        path = "$." + problem.split("`")[1]
    for quoting in ("Invalid enum value", "Invalid value"):
        if problem.startswith(quoting):
            problem = quoting  # the rest quotes it, and no text of a record may travel in a header
    return MalformedRecord("wrong_field", problem, path.rstrip("`"))


def _wrong_key(key: bytes | None, field: str = "call_id") -> MalformedRecord:
    detail = "the record has no key" if key is None else f"the key is not the {field}"
    return MalformedRecord("key_mismatch", detail, f"$.{field}")
