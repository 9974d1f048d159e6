"""Free text: kept as typed, without characters that a store or file cannot hold."""

from unicodedata import normalize

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.kernel.texts import masked_text, read_line, read_text
from crm.domain.messages.catalogue import TEXTS


@pytest.mark.req("000-08")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Gọi sau 17h.\nKhông giao Chủ nhật.", "Gọi sau 17h.\nKhông giao Chủ nhật."),
        ("một\r\nhai\rba", "một\nhai\nba"),
        ("a  b\tc  \n d", "a  b\tc\n d"),
        ("\n\n  a\n\n", "  a"),
        (normalize("NFD", "Đường số 1"), "Đường số 1"),
        ("👩‍👧 ok", "👩‍👧 ok"),
        ("xin chào \u202eabc\u202c", "xin chào abc"),
        ("", ""),
    ],
)
def test_a_note_keeps_its_lines(typed: str, kept: str) -> None:
    assert read_text(typed, 5000) == kept


@pytest.mark.req("000-13")
def test_a_line_collapses_all_whitespace() -> None:
    assert read_line(" 12  Lý Thường Kiệt,\n tầng\t3 ", 200) == "12 Lý Thường Kiệt, tầng 3"


@pytest.mark.req("000-08")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("a\x00b", "text_control_character"),
        ("a\x07b", "text_control_character"),
        ("a\x9fb", "text_control_character"),
        ("a\ud83d", "text_control_character"),
        ("a\ufffe", "text_control_character"),
        ("x" * 51, "too_long"),
        ("x" * 10_000, "too_long"),
        ("***", "masked_value"),
    ],
)
def test_text_that_cannot_be_stored_is_refused_with_its_reason(typed: str, code: str) -> None:
    for read in (read_line, read_text):
        with pytest.raises(Refused) as refused:
            read(typed, 50)
        assert refused.value.code == code
        assert code in TEXTS


@pytest.mark.req("000-08")
def test_a_limit_counts_the_characters_that_are_stored() -> None:
    assert read_text(normalize("NFD", "ẫ") * 50, 50) == "ẫ" * 50
    assert read_line(" " * 1000 + "x" * 50 + " " * 1000, 50) == "x" * 50


@pytest.mark.req("002-01")
def test_masked_text_reveals_nothing() -> None:
    assert masked_text("12 Lý Thường Kiệt") == "***"
    assert masked_text("") == ""


@pytest.mark.req("000-08")
@given(st.text(max_size=80))
def test_reading_stored_text_again_does_not_change_it(typed: str) -> None:
    for read in (read_line, read_text):
        try:
            kept = read(typed, 60)
        except Refused as refused:
            event(refused.code)
            continue
        assert read(kept, 60) == kept
        assert normalize("NFC", kept) == kept
