"""`track_customers` and `track_agents` through Faust's own test harness, on a RocksDB of their own."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import faust
import msgspec
import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from streams.agents.load import KEPT_MS as LOAD_KEPT_MS
from streams.agents.load import MINUTE_MS, Load
from streams.calls.reports import ContactReport, StintReport
from streams.codec import encode
from streams.config import Settings
from streams.customers.history import DAY_MS, KEPT_MS, REPEAT_MS, History
from streams.kafka.delivery import Delivery
from streams.metrics import PipelineMetrics
from streams.processors import agents, customers, hops
from streams.processors.agents import Agents
from streams.processors.customers import Customers
from streams.processors.hops import Hop, Standing
from streams.topics import (
    AGENT_WORKLOAD,
    AGENTS_CHANGELOG,
    AGENTS_IN,
    CUSTOMER_CONTEXT,
    CUSTOMER_RISK,
    CUSTOMERS_CHANGELOG,
    CUSTOMERS_IN,
    DEAD_LETTERS,
)
from tests.builders import T0, rules
from tests.functional.test_track_calls import Outbox
from tests.people import contact


class Group:
    """A member in good standing, which remembers what was committed."""

    def __init__(self) -> None:
        self.fenced = False
        self.offsets: dict[TP, int] = {}

    async def commit_source(self, offsets: Any) -> bool:
        self.offsets.update(offsets)
        return True


class Bench:
    """A worker without a broker; `held` holds back what a changelog would acknowledge."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.settings = Settings(data_dir=folder, **settings)
        self.registry = CollectorRegistry()
        self.failed: list[str] = []
        self.group = Group()
        self.sends_allowed = True
        self.changes: list[tuple[str, int, bytes, bytes | None]] = []
        self.held: list[asyncio.Future[Any]] | None = None
        metrics = PipelineMetrics(self.registry)
        delivery = Delivery(self.settings, metrics, rules(), self.failed.append, lambda: True)
        self.sent = Outbox()
        monkeypatch.setattr(delivery, "states", self.sent)
        self.app = faust.App("functional", broker="kafka://127.0.0.1:1", datadir=folder, autodiscover=False)
        standing = Standing(lambda: self.group, lambda: True, lambda: self.sends_allowed, self.failed.append)
        self.customers = customers.register(self.app, self.settings, delivery, metrics, standing)
        self.agents = agents.register(
            self.app, self.settings, delivery, metrics, standing, lambda name: name.upper()
        )
        tables = {CUSTOMERS_CHANGELOG: "customers", AGENTS_CHANGELOG: "agents"}
        for changelog, name in tables.items():
            monkeypatch.setattr(self.app.tables[name], "send_changelog", self._changed(changelog))
        owned = {TP(topic, number) for topic in tables for number in range(4)}
        monkeypatch.setattr(self.app.assignor, "assigned_actives", lambda: owned)

    def _changed(self, changelog: str) -> Any:
        def send(partition: int, key: bytes, value: bytes | None, **_: Any) -> "asyncio.Future[Any]":
            self.changes.append((changelog, partition, key, value))
            done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            if self.held is None:
                done.set_result(None)
            else:
                self.held.append(done)
            return done

        return send

    async def put(self, processor: Any, *records: ContactReport | StintReport | bytes | None) -> None:
        for record in records:
            key = b"u1"
            if isinstance(record, ContactReport | StintReport):
                key = getattr(record, "customer_id", getattr(record, "agent_id", "")).encode()
                record = encode(record)
            await processor.put(record, key=key, partition=2)

    def kept(self, hop: Hop, key: bytes) -> Any:
        work: Any = hop._work
        return work._table.get(key)

    async def sweep(self, hop: Hop, after: int, until: int) -> None:
        await hop._work.sweep(after, until, lambda: True)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"attune_{name}", labels)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path, monkeypatch)
    yield bench
    # Faust makes a consumer with a thread that is never started, so nobody else closes its loop.
    bench.app.consumer._thread.thread_loop.close()


