"""Imports over HTTP: requests, answers and refusals."""

import base64
import json
import os
from typing import Any

import boto3
import pytest

from crm.domain.customers.customer import FieldChange
from crm.domain.imports import file_names as import_files
from crm.domain.imports.plan import PlannedRow, line_of
from crm.domain.imports.progress import Counts, counts_of
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.jobs import Failure
from crm.http.bodies import ProblemAnswer
from crm.http.imports.models import (
    ImportAnswer,
    ImportPageAnswer,
    ImportRowsAnswer,
    StartedImportAnswer,
)
from crm.runtime.adapters.imports import files, imports
from functions.imports_api.handler import lambda_handler
from tests.builders import MERCHANT, OTHER_MERCHANT, customer_id, moment
from tests.functions.programs import a_service
from tests.functions.requests import Answered, Client
from tests.import_builders import a_finished_job, a_job, import_id

NEW = {"file_name": "khach-hang.xlsx", "mode": "overwrite"}


@pytest.fixture
def client() -> Client:
    return Client(lambda_handler)


def problem(answer: Answered, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.body
    ProblemAnswer.model_validate(answer.body)
    body: dict[str, Any] = answer.body
    return body


def policy(answer: Answered) -> list[Any]:
    fields = answer.body["upload"]["fields"]
    conditions: list[Any] = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    return conditions


@pytest.mark.req("001-29", "001-30")
def test_a_new_import_returns_an_upload_form_for_one_key_up_to_64_mb(client: Client) -> None:
    answer = client.send("POST", "/imports", NEW)

    assert answer.status == 201
    StartedImportAnswer.model_validate(answer.body)
    started = answer.body
    assert answer.headers["Location"] == f"/imports/{started['id']}"
    assert started["status"] == "awaiting_upload"
    assert started["progress"] == {"total": None, "read": 0, "planned": 0, "applied": 0}
    key = f"uploads/m-1/{started['id']}/upload"
    assert started["upload"]["fields"]["key"] == key
    assert {"key": key} in policy(answer)
    assert {"bucket": os.environ["FILES_BUCKET"]} in policy(answer)
    assert ["content-length-range", 0, 64 * 2**20] in policy(answer)


def test_an_import_is_read_back(client: Client) -> None:
    started = client.send("POST", "/imports", {**NEW, "mode": "skip"}).body
    answer = client.send("GET", f"/imports/{started['id']}")

    assert answer.status == 200
    ImportAnswer.model_validate(answer.body)
    assert answer.body == {name: started[name] for name in started if name != "upload"}
    assert (answer.body["mode"], answer.body["file_name"]) == ("skip", "khach-hang.xlsx")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"file_name": "a.xlsx"}, "mode", "required"),
        ({"mode": "skip"}, "file_name", "required"),
        ({**NEW, "mode": "replace"}, "mode", "not_one_of"),
        ({**NEW, "kind": "orders"}, "kind", "not_one_of"),
        (
            {**NEW, "kind": "points", "opening_balances": True},
            "opening_balances",
            "opening_of_points",
        ),
        ({**NEW, "dry_run": "yes"}, "dry_run", "wrong_type"),
        ({**NEW, "sheet": 1}, "sheet", "unknown_field"),
        ({**NEW, "file_name": ""}, "file_name", "too_short"),
        ({**NEW, "file_name": "x" * 256}, "file_name", "too_long"),
        ({**NEW, "file_name": 7}, "file_name", "wrong_type"),
        ({**NEW, "file_name": "../x"}, "file_name", "wrong_type"),
        ({**NEW, "file_name": "a\nb.xlsx"}, "file_name", "wrong_type"),
    ],
)
def test_an_invalid_body_is_refused_with_its_field(
    client: Client, body: dict[str, Any], field: str, code: str
) -> None:
    refused = problem(client.send("POST", "/imports", body), 422)

    assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, code)]


def test_a_mapping_is_stored_and_one_to_an_unknown_column_is_refused(client: Client) -> None:
    mapping = {"Mã": "card_code", "ID": "external_ids.haravan"}
    started = client.send("POST", "/imports", {**NEW, "mapping": mapping}).body
    refused = problem(client.send("POST", "/imports", {**NEW, "mapping": {"Nợ": "debt"}}), 422)

    assert imports().get(MERCHANT, started["id"]).options.mapping == mapping
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [
        ("mapping.Nợ", "column_unknown")
    ]


