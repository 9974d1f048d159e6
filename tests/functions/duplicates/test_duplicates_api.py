"""Possible duplicates over HTTP: list, merge one or many, dismiss, reopen."""

from typing import Any

import pytest

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import UserId
from crm.domain.kernel.times import stamp
from crm.domain.merchants.staff import StaffMember
from crm.http.duplicates.models import PairAnswer, PairOutcomesAnswer, PairPageAnswer
from crm.http.merges.models import MergeAnswer
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.duplicates import blocking_key_index, pairs
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.staff import staff
from crm.usecases.duplicates.detection import DetectionPorts, detect_duplicates
from functions.customers_api.handler import lambda_handler as customers_api
from functions.merges_api.handler import lambda_handler
from tests.builders import MERCHANT, a_customer, moment
from tests.functions.requests import Client
from tests.order_builders import HOA

PHONE = "+84912345678"


@pytest.fixture
def api() -> Client:
    """Return a manager's client of a stored merchant."""
    merchants().add(MERCHANT, HOA)
    return Client(lambda_handler)


def _create(*new: Customer) -> None:
    """Create customers, and run duplicate detection as for the stream's records."""
    for each in new:
        customers().add(MERCHANT, each, allow_duplicate=True)
    _detect(*(CustomerChange(MERCHANT, each.id, "00", "1", None, each) for each in new))


def _detect(*changes: CustomerChange) -> None:
    detection = DetectionPorts(customers(), blocking_key_index(), pairs())
    detect_duplicates(changes, (), now=moment(), detection=detection)


def _twins(number: int = 1, **fields: Any) -> list[Customer]:
    """Create two customers with the same phone and name."""
    phone = f"+8491234{number:04}"
    twins = [a_customer(2 * number + n, phone=phone, **fields) for n in (0, 1)]
    _create(*twins)
    return twins


def _listed(api: Client, **query: str) -> list[dict[str, Any]]:
    answer = api.send("GET", "/duplicates", query=query)
    assert answer.status == 200, answer.body
    PairPageAnswer.model_validate(answer.body)
    items: list[dict[str, Any]] = answer.body["items"]
    return items


@pytest.mark.req("001-31", "B-12")
def test_a_pair_is_listed_with_its_customers_score_and_reasons(api: Client) -> None:
    older, younger = _twins(birthday="1990-05-17")

    (pair,) = _listed(api)

    assert (pair["strength"], pair["status"]) == ("exact", "open")
    assert pair["score"] == 100
    assert [(each["kind"], each["points"]) for each in pair["reasons"]] == [
        ("phone", 50),
        ("birthday", 35),
        ("name", 30),
    ]
    assert pair["reasons"][0]["message"] == "Same phone"
    assert {each["id"] for each in pair["customers"]} == {older.id, younger.id}
    assert pair["default_survivor_id"] == older.id


@pytest.mark.req("B-12")
def test_pairs_are_filtered_by_score_reason_and_status_and_paged(api: Client) -> None:
    for number in (1, 2, 3):
        _twins(number)
    _create(
        a_customer(20, phone="+84987654321"),
        a_customer(21, phone="+84987654321", full_name="Lê Văn Nam"),
    )

    assert len(_listed(api)) == 4
    assert len(_listed(api, min_score="60")) == 3
    assert len(_listed(api, reason="other_name")) == 1
    assert _listed(api, status="dismissed") == []
    first = api.send("GET", "/duplicates", query={"limit": "3"}).body
    rest = api.send("GET", "/duplicates", query={"limit": "3", "cursor": first["next_cursor"]})
    assert [each["score"] for each in (*first["items"], *rest.body["items"])] == [95, 95, 95, 5]
    assert rest.body["next_cursor"] is None


@pytest.mark.parametrize(
    "query",
    [{"min_score": "101"}, {"reason": "nose"}, {"status": "merged"}, {"limit": "101"}],
)
def test_an_invalid_query_is_refused(api: Client, query: dict[str, str]) -> None:
    assert api.send("GET", "/duplicates", query=query).status == 400


def test_a_cursor_of_another_list_is_refused(api: Client) -> None:
    _twins(1)
    _twins(2)
    cursor = api.send("GET", "/duplicates", query={"limit": "1"}).body["next_cursor"]

    answer = api.send("GET", "/duplicates", query={"cursor": cursor, "min_score": "60"})

    assert answer.status == 400


@pytest.mark.req("D15")
def test_a_program_without_permission_to_manage_sees_masked_contacts() -> None:
    _twins(email=None)
    at = stamp(moment())
    program = StaffMember(
        merchant_id=MERCHANT,
        id=UserId("program"),
        email="program@example.vn",
        role="service",
        permissions=("customers:merge",),
        made_by="invitation",
        created_at=at,
        updated_at=at,
    )
    staff().add(MERCHANT, program)
    client = Client(lambda_handler, role="service", claims={"sub": program.id})

    ((one, _),) = [pair["customers"] for pair in _listed(client)]

    assert PHONE[-4:] not in one["phone"]
    assert one["display_name"] == "Nguyễn Thị Ánh"


@pytest.mark.req("B-12", "B-05")
def test_an_accepted_pair_is_merged_and_leaves_the_list_at_once(api: Client) -> None:
    older, younger = _twins()
    (pair,) = _listed(api)

    answer = api.send("POST", f"/duplicates/{pair['id']}/accept")
    again = api.send("POST", f"/duplicates/{pair['id']}/accept")

    assert answer.status == 200, answer.body
    MergeAnswer.model_validate(answer.body)
    assert (answer.body["survivor_id"], answer.body["loser_id"]) == (older.id, younger.id)
    assert again.body == answer.body
    assert _listed(api) == []
    assert customers().get(MERCHANT, younger.id).merged_into == older.id


