"""Every signal attune knows: who gives it, what it adds to the risk, and what else it means.

A weight is a change of log-odds when the signal is heard. The definitions stand in the README; the phrases
that carry the spoken ones in ``deploy/locales/*.toml``.
"""

from typing import Literal, NamedTuple

Side = Literal["customer", "agent", "call"]


class Signal(NamedTuple):
    """One signal.

    Parameters
    ----------
    side : str
        Who gives it: the customer's words, the agent's, or what happens to the call.
    weight : float
        Log-odds that one hearing adds; below 0 it calms.
    bad : bool
        Whether a customer turn with it is a bad one, whatever the turn's words score.
    act : bool
        Whether it is something done for the customer's feelings.
    """

    side: Side
    weight: float = 0.0
    bad: bool = False
    act: bool = False


SIGNALS: dict[str, Signal] = {
    "negative_sentiment": Signal("customer", 0.0),  # its weight is the decayed sentiment of the risk
    "supervisor_request": Signal("customer", 3.0, bad=True),
    "cancel_threat": Signal("customer", 3.0, bad=True),
    "publicity_threat": Signal("customer", 2.4, bad=True),
    "legal_threat": Signal("customer", 3.0, bad=True),
    "repeated_problem": Signal("customer", 1.4),
    "abuse": Signal("customer", 2.6, bad=True),
    "sarcasm": Signal("customer", 1.2, bad=True),
    "gratitude": Signal("customer", -1.4),
    "advocacy": Signal("customer", -1.6),
    "urgent_need": Signal("customer", 3.4, bad=True),
    "broken_promise": Signal("customer", 1.2),
    "acknowledge": Signal("agent", -0.2, act=True),
    "validate": Signal("agent", -0.2, act=True),
    "apologise": Signal("agent", -0.2, act=True),
    "take_ownership": Signal("agent", -0.3, act=True),
    "personalise": Signal("agent", -0.1, act=True),
    "explore": Signal("agent", -0.1, act=True),
    "promise": Signal("agent", -0.1),
    "scripted_reply": Signal("agent", 0.3),
    "dismissive_reply": Signal("agent", 0.7),
    "missed_empathy": Signal("call", 0.5),
    "talk_over": Signal("call", 0.4),
    "dead_air": Signal("call", 0.3),
    "long_hold": Signal("call", 0.7),
    "transfer": Signal("call", 0.5),
    "repeat_contact": Signal("call", 0.6),
}

#: What patterns tell beside the signals: a threat of harm (it is `abuse`, and critical), a wait that the
#: agent announces (a silence after it is no dead air), words that have to be said (they are not scripted).
HARM_THREAT, ANNOUNCED_WAIT, REQUIRED_PHRASE = "harm_threat", "announced_wait", "required_phrase"

WEIGHTS = {name: signal.weight for name, signal in SIGNALS.items()}
#: Everything that patterns of one side can tell.
HEARD_FROM_CUSTOMERS = frozenset(n for n, signal in SIGNALS.items() if signal.side == "customer") | {
    HARM_THREAT
}
HEARD_FROM_AGENTS = frozenset(n for n, signal in SIGNALS.items() if signal.side == "agent") | {
    ANNOUNCED_WAIT,
    REQUIRED_PHRASE,
}
BAD = frozenset(name for name, signal in SIGNALS.items() if signal.bad)
#: Threats: with one in it no turn is a step towards recovery.
THREATS = frozenset({"cancel_threat", "publicity_threat", "legal_threat", "abuse"})
#: What meets an empathy opportunity by itself.
EMPATHY_ACTS = frozenset({"acknowledge", "validate", "apologise", "take_ownership"})
#: Places of the signals in counts that a state carries.
NUMBER = {name: number for number, name in enumerate(SIGNALS)}
NAMES = tuple(SIGNALS)
