"""The settings of a merchant."""

import pytest

from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import ANY_SOURCE, Merchant
from tests.builders import MERCHANT, moment


def _merchant(*connections: str) -> Merchant:
    return Merchant(
        id=MERCHANT,
        name="Cửa hàng Hoa",
        email="hoa@example.vn",
        connections=connections,
        created_at=stamp(moment()),
    )


@pytest.mark.req("004-10")
@pytest.mark.parametrize(
    ("connections", "accepted"),
    [((), False), (("kiotviet",), False), (("kiotviet", "haravan"), True), ((ANY_SOURCE,), True)],
)
def test_a_merchant_accepts_events_from_its_connected_sources(
    connections: tuple[str, ...],
    accepted: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert _merchant(*connections).accepts_events_from("haravan") is accepted
