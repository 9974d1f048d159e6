"""Round trips and capacity units of customer use cases, as DynamoDB Local counts them."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from crm.aws.customers.customers import DynamoCustomers
from crm.aws.dynamodb.table import Table
from crm.domain.kernel.ids import CustomerId
from crm.usecases.customers.customers import (
    create_customer,
    edit_customer,
    get_customer,
    look_up_customer,
)
from tests.builders import MERCHANT, Ids, an_act, moment
from tests.engines.counted import CountedClient
from tests.engines.fixtures import NewTables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ANH = {
    "full_name": "Nguyễn Thị Ánh",
    "phone": "0912345678",
    "email": "anh@example.vn",
    "birthday": "1990-05-17",
    "gender": "nữ",
}


@pytest.fixture
def counted(dynamodb_local_client: "DynamoDBClient") -> CountedClient:
    return CountedClient(dynamodb_local_client)


@pytest.fixture
def customers(
    counted: CountedClient, dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> DynamoCustomers:
    """Return the customers of a warm process, which has cached the merchant's shards."""
    table = Table(cast("DynamoDBClient", counted), new_tables(dynamodb_local_client).main)
    warm = DynamoCustomers(table)
    _create(warm, {"full_name": "Ai đó"}, by="a warm process")
    counted.forget()
    return warm


@pytest.fixture
def anh(customers: DynamoCustomers, counted: CountedClient) -> CustomerId:
    created = _create(customers, ANH)
    counted.forget()
    return created


def _create(customers: DynamoCustomers, fields: dict[str, Any], by: str = "Lan") -> CustomerId:
    ids = Ids(by)
    act = an_act(ids=ids)
    customer_id = CustomerId(act.new_id())
    return create_customer(MERCHANT, customer_id, fields, act=act, customers=customers).id


def test_a_creation_is_one_counter_update_and_one_transaction(
    customers: DynamoCustomers, counted: CountedClient
) -> None:
    _create(customers, ANH)

    assert counted.calls == {"update_item": 1, "transact_write_items": 1}


def test_a_detail_is_one_read_of_one_row(
    customers: DynamoCustomers, counted: CountedClient, anh: CustomerId
) -> None:
    get_customer(MERCHANT, anh, customers=customers)

    assert counted.calls == {"get_item": 1}
    assert counted.read_units <= 1


def test_a_lookup_is_two_reads(
    customers: DynamoCustomers, counted: CountedClient, anh: CustomerId
) -> None:
    found = look_up_customer(MERCHANT, {"phone": "0912345678"}, customers=customers)

    assert found.id == anh
    assert counted.calls == {"batch_get_item": 1, "get_item": 1}
    assert counted.read_units <= 2


@pytest.mark.parametrize("fields", [{"gender": "nam"}, {"phone": "0987654321", "email": None}])
def test_an_edit_is_one_read_and_one_transaction_even_of_an_identity(
    customers: DynamoCustomers, counted: CountedClient, anh: CustomerId, fields: dict[str, Any]
) -> None:
    edit_customer(
        MERCHANT, anh, fields, seen_version=1, act=an_act(now=moment(1)), customers=customers
    )

    assert counted.calls == {"get_item": 1, "transact_write_items": 1}


def test_an_edit_that_changes_nothing_is_one_read(
    customers: DynamoCustomers, counted: CountedClient, anh: CustomerId
) -> None:
    edit_customer(
        MERCHANT, anh, ANH, seen_version=1, act=an_act(now=moment(1)), customers=customers
    )

    assert counted.calls == {"get_item": 1}