@pytest.mark.req("B-16")
def test_points_and_opening_balances_require_the_permission_to_adjust_points(
    client: Client,
) -> None:
    points = {"file_name": "diem.xlsx", "kind": "points"}

    for clerk in (
        a_service(lambda_handler, "customers:import"),
        a_service(lambda_handler, "loyalty:adjust"),
    ):
        for body in (points, {**NEW, "opening_balances": True}):
            assert clerk.send("POST", "/imports", body).status == 403
    for body in (points, {**NEW, "opening_balances": True}):
        both = a_service(lambda_handler, "customers:import", "loyalty:adjust")
        started = both.send("POST", "/imports", body).body
        assert started["kind"] == body.get("kind", "customers")
        assert started["opening_balances"] == ("opening_balances" in body)
    assert client.send("POST", "/imports", points).status == 201


def test_headers_can_be_mapped_to_balance_columns_that_are_requested(client: Client) -> None:
    body = {**NEW, "mapping": {"Nợ cũ": "debt"}, "opening_balances": True}
    started = client.send("POST", "/imports", body).body

    assert imports().get(MERCHANT, started["id"]).options.mapping == {"Nợ cũ": "debt"}


def test_the_documented_defaults_are_accepted(client: Client) -> None:
    defaults = {"kind": "customers", "dry_run": False, "mapping": None, "opening_balances": False}

    assert client.send("POST", "/imports", {**NEW, **defaults}).status == 201


def test_starting_an_import_requires_its_permission_and_viewing_only_read() -> None:
    for role, status in (("owner", 201), ("manager", 201), ("staff", 403), ("viewer", 403)):
        client = Client(lambda_handler, role=role)
        assert client.send("POST", "/imports", NEW).status == status
        assert client.send("GET", "/imports").status == 200


def test_imports_of_another_merchant_are_not_found(client: Client) -> None:
    started = client.send("POST", "/imports", NEW).body
    others = Client(lambda_handler, merchant_id=OTHER_MERCHANT)

    assert problem(others.send("GET", f"/imports/{started['id']}"), 404)["detail"] == (
        "There is no such import."
    )
    assert others.send("GET", "/imports").body["items"] == []


def test_imports_are_listed_newest_first_with_cursors_of_their_own(client: Client) -> None:
    for number in (1, 2, 3):
        imports().add(MERCHANT, a_job(number))

    first = client.send("GET", "/imports", query={"limit": "2"})
    cursor = first.body["next_cursor"]
    second = client.send("GET", "/imports", query={"limit": "2", "cursor": cursor})

    ImportPageAnswer.model_validate(first.body)
    assert [each["id"] for each in first.body["items"]] == [import_id(3), import_id(2)]
    assert [each["id"] for each in second.body["items"]] == [import_id(1)]
    assert second.body["next_cursor"] is None
    foreign = Client(lambda_handler, merchant_id=OTHER_MERCHANT)
    for caller, wrong in ((client, cursor[:-3] + "AAA"), (client, "x"), (foreign, cursor)):
        refused = problem(caller.send("GET", "/imports", query={"cursor": wrong}), 400)
        assert [each["code"] for each in refused["errors"]] == ["cursor_invalid"]


def test_an_import_shows_its_progress_and_result(client: Client) -> None:
    result = Counts({"created": 9, "invalid": 1})
    imports().add(MERCHANT, a_finished_job(result, "2026-11-22T05:00:00.000Z", mail="sent"))

    shown = client.send("GET", f"/imports/{import_id()}").body

    assert shown["progress"] == {"total": 10, "read": 10, "planned": 10, "applied": 10}
    assert shown["result"] == {
        "created": 9, "updated": 0, "unchanged": 0, "skipped": 0, "duplicated": 0,
        "merged_in_file": 0, "conflict": 0, "invalid": 1,
    }  # fmt: skip
    assert sum(shown["result"].values()) == shown["progress"]["total"]
    assert (shown["status"], shown["mail"]) == ("finished", "sent")


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("vi", "Hai cột “SĐT” và “Phone” có cùng ý nghĩa. Hãy giữ lại một cột."),
        ("en", "The columns “SĐT” and “Phone” mean the same. Keep one of them."),
    ],
)
def test_a_failed_import_has_a_reason_in_the_callers_language(language: str, detail: str) -> None:
    imports().add(MERCHANT, a_job())
    failure = Failure("repeated_header", {"first": "SĐT", "second": "Phone"})
    imports().replace(
        MERCHANT, a_job(), a_job().failed(failure, Counts(), "2026-11-22T05:00:00.000Z")
    )

    shown = Client(lambda_handler, language=language).send("GET", f"/imports/{import_id()}").body

    assert (shown["status"], shown["result"]) == ("failed", None)
    assert shown["failure"] == {"code": "repeated_header", "detail": detail}


