from dataclasses import replace

import msgspec

from models.prospects import FEATURES, Head, Prospect, Prospects
from streams.calls.events import AgentJoined, CallEnded, SurveySubmitted, WrapupCompleted
from streams.calls.outcome import CallOutcome
from streams.calls.reports import ContactReport, CustomerContext, OutcomeReport
from tests.builders import BAD, CALM, Call, at, escalated, of_kind, portable, recovered, started


def outcomes(call: Call) -> list[CallOutcome]:
    return of_kind(call.outputs, CallOutcome)


def ended(call: Call, seconds: float = 100) -> CallOutcome:
    call.apply(CallEnded("c1", at(seconds)))
    return outcomes(call)[-1]


def contacts(call: Call) -> list[ContactReport]:
    return of_kind(call.outputs, ContactReport)


def customers_call() -> Call:
    call = Call()
    call.apply(started(customer_id="u1", queue="billing", agent_id="a1"))
    call.customer(CALM, 5)
    return call


def test_a_call_has_one_outcome_at_its_end() -> None:
    call = customers_call()
    assert outcomes(call) == []
    ended(call)
    call.apply(CallEnded("c1", at(101)))
    assert [outcome.revision for outcome in outcomes(call)] == [0]


def test_a_call_that_never_ends_has_one_when_it_is_given_up() -> None:
    call = customers_call()
    call.wait(5 + 3_600)
    assert len(outcomes(call)) == 1


def test_an_unrecovered_escalation_is_told() -> None:
    outcome = ended(escalated())
    assert (outcome.escalations, outcome.recoveries, outcome.unrecovered) == (1, 0, True)


def test_a_recovery_is_told_with_its_time_and_its_act() -> None:
    outcome = ended(recovered())
    assert (outcome.escalations, outcome.recoveries, outcome.recoveries_without_act) == (1, 1, 0)
    assert (outcome.unrecovered, outcome.recovery_ms) == (False, 20_000)


def test_a_recovery_without_an_act_is_told_apart() -> None:
    call = escalated()
    call.customer(CALM, 30)
    call.customer(CALM, 40)
    assert ended(call).recoveries_without_act == 1


def test_signals_are_counted() -> None:
    call = customers_call()
    call.customer("close my account", 10)
    call.customer("close my account you idiot", 15)
    assert ended(call, 16).signals == {"cancel_threat": 2, "abuse": 1}


def test_the_peak_is_the_highest_risk_not_the_last() -> None:
    call = recovered()
    peak = max(alert.risk for alert in call.alerts)
    assert abs(ended(call).risk_peak - peak) <= 0.005


def test_a_calm_call_has_a_low_peak() -> None:
    outcome = ended(customers_call())
    assert 0 < outcome.risk_peak < 0.1


def test_the_peak_is_never_below_the_risk_of_an_alert() -> None:
    call = Call()
    call.customer(BAD, 10)
    call.customer("so it is awful awful awful lovely lovely joking", 20)
    assert call.kinds[:2] == ["watch", "high"]  # raised before the words were final, and milder at their end
    assert ended(call).risk_peak >= max(alert.risk for alert in call.alerts) - 0.005


def test_the_peak_counts_what_the_clock_has_added() -> None:
    call = customers_call()
    call.customer(BAD, 10)
    call.agent("well then", 12)
    peak = call.known.tally.peak
    call.wait(30)
    assert call.known.tally.peak > peak


def test_a_call_without_words_has_no_risk() -> None:
    call = Call()
    call.apply(started())
    assert (ended(call).risk_peak, ended(call).turns) == (0, 0)


def test_the_path_of_sentiment_has_at_most_eight_points_and_falls_for_the_unhappy() -> None:
    call = Call()
    for n in range(40):
        call.customer(CALM if n < 20 else BAD, 5 * n)
    path = ended(call, 400).sentiment_path
    assert 4 <= len(path) <= 8
    assert all(-1 <= point <= 1 for point in path)
    assert path[0] > 0 > path[-1]


# What comes later revises it.


def test_a_survey_revises_the_outcome() -> None:
    call = customers_call()
    first = ended(call)
    call.apply(SurveySubmitted("c1", at(5_000), csat=2, nps=3))
    second = outcomes(call)[-1]
    assert (second.revision, second.csat, second.nps) == (1, 2, 3)
    same = {"revision", "at", "csat", "nps"}
    for name in CallOutcome.__struct_fields__:
        assert name in same or getattr(first, name) == getattr(second, name), name


def test_a_wrap_up_revises_the_outcome() -> None:
    call = customers_call()
    ended(call)
    call.apply(WrapupCompleted("c1", at(130), "c7", "refund", resolved=False, account_closed=True))
    second = outcomes(call)[-1]
    assert (second.revision, second.code, second.matter) == (1, "c7", "refund")
    assert (second.resolved, second.account_closed) == (False, True)


def test_survey_and_wrap_up_do_not_undo_each_other() -> None:
    call = customers_call()
    ended(call)
    call.apply(WrapupCompleted("c1", at(130), resolved=True), SurveySubmitted("c1", at(5_000), csat=4))
    call.apply(SurveySubmitted("c1", at(6_000), nps=9), WrapupCompleted("c1", at(7_000), code="c7"))
    last = outcomes(call)[-1]
    assert (last.revision, last.csat, last.nps, last.resolved, last.code) == (4, 4, 9, True, "c7")


def test_a_survey_given_before_the_end_is_in_the_outcome() -> None:
    call = customers_call()
    call.apply(SurveySubmitted("c1", at(90), csat=2), SurveySubmitted("c1", at(91), nps=3))
    outcome = ended(call)
    assert (outcome.csat, outcome.nps) == (2, 3)


