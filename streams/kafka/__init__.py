"""Everything that speaks Kafka: the fast lane, checkpoints, topics, the local broker."""
