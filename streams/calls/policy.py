"""What the policy decides with: thresholds, waiting times and the signals that always alert.

`risk` is belief; a policy is what a floor wants to be told. It is a TOML file with a name and a version.
"""

from math import log
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from streams.calls.signals.catalogue import HEARD_FROM_CUSTOMERS
from streams.errors import SettingsError

Risk = Annotated[float, Meta(gt=0, lt=1)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class Policy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rules of one floor; the defaults are those of ``deploy/policies/default.toml``.

    Parameters
    ----------
    watch, enter, exit : float
        Risk at which a call is worth a look, needs a person, and is no longer tense; watch and exit lie
        below enter, so that an alert does not flap.
    dwell_tokens : int
        Tokens in a row at or above `enter` before an utterance that is not final raises an alert.
    cool_down_s : float
        Seconds after a recovery or retraction before a new episode may start.
    calm_s, calm_turns, calm_words
        A call has recovered after that many calm turns in a row, one of them that long, that many seconds
        after the last bad turn.
    defer_turns : int
        Customer turns per episode that an alert may wait while the agent repairs, 0 or 1.
    doubt : float
        Log-odds by which `enter` rises when the recogniser is sure of nothing, and in proportion when it is
        sure of some of the words.
    heard_confidence : float
        Confidence of the recogniser in the utterance, on average, below which a signal of `always` or
        `critical` does not alert by itself.
    always : tuple of str
        Signals that alert at the final utterance, whatever the risk.
    critical : tuple of str
        Signals that alert as critical.
    modes : dict of str to str
        Per queue ``live`` or ``shadow``, where that differs from the setting `mode`.

    Examples
    --------
    >>> Policy(name="default", version=1).label
    'default@1'
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")]
    version: Annotated[int, Meta(ge=1)]
    watch: Risk = 0.35
    enter: Risk = 0.7
    exit: Risk = 0.35
    dwell_tokens: Annotated[int, Meta(ge=1, le=100)] = 3
    cool_down_s: Seconds = 60
    calm_s: Seconds = 15
    calm_turns: Annotated[int, Meta(ge=1, le=10)] = 2
    calm_words: Annotated[int, Meta(ge=1, le=20)] = 3
    defer_turns: Annotated[int, Meta(ge=0, le=1)] = 1
    doubt: Annotated[float, Meta(ge=0, le=10)] = 1.5
    heard_confidence: Annotated[float, Meta(ge=0, le=1)] = 0.4
    always: tuple[str, ...] = ("supervisor_request", "legal_threat", "abuse", "urgent_need")
    critical: tuple[str, ...] = ("urgent_need", "harm_threat")
    modes: dict[str, Literal["live", "shadow"]] = {}

    def __post_init__(self) -> None:
        if not self.exit < self.enter or not self.watch < self.enter:
            raise ValueError(
                f"exit ({self.exit}) and watch ({self.watch}) must lie below enter ({self.enter})"
            )
        for key in ("always", "critical"):
            unknown = set(getattr(self, key)) - HEARD_FROM_CUSTOMERS
            if unknown:
                raise ValueError(
                    f"{key}: {min(unknown)!r} is no signal that a customer gives; "
                    f"there are: {', '.join(sorted(HEARD_FROM_CUSTOMERS))}"
                )

    @property
    def label(self) -> str:
        """Return name and version as alerts carry them."""
        return f"{self.name}@{self.version}"


def log_odds(risk: float) -> float:
    """Return ``log(risk / (1 - risk))`` for a risk in (0, 1)."""
    return log(risk / (1.0 - risk))


def parse_policy(table: dict[str, Any], origin: str) -> Policy:
    """Check a table, as TOML gives it, and return the policy.

    Parameters
    ----------
    table : dict
        The parsed file.
    origin : str
        The file's name, for the message.

    Raises
    ------
    SettingsError
        Names the file, the key and what is wrong with it.

    Examples
    --------
    >>> parse_policy({"name": "quiet", "version": 2, "enter": 0.8}, "quiet.toml").enter
    0.8
    """
    try:
        return msgspec.convert(table, Policy)
    except msgspec.ValidationError as exc:
        raise SettingsError(f"policy {origin}: {exc}") from exc
