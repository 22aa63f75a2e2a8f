"""What is heard in a call: one small detector per signal, patterns as data."""
