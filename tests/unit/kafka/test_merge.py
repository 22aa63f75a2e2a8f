from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from streams.errors import MalformedRecord
from streams.kafka.merge import AHEAD_MS, Merge, Side


class Rec(NamedTuple):
    side: str
    offset: int
    at: int
    timestamp: int = 0


def decode(raw: Rec) -> Rec:
    if raw.at < 0:
        raise MalformedRecord("not_json", "")
    return raw


def new_side(refused: list[int] | None = None) -> Side[Rec, Rec]:
    return Side(
        decode,
        lambda raw, problem: refused.append(raw.offset) if refused is not None else None,
        lambda record, latest: record._replace(at=latest),
    )


def sides() -> tuple[Merge[Rec, Rec], Side[Rec, Rec], Side[Rec, Rec]]:
    events, tokens = new_side(), new_side()
    return Merge(events, tokens), events, tokens


def log(side: str, times: list[int]) -> list[Rec]:
    return [Rec(side, offset, at) for offset, at in enumerate(times)]


def taken(merge: Merge[Rec, Rec], ended: list[bool]) -> Iterator[Rec]:
    for side in merge.ready(ended):
        assert side.head is not None
        yield side.head
        side.pop()


def test_the_smaller_time_goes_first_and_events_win_a_tie() -> None:
    merge, events, tokens = sides()
    events.add(log("e", [10, 30]))
    tokens.add(log("t", [10, 20, 30]))
    order = [(record.side, record.at) for record in taken(merge, [True, True])]
    assert order == [("e", 10), ("t", 10), ("t", 20), ("e", 30), ("t", 30)]


def test_events_wait_a_while_for_words_and_words_for_nobody() -> None:
    events, tokens = new_side(), new_side()
    merge = Merge(events, tokens, words=tokens)
    events.add(log("e", [10, 30, 50]), now=100.0)

    def gone(settled: float) -> list[tuple[str, int]]:
        order = []
        for side in merge.ready([True, True], settled):
            assert side.head is not None
            order.append((side.head.side, side.head.at))
            side.pop()
        return order

    assert gone(settled=99.0) == []
    tokens.add(log("t", [20, 40]), now=100.5)
    assert gone(settled=99.0) == [("e", 10), ("t", 20), ("e", 30), ("t", 40)]
    events.add([Rec("e", 3, 60)], now=101.5)
    assert gone(settled=100.5) == [("e", 50)]
    tokens.add([Rec("t", 2, 70)], now=101.6)
    assert gone(settled=100.6) == [("e", 60), ("t", 70)]
    tokens.add([Rec("t", 3, 80)], now=101.7)
    assert gone(settled=0.0) == [("t", 80)]


def test_offset_order_is_never_changed_by_time() -> None:
    merge, events, tokens = sides()
    events.add(log("e", [50, 10, 40]))
    tokens.add(log("t", [45]))
    assert [r.at for r in taken(merge, [True, True])] == [45, 50, 10, 40]


def test_a_side_that_has_more_is_waited_for_and_one_at_its_end_is_not() -> None:
    merge, events, tokens = sides()
    tokens.add(log("t", [5, 6]))
    assert list(taken(merge, [False, True])) == []
    assert [r.at for r in taken(merge, [True, False])] == [5, 6]
    assert list(taken(merge, [True, True])) == []
    assert len(merge) == 0
    events.add(log("e", [1]))
    assert list(taken(merge, [False, False])) == []
    assert [r.at for r in taken(merge, [False, True])] == [1]


def test_the_rest_of_a_side_waits_once_the_other_has_run_dry() -> None:
    merge, events, tokens = sides()
    events.add(log("e", [10]))
    tokens.add(log("t", [5, 11, 12]))
    assert [r.at for r in taken(merge, [False, False])] == [5, 10]
    assert len(tokens) == 2


def test_a_record_from_the_future_does_not_hold_up_its_side() -> None:
    """Its `at` is set back before it is ordered, else all events would wait for the last token."""
    merge, events, tokens = sides()
    events.add([Rec("e", 0, 10**12, timestamp=10), Rec("e", 1, 20, timestamp=20)])
    tokens.add([Rec("t", 0, 15, 15), Rec("t", 1, AHEAD_MS + 10, AHEAD_MS)])
    assert [(r.side, r.at) for r in taken(merge, [False, False])] == [
        ("t", 15),
        ("e", AHEAD_MS + 10),
        ("e", 20),
    ]


def test_what_cannot_be_decoded_is_passed_over_and_counts_as_taken() -> None:
    refused: list[int] = []
    side = new_side(refused)
    side.add(log("e", [-1, -1, 7, -1]))
    assert side.taken == -1
    head = side.pull()
    assert head is not None
    assert head.at == 7
    assert side.taken == 2
    assert len(side) == 2
    side.pop()
    assert side.taken == 3
    assert side.pull() is None
    assert side.taken == 4
    assert len(side) == 0
    assert refused == [0, 1, 3]


def split(records: list[Rec], cuts: list[int]) -> list[list[Rec]]:
    edges = sorted({0, len(records), *(cut % (len(records) + 1) for cut in cuts)})
    return [records[a:b] for a, b in pairwise(edges)]


def replay(events: list[list[Rec]], tokens: list[list[Rec]], turns: list[bool]) -> list[Rec]:
    """Hand both logs over in these batches; a side has ended when all of it was handed over."""
    merge, first, second = sides()
    waiting = [list(events), list(tokens)]
    order: list[Rec] = []
    while True:
        order += taken(merge, [not left for left in waiting])
        if not any(waiting):
            return order
        index = int(turns.pop()) if turns else 0
        if not waiting[index]:
            index = 1 - index
        (first, second)[index].add(waiting[index].pop(0))


times = st.lists(st.integers(0, 30), max_size=25)
cuts = st.lists(st.integers(0, 100), max_size=6)


@given(times, times, cuts, cuts, st.lists(st.booleans(), max_size=12))
def test_however_the_fetches_fall_two_replays_of_one_log_give_one_order(
    event_times: list[int],
    token_times: list[int],
    event_cuts: list[int],
    token_cuts: list[int],
    turns: list[bool],
) -> None:
    events, tokens = log("e", event_times), log("t", token_times)
    whole = replay([events] if events else [], [tokens] if tokens else [], [])
    parts = replay(split(events, event_cuts), split(tokens, token_cuts), turns)
    assert parts == whole
    assert [r for r in whole if r.side == "e"] == events
    assert [r for r in whole if r.side == "t"] == tokens
