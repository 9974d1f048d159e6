"""Concurrent writers: one wins, the others are refused, and nothing is lost."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from crm.aws.customers.customers import DynamoCustomers
from crm.aws.dynamodb.table import Table
from crm.domain.customers.activities import Edit
from crm.domain.customers.customer import Identity
from crm.domain.kernel.errors import DuplicateCustomer, Stale
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.usecases.customers.customers import create_customer, edit_customer
from crm.usecases.customers.tags import add_tag
from tests.builders import LAN, MERCHANT, Ids, a_customer, an_act, an_activity, customer_id, moment
from tests.engines.faults import Faulty
from tests.engines.fixtures import NewTables
from tests.racing import at_once

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EDITORS = 8
#: How often a colliding transaction is tried.
ATTEMPTS = 6


@pytest.fixture
def customers(dynamodb_local_client: "DynamoDBClient", new_tables: NewTables) -> DynamoCustomers:
    table = Table(dynamodb_local_client, new_tables(dynamodb_local_client).main)
    return DynamoCustomers(table)


@pytest.mark.req("B-17")
def test_one_of_the_editors_who_saw_the_same_version_wins_and_the_others_are_stale(
    customers: DynamoCustomers,
) -> None:
    customers.add(MERCHANT, a_customer())

    def edit(editor: int) -> Callable[[], Any]:
        return lambda: edit_customer(
            MERCHANT,
            customer_id(),
            {"full_name": f"Tên {editor}", "phone": f"091234567{editor}"},
            seen_version=1,
            act=an_act(now=moment(editor)),
            customers=customers,
        )

    outcomes = at_once(*(edit(editor) for editor in range(EDITORS)))

    (winner,) = [each for each in outcomes if not isinstance(each, Stale)]
    kept = customers.get(MERCHANT, customer_id())
    assert (kept.full_name, kept.phone, kept.version) == (winner.full_name, winner.phone, 2)
    assert kept.phone is not None
    phones = [Identity("phone", f"+8491234567{editor}") for editor in range(EDITORS)]
    assert customers.holders(MERCHANT, phones) == {Identity("phone", kept.phone): kept.id}


@pytest.mark.req("001-31", "B-17")
def test_one_creation_with_a_phone_succeeds_and_concurrent_ones_name_it(
    customers: DynamoCustomers,
) -> None:
    def create(number: int) -> Callable[[], CustomerId]:
        act = an_act(now=moment(number), ids=Ids(f"caller {number}"))
        return lambda: (
            create_customer(
                MERCHANT,
                CustomerId(act.new_id()),
                {"full_name": f"Khách {number}", "phone": "0912345678"},
                act=act,
                customers=customers,
            ).id
        )

    outcomes = at_once(*(create(number) for number in range(EDITORS)))

    (kept,) = [each for each in outcomes if not isinstance(each, DuplicateCustomer)]
    refusals = [each for each in outcomes if isinstance(each, DuplicateCustomer)]
    assert {refusal.params["existing_customer_id"] for refusal in refusals} == {kept}


@pytest.mark.req("000-20", "B-17")
def test_tags_added_concurrently_are_all_kept(customers: DynamoCustomers) -> None:
    customers.add(MERCHANT, a_customer())

    def tag(number: int) -> Callable[[], Any]:
        return lambda: add_tag(
            MERCHANT,
            customer_id(),
            f"nhãn {number}",
            act=an_act(now=moment(number)),
            customers=customers,
        )

    outcomes = at_once(*(tag(number) for number in range(4)))

    assert not [each for each in outcomes if isinstance(each, Exception)]
    kept = customers.get(MERCHANT, customer_id())
    assert set(kept.tags) == {f"nhãn {number}" for number in range(4)}
    assert kept.version == 5


def test_edits_whose_transaction_keeps_colliding_are_refused_and_can_be_retried(
    dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> None:
    name = new_tables(dynamodb_local_client).main
    faulty: Any = Faulty(dynamodb_local_client)
    customers = DynamoCustomers(Table(faulty, name))
    people = [a_customer(number) for number in (1, 2)]
    customers.add_all(MERCHANT, people)
    edits = []
    for before in people:
        after = before.edited(before.changes({"note": "sỉ"}), LAN, stamp(moment(5)))
        edits.append(Edit(before, after, an_activity(5)))
    faulty.faults = ["conflict"] * ATTEMPTS

    refused = customers.update_all(MERCHANT, edits)

    assert set(refused) == {each.id for each in people}
    assert not customers.update_all(MERCHANT, edits)
    assert {customers.get(MERCHANT, each.id).note for each in people} == {"sỉ"}
