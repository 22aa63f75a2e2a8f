"""`python -m streams` is `attune`."""

from streams.cli import main

if __name__ == "__main__":
    main()
