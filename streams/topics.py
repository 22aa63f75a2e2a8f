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


def _compacted_for(days: int) -> dict[str, str]:
    """Keep the newest of each key, and nothing older than that, whether a worker runs or not."""
    return {**_COMPACTED, "cleanup.policy": "compact,delete", "retention.ms": str(days * DAY_MS)}


def _changelog(compacted_within_ms: int) -> dict[str, str]:
    """Only compacted: a table whose changelog retention had emptied would never be recovered.

    What a person's record was before is gone that soon after a newer one.
    """
    return {**_COMPACTED, "max.compaction.lag.ms": str(compacted_within_ms)}


CALL_EVENTS = "call-events"
TRANSCRIPT_TOKENS = "transcript-tokens"
ESCALATION_ALERTS = "escalation-alerts"
DEESCALATION_ALERTS = "deescalation-alerts"
CALL_RISK = "call-risk"
DEAD_LETTERS = "dead-letters"
MODEL_SNAPSHOTS = "model-snapshots"
CALL_STATE = "attune-call-state"
LABELLED_EXAMPLES = "labelled-examples"
CUSTOMERS_IN = "customers-in"
CUSTOMER_CONTEXT = "customer-context"
CUSTOMER_RISK = "customer-risk"
CUSTOMERS_CHANGELOG = "attune-customers-changelog"
AGENTS_IN = "agents-in"
AGENT_SENTENCES = "agent-sentences"
LABELLED_OUTCOMES = "labelled-outcomes"
AGENT_WORKLOAD = "agent-workload"
AGENTS_CHANGELOG = "attune-agents-changelog"

CHANGELOGS = (CUSTOMERS_CHANGELOG, AGENTS_CHANGELOG)

CALL_OUTCOMES = "call-outcomes"

#: What `track_calls` reads, in the order of precedence for records of the same time.
CALL_INPUTS = (CALL_EVENTS, TRANSCRIPT_TOKENS, CUSTOMER_CONTEXT)

#: A record larger than this is a dead letter; the topic of dead letters takes it whole.
MAX_RECORD_BYTES = MEBIBYTE
MAX_DEAD_LETTER_BYTES = 16 * MEBIBYTE

TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(CALL_EVENTS, "call_id", _kept(7)),
    TopicSpec(TRANSCRIPT_TOKENS, "call_id", _kept(7)),
    TopicSpec(ESCALATION_ALERTS, "call_id", _kept(30)),
    TopicSpec(DEESCALATION_ALERTS, "call_id", _kept(30)),
    # Kept a day: what a worker that had lost its calls still sent is not shown for ever.
    TopicSpec(CALL_RISK, "call_id", _compacted_for(1)),
    TopicSpec(CALL_OUTCOMES, "call_id", _kept(30)),
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
    TopicSpec(CUSTOMERS_IN, "customer_id", _kept(7), internal=True),
    TopicSpec(CUSTOMER_CONTEXT, "call_id", _kept(1), internal=True),
    TopicSpec(CUSTOMER_RISK, "customer_id", _compacted_for(90)),
    # A segment is removed as a whole, so a day is kept only where segments are small.
    TopicSpec(AGENTS_IN, "agent_id", _kept(1, **{"segment.ms": str(HOUR_MS)}), internal=True),
    TopicSpec(LABELLED_OUTCOMES, "record_id", _kept(30), single=True, internal=True),
    TopicSpec(AGENT_SENTENCES, "locale", _kept(1), single=True, internal=True),
    TopicSpec(AGENT_WORKLOAD, "agent_id", _compacted_for(1)),
    TopicSpec(CUSTOMERS_CHANGELOG, "customer_id", _changelog(compacted_within_ms=DAY_MS), internal=True),
    TopicSpec(AGENTS_CHANGELOG, "agent_id", _changelog(compacted_within_ms=HOUR_MS), internal=True),
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
