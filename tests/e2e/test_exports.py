"""Exports from the request to the mail and the link, with every function under its own role."""

import csv
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

import pytest
from openpyxl import load_workbook

from local.api import Api
from local.exports import export
from tests.e2e.deployed import Deployed, Merchant, created, eventually

ENDED = {"finished", "failed", "cancelled"}


@pytest.fixture(scope="module")
def shop(new_merchant: Callable[[], Merchant]) -> Merchant:
    """Give a separate merchant, so that the files contain only its own customers."""
    return new_merchant()


@pytest.fixture(scope="module")
def customers(shop: Merchant) -> list[dict[str, Any]]:
    """Give the three customers of the shop, two of them with the same tag."""
    api = shop.manager
    return [
        created(api, full_name="=Trần Bình", phone="0977000001", tags=["xuất tệp"]),
        created(api, full_name="Lê Cúc", phone="0977000002", tags=["xuất tệp"]),
        created(api, full_name="Vũ Dung", phone="0977000003", birthday="1990-05-17"),
    ]


def exported(api: Api, **body: Any) -> dict[str, Any]:
    """Request an export and return it after it has ended and its mail was sent."""
    answer = api.call("POST", "/exports", body)
    assert answer.status == HTTPStatus.ACCEPTED, answer.text
    job: dict[str, Any] = eventually(
        lambda: api.call("GET", f"/exports/{answer.body['id']}").body,
        lambda seen: seen["status"] in ENDED and seen["mail"] != "none",
    )
    assert job["status"] == "finished", job
    return job


def fetched(api: Api, job: dict[str, Any]) -> bytes:
    answer = api.call("GET", f"/exports/{job['id']}/file")
    assert answer.status == HTTPStatus.OK, answer.text
    with urlopen(answer.body["url"]) as file:  # noqa: S310 - our own link
        content: bytes = file.read()
        return content


def rows_of(content: bytes, kind: str) -> list[dict[str, Any]]:
    if kind == "csv":
        return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


@pytest.mark.req("001-33", "001-34", "001-35")
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("scope", ["all", "filter", "selected"])
def test_an_export_is_written_announced_by_mail_and_downloaded(
    shop: Merchant, customers: list[dict[str, Any]], scope: str, kind: str
) -> None:
    api = shop.manager
    more: dict[str, dict[str, Any]] = {
        "all": {},
        "filter": {"filter": {"tag": ["xuất tệp"]}},
        "selected": {
            "customer_ids": [customers[0]["id"], customers[2]["id"], "01J000000000000000000000ZZ"]
        },
    }

    job = exported(api, scope=scope, format=kind, locale="vi", **more[scope])
    rows = {row["Mã khách hàng"]: row for row in rows_of(fetched(api, job), kind)}

    expected = {
        "all": customers,
        "filter": customers[:2],
        "selected": [customers[0], customers[2]],
    }[scope]
    assert {each["code"] for each in expected} == rows.keys()
    assert job["rows"] == len(rows)
    assert job["ignored"] == (1 if scope == "selected" else None)
    first = rows[customers[0]["code"]]
    quote = "'" if kind == "csv" else ""
    assert first["Họ và tên"] == f"{quote}=Trần Bình"
    assert first["Số điện thoại"].replace(" ", "") == "0977000001"


@pytest.mark.engine
def test_the_mail_links_to_the_export_and_contains_no_signed_url(
    deployed: Deployed, shop: Merchant, customers: list[dict[str, Any]]
) -> None:
    job = exported(shop.manager, scope="selected", format="csv", customer_ids=[customers[0]["id"]])

    mail = next(each for each in deployed.mails(shop.email("manager")) if job["id"] in each.text)
    (link,) = [word for word in mail.text.split() if word.startswith("http")]
    assert job["file_name"] in mail.subject
    assert "X-Amz" not in mail.text + mail.html
    path = urlsplit(link).path.removeprefix("/v1")
    assert shop.manager.call("GET", path).body["id"] == job["id"]
    assert deployed.anyone.call("GET", path).status == HTTPStatus.UNAUTHORIZED
    assert deployed.other.manager.call("GET", path).status == HTTPStatus.NOT_FOUND


