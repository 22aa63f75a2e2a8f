import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.calls.signals.phrases import PhraseBook

WORDS = st.lists(st.sampled_from(["a", "b", "c", "no"]), max_size=12)
PHRASES = st.lists(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4).map(" ".join), max_size=6, unique=True
)


@given(PHRASES, WORDS)
def test_every_phrase_is_found_where_a_plain_search_finds_it(phrases: list[str], said: list[str]) -> None:
    book = PhraseBook({phrase: [phrase] for phrase in phrases}, ["no"])
    plain = {
        (phrase, end - 1)
        for phrase in phrases
        for end in range(1, len(said) + 1)
        if said[:end][-len(phrase.split()) :] == phrase.split()
        and (end == len(phrase.split()) or said[end - len(phrase.split()) - 1] != "no")
    }
    assert sorted(book.find(said)) == sorted(plain)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("close my account", True),
        ("not close my account", False),
        ("i don't want to close my account", False),
        ("want to close my account", True),
        ("not happy close my account", True),
        ("i don't want that close my account", True),
        ("knot close my account", True),
    ],
)
def test_a_negator_counts_right_before_the_phrase(said: str, found: bool) -> None:
    book = PhraseBook({"cancel_threat": ["close my account"]}, ["not", "don't want to"])
    assert bool(list(book.find(said.split()))) is found


def test_an_empty_phrase_is_refused() -> None:
    with pytest.raises(ValueError, match="abuse: an empty phrase"):
        PhraseBook({"abuse": [" "]})
