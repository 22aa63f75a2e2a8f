"""Which examples were learned: the last ones by a short hash, so that a repeat is not learned again."""

from hashlib import blake2b

#: An example whose id is among so many of the last ones is not learned again.
REMEMBERED_IDS = 10_000
#: Bytes of the hash that stands for the id of an example.
ID_BYTES = 8


class Applied:
    """The last ids.

    Parameters
    ----------
    ids : bytes
        What an earlier one had, as `ids` gives it.

    Examples
    --------
    >>> applied = Applied(b"")
    >>> applied.add("c1:verdict"), applied.add("c1:verdict")
    (True, False)
    >>> Applied(applied.ids).add("c1:verdict")
    False
    """

    def __init__(self, ids: bytes) -> None:
        self._ids = {ids[place : place + ID_BYTES]: None for place in range(0, len(ids), ID_BYTES)}

    def add(self, record_id: str) -> bool:
        """Remember an id; false when it is known."""
        short = blake2b(record_id.encode(), digest_size=ID_BYTES).digest()
        if short in self._ids:
            return False
        self._ids[short] = None
        if len(self._ids) > REMEMBERED_IDS:
            del self._ids[next(iter(self._ids))]
        return True

    @property
    def ids(self) -> bytes:
        """Return the hashes, `ID_BYTES` each, oldest first."""
        return b"".join(self._ids)
