"""Birthdays: whole or without a year, in the API and in files."""

from datetime import date

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.messages.catalogue import TEXTS
from crm.domain.values.birthdays import (
    birth_month,
    birthday_of_parts,
    masked_birthday,
    read_birthday,
    spelled_birthday,
)

TODAY = date(2026, 11, 22)


@pytest.mark.req("002-08")
@pytest.mark.parametrize(
    "given_as", ["1990-05-17", "--05-17", "2024-02-29", "--02-29", "1900-01-01", "2026-11-22"]
)
def test_a_birthday_is_a_day_with_or_without_its_year(given_as: str) -> None:
    assert read_birthday(f" {given_as} ", today=TODAY) == given_as


@pytest.mark.req("002-08")
@pytest.mark.parametrize(
    ("given_as", "code"),
    [
        ("", "birthday_invalid"),
        ("17/05/1990", "birthday_invalid"),
        ("1990-5-17", "birthday_invalid"),
        ("05-17", "birthday_invalid"),
        ("2023-02-29", "birthday_invalid"),
        ("--02-30", "birthday_invalid"),
        ("--13-01", "birthday_invalid"),
        ("1990-00-17", "birthday_invalid"),
        ("1990-05-17T00:00:00Z", "birthday_invalid"),
        ("１９９０-05-17", "birthday_invalid"),
        ("1990-05-17\x00", "birthday_invalid"),
        ("1" * 10_000, "birthday_invalid"),
        ("1899-12-31", "birthday_year"),
        ("0000-05-17", "birthday_year"),
        ("2027-01-01", "birthday_year"),
        ("2026-11-23", "birthday_future"),
        ("xxxx-xx-xx", "masked_value"),
        ("--xx-xx", "masked_value"),
        ("xx/xx/xxxx", "masked_value"),
        ("xx/xx", "masked_value"),
    ],
)
def test_an_invalid_birthday_is_refused_with_its_reason(given_as: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_birthday(given_as, today=TODAY)
    assert refused.value.code == code
    assert code in TEXTS


@pytest.mark.req("001-21")
@pytest.mark.parametrize(
    ("parts", "birthday", "in_files"),
    [
        ((17, 5, 1990), "1990-05-17", "17/05/1990"),
        ((28, 3, None), "--03-28", "28/03"),
        ((29, 2, None), "--02-29", "29/02"),
    ],
)
def test_files_spell_a_birthday_day_first(
    parts: tuple[int, int, int | None], birthday: str, in_files: str
) -> None:
    assert birthday_of_parts(*parts, today=TODAY) == birthday
    assert spelled_birthday(birthday) == in_files
    assert birth_month(birthday) == parts[1]


@pytest.mark.req("001-21")
@pytest.mark.parametrize("parts", [(17, 5, 90), (17, 5, 1899), (5, 17, 1990), (10**30, 1, 2000)])
def test_parts_of_an_impossible_birthday_are_refused(
    parts: tuple[int, int, int],
) -> None:
    with pytest.raises(Refused):
        birthday_of_parts(*parts, today=TODAY)


@pytest.mark.req("B-04")
@given(st.dates(date(1900, 1, 1), TODAY), st.booleans())
def test_a_birthday_survives_a_file(born: date, with_year: bool) -> None:  # noqa: FBT001
    birthday = born.isoformat() if with_year else f"--{born:%m-%d}"
    day, month, year = [*map(int, spelled_birthday(birthday).split("/")), None][:3]

    assert read_birthday(birthday, today=TODAY) == birthday
    assert birthday_of_parts(day or 0, month or 0, year, today=TODAY) == birthday


@pytest.mark.req("002-08")
@given(st.text(max_size=40))
def test_any_text_is_a_birthday_or_refused(text: str) -> None:
    try:
        birthday = read_birthday(text, today=TODAY)
    except Refused as refused:
        event(refused.code)
        return
    assert read_birthday(birthday, today=TODAY) == birthday


@pytest.mark.req("002-01")
def test_a_masked_birthday_reveals_nothing_and_cannot_be_read_back() -> None:
    assert masked_birthday("1990-05-17") == "xxxx-xx-xx"
    assert masked_birthday("--05-17") == "--xx-xx"
    assert spelled_birthday("xxxx-xx-xx") == "xx/xx/xxxx"
    assert spelled_birthday("--xx-xx") == "xx/xx"
