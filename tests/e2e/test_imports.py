"""Imports in the deployed product, from the upload to the mail, each function with its role."""

import json
from pathlib import Path
from typing import Any

import pytest

from crm.domain.imports.job import MOST_BYTES
from local.api import Api
from tests.e2e.deployed import Deployed, Merchant, created, eventually
from tests.workbooks import a_workbook

SAMPLES = Path(__file__).parents[2] / "events/samples"
EXPECTED = json.loads((SAMPLES / "customers.expected.json").read_text(encoding="utf-8"))
HEADER = ("Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính")
ENDED = {"finished", "failed"}


def started(
    api: Api, mode: str = "overwrite", file_name: str = "khach.xlsx", **options: bool
) -> dict[str, Any]:
    answer = api.call("POST", "/imports", {"file_name": file_name, "mode": mode, **options})
    assert answer.status == 201, answer.text
    job: dict[str, Any] = answer.body
    return job


def sent(deployed: Deployed, api: Api, content: bytes, **options: Any) -> dict[str, Any]:
    """Start an import and upload its file."""
    job = started(api, **options)
    answer = deployed.upload(job["upload"], content)
    assert answer.status == 204, answer.text
    return job


def ended(api: Api, job: dict[str, Any]) -> dict[str, Any]:
    """Return the import once it has ended and sent its mail."""
    return eventually(
        lambda: api.call("GET", f"/imports/{job['id']}").body,
        lambda seen: seen["status"] in ENDED and seen["mail"] != "none",
    )


def imported(deployed: Deployed, content: bytes, **options: str) -> dict[str, Any]:
    api = deployed.merchant.manager
    return ended(api, sent(deployed, api, content, **options))


def counts(job: dict[str, Any]) -> dict[str, int]:
    assert job["status"] == "finished", job
    return {outcome: count for outcome, count in job["result"].items() if count}


def found(merchant: Merchant, **identity: str) -> dict[str, Any]:
    answer = merchant.manager.call("POST", "/customers/lookup", identity)
    assert answer.status == 200, answer.text
    customer: dict[str, Any] = answer.body
    return customer


@pytest.mark.req("001-29", "001-30", "001-32", "B-09")
@pytest.mark.engine
def test_a_thousand_messy_rows_become_customers_and_the_same_file_as_csv_changes_nobody(
    deployed: Deployed, newcomer: Merchant
) -> None:
    api, content = newcomer.manager, (SAMPLES / "customers.xlsx").read_bytes()

    job = ended(api, sent(deployed, api, content, file_name="Khách tháng 11.xlsx"))

    assert counts(job) == EXPECTED["overwrite"]
    assert job["progress"] == dict.fromkeys(("total", "read", "planned", "applied"), 1_000)
    (mail,) = deployed.mails(newcomer.email("manager"))
    assert mail.subject == "Đã nhập xong Khách tháng 11.xlsx"
    assert "Khách hàng mới: 955" in mail.text
    assert ">955<" in mail.html

    same = (SAMPLES / "customers.csv").read_bytes()
    again = ended(api, sent(deployed, api, same, file_name="khach.csv"))
    assert counts(again) == EXPECTED["overwrite again"]


@pytest.mark.req("001-30", "001-31", "D3", "D4")
def test_the_mode_decides_what_happens_to_existing_customers(deployed: Deployed) -> None:
    existing = created(deployed.merchant.manager, full_name="Cũ", phone="0967000001")
    content = a_workbook(
        ["DANH SÁCH"], HEADER, ("Mới", 967000001, "moi@moc.example", "28/3", "Nữ")
    )

    assert counts(imported(deployed, content, mode="skip")) == {"skipped": 1}
    assert counts(imported(deployed, content, mode="overwrite")) == {"updated": 1}
    after = found(deployed.merchant, phone="0967 000 001")
    assert (after["id"], after["full_name"], after["birthday"]) == (
        existing["id"],
        "Mới",
        "--03-28",
    )
    assert after["email"] == "moi@moc.example"
    assert counts(imported(deployed, content, mode="overwrite")) == {"unchanged": 1}
    assert counts(imported(deployed, content, mode="create_duplicate")) == {"duplicated": 1}
    assert found(deployed.merchant, phone="0967000001")["id"] == existing["id"]


BAD = {
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(500), "not_a_workbook"),
    "an empty file": (b"", "empty_file"),
    "headers nobody knows": (a_workbook(("Sản phẩm", "Giá"), ("Cà phê", 25)), "unknown_header"),
    "a header twice": (a_workbook(("SĐT", "Điện thoại"), ("0912345678", "")), "repeated_header"),
    "no rows": (a_workbook(("Danh sách",), HEADER), "no_rows"),
    "101 columns": (a_workbook(("SĐT", *(f"Cột {n}" for n in range(100)))), "too_many_columns"),
}


