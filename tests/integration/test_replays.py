import math
import uuid
from collections import defaultdict
from typing import Any

import msgspec
import pytest

from streams.calls.events import SurveySubmitted
from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.feed import feed, first_instant
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import length_ms, play
from streams.topics import CALL_RISK, DEESCALATION_ALERTS, ESCALATION_ALERTS
from tests.workers import Broker, Worker, committed_to_the_end, until

pytestmark = pytest.mark.kafka


def by_call(broker: Broker) -> dict[str, list[dict[str, Any]]]:
    """Everything a run has said of its calls, per call and in order."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name in (ESCALATION_ALERTS, DEESCALATION_ALERTS, CALL_RISK):
        for record in broker.read(name):
            said = {"gone": True} if record.value is None else msgspec.json.decode(record.value)
            found[record.key.decode()].append(said)
    return found


def run(settings: Settings, records: list[Any], workers: int) -> dict[str, list[dict[str, Any]]]:
    name = uuid.uuid4().hex[:8]
    mine = msgspec.structs.replace(settings, app_id=f"replay-{name}", topic_prefix=f"{name}.")
    apply_topics(mine)
    assert feed(mine, records, speed=math.inf).lost == 0
    started = [Worker(mine, f"replay-{name}-{number}") for number in range(workers)]
    with Broker(mine) as broker:
        try:
            for worker in started:
                worker.start()
            until(lambda: committed_to_the_end(broker), "the whole log", 60)
            assert [worker.stop() for worker in started] == [0] * workers
        finally:
            for worker in started:
                worker.kill()
        return by_call(broker)


def test_two_replays_of_one_log_say_the_same_of_every_call(quick: Settings) -> None:
    """H7: ids, seqs, times, risks and their order; by one worker, or by two that share and hand over."""
    calls = [call.arrival for call in simulated_calls(concurrent=20, calls=80, seed=11)]
    start = first_instant(1_760_000_000_000, math.inf, length_ms(calls))
    # A bad survey teaches, and what was learned comes to a worker when it comes.
    records = [timed for timed in play(calls, start) if not isinstance(timed.record, SurveySubmitted)]
    first, second = run(quick, records, workers=1), run(quick, records, workers=2)
    assert sum(len(said) for said in first.values()) > 100
    assert any(record.get("kind") == "deescalation" for said in first.values() for record in said)
    assert second == first
