import re

from streams.agents.pseudonym import pseudonym


def test_a_person_has_one_pseudonym_and_nobody_else_has_it() -> None:
    names = [f"a{number}" for number in range(1_000)]
    given = [pseudonym(name, b"secret") for name in names]
    assert given == [pseudonym(name, b"secret") for name in names]
    assert len(set(given)) == len(names)
    assert all(re.fullmatch("[0-9a-f]{20}", one) for one in given)


def test_another_secret_gives_another_pseudonym() -> None:
    assert pseudonym("a1", b"secret") != pseudonym("a1", b"Secret")


def test_a_secret_may_be_long_or_empty() -> None:
    long = b"x" * 100
    assert pseudonym("a1", long) != pseudonym("a1", long + b"y")
    assert pseudonym("ä", b"") != "ä"
