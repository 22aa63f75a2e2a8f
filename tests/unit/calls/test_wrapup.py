from streams.calls.events import CallEnded, SurveySubmitted, TranscriptTokens, WrapupCompleted
from streams.calls.outcome import CallOutcome
from streams.calls.outputs import CallGone, Gap
from streams.calls.reports import StintReport
from streams.calls.stored import encode_state
from tests.builders import BAD, CALM, Call, at, escalated, of_kind, say, started

DAY = 86_400


def long_call() -> Call:
    call = escalated()
    for n in range(60):
        call.customer(BAD if n % 3 else CALM, 30 + 5 * n)
        call.agent(f"here is sentence number {n} of what the agent has to say", 32 + 5 * n)
    return call


def test_of_an_ended_call_little_is_kept() -> None:
    call = long_call()
    alive = len(encode_state(call.known))
    call.apply(CallEnded("c1", at(400)))
    assert len(encode_state(call.known)) < min(700, alive)


def test_of_an_ended_call_no_evidence_name_or_sentence_is_kept() -> None:
    call = long_call()
    call.customer("my name is Jane Doe", 390)
    call.apply(CallEnded("c1", at(400)))
    state = call.known
    assert (state.evidence, state.names, state.said, state.facts, state.open) == ({}, [], [], [], [])
    assert sum(len(turn.tokens) for turn in state.turns) <= 24


def test_what_was_open_is_heard_before_the_outcome_is_said() -> None:
    call = Call()
    call.apply(started(), say("customer", "you idiot", 10, 0, final=False), CallEnded("c1", at(12)))
    [outcome] = of_kind(call.outputs, CallOutcome)
    assert outcome.signals == {"abuse": 1}
    assert outcome.unrecovered


def test_the_outcome_comes_after_the_last_alert() -> None:
    call = escalated()
    outputs = call.apply(CallEnded("c1", at(90)))
    kinds = [type(output).__name__ for output in outputs]
    assert kinds.index("Alert") < kinds.index("CallOutcome")


def test_the_remains_wait_for_two_weeks() -> None:
    call = escalated()
    call.apply(CallEnded("c1", at(90)))
    assert call.known.deadline == at(90 + 14 * DAY)


def test_after_the_end_no_word_changes_the_outcome() -> None:
    call = escalated()
    call.apply(CallEnded("c1", at(90)))
    late = TranscriptTokens("c1", "customer", 9, ["hello"], at(91), final=True)
    assert call.apply(late) == [Gap("after_end")]
    assert len(of_kind(call.outputs, CallOutcome)) == 1


def test_a_survey_for_a_call_that_goes_on_waits_for_its_end() -> None:
    call = escalated()
    assert call.apply(SurveySubmitted("c1", at(30), csat=1)) == []


def test_a_wrap_up_before_the_end_is_counted_as_a_gap() -> None:
    call = escalated()
    assert call.apply(WrapupCompleted("c1", at(30))) == [Gap("wrapup_before_end")]


def test_the_end_removes_the_call_from_those_that_live() -> None:
    call = escalated()
    call.apply(CallEnded("c1", at(90)))
    assert of_kind(call.outputs, CallGone) == [CallGone("c1")]


def test_the_end_ends_the_time_of_the_agent() -> None:
    call = escalated()
    call.agent("here i am", 25)
    call.apply(CallEnded("c1", at(90)))
    [stint] = of_kind(call.outputs, StintReport)
    assert (stint.agent_id, stint.joined_at, stint.left_at) == ("a1", at(25), at(90))