@pytest.mark.req("B-15", "D15")
def test_only_permitted_users_get_a_link_and_the_unsigned_url_is_refused(
    deployed: Deployed, shop: Merchant, customers: list[dict[str, Any]]
) -> None:
    job = exported(shop.manager, scope="selected", format="csv", customer_ids=[customers[0]["id"]])
    path = f"/exports/{job['id']}/file"

    assert shop.api("staff").call("GET", path).status == HTTPStatus.FORBIDDEN
    assert deployed.other.manager.call("GET", path).status == HTTPStatus.NOT_FOUND
    assert shop.api("owner").call("GET", path).status == HTTPStatus.OK
    bare = shop.manager.call("GET", path).body["url"].partition("?")[0]
    address = urlsplit(bare)
    refused = Api(f"{address.scheme}://{address.netloc}").call("GET", address.path)
    assert refused.status == HTTPStatus.FORBIDDEN


@pytest.mark.engine
def test_an_expired_link_is_refused(
    deployed: Deployed, shop: Merchant, customers: list[dict[str, Any]]
) -> None:
    job = exported(shop.manager, scope="selected", format="csv", customer_ids=[customers[0]["id"]])
    url = shop.manager.call("GET", f"/exports/{job['id']}/file").body["url"]
    assert "X-Amz-Expires=900" in url

    # Sign the same object for one second with the deployer's credentials: 15 minutes are too long.
    key = urlsplit(url).path.partition(f"{deployed.outputs['ExportsBucket']}/")[2]
    short = deployed.client("s3").generate_presigned_url(
        "get_object",
        Params={"Bucket": deployed.outputs["ExportsBucket"], "Key": key},
        ExpiresIn=1,
    )
    address = urlsplit(short)
    api = Api(f"{address.scheme}://{address.netloc}")

    def status() -> int:
        connection = api.call("GET", address.path, query=_query(address.query))
        return connection.status

    assert eventually(status, lambda seen: seen != HTTPStatus.OK) == HTTPStatus.FORBIDDEN


def _query(text: str) -> dict[str, str]:
    return dict(parse_qsl(text))


@pytest.mark.engine
@pytest.mark.req("B-15")
def test_the_merchants_history_records_exports_and_links(
    deployed: Deployed, shop: Merchant, customers: list[dict[str, Any]]
) -> None:
    job = exported(shop.manager, scope="selected", format="csv", customer_ids=[customers[0]["id"]])
    fetched(shop.manager, job)

    lines = deployed.client("dynamodb").query(
        TableName=deployed.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"M#{shop.id}#ACT"}},
    )["Items"]
    kinds = [line["kind"]["S"] for line in lines if job["id"] in str(line)]
    assert sorted(kinds) == ["export_fetched", "exported"]


@pytest.mark.engine
def test_only_the_file_and_the_manifest_remain_after_an_export(
    deployed: Deployed, shop: Merchant, customers: list[dict[str, Any]]
) -> None:
    job = exported(shop.manager, scope="selected", format="csv", customer_ids=[customers[0]["id"]])

    listed = deployed.client("s3").list_objects_v2(
        Bucket=deployed.outputs["ExportsBucket"], Prefix=f"exports/{shop.id}/{job['id']}/"
    )["Contents"]
    names = [each["Key"].rsplit("/", 1)[1] for each in listed]
    assert sorted(name.rpartition(".")[2] for name in names) == ["csv", "json"]


@pytest.mark.engine
def test_an_aborted_execution_ends_its_export(deployed: Deployed) -> None:
    api = deployed.other.manager
    machine = deployed.outputs["ExportStateMachineArn"]
    states = deployed.client("stepfunctions")
    job = api.call("POST", "/exports", {"scope": "all", "format": "xlsx"}).body
    states.stop_execution(
        executionArn=f"{machine.replace(':stateMachine:', ':execution:')}:{job['id']}"
    )

    ended = eventually(
        lambda: api.call("GET", f"/exports/{job['id']}").body,
        lambda seen: seen["status"] in ENDED,
    )

    assert ended["status"] in {"failed", "finished"}
    if ended["status"] == "failed":
        assert ended["failure"]["code"] == "export_stopped"


def test_the_command_line_saves_the_file_of_an_export(
    shop: Merchant, customers: list[dict[str, Any]], tmp_path: Path
) -> None:
    request = {"scope": "selected", "format": "csv", "customer_ids": [customers[0]["id"]]}

    saved = export(shop.manager, request, tmp_path)

    assert saved.parent == tmp_path
    assert [row["Mã khách hàng"] for row in rows_of(saved.read_bytes(), "csv")] == [
        customers[0]["code"]
    ]
