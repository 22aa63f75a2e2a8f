"""H1, H9, H18, H24, H25, H33: what goes wrong inside a worker, put there on purpose.

Each worker here runs a few lines before its command line: they break one thing, all else is the real one.
"""

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from streams import topics
from streams.calls.events import CallStarted, TranscriptTokens
from streams.calls.step import step
from streams.config import Settings
from streams.kafka.admin import apply_topics
from tests.faults import oracle
from tests.faults.group import committed, settled
from tests.faults.load import fill, log
from tests.workers import Broker, Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

RUN = "\nfrom streams.cli.worker import worker; worker()"
FROZEN_STEP = """
import time
from streams.kafka import partition
step = partition.step
def frozen(state, record, rules):
    if getattr(record, "tokens", None) == ["freeze"]:
        time.sleep(600)
    return step(state, record, rules)
partition.step = frozen
"""
IDLING_LANE = """
from streams.kafka.partition import Partition
Partition.work = lambda self, ended, until: False
"""
REFUSED_COMMITS = """
from streams.kafka.transport import LaneConsumer
async def refused(self, offsets):
    return False
LaneConsumer.commit_source = refused
"""
SILENT_FETCHER = """
import asyncio, time
from aiokafka.consumer.fetcher import Fetcher
from streams.kafka import lane
lane.SILENT_S = 1.0
ask, until = Fetcher._proc_fetch_request, time.monotonic() + 8
async def silent(self, *request):
    await asyncio.sleep(0 if time.monotonic() < until else 600)
    return await ask(self, *request)
Fetcher._proc_fetch_request = silent
"""
RAISING_STEP = """
from streams.kafka import partition
step = partition.step
def raising(state, record, rules):
    if getattr(record, "tokens", None) == ["raise"]:
        raise ZeroDivisionError("on purpose")
    return step(state, record, rules)
partition.step = raising
"""
STUCK_STATES = """
import asyncio
from streams.kafka import outbox
send = outbox.Outbox._send
async def stuck(self, producer, record):
    if record.topic.endswith("attune-call-state"):
        await asyncio.sleep(600)
    await send(self, producer, record)
outbox.Outbox._send = stuck
"""


def broken(settings: Settings, how: str, name: str = "broken") -> Worker:
    return Worker(settings, name, [sys.executable, "-c", how + RUN])


def impatient(settings: Settings) -> Settings:
    return replace(settings, checkpoint_seconds=1, watchdog_seconds=3)


def say(call_id: str, text: str, utterance: int = 0) -> Iterator[TranscriptTokens]:
    words = text.split()
    for place, word in enumerate(words):
        now = int(time.time() * 1000)
        yield TranscriptTokens(
            call_id, "customer", utterance, [word], now, index=place, final=place == len(words) - 1
        )


@contextmanager
def talk(settings: Settings) -> Iterator[None]:
    """Let somebody speak on every partition until the end of the block."""
    over = threading.Event()

    def speak() -> None:
        with Broker(settings) as broker:
            for number in count():
                for call in range(10):
                    broker.send_all(
                        (topics.TRANSCRIPT_TOKENS, said) for said in say(f"call-{call}", "well yes", number)
                    )
                if over.wait(0.2):
                    return

    speaking = threading.Thread(target=speak)
    speaking.start()
    try:
        yield
    finally:
        over.set()
        speaking.join()


def test_a_worker_that_stands_still_says_so_and_ends(settings: Settings) -> None:
    """H9, H25: it is in the group, its loop turns, and nothing gets done."""
    ways = {
        IDLING_LANE: "records wait and none was applied",
        REFUSED_COMMITS: "records are applied and none was committed",
        SILENT_FETCHER: "are asked for and nothing was answered",
    }
    with ThreadPoolExecutor(len(ways)) as pool:
        list(pool.map(lambda way: _stands_still(_apart(settings, way), way, ways[way]), ways))


def _apart(settings: Settings, way: str) -> Settings:
    """Settings with topics, a group and a folder of their own."""
    name = f"{settings.topic_prefix}{sha256(way.encode()).hexdigest()[:6]}"
    apart = replace(settings, topic_prefix=f"{name}.", app_id=name, data_dir=settings.data_dir / name)
    apply_topics(apart)
    return impatient(apart)


