"""Lists, search and views of the deployed product, with 300 customers."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import batched
from operator import eq
from random import Random
from typing import Any

import pytest

from crm.aws.customers.rows import row_of
from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import MerchantId
from crm.usecases.lists.resharding import SECONDS_TO_SETTLE
from local.api import Api
from tests.contract.lists.list_model import expected, generated_customers, generated_lists
from tests.e2e.deployed import SECONDS, Deployed, Merchant, eventually

CUSTOMERS = 300
_ROWS_A_WRITE = 25


@pytest.fixture(scope="module")
def shop(new_merchant: Callable[[], Merchant]) -> Merchant:
    """Return a new merchant, whose lists have no other customers."""
    return new_merchant()


@pytest.fixture(scope="module")
def backend(deployed: Deployed, shop: Merchant) -> list[Customer]:
    """Write the shop's customers directly to the table, and return them."""
    merchant_id = MerchantId(shop.id)
    customers = list(generated_customers(Random(12), CUSTOMERS, merchant_id))
    client, table = deployed.client("dynamodb"), deployed.outputs["TableName"]
    for some in batched(customers, _ROWS_A_WRITE, strict=False):
        waiting: Any = {table: [{"PutRequest": {"Item": row_of(each)}} for each in some]}
        while waiting:
            waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]
    return customers


def _listed(api: Api, query: dict[str, Any]) -> list[str]:
    return list(_walk(api, query))


def _walk(api: Api, query: dict[str, Any]) -> Iterator[str]:
    page_query = dict(query)
    while True:
        answer = api.call("GET", "/customers", query=page_query)
        assert answer.status == 200, answer.text
        yield from (each["id"] for each in answer.body["items"])
        if answer.body["next_cursor"] is None:
            return
        page_query["cursor"] = answer.body["next_cursor"]


@pytest.mark.req("001-15", "001-16", "001-17", "001-18", "001-19", "002-02")
def test_pages_of_hundreds_of_customers_match_the_model(
    shop: Merchant, backend: list[Customer]
) -> None:
    lists = [
        each
        for each in generated_lists(Random(13), 60)
        if each.criteria.segment is None and len(each.criteria.tag) <= 1 and each.limit > 10
    ]
    assert len(lists) > 12
    for wanted in lists[:12]:
        query = {
            **{name: _query_value(value) for name, value in wanted.criteria.to_json().items()},
            "sort": f"{'-' if wanted.descending else ''}{wanted.sort}",
            "limit": 100,
        }
        ids = expected(backend, wanted)
        assert eventually(partial(_listed, shop.manager, query), partial(eq, ids)) == ids


@pytest.mark.usefixtures("backend")
def test_tags_are_counted_within_seconds(shop: Merchant, backend: list[Customer]) -> None:
    counts: dict[str, int] = {}
    for each in backend:
        for tag in each.tags if each.status == "active" else ():
            counts[tag] = counts.get(tag, 0) + 1

    def tag_counts() -> dict[str, int]:
        items = shop.manager.call("GET", "/tags").body["items"]
        return {each["tag"]: each["count"] for each in items}

    assert eventually(tag_counts, lambda seen: seen == counts) == counts


@pytest.mark.req("B-10", "001-03")
def test_a_view_is_saved_and_search_finds_a_customer(deployed: Deployed) -> None:
    api = deployed.merchant.manager
    customer = api.call("POST", "/customers", {"full_name": "Đặng Thị Hoà", "phone": "0977123987"})
    assert customer.status == 201, customer.text

    def found(typed: str) -> list[str]:
        answer = api.call("POST", "/customers/search", {"q": typed})
        assert answer.status == 200, answer.text
        return [each["id"] for each in answer.body["items"]]

    for typed in ("0977 123 987", "3987", "hoa dang thi", "hoà thị"):
        assert customer.body["id"] in eventually(
            partial(found, typed), lambda ids: customer.body["id"] in ids
        )
    saved = api.call(
        "POST", "/views", {"name": "Gần đây", "filter": {"member": False}, "columns": ["phone"]}
    )
    assert saved.status == 201, saved.text
    query = {"view": saved.body["id"], "explain": "true"}
    listed = api.call("GET", "/customers", query=query)
    assert (listed.status, listed.body["plan"]["name"]) == (200, "walk")
    bulk = api.call(
        "POST", "/customers/bulk", {"customer_ids": [customer.body["id"]], "add_tags": ["mới"]}
    )
    assert [each["outcome"] for each in bulk.body["items"]] == ["updated"]


@pytest.mark.usefixtures("backend")
def test_a_list_keeps_its_customers_when_it_moves_to_more_shards(
    deployed: Deployed, shop: Merchant
) -> None:
    machines = deployed.client("stepfunctions")
    whole = sorted(_walk(shop.manager, {"limit": 100}))
    started = machines.start_execution(
        stateMachineArn=deployed.outputs["ReshardStateMachineArn"],
        input=json.dumps({"merchant_id": shop.id, "shards": 3}),
    )

    def status() -> str:
        current: str = machines.describe_execution(executionArn=started["executionArn"])["status"]
        return current

    waits = 2 * SECONDS_TO_SETTLE  # for readers and then writers to use the new shards
    assert eventually(status, lambda seen: seen != "RUNNING", SECONDS + waits) == "SUCCEEDED"
    assert sorted(_walk(shop.manager, {"limit": 100})) == whole


def _query_value(value: object) -> object:
    if isinstance(value, list):
        (value,) = value
    return str(value).lower() if isinstance(value, bool) else value
