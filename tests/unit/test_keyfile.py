from pathlib import Path

import pytest

from streams.config import Settings
from streams.errors import SetupError
from streams.keyfile import FILE, agents_secret


def test_a_secret_that_is_set_is_the_one(tmp_path: Path) -> None:
    assert agents_secret(Settings(data_dir=tmp_path, agents_secret="mine")) == b"mine"
    assert list(tmp_path.iterdir()) == []


def test_without_one_each_data_folder_has_its_own_and_keeps_it(tmp_path: Path) -> None:
    here, there = Settings(data_dir=tmp_path / "here"), Settings(data_dir=tmp_path / "there")
    secret = agents_secret(here)
    assert len(secret) == 64
    assert agents_secret(here) == secret
    assert agents_secret(there) != secret
    file = here.data_dir / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in here.data_dir.iterdir()] == [FILE]


def test_of_several_workers_that_start_at_once_the_first_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = agents_secret(Settings(data_dir=tmp_path))
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert agents_secret(Settings(data_dir=tmp_path)) == secret
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_secret_that_cannot_be_kept_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"agents\.secret, cannot be used .*ATTUNE_AGENTS_SECRET"):
        agents_secret(Settings(data_dir=tmp_path / "file"))
