"""The topics: names, keys, partitions, retention, compaction. The wire contract, in one table."""

from dataclasses import dataclass, field

DAY_MS = 24 * 60 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
MEBIBYTE = 1024 * 1024

# An active segment is never compacted, so recovery would read history instead of keys: roll small ones often.
_COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 * MEBIBYTE),
    "segment.ms": str(10 * 60 * 1000),
    "min.cleanable.dirty.ratio": "0.1",
}


@dataclass(frozen=True)
class TopicSpec:
    """One topic as it has to be on the broker.

    Parameters
    ----------
    name : str
        Name without the prefix of the settings.
    key : str
        What the record's key holds, for people.
    config : dict of str to str
        Topic settings that must be in force on the broker.
    single : bool
        True for one partition, else the shared count of all call-keyed topics.
    internal : bool
        True when no other system may build on it.

    Examples
    --------
    >>> by_name("escalation-alerts").key
    'call_id'
    """

    name: str
    key: str
    config: dict[str, str] = field(default_factory=dict)
    single: bool = False
    internal: bool = False

    def partitions(self, shared: int) -> int:
        """Return the partition count, given the shared one."""
        return 1 if self.single else shared


def _kept(days: int, **more: str) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS), **more}


CALL_EVENTS = "call-events"
TRANSCRIPT_TOKENS = "transcript-tokens"
ESCALATION_ALERTS = "escalation-alerts"
DEESCALATION_ALERTS = "deescalation-alerts"
CALL_RISK = "call-risk"
DEAD_LETTERS = "dead-letters"
MODEL_SNAPSHOTS = "model-snapshots"
CALL_STATE = "attune-call-state"
LABELLED_EXAMPLES = "labelled-examples"

#: A record larger than this is a dead letter; the topic of dead letters takes it whole.
MAX_RECORD_BYTES = MEBIBYTE
MAX_DEAD_LETTER_BYTES = 16 * MEBIBYTE

TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(CALL_EVENTS, "call_id", _kept(7)),
    TopicSpec(TRANSCRIPT_TOKENS, "call_id", _kept(7)),
    TopicSpec(ESCALATION_ALERTS, "call_id", _kept(30)),
    TopicSpec(DEESCALATION_ALERTS, "call_id", _kept(30)),
    TopicSpec(CALL_RISK, "call_id", _COMPACTED),
    TopicSpec(
        DEAD_LETTERS,
        "key of the source record",
        _kept(30, **{"max.message.bytes": str(MAX_DEAD_LETTER_BYTES)}),
    ),
    TopicSpec(MODEL_SNAPSHOTS, "model name", _COMPACTED, single=True),
    TopicSpec(
        # A zombie's late write must still be beside the newer one when the partition is read back.
        CALL_STATE,
        "call_id",
        {**_COMPACTED, "min.compaction.lag.ms": str(HOUR_MS)},
        internal=True,
    ),
    TopicSpec(LABELLED_EXAMPLES, "record_id", _kept(30), single=True, internal=True),
)


def by_name(name: str) -> TopicSpec:
    """Return the topic of that name.

    Raises
    ------
    KeyError
        When the table has no such topic.
    """
    for spec in TOPICS:
        if spec.name == name:
            return spec
    raise KeyError(name)
