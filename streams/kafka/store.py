"""The folder of one worker's tables: RocksDB allows one process, and knows nothing of topics made anew."""

import fcntl
import itertools
import json
import shutil
from pathlib import Path
from typing import IO, Self

from streams.config import Settings
from streams.errors import SetupError


class StoreFolder:
    """A folder that this process alone uses, for as long as the object lives; made by `claim`."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def claim(cls, settings: Settings) -> Self:
        """Take the first folder that no other worker of this machine has; the next start takes it again.

        The lock is the process's own: however it ends, the folder is free.

        Raises
        ------
        SetupError
            When the data folder cannot be written.
        """
        group = settings.data_dir / "tables" / f"{settings.topic_prefix}{settings.app_id}"
        try:
            for number in itertools.count():
                path = group / str(number)
                path.mkdir(parents=True, exist_ok=True)
                lock = (path / "lock").open("w", encoding="utf-8")
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    lock.close()
                else:
                    return cls(path, lock)
        except OSError as exc:
            raise SetupError(
                f"no folder for tables in {group} ({exc.strerror}): mend it, or set ATTUNE_DATA_DIR"
            ) from exc
        raise AssertionError("there is always a next number")

    def fit(self, topics: dict[str, str]) -> None:
        """Empty the folder unless what is in it came from these topics.

        Parameters
        ----------
        topics : dict of str to str
            Changelog topics and their ids on the broker. A store that has read further than its topic goes
            would end every worker at once, one that is of another topic would mix two truths.
        """
        mark = self.path / "topics.json"
        text = json.dumps(topics, sort_keys=True)
        if mark.exists() and mark.read_text(encoding="utf-8") == text:
            return
        for entry in self.path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
        mark.write_text(text, encoding="utf-8")

    def release(self) -> None:
        """Give the folder back."""
        self._lock.close()
