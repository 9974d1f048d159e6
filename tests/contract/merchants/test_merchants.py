"""The contract of `ports.Merchants`, in memory and in DynamoDB."""

from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from crm.aws.dynamodb.table import Table
from crm.aws.merchants.merchants import DynamoMerchants
from crm.domain.customers.activities import Activity
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import ImportOptions, Merchant
from crm.ports.merchants import Merchants
from tests.builders import MERCHANT, OTHER_MERCHANT, an_activity, moment
from tests.engines.tables import make_tables

HOA = Merchant(
    id=MERCHANT,
    name="Cửa hàng Hoa",
    email="hoa@example.vn",
    connections=("haravan", "kiotviet"),
    created_at=stamp(moment()),
)


def test_a_merchant_is_read_back_as_it_was_added(merchants: Merchants) -> None:
    merchants.add(MERCHANT, HOA)

    assert merchants.get(MERCHANT) == HOA


def test_an_unknown_merchant_is_not_found(merchants: Merchants) -> None:
    merchants.add(MERCHANT, HOA)

    with pytest.raises(NotFound):
        merchants.get(OTHER_MERCHANT)


def test_a_merchant_is_added_once(merchants: Merchants) -> None:
    merchants.add(MERCHANT, HOA)

    with pytest.raises(Conflict):
        merchants.add(MERCHANT, replace(HOA, name="Cửa hàng khác"))
    assert merchants.get(MERCHANT) == HOA


def _edited(at: float = 1) -> Activity:
    return an_activity(round(at), kind="edited")


@pytest.mark.req("D11", "D19", "B-17")
def test_settings_are_written_unless_changed_in_between(merchants: Merchants) -> None:
    merchants.add(MERCHANT, HOA)
    after, _ = HOA.edited(
        {
            "connections": ("*",),
            "import_options": ImportOptions("skip", dry_run=True),
            "automatic_invoices": True,
            "list_columns": ("phone", "debt"),
            "detail_fields": (),
        }
    )

    merchants.update(MERCHANT, HOA, after, _edited())

    assert merchants.get(MERCHANT) == after
    assert after.version == 2
    with pytest.raises(Stale) as refusal:
        merchants.update(MERCHANT, HOA, after, _edited(2))
    assert refusal.value.params == {"current_version": 2}


def test_an_old_row_without_settings_gets_the_defaults() -> None:
    with mock_aws():
        client = boto3.client("dynamodb")
        name = make_tables(client).main
        old = {
            "pk": "M#m-1",
            "sk": "SETTINGS",
            "id": "m-1",
            "name": "Hoa",
            "email": "h@example.vn",
        }
        old |= {"locale": "vi", "zone": "Asia/Ho_Chi_Minh", "created_at": HOA.created_at}
        client.put_item(TableName=name, Item={key: {"S": value} for key, value in old.items()})
        merchants = DynamoMerchants(Table(client, name))

        read = merchants.get(MERCHANT)
        after, _ = read.edited({"automatic_invoices": True})
        merchants.update(MERCHANT, read, after, _edited())

        assert (read.connections, read.version) == ((), 1)
        assert merchants.get(MERCHANT) == after
