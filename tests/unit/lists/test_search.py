"""Interpretations of the text of the search box."""

import pytest

from crm.domain.customers.customer import Identity
from crm.domain.customers.listed import ListedCustomer
from crm.domain.lists.search import Fit, Search, search_of
from tests.builders import a_customer


@pytest.mark.req("B-09", "B-10")
@pytest.mark.parametrize(
    "typed", ["0329333999", "01629333999", "+84 162 933 3999", " 0329.333.999 ", "84329333999"]
)
def test_spellings_of_a_phone_are_one_phone(typed: str) -> None:
    search = search_of(typed)

    assert Identity("phone", "+84329333999") in search.identities
    assert search.phone_ending == "9993339230"
    assert search.words == ()


@pytest.mark.req("B-10")
@pytest.mark.parametrize(
    ("typed", "ending"), [("678", "876"), ("5 678", "8765"), ("345.678", "876543"), ("12", None)]
)
def test_three_or_more_digits_are_the_end_of_a_phone(typed: str, ending: str | None) -> None:
    assert search_of(typed).phone_ending == ending


def test_codes_and_cards_are_normalized_as_stored_ones() -> None:
    assert Identity("code", "KH000123") in search_of("kh 123").identities
    assert Identity("card", "TV0001") in search_of("tv 0001").identities


@pytest.mark.parametrize(
    ("typed", "start"),
    [("anh.ng", "anh.ng"), ("Anh@Example.vn", "anh@example.vn"), ("an", None), ("ánh", None)],
)
def test_one_word_without_accents_may_start_an_email(typed: str, start: str | None) -> None:
    assert search_of(typed).email_start == start


@pytest.mark.req("B-10")
def test_words_are_searched_without_tones_in_every_order() -> None:
    search = search_of("Hoà  Đặng Thị")

    assert search.words == ("hoa", "dang", "thi")
    assert search.identities == ()
    assert len(list(search.name_starts())) == 6
    assert "dang thi hoa" in search.name_starts()


def test_more_than_four_words_are_searched_in_the_given_order() -> None:
    assert list(search_of("một hai ba bốn năm").name_starts()) == ["mot hai ba bon nam"]


def test_punctuation_alone_has_no_interpretation() -> None:
    assert search_of(" ?! ") == Search(identities=search_of("?!").identities)
    assert search_of("   ") == Search()


@pytest.mark.parametrize(
    ("typed", "key", "is_there"),
    [
        ("anh nguyen", "anh nguyen thi", True),
        ("anh ng", "anh nguyen thi", True),
        ("thi anh", "anh nguyen thi", True),
        ("anh anh", "anh nguyen thi", False),
        ("nguyen le", "anh nguyen thi", False),
    ],
)
def test_every_word_is_in_the_name_and_the_last_may_be_a_prefix(
    typed: str, key: str, *, is_there: bool
) -> None:
    assert search_of(typed).is_within(key) is is_there


@pytest.mark.req("B-10")
def test_a_whole_name_ranks_before_a_prefix_and_a_prefix_before_a_part() -> None:
    search = search_of("nguyen anh")
    fits = [
        search.fit_of(ListedCustomer(a_customer(full_name=name)))
        for name in ("Nguyễn Ánh", "Nguyễn Ánh Tuyết", "Ánh Nguyễn")
    ]

    assert fits == [Fit.WHOLE_NAME, Fit.START, Fit.PART]
