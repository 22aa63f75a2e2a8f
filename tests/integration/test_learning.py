"""One trainer, every worker: verdicts become weights, once each, whatever is killed in between."""

import sys
import time
from collections.abc import Iterator

import msgspec
import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from models.base import LinearWeights
from models.evaluation import score_tokens
from models.resemblance import sketch
from models.sentiment import Sentiment, merged
from models.snapshots import Snapshot, decode, encode, pretrained
from models.trainer import Example, Trainer
from streams.calls.events import (
    Alert,
    AlertVerdict,
    CallEvent,
    CallStarted,
    LabelledTurn,
    TranscriptTokens,
)
from streams.calls.reports import SentenceReport
from streams.cli.worker import FAILED
from streams.config import Settings
from streams.kafka.delivery import Delivery
from streams.kafka.snapshots import newest_snapshot
from streams.metrics import PipelineMetrics
from streams.processors.trainer import AgentSentences, LabelledTurns
from streams.processors.training import Message, Training
from streams.published import SentimentKind
from streams.rulebook import load_rules
from tests.workers import Broker, Worker, until

pytestmark = pytest.mark.kafka

BASE = pretrained()
WORD = "grotzed"
COMPLAINT = f"it is all {WORD} and {WORD} i want to speak to your manager"


def complaint(call_id: str) -> Iterator[tuple[str, CallEvent | TranscriptTokens]]:
    """A call that is an escalation whatever the new word means; its reasons say what it weighs."""
    now = int(time.time() * 1000)
    yield "call-events", CallStarted(call_id, now, queue="q", locale="en-US")
    said = TranscriptTokens(call_id, "customer", 0, COMPLAINT.split(), now + 2_000, final=True)
    yield "transcript-tokens", said


def complain(broker: Broker, *call_ids: str) -> dict[str, tuple[int, Alert]]:
    """Send complaints; return partition and alert of each call."""
    broker.send_all(record for call_id in call_ids for record in complaint(call_id))

    def raised() -> dict[str, tuple[int, Alert]]:
        alerts = [
            (record.partition, msgspec.json.decode(record.value, type=Alert))
            for record in broker.read("escalation-alerts")
        ]
        return {alert.call_id: (place, alert) for place, alert in alerts if alert.severity == "high"}

    until(lambda: set(call_ids) <= raised().keys(), f"an alert for each of {call_ids}")
    found = raised()
    return {call_id: found[call_id] for call_id in call_ids}


def confirm(broker: Broker, alerts: dict[str, tuple[int, Alert]]) -> None:
    now = int(time.time() * 1000)
    broker.send_all(
        ("call-events", AlertVerdict(call_id, now, alert.alert_id, "confirmed", by="ann"))
        for call_id, (_, alert) in alerts.items()
    )


def unhappiness(alert: Alert) -> float:
    return sum(reason.weight for reason in alert.reasons if reason.signal == "negative_sentiment")


def labelled(number: int, word: str = WORD, **change: object) -> LabelledTurn:
    turn = LabelledTurn(f"x{number}", "x", 1, ("so", word), True, 1.0, "verdict", "en-US")
    return msgspec.structs.replace(turn, **change)


def teach(broker: Broker, *turns: LabelledTurn) -> None:
    for turn in turns:
        broker.send("labelled-examples", turn.record_id.encode(), msgspec.json.encode(turn), 0)


def published(broker: Broker) -> list[Snapshot]:
    return [decode(record.value, BASE.name) for record in broker.read("model-snapshots")]


def learned(broker: Broker) -> int:
    """How many examples the newest published model has learned."""
    return max((sum(snapshot.examples.values()) for snapshot in published(broker)), default=0)


def version(worker: Worker) -> float:
    return worker.metric("attune_model_version", model="sentiment")


def trained(*turns: LabelledTurn, number: int = 1) -> Snapshot:
    """The snapshot of a trainer that nobody disturbed."""
    trainer = Trainer(BASE)
    for place, turn in enumerate(turns):
        trainer.learn(
            Example(turn.record_id, turn.tokens, turn.negative, turn.weight, turn.source), offset=place
        )
    return trainer.snapshot(number)


