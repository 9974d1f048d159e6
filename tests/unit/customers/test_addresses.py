"""Addresses: the text stays as typed, the codes of 2025 are added where known."""

from collections.abc import Mapping
from typing import Any

import pytest

from crm.domain.customers.addresses import (
    MOST_ADDRESSES,
    read_address,
    read_addresses,
    with_address,
    without_address,
)
from crm.domain.customers.customer import Address
from crm.domain.kernel.errors import Invalid, NotFound, Refused
from crm.domain.kernel.times import stamp
from crm.domain.values.administrative_units import units
from tests.builders import moment

AT = stamp(moment())
BLANK = Address(id="a-1")


def _read(**raw: Any) -> Address:
    return read_address(raw, BLANK)


def _problems(raw: Mapping[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        read_address(raw, BLANK)
    return [(problem.field, problem.code) for problem in refusal.value.problems]


@pytest.mark.req("000-13", "002-08", "B-11")
def test_an_address_from_before_2025_is_kept_as_typed_and_gets_todays_codes() -> None:
    address = _read(
        recipient="Chị Ánh",
        phone="0912 345 678",
        line="12  Lý Thường Kiệt",
        ward="Phường Phan Chu Trinh",
        district="Quận Hoàn Kiếm",
        province="Hà Nội",
    )

    assert (address.ward, address.district) == ("Phường Phan Chu Trinh", "Quận Hoàn Kiếm")
    assert address.line == "12 Lý Thường Kiệt"
    assert address.phone == "+84912345678"
    assert address.province_code == "01"
    assert address.conversion == "exact"
    ward = units().ward(address.ward_code or "")
    assert ward is not None
    assert ward.province_code == "01"


@pytest.mark.req("B-11", "D13")
def test_a_ward_that_was_split_is_flagged_with_candidates_and_never_guessed() -> None:
    address = _read(ward="Phường Cống Vị", district="Quận Ba Đình", province="Hà Nội")

    assert address.conversion == "ambiguous"
    assert (address.ward_code, address.province_code) == (None, "01")
    assert set(address.candidates) == {"00008", "00025"}


@pytest.mark.req("D13")
def test_a_district_is_optional() -> None:
    address = _read(ward="Phường Hoàn Kiếm", province="Thành phố Hà Nội")

    assert (address.ward_code, address.province_code) == ("00070", "01")


def test_a_given_ward_code_takes_precedence_and_determines_the_province() -> None:
    address = _read(ward_code="00070", ward="nơi nào đó")

    assert (address.ward_code, address.province_code) == ("00070", "01")
    assert address.conversion == "typed"


def test_unknown_names_are_kept_without_codes() -> None:
    address = _read(ward="Xã Không Có", province="Tỉnh Không Có")

    assert (address.conversion, address.ward_code, address.province_code) == ("none", None, None)
    assert address.province == "Tỉnh Không Có"


def test_an_address_abroad_has_no_codes() -> None:
    address = _read(line="1 Rue de Rivoli", province="Paris", country="fr")

    assert (address.country, address.conversion) == ("FR", "none")
    assert _read(country="Việt Nam").country == "VN"


def test_an_edit_of_the_street_keeps_the_codes_and_one_of_the_ward_finds_new_ones() -> None:
    hoan_kiem = _read(ward="Phường Hoàn Kiếm", province="Hà Nội")

    moved_house = read_address({"line": "5 Hàng Bài"}, hoan_kiem)
    moved_ward = read_address({"ward": "Phường Ba Đình"}, hoan_kiem)

    assert moved_house.ward_code == "00070"
    assert moved_ward.ward_code not in {None, "00070"}
    assert moved_ward.province_code == "01"


@pytest.mark.parametrize(
    ("raw", "problems"),
    [
        ({"phone": "123"}, [("phone", "phone_invalid")]),
        ({"ward_code": "99999"}, [("ward_code", "ward_code_unknown")]),
        ({"province_code": "1"}, [("province_code", "province_code_unknown")]),
        ({"ward_code": "00070", "province_code": "79"}, [("ward_code", "ward_of_other_province")]),
        ({"country": "Vietnamese"}, [("country", "country_invalid")]),
        (
            {"line": "x" * 301, "recipient": "a\x00"},
            [("line", "too_long"), ("recipient", "text_control_character")],
        ),
    ],
)
def test_a_refused_part_is_named(raw: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    assert _problems(raw) == problems


def test_the_first_address_is_the_default_and_there_is_always_one() -> None:
    home, work = Address(id="home"), Address(id="work")
    both = with_address(with_address((), home), work)
    assert [each.is_default for each in both] == [True, False]

    moved = with_address(both, Address(id="work", is_default=True))
    assert [each.is_default for each in moved] == [False, True]

    (left,) = without_address(moved, "work")
    assert (left.id, left.is_default) == ("home", True)
    assert without_address([left], "home") == ()


@pytest.mark.req("000-15")
def test_an_unknown_address_cannot_be_removed() -> None:
    with pytest.raises(NotFound):
        without_address((), "home")


def test_one_address_too_many_is_refused() -> None:
    full = tuple(Address(id=str(n)) for n in range(MOST_ADDRESSES))

    with pytest.raises(Invalid):
        with_address(full, Address(id="more"))
    with pytest.raises(Refused):
        read_addresses([{}] * (MOST_ADDRESSES + 1), (), AT)


def test_a_list_item_with_the_id_of_an_address_keeps_the_parts_it_does_not_give() -> None:
    (home,) = read_addresses([{"line": "12 Lý Thường Kiệt", "recipient": "Ánh"}], (), AT)

    changed = read_addresses(
        [{"id": home.id, "recipient": "Bình"}, {"line": "5 Hàng Bài", "is_default": True}],
        [home],
        AT,
    )

    assert changed[0].id == home.id
    assert (changed[0].line, changed[0].recipient) == ("12 Lý Thường Kiệt", "Bình")
    assert [each.is_default for each in changed] == [False, True]
    assert changed[1].id != home.id


def test_a_refused_part_of_a_list_is_named_with_its_index() -> None:
    with pytest.raises(Invalid) as refusal:
        read_addresses([{}, {"phone": "1"}], (), AT)

    assert [problem.field for problem in refusal.value.problems] == ["1.phone"]


def test_a_list_with_a_repeated_address_id_is_refused() -> None:
    (home,) = read_addresses([{"line": "12 Lý Thường Kiệt"}], (), AT)

    with pytest.raises(Invalid) as refused:
        read_addresses([{"id": home.id}, {"id": home.id, "line": "5 Hàng Bài"}], (home,), AT)

    assert [(each.field, each.code) for each in refused.value.problems] == [
        ("1.id", "address_repeated")
    ]
