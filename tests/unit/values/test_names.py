"""Names: kept as typed, split in Vietnamese order, searched without tones."""

from unicodedata import normalize

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.messages.catalogue import TEXTS
from crm.domain.values.names import Name, folded, given_name_key, name_key, read_name

words = st.text(
    "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằẳẵắặầẩẫấậèéẻẽẹềểễếệAĐÊÔƯ", min_size=1, max_size=7
)
vietnamese_names = st.lists(words, min_size=1, max_size=5).map(" ".join)


@pytest.mark.req("D6")
@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"full": "Nguyễn Thị Ánh"}, ("Nguyễn Thị Ánh", "Nguyễn Thị", "Ánh")),
        ({"full": "  Nguyễn \t Thị\n Ánh\u00a0"}, ("Nguyễn Thị Ánh", "Nguyễn Thị", "Ánh")),
        ({"full": "Ánh"}, ("Ánh", None, "Ánh")),
        ({"family": "Nguyễn Thị", "given": "Ánh"}, ("Nguyễn Thị Ánh", "Nguyễn Thị", "Ánh")),
        ({"given": "Ánh"}, ("Ánh", None, "Ánh")),
        ({"family": "Nguyễn"}, ("Nguyễn", "Nguyễn", None)),
        ({"full": "Cô Ánh", "given": "Ánh"}, ("Cô Ánh", "Cô", "Ánh")),
        (
            {"full": "Tôn Nữ Quỳnh Như", "family": "Tôn Nữ"},
            ("Tôn Nữ Quỳnh Như", "Tôn Nữ", "Quỳnh Như"),
        ),
        ({"full": "Shop hoa", "given": "Lan"}, ("Shop hoa", None, "Lan")),
        ({"full": "Shop hoa", "family": "Trần"}, ("Shop hoa", "Trần", None)),
        ({"full": "Chị Lan", "family": "Trần", "given": "Lan"}, ("Chị Lan", "Trần", "Lan")),
        ({"full": "Ánh", "family": "", "given": "  "}, ("Ánh", None, "Ánh")),
    ],
)
def test_a_name_keeps_what_was_typed_and_derives_the_rest(
    typed: dict[str, str], name: tuple[str, str | None, str | None]
) -> None:
    assert read_name(**typed) == name


@pytest.mark.req("D6")
@pytest.mark.parametrize(
    "typed", [{}, {"full": " "}, {"given": "\u200b\ufeff"}, {"full": "\u200d"}]
)
def test_a_name_is_required(typed: dict[str, str]) -> None:
    with pytest.raises(Refused, match="name_required"):
        read_name(**typed)


@pytest.mark.req("D6")
def test_a_name_typed_in_nfd_is_kept_in_nfc() -> None:
    assert read_name(full=normalize("NFD", "Đặng Thị Hoà")).full == "Đặng Thị Hoà"


@pytest.mark.req("003-07")
@pytest.mark.parametrize("typed", ["Ánh\x00", "Án\x1bh", "Ánh\x9f", "\ud800nh", "Ánh\uffff"])
def test_characters_that_a_file_cannot_hold_are_refused(typed: str) -> None:
    with pytest.raises(Refused, match="text_control_character"):
        read_name(full=typed)


@pytest.mark.req("003-07")
def test_a_name_has_at_most_200_characters() -> None:
    assert read_name(full="Á" * 200).full == "Á" * 200
    assert read_name(full=normalize("NFD", "Ẫ") * 200).full == "Ẫ" * 200
    for typed in (
        {"full": "Á" * 201},
        {"full": "Á" * 10_000},
        {"family": "N" * 150, "given": "Á" * 50},
    ):
        with pytest.raises(Refused, match="too_long") as refused:
            read_name(**typed)
        assert refused.value.params == {"limit": 200}


@pytest.mark.req("003-07")
@pytest.mark.parametrize(
    "typed", ["محمد علي", "Lan 👩‍👧", "Nguyễn O'Hara", "村上 春樹", "Ánh <b>"]
)
def test_names_of_other_scripts_and_signs_are_kept_as_typed(typed: str) -> None:
    assert read_name(full=typed).full == typed


@pytest.mark.req("003-07")
def test_bidirectional_controls_are_removed() -> None:
    assert read_name(full="Lan\u202egnp.exe\u202c").full == "Langnp.exe"


@pytest.mark.req("B-10")
@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Đặng Thị Hoà", "dang thi hoa"),
        ("Đặng Thị Hòa", "dang thi hoa"),
        (normalize("NFD", "ĐẶNG THỊ HÒA"), "dang thi hoa"),
        ("Nguyễn  Thị-Ánh, (sỉ)", "nguyen thi anh si"),
        ("ƯỠNG ỵ Quỳnh", "uong y quynh"),
        ("Sigurður", "sigurður"),
        ("Ｌａｎ ①", "lan 1"),
        ("Straße Ñandú Çelik", "strasse nandu celik"),
        ("محمد علي", "محمد علي"),
        ("สมชาย วงศ์สุวรรณ", "สมชาย วงศ์สุวรรณ"),
        ("👩‍👧", ""),
        ("", ""),
    ],
)
def test_folding_drops_tones_case_and_punctuation(typed: str, key: str) -> None:
    assert folded(typed) == key


@pytest.mark.req("B-10")
def test_the_given_name_comes_first_in_its_key() -> None:
    assert given_name_key(read_name(full="Nguyễn Thị Ánh")) == "anh nguyen thi"
    assert given_name_key(Name("Nguyễn", "Nguyễn", None)) == "nguyen"
    assert given_name_key(Name("Cô Ánh", None, None)) == "co anh"
    assert name_key("Nguyễn Thị Ánh") == "nguyen thi anh"


@pytest.mark.req("B-10")
@given(st.text(max_size=200))
def test_a_key_fits_an_index_and_is_never_empty(typed: str) -> None:
    try:
        name = read_name(full=typed)
    except Refused as refused:
        event(refused.code)
        return
    for key in (name_key(name.full), given_name_key(name)):
        assert 0 < len(key.encode()) <= 1024


@pytest.mark.req("B-10")
def test_the_key_of_letters_that_expand_still_fits_an_index() -> None:
    assert len(name_key("\ufdfa" * 200).encode()) <= 1024


@pytest.mark.req("B-10")
@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.req("B-10")
@given(vietnamese_names)
def test_any_form_of_a_vietnamese_name_has_one_ascii_key(name: str) -> None:
    key = name_key(name)

    assert key.isascii()
    assert name_key(normalize("NFD", name)) == name_key(name.upper()) == key
    assert sorted(given_name_key(read_name(full=name)).split()) == sorted(key.split())


@pytest.mark.req("D6")
@given(vietnamese_names)
def test_the_parts_of_a_full_name_join_to_the_full_name(full: str) -> None:
    name = read_name(full=full)

    assert read_name(family=name.family, given=name.given) == name


@pytest.mark.req("D6")
@given(st.text(max_size=250), st.none() | st.text(max_size=50), st.none() | st.text(max_size=50))
def test_any_typed_name_is_read_or_refused_with_a_reason(
    full: str, family: str | None, given_name: str | None
) -> None:
    try:
        name = read_name(full=full, family=family, given=given_name)
    except Refused as refused:
        event(refused.code)
        return
    assert read_name(full=name.full, family=name.family, given=name.given) == name


def test_every_refusal_of_text_has_a_message() -> None:
    assert {"too_long", "text_control_character", "name_required"} <= TEXTS.keys()
