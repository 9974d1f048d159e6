"""Fingerprints: keyed hashes by which an erasure finds the files that contain a person."""

import pytest

from crm.domain.customers.customer import Identity
from crm.domain.customers.fingerprints import Fingerprints, fingerprints_in
from crm.domain.imports import file_names as import_files
from tests.builders import MERCHANT, OTHER_MERCHANT
from tests.import_builders import FINGERPRINTS, Backend, opening

PHONE = Identity("phone", "+84912345678")
EMAIL = Identity("email", "anh@example.vn")


@pytest.mark.req("B-14")
def test_each_identity_of_each_merchant_has_its_own_fingerprint() -> None:
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


def test_fingerprints_are_read_back_in_hexadecimal() -> None:
    content = FINGERPRINTS.of(MERCHANT, PHONE) + FINGERPRINTS.of(MERCHANT, EMAIL)

    assert sorted(fingerprints_in(content)) == list(
        FINGERPRINTS.hex_of(MERCHANT, [EMAIL, PHONE, PHONE])
    )


@pytest.mark.req("B-14")
def test_an_import_stores_the_fingerprints_of_all_its_rows_even_invalid_ones() -> None:
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

    stored = backend.files.read(MERCHANT, "imports", import_files.fingerprints(job.id))
    binh = Identity("email", "binh@example.vn")
    dung = Identity("phone", "+84987654321")
    assert sorted(fingerprints_in(stored)) == list(
        FINGERPRINTS.hex_of(MERCHANT, [PHONE, binh, dung])
    )