def stint(number: int, minute: float, tense: bool = True) -> StintReport:
    joined_at = T0 + round(minute * MINUTE_MS)
    left_at = joined_at + 4 * MINUTE_MS
    return StintReport(f"c{number}:a1", "a1", f"c{number}", "billing", joined_at, left_at, tense)


async def test_reports_in_history_context_and_risk_out(bench: Bench) -> None:
    async with bench.app.agents["track_customers"].test_context() as processor:
        await bench.put(processor, contact("c1", -2, csat=1), contact("c2", stage="started"))
        history = bench.kept(bench.customers, b"u1")
        assert isinstance(history, History)
        assert set(history.contacts) == {"c1", "c2"}
        [context] = bench.sent.to(CUSTOMER_CONTEXT)
        assert (context["call_id"], context["repeat_contact"], context["bad_experiences"]) == ("c2", True, 1)
        assert [record.key for record in bench.sent.sent if record.topic == CUSTOMER_CONTEXT] == [b"c2"]
        assert [risk["contacts_in_30_days"] for risk in bench.sent.to(CUSTOMER_RISK)] == [1, 2]
        assert [change[:3] for change in bench.changes] == [(CUSTOMERS_CHANGELOG, 2, b"u1")] * 2
        await bench.customers.commit()
        assert bench.group.offsets == {TP(CUSTOMERS_IN, 2): 2}
    assert bench.failed == []


async def test_a_record_that_comes_again_is_answered_alike_and_applied_once(bench: Bench) -> None:
    """After a crash the local store may be ahead: the change is written to the changelog again."""
    async with bench.app.agents["track_customers"].test_context() as processor:
        await bench.put(processor, contact("c1", -2, csat=1), contact("c2", stage="started"))
        before = bench.kept(bench.customers, b"u1")
        await bench.put(processor, contact("c1", -2, csat=1), contact("c2", stage="started"))
        assert bench.kept(bench.customers, b"u1") == before
        first, again = bench.sent.to(CUSTOMER_CONTEXT)
        assert first == again
        assert bench.sent.to(CUSTOMER_RISK)[-1] == bench.sent.to(CUSTOMER_RISK)[1]
        assert bench.changes[-1] == bench.changes[1]


async def test_an_offset_waits_for_the_changelog_and_a_stop_waits_for_the_offset(bench: Bench) -> None:
    """H4, H5, H29: the state is done when it is acknowledged, not when it is sent."""
    bench.held = []
    async with bench.app.agents["track_customers"].test_context() as processor:
        await bench.put(processor, contact("c1"), contact("c2", 1))
        await bench.customers.commit()
        assert bench.group.offsets == {}
        bench.held[1].set_result(None)
        await bench.customers.commit()
        assert bench.group.offsets == {}
        asyncio.get_running_loop().call_later(0.05, bench.held[0].set_result, None)
        await bench.customers.revoke()
        assert bench.group.offsets == {TP(CUSTOMERS_IN, 2): 2}


async def test_a_change_that_the_changelog_does_not_take_ends_the_worker(bench: Bench) -> None:
    bench.held = []
    async with bench.app.agents["track_customers"].test_context() as processor:
        await bench.put(processor, contact("c1"))
        bench.held[0].set_exception(OSError("no broker"))
        await asyncio.sleep(0)
        assert bench.failed == [
            "a record for attune-customers-changelog was not acknowledged: OSError('no broker')"
        ]
        await bench.customers.commit()
        assert bench.group.offsets == {}


