import subprocess
import sys
from pathlib import Path

import pytest

from streams.config import Settings
from streams.errors import SetupError
from streams.kafka.store import StoreFolder


@pytest.fixture
def mine(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, topic_prefix="t.", app_id="app")


def test_each_worker_of_a_machine_has_a_folder_of_its_own_and_takes_it_again(mine: Settings) -> None:
    first, second = StoreFolder.claim(mine), StoreFolder.claim(mine)
    assert first.path == mine.data_dir / "tables" / "t.app" / "0"
    assert second.path.name == "1"
    first.release()
    again = StoreFolder.claim(mine)
    assert again.path == first.path
    again.release()
    second.release()


def test_the_folder_of_a_killed_worker_is_free(mine: Settings) -> None:
    code = (
        "import os, pathlib, signal, sys; from streams.config import Settings; "
        "from streams.kafka.store import StoreFolder; "
        "folder = StoreFolder.claim(Settings(data_dir=pathlib.Path(sys.argv[1]), topic_prefix='t.', "
        "app_id='app')); print(folder.path.name, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, mine.data_dir], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (-9, b"0\n"), ended.stderr
    folder = StoreFolder.claim(mine)
    assert folder.path.name == "0"
    folder.release()


def test_a_store_of_a_topic_that_was_made_anew_is_thrown_away(mine: Settings) -> None:
    """H26."""
    folder = StoreFolder.claim(mine)
    folder.fit({"changelog": "id-1"})
    kept = folder.path / "v1" / "tables" / "customers-0.db"
    kept.mkdir(parents=True)
    folder.fit({"changelog": "id-1"})
    assert kept.exists()
    folder.fit({"changelog": "id-2"})
    assert not kept.exists()
    beside = StoreFolder.claim(mine)
    assert beside.path.name == "1"  # emptying it gave nobody the lock
    beside.release()
    folder.release()


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"no folder for tables in .*file/tables/attune .*ATTUNE_DATA_DIR"):
        StoreFolder.claim(Settings(data_dir=tmp_path / "file"))
