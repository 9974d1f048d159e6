"""The list of customers over HTTP."""

from typing import Any

import pytest

from crm.domain.customers.metrics import Metrics
from crm.http.lists.models import CustomerPageAnswer
from crm.runtime.adapters.customers import customers
from functions.lists_api.handler import lambda_handler
from tests.builders import MERCHANT, a_customer
from tests.functions.requests import Client


@pytest.fixture
def client() -> Client:
    return Client(lambda_handler)


@pytest.fixture
def stored_customers() -> None:
    """Store eight customers whose spend falls by number, the last two with equal spend."""
    customers().add_all(
        MERCHANT,
        [
            a_customer(
                number,
                full_name=f"Khách {number}",
                phone=f"+8491234560{number}",
                metrics=Metrics(order_count=1, total_spent=max(2_000, 9_000 - number * 1_000)),
            )
            for number in range(1, 9)
        ],
    )


def _pages(client: Client, **query: str) -> list[list[str]]:
    pages = []
    while True:
        answer = client.send("GET", "/customers", query=query)
        assert answer.status == 200, answer.body
        CustomerPageAnswer.model_validate(answer.body)
        pages.append([each["code"] for each in answer.body["items"]])
        if answer.body["next_cursor"] is None:
            return pages
        query["cursor"] = answer.body["next_cursor"]


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("001-15", "001-19")
def test_a_list_is_paged_in_the_requested_order(client: Client) -> None:
    codes = [f"KH{number:06d}" for number in range(1, 9)]

    by_spend = _pages(client, sort="-total_spent", limit="3")
    by_update = _pages(client, limit="100")

    everyone = [code for page in by_spend for code in page]
    assert [len(page) for page in by_spend] == [3, 3, 2]
    assert everyone[:6] == codes[:6]
    assert set(everyone) == set(codes)
    assert by_update == [codes[::-1]]


def test_a_list_without_customers_is_an_empty_page(client: Client) -> None:
    answer = client.send("GET", "/customers")

    assert (answer.status, answer.body) == (200, {"items": [], "next_cursor": None})


@pytest.mark.usefixtures("stored_customers")
def test_a_list_shows_no_other_merchants_customers() -> None:
    stranger = Client(lambda_handler, merchant_id="m-2", role="owner")

    assert stranger.send("GET", "/customers").body["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"sort": "full_name"},
        {"sort": "--debt"},
        {"archived": "maybe"},
        {"cursor": "é"},
        {"cursor": "AAAA"},
    ],
)
def test_an_invalid_parameter_is_400_with_its_field(client: Client, query: dict[str, str]) -> None:
    answer = client.send("GET", "/customers", query=query)

    assert answer.status == 400, answer.body
    (problem,) = answer.body["errors"]
    assert problem["field"] in query


@pytest.mark.usefixtures("stored_customers")
def test_a_cursor_is_valid_only_for_its_merchant_and_list(client: Client) -> None:
    cursor = client.send("GET", "/customers", query={"limit": "3"}).body["next_cursor"]
    stranger = Client(lambda_handler, merchant_id="m-2", role="owner")
    tampered = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
    wrong: list[tuple[Client, dict[str, Any]]] = [
        (stranger, {"cursor": cursor}),
        (client, {"cursor": cursor, "sort": "updated_at"}),
        (client, {"cursor": cursor, "sort": "-debt"}),
        (client, {"cursor": cursor, "archived": "true"}),
        (client, {"cursor": cursor[:-4]}),
        (client, {"cursor": tampered}),
    ]

    for caller, query in wrong:
        answer = caller.send("GET", "/customers", query=query)
        assert answer.status == 400, query
        assert answer.body["errors"][0]["code"] == "cursor_invalid"
    assert client.send("GET", "/customers", query={"cursor": cursor}).status == 200


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("D15")
def test_a_viewer_sees_masked_contacts() -> None:
    viewer = Client(lambda_handler, role="viewer")

    phones = {each["phone"] for each in viewer.send("GET", "/customers").body["items"]}

    assert phones == {f"09xx xxx 60{number}" for number in range(1, 9)}


@pytest.mark.usefixtures("stored_customers")
def test_a_caller_without_role_is_refused() -> None:
    assert Client(lambda_handler, role="").send("GET", "/customers").status == 403
