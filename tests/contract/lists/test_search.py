"""Contract of `ports.CustomerSearch` for every adapter."""

from collections.abc import Iterator
from itertools import islice, permutations
from random import Random

import pytest

from crm.aws.customers.customers import DynamoCustomers
from crm.aws.dynamodb.table import Table
from crm.aws.lists.search import DynamoCustomerSearch
from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.lists.search import LONGEST_SEARCH, UNITS, search_of
from crm.domain.values.names import folded, read_name
from crm.domain.values.phones import national, read_phone
from crm.ports.customers import Customers
from crm.ports.lists import CustomerSearch
from local.demo_people import people
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.engines.counted import CountedClient

ANH = a_customer(
    1, phone="+84912345678", email="anh.nguyen@example.vn", card_code="TV0001", code="KH000123"
)
LAN = a_customer(
    2, full_name="Lê Thị Lan", family_name="Lê Thị", given_name="Lan", phone="+84987345678"
)


def _ids(
    search: CustomerSearch, typed: str, merchant_id: MerchantId = MERCHANT, limit: int = 20
) -> list[str]:
    found = search.find(merchant_id, search_of(typed), limit)
    return [each.customer.id for each in found.items]


@pytest.fixture
def stored_customers(customers: Customers) -> None:
    customers.add_all(MERCHANT, [ANH, LAN])


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("B-10", "003-01")
@pytest.mark.parametrize(
    "typed",
    [
        "0912 345 678",
        "2345678",
        "anh.nguyen@example.vn",
        "anh.ng",
        "TV 0001",
        "kh123",
        "Nguyễn Thị Ánh",
        "anh nguyen thi",
        "thị ánh",
        "ánh ng",
        "ANH",
        "nguyen",
    ],
)
def test_a_customer_is_found_by_identities_names_and_parts_of_them(
    search: CustomerSearch, typed: str
) -> None:
    assert _ids(search, typed) == [ANH.id]


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("B-10")
@pytest.mark.parametrize("typed", ["678", "5678", "45678", "345678"])
def test_the_end_of_a_phone_finds_all_phones_that_end_with_it(
    search: CustomerSearch, typed: str
) -> None:
    assert sorted(_ids(search, typed)) == [ANH.id, LAN.id]


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.parametrize(
    "typed", ["?!", "00", "lan lan", "0900000000", "le anh", "\ufdf2" * LONGEST_SEARCH]
)
def test_a_text_that_matches_no_customer_finds_none(search: CustomerSearch, typed: str) -> None:
    found = search.find(MERCHANT, search_of(typed), 20)

    assert (found.items, found.truncated) == ((), False)


@pytest.mark.usefixtures("stored_customers")
def test_another_merchants_customers_are_not_found(search: CustomerSearch) -> None:
    for typed in ("0912345678", "anh", "678", "KH000123"):
        assert _ids(search, typed, OTHER_MERCHANT) == []


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("D1")
def test_archived_customers_are_not_found(customers: Customers, search: CustomerSearch) -> None:
    customers.update(MERCHANT, ANH, ANH.moved_to("archived", stamp(moment(3))))

    for typed in ("0912345678", "ánh", "45678"):
        assert ANH.id not in _ids(search, typed)


@pytest.mark.req("B-10")
def test_the_holder_of_an_identity_comes_first(
    customers: Customers, search: CustomerSearch
) -> None:
    holder = a_customer(5, full_name="Z", phone="+84912345678")
    behind = a_customer(4, full_name="A", phone="+84912345678")
    customers.add(MERCHANT, holder)
    customers.add(MERCHANT, behind, allow_duplicate=True)

    assert _ids(search, "0912345678") == [holder.id, behind.id]


def test_a_search_reports_that_there_are_more(
    customers: Customers, search: CustomerSearch
) -> None:
    customers.add_all(MERCHANT, [a_customer(n) for n in range(1, 13)])

    found = search.find(MERCHANT, search_of("nguyễn thị ánh"), 5)

    assert (len(found.items), found.truncated) == (5, True)


@pytest.mark.req("B-10")
def test_names_are_found_in_any_order_or_the_search_is_truncated(
    customers: Customers, search: CustomerSearch
) -> None:
    dice = Random(6)
    generated = list(_generated(80))
    customers.add_all(MERCHANT, generated)

    for customer in dice.sample(generated, 12):
        words = folded(customer.full_name or "").split()
        order = dice.choice(list(islice(permutations(words), 24)))
        phone = national(customer.phone or "")
        for typed in (
            " ".join(order),
            f"{words[-1]} {dice.choice(words[:-1])}",
            phone[-dice.randrange(3, 7) :],
        ):
            found = search.find(MERCHANT, search_of(typed), 20)
            ids = [each.customer.id for each in found.items]
            assert customer.id in ids or found.truncated, typed


@pytest.mark.parametrize("engine", ["dynamodb local"], indirect=True)
@pytest.mark.parametrize(("typed", "shown"), [("ánh thị", 20), ("ánh lê văn mai", 0)])
def test_a_search_reads_at_most_thirty_units(engine: Table, typed: str, shown: int) -> None:
    counted = CountedClient(engine._client)  # noqa: SLF001 - the same table, metered
    search = DynamoCustomerSearch(Table(counted, engine._name))  # type: ignore[arg-type] # noqa: SLF001 - as above
    DynamoCustomers(engine).add_all(MERCHANT, [a_customer(n) for n in range(1, 1_501)])

    found = search.find(MERCHANT, search_of(typed), 20)

    assert len(found.items) == shown
    assert found.truncated
    assert UNITS / 2 < counted.read_units <= UNITS


def _generated(count: int) -> Iterator[Customer]:
    for number, person in enumerate(people(count), start=1):
        name = read_name(full=person["full_name"])
        yield a_customer(
            number,
            full_name=name.full,
            family_name=name.family,
            given_name=name.given,
            phone=read_phone(person["phone"]).e164,
        )
