import asyncio

from faust.types import TP

from streams.kafka.receipts import Receipts

HERE, THERE = TP("customers-in", 0), TP("customers-in", 1)


def future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


async def test_an_offset_waits_for_everything_that_was_sent_and_for_those_before_it() -> None:
    receipts = Receipts()
    sends = [future() for _ in range(4)]
    receipts.note(HERE, 4, sends[:2])
    receipts.note(HERE, 5, [])
    receipts.note(HERE, 6, sends[2:])
    receipts.note(THERE, 1, [])
    assert receipts.committable() == {THERE: 2}
    for sent in sends[1:]:
        sent.set_result(None)
    assert receipts.committable() == {}
    assert len(receipts) == 3
    sends[0].set_result(None)
    assert receipts.committable() == {HERE: 7}
    assert receipts.committable() == {}
    assert len(receipts) == 0


async def test_what_was_not_acknowledged_is_never_committed() -> None:
    receipts = Receipts()
    failed, lost = future(), future()
    receipts.note(HERE, 4, [failed])
    receipts.note(THERE, 4, [lost])
    failed.set_exception(OSError("no broker"))
    lost.cancel()
    assert receipts.committable() == {}
    assert not await receipts.drained(0.01)


async def test_draining_waits_for_the_last_one() -> None:
    receipts = Receipts()
    sent = future()
    receipts.note(HERE, 4, [sent])
    assert not await receipts.drained(0.01)
    asyncio.get_running_loop().call_soon(sent.set_result, None)
    assert await receipts.drained(10)
    assert receipts.committable() == {HERE: 5}


async def test_what_is_forgotten_is_read_again_and_committed_then() -> None:
    receipts = Receipts()
    receipts.note(HERE, 4, [])
    receipts.note(HERE, 5, [future()])
    receipts.clear()
    assert receipts.committable() == {}
    receipts.note(HERE, 4, [])
    assert receipts.committable() == {HERE: 5}
