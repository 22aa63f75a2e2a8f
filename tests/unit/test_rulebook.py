from pathlib import Path

import pytest

from models.base import LinearWeights
from streams.analysis.explanation import explain_text
from streams.calls.rules import NO_MODEL, Rules
from streams.config import PROJECT_DIR, Settings
from streams.errors import SettingsError
from streams.rulebook import load_rules

WEIGHTS = LinearWeights("sentiment@3", 0.0, {"awful": 1.0})
POLICY = PROJECT_DIR / "deploy" / "policies" / "default.toml"


def load(folder: Path, **files: str) -> Rules:
    """Load rules from locales given as text, ``en_US`` for ``en-US.toml``."""
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return load_rules(Settings(locales_dir=folder), WEIGHTS)


def heard(rules: Rules, locale: str, said: str) -> set[str]:
    """What patterns hear: the model of these tests finds everything somewhat negative."""
    found = explain_text(said, "customer", locale, rules).signals
    return {heard.id for heard in found} - {"negative_sentiment"}


def test_what_ships_loads() -> None:
    rules = load_rules(Settings(mode="live"), WEIGHTS)
    assert set(rules.voices) == {"en-US", "en-GB", "es-ES", "de-DE", "fr-FR", "hi-IN-Latn"}
    assert rules.policy.label == "default@1"
    assert not rules.shadow("billing")
    spoken = {name for name, voice in rules.voices.items() if voice.weights is WEIGHTS}
    assert spoken == {"en-US", "en-GB"}


def test_shadow_is_the_mode_of_a_new_site(tmp_path: Path) -> None:
    assert load(tmp_path, en_US="").shadow("billing")


def test_a_locale_takes_phrases_and_negators_of_its_base(tmp_path: Path) -> None:
    rules = load(
        tmp_path,
        en_US='negators = ["not"]\ngroups.fool = ["idiot"]\nsignals.abuse.say = ["you {fool}"]',
        en_GB='base = "en-US"\ngroups.fool = ["muppet"]\nsignals.gratitude.say = ["much obliged"]',
    )
    assert heard(rules, "en-GB", "you idiot") == {"abuse"}
    assert heard(rules, "en-GB", "you muppet") == {"abuse"}
    assert heard(rules, "en-GB", "not you muppet") == set()
    assert heard(rules, "en-GB", "much obliged") == {"gratitude"}
    assert heard(rules, "en-US", "you muppet") == set()


def test_negators_know_the_groups_of_their_locale(tmp_path: Path) -> None:
    text = 'negators = ["{no}"]\ngroups.no = ["not|never"]\nsignals.abuse.say = ["idiot"]'
    rules = load(tmp_path, en_US=text)
    assert heard(rules, "en-US", "idiot") == {"abuse"}
    assert heard(rules, "en-US", "never idiot") == set()


def test_a_language_without_a_model_gets_none(tmp_path: Path) -> None:
    rules = load(tmp_path, en_US="", de_DE='signals.abuse.say = ["sie idiot"]')
    assert rules.voice("de-DE").weights is NO_MODEL
    assert rules.voice("en-US").weights is WEIGHTS
    assert heard(rules, "de-AT", "sie idiot") == {"abuse"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("signals.abuse.say = 'you idiot'", r"en-US\.toml.*array.*signals"),
        ('signals.abuse.say = [""]', r"en-US\.toml.*signals"),
        ('signals.abuse.say = ["you {fool}"]', r"en-US\.toml: .*no group \{fool\}"),
        ('signals.abuse.say = ["you (idiot"]', r"en-US\.toml: .*without its \)"),
        ('signals.abuse.say = ["you (idiot|)"]', r"en-US\.toml: .*nothing stands between two marks"),
        ('signals.rudeness.say = ["you idiot"]', r"en-US\.toml: 'rudeness' is no signal"),
        ('signals.dead_air.say = ["hello"]', r"en-US\.toml: 'dead_air' is no signal"),
        ("signalls = {}", r"en-US\.toml.*signalls"),
        ('base = "en-XX"', r"en-US\.toml: base 'en-XX'"),
        ("signals = ", r"en-US\.toml is not TOML"),
    ],
)
def test_a_locale_that_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(tmp_path, en_US=text)


def test_a_folder_without_a_locale_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no locale.*ATTUNE_LOCALES_DIR"):
        load(tmp_path)


def test_a_policy_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml cannot be read"):
        load_rules(Settings(policy_file=tmp_path / "gone.toml"), WEIGHTS)
    wrong = tmp_path / "floor.toml"
    wrong.write_text(POLICY.read_text().replace("enter = 0.7", "enter = 7"))
    with pytest.raises(SettingsError, match=r"floor\.toml.*enter"):
        load_rules(Settings(policy_file=wrong), WEIGHTS)
