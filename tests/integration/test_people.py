"""Customers and agents on a real Kafka: reports in, contexts, risks and workloads out."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.agents.load import HOUR_MS
from streams.agents.pseudonym import pseudonym
from streams.calls.events import TranscriptTokens
from streams.calls.reports import ContactReport, CustomerContext, StintReport
from streams.cli.worker import FAILED
from streams.codec import encode
from streams.config import Settings
from streams.customers.history import DAY_MS
from streams.customers.records import CustomerRisk
from streams.topics import (
    AGENT_WORKLOAD,
    AGENTS_CHANGELOG,
    AGENTS_IN,
    CUSTOMER_CONTEXT,
    CUSTOMER_RISK,
    CUSTOMERS_CHANGELOG,
    CUSTOMERS_IN,
    DEAD_LETTERS,
    TRANSCRIPT_TOKENS,
)
from tests.workers import Broker, Worker, until

pytestmark = pytest.mark.kafka

NOW = int(time.time() * 1000)


def contact(customer: str, call: str, stage: Any, days_ago: float = 0.0, **known: Any) -> ContactReport:
    started_at = NOW - round(days_ago * DAY_MS)
    at = started_at + (0 if stage == "started" else 300_000)
    return ContactReport(f"{call}:{stage}", customer, call, stage, at, started_at, "billing", **known)


def stint(agent: str, number: int, tense: bool, escalated_ms: int = 0) -> StintReport:
    joined_at = NOW - HOUR_MS + number * 300_000
    left_at = joined_at + 240_000
    return StintReport(f"{agent}:{number}", agent, f"c{number}", "q", joined_at, left_at, tense, escalated_ms)


def send(broker: Broker, *reports: ContactReport | StintReport) -> None:
    for report in reports:
        if isinstance(report, ContactReport):
            broker.send(CUSTOMERS_IN, report.customer_id.encode(), encode(report))
        else:
            broker.send(AGENTS_IN, report.agent_id.encode(), encode(report))


def newest(broker: Broker, topic: str) -> dict[str, Any]:
    """The last record of each key, None where that is a tombstone."""
    return {
        record.key.decode(): None if record.value is None else msgspec.json.decode(record.value)
        for record in broker.read(topic)
    }


def done(broker: Broker, *topics: str) -> bool:
    """Whether all of these topics is committed."""
    return all(
        broker.committed(topic) == {part: end for part, end in broker.ends(topic).items() if end}
        for topic in topics
    )


def test_a_contact_that_begins_is_told_what_came_before_it(quick: Settings, broker: Broker) -> None:
    with Worker(quick) as worker:
        send(
            broker,
            contact("u1", "c1", "ended", 20, csat=1),
            contact("u1", "c2", "ended", 2, cancel_threat=True),
            contact("u1", "c3", "started"),
            contact("u2", "c4", "started"),
        )
        until(lambda: len(broker.read(CUSTOMER_CONTEXT)) == 2, "both are answered")
        until(lambda: done(broker, CUSTOMERS_IN), "all is committed")
        assert worker.metric("attune_dead_letters_total") == 0
        assert [*next(iter(folders(quick))).rglob("customers-*.db/CURRENT")]
    contexts = {
        record.key: msgspec.json.decode(record.value, type=CustomerContext)
        for record in broker.read(CUSTOMER_CONTEXT)
    }
    assert contexts == {
        b"c3": CustomerContext("c3:started", "c3", NOW, 3, True, 1, "high"),
        b"c4": CustomerContext("c4:started", "c4", NOW),
    }
    risk = newest(broker, CUSTOMER_RISK)
    assert risk["u1"] == msgspec.to_builtins(
        CustomerRisk("u1", NOW, "high", ("cancel_threat", "bad_experiences"), None, "low", (), 0, 1, 3, 1),
        builtin_types=(tuple,),
    ) | {"churn_reasons": ["cancel_threat", "bad_experiences"], "reputation_reasons": []}
    assert risk["u2"]["churn"] == "low"


def test_state_survives_kill_9_whatever_is_left_of_the_folder(quick: Settings, broker: Broker) -> None:
    """H6, H15, H30: the tables come back from RocksDB, and from the changelog alone, beside the fast lane."""
    quick = msgspec.structs.replace(quick, agents="pseudonym")
    with Worker(quick) as worker:
        send(broker, *(contact(f"u{n}", f"c{n}", "ended", 1, csat=1) for n in range(40)))
        send(broker, *(stint("a1", n, tense=True) for n in range(2)))
        until(lambda: done(broker, CUSTOMERS_IN, AGENTS_IN), "all is committed")
        worker.kill()
    changes = sum(broker.ends(CUSTOMERS_CHANGELOG).values())
    elsewhere = msgspec.structs.replace(quick, data_dir=quick.data_dir / "elsewhere")
    elsewhere.data_dir.mkdir()
    secret = (quick.data_dir / "agents.secret").read_bytes()
    (elsewhere.data_dir / "agents.secret").write_bytes(secret)
    for number, settings in enumerate((quick, elsewhere)):
        with Worker(settings) as worker:
            send(broker, *(contact(f"u{n}", f"d{n}-{number}", "started") for n in range(40)))
            send(broker, stint("a1", 2 + number, tense=True))
            until(lambda: done(broker, CUSTOMERS_IN, AGENTS_IN), "all is committed")
            worker.kill()
    contexts = broker.read_json(CUSTOMER_CONTEXT)
    assert len(contexts) == 80
    assert {context.get("bad_experiences") for context in contexts} == {1}
    assert sorted(context["contacts_in_30_days"] for context in contexts) == [2] * 40 + [3] * 40
    [(name, load)] = newest(broker, AGENT_WORKLOAD).items()
    assert name == load["agent_id"] == pseudonym("a1", secret)
    assert (load["calls"], load["tense_in_a_row"], load["break_suggested"]) == (4, 4, True)
    assert sum(broker.ends(CUSTOMERS_CHANGELOG).values()) == changes + 80


def test_what_is_no_report_goes_to_the_dead_letters_and_the_rest_is_applied(
    quick: Settings, broker: Broker
) -> None:
    """H3."""
    good = encode(contact("u1", "c1", "ended"))
    with Worker(quick) as worker:
        for key, value in (
            (b"u1", b"\xff{"),
            (b"u1", None),
            (b"u2", good),
            (None, good),
            (b"u1", good.replace(b"ended", b"melted")),
            (b"u1", encode(contact("u1", "c1", "ended", csat=9))),
            (b"", encode(contact("", "c1", "ended"))),
            (b"u1", good),
        ):
            broker.send(CUSTOMERS_IN, key, value)
        broker.send(AGENTS_IN, b"a1", b"[]")
        send(broker, stint("a1", 0, tense=False))
        until(lambda: newest(broker, CUSTOMER_RISK) and newest(broker, AGENT_WORKLOAD), "the good ones")
        until(lambda: done(broker, CUSTOMERS_IN, AGENTS_IN), "all is committed")
        assert worker.metric("attune_dead_letters_total", topic=CUSTOMERS_IN) == 7
        assert worker.metric("attune_dead_letters_total", topic=AGENTS_IN, reason="wrong_field") == 1
    found = [
        (dict(letter.headers)["reason"], dict(letter.headers)["field"])
        for letter in broker.read(DEAD_LETTERS)
    ]
    assert sorted(found) == [
        (b"empty", b""),
        (b"key_mismatch", b"$.customer_id"),
        (b"key_mismatch", b"$.customer_id"),
        (b"not_json", b""),
        *[(b"wrong_field", field) for field in (b"", b"$.csat", b"$.customer_id", b"$.stage")],
    ]


def test_with_the_workload_off_nothing_is_published_and_what_was_kept_is_removed(
    quick: Settings, broker: Broker
) -> None:
    with Worker(quick) as worker:
        send(broker, *(stint("a1", n, tense=True) for n in range(3)))
        until(lambda: newest(broker, AGENT_WORKLOAD).get("a1", {}).get("break_suggested"), "named")
        assert worker.metric("attune_break_suggestions_total") == 1
        until(lambda: done(broker, AGENTS_IN), "all is committed")
    with Worker(msgspec.structs.replace(quick, workload="off")):
        send(broker, stint("a2", 0, tense=True))
        broker.send(AGENTS_IN, b"a3", b"garbage")
        until(lambda: newest(broker, AGENT_WORKLOAD) == {"a1": None}, "the tombstone")
        until(lambda: done(broker, AGENTS_IN), "all is committed")
    assert {record.key: record.value for record in broker.read(AGENTS_CHANGELOG)} == {b"a1": None}
    assert broker.read(DEAD_LETTERS) == []


#: A worker whose core has a bug.
BROKEN = """
import streams.processors.customers as customers
def record(*_):
    raise RuntimeError("a bug")
