"""Marks: keyed hashes by which an erasure finds the files that hold a person."""

import pytest

from crm.domain.customers.customer import Identity
from crm.domain.customers.fingerprints import Marks, marks_in
from crm.domain.imports import file_names as import_files
from tests.builders import MERCHANT, OTHER_MERCHANT
from tests.import_builders import MARKS, Book, opening

PHONE = Identity("phone", "+84912345678")
EMAIL = Identity("email", "anh@example.vn")


@pytest.mark.req("B-14")
def test_an_identity_of_a_merchant_has_one_mark_and_others_have_other_marks() -> None:
    marks = {
        MARKS.of(MERCHANT, PHONE),
        MARKS.of(MERCHANT, EMAIL),
        MARKS.of(OTHER_MERCHANT, PHONE),
        Marks("another secret").of(MERCHANT, PHONE),
        MARKS.of(MERCHANT, Identity("card", PHONE.value)),
    }

    assert MARKS.of(MERCHANT, PHONE) in marks
    assert len(marks) == 5
    assert b"912345678" not in b"".join(marks)


def test_marks_are_read_back_as_they_are_spelled() -> None:
    content = MARKS.of(MERCHANT, PHONE) + MARKS.of(MERCHANT, EMAIL)

    assert sorted(marks_in(content)) == list(MARKS.spelled(MERCHANT, [EMAIL, PHONE, PHONE]))


@pytest.mark.req("B-14")
def test_an_import_keeps_the_marks_of_everybody_whom_its_rows_name_invalid_ones_too() -> None:
    book = Book()
    job = book.upload()
    header = ("Họ và tên", "Số điện thoại", "Email")

    book.read(
        job,
        opening(
            header,
            ("Ánh", "0912345678", ""),
            ("Bình", "", "binh@example.vn"),
            ("Cúc", "", ""),
            ("Dũng", "0987654321", "no e-mail"),
        ),
    )

    kept = book.files.read(MERCHANT, "imports", import_files.marks(job.id))
    binh = Identity("email", "binh@example.vn")
    dung = Identity("phone", "+84987654321")
    assert sorted(marks_in(kept)) == list(MARKS.spelled(MERCHANT, [PHONE, binh, dung]))
