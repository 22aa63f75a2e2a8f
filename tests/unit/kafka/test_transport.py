import asyncio
from unittest.mock import Mock

import pytest
from faust.transport.drivers import aiokafka as driver

from streams.kafka.transport import _ConsumerThread


async def test_a_client_that_is_cut_off_while_it_stops_does_not_keep_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Faust sets the end of its thread only when nothing, or an `Exception`, comes out of this."""

    async def cut_off(_: driver.AIOKafkaConsumerThread) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "on_thread_stop", cut_off)
    thread = object.__new__(_ConsumerThread)
    thread.log = Mock()
    await thread.on_thread_stop()
    thread.log.warning.assert_called_once()