def test_a_survey_two_weeks_later_finds_the_remains() -> None:
    call = customers_call()
    ended(call)
    call.state = portable(call.known)
    call.apply(SurveySubmitted("c1", at(13 * 86_400), csat=1))
    assert (outcomes(call)[-1].revision, outcomes(call)[-1].csat) == (1, 1)


# What the customer's history is told.


def test_the_history_is_asked_at_the_start_and_told_at_the_end() -> None:
    call = customers_call()
    ended(call)
    assert [(contact.stage, contact.customer_id) for contact in contacts(call)] == [
        ("started", "u1"),
        ("ended", "u1"),
    ]


def test_a_call_of_nobody_tells_no_history() -> None:
    call = Call()
    call.apply(started())
    ended(call)
    call.apply(SurveySubmitted("c1", at(5_000), csat=1))
    assert contacts(call) == []


def test_a_late_survey_updates_the_history_under_an_id_of_its_own() -> None:
    call = customers_call()
    ended(call)
    call.apply(SurveySubmitted("c1", at(5_000), csat=1), WrapupCompleted("c1", at(6_000), resolved=False))
    last = contacts(call)[-1]
    assert (last.stage, last.csat, last.resolved) == ("updated", 1, False)
    assert len({contact.record_id for contact in contacts(call)}) == 4


def test_the_history_is_told_of_threats_and_of_an_open_escalation() -> None:
    call = customers_call()
    call.customer("close my account or my lawyer", 10)
    ended(call)
    contact = contacts(call)[-1]
    assert (contact.cancel_threat, contact.legal_threat, contact.unrecovered) == (True, True, True)
    assert (contact.publicity_threat, contact.advocacy) == (False, False)


def test_neither_outcome_nor_history_says_who_took_the_call() -> None:
    call = customers_call()
    call.apply(AgentJoined("c1", at(6), "agent-77"))
    call.agent("i'm so sorry about that", 10)
    call.agent("sorry for any inconvenience caused", 20)
    ended(call)
    call.apply(SurveySubmitted("c1", at(5_000), csat=1))
    for told in (*outcomes(call), *contacts(call)):
        assert b"agent-77" not in msgspec.json.encode(told)
        assert not [name for name in told.__struct_fields__ if "agent" in name or "score" in name]
    assert not {"empathy", "replies", "scripted_share"} & set(ContactReport.__struct_fields__)


def test_contacts_in_thirty_days_are_those_of_the_context() -> None:
    call = customers_call()
    call.apply(CustomerContext("r1", "c1", at(6), contacts_in_30_days=4))
    assert ended(call).contacts_in_30_days == 4


def test_what_would_be_a_guess_is_not_predicted() -> None:
    predictions = ended(customers_call()).predictions
    assert (predictions.csat, predictions.nps_class, predictions.first_contact_resolution) == (
        None,
        None,
        None,
    )


# What the models of outcomes are told, and what they say.


def reports(call: Call) -> list[OutcomeReport]:
    return of_kind(call.outputs, OutcomeReport)


def test_the_trainer_is_told_of_the_end_and_of_each_answer_once() -> None:
    call = escalated()
    call.apply(CallEnded("c1", at(100)), WrapupCompleted("c1", at(130), matter="refund"))
    call.apply(
        WrapupCompleted("c1", at(140), resolved=False), SurveySubmitted("c1", at(5_000), csat=2, nps=3)
    )
    assert [(r.record_id, r.ended, r.resolved, r.csat, r.nps) for r in reports(call)] == [
        ("c1:outcome:0", True, None, None, None),
        ("c1:outcome:2", False, False, None, None),
        ("c1:outcome:3", False, None, 2, 3),
    ]
    assert len({report.features for report in reports(call)}) == 1


def test_a_survey_in_the_call_is_told_at_its_end() -> None:
    call = customers_call()
    call.apply(SurveySubmitted("c1", at(90), csat=4), CallEnded("c1", at(100)))
    [report] = reports(call)
    assert (report.ended, report.csat) == (True, 4)


def test_features_tell_a_call_that_went_wrong_from_one_that_did_not() -> None:
    bad, good = escalated(), customers_call()
    found = []
    for call in (bad, good):
        ended(call)
        found.append(dict(zip(FEATURES, reports(call)[0].features, strict=True)))
        assert all(0.0 <= value <= 1.0 for value in found[-1].values())
    assert found[0]["unrecovered"] == found[0]["escalated"] == 1.0
    assert found[1]["unrecovered"] == found[1]["escalated"] == 0.0
    assert found[0]["risk_peak"] > found[1]["risk_peak"]
    assert found[0]["worst_mood"] > found[1]["worst_mood"]


def test_an_outcome_says_what_the_models_expect_and_null_while_there_is_not_enough() -> None:
    call = customers_call()
    assert ended(call).predictions == Prospect()
    known = escalated()
    head = Head((0.0,) * len(FEATURES) + (-2.0,), (0.0,) * (len(FEATURES) + 1))
    heads = dict.fromkeys(("csat>1", "csat>2", "csat>3", "csat>4"), head)
    prospects = Prospects(heads, {"csat": {"1": 150, "5": 50}}, ended=1_000, surveyed=200)
    known.rules = replace(known.rules, prospects=prospects)
    expected = ended(known).predictions
    assert expected.csat == 1.48
    assert (expected.nps_class, expected.first_contact_resolution) == (None, None)
    assert (expected.labels, expected.response_rate) == (200, 0.2)
