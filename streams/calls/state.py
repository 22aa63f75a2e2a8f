"""What attune keeps of a live call: one mutable struct that only `streams.calls.step` changes.

Arrays, not maps, on the wire: a live call stays within a kilobyte. New fields go at the end, with a default,
so that a state written by an older worker is still read.
"""

import msgspec
from msgspec import Struct

from streams.calls.events import Phase, Severity, Speaker
from streams.calls.outcome import Remains
from streams.calls.signals.ear import Ear, Hit
from streams.calls.speech import Speech

#: Longest time, in ms without a record, before a call that never ended is taken to be over.
IDLE_END_MS = 60 * 60 * 1000


class Utterance(Struct, array_like=True, gc=False):
    """One utterance that can still change, with its running score and its place in the patterns."""

    speaker: Speaker
    number: int
    at: int
    tokens: list[str] = []
    total: float = 0.0  # sum of the weights of all 1- and 2-grams so far
    grams: int = 0  # how many 1- and 2-grams that is
    last: str = ""  # last normalised token, for the next 2-gram
    ear: Ear | None = None  # where the patterns stand; of this process only
    dwell: int = 0  # tokens in a row at or above the threshold
    hits: list[Hit] = []
    voice: int = 0  # version of the weights and patterns that score and automaton go by
    doubt: float = 0.0  # sum of 1 - confidence over the tokens that came with one
    sure: int = 0  # how many those are


class Turn(Struct, array_like=True, gc=False):
    """A closed customer utterance, kept for a while in case someone labels it."""

    utterance: int
    tokens: tuple[str, ...]
    alerted: bool = False  # whether the last alert rests on it


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


class Opening(Struct, array_like=True, gc=False):
    """An empathy opportunity that is open."""

    utterance: int  # the customer's turn that opened it
    turns: int = 0  # agent turns of enough words so far
    limit: int = 2  # agent turns it stays open for
    talking: bool = False  # the agent's turn that was counted last is still going on
    joined: int = 0  # customer turns that have joined it


class Stint(Struct, array_like=True, gc=False):
    """One person's time on the call, until they leave it."""

    agent_id: str
    joined_at: int
    tense: bool = False
    escalated_ms: int = 0
    escalated_since: int = 0


class Tally(Struct, array_like=True, gc=False):
    """What is counted over the whole call, for its outcome."""

    heard: dict[int, int] = {}  # utterances and happenings with a signal, by the signal's number
    empathy: tuple[int, ...] = (0, 0, 0)  # opportunities given, missed, not needed
    replies: tuple[int, ...] = (0, 0, 0)  # agent turns personal, scripted, neither
    path: list[int] = []  # decayed sentiment, in hundredths, at a few points of the call
    turns: int = 0  # closed customer turns
    peak: float = -99.0  # highest log-odds of the risk: so far none
    escalations: int = 0
    recoveries: int = 0
    unaided: int = 0  # recoveries before which nobody had done anything for the customer's feelings
    recovery_ms: int = 0  # of all recoveries
    watches: int = 0


class CallState(Struct, array_like=True, gc=False):
    """One live call. Offsets are the last applied ones, -1 for none; instants Unix ms, durations ms."""

    call_id: str
    event_offset: int = -1
    token_offset: int = -1
    context_offset: int = -1
    started_at: int = 0
    at: int = 0
    ended: bool = False
    customer_id: str | None = None
    agent_id: str | None = None
    queue: str = ""
    locale: str = ""
    channel: str = "voice"
    direction: str = "inbound"
    parent_call_id: str | None = None
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
    of_others: bool = False  # the customer's last turn was about people who are not in the call
    repaired: bool = False  # the agent did something for the customer's feelings since the last turn
    seq: int = 0
    claimed_by: str | None = None
    shown_risk: float = -1.0
    shown_at: int = 0
    shown_phase: Phase = "calm"
    turns: list[Turn] = []  # the last customer turns, and those that the last alert rests on
    model: str = ""
    policy: str = ""
    insisted: str = ""  # signal of the `always` list that waits for the end of the cool-down
    alerted_by: list[str] = []  # ids of the alerts that the alerted turns belong to
    marks: list[int] = []  # what happened when, see `streams.calls.timings`
    staffed: bool = False  # somebody has the call now
    transfers: int = 0
    long_holds: int = 0  # times that a hold was too long
    speech: Speech | None = None
    quiet_since: int = 0  # when somebody last spoke, 0 when a silence means nothing
    waits_until: int = 0  # end of a wait that the agent has announced
    customer_waits: bool = False  # in a chat: the last message is the customer's
    opening: Opening | None = None
    stock_used: bool = False  # a stock phrase has met an opportunity already
    said: list[int] = []  # signatures of the agent's sentences
    facts: list[int] = []  # hashes of telling words that the customer has used
    names: list[str] = []  # names that were given in the call, to be masked
    background: tuple[int, int, str] | None = None  # contacts in 30 days, bad experiences, churn band
    stint: Stint | None = None
    tally: Tally = msgspec.field(default_factory=Tally)
    tense_transfer: bool = False  # it was handed over while tense or worse
    promised_by: int = 0  # when the latest dated promise is due
    early_survey: tuple[int | None, int | None] | None = None  # csat and nps given before the call's end
    remains: Remains | None = None  # of an ended call
    keep_until: int = 0  # when the remains may go
    look_at: int = 0  # when a silence or a hold has to be looked at, 0 for never
    helped_at: int = (
        -1
    )  # the customer's last turn before somebody came to help: outcomes label only later ones

    @property
    def deadline(self) -> int:
        """Return the next instant (Unix ms) at which something may happen without a record."""
        if self.ended:
            return self.keep_until
        due = self.at + IDLE_END_MS
        if self.waiting and self.cool_until < due:
            due = self.cool_until
        return min(due, self.look_at) if self.look_at else due