@pytest.mark.parametrize(("content", "code"), BAD.values(), ids=BAD.keys())
def test_a_file_that_cannot_be_imported_fails_with_a_reason_in_both_languages(
    deployed: Deployed, content: bytes, code: str
) -> None:
    job = imported(deployed, content)

    assert (job["status"], job["failure"]["code"], job["result"]) == ("failed", code, None)
    path = f"/imports/{job['id']}"
    details = {
        language: deployed.merchant.manager.call(
            "GET", path, headers={"Accept-Language": language}
        ).body["failure"]["detail"]
        for language in ("vi", "en")
    }
    assert details["vi"] != details["en"]


@pytest.mark.engine
def test_the_failure_mail_of_an_import_started_in_english_is_in_english(
    deployed: Deployed,
) -> None:
    api = deployed.merchant.manager
    body = {"file_name": "prices.xlsx", "mode": "overwrite"}
    job = api.call("POST", "/imports", body, headers={"Accept-Language": "en"}).body
    deployed.upload(job["upload"], BAD["headers nobody knows"][0])
    ended(api, job)

    mails = deployed.mails(deployed.merchant.email("manager"))
    (mail,) = (each for each in mails if each.subject == "prices.xlsx could not be imported")
    assert "No header row was found" in mail.text


def test_a_file_over_the_size_limit_is_refused_by_the_upload(deployed: Deployed) -> None:
    api = deployed.merchant.manager
    job = started(api)

    answer = deployed.upload(job["upload"], bytes(MOST_BYTES + 1))

    assert answer.status == 400
    assert "EntityTooLarge" in answer.text
    assert api.call("GET", f"/imports/{job['id']}").body["status"] == "awaiting_upload"


def test_an_upload_form_accepts_no_other_key(deployed: Deployed) -> None:
    job = started(deployed.merchant.manager)
    theirs = f"uploads/{deployed.other.id}/{job['id']}/upload"
    form = {**job["upload"], "fields": {**job["upload"]["fields"], "key": theirs}}

    assert deployed.upload(form, b"x").status == 403


def test_a_repeated_event_changes_nothing(deployed: Deployed) -> None:
    api = deployed.merchant.manager
    job = sent(deployed, api, a_workbook(HEADER, ("Lan", "0967000002")))
    first = ended(api, job)
    workflows = deployed.client("stepfunctions")
    incoming = {"detail": {"object": {"key": job["upload"]["fields"]["key"]}}}

    again = workflows.start_execution(
        stateMachineArn=deployed.outputs["ImportStateMachineArn"], input=json.dumps(incoming)
    )

    eventually(
        lambda: workflows.describe_execution(executionArn=again["executionArn"])["status"],
        lambda status: status == "SUCCEEDED",
    )
    assert api.call("GET", f"/imports/{job['id']}").body == first


def test_two_simultaneous_imports_end_and_create_each_row_once(deployed: Deployed) -> None:
    api = deployed.merchant.manager
    people = [(f"Khách {number}", f"0967{number:06}") for number in range(100, 160)]
    content = a_workbook(HEADER, *people)

    jobs = [sent(deployed, api, content) for _ in range(2)]

    both = sorted(counts(ended(api, job)).popitem() for job in jobs)
    assert both == [("created", 60), ("unchanged", 60)]


def reached(api: Api, job: dict[str, Any], *statuses: str) -> dict[str, Any]:
    """Return the import once it has one of these statuses or failed."""
    return eventually(
        lambda: api.call("GET", f"/imports/{job['id']}").body,
        lambda seen: seen["status"] in {*statuses, "failed"},
    )


def listed(api: Api, job: dict[str, Any], outcome: str) -> list[dict[str, Any]]:
    answer = api.call("GET", f"/imports/{job['id']}/rows", query={"outcome": outcome})
    assert answer.status == 200, answer.text
    rows: list[dict[str, Any]] = answer.body["items"]
    return rows


