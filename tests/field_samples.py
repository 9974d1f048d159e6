"""A value of every writable field of a customer, in API form: the one place for samples."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from crm.domain.customers.reading import read_fields
from crm.domain.kernel.times import day_of, stamp
from tests.builders import moment


class Sample(NamedTuple):
    """A value in API form, and the text in it that callers see masked without their permission."""

    raw: Any
    secret: str | None = None


SAMPLES: Mapping[str, Sample] = {
    "full_name": Sample("Lê Bình"),
    "family_name": Sample("Lê"),
    "given_name": Sample("Bình"),
    "phone": Sample("0912 345 678", secret="+84912345678"),
    "email": Sample("Binh@example.vn", secret="binh@example.vn"),
    "birthday": Sample("1990-05-17", secret="1990"),
    "gender": Sample("male"),
    "group": Sample("vip"),
    "skip_auto_group": Sample(raw=True),
    "tags": Sample(["sỉ", "hà nội"]),
    "card_code": Sample("tv 0001"),
    "external_ids": Sample({"sapo": "2"}),
    "note": Sample("Gọi sau 18 giờ"),
    "marketing_consent": Sample({"accepted": False, "source": "form", "evidence": "phiếu 12"}),
    "has_account": Sample(raw=True),
    "addresses": Sample(
        [{"recipient": "Cúc", "line": "12 Lý Thường Kiệt", "province": "Hà Nội"}],
        secret="12 Lý Thường Kiệt",
    ),
    "invoice_profile": Sample(
        {
            "kind": "company",
            "company_name": "Công ty TNHH Mộc",
            "tax_code": "0100233488",
            "address": "5 Hàng Bài",
        },
        secret="5 Hàng Bài",
    ),
}


def values_of(name: str) -> dict[str, Any]:
    """Return the values of the record that the sample of a field gives: a name has three."""
    at = stamp(moment())
    return read_fields({name: SAMPLES[name].raw}, today=day_of(at), at=at)


def value_of(name: str) -> Any:
    """Return the sample of a field as the record holds it."""
    return values_of(name)[name]
