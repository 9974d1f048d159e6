"""`exports_api`: request, read, download and cancel exports."""

import json
import os
from typing import Any

import boto3
import pytest

from crm.domain.customers.columns import COLUMN_IDS
from crm.domain.exports.job import ExportJob
from crm.domain.kernel.ids import ExportId, MerchantId, UserId
from crm.domain.lists.filters import Filter
from crm.domain.lists.views import View
from crm.runtime.adapters.exports import exports, files
from crm.runtime.adapters.views import views
from functions.exports_api.handler import lambda_handler
from tests.builders import MERCHANT
from tests.functions.requests import Answered, Client

LAN = Client(lambda_handler)
STAFF, VIEWER = Client(lambda_handler, role="staff"), Client(lambda_handler, role="viewer")
OTHERS = Client(lambda_handler, merchant_id="m-2")
ALL = {"scope": "all", "format": "xlsx"}


@pytest.fixture(autouse=True)
def machine(tables: None) -> Any:  # noqa: ARG001 - moto is there
    """Create the bucket of exports and an empty state machine, under the template's names."""
    boto3.client("s3").create_bucket(
        Bucket=os.environ["EXPORTS_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
    )
    arn = os.environ["EXPORT_STATE_MACHINE"]
    client = boto3.client("stepfunctions")
    client.create_state_machine(
        name=arn.rsplit(":", 1)[1],
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    return client


def request_export(**body: Any) -> Answered:
    return LAN.send("POST", "/exports", {**ALL, **body})


def fields(answer: Answered) -> dict[str, str]:
    return {each["field"]: each["code"] for each in answer.body["errors"]}


def finished(export_id: str) -> ExportJob:
    queued = exports().get(MERCHANT, ExportId(export_id))
    at = queued.created_at
    reading = exports().replace(MERCHANT, queued, queued.reading("x", "Asia/Ho_Chi_Minh", at))
    written = reading.writing(2, at).written(f"{export_id}/abc.xlsx", 9, "ab", "cd")
    return exports().replace(MERCHANT, reading, written.finished(at))


@pytest.mark.req("001-34", "001-35")
def test_a_requested_export_is_accepted_and_its_execution_has_its_id(machine: Any) -> None:
    answer = request_export()

    assert answer.status == 202
    assert answer.headers["Location"] == f"/exports/{answer.body['id']}"
    assert answer.body == {
        "id": answer.body["id"],
        "status": "queued",
        "scope": "all",
        "filter": None,
        "format": "xlsx",
        "columns": list(COLUMN_IDS),
        "locale": "en",
        "masked": False,
        "progress": {"read": 0, "total": None},
        "rows": None,
        "selected": None,
        "ignored": None,
        "file_name": answer.body["file_name"],
        "bytes": None,
        "sha256": None,
        "rows_sha256": None,
        "from": None,
        "to": None,
        "failure": None,
        "mail": "none",
        "created_by": answer.body["created_by"],
        "created_at": answer.body["created_at"],
        "finished_at": None,
        "expires_at": None,
    }
    (run,) = machine.list_executions(stateMachineArn=os.environ["EXPORT_STATE_MACHINE"])[
        "executions"
    ]
    assert run["name"] == answer.body["id"]
    assert LAN.send("GET", f"/exports/{answer.body['id']}").body == answer.body


@pytest.mark.req("D14")
@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"filter": {"group": "vip"}}, {"filter": "only_with_scope"}),
        ({"customer_ids": ["a"]}, {"customer_ids": "only_with_scope"}),
        ({"scope": "filter"}, {"filter": "required"}),
        ({"scope": "selected"}, {"customer_ids": "required"}),
        ({"scope": "selected", "customer_ids": []}, {"customer_ids": "too_few"}),
        ({"scope": "selected", "customer_ids": ["a"] * 10_001}, {"customer_ids": "too_many"}),
        ({"scope": "some"}, {"scope": "not_one_of"}),
        ({"format": "pdf"}, {"format": "not_one_of"}),
        ({"locale": "fr"}, {"locale": "not_one_of"}),
        ({"columns": []}, {"columns": "too_few"}),
        ({"columns": ["phone", "shoe"]}, {"columns.1": "column_unknown"}),
        ({"columns": ["phone", "phone"]}, {"columns.1": "column_repeated"}),
        ({"scope": "filter", "filter": {"shoe": 1}}, {"filter.shoe": "unknown_field"}),
        (
            {"scope": "filter", "filter": {"min_debt": 2, "max_debt": 1}},
            {"min_debt": "range_inverted"},
        ),
    ],
)
def test_an_invalid_request_is_refused(body: dict[str, Any], errors: dict[str, str]) -> None:
    answer = request_export(**body)

    assert (answer.status, fields(answer)) == (422, errors)
    assert exports().newest(MERCHANT, limit=5, before=None).items == ()


