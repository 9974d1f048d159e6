"""Gender, read from the words and numbers that sheets and platforms use."""

from unicodedata import normalize

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.messages.catalogue import TEXTS
from crm.domain.values.genders import read_gender


@pytest.mark.req("003-07")
@pytest.mark.parametrize(
    ("gender", "words"),
    [
        ("male", ["Nam", "nam", " NAM ", "male", "Male", "M", "1", 1, 1.0, "1.0", True, "true"]),
        (
            "female",
            [
                "Nữ",
                "nữ",
                "NỮ",
                normalize("NFD", "Nữ"),
                "nu",
                "Nư",
                "Female",
                "f",
                0,
                "0",
                False,
                "FALSE",
            ],
        ),
        ("other", ["Khác", "khác", "khac", "KHÁC", "Other", "o"]),
    ],
)
def test_a_gender_is_read_from_every_usual_word(gender: str, words: list[str | float]) -> None:
    assert {read_gender(word) for word in words} == {gender}


@pytest.mark.req("003-07")
@pytest.mark.parametrize("word", ["", "?", 2, -1, 0.5, "Nam Nữ", "x" * 10_000, "nam\x00nữ"])
def test_any_other_word_is_refused_with_the_accepted_values(word: str | float) -> None:
    with pytest.raises(Refused) as refused:
        read_gender(word)
    vietnamese, english = TEXTS[refused.value.code]
    assert "Nam, Nữ hoặc Khác" in vietnamese
    assert "male, female or other" in english


@pytest.mark.req("003-07")
@given(st.text(max_size=60) | st.floats() | st.integers())
def test_any_input_is_a_gender_or_refused(raw: str | float) -> None:
    try:
        assert read_gender(raw) in {"male", "female", "other"}
    except Refused as refused:
        event(refused.code)
