"""Addresses before and after 01-07-2025 are converted to current communes."""

import re
import subprocess
import sys
from collections import Counter
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.values.administrative_units import Conversion, OldWard, units
from crm.domain.values.names import folded

ACCENT_PAIRS = [
    ("19", "Xã Văn Lang", "Xã Văn Lăng"),
    ("31", "Xã Cẩm Giang", "Xã Cẩm Giàng"),
    ("51", "Xã Sơn Hà", "Xã Sơn Hạ"),
    ("51", "Xã Ba Tô", "Xã Ba Tơ"),
    ("75", "Xã Lộc Thành", "Xã Lộc Thạnh"),
    ("79", "Xã Thanh An", "Xã Thạnh An"),
    ("80", "Xã Tân Thành", "Xã Tân Thạnh"),
    ("82", "Xã Tân Thành", "Xã Tân Thạnh"),
]
KIND = re.compile("^(phường|xã|thị trấn|phuong|xa|thitran|quan|huyen|thixa|thanhpho|tinh)")


def spelled(key: str) -> str:
    """Insert a space between the kind and the name of a key."""
    return KIND.sub(r"\1 ", key)


def bare(key: str) -> str:
    return KIND.sub("", key)


def typed_address(old: OldWard) -> tuple[str, str, str]:
    return spelled(old.ward), spelled(old.district), spelled(old.province)


@pytest.mark.req("B-11")
def test_the_units_are_34_provinces_and_3321_communes() -> None:
    wards = [ward for province in units().provinces() for ward in units().wards(province.code)]

    assert len(units().provinces()) == 34
    assert len(wards) == len({ward.code for ward in wards}) == 3321
    assert all(re.fullmatch(r"\d{5}", ward.code) for ward in wards)
    assert {ward.kind for ward in wards} == {"Phường", "Xã", "Đặc khu"}
    assert sum(ward.kind == "Đặc khu" for ward in wards) == 13
    assert all(units().ward(ward.code) == ward for ward in wards)


@pytest.mark.req("B-11")
def test_every_one_of_the_10040_old_wards_converts_or_lists_its_candidates() -> None:
    outcomes: Counter[str] = Counter()
    for old in units().old_wards():
        conversion = units().convert(*typed_address(old))
        outcomes[conversion.kind] += 1
        home = units().province(spelled(old.province))
        assert home
        assert conversion.province_code == home.code
        if len(old.codes) == 1:
            assert conversion == Conversion("exact", old.codes[0], home.code, ()), old
        else:
            assert conversion == Conversion("ambiguous", None, home.code, old.codes), old
        assert all(units().ward(code) in units().wards(home.code) for code in old.codes)

    assert outcomes == {"exact": 9569, "ambiguous": 471}


@pytest.mark.req("B-11")
def test_an_old_ward_typed_without_its_kind_converts_to_one_of_its_communes() -> None:
    for old in units().old_wards():
        conversion = units().convert(bare(old.ward), bare(old.district), bare(old.province))
        assert {*old.codes} <= {conversion.ward_code, *conversion.candidates}, old


@pytest.mark.req("B-11")
def test_every_current_commune_is_found_by_its_name() -> None:
    for province in units().provinces():
        for ward in units().wards(province.code):
            conversion = units().convert(
                f"{ward.kind} {ward.name}", None, f"{province.kind} {province.name}"
            )
            assert conversion == Conversion("typed", ward.code, province.code, ())


@pytest.mark.req("B-11")
@pytest.mark.parametrize(("province", "one", "other"), ACCENT_PAIRS)
def test_communes_that_differ_only_in_tones_are_distinguished_or_flagged(
    province: str, one: str, other: str
) -> None:
    first, second = (units().convert(name, "", province).ward_code for name in (one, other))
    assert first
    assert second
    assert first != second

    plain = units().convert(folded(one), "", province)

    assert plain.kind == "ambiguous"
    assert {*plain.candidates} == {first, second}
    named = units().codes_named
    assert {first, second} & {*named(one, within=province)} == {first}
    assert {first, second} & {*named(other, within=province)} == {second}
    assert {first, second} <= {*named(folded(one), within=province)}


