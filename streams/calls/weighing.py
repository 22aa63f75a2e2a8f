"""A signal is heard: it is counted, adds to the risk, and is remembered as evidence or as an act."""

from collections.abc import Iterable

from streams.calls.masking import excerpt, mask_tokens
from streams.calls.risk import add_signal, settle
from streams.calls.rules import Rules
from streams.calls.signals.catalogue import NUMBER, SIGNALS
from streams.calls.state import CallState, Evidence, HeardAct, Utterance


def count(state: CallState, signals: Iterable[str]) -> None:
    """Count signals for the outcome of the call."""
    heard = state.tally.heard
    for signal in signals:
        number = NUMBER.get(signal)
        if number is not None:
            heard[number] = heard.get(number, 0) + 1


def weigh(state: CallState, signal: str, rules: Rules) -> None:
    """Let one signal that is not part of a customer turn add to the risk, and count it."""
    count(state, (signal,))
    state.parts = dict(state.parts)
    add_signal(state.parts, signal, rules.voice(state.locale).etiquette.scale(signal))
    settle(state)


def note_evidence(state: CallState, utterance: Utterance, *, negative: bool = False) -> None:
    """Remember the words that the signals of an utterance were heard in, masked.

    Parameters
    ----------
    negative : bool
        Whether the utterance as a whole is negative.
    """
    if not utterance.hits and not negative:
        return
    clean = mask_tokens(utterance.tokens, state.names)
    for hit in utterance.hits:
        signal = SIGNALS.get(hit.signal)
        if signal is None:
            continue
        state.evidence[hit.signal] = Evidence(utterance.speaker, utterance.number, excerpt(clean, hit.end))
        if signal.act and hit.signal != "explore":
            state.act = HeardAct(hit.signal, utterance.speaker, utterance.number, excerpt(clean, hit.end))
            state.repaired = True
    if negative:
        state.evidence["negative_sentiment"] = Evidence("customer", utterance.number, excerpt(clean))
