"""attune: hears on Kafka, while a call can still be saved, how the customer feels."""

__version__ = "0.1.0"
