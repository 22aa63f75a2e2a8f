import sys

import pytest

from models.features import features, normalise


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("Hello", "hello"),
        ("hello,", "hello"),
        ("(what?!)", "what"),
        ("don’t", "don't"),
        ("don`t", "don't"),
        ("'cause", "cause"),
        ("well-known", "well-known"),
        ("soooo", "so"),
        ("gooood", "good"),
        ("good", "good"),
        ("NOOOOO!!!", "no"),
        ("1984", "0"),
        ("$1,200.50", "0,0.0"),
        ("٣٤", "0"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("😡😡😡", "😡"),
        ("❤️", "❤"),
        ("angry😡", "angry"),
        ("नहीं", "नहीं"),
        ("co\u00adoperate", "cooperate"),
        ("\u0149", "n"),
        ("[NAME]", ""),
        ("[NAME]'s", "s"),
        ("<unk>", ""),
        ("...", ""),
        ("", ""),
        (" ", ""),
        ("_", ""),
    ],
)
def test_normalise(token: str, word: str) -> None:
    assert normalise(token) == word


def test_no_character_is_normalised_twice() -> None:
    for point in range(sys.maxunicode + 1):
        for token in (chr(point), f"a{chr(point)}", f"{chr(point)}a"):
            word = normalise(token)
            assert normalise(word) == word, hex(point)


def test_values_share_the_square_root_of_all_occurrences() -> None:
    found = features(["no", "no", "way"])  # five occurrences: no no way, no-no, no-way
    assert found == pytest.approx(
        {"no": 2 / 5**0.5, "way": 1 / 5**0.5, ("no", "no"): 1 / 5**0.5, ("no", "way"): 1 / 5**0.5}
    )


def test_tokens_without_a_word_give_no_feature_and_no_gap() -> None:
    assert features(["not", "...", "[NAME]", "good"]) == features(["not", "good"])
    assert features(["...", ""]) == {}
    assert features([]) == {}
