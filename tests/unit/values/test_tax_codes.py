"""Tax codes and personal ids, by the rules in force since 01-07-2025."""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.messages.catalogue import TEXTS
from crm.domain.values.genders import Gender
from crm.domain.values.tax_codes import (
    masked_tax_code,
    personal_id_doubt,
    read_personal_id,
    read_tax_code,
)

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


@pytest.mark.req("003-13")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0100233488", "0100233488"),
        ("0100047516", "0100047516"),
        ("0314409058-002", "0314409058-002"),
        ("0314409058 - 002", "0314409058-002"),
        ("0314409058002", "0314409058-002"),
        ("0314409058\u2013002".replace("\u2013", "-"), "0314409058-002"),
        (" 01.0023.3488 ", "0100233488"),
        ("'0100233488", "0100233488"),
        ("0100233488\u200b", "0100233488"),
        (100233488, "0100233488"),
        (100233488.0, "0100233488"),
        ("100233488", "0100233488"),
        ("314409058-002", "0314409058-002"),
    ],
)
def test_a_company_has_ten_digits_and_a_branch_three_more(typed: str | float, code: str) -> None:
    assert read_tax_code(typed) == code


@pytest.mark.req("003-13")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0100233480", "tax_code_check_digit"),
        ("0100233489", "tax_code_check_digit"),
        ("0314409057-002", "tax_code_check_digit"),
        ("0314409058-000", "tax_code_invalid"),
        ("", "tax_code_invalid"),
        ("01002334", "tax_code_invalid"),
        ("0100233488-02", "tax_code_invalid"),
        ("01002334889", "tax_code_invalid"),
        ("0100-233488", "tax_code_invalid"),
        ("٠١٠٠٢٣٣٤٨٨", "tax_code_invalid"),
        ("0100233488\x00", "tax_code_invalid"),
        ("1" * 10_000, "tax_code_invalid"),
        (-1, "tax_code_invalid"),
        (100233488.5, "tax_code_invalid"),
        (True, "tax_code_invalid"),
        (float("nan"), "tax_code_invalid"),
        ("001090012345", "tax_code_personal"),
        ("01xxxxx488", "masked_value"),
    ],
)
def test_an_invalid_company_code_is_refused_with_its_reason(typed: str | float, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_tax_code(typed)
    assert refused.value.code == code
    assert code in TEXTS


@pytest.mark.req("003-13")
@given(st.integers(min_value=0, max_value=10**9 - 1))
def test_at_most_one_check_digit_fits_nine_digits(nine: int) -> None:
    head = f"{nine:09}"
    remainder = sum(int(d) * w for d, w in zip(head, WEIGHTS, strict=True)) % 11
    taken = []
    for last in range(10):
        try:
            taken.append(read_tax_code(f"{head}{last}"))
        except Refused as refused:
            event(refused.code)

    assert taken == ([] if remainder == 0 else [f"{head}{10 - remainder}"])


@pytest.mark.req("003-12")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("001090012345", "001090012345"),
        ("001 090 012345", "001090012345"),
        ("096203012345", "096203012345"),
        (79090012345, "079090012345"),
        ("1090012345", "001090012345"),
    ],
)
def test_a_person_has_twelve_digits(typed: str | float, code: str) -> None:
    assert read_personal_id(typed) == (code, None)


@pytest.mark.req("003-12")
def test_an_old_personal_tax_code_is_kept_with_a_warning() -> None:
    assert read_personal_id("0100233488") == ("0100233488", "personal_id_legacy")
    assert "personal_id_legacy" in TEXTS


@pytest.mark.req("003-12")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "personal_id_invalid"),
        ("123456789", "personal_id_invalid"),
        ("003090012345", "personal_id_invalid"),
        ("097090012345", "personal_id_invalid"),
        ("101090012345", "personal_id_invalid"),
        ("001490012345", "personal_id_invalid"),
        ("0010900123456", "personal_id_invalid"),
        ("9990012345", "personal_id_invalid"),
        (1.5, "personal_id_invalid"),
        ("0" * 10_000, "personal_id_invalid"),
        ("00xxxxxxx345", "masked_value"),
    ],
)
def test_an_invalid_personal_id_is_refused_with_its_reason(typed: str | float, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_personal_id(typed)
    assert refused.value.code == code
    assert code in TEXTS


@pytest.mark.req("003-12")
def test_a_personal_id_starts_with_one_of_the_63_provinces_before_the_merger() -> None:
    accepted = []
    for province in range(1000):
        try:
            accepted.append(read_personal_id(f"{province:03}090012345").code)
        except Refused as refused:
            assert refused.code == "personal_id_invalid"  # noqa: PT017 - the rest are all refused

    assert len(accepted) == 63
    assert (accepted[0][:3], accepted[-1][:3]) == ("001", "096")


@pytest.mark.req("003-12")
@pytest.mark.parametrize(
    ("code", "gender", "birthday", "agrees"),
    [
        ("001090012345", "male", "1990-05-17", True),
        ("001190012345", "female", "1990-05-17", True),
        ("001203012345", "male", "2003-05-17", True),
        ("001303012345", "female", "2003-05-17", True),
        ("001090012345", None, None, True),
        ("001090012345", "other", "--05-17", True),
        ("001090012345", "female", None, False),
        ("001090012345", "male", "1991-05-17", False),
        ("001203012345", "male", "1903-05-17", False),
        ("0100233488", "male", "1991-05-17", True),
    ],
)
def test_a_personal_id_that_contradicts_its_holder_gets_a_warning(
    code: str, gender: Gender | None, birthday: str | None, *, agrees: bool
) -> None:
    doubt = personal_id_doubt(code, gender=gender, birthday=birthday)

    assert doubt == (None if agrees else "personal_id_disagrees")
    assert doubt is None or doubt in TEXTS


@pytest.mark.req("002-01")
@pytest.mark.parametrize(
    ("code", "masked"),
    [
        ("0100233488", "01xxxxx488"),
        ("0314409058-002", "03xxxxxxxxx002"),
        ("001090012345", "00xxxxxxx345"),
    ],
)
def test_a_masked_code_shows_its_ends_and_cannot_be_read_back(code: str, masked: str) -> None:
    assert masked_tax_code(code) == masked
    for read in (read_tax_code, read_personal_id):
        with pytest.raises(Refused, match="masked_value"):
            read(masked)
