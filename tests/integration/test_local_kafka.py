import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from streams.errors import BrokerError
from streams.kafka.broker import LocalKafka
from streams.kafka.jars import check_jars
from streams.kafka.java import find_java
from streams.kafka.layout import make_layout

pytestmark = pytest.mark.kafka


def _attune(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real program, with Kafka's folder under `folder`."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("ATTUNE_")}
    environ["ATTUNE_DATA_DIR"] = str(folder)
    command = [sys.executable, "-m", "streams", "broker", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def _topics(servers: str) -> set[str]:
    with closing(KafkaAdminClient(bootstrap_servers=servers)) as admin:
        return set(admin.list_topics())


def _java_of(folder: Path) -> list[str]:
    """Return the processes whose command line names a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"-Dattune.node={folder}".encode() in (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


def test_a_cluster_id_that_begins_with_a_dash_is_no_option(tmp_path: Path) -> None:
    """One in 64 does: Kafka then refused to lay out its storage."""
    layout = make_layout(tmp_path, 0, 1)
    [node] = layout.nodes(tmp_path)
    node.format(find_java(), check_jars(), "-bcdefghijklmnopqrstuA", layout.properties(node))
    assert "cluster.id=-bcdefghijklmnopqrstuA" in (node.directory / "data" / "meta.properties").read_text()


def test_up_status_down_each_twice_and_the_data_stays(tmp_path: Path) -> None:
    up = _attune(tmp_path, "up", "--port", "0")
    try:
        assert up.returncode == 0, up.stderr
        servers = up.stdout.splitlines()[1].removeprefix("export ATTUNE_BOOTSTRAP_SERVERS=")
        again = _attune(tmp_path, "up", "--port", "0")
        assert (again.returncode, f"was up already at {servers}" in again.stdout) == (0, True)
        status = _attune(tmp_path, "status")
        assert (status.returncode, f"node 1: up at {servers}" in status.stdout) == (0, True)
        with closing(KafkaAdminClient(bootstrap_servers=servers)) as admin:
            admin.create_topics({"kept": {"num_partitions": 2, "replication_factor": 1}})
    finally:
        down = _attune(tmp_path, "down")
    assert (down.returncode, "is down" in down.stdout) == (0, True)
    assert _java_of(tmp_path) == []
    again = _attune(tmp_path, "down")
    assert (again.returncode, "was not up" in again.stdout) == (0, True)
    assert _attune(tmp_path, "status").returncode == 1
    with LocalKafka(tmp_path / "broker") as kafka:
        assert kafka.bootstrap_servers == servers
        assert "kept" in _topics(servers)
        log = kafka.nodes[0].log
    assert "Kafka Server started" in log.read_text()


def test_status_where_nothing_was_ever_started(tmp_path: Path) -> None:
    answer = _attune(tmp_path, "status")
    assert (answer.returncode, answer.stderr) == (1, "")
    assert "attune broker up" in answer.stdout


def test_a_taken_port_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = _attune(tmp_path, "up", "--port", str(port))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Error: port {port} of 127.0.0.1 is taken: say --port 0")
    assert answer.stderr.count("\n") == 1
    assert _java_of(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("a file where the folder should be")
    answer = _attune(tmp_path, "up", "--port", "0")
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Error: Kafka's folder {tmp_path / 'broker'} cannot be written")


def test_a_stale_process_id_harms_no_stranger(kafka: LocalKafka, tmp_path: Path) -> None:
    assert kafka.running() == [1]
    (tmp_path / "cluster.json").write_bytes((kafka.directory / "cluster.json").read_bytes())
    (tmp_path / "node-1").mkdir()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as stranger:
        (tmp_path / "node-1" / "pid").write_text(str(stranger.pid))
        mine = LocalKafka(tmp_path)
        assert mine.running() == []
        assert mine.stop() is False
        assert stranger.poll() is None


def test_another_size_is_refused_whether_it_runs_or_not(kafka: LocalKafka) -> None:
    with pytest.raises(BrokerError, match=r"holds a Kafka of 1 node\(s\), not 3: say --nodes 1"):
        LocalKafka(kafka.directory, nodes=3).start()
    with pytest.raises(BrokerError, match="1 or 3 nodes, not 2"):
        LocalKafka(kafka.directory, nodes=2).start()
    assert kafka.running() == [1]


def test_a_kafka_that_was_up_is_left_up(kafka: LocalKafka) -> None:
    with LocalKafka(kafka.directory) as same:
        assert same.bootstrap_servers == kafka.bootstrap_servers
    assert kafka.running() == [1]


def test_what_kafka_dies_of_is_in_the_message(tmp_path: Path) -> None:
    with LocalKafka(tmp_path):
        pass
    properties = tmp_path / "node-1" / "data" / "meta.properties"
    properties.write_text(properties.read_text().replace("node.id=1", "node.id=7"))
    with pytest.raises(BrokerError, match=r"Kafka ended while it started: .*node.*7.*kafka\.log") as error:
        LocalKafka(tmp_path).start()
    assert "\n" not in str(error.value)
    assert _java_of(tmp_path) == []


def test_it_ends_with_the_program_that_started_it_even_when_that_is_killed(tmp_path: Path) -> None:
    program = f"""
        import os, signal
        from pathlib import Path
        from streams.kafka.broker import LocalKafka
        kafka = LocalKafka(Path({str(tmp_path)!r}))
        kafka.start()
        assert kafka.running() == [1]
        os.kill(os.getpid(), signal.SIGKILL)
    """
    answer = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], timeout=120, check=False)
    assert answer.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while _java_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _java_of(tmp_path) == []


def test_a_record_outlives_a_killed_broker(tmp_path: Path) -> None:
    with LocalKafka(tmp_path) as kafka:
        with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)) as admin:
            admin.create_topics({"t": {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
        with closing(KafkaProducer(bootstrap_servers=kafka.bootstrap_servers)) as producer:
            producer.send("t", b"kept").get(30)
        before = kafka.nodes[0].pid()
        kafka.kill()
        assert kafka.running() == []
        kafka.restart()
        assert kafka.nodes[0].pid() not in (None, before)
        with closing(KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)) as consumer:
            consumer.assign([TopicPartition("t", 0)])
            consumer.seek_to_beginning()
            ((record,),) = consumer.poll(30_000).values()
        assert record.value == b"kept"


def test_a_paused_broker_answers_when_it_is_resumed(tmp_path: Path) -> None:
    with LocalKafka(tmp_path) as kafka:
        kafka.pause()
        try:
            with pytest.raises(BrokerError, match="did not become usable"):
                kafka.wait_ready(1)
        finally:
            kafka.resume()
        kafka.wait_ready()
