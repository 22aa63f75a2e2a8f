import pytest

from streams.calls.masking import EVIDENCE_WORDS, masked
from tests.builders import Call


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("my card is 4111-1111-1111-1111 okay", "my card is [#] okay"),
        ("write to jo.b@mail.example now", "write to [@] now"),
        ("four 7s", "four [#]"),
        ("٣٤٥ and ²", "[#] and [#]"),
        ("nothing hidden here", "nothing hidden here"),
        ("", ""),
    ],
)
def test_what_identifies_a_person_is_replaced(said: str, shown: str) -> None:
    assert masked(said.split()) == shown


@pytest.mark.parametrize("place", [0, 15, 16, 40, 99])
def test_the_word_that_counts_is_in_the_text(place: int) -> None:
    words = ["word"] * 100
    words[place] = "here"
    shown = masked(words, around=place).split()
    assert "here" in shown
    assert len([word for word in shown if word != "…"]) <= EVIDENCE_WORDS


def test_an_endless_word_is_cut() -> None:
    assert len(masked(["a" * 200])) < 30


def test_nothing_that_leaves_a_call_holds_a_number_that_was_said() -> None:
    call = Call()
    call.customer("awful awful awful my number is 07700900123 i'm jo@mail.example", 1)
    call.customer("get me your manager on 07700900123", 2)
    call.agent("i'm so sorry i will ring 07700900123", 3)
    for n in range(4):
        call.customer("yes that works", 30 + n)
    assert call.kinds == ["watch", "high", "deescalation"]
    assert {reason.text for reason in call.alerts[1].reasons} >= {"get me your manager on [#]"}
    act = call.alerts[2].preceded_by
    assert act is not None
    assert act.text == "i'm so sorry i will ring [#]"
    for text in (str(output) for output in call.outputs):
        assert "07700900123" not in text
        assert "mail.example" not in text
