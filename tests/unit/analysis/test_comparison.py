import pytest

from streams.analysis.comparison import LoggedCall, differing, run_policy, threshold_for
from streams.calls.events import CallEnded
from streams.calls.rules import Rules
from streams.calls.step import Record
from tests.builders import BAD, CALM, at, rules, say, started


def logged(call_id: str, needed_help: bool | None, *texts: str) -> LoggedCall:
    """A call whose customer says these, ten seconds apart, and that ends ten seconds after the last."""
    records: list[Record] = [
        say("customer", text, 10 + 10 * n, n, call_id=call_id) for n, text in enumerate(texts)
    ]
    records.append(CallEnded(call_id, at(10 + 10 * len(texts))))
    return LoggedCall(call_id, records, needed_help)


LOG = [
    logged("found", True, BAD, BAD, CALM),
    logged("missed", True, CALM, CALM),
    logged("false", False, "get me your manager", CALM),
    logged("quiet", False, CALM, CALM),
    logged("unknown", None, BAD, BAD),
    logged("watched", None, BAD),
]


def deaf() -> Rules:
    """Rules that alert on nothing."""
    return rules(enter=0.999, always=(), critical=())


def test_calls_are_counted_by_what_is_known_of_them() -> None:
    result = run_policy(LOG, rules()).result
    assert (result.calls, result.alerted, result.labelled) == (6, 3, 4)
    assert (result.found, result.missed, result.false_alarms) == (1, 1, 1)
    assert result.alerts_per_100 == 50.0
    assert result.policy == "default@1"


def test_a_watch_is_no_alert() -> None:
    assert run_policy(LOG, rules()).calls["watched"].alerted_at == 0


def test_the_lead_is_from_the_alert_to_the_end_of_the_calls_found() -> None:
    assert run_policy(LOG, rules()).result.lead_seconds == 20.0


def test_the_first_alert_of_a_call_counts_and_its_highest_severity() -> None:
    log = [logged("c1", None, CALM, "you idiot", "i smell gas")]
    call = run_policy(log, rules()).calls["c1"]
    assert (call.alerted_at, call.severity) == (at(20), "critical")


def test_without_a_call_found_there_is_no_lead() -> None:
    assert run_policy(LOG[1:], rules()).result.lead_seconds is None


def test_no_calls_give_no_rate() -> None:
    result = run_policy([], rules()).result
    assert (result.calls, result.alerts_per_100, result.lead_seconds) == (0, 0.0, None)


def test_recoveries_and_retractions_are_counted() -> None:
    back = logged("back", None, BAD, BAD, CALM, CALM, CALM, CALM)
    result = run_policy([back], rules()).result
    assert (result.recovered, result.retracted) == (1, 0)


def test_the_alert_comes_with_its_largest_reasons_and_their_words() -> None:
    [reason, *_] = run_policy(LOG, rules()).calls["false"].reasons
    assert "supervisor_request" in reason
    assert "get me your manager" in reason


def test_two_policies_differ_in_the_calls_that_one_alone_alerts_on() -> None:
    pairs = differing(run_policy(LOG, rules()), run_policy(LOG, deaf()))
    assert [one.call_id for one, _ in pairs] == ["found", "false", "unknown"]
    assert all(one.alerted_at and not other.alerted_at for one, other in pairs)


def test_a_policy_does_not_differ_from_itself() -> None:
    assert differing(run_policy(LOG, rules()), run_policy(LOG, rules())) == []


def test_another_severity_is_a_difference() -> None:
    pairs = differing(run_policy(LOG, rules()), run_policy(LOG, rules(critical=("supervisor_request",))))
    assert [(one.severity, other.severity) for one, other in pairs] == [("high", "critical")]


def test_a_silence_in_the_log_is_played() -> None:
    """Timers fire in a log as they do in a worker."""
    records: list[Record] = [
        started(), say("agent", "good morning", 1, 0), say("customer", BAD, 10, 0),
        say("customer", CALM, 60, 1), CallEnded("c1", at(70)),
    ]  # fmt: skip
    unstaffed = [record for record in records if getattr(record, "speaker", "") != "agent"]
    peaks = [
        run_policy([LoggedCall("c1", log, None)], deaf()).calls["c1"].peak for log in (unstaffed, records)
    ]
    assert peaks[0] < peaks[1]


@pytest.mark.parametrize("wanted", [20, 40, 60])
def test_the_threshold_found_gives_about_the_rate_wanted(wanted: float) -> None:
    log = [logged(f"c{n}", None, *[CALM] * n, *[BAD] * bad) for n in range(5) for bad in (1, 2)]
    threshold = threshold_for(run_policy(log, deaf()), wanted)
    again = run_policy(log, rules(enter=threshold, watch=0.01, exit=0.01, doubt=0))
    assert again.result.alerts_per_100 == wanted


def test_a_rate_above_all_calls_is_met_by_the_lowest_threshold() -> None:
    assert threshold_for(run_policy(LOG, deaf()), 100) == 0.01


def test_demands_that_alert_anyway_leave_no_threshold_for_a_lower_rate() -> None:
    log = [logged(f"c{n}", None, "you idiot") for n in range(4)]
    assert threshold_for(run_policy(log, rules()), 25) is None
    assert threshold_for(run_policy(log, rules()), 100) is not None
