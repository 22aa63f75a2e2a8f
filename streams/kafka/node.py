"""One Kafka process of a local cluster: its folder, its start, its signals, its log."""

import contextlib
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from streams.config import PROJECT_DIR
from streams.errors import BrokerError
from streams.processes import ending_with_parent

LOG_CONFIG = PROJECT_DIR / "deploy" / "kafka" / "log4j2.properties"
HEAP = "512m"
FORMAT_SECONDS = 120
POLL_SECONDS = 0.05
ENDED_STATES = "ZX"  # proc(5): what is left of a process until its parent asks how it ended
TAIL_BYTES = 64 * 1024
WORDS_LINES = 4
_TELLING = re.compile(r" (ERROR|FATAL) |Exception|^Error|Caused by")


@dataclass(frozen=True)
class Node:
    """One broker that is a controller too, and the folder that is its own.

    Parameters
    ----------
    number : int
        Its id in the cluster, from 1.
    directory : pathlib.Path
        Settings, data, log and process id; absolute.
    port, controller_port : int
        Where clients and where the other nodes find it, on loopback.
    """

    number: int
    directory: Path
    port: int
    controller_port: int

    @property
    def log(self) -> Path:
        """The file that it writes its log to."""
        return self.directory / "kafka.log"

    @property
    def output(self) -> Path:
        """What Java itself prints: usually nothing, else the reason why it did not start."""
        return self.directory / "java.out"

    @property
    def _marker(self) -> str:
        return f"-Dattune.node={self.directory}"

    @property
    def _pid_file(self) -> Path:
        return self.directory / "pid"

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    def pid(self) -> int | None:
        """Return the process id while it runs, else None; an old file names nobody, or a stranger."""
        try:
            pid = int(self._pid_file.read_text())
            process = Path(f"/proc/{pid}")
            # A process that begins to run another program has no arguments for a moment.
            while not (arguments := (process / "cmdline").read_bytes()):
                if (process / "stat").read_text().rpartition(")")[2].split()[0] in ENDED_STATES:
                    os.waitpid(pid, os.WNOHANG)
                    return None
                time.sleep(POLL_SECONDS)
        except (OSError, ValueError):
            return None
        return pid if self._marker.encode() in arguments.split(b"\0") else None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process if it runs."""
        if (pid := self.pid()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def ended_within(self, seconds: float) -> bool:
        """Wait for the process to end, and return whether it did."""
        deadline = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def last_words(self) -> str:
        """Return the lines of its log that say why it ended, on one line."""
        lines = [line for file in (self.log, self.output) for line in _tail(file)]
        telling = [line for line in lines if _TELLING.search(line)]
        return " / ".join((telling or lines)[-WORDS_LINES:]) or "it said nothing"

    def command(self, java: Path, jars: list[Path], main_class: str) -> list[str]:
        """Return the command line of a Kafka program of this node."""
        temporary = self.directory / "tmp"
        return [
            str(java),
            f"-Xmx{HEAP}",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            f"-Djava.io.tmpdir={temporary}",
            f"-Dlog4j2.configurationFile={LOG_CONFIG}",
            f"-Dattune.log={self.log}",
            self._marker,
            "-cp",
            os.pathsep.join(map(str, jars)),
            main_class,
        ]

    def format(self, java: Path, jars: list[Path], cluster_id: str, properties: str) -> None:
        """Write the node's settings and, the first time, lay out its empty storage.

        Raises
        ------
        BrokerError
            The folder cannot be written, or Kafka refuses the settings.
        """
        try:
            (self.directory / "tmp").mkdir(parents=True, exist_ok=True)
            self._properties.write_text(properties, encoding="utf-8")
        except OSError as exc:
            raise BrokerError(f"Kafka's folder {self.directory} cannot be written: {exc}") from exc
        if (self.directory / "data" / "meta.properties").exists():
            return
        answer = subprocess.run(
            [
                *self.command(java, jars, "kafka.tools.StorageTool"),
                # In one word: one id in 64 begins with a dash and would be taken for an option.
                *("format", "--ignore-formatted", f"--cluster-id={cluster_id}", "-c", str(self._properties)),
            ],
            capture_output=True,
            text=True,
            timeout=FORMAT_SECONDS,
            check=False,
        )
        if answer.returncode != 0:
            said = (answer.stderr or answer.stdout).strip().splitlines()
            raise BrokerError(
                f"Kafka could not lay out its storage in {self.directory}: {' / '.join(said[-3:])}"
            )

    def start(self, java: Path, jars: list[Path], *, detached: bool) -> None:
        """Start the process; it is not ready yet when this returns.

        Parameters
        ----------
        java : pathlib.Path
            The Java binary.
        jars : list of pathlib.Path
            The class path.
        detached : bool
            True to let it outlive this program, False to have the kernel end it with the calling thread.
        """
        command = [*self.command(java, jars, "kafka.Kafka"), str(self._properties)]
        if not detached:
            command = ending_with_parent(command)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            pid = os.posix_spawn(
                command[0],
                command,
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, str(self.output), flags, 0o644),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                # Ctrl-C in the terminal is for the program in front, which then stops Kafka in order.
                setsid=True,
            )
            self._pid_file.write_text(str(pid))
        except OSError as exc:
            raise BrokerError(f"Kafka could not be started in {self.directory}: {exc}") from exc


def _tail(file: Path) -> list[str]:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - TAIL_BYTES))
            return stream.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
