"""The phrase book: what recurs is in it, what does not is not, in bounded memory."""

import msgspec
import pytest

import models.phrases
from models.phrases import PhraseCounter, PhraseSnapshot, decode, encode
from models.resemblance import keys, sketch
from models.snapshots import SnapshotError

STOCK = sketch(
    ["i", "do", "apologise", "for", "any", "inconvenience", "this", "may", "have", "caused", "you"]
)
NEARLY = sketch(
    ["i", "do", "apologise", "for", "any", "inconvenience", "this", "may", "have", "caused", "you", "today"]
)


def other(number: int) -> tuple[int, ...]:
    return sketch(f"your parcel n{number} left on day d{number} and will be with you soon s{number}".split())


def counted(stock: int, others: int, locale: str = "en-US") -> PhraseCounter:
    """A counter that has heard the stock phrase so often, evenly among other sentences."""
    counter = PhraseCounter()
    for place in range(others):
        counter.learn(locale, other(place), offset=2 * place)
        if place * stock // others != (place + 1) * stock // others:
            counter.learn(locale, STOCK, offset=2 * place + 1)
    return counter


def in_book(counter: PhraseCounter, said: tuple[int, ...], locale: str = "en-US") -> bool:
    return not counter.snapshot(1).book().get(locale, frozenset()).isdisjoint(keys(said))


def test_what_recurs_is_in_the_book_and_so_is_what_is_nearly_the_same() -> None:
    counter = counted(stock=30, others=100)
    assert in_book(counter, STOCK)
    assert in_book(counter, NEARLY)
    assert not in_book(counter, other(3))


def test_too_few_calls_are_no_script() -> None:
    assert not in_book(counted(stock=24, others=100), STOCK)


def test_on_a_large_floor_a_few_calls_are_no_script() -> None:
    assert not in_book(counted(stock=30, others=20_000), STOCK)


def test_each_locale_has_its_own_book() -> None:
    assert not in_book(counted(stock=30, others=100), STOCK, "en-GB")


def test_memory_is_bounded_and_what_recurs_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.phrases, "MAX_COUNTS", 500)
    counter = counted(stock=200, others=5_000)
    snapshot = counter.snapshot(1)
    assert sum(map(len, snapshot.counts.values())) <= 500
    assert in_book(counter, STOCK)
    assert len(snapshot.book()["en-US"]) < 20


def test_a_script_that_nobody_reads_out_any_more_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.phrases, "HALVED_AFTER", 200)
    counter = counted(stock=30, others=100)
    assert in_book(counter, STOCK)
    for place in range(100, 1_000):
        counter.learn("en-US", other(place), offset=2 * place)
    assert not in_book(counter, STOCK)


def test_a_record_counts_once() -> None:
    counter = PhraseCounter()
    assert counter.learn("en-US", STOCK, offset=4)
    assert not counter.learn("en-US", STOCK, offset=4)
    assert counter.snapshot(1).sentences == {"en-US": 1}


def test_another_goes_on_where_it_stopped() -> None:
    first = counted(stock=10, others=50)
    second = PhraseCounter(decode(encode(first.snapshot(3))))
    assert (second.version, second.offset) == (3, first.offset)
    for counter in (first, second):
        counter.learn("en-US", STOCK, offset=1_000)
    assert first.snapshot(4) == second.snapshot(4)


@pytest.mark.parametrize("data", [b"", b"\xc1", encode(PhraseSnapshot(1, 0, {}, {}))[:-1] + b"x"])
def test_what_is_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        decode(data)


def test_a_full_snapshot_is_well_under_what_a_record_may_be() -> None:
    counts = {2**63 + n: 300 for n in range(models.phrases.MAX_COUNTS)}
    assert len(encode(PhraseSnapshot(1, 0, {"en-US": 10**6}, {"en-US": counts}))) < 750_000
    assert msgspec.msgpack.decode(encode(PhraseSnapshot(1, 0, {}, {})))["format"] == 1
