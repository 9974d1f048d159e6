"""The state machine that compares all customers of a merchant, with its function."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm.domain.duplicates.scoring import KeptPair, PairQuery, pair_id
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.duplicates import pairs
from functions.compare_customers.handler import lambda_handler as compare
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer
from tests.duplicate_customers import compared, duplicate_customers
from tests.functions.requests import CONTEXT
from tests.workflows.machine import Execution

ROOT = Path(__file__).parents[2]
DEFINITION = yaml.safe_load((ROOT / "statemachines/compare.asl.yaml").read_text(encoding="utf-8"))
FUNCTION = "${CompareCustomersFunctionArn}"


def _run(function: Callable[..., Any] = compare) -> Execution:
    execution = Execution(
        DEFINITION, {FUNCTION: lambda event: function(event, CONTEXT)}, "arn:compare"
    )
    return execution.run({"merchant_id": MERCHANT})


def _listed() -> dict[Any, int]:
    page = pairs().page(MERCHANT, PairQuery(limit=100))
    return {each.id: each.score for each in page.pairs}


@pytest.mark.req("B-12")
def test_existing_customers_get_the_same_pairs_as_new_ones() -> None:
    backend = duplicate_customers(30, 5)
    customers().add_all(MERCHANT, backend.customers, allow_duplicate=True)

    execution = _run()

    assert execution.status == "SUCCEEDED"
    assert Counter(execution.visited)["CompareSome"] == 16
    assert _listed() == compared(backend.customers)
    assert pairs().page(OTHER_MERCHANT, PairQuery()).pairs == ()


@pytest.mark.req("B-12")
def test_an_outdated_pair_is_removed_even_after_a_failed_execution() -> None:
    strangers = [a_customer(1), a_customer(2, full_name="Lê Văn Nam")]
    customers().add_all(MERCHANT, strangers)
    pair = pair_id(strangers[0].id, strangers[1].id)
    outdated = KeptPair(id=pair, is_listed=True, score=70, found_at="2026-01-01T00:00:00.000Z")
    pairs().replace(MERCHANT, None, outdated)

    def failing(event: dict[str, Any], context: Any) -> Any:
        if event["bucket"] == "07":
            raise RuntimeError
        return compare(event, context)

    assert _run(failing).status == "FAILED"
    assert _run().status == "SUCCEEDED"
    assert _listed() == {}
