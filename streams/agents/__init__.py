"""The load of those who take calls, as observed; never an emotion inferred. Pure."""
