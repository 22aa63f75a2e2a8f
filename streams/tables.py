"""Typed get and put over Faust's tables: cold state, on disk in RocksDB, written to a changelog topic.

Faust writes a table only inside a stream's iteration, to the partition of the record at hand, and throws the
changelog's future away. Here a partition is given and the future is returned: a record is done only when the
changelog has what came of it, and what has expired can be removed between two records. The local write is
what a standby does with a changelog record, so both copies are made in one way.

Where the local copy is ahead of the changelog after a crash, the records that made it so are read again and
write it again. Names of tables and of changelog topics are contracts.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar

import faust
from faust.types import TP

Kept = TypeVar("Kept")

#: RocksDB as it ships takes 2 GiB of cache and 192 MiB of write buffers for each partition of each table.
ROCKSDB_OPTIONS = {
    "block_cache_size": 8 * 1024 * 1024,
    "write_buffer_size": 4 * 1024 * 1024,
    "max_write_buffer_number": 2,
    "target_file_size_base": 8 * 1024 * 1024,
    "max_open_files": 64,
}
#: Bytes in front of a value that say in which partition it is: a key may be another than that of the record.
_PARTITION_BYTES = 4
#: Rows looked at between two turns of the event loop.
_TURN_EVERY = 25


class Row(NamedTuple, Generic[Kept]):
    """One row, as a walk through the table gives it."""

    partition: int
    key: bytes
    value: Kept


class KeptTable(Generic[Kept]):
    """One table: key to a value, which is always read, computed and set back.

    Parameters
    ----------
    app : faust.App
        Recovers it after an assignment.
    name : str
        Name of the table.
    changelog : str
        Its changelog topic, as it is on the broker.
    encode, decode : callable
        A value to bytes, never empty, and back.
    fail : callable
        Called with a sentence when the changelog did not take a change.
    """

    def __init__(
        self,
        app: faust.App,
        name: str,
        changelog: str,
        encode: Callable[[Kept], bytes],
        decode: Callable[[bytes], Kept],
        fail: Callable[[str], None],
    ) -> None:
        self._changelog = changelog
        self._encode = encode
        self._decode = decode
        self._fail = fail
        self._table: Any = app.Table(
            name,
            key_type=bytes,
            value_type=bytes,
            store=f"rocksdb:{name}",  # without a path Faust takes the URL for none at all
            options=dict(ROCKSDB_OPTIONS),
            changelog_topic=app.topic(
                changelog,
                key_type=bytes,
                value_type=bytes,
                key_serializer="raw",
                value_serializer="raw",
                acks=False,
                internal=True,
                allow_empty=True,
            ),
        )

    def get(self, key: bytes) -> Kept | None:
        """Return what is kept under a key of this worker's partitions."""
        row = self._row(key)
        return row.value if row is not None else None

    def put(self, partition: int, key: bytes, value: Kept) -> "asyncio.Future[Any]":
        """Set the value of a key; the future is done once the changelog has it."""
        return self._write(partition, key, partition.to_bytes(_PARTITION_BYTES, "big") + self._encode(value))

    def remove(self, partition: int, key: bytes) -> "asyncio.Future[Any]":
        """Remove a key; the future is done once the changelog has the tombstone."""
        return self._write(partition, key, None)

    async def walk(self, going: Callable[[], bool]) -> AsyncIterator[Row[Kept]]:
        """Yield the rows of this worker's partitions in small steps, as long as `going` is true.

        A row is read when its turn comes: it may be changed or removed before the next one is asked for.
        """
        for count, key in enumerate(list(self._table.data.keys()), 1):
            if count % _TURN_EVERY == 0:
                await asyncio.sleep(0)
            if not going():
                return
            row = self._row(key)
            if row is not None:
                yield row

    def _row(self, key: bytes) -> Row[Kept] | None:
        try:
            value = self._table.data[key]
        except KeyError:
            return None
        partition = int.from_bytes(value[:_PARTITION_BYTES], "big")
        return Row(partition, key, self._decode(value[_PARTITION_BYTES:]))

    def _write(self, partition: int, key: bytes, value: bytes | None) -> "asyncio.Future[Any]":
        tp = TP(self._changelog, partition)
        # The offset stays that of the last change which the changelog has acknowledged.
        offset = self._table.persisted_offset(tp)
        message = SimpleNamespace(
            tp=tp, partition=partition, offset=-1 if offset is None else offset, key=key, value=value
        )
        self._table.apply_changelog_batch([SimpleNamespace(message=message, key=key, value=value)])
        sent: asyncio.Future[Any] = self._table.send_changelog(
            partition, key, value, key_serializer="raw", value_serializer="raw"
        )
        sent.add_done_callback(self._sent)
        return sent

    def _sent(self, sent: "asyncio.Future[Any]") -> None:
        if not sent.cancelled() and sent.exception() is not None:
            self._fail(f"a record for {self._changelog} was not acknowledged: {sent.exception()!r}")