@pytest.mark.req("B-17")
def test_a_repeated_request_starts_one_import_and_gets_a_fresh_form_while_it_waits(
    client: Client,
) -> None:
    first = client.send("POST", "/imports", NEW, Idempotency_Key="k-1")
    again = client.send("POST", "/imports", NEW, Idempotency_Key="k-1")

    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.body["id"] == first.body["id"]
    assert again.body["upload"]["fields"]["key"] == first.body["upload"]["fields"]["key"]
    assert len(client.send("GET", "/imports").body["items"]) == 1

    job = imports().get(MERCHANT, first.body["id"])
    imports().replace(MERCHANT, job, job.reading("first"))
    late = client.send("POST", "/imports", NEW, Idempotency_Key="k-1")
    assert (late.body["status"], late.body["upload"]) == ("reading", None)


@pytest.fixture
def applied(moto_client: object) -> str:
    """Return the id of an import of two applied chunks."""
    del moto_client
    boto3.client("s3").create_bucket(
        Bucket=os.environ["FILES_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
    )
    job = a_job()
    imports().add(MERCHANT, job)
    phone = FieldChange("phone", "+84912345678", "+84987654321")
    group = FieldChange("group", None, "vip")
    chunks = [
        [
            PlannedRow(number=2, outcome="created", customer_id=customer_id(2)),
            PlannedRow(
                number=5, outcome="updated", customer_id=customer_id(5), changes=(phone, group)
            ),
        ],
        [
            PlannedRow(number=3, outcome="invalid", problems=(Problem("email", "email_invalid"),)),
            PlannedRow(number=4, outcome="created", notices=(Problem("code", "code_unknown"),)),
        ],
    ]
    for chunk, rows in enumerate(chunks):
        content = b"\n".join(map(line_of, rows))
        files().write(MERCHANT, "imports", import_files.outcomes(job.id, chunk), content)
        counts = counts_of(row.outcome for row in rows)
        imports().record(MERCHANT, job.id, "applied", chunk, counts, now=moment())
    return f"/imports/{job.id}/rows"


def test_rows_show_their_outcomes_reasons_and_changes(client: Client, applied: str) -> None:
    answer = client.send("GET", applied, Accept_Language="vi")

    assert answer.status == 200
    ImportRowsAnswer.model_validate(answer.body)
    created, updated, invalid, noticed = answer.body["items"]
    assert created == {
        "row": 2, "outcome": "created", "customer_id": customer_id(2), "into": None,
        "changes": [], "reason": None,
    }  # fmt: skip
    assert updated["changes"] == [
        {"field": "phone", "old": "+84912345678", "new": "+84987654321"},
        {"field": "group", "old": None, "new": "vip"},
    ]
    assert (invalid["row"], invalid["reason"].partition(":")[0]) == (3, "Email")
    assert noticed["outcome"] == "created"
    assert noticed["reason"].startswith("Mã khách hàng: Không có khách hàng nào mang mã này")


def test_rows_of_one_outcome_are_paged_with_cursors_of_their_own(
    client: Client, applied: str
) -> None:
    of_created = {"outcome": "created", "limit": "1"}
    first = client.send("GET", applied, query=of_created).body
    cursor = first["next_cursor"]
    second = client.send("GET", applied, query={**of_created, "cursor": cursor}).body

    assert [each["row"] for each in (*first["items"], *second["items"])] == [2, 4]
    assert second["next_cursor"] is None
    for query in ({"cursor": cursor}, {"cursor": cursor, "outcome": "updated"}):
        problem(client.send("GET", applied, query=query), 400)
    problem(client.send("GET", applied, query={"outcome": "lost"}), 400)
    problem(client.send("GET", "/imports/01J0/rows"), 404)


def test_rows_mask_contacts_without_the_permission_to_manage_customers(applied: str) -> None:
    viewer = Client(lambda_handler, role="viewer")
    (row,) = viewer.send("GET", applied, query={"outcome": "updated"}).body["items"]

    assert row["changes"] == [
        {"field": "phone", "old": "***", "new": "***"},
        {"field": "group", "old": None, "new": "vip"},
    ]


def test_an_import_that_was_not_applied_lists_no_rows(client: Client) -> None:
    started = client.send("POST", "/imports", NEW).body
    answer = client.send("GET", f"/imports/{started['id']}/rows")

    assert (answer.status, answer.body) == (200, {"items": [], "next_cursor": None})
