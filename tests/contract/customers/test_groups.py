"""What `ports.MerchantGroups` and `ports.Displays` promise, whoever provides them."""

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
def test_a_merchant_begins_with_four_groups(groups: MerchantGroups) -> None:
    codes = [group.code for group in groups.get(MERCHANT).items]

    assert codes == ["vip", "loyal", "new", "potential"]


def test_groups_are_kept_in_their_order_and_for_one_merchant(groups: MerchantGroups) -> None:
    before = groups.get(MERCHANT)
    after = before.put(Group("si", "Khách sỉ", made_by="01J")).without("new")

    groups.replace(MERCHANT, before, after)

    assert groups.get(MERCHANT) == after
    assert groups.get(OTHER_MERCHANT) == DEFAULT_GROUPS


@pytest.mark.req("B-17")
def test_of_two_changes_to_the_same_groups_one_is_refused(groups: MerchantGroups) -> None:
    for change in (Group("si", "Khách sỉ"), Group("le", "Khách lẻ")):
        before = groups.get(MERCHANT)
        groups.replace(MERCHANT, before, before.put(change))
        with pytest.raises(Stale):
            groups.replace(MERCHANT, before, before.without("vip"))

    assert groups.get(MERCHANT).find("vip")
    assert groups.get(MERCHANT).find("le")


@pytest.mark.req("D11")
def test_a_person_chooses_for_themselves_alone(displays: Displays) -> None:
    assert displays.get(MERCHANT, LAN) == Display()
    chosen = Display().chosen(("phone",), None)

    displays.replace(MERCHANT, LAN, Display(), chosen)

    assert displays.get(MERCHANT, LAN) == chosen
    assert displays.get(MERCHANT, MINH) == displays.get(OTHER_MERCHANT, LAN) == Display()


@pytest.mark.req("D11", "B-17")
def test_a_choice_is_replaced_when_it_still_stands(displays: Displays) -> None:
    first = Display().chosen(("phone",), ("note", "phone"))
    second = first.chosen((), None)
    displays.replace(MERCHANT, LAN, Display(), first)
    displays.replace(MERCHANT, LAN, first, second)

    assert displays.get(MERCHANT, LAN) == second
    for stale in (Display(), first):
        with pytest.raises(Stale) as refusal:
            displays.replace(MERCHANT, LAN, stale, second)
        assert refusal.value.params == {"current_version": 2}
