"""Invoice profiles of persons and companies, and marketing consent."""

from typing import Any

import pytest

from crm.domain.customers.consents import read_consent
from crm.domain.customers.customer import Consent, InvoiceProfile
from crm.domain.customers.invoices import read_invoice_profile
from crm.domain.kernel.errors import Invalid
from crm.domain.kernel.times import stamp
from tests.builders import moment

AT = stamp(moment())
COMPANY = {
    "kind": "company",
    "company_name": "Công ty TNHH Hoa",
    "tax_code": "0100233488",
    "address": "1 Tràng Tiền, Hà Nội",
}
PERSON = {"kind": "individual", "name": "Nguyễn Thị Ánh", "personal_id": "001190012345"}


def _refused(raw: dict[str, Any], current: InvoiceProfile | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        read_invoice_profile(raw, current)
    return [(problem.field, problem.code) for problem in refusal.value.problems]


@pytest.mark.req("003-13", "001-23")
def test_a_company_requires_a_name_a_tax_code_and_an_address() -> None:
    profile = read_invoice_profile({**COMPANY, "email": "KeToan@Example.vn"})

    assert (profile.kind, profile.code) == ("company", "0100233488")
    assert profile.email == "ketoan@example.vn"
    assert _refused({"kind": "company"}) == [
        ("company_name", "required"),
        ("tax_code", "required"),
        ("address", "required"),
    ]


@pytest.mark.req("003-12")
def test_a_person_requires_a_name_and_may_have_a_personal_id() -> None:
    assert read_invoice_profile(PERSON).code == "001190012345"
    assert read_invoice_profile({"kind": "individual", "name": "Ánh"}).code is None
    assert _refused({"kind": "individual", "personal_id": "001190012345"}) == [
        ("name", "required")
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tax_code": "0100233480"}, ("tax_code", "tax_code_check_digit")),
        ({"email": "x"}, ("email", "email_invalid")),
        ({"personal_id": "001190012345"}, ("personal_id", "unknown_field")),
        ({"kind": "household"}, ("kind", "not_one_of")),
    ],
)
def test_the_invalid_field_of_a_profile_is_named(
    changes: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert _refused({**COMPANY, **changes}) == [problem]


@pytest.mark.req("003-11")
def test_a_patch_of_the_same_kind_keeps_the_rest_and_one_of_the_other_kind_starts_anew() -> None:
    company = read_invoice_profile(COMPANY)

    renamed = read_invoice_profile({"company_name": "Công ty Hoa Mới"}, company)
    person = read_invoice_profile(PERSON, company)

    assert (renamed.name, renamed.code) == ("Công ty Hoa Mới", "0100233488")
    assert (person.kind, person.address) == ("individual", None)


@pytest.mark.req("000-11")
def test_consent_is_given_with_time_source_and_evidence() -> None:
    raw = {"accepted": True, "source": "form", "evidence": "ô đánh dấu ngày 22/11"}

    assert read_consent(raw, Consent(), AT) == Consent(
        accepted=True, at=AT, source="form", evidence="ô đánh dấu ngày 22/11"
    )


@pytest.mark.req("000-11")
def test_consent_without_a_source_is_refused_and_never_the_default() -> None:
    assert Consent().accepted is False
    with pytest.raises(Invalid) as refusal:
        read_consent({"accepted": True}, Consent(), AT)
    assert [each.code for each in refusal.value.problems] == ["consent_source_required"]


def test_consent_can_be_withdrawn_without_a_source_and_keeps_the_moment() -> None:
    given = Consent(accepted=True, at="2020-01-01T00:00:00.000Z", source="form")

    assert read_consent({"accepted": False}, given, AT) == Consent(accepted=False, at=AT)


def test_repeated_consent_keeps_its_first_moment() -> None:
    given = Consent(accepted=True, at="2020-01-01T00:00:00.000Z", source="form")

    assert read_consent({"accepted": True}, given, AT) == given
    assert read_consent({"accepted": True, "source": "form"}, given, AT) == given
    assert read_consent({"accepted": True, "source": "counter"}, given, AT).at == AT
