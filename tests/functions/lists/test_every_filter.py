"""Each filter over HTTP, as a query parameter and in a saved view."""

from typing import Any

import pytest

from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.facets import facets
from crm.runtime.adapters.merchants import merchants
from functions.lists_api.handler import lambda_handler as lists_api
from tests.builders import MERCHANT, moment
from tests.contract.lists.filter_samples import Expectation, expectations, sampled_customers
from tests.contract.lists.list_model import changes_of
from tests.functions.requests import Client


@pytest.fixture
def client() -> Client:
    """Return a caller of the lists of a merchant with the sampled customers."""
    made = Merchant(id=MERCHANT, name="Mộc", email="a@example.vn", created_at=stamp(moment()))
    merchants().add(MERCHANT, made)
    everyone = sampled_customers()
    customers().add_all(MERCHANT, everyone)
    facets().move(MERCHANT, changes_of(everyone))
    return Client(lists_api)


def _shown(client: Client, name: str, value: str) -> set[str]:
    answer = client.send("GET", "/customers", query={name: value, "limit": "100"})
    assert answer.status == 200, (name, value, answer.body)
    assert answer.body["next_cursor"] is None
    return {each["id"] for each in answer.body["items"]}


def _in_a_query(value: Any) -> str:
    """Return a value as a query spells it: "true", "5", the first of several tags."""
    if isinstance(value, list):
        return str(value[0])
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_a_view(client: Client, expected: Expectation) -> set[str]:
    saved = client.send("POST", "/views", {"name": "x", "filter": {expected[0]: expected.value}})
    assert saved.status == 201, (expected, saved.body)
    return _shown(client, "view", saved.body["id"])


@pytest.mark.req("001-03", "002-02", "003-02")
def test_every_filter_lists_the_same_customers_in_a_query_and_in_a_view(client: Client) -> None:
    for expected in expectations():
        name, value, listed, missed = expected
        shown = _shown(client, name, _in_a_query(value))
        assert (listed.id in shown, missed.id in shown) == (True, False), (name, value)
        assert _in_a_view(client, expected) == shown, (name, value)
