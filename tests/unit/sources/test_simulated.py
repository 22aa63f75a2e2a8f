from collections import Counter
from random import Random

import pytest

from streams.sources.arcs import ARCS
from streams.sources.phrases import GRAMMAR, SUBJECTS, draw_facts, say
from streams.sources.plans import Happening
from streams.sources.simulated import SimulatedCall, simulated_calls

START = 1_760_000_000_000


@pytest.fixture(scope="module")
def calls() -> list[SimulatedCall]:
    return list(simulated_calls(concurrent=20, calls=600, seed=5))


def test_the_seed_decides_every_word(calls: list[SimulatedCall]) -> None:
    assert list(simulated_calls(concurrent=20, calls=30, seed=5)) == calls[:30]
    assert next(simulated_calls(concurrent=20, calls=1, seed=6)) != calls[0]


def test_every_arc_occurs_and_most_calls_are_calm(calls: list[SimulatedCall]) -> None:
    found = Counter(call.arc for call in calls)
    assert set(found) == set(ARCS)
    assert found["calm"] + found["calm_on_hold"] > len(calls) / 2
    assert sum(arc.share for arc in ARCS.values()) == pytest.approx(1)


def test_as_many_calls_are_live_as_asked(calls: list[SimulatedCall]) -> None:
    spans = [(c.arrival.start_ms, c.arrival.start_ms + c.arrival.plan.talk_ms) for c in calls]
    last_start = spans[-1][0]
    for instant in range(60_000, last_start, 10_000):
        live = sum(begin <= instant < end for begin, end in spans)
        assert 15 <= live <= 20
    assert [begin for begin, _ in spans] == sorted(begin for begin, _ in spans)


def test_a_limit_in_seconds_stops_new_calls() -> None:
    starts = [call.arrival.start_ms for call in simulated_calls(concurrent=3, seconds=300)]
    assert 240_000 < max(starts) <= 300_000


def test_the_truth_says_where_a_call_turns(calls: list[SimulatedCall]) -> None:
    for call in calls:
        truth = call.truth(START)
        plan = call.arrival.plan
        assert (truth.call_id, truth.arc) == (plan.call_id, call.arc)
        assert truth.ended_at - truth.started_at == plan.talk_ms
        assert truth.escalates == (truth.severity in ("high", "critical"))
        assert (truth.bad_at is not None) == (truth.severity is not None)
        assert (truth.recovered_at is not None) == truth.recovers
        if truth.bad_turn is not None and truth.bad_at is not None:
            assert plan.conversation.turns[truth.bad_turn].speaker == "customer"
            assert truth.started_at < truth.bad_at <= truth.ended_at
        if truth.recovers and truth.recovered_at is not None and truth.bad_at is not None:
            assert truth.recovered_at > truth.bad_at
            last_bad_ms = plan.said_by_ms(call.bad_turns[-1])
            assert plan.said_by_ms(call.calm_turns[-1]) - last_bad_ms > 15_000
            assert len(call.calm_turns) >= 2
            assert call.calm_turns[0] > call.bad_turns[-1]


def test_holds_transfers_and_silences_happen(calls: list[SimulatedCall]) -> None:
    kinds: Counter[str] = Counter()
    for call in calls:
        items = [item for item in call.arrival.plan.items if isinstance(item, Happening)]
        kinds.update(item.fields["type"] for item in items)
        if call.arc == "silent":
            assert sum((turn.gap_ms or 0) > 8_000 for turn in call.arrival.plan.conversation.turns) >= 5
    assert kinds["hold.started"] == kinds["hold.ended"] > 50
    assert kinds["call.transferred"] > 5
    assert 30 < kinds["survey.submitted"] < 150
    assert kinds["agent.joined"] == len(calls) + kinds["call.transferred"]


def test_lengths_and_sentences_vary(calls: list[SimulatedCall]) -> None:
    lengths = sorted(call.arrival.plan.talk_ms for call in calls)
    assert lengths[-50] > 2 * lengths[50]
    texts = {turn.text for call in calls for turn in call.arrival.plan.conversation.turns}
    assert len(texts) > 500


@pytest.mark.parametrize("rule", sorted(GRAMMAR))
def test_every_sentence_can_be_said(rule: str) -> None:
    rng = Random(1)
    for queue in SUBJECTS:
        for _ in range(20):
            text = say(rule, draw_facts(queue, rng), rng)
            assert "{" not in text
            assert text


def test_every_rule_is_used_and_every_used_rule_exists() -> None:
    used = {name for arc in ARCS.values() for stage in arc.stages for name in (stage.agent, stage.customer)}
    assert used == set(GRAMMAR)