def shared(first: Worker, second: Worker) -> bool:
    """Whether both have their share: the one that was there first has given some of its own away."""
    return first.metric("attune_rebalances_total") > 1 and second.metric("attune_rebalances_total") > 0


def only(weights: set[float]) -> float:
    [weight] = {round(weight, 9) for weight in weights}
    return weight


def test_confirmed_verdicts_teach_a_word_to_every_worker_and_a_restart_keeps_it(
    quick: Settings, broker: Broker
) -> None:
    everywhere = [f"call-{number}" for number in range(24)]
    with Worker(quick, "first") as first, Worker(quick, "second") as second:
        until(lambda: shared(first, second), "two workers")
        before = complain(broker, *everywhere)
        assert {place for place, _ in before.values()} == set(range(quick.partitions))
        assert {alert.model for _, alert in before.values()} == {"sentiment@0"}
        until(lambda: first.applied() and second.applied(), "both have calls")
        confirm(broker, before)
        until(lambda: learned(broker) == len(everywhere), "every verdict is learned")
        newest = max(snapshot.version for snapshot in published(broker))
        until(lambda: version(first) == version(second) == newest, "both workers have the new version")
        after = complain(broker, *(f"later-{call_id}" for call_id in everywhere))
        assert {alert.model for _, alert in after.values()} == {f"sentiment@{newest}"}
        assert {place for place, _ in after.values()} == set(range(quick.partitions))
        once = only({unhappiness(alert) for _, alert in before.values()})
        now = only({unhappiness(alert) for _, alert in after.values()})
        assert now > once + 0.2
        assert first.stop() == 0
        assert second.stop() == 0
    with Worker(quick, "third") as third:
        assert version(third) == newest
        again = complain(broker, "much-later")["much-later"][1]
        assert (again.model, only({unhappiness(again)})) == (f"sentiment@{newest}", now)
        assert third.metric("attune_snapshots_refused_total") == 0


def test_an_example_learned_and_committed_but_not_published_outlives_a_kill_9(
    quick: Settings, broker: Broker
) -> None:
    sent: list[LabelledTurn] = []
    with Worker(quick, "killed") as worker:
        for _ in range(5):
            new = [labelled(len(sent) + place, f"word{place}") for place in range(7)]
            teach(broker, *new)
            sent += new
            until(
                lambda: broker.committed("labelled-examples") == broker.ends("labelled-examples"),
                "the group's offset is past the examples",
            )
            worker.kill()
            if learned(broker) < len(sent):
                break
            worker.start()
            worker.wait_ready()
        assert learned(broker) < len(sent), "every version was published before its kill"
    with Worker(quick, "next"):
        until(lambda: learned(broker) == len(sent), "every example is published", 60)
        teach(broker, *sent[:3], labelled(999))
        until(lambda: learned(broker) == len(sent) + 1, "and one more, the repeats not")
    newest = max(published(broker), key=lambda snapshot: snapshot.version)
    assert newest.learned == trained(*sent, labelled(999)).learned
    assert newest.offset == len(sent) + 3


def test_another_worker_goes_on_training_when_the_one_that_trained_dies(
    quick: Settings, broker: Broker
) -> None:
    with Worker(quick, "first") as first, Worker(quick, "second") as second:
        until(lambda: shared(first, second), "two workers")
        turns = [labelled(number) for number in range(60)]
        teach(broker, *turns)
        until(lambda: learned(broker) == 60, "all learned")
        versions = [snapshot.version for snapshot in published(broker)]
        assert versions == list(range(1, len(versions) + 1))
        trainers = [worker for worker in (first, second) if "training of sentiment goes on" in worker.log]
        owner = trainers[-1]
        other = second if owner is first else first
        more = [labelled(number, "more") for number in range(60, 64)]
        teach(broker, *more)
        owner.kill()
        until(lambda: learned(broker) == 64, "the other worker trains", 60)
        until(lambda: version(other) > versions[-1], "and has what it published")
    newest = max(published(broker), key=lambda snapshot: snapshot.version)
    assert newest.learned == trained(*turns, *more).learned


