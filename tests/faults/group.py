"""The consumer group as the broker sees it: what is committed, what is behind, and members that are dead."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove, OffsetSpec
from kafka.errors import KafkaError
from kafka.structs import TopicPartition

from streams.config import Settings
from streams.kafka.admin import connection
from tests.faults.oracle import SOURCE_TOPICS

Offsets = dict[tuple[str, int], int]
Answer = TypeVar("Answer")


def asked(settings: Settings, question: Callable[[KafkaAdminClient], Answer], seconds: float = 30) -> Answer:
    """Ask until the broker answers: one that wakes up leads no partition at first."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with closing(KafkaAdminClient(**connection(settings))) as admin:
                return question(admin)
        except KafkaError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def committed(settings: Settings) -> Offsets:
    """Return what the group has committed of the calls' own topics, by (topic, partition)."""
    known = asked(settings, lambda admin: admin.list_group_offsets(settings.app_id)[settings.app_id])
    own = {settings.topic(name) for name in SOURCE_TOPICS}
    return {
        (place.topic, place.partition): found.offset for place, found in known.items() if place.topic in own
    }


def ends(settings: Settings, *names: str) -> Offsets:
    """Return where topics end, by (topic, partition), for partitions that have records."""
    places = [
        TopicPartition(settings.topic(name), number)
        for name in names
        for number in range(settings.partitions)
    ]
    latest = dict.fromkeys(places, OffsetSpec.LATEST)
    found = asked(settings, lambda admin: admin.list_partition_offsets(latest))
    return {(place.topic, place.partition): at.offset for place, at in found.items() if at.offset}


def settled(settings: Settings) -> bool:
    """Return whether everything that was fed is applied, saved and committed."""
    return ends(settings, *SOURCE_TOPICS).items() <= committed(settings).items()


def members(settings: Settings) -> list[str]:
    """Return the ids of the group's members, dead ones included until their session ends."""
    group = asked(settings, lambda admin: admin.describe_groups([settings.app_id])[settings.app_id])
    return [member["member_id"] for member in group["members"]]


def drop_members(settings: Settings) -> None:
    """Take the dead out of the group, instead of waiting for the end of their session."""
    gone = [MemberToRemove(member_id=member) for member in members(settings)]
    if gone:
        asked(settings, lambda admin: admin.remove_group_members(settings.app_id, gone))