def test_selected_ids_are_stored_in_a_file() -> None:
    export = request_export(scope="selected", customer_ids=["b", "a", "b"]).body

    assert export["selected"] == 2
    name = f"{export['id']}/selection.json"
    assert json.loads(files().read(MERCHANT, "exports", name)) == ["a", "b"]


@pytest.mark.req("001-33")
def test_a_saved_view_sets_filter_and_columns_and_the_request_may_override_both() -> None:
    view = View(
        id="01J00000000000000000000001",
        name="Sỉ",
        filter=Filter(group="vip", tag=("sỉ",)),
        columns=("phone", "debt"),
        shared=True,
        owner=UserId("u"),
    )
    views().add(MERCHANT, view)

    own = request_export(scope="filter", filter={"view": view.id}).body
    other = request_export(
        scope="filter", filter={"view": view.id, "group": "new"}, columns=["code"]
    ).body

    assert (own["filter"], own["columns"]) == (
        {"group": "vip", "tag": ["sỉ"]}, ["phone", "debt"],
    )  # fmt: skip
    assert (other["filter"]["group"], other["columns"]) == ("new", ["code"])
    assert request_export(scope="filter", filter={"view": "nobody's"}).status == 404


def test_a_view_without_columns_exports_names() -> None:
    view = View(
        id="01J00000000000000000000001", name="Sỉ", columns=(), shared=True, owner=UserId("u")
    )
    views().add(MERCHANT, view)

    assert request_export(scope="filter", filter={"view": view.id}).body["columns"] == [
        "full_name"
    ]


@pytest.mark.req("B-17")
def test_two_requests_with_one_idempotency_key_create_one_export() -> None:
    first = LAN.send("POST", "/exports", ALL, Idempotency_Key="k-1")
    second = LAN.send("POST", "/exports", ALL, Idempotency_Key="k-1")

    assert second.status == 202
    assert (second.body["id"], second.headers["Idempotency-Replayed"]) == (
        first.body["id"], "true",
    )  # fmt: skip
    assert len(exports().newest(MERCHANT, limit=5, before=None).items) == 1


@pytest.mark.req("D15")
def test_exporting_requires_its_permission() -> None:
    export_id = request_export().body["id"]

    for client in (STAFF, VIEWER):
        assert client.send("POST", "/exports", ALL).status == 403
        assert client.send("GET", f"/exports/{export_id}/file").status == 403
        assert client.send("POST", f"/exports/{export_id}/cancel").status == 403
        assert client.send("GET", f"/exports/{export_id}").status == 200


def test_exports_are_invisible_to_other_merchants() -> None:
    export_id = request_export().body["id"]

    assert OTHERS.send("GET", "/exports").body == {"items": [], "next_cursor": None}
    for method, path in (("GET", ""), ("GET", "/file"), ("POST", "/cancel")):
        assert OTHERS.send(method, f"/exports/{export_id}{path}").status == 404


@pytest.mark.req("B-15")
def test_the_file_of_a_finished_export_has_a_signed_link() -> None:
    export_id = request_export().body["id"]
    assert LAN.send("GET", f"/exports/{export_id}/file").status == 409
    finished(export_id)

    answer = LAN.send("GET", f"/exports/{export_id}/file")

    assert answer.status == 200
    assert answer.body["url"].startswith("https://")
    assert "X-Amz-Expires=900" in answer.body["url"]
    assert answer.body["file_name"].endswith(".xlsx")
    assert answer.headers["Cache-Control"] == "no-store"
    shown = LAN.send("GET", f"/exports/{export_id}").body
    assert (shown["status"], shown["sha256"], shown["rows_sha256"]) == ("finished", "ab", "cd")


def test_an_export_can_be_cancelled_until_it_has_ended() -> None:
    export_id = request_export().body["id"]

    answer = LAN.send("POST", f"/exports/{export_id}/cancel")
    again = LAN.send("POST", f"/exports/{export_id}/cancel", Idempotency_Key="k")
    done = request_export().body["id"]
    finished(done)

    assert (answer.status, answer.body["status"]) == (200, "cancelled")
    assert again.status == 200
    assert LAN.send("POST", f"/exports/{done}/cancel").status == 409


def test_exports_are_listed_page_by_page() -> None:
    ids = [request_export().body["id"] for _ in range(3)]

    first = LAN.send("GET", "/exports", query={"limit": "2"}).body
    cursor = {"limit": "2", "cursor": first["next_cursor"]}
    second = LAN.send("GET", "/exports", query=cursor).body

    listed = [each["id"] for each in first["items"] + second["items"]]
    assert sorted(listed) == sorted(ids)
    assert second["next_cursor"] is None
    assert OTHERS.send("GET", "/exports", query=cursor).status == 400


def test_an_export_that_cannot_be_started_stays_queued_for_the_stream(machine: Any) -> None:
    machine.delete_state_machine(stateMachineArn=os.environ["EXPORT_STATE_MACHINE"])

    assert request_export().status == 202

    (job,) = exports().newest(MerchantId("m-1"), limit=5, before=None).items
    assert (job.status, job.failure) == ("queued", None)
