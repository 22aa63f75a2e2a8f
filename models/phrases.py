"""The phrase book: sentences that agents say in call after call, found while they are said.

It counts in bounded memory: when there is no room left, what is counted is lowered by the median and what is
then at zero goes (Anderson et al. 2017, "A high-performance algorithm for identifying frequent items in data
streams"). It never sees words, only sketches of sentences.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import median_low
from typing import Annotated

from msgspec import Meta, Struct

from models.resemblance import keys
from models.snapshots import seal, unseal

#: Counts that are kept, of all locales together: under 600 KB in a snapshot.
MAX_COUNTS = 40_000
#: A sentence is in the book once it was said in so many calls, and in one of so many sentences of its locale.
FEWEST_CALLS, ONE_IN = 25, 500
#: After so many sentences all counts are halved: a script that nobody reads out any more goes.
HALVED_AFTER = 500_000

_Count = Annotated[int, Meta(ge=0)]


class PhraseSnapshot(Struct, frozen=True):
    """A phrase book as a value: from it another trainer goes on exactly.

    Parameters
    ----------
    version : int
        Counts up, from 1.
    offset : int
        The last record of `agent-sentences` that is in here; -1 for none.
    sentences : dict of str to int
        Sentences heard, by locale.
    counts : dict of str to dict of int to int
        By locale, how often each key was heard (see `models.resemblance.keys`).
    """

    version: Annotated[int, Meta(ge=1)]
    offset: Annotated[int, Meta(ge=-1)]
    sentences: dict[str, _Count]
    counts: dict[str, dict[int, _Count]]

    def book(self) -> dict[str, frozenset[int]]:
        """Return the keys of the sentences that recur, by locale."""
        return {
            locale: frozenset(key for key, count in counts.items() if count >= self._fewest(locale))
            for locale, counts in self.counts.items()
        }

    def _fewest(self, locale: str) -> float:
        return max(FEWEST_CALLS, self.sentences.get(locale, 0) / ONE_IN)


class PhraseCounter:
    """Counts sentences in the order of their log.

    Attributes
    ----------
    version : int
        Of the last snapshot, 0 before the first.
    offset : int
        Place in the log of the last record seen, -1 before the first.

    Examples
    --------
    >>> from models.resemblance import sketch
    >>> said = sketch("i do apologise for any inconvenience caused today".split())
    >>> counter = PhraseCounter()
    >>> for call in range(30):
    ...     _ = counter.learn("en-US", said, offset=call)
    >>> set(keys(said)) == counter.snapshot(version=1).book()["en-US"]
    True
    """

    def __init__(self, snapshot: PhraseSnapshot | None = None) -> None:
        self.version, self.offset = 0, -1
        self._sentences: dict[str, int] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if snapshot is not None:
            self.version, self.offset = snapshot.version, snapshot.offset
            self._sentences = dict(snapshot.sentences)
            self._counts = _copied(snapshot.counts)

    def learn(self, locale: str, sketch: Sequence[int], offset: int) -> bool:
        """Count one sentence of one call; false when its place in the log was seen before."""
        if offset <= self.offset:
            return False
        self.offset = offset
        self._sentences[locale] = self._sentences.get(locale, 0) + 1
        counts = self._counts.setdefault(locale, {})
        for key in keys(sketch):
            counts[key] = counts.get(key, 0) + 1
        if sum(self._sentences.values()) >= HALVED_AFTER:
            self._sentences = {name: count // 2 for name, count in self._sentences.items()}
            self._counts = _kept(self._counts, lambda count: count // 2)
        if sum(map(len, self._counts.values())) > MAX_COUNTS:
            least = median_low([count for counts in self._counts.values() for count in counts.values()])
            self._counts = _kept(self._counts, lambda count: count - least)
        return True

    def pass_over(self, offset: int) -> None:
        """Note that a record of the log holds nothing to count."""
        self.offset = max(self.offset, offset)

    def snapshot(self, version: int) -> PhraseSnapshot:
        """Return this counter as a value."""
        self.version = version
        return PhraseSnapshot(version, self.offset, dict(self._sentences), _copied(self._counts))


def encode(snapshot: PhraseSnapshot) -> bytes:
    """Return a snapshot as it travels.

    Examples
    --------
    >>> snapshot = PhraseSnapshot(1, 7, {"en-US": 3}, {"en-US": {9: 3}})
    >>> decode(encode(snapshot)) == snapshot
    True
    """
    return seal(snapshot)


def decode(data: bytes) -> PhraseSnapshot:
    """Return the snapshot in a record.

    Raises
    ------
    SnapshotError
        It is damaged, or of another format.
    """
    return unseal(data, PhraseSnapshot)


def _copied(counts: Mapping[str, Mapping[int, int]]) -> dict[str, dict[int, int]]:
    return {locale: dict(held) for locale, held in counts.items()}


def _kept(counts: Mapping[str, Mapping[int, int]], lower: Callable[[int], int]) -> dict[str, dict[int, int]]:
    """Return lowered counts without those that are then nothing."""
    lowered = {
        locale: {key: less for key, count in held.items() if (less := lower(count)) > 0}
        for locale, held in counts.items()
    }
    return {locale: held for locale, held in lowered.items() if held}
