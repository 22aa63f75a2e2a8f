"""kill -9 while reports of customers and agents, and tokens of calls, come in: each counts exactly once."""

import random
import time
from collections import defaultdict

import msgspec
import pytest
from kafka import KafkaAdminClient

from streams.agents.load import HOUR_MS
from streams.calls.reports import ContactReport, StintReport
from streams.codec import encode
from streams.config import Settings
from streams.customers.history import DAY_MS, History, record
from streams.customers.risk import customer_risk
from streams.kafka.admin import apply_topics, connection
from streams.topics import (
    AGENT_WORKLOAD,
    AGENTS_IN,
    CUSTOMER_CONTEXT,
    CUSTOMER_RISK,
    CUSTOMERS_CHANGELOG,
    CUSTOMERS_IN,
)
from tests.numbered import Numbered, saved_states
from tests.workers import Broker, Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

CUSTOMERS, AGENTS, ROUNDS = 60, 12, 6


def reports(number: int, now: int) -> list[ContactReport | StintReport]:
    """Round `number`: each customer calls once, each agent takes one call."""
    day = now - (ROUNDS - number) * DAY_MS
    found: list[ContactReport | StintReport] = []
    for customer in range(CUSTOMERS):
        call, about = f"c{customer}-{number}", f"q{customer % 3}"
        bad = (customer + number) % 4 == 0
        for stage, at in (("started", day), ("ended", day + 60_000)):
            record_id = f"{call}:{stage}"
            csat = 1 if bad and stage == "ended" else None
            report = ContactReport(record_id, f"u{customer}", call, stage, at, day, about, csat=csat)
            found.append(report)
    for agent in range(AGENTS):
        joined_at = now - HOUR_MS + number * 300_000
        stint = StintReport(f"a{agent}:{number}", f"a{agent}", "c", "q", joined_at, joined_at + 200_000)
        found.append(stint)
    return found


def test_through_kills_at_any_moment_every_report_counts_once(settings: Settings) -> None:
    """H1, H4, H5, H6, H30: two workers, each killed in turn; what is published is what the core says."""
    mine = msgspec.structs.replace(settings, checkpoint_seconds=1, agents="named")
    now, chance = int(time.time() * 1000), random.Random(20)
    load = Numbered(calls=8, tokens=10 * ROUNDS, prefix="k")
    truth: dict[str, History] = defaultdict(History)
    with Broker(mine) as broker, Worker(mine, "one") as one, Worker(mine, "two") as two:
        for number in range(ROUNDS):
            sent = reports(number, now)
            for place, report in enumerate(sent):
                about_customer = isinstance(report, ContactReport)
                key = report.customer_id if about_customer else report.agent_id
                topic = CUSTOMERS_IN if about_customer else AGENTS_IN
                broker.send(topic, key.encode(), encode(report))
                if isinstance(report, ContactReport):
                    truth[key] = record(truth[key], report)
                if place == chance.randrange(len(sent)):
                    time.sleep(chance.random())
            broker.send_all(load.records(10 * number, 10 * (number + 1)))
            victim = (one, two)[number % 2]
            time.sleep(chance.random())
            victim.kill()
            victim.start()
        one.wait_ready()
        two.wait_ready()

        def newest(topic: str) -> dict[str, dict[str, object]]:
            return {found.key.decode(): msgspec.json.decode(found.value) for found in broker.read(topic)}

        def settled() -> bool:
            risks, workloads = newest(CUSTOMER_RISK), newest(AGENT_WORKLOAD)
            counted = all(found["calls"] == ROUNDS for found in workloads.values())
            return len(workloads) == AGENTS and counted and risks == expected

        expected = {
            key: msgspec.json.decode(encode(customer_risk(key, history))) for key, history in truth.items()
        }
        until(settled, "everything counts once", 120)
        until(lambda: load.wrong(saved_states(broker)) == {}, "so do the tokens", 60)
        contexts = broker.read_json(CUSTOMER_CONTEXT)
    assert {context["call_id"] for context in contexts} == {
        f"c{customer}-{number}" for customer in range(CUSTOMERS) for number in range(ROUNDS)
    }
    told = {context["record_id"]: context for context in contexts}
    assert all(told[context["record_id"]]["call_id"] == context["call_id"] for context in contexts)


def test_a_changelog_that_was_made_anew_makes_the_store_anew(settings: Settings) -> None:
    """H26: a store that has read further than its topic goes would end every worker at its start."""
    mine = msgspec.structs.replace(settings, checkpoint_seconds=1)
    now = int(time.time() * 1000)
    with Broker(mine) as broker:
        for number, customers in ((0, 20), (1, 2)):
            with Worker(mine) as worker:
                for report in reports(number, now)[: 2 * customers]:
                    assert isinstance(report, ContactReport)
                    broker.send(CUSTOMERS_IN, report.customer_id.encode(), encode(report))
                until(lambda: broker.committed(CUSTOMERS_IN) == {
                    part: end for part, end in broker.ends(CUSTOMERS_IN).items() if end
                }, "all is committed")  # fmt: skip
                assert worker.stop() == 0
            if number == 0:
                admin = KafkaAdminClient(**connection(mine))
                admin.delete_topics([mine.topic(CUSTOMERS_CHANGELOG)])
                admin.close()
                until(lambda: apply_topics(mine) == [], "the topic is there again", 30)
        last = {found.key: msgspec.json.decode(found.value) for found in broker.read(CUSTOMER_RISK)}
    assert last[b"u0"]["contacts_in_30_days"] == 1
