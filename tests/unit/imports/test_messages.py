"""Every reason to refuse a file or a row is a message in both languages."""

import re
from pathlib import Path

import pytest

import crm
from crm.domain.imports.columns import Header
from crm.domain.imports.progress import OUTCOMES
from crm.domain.imports.reports import remark_of
from crm.domain.kernel.errors import Problem
from crm.domain.messages.catalogue import TEXTS, Locale, text

CRM = Path(crm.__file__).parent
PARAMS = {
    "limit": 1,
    "first": "SĐT",
    "second": "Phone",
    "header": "Mã",
    "candidates": "code, card_code",
    "least": 0,
    "most": 1,
    "row": 2,
    "option": "mode",
    "expected": "a, b",
}
_refusal = re.compile(r"[Rr]efused\((?P<inside>[^\n]*)")
_word = re.compile(r"\"(\w+)\"")


def codes() -> set[str]:
    modules = (
        "domain/imports/*.py",
        "domain/spreadsheets/*.py",
        "usecases/imports/*.py",
        "files/**/*.py",
    )
    text = "\n".join(
        source.read_text(encoding="utf-8") for each in modules for source in CRM.glob(each)
    )
    refusals = (found["inside"] for found in _refusal.finditer(text))
    return {code for inside in refusals for code in _word.findall(inside)} - {
        *OUTCOMES,
        "day_first",
    }


def test_the_reasons_are_found() -> None:
    assert {"zip_bomb", "no_rows", "empty_file", "date_order_month_first", "moved"} < codes()


@pytest.mark.parametrize("code", sorted(codes() | {"import_stopped", "file_unreadable"}))
def test_a_reason_is_a_sentence_in_both_languages(code: str) -> None:
    assert code in TEXTS
    vietnamese, english = text(code, "vi", PARAMS), text(code, "en", PARAMS)
    assert vietnamese != english
    assert vietnamese.endswith(".")
    assert english.endswith(".")


@pytest.mark.parametrize(
    ("problem", "locale", "reason", "suggestion"),
    [
        (
            Problem("phone", "phone_hotline"),
            "vi",
            "SĐT: Đây là số tổng đài (1800, 1900…), không phải số của khách.",
            "SĐT: Nhập số riêng của khách hàng.",
        ),
        (
            Problem("phone", "phone_hotline"),
            "en",
            "SĐT: This is a hotline (1800, 1900…), not a personal number.",
            "SĐT: Enter the customer's own number.",
        ),
        (
            Problem("email", "too_long", {"limit": 254}),
            "vi",
            "Nhiều nhất 254 ký tự.",
            "Một địa chỉ email. Ví dụ: anh@example.vn.",
        ),
        (
            Problem("", "merged_into_failed", {"row": 7}),
            "en",
            "This row is the same person as row 7, which was not imported.",
            "Correct row 7.",
        ),
    ],
)
def test_a_message_has_the_reason_first_and_then_the_suggestion(
    problem: Problem, locale: Locale, reason: str, suggestion: str
) -> None:
    header = Header(1, {"phone": 0}, cells=("SĐT",))
    assert remark_of([problem], header, locale) == (reason, suggestion)