customers.record = record
from streams.cli import main
main()
"""


def test_what_cannot_be_applied_for_another_reason_ends_the_worker_and_is_not_lost(
    quick: Settings, broker: Broker
) -> None:
    """H1: stock Faust would acknowledge the record and go on."""
    with Worker(quick, "broken", [sys.executable, "-c", BROKEN, "worker"]) as worker:
        send(broker, contact("u1", "c1", "started"))
        assert worker.wait() == FAILED
        assert "work on " in worker.log
        assert "failed: RuntimeError('a bug')" in worker.log
    assert broker.committed(CUSTOMERS_IN) == {}
    with Worker(quick, "next"):
        until(lambda: len(broker.read(CUSTOMER_CONTEXT)) == 1, "the contact is answered")


def test_a_backlog_of_reports_holds_up_no_alert(quick: Settings, broker: Broker) -> None:
    """The processor takes about a millisecond a record, in the loop that feeds the fast lane."""
    for number in range(4_000):
        send(broker, contact(f"u{number % 500}", f"c{number}", "ended"))
    with Worker(quick) as worker:
        for number in range(20):
            at = int(time.time() * 1000)
            said = TranscriptTokens(
                f"a{number}", "customer", 0, ["get", "me", "your", "manager"], at, final=True
            )
            broker.send_all([(TRANSCRIPT_TOKENS, said)])
        assert not done(broker, CUSTOMERS_IN), "the backlog was gone before it could hold anything up"
        until(lambda: worker.metric("attune_alert_latency_seconds_count") == 20, "the alerts")
        until(lambda: done(broker, CUSTOMERS_IN), "all is committed")
        assert worker.metric("attune_alert_latency_seconds_bucket", le="1.0") == 20


def folders(settings: Settings) -> Iterable[Path]:
    return (settings.data_dir / "tables" / f"{settings.topic_prefix}{settings.app_id}").iterdir()


def test_two_workers_on_one_machine_have_a_folder_each_and_take_over_from_each_other(
    quick: Settings, broker: Broker
) -> None:
    """H12, H14: each customer is on one worker; who takes over has what the other had."""
    with Worker(quick, "first") as first, Worker(quick, "second") as second:
        send(broker, *(contact(f"u{n}", f"c{n}", "ended", 1, csat=1) for n in range(40)))
        until(lambda: done(broker, CUSTOMERS_IN), "all is committed", 60)
        assert {folder.name for folder in folders(quick)} == {"0", "1"}
        first.kill()
        send(broker, *(contact(f"u{n}", f"d{n}", "started") for n in range(40)))
        until(lambda: len(broker.read(CUSTOMER_CONTEXT)) >= 40, "all are answered", 60)
        assert second.process.poll() is None
    contexts = {context["call_id"]: context for context in broker.read_json(CUSTOMER_CONTEXT)}
    assert len(contexts) == 40
    assert {context.get("bad_experiences") for context in contexts.values()} == {1}