@pytest.mark.req("B-11")
def test_exactly_eight_pairs_of_communes_differ_only_in_tones() -> None:
    same_name = Counter(
        (ward.province_code, folded(f"{ward.kind} {ward.name}"))
        for province in units().provinces()
        for ward in units().wards(province.code)
    )

    assert sum(count > 1 for count in same_name.values()) == len(ACCENT_PAIRS)


@pytest.mark.req("B-11")
@pytest.mark.parametrize(
    ("ward", "district", "province"),
    [
        ("Phường Bến Nghé", "Quận 1", "Thành phố Hồ Chí Minh"),
        ("phường bến nghé", "quận 1", "tp hồ chí minh"),
        ("P. Bến Nghé", "Q.1", "TP.HCM"),
        ("P Bến Nghé", "Q1", "TPHCM"),
        ("Bến Nghé", "1", "Hồ Chí Minh"),
        ("phuong ben nghe", "quan 01", "ho chi minh"),
        ("Ben Nghe", "Quan 1", "Ho Chi Minh City"),
        (normalize("NFD", "Phường Bến Nghé"), "Quận 1", "Sài Gòn"),
        ("Bến Nghé", "", "HCM"),
        ("Bến Nghé", None, "79"),
    ],
)
def test_an_old_address_is_read_in_every_usual_spelling(
    ward: str, district: str | None, province: str
) -> None:
    assert units().convert(ward, district, province) == ("exact", "26740", "79", ())


@pytest.mark.req("B-11")
@pytest.mark.parametrize(
    ("ward", "district", "province", "code"),
    [
        ("Phường 01", "Quận 3", "TP.HCM", "27154"),
        ("P1", "Q3", "TP.HCM", "27154"),
        ("Thảo Điền", "TP Thủ Đức", "TP.HCM", "27094"),
        ("Thảo Điền", "T.P. Thủ Đức", "TP.HCM", "27094"),
        ("Phường Phú Lợi", "Thành phố Thủ Dầu Một", "Bình Dương", "25750"),
        ("Phường Phú Lợi", "Thủ Dầu Một", "TP.HCM", "25750"),
        ("", "Huyện Côn Đảo", "Bà Rịa - Vũng Tàu", "26732"),
        (None, "Côn Đảo", "BR-VT", "26732"),
        ("Phường Hương Vân", "Thị xã Hương Trà", "Thừa Thiên Huế", "19996"),
        ("Xã Lộc Thành", "Huyện Lộc Ninh", "Bình Phước", "25294"),
        ("Xã Lộc Thạnh", "Huyện Lộc Ninh", "Bình Phước", "25280"),
    ],
)
def test_known_addresses_convert_to_the_commune_that_absorbed_them(
    ward: str | None, district: str, province: str, code: str
) -> None:
    conversion = units().convert(ward, district, province)

    assert (conversion.kind, conversion.ward_code) == ("exact", code)


@pytest.mark.req("B-11")
@pytest.mark.parametrize(
    ("ward", "district", "province", "code"),
    [
        ("Phường Sài Gòn", None, "TP.HCM", "26740"),
        ("Phường Sài Gòn", "Quận 1", "TP.HCM", "26740"),
        ("Phường Phương Liệt", "", "Hà Nội", "00352"),
        ("Phương Liệt", "", "Hà Nội", "00352"),
        ("00070", "", "Hà Nội", "00070"),
        ("Hoàn Kiếm", None, "HN", "00070"),
    ],
)
def test_a_current_address_is_not_converted(
    ward: str, district: str | None, province: str, code: str
) -> None:
    conversion = units().convert(ward, district, province)

    assert (conversion.kind, conversion.ward_code, conversion.candidates) == ("typed", code, ())


@pytest.mark.req("B-11")
def test_a_split_ward_lists_its_candidates_likeliest_first() -> None:
    conversion = units().convert("Phường Đại Mỗ", "Quận Nam Từ Liêm", "Hà Nội")

    assert conversion.kind == "ambiguous"
    assert conversion.ward_code is None
    assert conversion.candidates[0] == "00637"
    assert len(conversion.candidates) == 5


