"""The patterns of one side of a call in one locale: what they are, and when they are compiled."""

from collections.abc import Mapping, Sequence
from zlib import crc32

from streams.calls.signals.patterns import Groups
from streams.calls.signals.tables import Patterns, Tables


class Automaton:
    """The patterns of all signals; compiled when they are first needed.

    Parameters
    ----------
    signals : mapping of str to Patterns
        By signal id.
    groups : Groups, optional
        Named groups that patterns may use: ``{boss}``. Patterns that they have read are not read again.
    negators : sequence of str
        What, right before a pattern, means that it was not meant: ``not``, ``don't want to``. Further off it
        belongs to something else: "I'm not happy, I want your manager".
    quotes : sequence of str
        What somebody else's words begin with: ``she said``.

    Attributes
    ----------
    version : int
        Checksum of the patterns: a position means nothing under others.

    Examples
    --------
    >>> said = Patterns(["(speak|talk) ..3 manager"])
    >>> tables = Automaton({"supervisor_request": said}, negators=["not"]).tables
    >>> tables.start(0, "let me speak to your manager".split())
    2
    >>> tables.start(0, "not speak to your manager".split())
    -1
    """

    def __init__(
        self,
        signals: Mapping[str, Patterns],
        groups: Groups | None = None,
        negators: Sequence[str] = (),
        quotes: Sequence[str] = (),
    ) -> None:
        groups = groups or Groups()
        self._definition = (signals, groups, negators, quotes)
        self.version = crc32(repr((signals, groups.lines, negators, quotes)).encode())
        self._made: dict[int, Tables] = {}

    @property
    def tables(self) -> "Tables":
        """The compiled patterns, one and the same for all who ask, from whichever thread.

        Raises
        ------
        PatternError
            When a pattern cannot be read.
        """
        return self._made.get(0) or self._made.setdefault(0, Tables(*self._definition))
