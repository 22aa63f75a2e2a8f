"""Calls looked at without Kafka: what the rules make of a text, a conversation, a log under two policies."""
