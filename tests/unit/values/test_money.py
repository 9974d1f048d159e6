"""Money: whole đồng, never rounded or guessed."""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Refused
from crm.domain.messages.catalogue import TEXTS
from crm.domain.values.money import LARGEST_AMOUNT, read_vnd


@pytest.mark.req("B-16")
@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        (17_525_000, 17_525_000),
        (17_525_000.0, 17_525_000),
        ("17525000", 17_525_000),
        ("17.525.000", 17_525_000),
        ("17,525,000", 17_525_000),
        ("17 525 000", 17_525_000),
        ("17\u00a0525\u202f000", 17_525_000),
        ("17'525'000", 17_525_000),
        (" 17.525.000 ₫ ", 17_525_000),
        ("17.525.000đ", 17_525_000),
        ("17.525.000 VNĐ", 17_525_000),
        ("VND 17.525.000", 17_525_000),
        ("17.525.000 đồng", 17_525_000),
        ("17.525.000,00", 17_525_000),
        ("17,525,000.00", 17_525_000),
        ("17,525.00", 17_525),
        ("261380000.0000", 261_380_000),
        ("17.525", 17_525),
        ("17.0000", 17),
        ("0.0000", 0),
        ("0", 0),
        (0, 0),
        (-0.0, 0),
    ],
)
def test_an_amount_is_read_as_vietnam_and_platforms_write_it(
    typed: str | float, amount: int
) -> None:
    assert read_vnd(typed) == amount


@pytest.mark.req("B-16")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (0.5, "money_fraction"),
        ("0.5", "money_fraction"),
        ("0.500", "money_fraction"),
        ("17.525.000,50", "money_fraction"),
        ("261380000.0001", "money_fraction"),
        ("17,525", "money_ambiguous"),
        ("17,000", "money_ambiguous"),
        (-1, "money_negative"),
        ("-17.525.000", "money_negative"),
        ("\u221217.525", "money_negative"),
        ("", "money_invalid"),
        ("đ", "money_invalid"),
        ("-", "money_invalid"),
        ("mười nghìn", "money_invalid"),
        ("17.52.000", "money_invalid"),
        ("1.7525.000", "money_invalid"),
        ("17.525,000.00", "money_invalid"),
        ("1.75E7", "money_invalid"),
        ("17\x00", "money_invalid"),
        ("$17", "money_invalid"),
        ("١٧", "money_invalid"),
        ("1" * 10_000, "money_invalid"),
        (True, "money_invalid"),
        (float("nan"), "money_invalid"),
        (float("inf"), "money_invalid"),
        (10**15, "money_too_large"),
        (10**400, "money_too_large"),
        ("1" * 20, "money_too_large"),
    ],
)
def test_an_unclear_amount_is_refused_and_never_rounded(typed: str | float, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_vnd(typed)
    assert refused.value.code == code
    assert code in TEXTS


@pytest.mark.req("B-16")
@given(
    st.integers(min_value=0, max_value=LARGEST_AMOUNT), st.sampled_from(["", " ₫", "đ", " VND"])
)
def test_every_spelling_of_an_amount_is_read_as_the_amount(amount: int, currency: str) -> None:
    vietnamese = f"{amount:,}".replace(",", ".")

    assert read_vnd(vietnamese + currency) == amount
    assert read_vnd(f"{amount}.0000") == amount
    assert read_vnd(amount) == amount


@pytest.mark.req("B-16")
@given(
    st.text(max_size=30) | st.text("0123456789., đ-", max_size=20) | st.floats() | st.integers()
)
def test_any_input_is_an_amount_or_refused(raw: str | float) -> None:
    try:
        amount = read_vnd(raw)
    except Refused as refused:
        event(refused.code)
        return
    assert 0 <= amount <= LARGEST_AMOUNT
