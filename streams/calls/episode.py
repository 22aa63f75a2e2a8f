"""An episode: from an escalation to its recovery, its retraction or the end of the call.

Within an episode the severity only rises. Recovery is what the customer says: turns in a row without a bad
word, long enough after the last bad one. Decay may lower the risk, never the phase.
"""

from msgspec import Struct

from models.incremental import probability
from streams.calls.alerts import make_alert
from streams.calls.events import Act, AlertKind, Severity
from streams.calls.outputs import CallGone, Output, Recovery
from streams.calls.policy import Policy, log_odds
from streams.calls.risk import total
from streams.calls.rules import Rules
from streams.calls.state import CallState, Episode, Turn
from streams.calls.timings import on_hold

SUPERVISOR_REQUEST = "supervisor_request"
#: Customer turns that an alert is taken to rest on, for the verdict on it.
_ALERTED_TURNS = 2


class Moment(Struct, frozen=True):
    """A closed customer turn, as far as phases are concerned.

    Parameters
    ----------
    at : int
        When it closed, Unix ms.
    cause : str
        Its last token, as alerts name their cause.
    utterance, words : int
        Its number, and how many words it has.
    score : float
        Log-odds of the risk with the turn taken in.
    heard : frozenset of str
        The signals in it.
    bad : bool
        Whether it was negative, sarcastic, a threat or a demand.
    doubt : float
        How unsure the recogniser was of its words, in [0, 1].
    """

    at: int
    cause: str
    utterance: int
    words: int
    score: float
    heard: frozenset[str]
    bad: bool
    doubt: float = 0.0

    def demands(self, policy: Policy) -> frozenset[str]:
        """Return the signals that were heard well enough to count by themselves."""
        return self.heard if 1.0 - self.doubt >= policy.heard_confidence else frozenset()


def escalate(
    state: CallState,
    severity: Severity,
    cause: str,
    at: int,
    parts: dict[str, float],
    rules: Rules,
    out: list[Output],
) -> Episode:
    """Raise the first alert of a new episode, and return it."""
    alert = make_alert(state, rules, "escalation", severity, cause, at, parts, raises=state.watch_id)
    out.append(alert)
    state.episode = Episode(alert.alert_id, alert.alert_id, severity, at, alert.risk, at)
    state.phase, state.watch_id, state.waiting, state.deferred = "escalated", None, None, False
    state.insisted, state.act = "", None
    state.alerted_by = [alert.alert_id]
    state.tally.escalations += 1
    state.tally.peak = max(state.tally.peak, total(parts))
    _mark_alerted(state)
    if state.stint is not None:
        state.stint.tense, state.stint.escalated_since = True, at
    return state.episode


def live_through(state: CallState, episode: Episode, moment: Moment, rules: Rules, out: list[Output]) -> None:
    """Take one closed customer turn into an open episode."""
    policy = rules.policy
    calm_enough = moment.score < log_odds(policy.exit)
    episode.peak = max(episode.peak, probability(moment.score))
    if moment.utterance == episode.raised_in:
        episode.raised_in = -1
        _mark_alerted(state)
        if calm_enough and moment.heard.isdisjoint(policy.always):
            _finish(state, episode, "retraction", "retracted", moment, rules, out)
            state.phase = "calm"
            return
    _rise(state, episode, moment, rules, out)
    if moment.bad or not calm_enough:
        episode.calm_turns = episode.calm_words = 0
        state.phase = "escalated"
        if moment.bad:
            episode.last_bad_at = max(episode.last_bad_at, moment.at)
        return
    if episode.calm_turns == 0:
        episode.before_calm = state.act
    episode.calm_turns += 1
    episode.calm_words = max(episode.calm_words, moment.words)
    state.phase = "recovering"
    if (
        episode.calm_turns >= policy.calm_turns
        and episode.calm_words >= policy.calm_words
        and moment.at - episode.last_bad_at >= policy.calm_s * 1000
        and not on_hold(state.marks)
    ):
        _finish(state, episode, "deescalation", "recovered", moment, rules, out)
        state.phase = "recovered"


def close_call(state: CallState, cause: str, at: int, rules: Rules, out: list[Output]) -> None:
    """End the call; an episode still open is closed as unrecovered."""
    episode = state.episode
    if episode is not None:
        moment = Moment(at, cause, -1, 0, 0.0, frozenset(), False)
        _finish(state, episode, "closed", "unrecovered", moment, rules, out)
    if state.shown_risk >= 0:
        out.append(CallGone(state.call_id))


def _rise(state: CallState, episode: Episode, moment: Moment, rules: Rules, out: list[Output]) -> None:
    demands = moment.demands(rules.policy)
    if SUPERVISOR_REQUEST in demands:  # asked again before anybody answered is still one request
        episode.requests += episode.answered or not episode.requests
        episode.answered = False
    urgent = not demands.isdisjoint(rules.policy.critical)
    if episode.severity == "critical" or not (urgent or episode.requests > 1):
        return
    alert = make_alert(
        state,
        rules,
        "escalation",
        "critical",
        moment.cause,
        moment.at,
        state.parts,
        episode=episode,
        raises=episode.alert_id,
    )
    out.append(alert)
    episode.severity, episode.alert_id = "critical", alert.alert_id
    state.alerted_by.append(alert.alert_id)


def _finish(
    state: CallState,
    episode: Episode,
    kind: AlertKind,
    outcome: str,
    moment: Moment,
    rules: Rules,
    out: list[Output],
) -> None:
    act = episode.before_calm if kind == "deescalation" else None
    stint = state.stint
    if stint is not None and stint.escalated_since:
        stint.escalated_ms += max(0, moment.at - stint.escalated_since)
        stint.escalated_since = 0
    if kind == "deescalation":
        state.tally.recoveries += 1
        state.tally.unaided += act is None
        state.tally.recovery_ms += moment.at - episode.started_at
        out.append(Recovery(state.queue, act is not None))
    out.append(
        make_alert(
            state,
            rules,
            kind,
            episode.severity,
            moment.cause,
            moment.at,
            state.parts,
            episode=episode,
            outcome=outcome,
            preceded_by=Act(act.signal, act.speaker, act.utterance, act.text if rules.text else None)
            if act
            else None,
        )
    )
    state.episode = state.claimed_by = None
    state.cool_until = moment.at + int(rules.policy.cool_down_s * 1000)


def _mark_alerted(state: CallState) -> None:
    state.turns = [Turn(turn.utterance, turn.tokens, alerted=True) for turn in state.turns[-_ALERTED_TURNS:]]
