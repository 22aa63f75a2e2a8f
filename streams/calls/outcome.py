"""What a call came to: one record of `call-outcomes`, said again when a survey or the wrap-up comes in later.

What is needed to say it again is kept in few bytes as the remains of the call, for as long as a survey may
take.
"""

from msgspec import Struct

from models.prospects import FEATURES, Prospect, Prospects
from streams.calls.events import SurveySubmitted, WrapupCompleted
from streams.calls.reports import ContactReport
from streams.calls.signals.catalogue import NAMES
from streams.calls.timings import Timings

#: From where on more of it says no more.
_LONG_QUEUE_MS, _LONG_CALL_MS, _MANY = 10 * 60_000, 30 * 60_000, 3
_THREATS = frozenset({"cancel_threat", "publicity_threat", "legal_threat", "harm_threat"})


class Empathy(Struct, frozen=True):
    """Opportunities for empathy in a call, by what became of them."""

    given: int = 0
    missed: int = 0
    not_needed: int = 0


class Replies(Struct, frozen=True):
    """Agent turns that were personal, scripted or neither; `scripted_share` is null without any."""

    personal: int = 0
    scripted: int = 0
    neither: int = 0
    scripted_share: float | None = None


class CallOutcome(Struct, frozen=True):
    """One record of `call-outcomes`. The highest `revision` of a call is the one that counts.

    `sentiment_path` holds the customer's decayed sentiment at up to eight points of the call, in [-1, 1],
    negative is unhappy. Nothing in it is about the person who took the call.
    """

    call_id: str
    revision: int
    at: int
    customer_id: str | None
    queue: str
    locale: str
    channel: str
    direction: str
    started_at: int
    ended_at: int
    timings: Timings
    sentiment_path: tuple[float, ...]
    risk_peak: float
    turns: int
    escalations: int
    recoveries: int
    recoveries_without_act: int
    recovery_ms: int
    unrecovered: bool
    signals: dict[str, int]
    empathy: Empathy
    replies: Replies
    transfers: int
    contacts_in_30_days: int | None
    predictions: Prospect
    csat: int | None
    nps: int | None
    resolved: bool | None
    matter: str | None
    code: str | None
    account_closed: bool | None
    policy: str
    model: str


class Remains(Struct, array_like=True, gc=False):
    """What is kept of an ended call: everything its outcome says, without the names of the fields."""

    ended_at: int
    revision: int
    times: tuple[int, ...]
    path: tuple[int, ...]
    peak: int  # hundredths
    counts: tuple[int, ...]  # turns, escalations, recoveries, unaided recoveries, recovery ms, transfers
    unrecovered: bool
    heard: dict[int, int]
    empathy: tuple[int, ...]
    replies: tuple[int, ...]
    contacts: int | None = None
    csat: int | None = None
    nps: int | None = None
    resolved: bool | None = None
    matter: str | None = None
    code: str | None = None
    account_closed: bool | None = None

    def survey(self, event: SurveySubmitted) -> None:
        """Take a survey in."""
        self.csat = event.csat if event.csat is not None else self.csat
        self.nps = event.nps if event.nps is not None else self.nps
        self.revision += 1

    def wrap_up(self, event: WrapupCompleted) -> None:
        """Take the wrap-up in, and the time that it took."""
        self.resolved = event.resolved if event.resolved is not None else self.resolved
        self.matter, self.code = event.matter or self.matter, event.code or self.code
        if event.account_closed is not None:
            self.account_closed = event.account_closed
        found = Timings(*self.times)
        wrapup = max(0, event.at - self.ended_at)
        handle = found.talk_ms + found.hold_ms + wrapup
        self.times = (*self.times[:4], wrapup, handle, *self.times[6:])
        self.revision += 1


class Place(Struct, frozen=True):
    """Who and where a call is: what an outcome and a contact say beside the remains."""

    call_id: str
    customer_id: str | None
    queue: str
    locale: str
    channel: str
    direction: str
    parent_call_id: str | None
    started_at: int
    policy: str
    model: str


