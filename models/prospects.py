"""What would the survey say of a call, and is its matter settled? Predictions from what was learned.

Learning is in `models.outcomes`. Nothing is predicted from fewer than `FEWEST` labels, or `FEWEST_OF_A_CLASS`
of the rarest answer: then there is honestly not enough yet.
"""

from collections.abc import Mapping, Sequence
from operator import mul
from typing import Annotated

from msgspec import Meta, Struct

from models.incremental import probability

#: What a call is described by, each in [0, 1].
FEATURES = (
    "risk_peak",
    "mood_at_the_end",
    "worst_mood",
    "negative_turns",
    "escalated",
    "unrecovered",
    "recovered",
    "on_hold",
    "queue",
    "length",
    "transfers",
    "missed_empathy",
    "given_empathy",
    "scripted",
    "gratitude",
    "repeated_problem",
    "threat",
    "contacts",
)
FEWEST, FEWEST_OF_A_CLASS = 200, 30
#: A survey counts for so many calls at most, however rarely calls like it are answered.
MOST_WEIGHT = 5.0
#: Questions: is CSAT above each of these, is NPS, is the matter settled, is the survey answered.
CSAT_ABOVE, NPS_ABOVE = (1, 2, 3, 4), (6, 8)
QUESTIONS = (*(f"csat>{n}" for n in CSAT_ABOVE), *(f"nps>{n}" for n in NPS_ABOVE), "resolved", "answered")

Weight = Annotated[float, Meta(ge=-1e6, le=1e6)]
Count = Annotated[int, Meta(ge=0)]


class Head(Struct, frozen=True):
    """A logistic regression: a weight per feature and at the end the bias, and AdaGrad's squares of these."""

    weights: tuple[Weight, ...]
    squares: tuple[Annotated[float, Meta(ge=0, le=1e12)], ...]

    def probability(self, features: Sequence[float]) -> float:
        """Return P(yes) of a call."""
        return probability(sum(map(mul, self.weights, (*features, 1.0))))


class Prospect(Struct, frozen=True):
    """What is predicted of a call; None where there is not enough to learn from yet.

    Parameters
    ----------
    csat : float or None
        Mean answer, 1 to 5, of all who are called like this, whether they answer or not.
    nps_class : str or None
        ``detractor``, ``passive`` or ``promoter``: the likeliest.
    first_contact_resolution : float or None
        P(the matter is settled).
    labels : int
        Surveys and wrap-ups learned.
    response_rate : float or None
        Share of ended calls whose survey was answered.
    """

    csat: float | None = None
    nps_class: str | None = None
    first_contact_resolution: float | None = None
    labels: int = 0
    response_rate: float | None = None


class Prospects(Struct, frozen=True):
    """What was learned of outcomes.

    Parameters
    ----------
    heads : dict of str to Head
        By question (see `QUESTIONS`); none before the first label.
    answers : dict of str to dict of str to int
        By ``csat``, ``nps`` and ``resolved``, how often each answer was learned.
    ended, surveyed : int
        Calls that have ended, and those of which a survey came.

    Examples
    --------
    >>> Prospects().predict([0.0] * len(FEATURES))
    Prospect(csat=None, nps_class=None, first_contact_resolution=None, labels=0, response_rate=None)
    """

    heads: dict[str, Head] = {}
    answers: dict[str, dict[str, Count]] = {}
    ended: Count = 0
    surveyed: Count = 0

    def predict(self, features: Sequence[float]) -> Prospect:
        """Return what is to be expected of a call with these features, in the order of `FEATURES`."""
        csat = nps = resolved = None
        if self.enough("csat", ("1", "2", "3", "4", "5")):
            csat = round(1.0 + sum(self._at_least(features, "csat", CSAT_ABOVE)), 2)
        if self.enough("nps", ("detractor", "passive", "promoter")):
            above = self._at_least(features, "nps", NPS_ABOVE)
            classes = {"detractor": 1.0 - above[0], "passive": above[0] - above[1], "promoter": above[1]}
            nps = max(classes, key=lambda name: classes[name])
        if self.enough("resolved", ("True", "False")):
            resolved = round(self.heads["resolved"].probability(features), 2)
        labels = sum(sum(counts.values()) for counts in self.answers.values())
        rate = round(self.surveyed / self.ended, 3) if self.ended else None
        return Prospect(csat, nps, resolved, labels, rate)

    def enough(self, question: str, classes: Sequence[str]) -> bool:
        """Return whether there are labels enough, also of the rarest class.

        Of CSAT the classes are those that were given at all: many floors see no 3.
        """
        counts = self.answers.get(question, {})
        rarest = min((_of(counts, name) for name in classes), default=0)
        if question == "csat":
            rarest = min(counts.values(), default=0) if len(counts) > 1 else 0
        return sum(counts.values()) >= FEWEST and rarest >= FEWEST_OF_A_CLASS

    def _at_least(self, features: Sequence[float], question: str, bounds: Sequence[int]) -> list[float]:
        """Return P(answer > bound) for each bound; a higher bound is never likelier."""
        found: list[float] = []
        for bound in bounds:
            here = self.heads[f"{question}>{bound}"].probability(features)
            found.append(min(here, found[-1]) if found else here)
        return found


def _of(counts: Mapping[str, int], name: str) -> int:
    return counts.get(name, 0)