def _stands_still(settings: Settings, how: str, why: str) -> None:
    with broken(settings, how) as worker, talk(settings):
        until(lambda: worker.page("healthz")[0] == 503, "/healthz says that it stands still")
        assert why in worker.page("healthz")[1]
        assert worker.wait() == 70
    assert f"{why} for 4 s; the worker ends" in worker.log


def test_a_worker_whose_loop_no_longer_turns_ends(settings: Settings) -> None:
    with broken(impatient(settings), FROZEN_STEP) as worker, Broker(settings) as broker:
        broker.send_all((topics.TRANSCRIPT_TOKENS, said) for said in say("c1", "freeze"))
        assert worker.wait() == 70
    assert "the event loop has not turned for 4 s; the worker ends" in worker.log


def test_a_record_on_which_the_step_fails_is_kept_and_all_others_are_applied(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings, checkpoint_seconds=1)
    records = log(20_000, partitions=settings.partitions, seed=1)
    for place in (1_000, 5_000, 15_000):
        spoken = next(r for r in records[place:] if isinstance(r.record, TranscriptTokens))
        records[records.index(spoken)] = msgspec.structs.replace(
            spoken, record=msgspec.structs.replace(spoken.record, tokens=["raise"])
        )
    fill(settings, records)
    with broken(settings, RAISING_STEP) as worker:
        until(lambda: settled(settings), "everything committed")
        assert worker.metric("attune_dead_letters_total", reason="step_failed") == 3
        assert worker.stop() == 0
    monkeypatch.setattr("streams.kafka.partition.step", step)  # so that it is put back
    exec(RAISING_STEP, {})
    assert len(oracle.check(settings).letters) == 3


def test_a_state_too_large_for_a_record_stops_nobody(settings: Settings) -> None:
    settings = replace(settings, checkpoint_seconds=1)
    now = int(time.time() * 1000)
    random = Random(1)  # what repeats would be stored in a few bytes
    huge = ["".join(map(chr, random.choices(range(0x10000, 0x20000), k=200))) for _ in range(500)]
    with Worker(settings) as worker, Broker(settings) as broker:
        for speaker in ("customer", "agent", "supervisor", "bot"):
            for utterance in range(2):
                said = TranscriptTokens("large", speaker, utterance, huge, now)
                broker.send_all([(topics.TRANSCRIPT_TOKENS, said)])
        until(lambda: settled(settings), "everything committed")
        assert worker.metric("attune_stream_gaps_total", kind="state_too_large") > 0
        words = say("large", "let me speak to your manager now", utterance=9)
        broker.send_all((topics.TRANSCRIPT_TOKENS, said) for said in words)
        until(lambda: broker.read(topics.ESCALATION_ALERTS), "an alert of that call all the same")
        assert worker.stop() == 0
        sizes = [len(record.value) for record in broker.read(topics.CALL_STATE)]
    assert sizes
    assert max(sizes) < topics.MAX_RECORD_BYTES


def test_an_alert_does_not_wait_for_states_on_their_way(settings: Settings) -> None:
    settings = replace(settings, checkpoint_seconds=1)
    with broken(settings, STUCK_STATES), Broker(settings) as broker:
        broker.send_all([(topics.CALL_EVENTS, CallStarted("quiet", int(time.time() * 1000)))])
        time.sleep(3)  # its state is on the way, and stays there
        words = say("loud", "let me speak to your manager now")
        broker.send_all((topics.TRANSCRIPT_TOKENS, said) for said in words)
        until(lambda: broker.read(topics.ESCALATION_ALERTS), "the alert")
        assert broker.read(topics.CALL_STATE) == []
    assert not any(committed(settings).values())


def test_a_data_folder_that_cannot_be_written_is_one_sentence(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "file").touch()
    nowhere = f"ATTUNE_DATA_DIR={settings.data_dir}/file/data"
    worker = Worker(settings, command=["env", nowhere, sys.executable, "-m", "streams", "worker"])
    worker.start()
    assert worker.wait() == 1
    assert "Traceback" not in worker.log
    assert "cannot be written (Not a directory): mend it, or set ATTUNE_DATA_DIR" in worker.log