async def test_an_exception_ends_the_worker_before_the_record_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H1."""

    def bug(*_: object) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr("streams.processors.customers.record", bug)
    async with bench.app.agents["track_customers"].test_context() as processor:
        with pytest.raises(RuntimeError, match="a bug"):
            await bench.put(processor, contact("c1"))
    assert bench.failed == ["work on customers-in failed: RuntimeError('a bug')"]
    await bench.customers.commit()
    assert bench.group.offsets == {}


async def test_a_worker_that_may_have_lost_its_tables_applies_nothing_and_one_that_has_commits_nothing(
    bench: Bench,
) -> None:
    """H28."""
    async with bench.app.agents["track_customers"].test_context() as processor:
        await bench.put(processor, contact("c1"))
        bench.group.fenced = True
        await bench.customers.revoke()
        assert bench.group.offsets == {}
        bench.sends_allowed = False
        await bench.put(processor, contact("c2"))
        assert len(bench.changes) == 1
        assert "another worker may own the tables" in bench.failed[0]


async def test_what_is_no_report_stands_alone(bench: Bench) -> None:
    """H3."""
    good = encode(contact("c1"))
    async with bench.app.agents["track_customers"].test_context() as processor:
        await bench.put(processor, b"\xff", None, good.replace(b"u1", b"u2"), contact("c1"))
        await bench.customers.commit()
        assert bench.group.offsets == {TP(CUSTOMERS_IN, 2): 4}
    letters = [record for record in bench.sent.sent if record.topic == DEAD_LETTERS]
    assert [record.value for record in letters] == [b"\xff", None, good.replace(b"u1", b"u2")]
    for reason in ("not_json", "empty", "key_mismatch"):
        assert bench.value("dead_letters_total", topic=CUSTOMERS_IN, reason=reason) == 1
    assert len(bench.sent.to(CUSTOMER_RISK)) == 1


async def test_the_sweep_counts_who_is_at_risk_and_what_was_solved_and_forgets_in_time(
    bench: Bench,
) -> None:
    other = msgspec.structs.replace(
        contact("c9", 60, legal_threat=True, cancel_threat=True), customer_id="u2"
    )
    async with bench.app.agents["track_customers"].test_context() as processor:
        await bench.put(
            processor, contact("c1", unrecovered=True), contact("c2", 1), contact("c3", 50), other
        )
        sent = len(bench.sent.sent)
        await bench.sweep(bench.customers, T0 + REPEAT_MS - 1, T0 + REPEAT_MS)
        assert bench.value("first_contact_total", kind="observed", resolved="no") == 1
        await bench.sweep(bench.customers, T0 + REPEAT_MS, T0 + 57 * DAY_MS)
        assert bench.value("first_contact_total", kind="observed", resolved="yes") == 1
        assert bench.value("first_contact_total", kind="observed", resolved="no") == 1
        assert bench.value("customers_at_risk", kind="churn", band="raised") == 1
        assert bench.value("customers_at_risk", kind="reputation", band="raised") == 1
        assert bench.value("customers_at_risk", kind="churn", band="high") == 0
        assert len(bench.sent.sent) == sent

        await bench.sweep(bench.customers, 0, T0 + KEPT_MS)
        assert set(bench.kept(bench.customers, b"u1").contacts) == {"c2", "c3"}
        risk = bench.sent.to(CUSTOMER_RISK)[-1]
        assert (risk["customer_id"], risk["bad_experiences"]) == ("u1", 0)
        await bench.sweep(bench.customers, 0, T0 + KEPT_MS + 51 * DAY_MS)
        assert bench.kept(bench.customers, b"u1") is None
        assert bench.changes[-1] == (CUSTOMERS_CHANGELOG, 2, b"u1", None)
        assert bench.sent.sent[-1].key == b"u1"
        assert bench.sent.to(CUSTOMER_RISK)[-1] is None
        assert bench.kept(bench.customers, b"u2") is not None
        await bench.put(processor, contact("c4", 200))
        assert set(bench.kept(bench.customers, b"u1").contacts) == {"c4"}


async def test_a_load_is_published_by_another_name_and_a_break_is_suggested_once(bench: Bench) -> None:
    async with bench.app.agents["track_agents"].test_context() as processor:
        await bench.put(processor, *(stint(number, 5 * number) for number in range(4)), stint(3, 15))
        found = bench.sent.to(AGENT_WORKLOAD)
        assert [load["agent_id"] for load in found] == ["A1"] * 5
        assert [load["break_suggested"] for load in found] == [False, False, True, True, True]
        assert found[-1]["calls"] == 4
        assert bench.value("break_suggestions_total") == 1
        await bench.put(processor, stint(5, 60), stint(6, 65), stint(7, 70))
        assert bench.value("break_suggestions_total") == 2
        assert isinstance(bench.kept(bench.agents, b"A1"), Load)
        assert bench.kept(bench.agents, b"a1") is None
        await bench.agents.commit()
        assert bench.group.offsets == {TP(AGENTS_IN, 2): 8}
    assert all(b"a1" not in (value or b"") and key != b"a1" for *_, key, value in bench.changes)


async def test_a_load_is_forgotten_after_a_day(bench: Bench) -> None:
    async with bench.app.agents["track_agents"].test_context() as processor:
        await bench.put(processor, stint(0, 0), stint(1, 60, tense=False))
        await bench.sweep(bench.agents, 0, T0 + LOAD_KEPT_MS)
        assert len(bench.sent.sent) == 2
        await bench.sweep(bench.agents, 0, T0 + LOAD_KEPT_MS + 10 * MINUTE_MS)
        assert bench.sent.to(AGENT_WORKLOAD)[-1]["calls"] == 1
        await bench.sweep(bench.agents, 0, T0 + LOAD_KEPT_MS + 70 * MINUTE_MS)
        assert bench.kept(bench.agents, b"A1") is None
        assert bench.sent.to(AGENT_WORKLOAD)[-1] is None
        assert bench.changes[-1] == (AGENTS_CHANGELOG, 2, b"A1", None)


@pytest.mark.parametrize("switch", [{"workload": "off"}, {"agents": "off"}])
async def test_with_a_switch_off_nothing_is_read_kept_or_published_about_agents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: dict[str, Any]
) -> None:
    bench = Bench(tmp_path, monkeypatch, **switch)
    try:
        async with bench.app.agents["track_agents"].test_context() as processor:
            await bench.put(processor, stint(0, 0), b"garbage")
            assert (bench.sent.sent, bench.changes) == ([], [])
            await bench.agents.commit()
            assert bench.group.offsets == {TP(AGENTS_IN, 2): 2}
            work: Any = bench.agents._work
            work._table.put(2, b"A1", Load())  # from before the switch
            await bench.sweep(bench.agents, 0, T0)
            assert bench.kept(bench.agents, b"A1") is None
            assert [record.value for record in bench.sent.sent] == [None]
    finally:
        bench.app.consumer._thread.thread_loop.close()


async def test_it_commits_and_sweeps_by_itself_but_only_when_ready(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hops, "COMMIT_S", 0.01)
    swept: list[tuple[int, int]] = []

    class Work:
        topic = "t"

        def apply(self, _: Any) -> list[Any]:
            return []

        async def sweep(self, after: int, until: int, going: Any) -> None:
            swept.append((after, until))
            if len(swept) == 3:
                raise RuntimeError("a bug")

    monkeypatch.setattr(hops, "SWEEP_S", 0.0)
    ready = False
    standing = Standing(lambda: bench.group, lambda: ready, lambda: True, bench.failed.append)
    hop = Hop(Work(), standing)
    await hop.process(hops.Arrived("t", 0, 7, T0, b"k", b"v"))
    work = asyncio.create_task(hop.look_after(lambda: True))
    await asyncio.sleep(0.1)
    assert (bench.group.offsets, swept) == ({}, [])
    ready = True
    with pytest.raises(RuntimeError, match="a bug"):
        await asyncio.wait_for(work, 10)
    assert bench.group.offsets == {TP("t", 0): 8}
    assert bench.failed == ["work on t failed: RuntimeError('a bug')"]
    (after, until), (follows, _), _ = swept
    assert after == until == pytest.approx(time.time() * 1000, abs=60_000)
    assert follows == until


async def test_too_much_that_waits_for_acknowledgement_holds_the_next_record_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H31."""
    monkeypatch.setattr(hops, "MAX_WAITING", 1)
    bench.held = []
    records = [
        hops.Arrived(CUSTOMERS_IN, 2, offset, T0, b"u1", encode(contact(f"c{offset}"))) for offset in range(2)
    ]
    await bench.customers.process(records[0])
    second = asyncio.create_task(bench.customers.process(records[1]))
    await asyncio.sleep(0.05)
    assert not second.done()
    bench.held[0].set_result(None)
    await asyncio.wait_for(second, 10)


def test_both_are_what_a_hop_takes() -> None:
    work: list[type[hops.Work]] = [Customers, Agents]
    assert len(work) == 2