def outcome_of(remains: Remains, place: Place, at: int, prospects: Prospects | None = None) -> CallOutcome:
    """Return the record of `call-outcomes` as it stands at `at`, Unix ms, with what the models expect."""
    turns, escalations, recoveries, unaided, recovery_ms, transfers = remains.counts
    return CallOutcome(
        call_id=place.call_id,
        revision=remains.revision,
        at=at,
        customer_id=place.customer_id,
        queue=place.queue,
        locale=place.locale,
        channel=place.channel,
        direction=place.direction,
        started_at=place.started_at,
        ended_at=remains.ended_at,
        timings=Timings(*remains.times),
        sentiment_path=tuple(point / 100 for point in remains.path),
        risk_peak=remains.peak / 100,
        turns=turns,
        escalations=escalations,
        recoveries=recoveries,
        recoveries_without_act=unaided,
        recovery_ms=recovery_ms,
        unrecovered=remains.unrecovered,
        signals={NAMES[number]: count for number, count in sorted(remains.heard.items())},
        empathy=Empathy(*remains.empathy),
        replies=_replies(remains.replies),
        transfers=transfers,
        contacts_in_30_days=remains.contacts,
        predictions=(prospects or Prospects()).predict(features_of(remains)),
        csat=remains.csat,
        nps=remains.nps,
        resolved=remains.resolved,
        matter=remains.matter,
        code=remains.code,
        account_closed=remains.account_closed,
        policy=place.policy,
        model=place.model,
    )


def features_of(remains: Remains) -> tuple[float, ...]:
    """Return what the models of outcomes know of a call, in the order of `models.prospects.FEATURES`."""
    turns, escalations, recoveries, _, _, transfers = remains.counts
    times = Timings(*remains.times)
    heard = {NAMES[number]: count for number, count in remains.heard.items()}
    _, scripted, _ = remains.replies
    given, missed, _ = remains.empathy
    known = {
        "risk_peak": remains.peak / 100,
        "mood_at_the_end": _unhappy(remains.path[-1]) if remains.path else 0.5,
        "worst_mood": _unhappy(min(remains.path)) if remains.path else 0.5,
        "negative_turns": heard.get("negative_sentiment", 0) / turns if turns else 0.0,
        "escalated": float(escalations > 0),
        "unrecovered": float(remains.unrecovered),
        "recovered": float(recoveries > 0),
        "on_hold": times.hold_ms / times.length_ms if times.length_ms else 0.0,
        "queue": times.queue_ms / _LONG_QUEUE_MS,
        "length": times.length_ms / _LONG_CALL_MS,
        "transfers": transfers / _MANY,
        "missed_empathy": missed / _MANY,
        "given_empathy": given / _MANY,
        "scripted": scripted / sum(remains.replies) if sum(remains.replies) else 0.0,
        "gratitude": float("gratitude" in heard),
        "repeated_problem": float("repeated_problem" in heard),
        "threat": float(not _THREATS.isdisjoint(heard)),
        "contacts": ((remains.contacts or 1) - 1) / _MANY,
    }
    return tuple(round(min(1.0, max(0.0, known[name])), 3) for name in FEATURES)


def _unhappy(point: int) -> float:
    return (100 - point) / 200


def contact_of(remains: Remains, place: Place, at: int, promised_by: int) -> ContactReport | None:
    """Return what the customer's history is told of an ended call; None when nobody knows whose it is."""
    if place.customer_id is None:
        return None
    heard = {NAMES[number] for number in remains.heard}
    return ContactReport(
        record_id=f"{place.call_id}:ended:{remains.revision}",
        customer_id=place.customer_id,
        call_id=place.call_id,
        stage="updated" if remains.revision else "ended",
        at=at,
        started_at=place.started_at,
        queue=place.queue,
        direction="outbound" if place.direction == "outbound" else "inbound",
        parent_call_id=place.parent_call_id,
        matter=remains.matter,
        code=remains.code,
        resolved=remains.resolved,
        account_closed=remains.account_closed,
        unrecovered=remains.unrecovered,
        csat=remains.csat,
        nps=remains.nps,
        cancel_threat="cancel_threat" in heard,
        publicity_threat="publicity_threat" in heard,
        legal_threat="legal_threat" in heard,
        advocacy="advocacy" in heard,
        promised_by=promised_by or None,
    )


def _replies(counts: tuple[int, ...]) -> Replies:
    personal, scripted, neither = counts
    total = personal + scripted + neither
    return Replies(personal, scripted, neither, round(scripted / total, 3) if total else None)
