"""The jars of Apache Kafka: fetched by Maven coordinates, each compared with its SHA-256 in a list."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import requests

from streams.config import PROJECT_DIR
from streams.errors import SetupError

KAFKA_VERSION = "4.3.1"
KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
#: Ties slf4j 1.7, through which Kafka logs, to the log4j 2 that Kafka brings, in the same version.
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
JAR_LIST = PROJECT_DIR / "deploy" / "kafka" / "jars.sha256"
JAR_DIR = PROJECT_DIR / ".attune" / "kafka" / KAFKA_VERSION
ATTEMPTS = 3
TIMEOUT_SECONDS = 60
PARALLEL = 4

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Jar:
    """One line of the list: a Maven coordinate and the SHA-256 of its file, in hexadecimal.

    Examples
    --------
    >>> Jar("ab" * 32, "org.slf4j:slf4j-api:1.7.36").file_name
    'slf4j-api-1.7.36.jar'
    """

    sha256: str
    coordinate: str

    @property
    def file_name(self) -> str:
        """Name of the file in the folder of jars."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def read_list(path: Path = JAR_LIST) -> list[Jar]:
    """Return the jars that belong to this release of Kafka, and no others.

    Raises
    ------
    SetupError
        The list is missing, or a line of it is not ``hash  group:artifact:version``.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as exc:
        raise SetupError(
            f"the list of Kafka jars cannot be read ({exc}): check the project out again"
        ) from exc
    jars = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if len(words) != 2 or len(words[0]) != 64 or words[1].count(":") != 2:
            raise SetupError(f"{path}, line {number} is not `hash  group:artifact:version`: {line!r}")
        jars.append(Jar(*words))
    return jars


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_jars(directory: Path = JAR_DIR, jar_list: Path = JAR_LIST) -> list[Path]:
    """Return the jars of a folder when they are exactly those of the list.

    A file with a wrong hash is removed, so that the next `attune broker install` fetches it anew.

    Raises
    ------
    SetupError
        A jar is missing, is not what the list says, or does not belong there.
    """
    jars = {directory / jar.file_name: jar for jar in read_list(jar_list)}
    if missing := [jar.file_name for path, jar in jars.items() if not path.is_file()]:
        raise SetupError(
            f"{len(missing)} of {len(jars)} Kafka jars are missing in {directory} ({missing[0]}): "
            "run `make setup`"
        )
    for path, jar in jars.items():
        if sha256_of(path) != jar.sha256:
            path.unlink()
            raise SetupError(
                f"{path} was not the file that {jar_list.name} names and was removed: run `make setup` again"
            )
    if strangers := sorted(set(directory.glob("*.jar")) - set(jars)):
        raise SetupError(f"{strangers[0]} is not a jar of Kafka {KAFKA_VERSION}: remove it")
    return list(jars)


def install_jars(progress: Progress, directory: Path = JAR_DIR, jar_list: Path = JAR_LIST) -> int:
    """Fetch the jars of the list that are not there yet, and return how many that were.

    A file enters the folder only whole and with the right hash, so an interrupted run is simply run again.

    Parameters
    ----------
    progress : callable
        Called with (jars done, jars to fetch, name of the last one) as they arrive.
    directory : pathlib.Path
        Where the jars go.
    jar_list : pathlib.Path
        The list of hashes and coordinates.

    Raises
    ------
    SetupError
        A jar cannot be had, or is not the one of the list.
    """
    wanted = [
        jar
        for jar in read_list(jar_list)
        if not (directory / jar.file_name).is_file() or sha256_of(directory / jar.file_name) != jar.sha256
    ]
    if wanted:
        directory.mkdir(parents=True, exist_ok=True)
        for done, jar in enumerate(_fetched(wanted, directory), 1):
            progress(done, len(wanted), jar.file_name)
    check_jars(directory, jar_list)
    return len(wanted)


def _fetched(wanted: list[Jar], directory: Path) -> Iterator[Jar]:
    """Fetch jars, a few at a time, into the folder; yield each as it arrives."""
    incoming = directory / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    pool = ThreadPoolExecutor(PARALLEL)
    try:
        for future in as_completed([pool.submit(_fetch, jar, incoming, directory) for jar in wanted]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(incoming, ignore_errors=True)


def _fetch(jar: Jar, incoming: Path, directory: Path) -> Jar:
    path = _download(jar, incoming)
    if (found := sha256_of(path)) != jar.sha256:
        raise SetupError(
            f"{jar.coordinate} came with SHA-256 {found}, not {jar.sha256}: something between here and the "
            "Maven repository changed it; nothing was installed from it"
        )
    path.replace(directory / jar.file_name)
    return jar


def _download(jar: Jar, incoming: Path) -> Path:
    from jgo.maven import MavenContext, PythonResolver

    failure: Exception | None = None
    for attempt in range(ATTEMPTS):
        # Each attempt has a folder of its own: jgo takes a file that broke off for a whole one.
        context = MavenContext(
            PythonResolver(), incoming / f"{jar.file_name}-{attempt}", timeout=TIMEOUT_SECONDS
        )
        try:
            return Path(context.create_dependency(jar.coordinate).artifact.resolve())
        except (requests.RequestException, RuntimeError, OSError) as exc:
            failure = exc
    raise SetupError(
        f"{jar.coordinate} could not be fetched from the Maven repository ({failure}): "
        "check the network or its proxy (HTTPS_PROXY) and run `make setup` again"
    ) from failure


def resolve_list() -> list[Jar]:
    """Resolve Kafka with all that it needs at run time, and the log binding, as lines for the list.

    For whoever raises the version of Kafka; an installation only fetches what the list names.

    Raises
    ------
    SetupError
        A jar cannot be had.
    """
    from jgo.maven import MavenContext, PythonResolver

    work = JAR_DIR / "resolving"
    context = MavenContext(PythonResolver(), work, timeout=TIMEOUT_SECONDS)
    try:
        # By itself: beside Kafka the binding's table of versions would replace kafka-clients by an old one.
        binding = context.create_dependency(LOG_BINDING)
        kafka, others = context.resolver.resolve([context.create_dependency(KAFKA)])
        jars = [
            Jar(
                sha256_of(Path(found.artifact.resolve())),
                f"{found.groupId}:{found.artifactId}:{found.version}",
            )
            for found in [*kafka, *others, binding]
        ]
        return sorted(jars, key=lambda jar: jar.coordinate)
    except (requests.RequestException, RuntimeError, OSError) as exc:
        raise SetupError(f"the jars of Kafka {KAFKA_VERSION} could not be resolved: {exc}") from exc
    finally:
        shutil.rmtree(work, ignore_errors=True)
