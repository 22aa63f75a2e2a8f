"""Speed and size, measured on purpose: nothing here runs in `make test`."""
