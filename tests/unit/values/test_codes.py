"""Cards, codes, external ids and tags: one canonical spelling each."""

from unicodedata import normalize

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.messages.catalogue import TEXTS
from crm.domain.values.cards import read_card
from crm.domain.values.codes import read_code, spell_code
from crm.domain.values.external_ids import read_external_id, read_external_ids
from crm.domain.values.tags import read_tag, read_tags

TYPED = st.text(max_size=60)


@pytest.mark.req("003-07")
@pytest.mark.parametrize(
    "typed", ["TV0001", "tv0001", " tv 0001 ", "TV\u00a000\u200b01", "ＴＶ０００１"]
)
def test_a_card_code_has_one_spelling(typed: str) -> None:
    assert read_card(typed) == "TV0001"


@pytest.mark.req("003-07")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "card_invalid"),
        ("   ", "card_invalid"),
        ("THẺ01", "card_invalid"),
        ("TV#1", "card_invalid"),
        ("TV\x001", "card_invalid"),
        ("💳", "card_invalid"),
        ("A" * 41, "too_long"),
        ("A" * 10_000, "too_long"),
    ],
)
def test_an_invalid_card_code_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_card(typed)
    assert refused.value.code == code
    assert code in TEXTS


@pytest.mark.req("003-07")
@given(TYPED)
def test_reading_a_card_code_again_does_not_change_it(typed: str) -> None:
    try:
        card = read_card(typed)
    except Refused as refused:
        event(refused.code)
        return
    assert read_card(card) == read_card(card.lower()) == card
    assert len(card) <= 40


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "typed", ["KH000123", "kh000123", "KH123", "kh 123", "KH-000123", " KH 00000123 ", "k h.123"]
)
def test_a_customer_code_is_read_without_its_zeros_case_or_spaces(typed: str) -> None:
    assert read_code(typed) == "KH000123"


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "typed", ["", "KH", "KH0", "123", "KH12a", "HK123", "KH١٢٣", "KH" + "1" * 99]
)
def test_an_invalid_customer_code_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="code_invalid"):
        read_code(typed)


@pytest.mark.req("B-09")
@given(st.integers(min_value=1, max_value=10**12 - 1))
def test_reading_a_formatted_code_does_not_change_it(number: int) -> None:
    assert read_code(spell_code(number)) == spell_code(number)


def test_codes_have_six_digits_until_a_merchant_has_a_million_customers() -> None:
    assert (spell_code(123), spell_code(1_234_567)) == ("KH000123", "KH1234567")


@pytest.mark.req("004-10")
@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("haravan:1009", ("haravan", "1009")),
        (" Haravan : 1009 ", ("haravan", "1009")),
        ("shopify:gid://shopify/Customer/1", ("shopify", "gid://shopify/Customer/1")),
        ("kiot-viet:AbC", ("kiot-viet", "AbC")),
    ],
)
def test_an_external_id_has_a_platform_and_keeps_its_case(
    typed: str, read: tuple[str, str]
) -> None:
    assert read_external_id(typed) == read


@pytest.mark.req("004-10")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1009", "external_id_invalid"),
        ("haravan:", "external_id_invalid"),
        ("haravan:10 09", "external_id_invalid"),
        ("haravan:1#9", "external_id_invalid"),
        ("haravan:1\x009", "external_id_invalid"),
        (":1009", "platform_invalid"),
        ("hara van:1009", "platform_invalid"),
        ("hàrâvan:1009", "platform_invalid"),
        ("h" * 31 + ":1", "platform_invalid"),
        ("haravan:" + "1" * 101, "too_long"),
    ],
)
def test_an_invalid_external_id_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_external_id(typed)
    assert refused.value.code == code
    assert code in TEXTS


@pytest.mark.req("004-10")
def test_a_customer_has_one_id_per_platform_and_ten_at_most() -> None:
    assert read_external_ids({"Sapo": "7", "haravan": " 1009"}) == {"haravan": "1009", "sapo": "7"}
    assert list(read_external_ids({"sapo": "7", "haravan": "1"})) == ["haravan", "sapo"]
    with pytest.raises(Refused, match="external_id_repeated"):
        read_external_ids({"Sapo": "7", "sapo": "8"})
    with pytest.raises(Refused, match="too_many"):
        read_external_ids({f"p{n}": "1" for n in range(11)})


@pytest.mark.req("000-19")
@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("Hà Nội", "hà nội"),
        ("  HÀ \t NỘI ", "hà nội"),
        (normalize("NFD", "sỉ"), "sỉ"),
        ("VIP", "vip"),
        ("khách 👑", "khách 👑"),
        ("10%/tháng", "10%/tháng"),
    ],
)
def test_a_tag_is_stored_in_lower_case(typed: str, tag: str) -> None:
    assert read_tag(typed) == tag


@pytest.mark.req("000-19")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "tag_blank"),
        ("\u200b", "tag_blank"),
        ("a,b", "tag_comma"),
        ("a;b", "tag_comma"),
        ("a\x00b", "text_control_character"),
        ("x" * 41, "too_long"),
        ("İ" * 40, "too_long"),
        ("x" * 10_000, "too_long"),
    ],
)
def test_an_invalid_tag_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_tag(typed)
    assert refused.value.code == code
    assert code in TEXTS


@pytest.mark.req("000-20")
def test_a_customer_has_each_tag_once_and_thirty_at_most() -> None:
    assert read_tags(["Sỉ", "vip", "sỉ"]) == ("sỉ", "vip")
    assert len(read_tags([f"t{n}" for n in range(30)])) == 30
    with pytest.raises(Refused, match="too_many") as refused:
        read_tags([f"t{n}" for n in range(31)])
    assert refused.value.params == {"limit": 30}


@pytest.mark.req("000-19")
@given(TYPED)
def test_reading_a_tag_again_does_not_change_it(typed: str) -> None:
    try:
        tag = read_tag(typed)
    except Refused as refused:
        event(refused.code)
        return
    assert read_tag(tag) == tag
    assert 1 <= len(tag) <= 40
