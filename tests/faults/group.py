"""The consumer group as the broker sees it: what is committed, what is behind, and members that are dead."""

from contextlib import closing

from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove, OffsetSpec
from kafka.structs import TopicPartition

from streams.config import Settings
from streams.kafka.admin import connection
from tests.faults.oracle import SOURCE_TOPICS

Offsets = dict[tuple[str, int], int]


def committed(settings: Settings) -> Offsets:
    """Return what the group has committed, by (topic, partition)."""
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        known = admin.list_group_offsets(settings.app_id)[settings.app_id]
    return {(place.topic, place.partition): found.offset for place, found in known.items()}


def ends(settings: Settings, *names: str) -> Offsets:
    """Return where topics end, by (topic, partition), for partitions that have records."""
    places = [
        TopicPartition(settings.topic(name), number)
        for name in names
        for number in range(settings.partitions)
    ]
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        found = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return {(place.topic, place.partition): at.offset for place, at in found.items() if at.offset}


def settled(settings: Settings) -> bool:
    """Return whether everything that was fed is applied, saved and committed."""
    return ends(settings, *SOURCE_TOPICS).items() <= committed(settings).items()


def members(settings: Settings) -> list[str]:
    """Return the ids of the group's members, dead ones included until their session ends."""
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        group = admin.describe_groups([settings.app_id])[settings.app_id]
    return [member["member_id"] for member in group["members"]]


def drop_members(settings: Settings) -> None:
    """Take the dead out of the group, instead of waiting for the end of their session."""
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        group = admin.describe_groups([settings.app_id])[settings.app_id]
        gone = [MemberToRemove(member_id=member["member_id"]) for member in group["members"]]
        if gone:
            admin.remove_group_members(settings.app_id, gone)