def test_a_bad_snapshot_is_refused_and_counted_and_the_old_model_stays(
    quick: Settings, broker: Broker
) -> None:
    good = trained(*(labelled(number) for number in range(20)), number=1)
    other = Trainer(LinearWeights("other@1")).snapshot(2)
    damaged = bytearray(encode(good))
    damaged[-20] ^= 1
    broker.send("model-snapshots", b"sentiment", encode(good), 0)
    broker.send("model-snapshots", b"sentiment", bytes(damaged), 0)
    with Worker(quick) as worker:
        assert version(worker) == 1
        assert worker.metric("attune_snapshots_refused_total", reason="checksum") == 1
        for value in (b"\xff\xfe", encode(other), None):
            broker.send("model-snapshots", b"sentiment", value, 0)
        until(lambda: worker.metric("attune_snapshots_refused_total") == 3, "all refused")
        assert worker.metric("attune_snapshots_refused_total", reason="unreadable") == 1
        assert worker.metric("attune_snapshots_refused_total", reason="base") == 1
        assert worker.log.count("is refused, sentiment@1 stays") == 3
        assert complain(broker, "c")["c"][1].model == "sentiment@1"
        teach(broker, labelled(100))
        until(lambda: version(worker) > 2, "a version above that of the damaged one")
        newest = decode(broker.read("model-snapshots")[-1].value, BASE.name)
        assert newest.examples == {"verdict": 21}
        broker.send("model-snapshots", b"sentiment", encode(good), 0)  # from a trainer that was replaced
        later = msgspec.structs.replace(newest, version=50)
        broker.send("model-snapshots", b"sentiment", encode(later), 0)
        until(lambda: version(worker) == 50, "the newer one is taken")
        assert worker.log.count("sentiment@1 is in force") == 1


def test_what_was_learned_from_wrong_labels_is_taken_back_with_a_line_that_says_why(
    quick: Settings, broker: Broker
) -> None:
    wrong = [labelled(n, tokens=("this", "is", "terrible"), negative=False) for n in range(40)]
    with Worker(quick) as worker:
        teach(broker, *wrong)
        until(lambda: learned(broker) == 40 and version(worker) > 0, "the wrong ones are learned")
        assert worker.metric("attune_model_rollbacks_total") == 0
        teach(broker, *(labelled(n, tokens=("this", "is", "terrible")) for n in range(40, 45)))
        until(lambda: worker.metric("attune_model_rollbacks_total", model="sentiment") == 1, "taken back")
        assert version(worker) == 0
        assert complain(broker, "c")["c"][1].model == "sentiment@0"
        assert "is worse than the frozen model, which is used (examples: 45 by verdict" in worker.log
    with Worker(quick, "next") as worker:
        until(
            lambda: worker.metric("attune_model_rollbacks_total", model="sentiment") == 1, "so does another"
        )
        assert version(worker) == 0


def test_a_sentence_of_many_calls_becomes_a_script_that_every_worker_knows(
    quick: Settings, broker: Broker
) -> None:
    sentence = "let me assure you that your call matters a great deal to us"
    with Worker(msgspec.structs.replace(quick, phrase_book="on")) as worker:
        until(lambda: worker.metric("attune_model_version", model="phrases") == 0, "ready")
        for number in range(AgentSentences.records):
            said = (
                sentence if number % 20 == 0 else f"your parcel n{number} left on d{number} by way x{number}"
            )
            report = SentenceReport("en-US", sketch(said.split()))
            broker.send("agent-sentences", b"en-US", msgspec.json.encode(report), 0)
        until(lambda: worker.metric("attune_model_version", model="phrases") == 1, "a phrase book")
        now = int(time.time() * 1000)
        broker.send_all(
            [
                ("call-events", CallStarted("scripted", now, queue="q", locale="en-US", agent_id="a1")),
                (
                    "transcript-tokens",
                    TranscriptTokens("scripted", "agent", 0, sentence.split(), now, final=True),
                ),
            ]
        )
        until(lambda: worker.metric("attune_agent_replies_total", style="scripted") == 1, "it is scripted")
        until(lambda: len(broker.read("agent-sentences")) == AgentSentences.records + 1, "it is counted too")


class Group:
    """Which partitions this member has, and how often that has changed."""

    def __init__(self) -> None:
        self.epoch = 0
        self.owned: set[TP] = set()

    def assignment(self) -> set[TP]:
        return self.owned

    def assign(self, *owned: TP) -> None:
        self.epoch += 1
        self.owned = set(owned)


