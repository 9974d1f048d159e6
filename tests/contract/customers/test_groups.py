"""Contracts of `ports.MerchantGroups` and `ports.Displays`, for every adapter."""

import pytest

from crm.aws.customers.groups import DynamoGroups
from crm.aws.dynamodb.table import Table
from crm.aws.merchants.merchants import DynamoDisplays
from crm.domain.customers.groups import DEFAULT_GROUPS, Group
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import UserId
from crm.domain.merchants.merchant import Display
from crm.ports.customers import MerchantGroups
from crm.ports.merchants import Displays
from tests.builders import MERCHANT, OTHER_MERCHANT
from tests.fakes.merchants import InMemoryDisplays, InMemoryGroups

LAN, MINH = UserId("user-lan"), UserId("user-minh")


@pytest.fixture
def groups(engine: Table | None) -> MerchantGroups:
    return InMemoryGroups() if engine is None else DynamoGroups(engine)


@pytest.fixture
def displays(engine: Table | None) -> Displays:
    return InMemoryDisplays() if engine is None else DynamoDisplays(engine)


@pytest.mark.req("003-02", "D7")
def test_a_new_merchant_has_four_groups(groups: MerchantGroups) -> None:
    codes = [group.code for group in groups.get(MERCHANT).items]

    assert codes == ["vip", "loyal", "new", "potential"]


def test_groups_keep_their_order_and_belong_to_one_merchant(groups: MerchantGroups) -> None:
    before = groups.get(MERCHANT)
    after = before.put(Group("si", "Khách sỉ", made_by="01J")).without("new")

    groups.replace(MERCHANT, before, after)

    assert groups.get(MERCHANT) == after
    assert groups.get(OTHER_MERCHANT) == DEFAULT_GROUPS


@pytest.mark.req("B-17")
def test_the_second_of_two_changes_to_the_same_revision_of_groups_is_refused(
    groups: MerchantGroups,
) -> None:
    for change in (Group("si", "Khách sỉ"), Group("le", "Khách lẻ")):
        before = groups.get(MERCHANT)
        groups.replace(MERCHANT, before, before.put(change))
        with pytest.raises(Stale):
            groups.replace(MERCHANT, before, before.without("vip"))

    assert groups.get(MERCHANT).find("vip")
    assert groups.get(MERCHANT).find("le")


@pytest.mark.req("D11")
def test_a_display_belongs_to_one_user_of_one_merchant(displays: Displays) -> None:
    assert displays.get(MERCHANT, LAN) == Display()
    chosen = Display().chosen(("phone",), None)

    displays.replace(MERCHANT, LAN, Display(), chosen)

    assert displays.get(MERCHANT, LAN) == chosen
    assert displays.get(MERCHANT, MINH) == displays.get(OTHER_MERCHANT, LAN) == Display()


@pytest.mark.req("D11", "B-17")
def test_a_display_is_replaced_only_at_the_version_that_was_read(displays: Displays) -> None:
    first = Display().chosen(("phone",), ("note", "phone"))
    second = first.chosen((), None)
    displays.replace(MERCHANT, LAN, Display(), first)
    displays.replace(MERCHANT, LAN, first, second)

    assert displays.get(MERCHANT, LAN) == second
    for stale in (Display(), first):
        with pytest.raises(Stale) as refusal:
            displays.replace(MERCHANT, LAN, stale, second)
        assert refusal.value.params == {"current_version": 2}
