import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.config import PROJECT_DIR, load_settings
from streams.kafka.jars import KAFKA_VERSION

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (PROJECT_DIR / lock).read_text(), re.MULTILINE))


def test_every_file_that_compose_names_is_there() -> None:
    named = [PROJECT_DIR / build["context"] / build["dockerfile"] for build in _of_each("build")]
    for mounts in _of_each("volumes"):
        for mount in mounts:
            source = mount.split(":")[0]
            if source.startswith("."):
                named.append(PROJECT_DIR / source)
            else:
                assert source in COMPOSE["volumes"]
    assert len(named) >= 3
    assert [path for path in named if not path.exists()] == []


def _of_each(key: str) -> list[Any]:
    return [service[key] for service in SERVICES.values() if key in service]


def test_services_wait_for_services_that_exist() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", ())) <= set(SERVICES)


def test_only_loopback_ports_are_published() -> None:
    ports = [port for ports in _of_each("ports") for port in ports]
    assert len(ports) >= 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_of_kafka_is_the_version_we_test_with() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


@pytest.mark.parametrize("service", ["topics", "worker"])
def test_the_settings_of_our_services_are_settings(service: str) -> None:
    environ = {
        name: re.sub(r"\$\{\w+:-(\w+)\}", r"\1", value) for name, value in _environment(service).items()
    }
    assert load_settings(environ).bootstrap_servers == "kafka:19092"


def _environment(service: str) -> dict[str, str]:
    environment: dict[str, str] = SERVICES[service]["environment"]
    return environment


def test_prometheus_scrapes_the_worker_where_it_listens() -> None:
    config = yaml.safe_load((PROJECT_DIR / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    host, port = job["static_configs"][0]["targets"][0].split(":")
    assert host in SERVICES
    assert SERVICES[host]["ports"] == [f"127.0.0.1:{port}:{load_settings({}).web_port}"]


def test_grafana_finds_prometheus() -> None:
    source = yaml.safe_load(
        (PROJECT_DIR / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text()
    )["datasources"][0]
    assert source["url"] == "http://prometheus:9090"


def test_the_image_copies_files_that_are_there_and_runs_as_nobody_special() -> None:
    lines = (PROJECT_DIR / "deploy/Dockerfile").read_text().splitlines()
    sources = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert "deploy/requirements.lock" in sources
    assert [source for source in sources if not (PROJECT_DIR / source).exists()] == []
    kept = (PROJECT_DIR / "deploy/Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{source.split('/')[0]}" for source in sources} <= set(kept)
    assert "USER attune" in lines


def test_locks_pin_every_dependency_alike_and_by_hash() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^\w-]", wanted)[0] for wanted in project["dependencies"]}
    dev = {re.split(r"[^\w-]", wanted)[0] for wanted in project["optional-dependencies"]["dev"]}
    development, image = _pins("requirements.lock"), _pins("deploy/requirements.lock")
    assert names | dev <= set(development)
    assert names <= set(image)
    assert image.items() <= development.items()
    assert "pytest" not in image


@pytest.mark.parametrize("lock", ["requirements.lock", "deploy/requirements.lock", "deploy/kafka/java.lock"])
def test_a_lock_says_nothing_of_where_packages_come_from(lock: str) -> None:
    text = (PROJECT_DIR / lock).read_text()
    assert text.count("==") > 0
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|^--(index|extra|find|trusted)|file://|@ ", text, re.MULTILINE)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert (PROJECT_DIR / ".ci/run").read_text().splitlines()[-1] == "exec make test"
    assert (PROJECT_DIR / ".ci/run").stat().st_mode & 0o111
    assert Path(PROJECT_DIR / "Makefile").read_text().count("\ntest: setup lint types") == 1
