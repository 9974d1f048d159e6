"""Filters, views, search, bulk edits and facets over HTTP."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.customer import Membership
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.http.customers.bulk_models import BulkAnswer
from crm.http.lists.models import CustomerPageAnswer, FacetPageAnswer, SearchAnswer, TagPageAnswer
from crm.http.lists.view_models import ViewAnswer, ViewPageAnswer
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.facets import facets
from crm.runtime.adapters.merchants import merchants
from functions.customers_api.handler import lambda_handler as customers_api
from functions.lists_api.handler import lambda_handler as lists_api
from tests.builders import MERCHANT, a_customer, customer_id, moment
from tests.contract.lists.list_model import changes_of
from tests.functions.requests import Client

DEFAULTS = ["bought_7d", "bought_30d", "lapsed", "members", "non_members"]


@pytest.fixture
def client() -> Client:
    return Client(lists_api)


@pytest.fixture
def manager() -> Client:
    return Client(customers_api)


@pytest.fixture
def stored_customers() -> None:
    """Store four customers: a member who bought last, a VIP in debt, one lapsed, one new."""
    made = Merchant(id=MERCHANT, name="Mộc", email="a@example.vn", created_at=stamp(moment()))
    merchants().add(MERCHANT, made)
    long_ago = stamp(moment(-60 * 24 * 400))
    everyone = [
        a_customer(
            1,
            phone="+84912345678",
            tags=("sỉ",),
            membership=Membership(joined_at=stamp(moment()), tier="gold"),
            metrics=Metrics(order_count=1, total_spent=500_000, last_order_at=stamp(moment())),
        ),
        a_customer(2, group="vip", metrics=Metrics(debt=10_000), tags=("sỉ", "lẻ")),
        a_customer(3, metrics=Metrics(order_count=9, total_spent=9, last_order_at=long_ago)),
        a_customer(4, has_account=True),
    ]
    customers().add_all(MERCHANT, everyone)
    facets().move(MERCHANT, changes_of(everyone))


def _numbers(client: Client, query: Mapping[str, str]) -> list[int]:
    answer = client.send("GET", "/customers", query=query)
    assert answer.status == 200, answer.body
    CustomerPageAnswer.model_validate(answer.body)
    return sorted(int(each["code"].removeprefix("KH")) for each in answer.body["items"])


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("002-02", "002-03", "002-04", "002-14", "003-02", "003-03")
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"tag": "SỈ"}, [1, 2]),
        ({"group": "vip"}, [2]),
        ({"tier": "gold"}, [1]),
        ({"tier": "unranked"}, [2, 3, 4]),
        ({"member": "true"}, [1]),
        ({"member": "false", "tag": "sỉ"}, [2]),
        ({"min_total_spent": "9", "max_total_spent": "500000"}, [1, 3]),
        ({"min_debt": "1"}, [2]),
        ({"segment": "lapsed"}, [3]),
        ({"has_account": "true"}, [4]),
        ({"updated_from": "2026-11-22", "updated_to": "2026-11-22"}, [1, 2, 3, 4]),
        ({"updated_to": "2026-11-21"}, []),
        ({"archived": "true"}, []),
        ({"view": "lapsed"}, [3]),
        ({"view": "non_members", "sort": "debt", "group": "vip"}, [2]),
    ],
)
def test_a_list_is_filtered_by_its_parameters(
    client: Client, query: dict[str, str], numbers: list[int]
) -> None:
    assert _numbers(client, query) == numbers


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"min_debt": "2", "max_debt": "1"}, "min_debt"),
        ({"created_from": "2026-02-02", "created_to": "2026-02-01"}, "created_from"),
        ({"created_from": "2026-02-30"}, "created_from"),
        ({"created_from": "1700000000"}, "created_from"),
        ({"segment": "bought_9d"}, "segment"),
        ({"birthday_month": "13"}, "birthday_month"),
        ({"province_code": "Atlantis"}, "province_code"),
        ({"min_order_count": "-1"}, "min_order_count"),
        ({"min_debt": "9" * 30}, "min_debt"),
        ({"tag": "a,b"}, "tag"),
        ({"group": ""}, "group"),
        ({"tier": " "}, "tier"),
        ({"source": ""}, "source"),
    ],
)
def test_an_invalid_filter_is_400_with_its_field(
    client: Client, query: dict[str, str], field: str
) -> None:
    answer = client.send("GET", "/customers", query=query)

    assert answer.status == 400, answer.body
    assert [each["field"] for each in answer.body["errors"]] == [field]
    assert answer.body["errors"][0]["message"]


@pytest.mark.usefixtures("stored_customers")
def test_a_cursor_is_valid_only_for_its_filter(client: Client) -> None:
    query = {"member": "false", "limit": "1"}
    cursor = client.send("GET", "/customers", query=query).body["next_cursor"]

    assert cursor
    for other in ({"limit": "1"}, {"member": "true"}, {"member": "false", "group": "vip"}):
        answer = client.send("GET", "/customers", query={**other, "cursor": cursor})
        assert (answer.status, answer.body["errors"][0]["code"]) == (400, "cursor_invalid")
    view = {"view": "non_members", "cursor": cursor}
    assert client.send("GET", "/customers", query=view).status == 200


@pytest.mark.usefixtures("stored_customers")
def test_explain_shows_the_plan_of_a_page(client: Client) -> None:
    plan = client.send("GET", "/customers", query={"explain": "true", "tag": "sỉ"}).body["plan"]

    assert plan == {
        "name": "facet",
        "sort": "updated_at",
        "facet": "tag:sỉ",
        "estimated_units": 1.0,
        "rows_read": 4,
    }
    assert "plan" not in client.send("GET", "/customers").body


@pytest.mark.req("002-05", "002-15")
def test_a_new_merchant_has_five_default_views_that_cannot_change(client: Client) -> None:
    answer = client.send("GET", "/views")

    ViewPageAnswer.model_validate(answer.body)
    assert [each["id"] for each in answer.body["items"]] == DEFAULTS
    lapsed = client.send("GET", "/views/lapsed")
    assert lapsed.body["name"] == "Lapsed"
    etag = lapsed.headers["ETag"]
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        answer = client.send(method, "/views/lapsed", body, If_Match=etag)
        assert answer.status == 409, answer.body


def _saved(client: Client, **body: Any) -> dict[str, Any]:
    answer = client.send("POST", "/views", {"name": "Khách sỉ", **body})
    assert answer.status == 201, answer.body
    ViewAnswer.model_validate(answer.body)
    assert answer.headers["Location"] == f"/views/{answer.body['id']}"
    saved: dict[str, Any] = answer.body
    return saved


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("001-03", "001-04", "002-02")
def test_a_view_stores_filter_sort_and_columns_and_applies_to_the_list(client: Client) -> None:
    saved = _saved(client, filter={"tag": ["Sỉ"]}, sort="-debt", columns=["debt", "phone"])

    shown = client.send("GET", f"/views/{saved['id']}")
    assert shown.body == saved
    assert (saved["filter"], saved["columns"]) == ({"tag": ["sỉ"]}, ["debt", "phone"])
    codes = [
        each["code"]
        for each in client.send("GET", "/customers", query={"view": saved["id"]}).body["items"]
    ]
    assert codes == ["KH000002", "KH000001"]


def test_a_view_is_changed_and_removed_only_at_its_current_version(client: Client) -> None:
    path = f"/views/{_saved(client)['id']}"

    changed = client.send("PATCH", path, {"name": "Khách quen"}, If_Match='"1"')
    stale = client.send("PATCH", path, {"name": "x"}, If_Match='"1"')
    unseen = client.send("DELETE", path)

    assert (changed.status, changed.body["name"], changed.headers["ETag"]) == (
        200,
        "Khách quen",
        '"2"',
    )
    assert (stale.status, unseen.status) == (412, 428)
    assert client.send("DELETE", path, If_Match='"2"').status == 200
    assert client.send("GET", path).status == 404


@pytest.mark.req("D15")
def test_a_private_view_is_visible_to_its_owner_and_a_shared_one_to_all(client: Client) -> None:
    colleague = Client(lists_api, role="viewer", claims={"sub": "someone-else"})
    stranger = Client(lists_api, merchant_id="m-2")
    own, shared = _saved(client), _saved(client, shared=True)

    assert colleague.send("GET", f"/views/{own['id']}").status == 404
    assert colleague.send("GET", "/customers", query={"view": own["id"]}).status == 404
    assert colleague.send("GET", f"/views/{shared['id']}").body["is_mine"] is False
    assert stranger.send("GET", f"/views/{shared['id']}").status == 404
    seen = [each["id"] for each in colleague.send("GET", "/views").body["items"]]
    assert seen == [*DEFAULTS, shared["id"]]
    for refused in (
        colleague.send("POST", "/views", {"name": "x", "shared": True}),
        colleague.send("PATCH", f"/views/{shared['id']}", {"name": "x"}, If_Match='"1"'),
        colleague.send("DELETE", f"/views/{shared['id']}", If_Match='"1"'),
    ):
        assert refused.status == 403
    assert colleague.send("POST", "/views", {"name": "x"}).status == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x", "columns": ["phone", "shoe_size"]}, "columns.1"),
        ({"name": "x", "columns": ["phone", "phone"]}, "columns.1"),
        ({"name": "x", "sort": "full_name"}, "sort"),
        ({"name": "x", "filter": {"min_debt": 2, "max_debt": 1}}, "filter.min_debt"),
        ({"name": "x", "filter": {"colour": "red"}}, "filter.colour"),
        ({"name": "x", "filter": {"created_to": "soon"}}, "filter.created_to"),
        ({"columns": []}, "name"),
    ],
)
def test_an_invalid_view_is_422_with_its_field(
    client: Client, body: dict[str, Any], field: str
) -> None:
    answer = client.send("POST", "/views", body)

    assert answer.status == 422, answer.body
    assert [each["field"] for each in answer.body["errors"]] == [field]


def test_views_are_paged(client: Client) -> None:
    saved = [_saved(client)["id"] for _ in range(2)]
    seen: list[str] = []
    query = {"limit": "3"}
    while True:
        page = client.send("GET", "/views", query=query).body
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen == DEFAULTS + sorted(saved)


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("B-10", "D15")
def test_the_search_box_finds_customers_and_masks_contacts(client: Client) -> None:
    viewer = Client(lists_api, role="viewer")

    found = client.send("POST", "/customers/search", {"q": "0912 345 678"})
    masked = viewer.send("POST", "/customers/search", {"q": "345678", "limit": 1})

    SearchAnswer.model_validate(found.body)
    assert [each["code"] for each in found.body["items"]] == ["KH000001"]
    assert masked.body["items"][0]["phone"] == "09xx xxx 678"


@pytest.mark.parametrize("body", [{}, {"q": ""}, {"q": "a", "limit": 101}, {"q": "a" * 201}])
def test_an_invalid_search_is_422(client: Client, body: dict[str, Any]) -> None:
    assert client.send("POST", "/customers/search", body).status == 422


@pytest.mark.usefixtures("stored_customers")
def test_tags_and_facets_are_listed_with_their_counts(client: Client) -> None:
    tags = client.send("GET", "/tags")
    shown = client.send("GET", "/facets")
    groups = client.send("GET", "/facets", query={"kind": "group"})

    TagPageAnswer.model_validate(tags.body)
    FacetPageAnswer.model_validate(shown.body)
    assert tags.body["items"] == [{"tag": "lẻ", "count": 1}, {"tag": "sỉ", "count": 2}]
    assert {(each["kind"], each["value"], each["count"]) for each in shown.body["items"]} == {
        ("tag", "lẻ", 1),
        ("tag", "sỉ", 2),
        ("group", "vip", 1),
        ("tier", "gold", 1),
    }
    assert [each["value"] for each in groups.body["items"]] == ["vip"]
    first = client.send("GET", "/tags", query={"limit": "1"}).body
    rest = client.send("GET", "/tags", query={"limit": "1", "cursor": first["next_cursor"]}).body
    assert [each["tag"] for each in (*first["items"], *rest["items"])] == ["lẻ", "sỉ"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("path", ["/tags", "/facets"])
def test_no_tag_is_skipped_after_those_of_the_previous_page_are_gone(
    client: Client, path: str
) -> None:
    tagged = a_customer(1, tags=("a", "b", "c", "d"), group="vip")
    less = replace(tagged, tags=("c", "d"))
    (made,) = changes_of([tagged])
    facets().move(MERCHANT, [made])
    first = client.send("GET", path, query={"limit": "2"} | _kind_of(path)).body

    facets().move(MERCHANT, [made._replace(sequence="2" * 40, before=tagged, after=less)])
    query = {"limit": "2", "cursor": first["next_cursor"]} | _kind_of(path)
    rest = client.send("GET", path, query=query).body

    assert [each.get("tag", each.get("value")) for each in rest["items"]] == ["c", "d"]


def _kind_of(path: str) -> dict[str, str]:
    return {"kind": "tag"} if path == "/facets" else {}


def test_facets_are_sorted_by_kind_and_value(client: Client) -> None:
    member = Membership(joined_at=stamp(moment()), tier="gold")
    everyone = [a_customer(1, tags=("sỉ", "lẻ"), group="vip", membership=member)]
    facets().move(MERCHANT, changes_of(everyone))

    shown = client.send("GET", "/facets").body["items"]

    named = [(each["kind"], each["value"]) for each in shown]
    assert named == [("group", "vip"), ("tag", "lẻ"), ("tag", "sỉ"), ("tier", "gold")]


def test_no_view_is_skipped_after_the_last_one_of_the_previous_page_is_gone(
    client: Client,
) -> None:
    first, second = (_saved(client)["id"] for _ in range(2))
    page = client.send("GET", "/views", query={"limit": "6"}).body
    assert page["items"][-1]["id"] == min(first, second)

    assert client.send("DELETE", f"/views/{min(first, second)}", If_Match='"1"').status == 200
    rest = client.send("GET", "/views", query={"limit": "6", "cursor": page["next_cursor"]}).body

    assert [each["id"] for each in rest["items"]] == [max(first, second)]


@pytest.mark.usefixtures("stored_customers")
def test_a_bulk_edit_has_an_outcome_for_each_customer(manager: Client) -> None:
    ids = [customer_id(1), customer_id(2), "01J00000000000000000000000"]
    body = {
        "customer_ids": [*ids, ids[0]],
        "add_tags": ["Mới"],
        "remove_tags": ["sỉ"],
        "group": "loyal",
    }

    answer = manager.send("POST", "/customers/bulk", body)
    again = manager.send("POST", "/customers/bulk", body)

    BulkAnswer.model_validate(answer.body)
    outcomes = [(each["id"], each["outcome"]) for each in answer.body["items"]]
    assert outcomes == list(zip(ids, ["updated", "updated", "not_found"], strict=True))
    assert [each["outcome"] for each in again.body["items"]] == [
        "unchanged",
        "unchanged",
        "not_found",
    ]
    assert answer.body["items"][2]["message"]
    first, second = (customers().get(MERCHANT, customer_id(number)) for number in (1, 2))
    assert (first.tags, first.group, first.version) == (("mới",), "loyal", 2)
    assert (second.tags, second.group) == (("lẻ", "mới"), "loyal")


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("D1")
def test_a_bulk_edit_archives_customers(manager: Client, client: Client) -> None:
    body = {"customer_ids": [customer_id(3)], "archive": True}

    outcomes = manager.send("POST", "/customers/bulk", body).body["items"]

    assert [each["outcome"] for each in outcomes] == ["updated"]
    assert _numbers(client, {}) == [1, 2, 4]
    assert _numbers(client, {"archived": "true"}) == [3]


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"customer_ids": []},
        {"add_tags": ["a,b"]},
        {"add_tags": ["a"], "remove_tags": ["A"]},
        {"customer_ids": ["x"] * 101, "archive": True},
        {"archive": "yes"},
        {"group": "two words"},
        {"debt": 0},
    ],
)
def test_an_invalid_bulk_edit_changes_nothing(manager: Client, wrong: dict[str, Any]) -> None:
    answer = manager.send("POST", "/customers/bulk", {"customer_ids": [customer_id(1)], **wrong})

    assert answer.status == 422, answer.body
    assert customers().get(MERCHANT, customer_id(1)).version == 1


@pytest.mark.usefixtures("stored_customers")
@pytest.mark.req("D15")
def test_bulk_edits_require_permission_to_manage_customers() -> None:
    viewer = Client(customers_api, role="viewer")
    body = {"customer_ids": [customer_id(1)], "archive": True}

    assert viewer.send("POST", "/customers/bulk", body).status == 403


@pytest.mark.req("B-17")
def test_a_view_is_saved_once_for_an_idempotency_key(client: Client) -> None:
    first = client.send("POST", "/views", {"name": "x"}, Idempotency_Key="k-1")
    again = client.send("POST", "/views", {"name": "x"}, Idempotency_Key="k-1")

    assert (first.status, again.status) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.body == first.body
    assert len(client.send("GET", "/views").body["items"]) == len(DEFAULTS) + 1