@pytest.mark.req("B-05")
def test_the_request_may_choose_the_survivor_and_whose_values_to_keep(api: Client) -> None:
    older, younger = _twins()
    (pair,) = _listed(api)
    body = {"survivor_id": younger.id, "keep": {"full_name": "loser"}}

    answer = api.send("POST", f"/duplicates/{pair['id']}/accept", body)

    assert (answer.body["survivor_id"], answer.body["loser_id"]) == (younger.id, older.id)


def test_a_survivor_outside_the_pair_is_refused(api: Client) -> None:
    _twins()
    (pair,) = _listed(api)

    answer = api.send("POST", f"/duplicates/{pair['id']}/accept", {"survivor_id": "01J0"})

    assert answer.status == 422
    assert answer.body["errors"][0]["code"] == "pair_survivor"


@pytest.mark.req("B-12")
def test_a_dismissed_pair_stays_dismissed_until_it_is_reopened(api: Client) -> None:
    older, younger = _twins()
    (pair,) = _listed(api)

    dismissed = api.send("POST", f"/duplicates/{pair['id']}/dismiss")

    assert dismissed.status == 200, dismissed.body
    PairAnswer.model_validate(dismissed.body)
    assert dismissed.body["status"] == "dismissed"
    assert dismissed.body["decided_by"]
    assert _listed(api) == []
    refused = api.send("POST", f"/duplicates/{pair['id']}/accept")
    assert refused.status == 409
    client = Client(customers_api)
    for each in (older, younger):
        client.send("PATCH", f"/customers/{each.id}", {"birthday": "1990-05-17"}, If_Match='"1"')
        _detect(
            CustomerChange(MERCHANT, each.id, "00", "2", each, customers().get(MERCHANT, each.id))
        )
    assert _listed(api) == []
    (kept,) = _listed(api, status="dismissed")
    assert kept["score"] == 100

    reopened = api.send("POST", f"/duplicates/{pair['id']}/reopen")

    assert (reopened.status, reopened.body["status"]) == (200, "open")
    assert [each["id"] for each in _listed(api)] == [pair["id"]]


def test_a_merged_pair_cannot_be_dismissed(api: Client) -> None:
    _twins()
    (pair,) = _listed(api)
    api.send("POST", f"/duplicates/{pair['id']}/accept")

    assert api.send("POST", f"/duplicates/{pair['id']}/dismiss").status == 409


@pytest.mark.req("B-12")
def test_only_exact_pairs_are_merged_in_bulk(api: Client) -> None:
    for number in (1, 2):
        _twins(number)
    _create(
        a_customer(20, phone="+84987654321"),
        a_customer(21, phone="+84987654321", full_name="Chị Ánh"),
    )

    answer = api.send("POST", "/duplicates/accept", {"exact": True})

    assert answer.status == 200, answer.body
    PairOutcomesAnswer.model_validate(answer.body)
    assert [each["outcome"] for each in answer.body["items"]] == ["merged", "merged"]
    (left,) = _listed(api)
    assert left["strength"] == "likely"
    assert api.send("POST", "/duplicates/accept", {"exact": True}).body["items"] == []


@pytest.mark.req("B-12")
def test_several_records_of_one_person_are_merged_into_one(api: Client) -> None:
    records = [a_customer(number, phone=PHONE) for number in range(1, 6)]
    _create(*records)

    answer = api.send("POST", "/duplicates/accept", {"exact": True})

    outcomes = [each["outcome"] for each in answer.body["items"]]
    assert sorted(outcomes) == ["gone"] * 6 + ["merged"] * 4
    (survivor,) = {each.merged_into or each.id for each in map(_stored, records)}
    assert survivor == records[0].id


def _stored(customer: Customer) -> Customer:
    return customers().get(MERCHANT, customer.id)


def test_each_requested_pair_has_an_outcome(api: Client) -> None:
    _twins()
    (pair,) = _listed(api)

    answer = api.send("POST", "/duplicates/accept", {"ids": [pair["id"], "01J0-01J1", "nonsense"]})

    outcomes = {each["id"]: each["outcome"] for each in answer.body["items"]}
    assert outcomes == {pair["id"]: "merged", "01J0-01J1": "not_found", "nonsense": "not_found"}


@pytest.mark.parametrize("body", [{}, {"exact": True, "ids": ["01J0-01J1"]}])
def test_a_bulk_merge_takes_either_ids_or_exact(api: Client, body: dict[str, Any]) -> None:
    assert api.send("POST", "/duplicates/accept", body).status == 422


def test_an_unknown_pair_is_404(api: Client) -> None:
    for pair in ("nonsense", f"{a_customer(1).id}-{a_customer(2).id}"):
        assert api.send("POST", f"/duplicates/{pair}/dismiss").status == 404


@pytest.mark.req("B-12")
def test_a_list_omits_pairs_of_customers_archived_a_moment_ago(api: Client) -> None:
    older, _ = _twins()
    gone = older.moved_to("archived", older.updated_at)
    customers().update(MERCHANT, older, gone)

    assert _listed(api) == []
    pair = pairs().of(MERCHANT, older.id)[0]
    answer = api.send("POST", "/duplicates/accept", {"exact": True})
    assert [each["outcome"] for each in answer.body["items"]] == ["gone"]
    assert pair.is_listed
