"""Faust agents, thin: they move records between Kafka and the core."""
