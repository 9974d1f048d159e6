"""Marks: keyed hashes by which an erasure finds the files that hold a person."""

import pytest

from crm.domain.customers.customer import Identity
from crm.domain.customers.fingerprints import Fingerprints, fingerprints_in
from crm.domain.imports import file_names as import_files
from tests.builders import MERCHANT, OTHER_MERCHANT
from tests.import_builders import FINGERPRINTS, Backend, opening

PHONE = Identity("phone", "+84912345678")
EMAIL = Identity("email", "anh@example.vn")


@pytest.mark.req("B-14")
def test_an_identity_of_a_merchant_has_one_mark_and_others_have_other_marks() -> None:
    fingerprints = {
        FINGERPRINTS.of(MERCHANT, PHONE),
        FINGERPRINTS.of(MERCHANT, EMAIL),
        FINGERPRINTS.of(OTHER_MERCHANT, PHONE),
        Fingerprints("another secret").of(MERCHANT, PHONE),
        FINGERPRINTS.of(MERCHANT, Identity("card", PHONE.value)),
    }

    assert FINGERPRINTS.of(MERCHANT, PHONE) in fingerprints
    assert len(fingerprints) == 5
    assert b"912345678" not in b"".join(fingerprints)


def test_marks_are_read_back_as_they_are_spelled() -> None:
    content = FINGERPRINTS.of(MERCHANT, PHONE) + FINGERPRINTS.of(MERCHANT, EMAIL)

    assert sorted(fingerprints_in(content)) == list(
        FINGERPRINTS.spelled(MERCHANT, [EMAIL, PHONE, PHONE])
    )


@pytest.mark.req("B-14")
def test_an_import_keeps_the_marks_of_everybody_whom_its_rows_name_invalid_ones_too() -> None:
    backend = Backend()
    job = backend.upload()
    header = ("Họ và tên", "Số điện thoại", "Email")

    backend.read(
        job,
        opening(
            header,
            ("Ánh", "0912345678", ""),
            ("Bình", "", "binh@example.vn"),
            ("Cúc", "", ""),
            ("Dũng", "0987654321", "no e-mail"),
        ),
    )

    kept = backend.files.read(MERCHANT, "imports", import_files.fingerprints(job.id))
    binh = Identity("email", "binh@example.vn")
    dung = Identity("phone", "+84987654321")
    assert sorted(fingerprints_in(kept)) == list(
        FINGERPRINTS.spelled(MERCHANT, [PHONE, binh, dung])
    )
