"""Has the floor changed? ADWIN on how wrong the model is, and on how many words it does not know.

Bifet, Gavaldà: Learning from time-changing data with adaptive windowing. SDM 2007; the detector is River's.
"""

from typing import Literal, NamedTuple

from river.drift import ADWIN

Watched = Literal["error", "unknown_words"]


class Change(NamedTuple):
    """A figure that has changed.

    Parameters
    ----------
    watched : str
        ``error`` or ``unknown_words``.
    before, after : float
        Mean of the window before the change was seen, and of what is left of it, in [0, 1].
    """

    watched: Watched
    before: float
    after: float


class Drift:
    """Watches both figures, label by label.

    What it remembers is this process's: a trainer that takes over begins to watch anew. Nothing is reset when
    something has changed; AdaGrad and the contest with the frozen model deal with it, and people are told.

    Examples
    --------
    >>> drift = Drift()
    >>> found = [drift.seen(error=float(n >= 300), unknown=0.1) for n in range(600)]
    >>> [change.watched for changes in found for change in changes][0]
    'error'
    """

    def __init__(self) -> None:
        self._windows: dict[Watched, ADWIN] = {"error": ADWIN(), "unknown_words": ADWIN()}

    def seen(self, error: float, unknown: float) -> list[Change]:
        """Take in one label and return what has changed.

        Parameters
        ----------
        error : float
            Distance of P(negative) from the label, in [0, 1].
        unknown : float
            Share of the turn's words that the model has no weight for, in [0, 1].
        """
        figures: dict[Watched, float] = {"error": error, "unknown_words": unknown}
        found = []
        for watched, window in self._windows.items():
            before = window.estimation
            window.update(figures[watched])
            if window.drift_detected:
                found.append(Change(watched, before, window.estimation))
        return found
