import re
import tomllib

import pytest

from streams.calls.policy import Policy, log_odds, parse_policy
from streams.config import PROJECT_DIR
from streams.errors import SettingsError

GOOD = {"name": "default", "version": 1}


def test_the_policy_that_ships_says_the_defaults() -> None:
    table = tomllib.loads((PROJECT_DIR / "deploy" / "policies" / "default.toml").read_text())
    assert parse_policy(table, "default.toml") == Policy(name="default", version=1)
    assert set(table) == set(Policy.__struct_fields__)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enter": 1.5}, "$.enter"),
        ({"enter": "high"}, "$.enter"),
        ({"dwell_tokens": 0}, "$.dwell_tokens"),
        ({"cool_down_s": -1}, "$.cool_down_s"),
        ({"always": "abuse"}, "$.always"),
        ({"entre": 0.5}, "entre"),
        ({"name": "Not A Name"}, "$.name"),
        ({"exit": 0.7}, "exit (0.7)"),
        ({"watch": 0.9}, "watch (0.9)"),
    ],
)
def test_a_wrong_key_is_named_with_the_file(change: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=rf"floor\.toml.*{re.escape(said)}"):
        parse_policy(GOOD | change, "floor.toml")


@pytest.mark.parametrize("missing", ["name", "version"])
def test_a_policy_without_name_or_version_is_refused(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        parse_policy({key: value for key, value in GOOD.items() if key != missing}, "floor.toml")


def test_log_odds() -> None:
    assert log_odds(0.5) == 0.0
    assert log_odds(0.9) == pytest.approx(2.1972, abs=1e-4)
    assert log_odds(0.1) == pytest.approx(-2.1972, abs=1e-4)
