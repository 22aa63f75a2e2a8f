"""The pure core of a call: no I/O, no clock, no globals; time arrives in the record."""