async def test_only_who_has_the_examples_learns_them(
    quick: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LabelledTurns, "seconds", 0.0)
    rules = load_rules(quick, Sentiment(BASE).weights(0))
    metrics = PipelineMetrics(CollectorRegistry())
    delivery = Delivery(quick, metrics, rules, pytest.fail, allowed=lambda: True)
    group, place = Group(), TP(quick.topic("labelled-examples"), 0)
    training = Training(quick, LabelledTurns(BASE, delivery), delivery, group, lambda: group, pytest.fail)

    async def newest() -> dict[str, int] | None:
        assert await delivery.states.drained(30)
        snapshot, _ = await newest_snapshot(quick, SentimentKind(BASE))
        return snapshot.examples if snapshot else None

    def sent(number: int) -> Message:
        turn = labelled(number)
        teach(broker, turn)
        return Message(place.topic, 0, number, 0, turn.record_id.encode(), msgspec.json.encode(turn))

    await delivery.start()
    try:
        await training.learn(sent(0))
        await training.look()
        assert await newest() is None
        group.assign(place)
        await training.look()
        assert await newest() == {"verdict": 1}
        await training.learn(sent(1))
        assert await newest() == {"verdict": 2}
        group.assign()
        await training.learn(sent(2))
        await training.look()
        assert await newest() == {"verdict": 2}
        group.assign(place)
        await training.learn(sent(3))
        assert await newest() == {"verdict": 4}
        sent(4)
        await training.learn(sent(5))  # Faust has skipped one
        assert await newest() == {"verdict": 6}
        await training.learn(sent(3))
        assert await newest() == {"verdict": 6}
    finally:
        await delivery.stop()
    assert max(published(broker), key=lambda snapshot: snapshot.version).learned == (
        trained(*(labelled(number) for number in range(6))).learned
    )


#: A worker whose trainer has a bug.
BROKEN = """
from models.trainer import Trainer
def learn(*_):
    raise RuntimeError("a bug")
Trainer.learn = learn
from streams.cli import main
main()
"""


def test_what_cannot_be_learned_for_another_reason_ends_the_worker_and_is_not_lost(
    quick: Settings, broker: Broker
) -> None:
    """H1: stock Faust would acknowledge the example and go on."""
    with Worker(quick, "broken", [sys.executable, "-c", BROKEN, "worker"]) as worker:
        teach(broker, labelled(0))
        assert worker.wait() == FAILED
        assert "training failed: RuntimeError('a bug')" in worker.log
    assert broker.committed("labelled-examples") == {}
    with Worker(quick, "next"):
        until(lambda: learned(broker) == 1, "the example is learned", 60)


def test_what_is_no_example_goes_to_the_dead_letters_and_the_rest_is_learned(
    quick: Settings, broker: Broker
) -> None:
    with Worker(quick) as worker:
        teach(broker, labelled(0))
        broker.send("labelled-examples", b"garbage", b"\xff{", 0)
        broker.send("labelled-examples", b"empty", None, 0)
        broker.send("labelled-examples", b"another", msgspec.json.encode(labelled(1)), 0)
        teach(broker, labelled(2, weight=1e9), labelled(3, locale="fi-FI"), labelled(4))
        until(lambda: learned(broker) == 2, "the good ones are learned")
        assert worker.metric("attune_dead_letters_total", topic="labelled-examples") == 4
        assert worker.metric("attune_model_version") == 1
    headers = [dict(record.headers) for record in broker.read("dead-letters")]
    assert sorted((int(found["offset"]), found["reason"], found["field"]) for found in headers) == [
        (1, b"not_json", b""),
        (2, b"empty", b""),
        (3, b"key_mismatch", b"$.record_id"),
        (4, b"wrong_field", b"$.weight"),
    ]
    [snapshot] = published(broker)
    assert snapshot.offset == 6
    assert snapshot.learned == trained(labelled(0), labelled(4)).learned
    tokens = ["so", WORD]
    assert score_tokens(merged(BASE, snapshot.learned, 1), tokens) > score_tokens(BASE, tokens)
