from pathlib import Path

import msgspec
import pytest

from streams.config import Settings, load_settings
from streams.errors import SettingsError


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_work_on_one_machine() -> None:
    assert load_settings({}) == Settings()
    assert Settings().bootstrap_servers == "127.0.0.1:9092"
    assert Settings().mode == "shadow"


def test_each_origin_wins_over_the_one_before() -> None:
    Path("attune.toml").write_text('app_id = "file"\npartitions = 3\nweb_port = 1\n')
    variables = {"ATTUNE_PARTITIONS": "4", "ATTUNE_WEB_PORT": "2", "HOME": "/root"}
    settings = load_settings(variables, web_port=3, log_level=None)
    assert (settings.app_id, settings.partitions, settings.web_port) == ("file", 4, 3)
    assert settings.log_level == "info"


def test_a_named_file_is_read_instead_of_the_folders_own(tmp_path: Path) -> None:
    Path("attune.toml").write_text('app_id = "here"\n')
    other = tmp_path / "other.toml"
    other.write_text('app_id = "there"\ndata_dir = "/data"\n')
    settings = load_settings({}, other)
    assert (settings.app_id, settings.data_dir) == ("there", Path("/data"))


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_APP_ID", "from-environment")
    assert load_settings().app_id == "from-environment"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ATTUNE_WEB_PORT": "70000"}, r"ATTUNE_WEB_PORT = '70000'.*65535"),
        ({"ATTUNE_WEB_PORT": "http"}, r"ATTUNE_WEB_PORT = 'http'.*int"),
        ({"ATTUNE_PARTITIONS": "0"}, r"ATTUNE_PARTITIONS = '0'.*>= 1"),
        ({"ATTUNE_MODE": "loud"}, r"ATTUNE_MODE = 'loud'"),
        ({"ATTUNE_APP_ID": "a b"}, r"ATTUNE_APP_ID = 'a b'"),
        ({"ATTUNE_BOOTSTRAP_SERVERS": ""}, r"ATTUNE_BOOTSTRAP_SERVERS = ''"),
        ({"ATTUNE_NO_SUCH": "1"}, r"ATTUNE_NO_SUCH: there is no setting 'no_such'.*app_id"),
        ({"ATTUNE_PROCESSING_GUARANTEE": "exactly_once"}, r"there is no setting 'processing_guarantee'"),
        ({"ATTUNE_SECURITY_PROTOCOL": "SASL_SSL"}, r"SASL_SSL needs ATTUNE_SASL_USERNAME"),
    ],
)
def test_a_wrong_variable_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(environ)


def test_a_wrong_flag_is_named_as_it_is_typed() -> None:
    with pytest.raises(SettingsError, match=r"--web-port = -1"):
        load_settings({}, web_port=-1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web_port = 70000", r"attune\.toml \(web_port\) = 70000"),
        ("nonsense = 1", r"attune\.toml \(nonsense\): there is no setting 'nonsense'"),
        ("web_port = ", r"attune\.toml is not TOML"),
    ],
)
def test_a_wrong_file_is_named(text: str, said: str) -> None:
    Path("attune.toml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_settings({})


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"no settings file at gone\.toml"):
        load_settings({}, Path("gone.toml"))


def test_secrets_are_shown_to_nobody() -> None:
    settings = load_settings({"ATTUNE_SASL_PASSWORD": "hunter2", "ATTUNE_SASL_USERNAME": "me"})
    assert "hunter2" not in str(settings.shown())
    assert settings.shown()["sasl_password"] == "(hidden)"
    assert settings.shown()["sasl_username"] == "me"
    assert Settings().shown()["sasl_password"] == ""


def test_nothing_is_kept_about_people_when_either_switch_is_off() -> None:
    assert Settings().keeps_workload
    assert not load_settings({"ATTUNE_WORKLOAD": "off"}).keeps_workload
    assert not load_settings({"ATTUNE_AGENTS": "off"}).keeps_workload
    assert load_settings({"ATTUNE_AGENTS": "named"}).keeps_workload
    assert "vault" not in str(load_settings({"ATTUNE_AGENTS_SECRET": "vault"}).shown())


def test_a_secret_of_the_wrong_kind_is_not_quoted() -> None:
    Path("attune.toml").write_text("sasl_password = [4711]\n")
    with pytest.raises(SettingsError) as error:
        load_settings({})
    assert "4711" not in str(error.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().app_id = "other"
    assert msgspec.structs.replace(Settings(), topic_prefix="t.").topic("call-events") == "t.call-events"
