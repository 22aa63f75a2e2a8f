"""Names that a call gives, in the evidence of everything after."""

import msgspec
import pytest

from streams.calls.events import Alert, Speaker
from tests.builders import Call, portable


def evidence(call: Call) -> str:
    """Return all words that the alerts show."""
    reasons = [reason.text for alert in call.alerts for reason in alert.reasons if reason.text]
    acts = [alert.preceded_by.text for alert in call.alerts if alert.preceded_by and alert.preceded_by.text]
    return " | ".join(reasons + acts)


@pytest.mark.parametrize("speaker", ["customer", "agent", "supervisor"])
def test_a_name_given_before_is_masked_whoever_gave_it(speaker: Speaker) -> None:
    call = Call()
    call.says(speaker, "Hello, my name is Siobhan Okafor", 1)
    call.customer("listen Okafor you idiot", 10)
    assert evidence(call) == "listen [name] you idiot"


def test_a_name_is_masked_in_small_letters_too() -> None:
    call = Call()
    call.customer("my name is siobhan okafor", 1)
    call.customer("tell okafor you idiot", 10)
    assert "okafor" not in evidence(call)


def test_a_name_given_in_the_same_words_is_masked() -> None:
    call = Call()
    call.customer("my name is Siobhan Okafor and you idiot", 1)
    assert "Okafor" not in evidence(call)


def test_a_name_in_an_early_alert_is_masked() -> None:
    call = Call()
    call.customer("my name is Siobhan Okafor", 1)
    call.customer("awful awful awful", 10)
    call.customer("it is awful awful awful Okafor awful", 20, final=False)
    assert call.kinds == ["watch", "high"]
    assert "Okafor" not in evidence(call)


def test_evidence_from_before_the_name_was_given_is_masked_once_it_is() -> None:
    call = Call()
    call.customer("close my account Okafor", 1)
    call.customer("my name is Siobhan Okafor", 5)
    call.customer("you idiot", 10)
    assert "cancel_threat" in {reason.signal for reason in call.alerts[-1].reasons}
    assert "Okafor" not in evidence_of(call.alerts[-1])


def test_the_act_before_a_recovery_is_masked() -> None:
    call = Call()
    call.customer("my name is Siobhan Okafor", 1)
    call.customer("you idiot", 10)
    call.agent("i'm so sorry Okafor", 12)
    for n in range(4):
        call.customer("yes that works", 30 + 5 * n)
    assert call.alerts[-1].preceded_by is not None
    assert call.alerts[-1].preceded_by.text == "i'm so sorry [name]"


def test_a_name_survives_the_way_through_the_topic() -> None:
    call = Call()
    call.customer("my name is Siobhan Okafor", 1)
    call.state = portable(call.known)
    call.customer("tell Okafor you idiot", 10)
    assert "Okafor" not in evidence(call)


def test_the_name_of_one_call_is_no_name_in_another() -> None:
    one, other = Call(), Call()
    one.customer("my name is Siobhan Okafor", 1)
    other.customer("okafor you idiot", 10)
    assert evidence(other) == "okafor you idiot"


def evidence_of(alert: Alert) -> str:
    return msgspec.json.encode(alert.reasons).decode()
