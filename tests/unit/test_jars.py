import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jgo.maven._core
import pytest

from streams.errors import SetupError
from streams.kafka.jars import JAR_LIST, KAFKA_VERSION, check_jars, install_jars, read_list

CONTENT = b"the bytes of a jar" * 100
COORDINATES = ("org.example:one:1.0", "org.example:two:2.0")


class _Repository(ThreadingHTTPServer):
    """A Maven repository on loopback that can be told to cheat."""

    content = CONTENT
    promised = len(CONTENT)
    asked: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: _Repository

    def do_GET(self) -> None:
        if self.path.endswith(".jar"):
            self.server.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(self.server.promised))
            self.end_headers()
            self.wfile.write(self.server.content)
        else:
            self.send_error(404)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Repository]:
    with _Repository(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setitem(jgo.maven._core.DEFAULT_REMOTE_REPOS, "central", address)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def jar_list(tmp_path: Path) -> Path:
    path = tmp_path / "jars.sha256"
    digest = hashlib.sha256(CONTENT).hexdigest()
    path.write_text("".join(f"{digest}  {coordinate}\n" for coordinate in COORDINATES))
    return path


def test_the_list_is_one_kafka_of_one_version() -> None:
    jars = read_list(JAR_LIST)
    assert len({jar.file_name for jar in jars}) == len(jars) > 40
    kafka = {jar.coordinate for jar in jars if jar.coordinate.startswith("org.apache.kafka:")}
    assert f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}" in kafka
    assert {coordinate.split(":")[2] for coordinate in kafka} == {KAFKA_VERSION}


def test_the_installed_jars_are_those_of_the_list() -> None:
    assert len(check_jars()) == len(read_list())


def test_jars_are_fetched_once(repository: _Repository, jar_list: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    directory = tmp_path / "jars"
    assert install_jars(lambda done, total, name: seen.append((done, total)), directory, jar_list) == 2
    assert seen == [(1, 2), (2, 2)]
    assert sorted(path.name for path in directory.iterdir()) == ["one-1.0.jar", "two-2.0.jar"]
    assert install_jars(lambda *args: None, directory, jar_list) == 0
    assert len(repository.asked) == 2


def test_what_is_missing_after_an_interruption_is_fetched(
    repository: _Repository, jar_list: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "jars"
    leftover = directory / "incoming" / "one-1.0.jar-0" / "org" / "example" / "one" / "1.0" / "one-1.0.jar"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(CONTENT[:7])
    (directory / "two-2.0.jar").write_bytes(CONTENT)
    assert install_jars(lambda *args: None, directory, jar_list) == 1
    assert not (directory / "incoming").exists()


def test_a_jar_that_was_changed_on_the_way_is_refused(
    repository: _Repository, jar_list: Path, tmp_path: Path
) -> None:
    repository.content = CONTENT[:-1] + b"?"
    with pytest.raises(SetupError, match=r"org\.example:\w+:\d\.0 came with SHA-256"):
        install_jars(lambda *args: None, tmp_path / "jars", jar_list)
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_download_that_breaks_off_is_not_taken_for_whole(
    repository: _Repository, jar_list: Path, tmp_path: Path
) -> None:
    repository.content = CONTENT[:50]
    with pytest.raises(SetupError, match=r"could not be fetched.*run `make setup` again"):
        install_jars(lambda *args: None, tmp_path / "jars", jar_list)
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_flipped_byte_on_disk_is_refused_and_mended(
    repository: _Repository, jar_list: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "jars"
    install_jars(lambda *args: None, directory, jar_list)
    (directory / "one-1.0.jar").write_bytes(b"T" + CONTENT[1:])
    with pytest.raises(SetupError, match=r"one-1\.0\.jar was not the file.*was removed"):
        check_jars(directory, jar_list)
    with pytest.raises(SetupError, match=r"1 of 2 Kafka jars are missing.*one-1\.0\.jar"):
        check_jars(directory, jar_list)
    assert install_jars(lambda *args: None, directory, jar_list) == 1


def test_a_jar_that_is_not_on_the_list_is_refused(
    repository: _Repository, jar_list: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "jars"
    install_jars(lambda *args: None, directory, jar_list)
    (directory / "extra.jar").touch()
    with pytest.raises(SetupError, match=r"extra\.jar is not a jar of Kafka"):
        check_jars(directory, jar_list)


@pytest.mark.parametrize("line", ["short  a:b:c", "ab" * 32, "ab" * 32 + "  a:b"])
def test_a_damaged_list_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "jars.sha256"
    path.write_text(line)
    with pytest.raises(SetupError, match=r"jars\.sha256, line 1 is not"):
        read_list(path)
