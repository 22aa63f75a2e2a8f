"""Is what was learned better than the frozen model? Judged on labels as they come, before they are learned.

Both are scored by log loss on every labelled turn before anything is learned of it (progressive validation).
The difference is summed up from where it was best for the one in force; when that one has lost too much
since then, the other takes over (CUSUM: Page 1954, "Continuous inspection schemes").
"""

from math import log
from typing import Annotated

from msgspec import Meta, Struct

#: Nats that the one in force may lose to the other before that one takes over: three labels of which it was
#: sure and wrong.
MOST_LOST = 5.0
#: Nats a label by which the one in force may be worse for ever.
MARGIN = 0.01
#: What is left of earlier losses in the mean that people see when one more label comes.
_KEEP = 0.99
_SMALLEST = 1e-6

Loss = Annotated[float, Meta(ge=0, le=1e9)]


class Contest(Struct, frozen=True):
    """How candidate and frozen model have done.

    Parameters
    ----------
    candidate, frozen : float
        Decayed sums of log loss, nats.
    weight : float
        Decayed sum of the labels' weights.
    lost : float
        Nats that the one in force has lost to the other since it was best.
    in_force : bool
        Whether the candidate is the one in force.

    Examples
    --------
    >>> contest = Contest()
    >>> for _ in range(4):
    ...     contest = contest.judged(candidate=0.9, frozen=0.5, negative=False)
    >>> contest.in_force, round(contest.behind, 2)
    (False, 1.61)
    """

    candidate: Loss = 0.0
    frozen: Loss = 0.0
    weight: Loss = 0.0
    lost: Loss = 0.0
    in_force: bool = True

    def judged(self, candidate: float, frozen: float, negative: bool, weight: float = 1.0) -> "Contest":
        """Return the contest after one more label.

        Parameters
        ----------
        candidate, frozen : float
            P(negative) that each gave, before the candidate learned the label.
        weight : float
            How much the label is trusted, in (0, 1].
        """
        losses = _loss(candidate, negative), _loss(frozen, negative)
        worse = losses[0] - losses[1] if self.in_force else losses[1] - losses[0]
        lost = max(0.0, self.lost + weight * (worse - MARGIN))
        over = lost > MOST_LOST
        return Contest(
            _KEEP * self.candidate + weight * losses[0],
            _KEEP * self.frozen + weight * losses[1],
            _KEEP * self.weight + weight,
            0.0 if over else lost,
            self.in_force != over,
        )

    @property
    def behind(self) -> float:
        """Nats per label by which the candidate was worse of late; below 0 when it was better."""
        return (self.candidate - self.frozen) / self.weight if self.weight else 0.0


def _loss(probability: float, truth: bool) -> float:
    return -log(max(_SMALLEST, probability if truth else 1.0 - probability))
