"""The secret behind the pseudonyms of people who take calls."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from streams.config import Settings
from streams.errors import SetupError

FILE = "agents.secret"


def agents_secret(settings: Settings) -> bytes:
    """Return the secret that is set, else the one of this data folder, made by chance when first asked for.

    A made-up secret would be a guess away from the names; one for each process would give a person another
    pseudonym at every restart. Workers on several machines agree only on one that is set.

    Raises
    ------
    SetupError
        When the file can be neither read nor written.

    Examples
    --------
    >>> agents_secret(Settings(agents_secret="from the vault"))
    b'from the vault'
    """
    if settings.agents_secret:
        return settings.agents_secret.encode()
    file = settings.data_dir / FILE
    try:
        return file.read_bytes() if file.exists() else _made(file)
    except OSError as exc:
        raise SetupError(
            f"the secret of the pseudonyms, {file}, cannot be used ({exc.strerror}): mend it, set "
            "ATTUNE_AGENTS_SECRET, or set ATTUNE_WORKLOAD=off"
        ) from exc


def _made(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "wb") as fresh:
            fresh.write(secrets.token_hex(32).encode())
        with suppress(FileExistsError):  # the first of several workers wins
            os.link(name, file)
    finally:
        Path(name).unlink()
    return file.read_bytes()
