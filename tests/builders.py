"""Calls for tests: a small model and a few phrases of known weight, and a call that is played by hand.

Times are seconds after `T0`. One negative turn is a watch, two in a row are an escalation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

from models.base import LinearWeights
from models.incremental import probability
from streams.calls.events import Alert, CallRisk, CallStarted, Speaker, TranscriptTokens
from streams.calls.outputs import Output
from streams.calls.policy import Policy
from streams.calls.risk import close_turn
from streams.calls.rules import Rules, Voice
from streams.calls.signals.automaton import Automaton
from streams.calls.signals.tables import Patterns
from streams.calls.state import CallState
from streams.calls.step import Record, begin, expire, step
from streams.calls.stored import decode_state, encode_state

T0 = 1_760_000_000_000

WEIGHTS = LinearWeights(
    "sentiment@7",
    -2.0,
    {"awful": 12.0, "bad": 3.0, "lovely": -3.0, "joking": -20.0},
    {("not", "awful"): -24.0},
)
SAID = {
    "supervisor_request": ["(speak to)? your manager"],
    "legal_threat": ["my lawyer"],
    "abuse": ["you idiot"],
    "urgent_need": ["smell gas"],
    "cancel_threat": ["(close)? my account"],
    "sarcasm": ["thanks for nothing"],
    "gratitude": ["thank you so much"],
    "repeated_problem": ["the third time"],
}
DONE = {
    "apologise": ["i'm so sorry"],
    "acknowledge": ["that must be hard"],
    "take_ownership": ["leave it with me"],
    "dismissive_reply": ["nothing i can do"],
    "scripted_reply": ["any inconvenience caused"],
    "announced_wait": ["bear with me"],
    "promise": ["i'll call you"],
    "explore": ["what happened"],
}


def automaton(
    said: Mapping[str, Sequence[str]], negators: Sequence[str] = ("not", "don't want")
) -> Automaton:
    return Automaton({signal: Patterns(lines) for signal, lines in said.items()}, negators=negators)


CUSTOMER, AGENT = automaton(SAID), automaton(DONE)
#: A negative turn, and a calm one, of three words each: shorter ones say little.
BAD, CALM = "awful awful awful", "yes that works"


def at(seconds: float) -> int:
    return T0 + round(seconds * 1000)


def _thresholds() -> dict[str, float]:
    """Thresholds between which the calls below move, however the weights of the risk are tuned."""
    negative, calm = 0.999, 0.119  # what the small model says of BAD and CALM
    fresh, state = CallState(""), CallState("")
    quiet = close_turn(fresh, calm, [])
    one, two, back = (close_turn(state, turn, []) for turn in (negative, negative, calm))
    return {
        "watch": probability((quiet + one) / 2),
        "enter": probability((one + two) / 2),
        "exit": probability((back + min(one, two)) / 2),
    }


THRESHOLDS = _thresholds()


def rules(*, shadow: bool = False, voices: dict[str, Voice] | None = None, **policy: Any) -> Rules:
    """Rules with the small model in English and Finnish without a model; `policy` overrides."""
    spoken = {
        "en-US": Voice(CUSTOMER, AGENT, WEIGHTS),
        "fi-FI": Voice(automaton({"abuse": ["sinä idiootti"]})),
    }
    return Rules(Policy(name="default", version=1, **THRESHOLDS | policy), voices or spoken, live=not shadow)


def say(
    speaker: Speaker,
    text: str | Sequence[str],
    seconds: float,
    utterance: int,
    *,
    index: int = 0,
    final: bool = True,
    call_id: str = "c1",
) -> TranscriptTokens:
    tokens = text.split() if isinstance(text, str) else list(text)
    return TranscriptTokens(call_id, speaker, utterance, tokens, at(seconds), index=index, final=final)


@dataclass
class Call:
    """One call, played record by record; deadlines fire before the first record that is not earlier."""

    rules: Rules = field(default_factory=rules)
    state: CallState | None = None
    outputs: list[Output] = field(default_factory=list)
    _next: dict[Speaker, int] = field(default_factory=dict)

    def apply(self, *records: Record) -> list[Any]:
        new: list[Output] = []
        for record in records:
            if self.state is None:
                self.state = begin(record.call_id, record.at, self.rules)
            new += self._expire(record.at)
            new += step(self.state, record, self.rules)
        self.outputs += new
        return new

    def says(self, speaker: Speaker, text: str, seconds: float, **kwargs: Any) -> list[Any]:
        number = self._next.get(speaker, 0)
        self._next[speaker] = number + 1
        return self.apply(say(speaker, text, seconds, number, **kwargs))

    def customer(self, text: str, seconds: float, **kwargs: Any) -> list[Any]:
        return self.says("customer", text, seconds, **kwargs)

    def agent(self, text: str, seconds: float, **kwargs: Any) -> list[Any]:
        return self.says("agent", text, seconds, **kwargs)

    def wait(self, until: float) -> list[Any]:
        """Let time pass without a record."""
        new = self._expire(at(until))
        self.outputs += new
        return new

    def _expire(self, now: int) -> list[Output]:
        state = self.known
        new: list[Output] = []
        while not state.ended and state.deadline <= now:
            new += expire(state, state.deadline, self.rules)
        return new

    @property
    def known(self) -> CallState:
        assert self.state is not None
        return self.state

    @property
    def alerts(self) -> list[Alert]:
        return alerts_of(self.outputs)

    @property
    def shown(self) -> list[CallRisk]:
        return [output for output in self.outputs if isinstance(output, CallRisk)]

    @property
    def kinds(self) -> list[str]:
        """Kind of each alert so far, with its severity where that says something."""
        return [
            alert.severity if alert.kind == "escalation" else alert.kind for alert in alerts_of(self.outputs)
        ]


def portable(state: CallState) -> CallState:
    """A state without what holds for one process only, as it comes back from the topic."""
    return decode_state(encode_state(state))


def play(records: Iterable[Record], by: Rules | None = None, state: CallState | None = None) -> list[Output]:
    """Return what follows from these records, of one call, from a fresh state or the given one."""
    call = Call(by or rules(), state)
    call.apply(*records)
    return call.outputs


def alerts_of(outputs: Iterable[Output]) -> list[Alert]:
    return [output for output in outputs if isinstance(output, Alert)]


def of_kind(outputs: Iterable[Output], kind: type[Any]) -> list[Any]:
    return [output for output in outputs if isinstance(output, kind)]


def started(seconds: float = 0, **kwargs: Any) -> CallStarted:
    return CallStarted("c1", at(seconds), **kwargs)


def escalated(**policy: Any) -> Call:
    """A call that escalates at its second turn, 20 s in."""
    call = Call(rules(**policy))
    call.apply(started(queue="billing", locale="en-US", customer_id="u1", agent_id="a1"))
    call.customer(BAD, 10)
    call.customer(BAD, 20)
    assert call.kinds == ["watch", "high"]
    return call


def recovered(**policy: Any) -> Call:
    """A call that escalates 20 s in and has recovered 40 s in."""
    call = escalated(**policy)
    call.agent("i'm so sorry", 25)
    call.customer(CALM, 30)
    call.customer(CALM, 40)
    assert call.kinds == ["watch", "high", "deescalation"]
    return call


def gained(alert: Alert) -> float:
    """Return how much the log-odds of the risk changed, as the alert's two risks say."""
    return log(alert.risk / (1 - alert.risk)) - log(alert.risk_before / (1 - alert.risk_before))
