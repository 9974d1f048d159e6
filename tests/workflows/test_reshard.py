"""The state machine that moves a list to another number of shards, with its function."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm.aws.customers.shards import CACHE_SECONDS
from crm.domain.kernel.times import stamp
from crm.domain.lists.pages import ListQuery
from crm.domain.merchants.merchant import Merchant
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.lists import customer_lists
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.shards import shards
from functions.reshard_customers.handler import lambda_handler as reshard
from tests.builders import MERCHANT, a_customer, moment
from tests.functions.requests import CONTEXT
from tests.workflows.machine import Execution

ROOT = Path(__file__).parents[2]
DEFINITION = yaml.safe_load((ROOT / "statemachines/reshard.asl.yaml").read_text(encoding="utf-8"))
FUNCTION = "${ReshardCustomersFunctionArn}"


@pytest.fixture(autouse=True)
def backend() -> None:
    """Create a merchant with customers, one of them archived."""
    shards().forget(MERCHANT)
    merchant = Merchant(id=MERCHANT, name="Mộc", email="a@example.vn", created_at=stamp(moment()))
    merchants().add(MERCHANT, merchant)
    archived = a_customer(31, status="archived")
    customers().add_all(MERCHANT, [*(a_customer(number) for number in range(1, 31)), archived])


def _run(count: int, function: Callable[..., Any] = reshard) -> Execution:
    execution = Execution(
        DEFINITION, {FUNCTION: lambda event: function(event, CONTEXT)}, "arn:reshard"
    )
    return execution.run({"merchant_id": MERCHANT, "shards": count})


def test_a_list_is_moved_after_readers_and_then_writers_use_the_new_shards() -> None:
    execution = _run(4)

    assert execution.status == "SUCCEEDED"
    assert execution.visited[:5] == [
        "Begin", "WaitForReaders", "OpenShards", "WaitForWriters", "MoveBuckets",
    ]  # fmt: skip
    assert execution.waited == [45, 45]
    assert execution.waited[0] > CACHE_SECONDS + 15
    assert Counter(execution.visited)["MoveSome"] == 16
    now = shards().now(MERCHANT)
    assert (now.count, now.target) == (4, None)
    assert 15 <= now.moved <= 30
    page = customer_lists().page(MERCHANT, ListQuery(limit=100))
    assert len(page.items) == 30


def test_a_failed_move_leaves_lists_correct_and_can_be_resumed() -> None:
    calls = 0

    def failing(event: dict[str, Any], context: Any) -> Any:
        nonlocal calls
        calls += 1
        if event.get("bucket") == "07":
            raise RuntimeError
        return reshard(event, context)

    failed = _run(3, failing)
    assert failed.status == "FAILED"
    assert shards().now(MERCHANT).target == 3
    assert len(customer_lists().page(MERCHANT, ListQuery(limit=100)).items) == 30

    assert _run(3).status == "SUCCEEDED"
    assert shards().now(MERCHANT).count == 3
    assert len(customer_lists().page(MERCHANT, ListQuery(limit=100)).items) == 30


@pytest.mark.parametrize("count", [0, 65])
def test_an_invalid_number_of_shards_changes_nothing(count: int) -> None:
    assert _run(count).status == "FAILED"
    assert shards().now(MERCHANT).count == 1


def test_a_list_is_not_moved_twice_at_the_same_time() -> None:
    shards().begin(MERCHANT, 2)

    assert _run(4).status == "FAILED"
    assert shards().now(MERCHANT).target == 2
