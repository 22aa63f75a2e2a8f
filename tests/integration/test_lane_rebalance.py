import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.config import Settings
from streams.topics import CALL_EVENTS, CALL_INPUTS, TRANSCRIPT_TOKENS
from tests.numbered import Numbered, saved_states
from tests.workers import Broker, Worker, committed_to_the_end, until

pytestmark = pytest.mark.kafka

CALLS = 40


@contextmanager
def under_load(settings: Settings) -> Iterator[list[Numbered]]:
    """Feed a round of numbered records every few ms; at the end the list holds what was sent."""
    sent: list[Numbered] = []
    enough = threading.Event()

    def feed() -> None:
        with Broker(settings) as own:
            for place in range(500):
                own.send_all(Numbered(CALLS, 500).records(place, place + 1))
                sent[:] = [Numbered(CALLS, place + 1)]
                if enough.wait(0.08):
                    return

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        until(lambda: sent and sent[0].tokens > 5, "some load")
        yield sent
    finally:
        enough.set()
        feeder.join()


def test_a_worker_that_joins_and_leaves_under_load_loses_and_doubles_nothing(
    quick: Settings, broker: Broker
) -> None:
    """H10, H14, H27: each numbered record is applied once while partitions move away and back."""
    with Worker(quick, "first") as first:
        with under_load(quick) as sent:
            with Worker(quick, "second") as second:
                until(lambda: second.applied() > 200, "the second worker has its share")
                assert second.stop() == 0
            with Worker(quick, "third") as third:
                until(lambda: third.applied() > 200, "the third worker has its share")
                assert third.stop() == 0
        until(lambda: committed_to_the_end(broker), "everything committed")
        assert first.metric("attune_records_total", outcome="repeated") == 0
        assert first.stop() == 0
    assert sent[0].wrong(saved_states(broker)) == {}


def owned(worker: Worker) -> dict[str, set[str]]:
    """The partitions per topic whose lag a worker shows."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(worker.page("metrics")[1]):
        for sample in family.samples:
            if sample.name == "attune_consumer_lag_records":
                found.setdefault(sample.labels["topic"], set()).add(sample.labels["partition"])
    return found


def test_of_two_workers_on_one_host_each_has_events_and_tokens_of_its_calls(
    quick: Settings, broker: Broker
) -> None:
    """H12, H22: Faust's round-robin would give the topics out apart, and a fixed port would be taken."""
    load = Numbered(calls=30, tokens=20)
    with Worker(quick, "one") as one, Worker(quick, "other") as other:
        until(lambda: len(owned(one)) == len(owned(other)) == len(CALL_INPUTS), "both have partitions")
        until(
            lambda: all(len(parts) == 2 for parts in (*owned(one).values(), *owned(other).values())), "halves"
        )
        count = broker.send_all(load.records())
        until(lambda: one.applied() + other.applied() == count, "applied")
        mine, theirs = owned(one), owned(other)
        assert mine[CALL_EVENTS] == mine[TRANSCRIPT_TOKENS]
        assert theirs[CALL_EVENTS] == theirs[TRANSCRIPT_TOKENS]
        assert mine[CALL_EVENTS] | theirs[CALL_EVENTS] == {str(number) for number in range(quick.partitions)}
        assert not mine[CALL_EVENTS] & theirs[CALL_EVENTS]
        assert one.port != other.port
        at = broker.ends(CALL_EVENTS), broker.ends(TRANSCRIPT_TOKENS)
        for worker, parts in ((one, mine[CALL_EVENTS]), (other, theirs[CALL_EVENTS])):
            expected = sum(ends[int(part)] for ends in at for part in parts)
            assert worker.applied() == expected
        assert other.stop() == 0
        assert one.stop() == 0
    assert load.wrong(saved_states(broker)) == {}