@pytest.mark.req("B-11")
def test_an_unknown_district_makes_the_conversion_ambiguous() -> None:
    conversion = units().convert("Bến Nghé", "Quận Một Hai", "TP.HCM")

    assert conversion == ("ambiguous", None, "79", ("26740",))


@pytest.mark.req("D13")
@pytest.mark.parametrize(
    ("ward", "district", "province", "province_code"),
    [
        ("Phường Không Có", "Quận 1", "TP.HCM", "79"),
        ("Phường Không Có", "", "TP.HCM", "79"),
        ("", "", "Hà Nội", "01"),
        (None, "Quận 1", "TP.HCM", "79"),
        ("Phường Bến Nghé", "Quận 1", "Atlantis", None),
        ("Phường Bến Nghé", "Quận 1", None, None),
        (None, None, None, None),
        ("***", "...", "79", "79"),
        ("x" * 10_000, "\x00", "Hà Nội", "01"),
    ],
)
def test_an_unknown_address_is_converted_to_none(
    ward: str | None, district: str | None, province: str | None, province_code: str | None
) -> None:
    assert units().convert(ward, district, province) == ("none", None, province_code, ())


@pytest.mark.req("D13")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("79", "79"),
        ("TP.HCM", "79"),
        ("Sài Gòn", "79"),
        ("Bình Dương", "79"),
        ("tinh binh duong", "79"),
        ("Bà Rịa – Vũng Tàu", "79"),
        ("Tỉnh Thừa Thiên Huế", "46"),
        ("Hanoi", "01"),
        ("Da Nang City", "48"),
        ("Đăk Lăk", "66"),
        ("Đắc Nông", "68"),
        ("Tỉnh Bắc Ninh", "24"),
        ("Hoà Bình", "25"),
        ("", None),
        ("99", None),
        ("Lào", None),
    ],
)
def test_a_province_is_found_by_its_code_and_by_names_new_and_old(
    typed: str, code: str | None
) -> None:
    province = units().province(typed)

    assert (province.code if province else None) == code


@pytest.mark.req("B-11")
def test_a_list_filter_takes_codes_and_names_new_and_old() -> None:
    codes_named = units().codes_named

    assert codes_named("26740") == codes_named("Phường Bến Nghé", within="TP.HCM") == ("26740",)
    assert codes_named("Phường Sài Gòn") == ("26740",)
    assert len(codes_named("Đại Mỗ, Nam Từ Liêm, Hà Nội")) == 5
    assert codes_named("Phường 1, Quận 3", within="79") == ("27154",)
    assert {*codes_named("Phường Tân Phú", within="79")} > {"27487"}
    assert codes_named("99999") == codes_named("Không Có") == codes_named("") == ()
    assert codes_named("Bến Nghé", within="Atlantis") == ()


@pytest.mark.req("B-11")
def test_a_split_ward_is_found_by_its_old_name_in_all_its_parts() -> None:
    for old in units().old_wards():
        if len(old.codes) > 1:
            ward, district, province = typed_address(old)
            found = units().codes_named(f"{ward}, {district}", within=province)
            assert {*found} == {*old.codes}, old


@pytest.mark.req("B-11")
@given(
    *[st.none() | st.text(max_size=30) | st.sampled_from(["Quận 1", "Tân Phú", "79", "p", "tp"])]
    * 3
)
def test_any_address_gives_a_consistent_conversion(
    ward: str | None, district: str | None, province: str | None
) -> None:
    conversion = units().convert(ward, district, province)

    assert (conversion.ward_code is not None) == (conversion.kind in {"typed", "exact"})
    assert bool(conversion.candidates) == (conversion.kind == "ambiguous")
    assert isinstance(units().codes_named(ward or ""), tuple)


@pytest.mark.req("B-11")
def test_the_units_are_loaded_once_on_first_use() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
from crm.domain.values.administrative_units import units
before = sum("units_2025" in str(path) for path in opened)
units(), units()
print(before, sum("units_2025" in str(path) for path in opened))
"""
    completed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert completed.stdout.split() == ["0", "1"]