@pytest.mark.req("B-01", "B-02")
@pytest.mark.engine
def test_a_file_is_planned_reviewed_committed_and_reverted(deployed: Deployed) -> None:
    api = deployed.merchant.manager
    existing = created(api, full_name="Cũ", phone="0967000201", note="quen")
    touched = created(api, full_name="Sẽ sửa", phone="0967000202")
    content = a_workbook(
        (*HEADER, "Ghi chú", "Nhóm khách hàng"),
        ("Mới", "0967000201", "", "28/3", "Nữ", "từ tệp", "VIP"),
        ("", "0967000202", "", "", "Nam", "từ tệp", ""),
        ("Lan", "0967000203", "", "", "", "", "VIP"),
        ("Sai", "09", "", "", "", "", ""),
    )
    job = sent(deployed, api, content, dry_run=True)

    plan = reached(api, job, "awaiting_commit")

    path = f"/imports/{job['id']}"
    assert plan["status"] == "awaiting_commit", plan["failure"]
    assert plan["mail"] == "none"
    assert (plan["progress"]["planned"], plan["progress"]["applied"]) == (4, 0)
    result = plan["result"]
    assert (result["updated"], result["created"], result["invalid"]) == (2, 1, 1)
    rows = listed(api, job, "updated")
    assert [row["customer_id"] for row in rows] == [existing["id"], touched["id"]]
    changed = {each["field"]: (each["old"], each["new"]) for each in rows[0]["changes"]}
    assert changed["note"] == ("quen", "từ tệp")
    assert api.call("GET", f"/customers/{existing['id']}").body["note"] == "quen"

    other = api.call("POST", f"{path}/commit", {"plan_hash": "0" * 64})
    assert other.status == 409
    for _ in range(2):
        accepted = api.call("POST", f"{path}/commit", {"plan_hash": plan["plan_hash"]})
        assert accepted.status == 202, accepted.text
    done = ended(api, job)
    assert (done["status"], done["result"]) == ("finished", plan["result"])
    assert api.call("GET", f"/customers/{existing['id']}").body["group"] == "vip"
    made = found(deployed.merchant, phone="0967000203")

    before = api.call("GET", f"/customers/{touched['id']}")
    edited = api.call(
        "PATCH", f"/customers/{touched['id']}", {"note": "của tôi"},
        headers={"If-Match": before.headers["etag"]},
    )  # fmt: skip
    assert edited.status == 200, edited.text
    accepted = api.call("POST", f"{path}/revert")
    assert (accepted.status, accepted.body["status"]) == (202, "reverting")
    back = reached(api, job, "reverted", "finished")
    assert (back["status"], back["revert"]) == ("reverted", {"reverted": 2, "kept": 1})
    after = api.call("GET", f"/customers/{existing['id']}").body
    moved = ("version", "revision", "updated_at")
    assert {name: after[name] for name in after if name not in moved} == {
        name: existing[name] for name in existing if name not in moved
    }
    assert api.call("GET", f"/customers/{touched['id']}").body["note"] == "của tôi"
    assert api.call("GET", f"/customers/{touched['id']}").body["gender"] is None
    assert api.call("GET", f"/customers/{made['id']}").body["status"] == "archived"
    (kept,) = listed(api, job, "kept")
    assert [each["field"] for each in kept["changes"]] == ["note"]
    assert kept["reason"]


def test_an_import_can_be_cancelled_before_its_upload(deployed: Deployed) -> None:
    api = deployed.merchant.manager
    job = started(api)

    cancelled = api.call("POST", f"/imports/{job['id']}/cancel")
    assert (cancelled.status, cancelled.body["status"]) == (200, "cancelled")
    assert deployed.upload(job["upload"], a_workbook(HEADER, ("Lan", "0967000204"))).status == 204

    done = imported(deployed, a_workbook(HEADER, ("Khác", "0967000205")))
    assert done["status"] == "finished"
    assert api.call("GET", f"/imports/{job['id']}").body["status"] == "cancelled"
    looked_up = api.call("POST", "/customers/lookup", {"phone": "0967000204"})
    assert looked_up.status == 404


@pytest.mark.req("002-01")
def test_imports_and_their_customers_are_not_found_by_another_merchant(
    deployed: Deployed,
) -> None:
    job = imported(deployed, a_workbook(HEADER, ("Lan", "0967000003")))

    assert deployed.other.manager.call("GET", f"/imports/{job['id']}").status == 404
    looked_up = deployed.other.manager.call("POST", "/customers/lookup", {"phone": "0967000003"})
    assert looked_up.status == 404
    listed = deployed.other.manager.call("GET", "/imports").body["items"]
    assert job["id"] not in {each["id"] for each in listed}


def test_staff_and_viewers_may_not_start_an_import(deployed: Deployed) -> None:
    for role in ("staff", "viewer"):
        body = {"file_name": "khach.xlsx", "mode": "overwrite"}
        assert deployed.merchant.api(role).call("POST", "/imports", body).status == 403
