"""Who listens to the alerts in the demo: a plain consumer of the topics, as a wall or a router would be."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer

from streams import topics
from streams.config import Settings
from streams.kafka.admin import connection

#: How often, in seconds, a listener looks whether it should end.
_LOOK_S = 0.2
#: Longest time, in seconds, that it takes to read what is left when it should.
_LAST_S = 20.0


@dataclass
class Heard:
    """What came out of attune so far.

    Parameters
    ----------
    alerts : dict
        Alert records by id: repeats count once.
    latency_ms : list of float
        Per alert, from the Kafka timestamp of the record that caused it to its arrival here.
    phases : dict
        Phase of every live call, by call id.
    calls : set of str
        Every call that was followed.
    """

    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    latency_ms: list[float] = field(default_factory=list)
    phases: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)


class Audience:
    """Listens in threads of its own until it is closed.

    Parameters
    ----------
    settings : Settings
        Where Kafka is, and the prefix of the topics.
    tell : callable
        Called with every new alert, from one thread.
    """

    def __init__(self, settings: Settings, tell: Callable[[dict[str, Any]], None]) -> None:
        self.heard = Heard()
        self._settings = settings
        self._tell = tell
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._listen, args=(names, take), daemon=True)
            for names, take in (
                ((topics.ESCALATION_ALERTS, topics.DEESCALATION_ALERTS), self._take_alert),
                ((topics.CALL_RISK,), self._take_standing),
            )
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Hear what the topics hold by now, and stop listening."""
        self._closing.set()
        for thread in self._threads:
            thread.join()

    def _listen(self, names: tuple[str, ...], take: Callable[[Any, float], None]) -> None:
        consumer = KafkaConsumer(
            *map(self._settings.topic, names),
            **connection(self._settings),
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,
        )
        try:
            while not self._closing.is_set():
                self._hear(consumer, take)
            deadline = time.monotonic() + _LAST_S
            ends = consumer.end_offsets(list(consumer.assignment()))
            while any(consumer.position(part) < end for part, end in ends.items()):
                if time.monotonic() > deadline:
                    break
                self._hear(consumer, take)
        finally:
            consumer.close()

    def _hear(self, consumer: Any, take: Callable[[Any, float], None]) -> None:
        records = consumer.poll(timeout_ms=int(_LOOK_S * 1000))
        now_ms = time.time() * 1000
        for batch in records.values():
            for record in batch:
                take(record, now_ms)

    def _take_alert(self, record: Any, now_ms: float) -> None:
        alert: dict[str, Any] = json.loads(record.value)
        if alert["alert_id"] in self.heard.alerts:
            return
        self.heard.alerts[alert["alert_id"]] = alert
        cause = dict(record.headers).get("cause-timestamp")
        if cause is not None:
            self.heard.latency_ms.append(now_ms - int(cause))
        self._tell(alert)

    def _take_standing(self, record: Any, now_ms: float) -> None:
        call_id = record.key.decode()
        self.heard.calls.add(call_id)
        if record.value is None:
            self.heard.phases.pop(call_id, None)
        else:
            self.heard.phases[call_id] = json.loads(record.value)["phase"]
