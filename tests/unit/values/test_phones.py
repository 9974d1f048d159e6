"""Phone numbers: one key per number, however it was typed."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.messages.catalogue import TEXTS
from crm.domain.values.phones import (
    masked_phone,
    national,
    phone_suffix_key,
    previous_forms,
    read_phone,
)

KEY = "+84912345678"
TWELVE_WAYS: list[str | float] = [
    "0912345678",
    "0912 345 678",
    "0912.345.678",
    "(091) 234-5678",
    "+84912345678",
    "+84 912 345 678",
    "+84 (0) 912 345 678",
    "84912345678",
    "0084 912 345 678",
    "912345678",
    "9.12345678E8",
    912345678.0,
]
MORE_WAYS: list[str | float] = [
    912345678,
    84912345678,
    8.4912345678e10,
    "8.4912345678E+10",
    "9,12345678E8",
    "912345678.0",
    "84912345678.00",
    "'0912345678",
    "  0912345678\n",
    "0912\u00a0345\u00a0678",
    "\u202d0912345678\u202c",
    "0912\u200b345\u200b678\ufeff",
    "0912\u2013345\u2013678",
    "０９１２３４５６７８",
    "٠٩١٢٣٤٥٦٧٨",
    "tel:+84-912-345-678",
    "Tel: 0912345678",
    "ĐT: 0912.345.678",
    "SĐT 0912345678",
    "Điện thoại: 0912345678",
    "Zalo 0912345678",
    "+840912345678",
]

#: Old prefix, new prefix: an independent copy of the operators' map of 15-09-2018.
MIGRATION = {
    "0120": "070",
    "0121": "079",
    "0122": "077",
    "0126": "076",
    "0128": "078",
    "0123": "083",
    "0124": "084",
    "0125": "085",
    "0127": "081",
    "0129": "082",
    "0162": "032",
    "0163": "033",
    "0164": "034",
    "0165": "035",
    "0166": "036",
    "0167": "037",
    "0168": "038",
    "0169": "039",
    "0186": "056",
    "0188": "058",
    "0199": "059",
}

REFUSALS: list[tuple[str | float, str]] = [
    ("", "phone_invalid"),
    ("   ", "phone_invalid"),
    ("không có", "phone_invalid"),
    ("091234567", "phone_invalid"),
    ("091234567890", "phone_invalid"),
    ("0012345", "phone_invalid"),
    ("091234567.0", "phone_invalid"),
    ("01112345678", "phone_invalid"),
    ("16502530000", "phone_invalid"),
    ("+999123456", "phone_invalid"),
    ("+12345", "phone_invalid"),
    ("+", "phone_invalid"),
    ("0912345678²", "phone_invalid"),
    ("0912345\x00678", "phone_invalid"),
    ("091\u0301 2345678", "phone_invalid"),
    (-912345678, "phone_invalid"),
    (912345678.5, "phone_invalid"),
    (0, "phone_invalid"),
    (10**40, "phone_invalid"),
    (float("nan"), "phone_invalid"),
    (float("inf"), "phone_invalid"),
    (True, "phone_invalid"),
    ("1900 1234", "phone_hotline"),
    ("1900 123456", "phone_hotline"),
    (19001234, "phone_hotline"),
    ("1800 1234", "phone_hotline"),
    ("+84 1800 123456", "phone_hotline"),
    ("84 1900 1234", "phone_hotline"),
    ("+1 800 253 0000", "phone_hotline"),
    ("0912345678 / 0987654321", "phone_several"),
    ("0912 345 678, 0987 654 321", "phone_several"),
    ("0912345678 hoặc +84987654321", "phone_several"),
    ("0912345678" * 2, "phone_too_long"),
    ("0" * 10_000, "phone_too_long"),
    ("x" * 10_000, "phone_too_long"),
    ("9.12E+08", "phone_rounded"),
    ("9.12346E+08", "phone_rounded"),
    ("9.123456789E8", "phone_rounded"),
    ("9.12345678E99", "phone_rounded"),
    ("04 3822 1234", "phone_old_landline"),
    ("+84 4 3822 1234", "phone_old_landline"),
    ("0511 3822 123", "phone_old_landline"),
    ("061 3822 123", "phone_old_landline"),
    ("09xx xxx 678", "masked_value"),
    ("+1xx xxx 000", "masked_value"),
    ("09** *** 678", "masked_value"),
]

mobiles = st.builds(
    "{}{:08d}".format, st.sampled_from("35789"), st.integers(min_value=0, max_value=10**8 - 1)
)
separators = st.sampled_from(["", " ", ".", "-", "\u00a0", "\u200b", " - "])


def refusal(raw: str | float) -> str:
    with pytest.raises(Refused) as refused:
        read_phone(raw)
    assert refused.value.code in TEXTS
    return refused.value.code


@pytest.mark.req("B-09")
def test_one_number_typed_twelve_ways_is_one_key() -> None:
    assert len(TWELVE_WAYS) == 12
    assert {read_phone(way) for way in TWELVE_WAYS} == {(KEY, None)}


@pytest.mark.req("B-09")
@pytest.mark.parametrize("way", MORE_WAYS)
def test_a_number_is_read_however_a_sheet_or_a_phone_wrote_it(way: str | float) -> None:
    assert read_phone(way) == (KEY, None)


@pytest.mark.req("B-09")
@pytest.mark.parametrize(("old", "new"), MIGRATION.items())
@pytest.mark.parametrize(
    "spelled",
    ["0{}{}", "0{}.{}", "(0{}) {}", "+84{}{}", "+84 {} {}", "84{}{}", "0084{}{}", "{}{}"],
)
def test_eleven_digit_numbers_get_their_current_prefix(old: str, new: str, spelled: str) -> None:
    assert read_phone(spelled.format(old[1:], "3339999")) == (f"+84{new[1:]}3339999", None)


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "typed", ["0162.933.3999", "(0162) 933 3999", 1629333999, 1.629333999e9, "1.629333999E9"]
)
def test_an_old_number_is_migrated_from_dots_spaces_and_floats(typed: str | float) -> None:
    assert read_phone(typed).e164 == "+84329333999"


@pytest.mark.req("B-09")
def test_all_21_prefixes_are_migrated_and_keep_their_previous_form() -> None:
    assert len(MIGRATION) == 21
    for old, new in MIGRATION.items():
        assert previous_forms(f"+84{new[1:]}3339999") == (f"{old}3339999",)
    assert previous_forms(KEY) == ()
    assert previous_forms("+329333999") == ()


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "typed",
    [
        "024 3822 1234",
        "02438221234",
        "(024) 38221234",
        2438221234,
        "+84 24 3822 1234",
        2438221234.0,
    ],
)
def test_a_landline_has_eleven_digits(typed: str | float) -> None:
    assert read_phone(typed) == ("+842438221234", None)


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0838221234", "+84838221234"),
        ("838221234", "+84838221234"),
        ("(08) 3822 1234", "+84838221234"),
        ("08 6278 1234", "+84862781234"),
        ("08-22123456", "+84822123456"),
        ("(037) 3822 123", "+84373822123"),
        ("02303822123", "+842303822123"),
    ],
)
def test_a_possible_old_landline_is_flagged_and_not_converted(typed: str, kept: str) -> None:
    assert read_phone(typed) == (kept, "phone_maybe_old_landline")


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "typed", ["083 412 3456", "086 278 1234", "(091) 234 5678", "01238221234"]
)
def test_an_ordinary_mobile_is_not_taken_for_a_landline(typed: str) -> None:
    assert read_phone(typed).doubt is None


@pytest.mark.req("B-09")
@pytest.mark.parametrize("typed", ["0890123456", "0551234567", "+84 20 1234 5678"])
def test_a_number_of_an_unallocated_range_is_kept_with_a_warning(typed: str) -> None:
    assert read_phone(typed).doubt == "phone_unallocated"


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("+1 650 253 0000", "+16502530000"),
        ("001 650 253 0000", "+16502530000"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+39 06 698 12345", "+390669812345"),
        ("+65 9123 4567", "+6591234567"),
    ],
)
def test_a_foreign_number_with_a_country_code_is_read(typed: str, key: str) -> None:
    assert read_phone(typed) == (key, None)
    assert national(key) == key


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "typed", ["0912345678 ext 12", "0912345678x12", "0912345678#12", "0912345678 (máy lẻ 12)"]
)
def test_an_extension_is_removed_with_a_warning(typed: str) -> None:
    assert read_phone(typed) == (KEY, "phone_extension_dropped")


@pytest.mark.req("B-09")
@pytest.mark.parametrize(("raw", "code"), REFUSALS)
def test_an_invalid_number_is_refused_with_its_reason(raw: str | float, code: str) -> None:
    assert refusal(raw) == code


@pytest.mark.req("B-09")
def test_our_ranges_are_those_of_phonenumbers() -> None:
    numbers = [f"+84{head}112345" for head in range(300, 1000) if str(head)[0] in "35789"]
    numbers += [f"+84{head}3112345" for head in range(200, 300)]

    for number in numbers:
        in_use = phonenumbers.is_valid_number(phonenumbers.parse(number))
        mobile_of_old_landline_shape = number.startswith("+8483") and in_use
        doubted = read_phone(number).doubt is not None
        assert doubted is not in_use or mobile_of_old_landline_shape, number


@pytest.mark.req("B-09")
@given(
    mobiles, st.lists(separators, min_size=9, max_size=9), st.sampled_from(["0", "+84", "84", ""])
)
def test_separators_and_prefixes_never_change_the_key(
    digits: str, between: list[str], prefix: str
) -> None:
    spaced = digits[0] + "".join(
        gap + digit for gap, digit in zip(between, digits[1:], strict=False)
    )

    assert read_phone(prefix + spaced).e164 == "+84" + digits


@pytest.mark.req("B-09")
@given(
    st.text(max_size=40)
    | st.text("0123456789+-. ()xE/,#;", max_size=40)
    | st.floats()
    | st.integers()
)
def test_any_input_gives_a_stable_key_or_a_refusal(raw: str | float) -> None:
    try:
        phone = read_phone(raw)
    except Refused as refused:
        event(refused.code)
        return
    assert phone.e164[0] == "+"
    assert phone.e164[1:].isascii()
    assert phone.e164[1:].isdigit()
    assert read_phone(phone.e164).e164 == phone.e164
    assert read_phone(national(phone.e164)).e164 == phone.e164
    assert phone.doubt is None or phone.doubt in TEXTS


@pytest.mark.req("B-10")
def test_the_last_digits_of_a_number_start_its_suffix_key() -> None:
    assert phone_suffix_key(KEY) == "8765432190"
    assert phone_suffix_key(KEY).startswith("678"[::-1])
    assert phone_suffix_key("+16502530000") == "00003520561"


@pytest.mark.req("003-07")
@pytest.mark.parametrize(
    ("key", "masked"),
    [(KEY, "09xx xxx 678"), ("+842438221234", "02xx xxx 234"), ("+16502530000", "+1xx xxx 000")],
)
def test_a_masked_number_shows_its_ends_and_cannot_be_read_back(key: str, masked: str) -> None:
    assert masked_phone(key) == masked
    assert refusal(masked) == "masked_value"


def test_plain_numbers_never_load_the_phonenumbers_library() -> None:
    program = (
        "import sys; from crm.domain.values.phones import read_phone;"
        "[read_phone(p) for p in ('0912345678', '0162 933 3999', '024 3822 1234', 912345678.0)];"
        "sys.exit('phonenumbers' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
