"""Takes changed rules while the worker runs: policies and locales, between two batches.

A file that is broken is refused with a line that says why, and what was in force stays.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from models.base import LinearWeights
from streams.calls.rules import NO_MODEL, Rules, Voice
from streams.config import Settings
from streams.errors import SettingsError
from streams.published import speaking
from streams.rulebook import load_rules

logger = logging.getLogger(__name__)

#: Pause, in seconds, between two looks at the files.
LOOK_S = 2.0


class Ruled(Protocol):
    """What works by rules that can be replaced."""

    rules: Rules


class Reloading:
    """Looks at the files of the rules and replaces the rules when they have changed.

    Parameters
    ----------
    settings : Settings
        Names the files.
    ruled : Ruled
        What works by the rules.
    """

    def __init__(self, settings: Settings, ruled: Ruled) -> None:
        self._settings = settings
        self._ruled = ruled
        self._seen = self._stamps()

    def look(self) -> bool:
        """Take what has changed; return whether the rules are others now."""
        fresh = self._load() if self._changed() else None
        return fresh is not None and self._take(fresh)

    async def run(self, stopping: Callable[[], bool]) -> None:
        """Look from time to time until it is time to stop; files are read beside the calls."""
        while not stopping():
            await asyncio.sleep(LOOK_S)
            fresh = await asyncio.to_thread(self._load) if self._changed() else None
            if fresh is not None:
                self._take(fresh)

    def _changed(self) -> bool:
        stamps = self._stamps()
        changed = stamps != self._seen
        self._seen = stamps
        return changed

    def _load(self) -> Rules | None:
        now = self._ruled.rules
        try:
            fresh = load_rules(self._settings, _weights_in_force(now))
        except SettingsError as refused:
            logger.error("the changed rules are refused, %s stays in force: %s", now.policy.label, refused)
            return None
        voices = {name: _as_compiled(voice, now.voices.get(name)) for name, voice in fresh.voices.items()}
        fresh = replace(fresh, voices=voices)
        fresh.warm()
        return fresh

    def _take(self, fresh: Rules) -> bool:
        now = self._ruled.rules
        earlier = {**now.earlier, now.policy.label: now.policy}
        if earlier.get(fresh.policy.label, fresh.policy) != fresh.policy:
            logger.error(
                "the changed policy is refused: another was called %s; a change needs a new version",
                fresh.policy.label,
            )
            return False
        kept = replace(
            fresh, earlier=earlier, residual=now.residual, phrases=now.phrases, prospects=now.prospects
        )
        self._ruled.rules = speaking(kept, _weights_in_force(now))
        logger.info("%s and the locales as they are now are in force", fresh.policy.label)
        return True

    def _stamps(self) -> dict[Path, int]:
        files = [self._settings.policy_file, *sorted(self._settings.locales_dir.glob("*.toml"))]
        return {file: file.stat().st_mtime_ns for file in files if file.exists()}


def _weights_in_force(rules: Rules) -> LinearWeights:
    return next((v.weights for v in rules.voices.values() if v.weights is not NO_MODEL), NO_MODEL)


def _as_compiled(fresh: Voice, known: Voice | None) -> Voice:
    """Return a voice whose patterns, where they have not changed, are the compiled ones.

    Utterances that are open stand somewhere in these.
    """
    if known is None:
        return fresh
    customer, agent = (
        one if one.version == other.version else other
        for one, other in ((known.customer, fresh.customer), (known.agent, fresh.agent))
    )
    return replace(fresh, customer=customer, agent=agent)
