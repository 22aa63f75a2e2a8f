import socket
from pathlib import Path

import msgspec
import pytest

from streams.config import Settings
from tests.integration.conftest import Floor
from tests.workers import Worker, until

pytestmark = pytest.mark.kafka


def test_another_partition_count_ends_the_worker_with_a_sentence(settings: Settings) -> None:
    """H13: before anything is read or written."""
    worker = Worker(msgspec.structs.replace(settings, partitions=settings.partitions + 1))
    worker.start()
    assert worker.wait() == 1
    assert "call-events: partitions is 4, not 5" in worker.log
    assert "attune topics apply" in worker.log
    assert "Traceback" not in worker.log


def test_missing_topics_end_the_worker_with_a_sentence(settings: Settings) -> None:
    worker = Worker(msgspec.structs.replace(settings, topic_prefix="nowhere."))
    worker.start()
    assert worker.wait() == 1
    assert "nowhere.call-events: topic is missing" in worker.log
    assert "Traceback" not in worker.log


def test_a_port_that_is_taken_ends_the_worker_with_a_sentence(settings: Settings) -> None:
    """H22."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        worker = Worker(msgspec.structs.replace(settings, web_port=port))
        worker.start()
        assert worker.wait() != 0
    assert f"port {port} on 127.0.0.1 is taken: set ATTUNE_WEB_PORT" in worker.log


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses on which a process listens, as Linux lists them."""
    mine = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(handle.readlink())
        except FileNotFoundError:  # closed since the folder was read
            continue
        if target.startswith("socket:["):
            mine.add(target.removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in mine:
                address, port = words[1].split(":")
                found.add((address, int(port, 16)))
    return found


def test_the_only_open_port_is_ours_and_on_loopback(floor: Floor) -> None:
    """H21: Faust's own web server binds every address, without sign-in."""
    loopback = "0100007F"
    assert listening(floor.worker.process.pid) == {(loopback, floor.worker.port)}


def test_health_and_readiness_say_so(floor: Floor) -> None:
    until(lambda: floor.worker.page("readyz")[0] == 200, "ready")
    assert floor.worker.page("healthz") == (200, '{"status": "working"}')
    status, text = floor.worker.page("metrics")
    assert status == 200
    assert "attune_build_info" in text
