"""An episode: from an escalation to its recovery, its retraction or the end of the call.

Within an episode the severity only rises. Recovery is what the customer says: turns in a row without a bad
word, long enough after the last bad one. Decay may lower the risk, never the phase.
"""

from msgspec import Struct

from models.incremental import probability
from streams.calls.alerts import CallGone, Output, make_alert
from streams.calls.events import Act, AlertKind, Severity
from streams.calls.policy import log_odds
from streams.calls.rules import Rules
from streams.calls.state import CallState, Episode

SUPERVISOR_REQUEST = "supervisor_request"


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
    """

    at: int
    cause: str
    utterance: int
    words: int
    score: float
    heard: frozenset[str]
    bad: bool


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
    state.alerted, state.alerted_by = list(state.recent), [alert.alert_id]
    return state.episode


def live_through(state: CallState, episode: Episode, moment: Moment, rules: Rules, out: list[Output]) -> None:
    """Take one closed customer turn into an open episode."""
    policy = rules.policy
    calm_enough = moment.score < log_odds(policy.exit)
    episode.peak = max(episode.peak, probability(moment.score))
    if moment.utterance == episode.raised_in:
        episode.raised_in = -1
        state.alerted = list(state.recent)
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
        and not state.hold_since
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
    if SUPERVISOR_REQUEST in moment.heard:  # asked again before anybody answered is still one request
        episode.requests += episode.answered or not episode.requests
        episode.answered = False
    urgent = not moment.heard.isdisjoint(rules.policy.critical)
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
            preceded_by=Act(act.signal, act.speaker, act.utterance, act.text) if act else None,
        )
    )
    state.episode = state.claimed_by = None
    state.cool_until = moment.at + int(rules.policy.cool_down_s * 1000)
