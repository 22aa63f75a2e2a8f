"""The exceptions of attune: the class says what the caller can do, the message names the value.

::

    AttuneError
    ├── SettingsError      a setting is missing or wrong: mend the one that is named
    ├── SetupError         this machine lacks something: the message says what to install
    ├── BrokerError        Kafka does not answer, or could not be started
    ├── TopicMismatch      a topic differs from the table: `attune topics apply`, or mend by hand
    ├── MalformedRecord    one record cannot be used: it goes to `dead-letters`
    └── DataFileError      a file of conversations cannot be read: the line is named
"""


class AttuneError(Exception):
    """Base of every error that attune raises on purpose."""


class SettingsError(AttuneError):
    """A setting is missing or wrong; the message names it and the value."""


class SetupError(AttuneError):
    """Something has to be installed first; the message says what and how."""


class BrokerError(AttuneError):
    """Kafka does not answer or could not be started; the message says where to look."""


class TopicMismatch(AttuneError):
    """A topic on the broker differs from the table in `streams.topics`."""


class MalformedRecord(AttuneError):
    """One record cannot be used.

    Parameters
    ----------
    reason : str
        A short fixed word, fit for a metric label: ``not_json``, ``wrong_field``, ``key_mismatch``, ...
    detail : str
        What exactly is wrong, never with the text of the conversation in it.
    field : str
        Path of the offending field (``$.at``), empty when the whole record is at fault.
    """

    def __init__(self, reason: str, detail: str, field: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.field = field


class DataFileError(AttuneError):
    """A file of conversations cannot be read; the message names file and line."""
