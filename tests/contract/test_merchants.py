"""What `ports.Merchants` promises, whoever provides it."""

from dataclasses import replace

import pytest

from crm.domain.errors import Conflict, NotFound
from crm.domain.merchants import Merchant
from crm.domain.times import stamp
from crm.ports import Merchants
from tests.builders import MERCHANT, OTHER_MERCHANT, moment

HOA = Merchant(
    id=MERCHANT,
    name="Cửa hàng Hoa",
    email="hoa@example.vn",
    connections=("haravan", "kiotviet"),
    created_at=stamp(moment()),
)


def test_a_merchant_is_read_back_as_it_was_kept(merchants: Merchants) -> None:
    merchants.add(MERCHANT, HOA)

    assert merchants.get(MERCHANT) == HOA


def test_a_merchant_that_nobody_made_is_not_found(merchants: Merchants) -> None:
    merchants.add(MERCHANT, HOA)

    with pytest.raises(NotFound):
        merchants.get(OTHER_MERCHANT)


def test_a_merchant_is_made_once(merchants: Merchants) -> None:
    merchants.add(MERCHANT, HOA)

    with pytest.raises(Conflict):
        merchants.add(MERCHANT, replace(HOA, name="Cửa hàng khác"))
    assert merchants.get(MERCHANT) == HOA
