"""What attune keeps of a live call: one mutable struct that only `streams.calls.step` changes.

Arrays, not maps, on the wire: a live call stays near half a kilobyte. New fields go at the end, with a
default, so that a state written by an older worker is still read.
"""

import msgspec
from msgspec import Struct

from streams.calls.events import Phase, Severity, Speaker

#: Longest time, in ms without a record, before a call that never ended is taken to be over.
IDLE_END_MS = 60 * 60 * 1000
#: How long, in ms, the remains of an ended call wait for a late verdict.
STUB_MS = 60 * 60 * 1000


class Hit(Struct, array_like=True, gc=False):
    """A phrase that was heard: which signal, and the last of its tokens (0-based place in the utterance)."""

    signal: str
    end: int


class Utterance(Struct, array_like=True, gc=False):
    """One utterance that can still change, with its running score and its place in the phrases."""

    speaker: Speaker
    number: int
    at: int
    tokens: list[str] = []
    total: float = 0.0  # sum of the weights of all 1- and 2-grams so far
    grams: int = 0  # how many 1- and 2-grams that is
    last: str = ""  # last normalised token, for the next 2-gram
    node: int = 0  # where the automaton stands
    dwell: int = 0  # tokens in a row at or above the threshold
    hits: list[Hit] = []
    voice: int = 0  # version of the weights and phrases that score and automaton go by


class Turn(Struct, array_like=True, gc=False):
    """A closed customer utterance, kept for a while in case someone labels it."""

    utterance: int
    tokens: tuple[str, ...]


class Evidence(Struct, array_like=True, gc=False):
    """Where a signal was last heard, text masked."""

    speaker: Speaker
    utterance: int
    text: str


class HeardAct(Struct, array_like=True, gc=False):
    """The last thing the agent or supervisor did for the customer's feelings, text masked."""

    signal: str
    speaker: Speaker
    utterance: int
    text: str


class Episode(Struct, array_like=True, gc=False):
    """An escalation until its recovery, retraction or the end of the call."""

    escalation_id: str
    alert_id: str
    severity: Severity
    started_at: int
    peak: float
    last_bad_at: int
    raised_in: int = -1  # customer utterance that raised it before it was final, -1 when it was final
    calm_turns: int = 0
    calm_words: int = 0  # words of the longest turn of the calm run
    requests: int = 0  # times a supervisor was asked for
    before_calm: HeardAct | None = None
    answered: bool = False  # the agent has spoken since a supervisor was last asked for


class CallState(Struct, array_like=True, gc=False):
    """One live call. Offsets are the last applied ones, -1 for none; instants Unix ms, durations ms."""

    call_id: str
    event_offset: int = -1
    token_offset: int = -1
    started_at: int = 0
    at: int = 0
    ended: bool = False
    customer_id: str | None = None
    agent_id: str | None = None
    queue: str = ""
    locale: str = ""
    channel: str = "voice"
    open: list[Utterance] = []
    closed: dict[str, list[int]] = {}  # the last closed utterances per speaker, ascending
    sentiment: float = 0.0  # decayed average of P(negative) over the customer's closed turns
    settled: float = 0.0  # log-odds of all but the running customer utterance
    parts: dict[str, float] = {}  # contribution per signal, log-odds
    calm_parts: dict[str, float] = {}  # the same at the last record in phase calm
    evidence: dict[str, Evidence] = {}
    phase: Phase = "calm"
    episode: Episode | None = None
    watch_id: str | None = None
    watch_until: int = 0  # no second `watch` before
    cool_until: int = 0  # no new episode before
    waiting: Severity | None = None  # severity that waits for the end of the cool-down
    deferred: bool = False
    act: HeardAct | None = None
    repaired: bool = False  # the agent did something for the customer's feelings since the last turn
    seq: int = 0
    hold_since: int = 0
    hold_ms: int = 0
    transfers: int = 0
    claimed_by: str | None = None
    shown_risk: float = -1.0
    shown_at: int = 0
    shown_phase: Phase = "calm"
    recent: list[Turn] = []
    alerted: list[Turn] = []
    model: str = ""
    policy: str = ""
    insisted: str = ""  # signal of the `always` list that waits for the end of the cool-down
    alerted_by: list[str] = []  # ids of the alerts that `alerted` belongs to

    @property
    def deadline(self) -> int:
        """Return the next instant (Unix ms) at which something happens without a record."""
        if self.ended:
            return self.at + STUB_MS
        idle = self.at + IDLE_END_MS
        return min(idle, self.cool_until) if self.waiting else idle


def shrink(state: CallState) -> None:
    """Drop the words of a state that has grown beyond what a record may be; score and phase stay."""
    for utterance in state.open:
        utterance.tokens = []
    state.recent, state.alerted = [], []


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(CallState)


def encode_state(state: CallState) -> bytes:
    """Return the state as MessagePack."""
    return _encoder.encode(state)


def decode_state(data: bytes) -> CallState:
    """Return the state from MessagePack.

    Raises
    ------
    msgspec.DecodeError
        When the bytes are not a state.

    Examples
    --------
    >>> decode_state(encode_state(CallState("c1"))) == CallState("c1")
    True
    """
    return _decoder.decode(data)
