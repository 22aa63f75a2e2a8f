from streams.calls.events import AgentJoined, AgentLeft, CallEnded, CallTransferred, SupervisorJoined
from streams.calls.reports import StintReport
from tests.builders import BAD, CALM, Call, at, of_kind, started


def call_with(agent_id: str | None = "a1") -> Call:
    call = Call()
    call.apply(started(queue="billing"))
    if agent_id is not None:
        call.apply(AgentJoined("c1", at(0), agent_id))
    return call


def stints(call: Call) -> list[StintReport]:
    return of_kind(call.outputs, StintReport)


def spans(call: Call) -> list[tuple[str, float, float]]:
    """Return (agent, from, to) of each, in seconds of the call."""
    return [
        (stint.agent_id, (stint.joined_at - at(0)) / 1000, (stint.left_at - at(0)) / 1000)
        for stint in stints(call)
    ]


def test_a_stint_lasts_from_joining_to_leaving() -> None:
    call = call_with()
    call.apply(AgentLeft("c1", at(30)))
    assert spans(call) == [("a1", 0, 30)]


def test_a_stint_lasts_to_the_end_of_the_call() -> None:
    call = call_with()
    call.apply(CallEnded("c1", at(30)))
    assert spans(call) == [("a1", 0, 30)]


def test_each_agent_has_a_stint_of_their_own() -> None:
    call = call_with()
    call.apply(CallTransferred("c1", at(30), to_agent_id="a2"), CallEnded("c1", at(60)))
    assert spans(call) == [("a1", 0, 30), ("a2", 30, 60)]


def test_a_join_told_twice_is_one_stint() -> None:
    call = call_with()
    call.apply(AgentJoined("c1", at(0), "a1"), CallEnded("c1", at(60)))
    assert spans(call) == [("a1", 0, 60)]


def test_who_was_transferred_to_and_then_joins_has_one_stint() -> None:
    call = call_with()
    call.apply(CallTransferred("c1", at(30), to_agent_id="a2"), AgentJoined("c1", at(33), "a2"))
    call.apply(CallEnded("c1", at(60)))
    assert spans(call) == [("a1", 0, 30), ("a2", 30, 60)]


def test_late_news_of_the_agent_before_does_not_end_the_stint_of_the_next() -> None:
    call = call_with()
    call.apply(AgentJoined("c1", at(30), "a2"), AgentLeft("c1", at(20)), AgentJoined("c1", at(0), "a1"))
    call.apply(CallEnded("c1", at(60)))
    assert spans(call)[-1] == ("a2", 30, 60)


def test_nobody_knows_whose_it_is_without_an_id() -> None:
    call = call_with("")
    call.apply(CallEnded("c1", at(30)))
    assert stints(call) == []


def test_a_supervisor_who_listens_has_no_stint() -> None:
    call = call_with(None)
    call.apply(SupervisorJoined("c1", at(10), "barge"), CallEnded("c1", at(30)))
    assert stints(call) == []


def test_a_calm_call_is_not_tense() -> None:
    call = call_with()
    call.customer(CALM, 5)
    call.apply(CallEnded("c1", at(30)))
    assert [(stint.tense, stint.escalated_ms) for stint in stints(call)] == [(False, 0)]


def test_a_tense_call_is_tense() -> None:
    call = call_with()
    call.customer(BAD, 5)
    call.apply(CallEnded("c1", at(30)))
    assert [(stint.tense, stint.escalated_ms) for stint in stints(call)] == [(True, 0)]


def test_only_the_time_with_an_escalation_open_counts() -> None:
    call = call_with()
    for n, text in enumerate((BAD, BAD, CALM, CALM, CALM)):
        call.customer(text, 10 + 7 * n)
    assert [alert.at for alert in call.alerts[1:]] == [at(17), at(38)]
    call.apply(CallEnded("c1", at(100)))
    assert [stint.escalated_ms for stint in stints(call)] == [21_000]


def test_an_escalation_that_goes_on_is_shared_by_those_who_had_the_call() -> None:
    call = call_with()
    call.customer("you idiot", 10)
    call.apply(CallTransferred("c1", at(30), to_agent_id="a2"), CallEnded("c1", at(60)))
    assert [(stint.tense, stint.escalated_ms) for stint in stints(call)] == [(True, 20_000), (True, 30_000)]


def test_ids_of_stints_differ() -> None:
    call = call_with()
    call.apply(
        CallTransferred("c1", at(30), to_agent_id="a2"), CallTransferred("c1", at(40), to_agent_id="a1")
    )
    call.apply(CallEnded("c1", at(60)))
    assert len({stint.record_id for stint in stints(call)}) == 3


def test_a_stint_says_nothing_of_how_the_work_was_done() -> None:
    assert set(StintReport.__struct_fields__) == {
        "record_id", "agent_id", "call_id", "queue", "joined_at", "left_at", "tense", "escalated_ms",
    }  # fmt: skip
