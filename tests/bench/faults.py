"""Kill a worker again and again under load and count what that cost: ``python -m tests.bench.faults``.

The load is played at life's speed, so that alerts are due all the time and the backlog of each gap is worked
off in the order of its records. What must come out is what the core makes of the log that is on the broker
afterwards. For that, events and words of a call stand apart by more than `merge_slack_ms`: closer ones may be
applied in either order while both are live.
"""

import argparse
import heapq
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from msgspec.structs import replace

from streams.calls.events import TranscriptTokens
from streams.config import Settings
from streams.kafka.admin import apply_topics
from streams.kafka.broker import LocalKafka
from streams.kafka.feed import feed
from streams.sources.simulated import simulated_calls
from streams.sources.timeline import TimedRecord, play
from tests.faults import oracle
from tests.faults.group import settled
from tests.faults.load import cooling, end, fill
from tests.workers import Worker, until

APART_MS = 1_500
#: So often a call begins that escalates at once, recovers and gets angry again.
ANGRY_EVERY_MS = 250
#: Time, in seconds, that a worker works before it is killed.
WORKS_S = (2.0, 15.0)
#: The load lasts longer than any run takes: it is ended with the last kill.
SECONDS_PER_KILL = 60
#: Longer than a call's cool-down of the default policy, with the lateness of timers.
COOL_DOWN_S = 65


def apart(records: Iterable[TimedRecord]) -> list[TimedRecord]:
    """Return the records with a pause wherever a call changes between events and words."""
    shift_ms: dict[str, int] = {}
    before: dict[str, tuple[bool, int]] = {}
    moved = []
    for timed in records:
        said = isinstance(timed.record, TranscriptTokens)
        at = timed.at + shift_ms.get(timed.call_id, 0)
        was_said, last = before.get(timed.call_id, (said, at))
        if said != was_said and at < last + APART_MS:
            shift_ms[timed.call_id] = shift_ms.get(timed.call_id, 0) + last + APART_MS - at
            at = last + APART_MS
        before[timed.call_id] = (said, at)
        moved.append(TimedRecord(timed.topic, timed.call_id, at, replace(timed.record, at=at)))
    moved.sort(key=lambda timed: timed.at)
    return moved


def load(seconds: float, concurrent: int, seed: int) -> Iterator[TimedRecord]:
    """Yield records for about so many seconds, from now on."""
    calls = simulated_calls(concurrent=concurrent, seconds=seconds, seed=seed)
    start_at = int(time.time() * 1000)
    angry = [
        timed
        for begin in range(0, int(seconds * 1_000), ANGRY_EVERY_MS)
        for timed in cooling(f"angry-{begin}", start_at + begin)
    ]
    angry.sort(key=lambda timed: timed.at)
    simulated = play((call.arrival for call in calls), start_at)
    for timed in apart(heapq.merge(simulated, angry, key=lambda timed: timed.at)):
        if timed.at > start_at + seconds * 1_000:
            return
        yield timed


def kill_and_follow(settings: Settings, kills: int, rng: Random) -> Worker:
    """Kill workers and start the next at once; return the last one, which goes on."""
    worker = Worker(settings, "worker-0")
    worker.start()
    until(worker.applied, "calls are followed", 120)
    for number in range(1, kills + 1):
        time.sleep(rng.uniform(*WORKS_S))
        worker.kill()
        killed_at = time.monotonic()
        worker = Worker(settings, f"worker-{number}")
        worker.start()
        until(worker.applied, "calls are followed again", 120)
        print(f"kill {number}: calls followed again after {time.monotonic() - killed_at:.1f} s", flush=True)
    return worker


def run(settings: Settings, kills: int, concurrent: int, seed: int) -> None:
    """Feed, kill, wait until all is worked off, and print the figures."""
    apply_topics(settings)
    records = load(kills * SECONDS_PER_KILL, concurrent, seed)
    enough = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        feeding = pool.submit(feed, settings, records, stop=enough)
        try:
            worker = kill_and_follow(settings, kills, Random(seed))
        finally:
            enough.set()
        report = feeding.result()
    assert report.lost == 0, report.problem
    time.sleep(COOL_DOWN_S)  # the timers of calls that were left in the middle
    fill(settings, end(settings.partitions, int(time.time() * 1000), seed))
    until(lambda: settled(settings), "the load is worked off", 120)
    status = worker.stop()
    must, there = oracle.expected(settings), oracle.found(settings)
    print(f"records fed: {report.sent:,} in {report.seconds:.0f} s")
    print(f"alerts expected: {len(must.alerts):,}")
    print(f"alerts lost: {len(must.alerts.keys() - there.alerts.keys())}")
    print(f"alerts nobody expected: {len(there.alerts.keys() - must.alerts.keys())}")
    print(f"ids with two contents: {sum(len(bodies) > 1 for bodies in there.alerts.values())}")
    print(f"records that repeat an id: {there.repeats}")
    print(f"states: {len(must.states):,}, of them wrong: {len(oracle.differing_states(must, there))}")
    print(f"exit status of the last worker: {status}")
    for line in oracle.differing_states(must, there)[:5]:
        print(f"  {line}")


def main() -> None:
    """Read the options and run on a Kafka of its own."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--concurrent", type=int, default=600, help="live calls; each is 1.7 records/s")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, LocalKafka(Path(folder) / "kafka") as kafka:
        settings = Settings(
            bootstrap_servers=kafka.bootstrap_servers,
            data_dir=Path(folder) / "data",
            web_port=0,
            mode="live",
        )
        run(settings, chosen.kills, chosen.concurrent, chosen.seed)


if __name__ == "__main__":
    main()
