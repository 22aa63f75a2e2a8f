import logging
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.base import LinearWeights
from streams.calls.rules import Rules
from streams.config import Settings
from streams.reloading import Reloading
from streams.rulebook import load_rules
from tests.builders import Call, say, started

WEIGHTS = LinearWeights("sentiment@3", 0.0, {"awful": 1.0})
POLICY = 'name = "floor"\nversion = {version}\nenter = {enter}\n{more}'
LOCALE = 'signals.abuse.say = ["you {word}"]'


@dataclass
class Worker:
    rules: Rules


class Site:
    """A folder with a policy and one locale, and what looks at them."""

    def __init__(self, folder: Path) -> None:
        (folder / "locales").mkdir()
        self.settings = Settings(
            policy_file=folder / "floor.toml", locales_dir=folder / "locales", mode="live"
        )
        self._clock = 1_000
        self.policy(1, 0.7)
        self.locale("idiot")
        self.worker = Worker(load_rules(self.settings, WEIGHTS))
        self.reloading = Reloading(self.settings, self.worker)

    def policy(self, version: int, enter: object, more: str = "") -> None:
        self._write(self.settings.policy_file, POLICY.format(version=version, enter=enter, more=more))

    def locale(self, word: str, name: str = "en-US") -> None:
        text = LOCALE.replace("{word}", word)
        self._write(self.settings.locales_dir / f"{name}.toml", text)

    def _write(self, file: Path, text: str) -> None:
        self._clock += 1  # two changes may fall within one tick of a file system
        file.write_text(text, encoding="utf-8")
        os.utime(file, (self._clock, self._clock))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_utterance_goes_on_through_a_reload(site: Site) -> None:
    call = Call(site.worker.rules)
    call.apply(started(locale="en-US"))
    call.apply(say("customer", "well you", 5, 0, final=False))
    before = site.worker.rules.voice("en-US").customer
    site.policy(2, 0.6)
    assert site.reloading.look()
    assert site.worker.rules.voice("en-US").customer is before
    call.rules = site.worker.rules
    call.apply(say("customer", "idiot", 6, 0, index=2))
    assert "abuse" in call.known.parts


def test_nothing_changed_is_nothing_new(site: Site) -> None:
    before = site.worker.rules
    assert not site.reloading.look()
    assert site.worker.rules is before


def test_a_changed_policy_is_taken(site: Site) -> None:
    site.policy(2, 0.8)
    assert site.reloading.look()
    assert (site.worker.rules.label, site.worker.rules.policy.enter) == ("floor@2", 0.8)
    assert not site.reloading.look()


def test_a_changed_locale_is_taken_under_the_same_policy(site: Site) -> None:
    site.locale("muppet")
    assert site.reloading.look()
    call = Call(site.worker.rules)
    call.customer("you muppet", 1)
    assert call.kinds == ["high"]


def test_a_new_locale_is_taken(site: Site) -> None:
    site.locale("muppet", "en-GB")
    assert site.reloading.look()
    assert "en-GB" in site.worker.rules.voices


@pytest.mark.parametrize(
    ("enter", "more", "said"),
    [(7, "", "enter"), ('"high"', "", "enter"), (0.8, "entre = 1", "entre"), ("", "", "TOML")],
)
def test_a_broken_policy_is_refused_and_the_old_stays(
    site: Site, enter: object, more: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = site.worker.rules
    site.policy(2, enter, more)
    with caplog.at_level(logging.ERROR):
        assert not site.reloading.look()
    assert site.worker.rules is before
    assert said in caplog.text
    assert "floor@1 stays in force" in caplog.text


def test_a_broken_file_is_complained_of_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.policy(2, 7)
    for _ in range(3):
        site.reloading.look()
    assert len(caplog.records) == 1


def test_a_broken_locale_is_refused_together_with_a_good_policy(site: Site) -> None:
    site.locale("{nobody}")
    site.policy(2, 0.8)
    assert not site.reloading.look()
    assert site.worker.rules.label == "floor@1"


def test_a_file_that_was_repaired_is_taken(site: Site) -> None:
    site.policy(2, 7)
    assert not site.reloading.look()
    site.policy(2, 0.8)
    assert site.reloading.look()
    assert site.worker.rules.label == "floor@2"


def test_a_policy_that_is_gone_is_refused(site: Site) -> None:
    site.settings.policy_file.unlink()
    assert not site.reloading.look()
    assert site.worker.rules.label == "floor@1"


def test_another_policy_under_the_same_label_is_refused(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.policy(1, 0.8)
    assert not site.reloading.look()
    assert site.worker.rules.policy.enter == 0.7
    assert "floor@1" in caplog.text


def test_a_label_of_before_cannot_come_back_with_other_content(site: Site) -> None:
    site.policy(2, 0.8)
    assert site.reloading.look()
    site.policy(1, 0.9)
    assert not site.reloading.look()
    assert site.worker.rules.policy.enter == 0.8


def test_a_policy_of_before_may_come_back_as_it_was(site: Site) -> None:
    site.policy(2, 0.8)
    assert site.reloading.look()
    site.policy(1, 0.7)
    assert site.reloading.look()
    assert (site.worker.rules.label, site.worker.rules.policy.enter) == ("floor@1", 0.7)


def test_weights_and_what_was_learned_stay(site: Site) -> None:
    site.worker.rules = Rules(site.worker.rules.policy, site.worker.rules.voices, residual={"abuse": 0.1})
    site.policy(2, 0.8)
    assert site.reloading.look()
    assert site.worker.rules.residual == {"abuse": 0.1}
    assert site.worker.rules.voice("en-US").weights is WEIGHTS


def test_a_call_keeps_the_policy_with_which_it_began(site: Site) -> None:
    call = Call(site.worker.rules)
    call.apply(started())
    site.policy(2, 0.9, "always = []")
    assert site.reloading.look()
    call.rules = site.worker.rules
    call.customer("you idiot", 5)
    assert [alert.policy for alert in call.alerts] == ["floor@1"]
    later = Call(site.worker.rules)
    later.customer("you idiot", 5)
    assert "high" not in later.kinds


def test_a_call_keeps_its_policy_over_two_changes(site: Site) -> None:
    call = Call(site.worker.rules)
    call.apply(started())
    for version in (2, 3):
        site.policy(version, 0.9, "always = []")
        assert site.reloading.look()
    call.rules = site.worker.rules
    call.customer("you idiot", 5)
    assert [alert.policy for alert in call.alerts] == ["floor@1"]


def test_a_call_whose_policy_nobody_remembers_goes_on_under_the_one_in_force(site: Site) -> None:
    call = Call(site.worker.rules)
    call.apply(started())
    site.policy(2, 0.8)
    call.rules = load_rules(site.settings, WEIGHTS)  # another worker, started after the change
    call.customer("you idiot", 5)
    assert [alert.policy for alert in call.alerts] == ["floor@2"]
