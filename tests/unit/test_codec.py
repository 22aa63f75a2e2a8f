from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.calls.events import CallStarted, TranscriptTokens
from streams.codec import decode_event, decode_tokens, encode
from streams.errors import MalformedRecord
from streams.topics import MAX_RECORD_BYTES

SECRET = "my card is 4111"
TOKENS: dict[str, Any] = {"call_id": "c", "speaker": "customer", "utterance": 0, "tokens": ["hi"], "at": 5}
EVENT: dict[str, Any] = {"call_id": "c", "type": "call.started", "at": 5}


class Raw(NamedTuple):
    key: bytes | None
    value: bytes | None


def refused(decode: Any, value: object, key: bytes | None = b"c") -> MalformedRecord:
    data = value if isinstance(value, bytes | None) else msgspec.json.encode(value)
    with pytest.raises(MalformedRecord) as caught:
        decode(Raw(key, data))
    return caught.value


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"speaker": SECRET}, "$.speaker"),
        ({"utterance": SECRET}, "$.utterance"),
        ({"utterance": -1}, "$.utterance"),
        ({"tokens": SECRET}, "$.tokens"),
        ({"speaker": f"it's {SECRET}"}, "$.speaker"),
        ({"speaker": f"{SECRET} - at `$.{SECRET}`"}, "$.speaker"),
        ({"tokens": ["ok", 7]}, "$.tokens[1]"),
        ({"tokens": ["x" * 201]}, "$.tokens[0]"),
        ({"tokens": ["x"] * 513}, "$.tokens"),
        ({"at": -1}, "$.at"),
        ({"at": 1e300}, "$.at"),
        ({"at": 2**63}, "$.at"),
        ({"at": None}, "$.at"),
        ({"index": 2**31}, "$.index"),
        ({"confidence": [1.5]}, "$.confidence[0]"),
        ({"final": "yes"}, "$.final"),
        ({"call_id": ""}, "$.call_id"),
        ({"call_id": "x" * 201}, "$.call_id"),
        ({"locale": {"text": SECRET}}, "$.locale"),
    ],
)
def test_a_wrong_field_of_a_token_record_is_named_and_not_quoted(change: dict[str, Any], field: str) -> None:
    problem = refused(decode_tokens, TOKENS | change)
    assert (problem.reason, problem.field) == ("wrong_field", field)
    assert SECRET not in problem.detail


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_a_missing_field_is_named(name: str) -> None:
    problem = refused(decode_tokens, {key: value for key, value in TOKENS.items() if key != name})
    assert (problem.reason, problem.field) == ("wrong_field", f"$.{name}")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": SECRET}, "$.type"),
        ({"type": None}, "$.type"),
        ({"channel": SECRET}, "$.channel"),
        ({"queue": "q" * 201}, "$.queue"),
        ({"attributes": {"secret": [SECRET]}}, "$.attributes[...]"),
        ({"type": "survey.submitted", "csat": 6}, "$.csat"),
        ({"type": "alert.verdict", "alert_id": "a", "by": "me", "verdict": SECRET}, "$.verdict"),
        ({"type": "alert.claimed", "alert_id": "a"}, "$.by"),
    ],
)
def test_a_wrong_field_of_an_event_is_named_and_not_quoted(change: dict[str, Any], field: str) -> None:
    problem = refused(decode_event, EVENT | change)
    assert (problem.reason, problem.field) == ("wrong_field", field)
    assert SECRET not in problem.detail


def test_an_event_without_a_type_says_so() -> None:
    problem = refused(decode_event, {"call_id": "c", "at": 5})
    assert (problem.reason, problem.field) == ("wrong_field", "$.type")


@pytest.mark.parametrize("decode", [decode_event, decode_tokens])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (SECRET.encode(), "not_json"),
        (b'{"call_id": "' + SECRET.encode(), "not_json"),
        (b'{"a":' * 100_000, "not_json"),
        (b"[" * 100_000, "wrong_field"),
        (b"[]", "wrong_field"),
        (b"null", "wrong_field"),
        (b'"text"', "wrong_field"),
        (b"x" * (MAX_RECORD_BYTES + 1), "too_large"),
    ],
)
def test_bytes_that_are_no_record_have_a_reason_and_never_their_text(
    decode: Any, value: bytes | None, reason: str
) -> None:
    problem = refused(decode, value)
    assert problem.reason == reason
    assert "4111" not in problem.detail


@pytest.mark.parametrize(("decode", "record"), [(decode_event, EVENT), (decode_tokens, TOKENS)])
@pytest.mark.parametrize("text", [b'"\xff"', b'"caf\xe9"', b'"\\ud800"', b'"\xed\xa0\x80"'])
def test_text_that_is_not_unicode_is_refused_and_ends_nothing(
    decode: Any, record: dict[str, Any], text: bytes
) -> None:
    value = msgspec.json.encode(record).replace(b'"c"', text)
    assert refused(decode, value).reason == "not_json"


@pytest.mark.parametrize(("decode", "record"), [(decode_event, EVENT), (decode_tokens, TOKENS)])
@pytest.mark.parametrize("key", [None, b"", b"other", b"c ", b"\xff"])
def test_a_key_that_is_not_the_call_is_refused(
    decode: Any, record: dict[str, Any], key: bytes | None
) -> None:
    problem = refused(decode, record, key)
    assert (problem.reason, problem.field) == ("key_mismatch", "$.call_id")


def test_a_record_of_the_largest_size_is_read() -> None:
    padded = msgspec.json.encode(EVENT)[:-1] + b',"x":"'
    padded += b"x" * (MAX_RECORD_BYTES - len(padded) - 2) + b'"}'
    assert len(padded) == MAX_RECORD_BYTES
    assert decode_event(Raw(b"c", padded)) == CallStarted("c", 5)


def test_fields_of_a_newer_writer_are_ignored() -> None:
    assert decode_tokens(Raw(b"c", msgspec.json.encode(TOKENS | {"new": {"x": 1}}))).tokens == ["hi"]


@given(st.text(min_size=1, max_size=200), st.lists(st.text(max_size=200), max_size=5), st.booleans())
def test_what_is_encoded_is_decoded_again(call_id: str, tokens: list[str], final: bool) -> None:
    record = TranscriptTokens(call_id, "customer", 3, tokens, 5, final=final)
    assert decode_tokens(Raw(call_id.encode(), encode(record))) == record


@given(st.one_of(st.binary(max_size=60), st.none()), st.one_of(st.binary(max_size=5), st.none()))
def test_no_bytes_at_all_raise_anything_else(value: bytes | None, key: bytes | None) -> None:
    for decode in (decode_event, decode_tokens):
        with pytest.raises(MalformedRecord):
            decode(Raw(key, value))
