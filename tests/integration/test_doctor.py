import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from streams.config import Settings
from streams.kafka.admin import connection

pytestmark = pytest.mark.kafka


def _doctor(settings: Settings, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {name: text for name, text in os.environ.items() if not name.startswith("ATTUNE_")}
    for name in ("bootstrap_servers", "topic_prefix", "partitions", "data_dir", "web_port", "app_id"):
        environ[f"ATTUNE_{name.upper()}"] = str(getattr(settings, name))
    command = [sys.executable, "-m", "streams", "doctor", *arguments]
    environ |= variables
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def _wrong(answer: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert answer.returncode == 1, answer.stderr
    return {
        finding["name"]: finding for finding in json.loads(answer.stdout)["findings"] if not finding["ok"]
    }


def test_all_is_well(settings: Settings) -> None:
    answer = _doctor(settings, "--json", ATTUNE_SASL_PASSWORD="hunter2")
    assert answer.returncode == 0, answer.stdout
    report = json.loads(answer.stdout)
    assert [finding["name"] for finding in report["findings"]] == [
        *("Python", "Java", "Kafka jars", "data folder", "web port", "broker", "topics"),
    ]
    assert report["settings"]["topic_prefix"] == settings.topic_prefix
    assert "hunter2" not in answer.stdout


def test_for_people_too(settings: Settings) -> None:
    answer = _doctor(settings, ATTUNE_SASL_PASSWORD="hunter2")
    assert answer.returncode == 0
    assert f"ok    broker: Kafka 4.3 at {settings.bootstrap_servers}" in answer.stdout
    assert "(hidden)" in answer.stdout
    assert "hunter2" not in answer.stdout


def test_without_a_broker_it_says_how_to_get_one(settings: Settings) -> None:
    wrong = _wrong(_doctor(settings, "--json", ATTUNE_BOOTSTRAP_SERVERS="127.0.0.1:1"))
    assert set(wrong) == {"broker", "topics"}
    assert "attune broker up" in wrong["broker"]["detail"]
    answer = _doctor(settings, ATTUNE_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert answer.returncode == 1
    assert answer.stdout.count("WRONG") == 2
    assert answer.stderr == ""


def test_missing_and_changed_topics_are_told_apart(settings: Settings) -> None:
    missing = _wrong(_doctor(settings, "--json", ATTUNE_TOPIC_PREFIX="nobody."))["topics"]
    assert missing["advice"] == "attune topics apply"
    admin = KafkaAdminClient(**connection(settings))
    changed = ConfigResource(ConfigResourceType.TOPIC, settings.topic("dead-letters"), {"retention.ms": "5"})
    admin.alter_configs([changed])
    admin.close()
    wrong = _wrong(_doctor(settings, "--json"))["topics"]
    assert "dead-letters: retention.ms is 5" in wrong["detail"]
    other = _wrong(_doctor(settings, "--json", ATTUNE_PARTITIONS="9"))["topics"]
    assert "partitions is 4, not 9" in other["detail"]
    assert "ATTUNE_PARTITIONS" in other["advice"]


def test_a_taken_port_and_a_folder_that_is_none(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        folder = str(tmp_path / "file")
        wrong = _wrong(_doctor(settings, "--json", ATTUNE_WEB_PORT=port, ATTUNE_DATA_DIR=folder))
    assert set(wrong) == {"web port", "data folder"}
    assert wrong["web port"]["detail"] == f"127.0.0.1:{port} is taken"
    assert "ATTUNE_DATA_DIR" in wrong["data folder"]["advice"]


def test_java_and_jars_are_nobodys_business_when_kafka_is_elsewhere(settings: Settings) -> None:
    report = json.loads(_doctor(settings, "--json", ATTUNE_BOOTSTRAP_SERVERS="kafka.invalid:9092").stdout)
    assert {"Java", "Kafka jars"}.isdisjoint(finding["name"] for finding in report["findings"])
