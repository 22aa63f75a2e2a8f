"""How much one person may teach: a flood of wrong verdicts must not turn the model round."""

from typing import Annotated

from msgspec import Meta

#: Labels of one person that are learned of one day.
MOST_A_DAY = 50
_DAY_MS = 24 * 60 * 60 * 1000

#: Day, as days since 1970 (UTC), and the labels learned of it.
Given = tuple[Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=0)]]


class Budget:
    """Counts what each person has taught of the newest day that they labelled.

    Parameters
    ----------
    given : dict of str to (int, int)
        What an earlier one had counted.

    Examples
    --------
    >>> budget = Budget({})
    >>> [budget.spend("ann", at=86_400_000 + n) for n in range(52)][-3:]
    [True, False, False]
    >>> budget.spend("ann", at=2 * 86_400_000), budget.spend("bob", at=86_400_000)
    (True, True)
    """

    def __init__(self, given: dict[str, Given]) -> None:
        self.given = dict(given)

    def spend(self, person: str, at: int) -> bool:
        """Return whether one more label of a person is learned; of nobody in particular all are.

        A label of a day before the newest counts to that one: clocks of feeds are not trusted.
        """
        if not person:
            return True
        day, count = self.given.get(person, (0, 0))
        today = max(day, at // _DAY_MS)
        count = count if today == day else 0
        if count >= MOST_A_DAY:
            return False
        self.given[person] = (today, count + 1)
        return True

    def forget(self, now: int) -> None:
        """Forget who has given nothing since the day before the one of an instant (Unix ms)."""
        oldest = now // _DAY_MS - 1
        self.given = {person: given for person, given in self.given.items() if given[0] >= oldest}
