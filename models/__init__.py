"""Online models of how a customer feels; knows nothing of Kafka or calls."""
