"""The files of imports over HTTP: the template to fill in, the report to correct."""

import os
from io import BytesIO
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from openpyxl import load_workbook

from crm.domain.customers.columns import ENTRIES
from crm.domain.imports import file_names as import_files
from crm.domain.kernel.times import stamp
from crm.http.bodies import FileLinkAnswer, ProblemAnswer
from crm.http.imports.models import ImportAnswer
from crm.runtime.adapters.imports import files, imports
from crm.runtime.clock import now
from functions.imports_api.handler import lambda_handler as imports_api
from functions.templates_api.handler import lambda_handler as templates_api
from tests.builders import MERCHANT
from tests.functions.requests import Answered, Client
from tests.import_builders import a_job


@pytest.fixture(autouse=True)
def bucket(tables: None) -> None:  # noqa: ARG001 - moto is there
    """Create an empty bucket of files."""
    boto3.client("s3").create_bucket(
        Bucket=os.environ["FILES_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
    )


def content_of(answer: Answered) -> bytes:
    """Return the file at a link, by its key."""
    FileLinkAnswer.model_validate(answer.body)
    url = urlsplit(answer.body["url"])
    key = unquote(url.path).lstrip("/").removeprefix(os.environ["FILES_BUCKET"]).lstrip("/")
    assert f'filename="{answer.body["file_name"]}"' in unquote(url.query)
    assert parse_qs(url.query)["X-Amz-Expires"] == ["900"]
    read: bytes = (
        boto3.client("s3").get_object(Bucket=os.environ["FILES_BUCKET"], Key=key)["Body"].read()
    )
    return read


@pytest.mark.req("001-26")
@pytest.mark.parametrize(("language", "header"), [("vi", "Họ và tên"), ("en", "Full name")])
def test_a_template_is_linked_in_the_callers_language(language: str, header: str) -> None:
    client = Client(templates_api, language=language)

    answer = client.send("GET", "/imports/template", query={"columns": "full_name, phone"})

    assert answer.status == 200, answer.body
    sheet = load_workbook(BytesIO(content_of(answer))).worksheets[0]
    assert (sheet["A1"].value, sheet.max_column) == (header, 2)


def test_a_template_is_a_workbook_of_all_columns_by_default() -> None:
    client = Client(templates_api)

    whole = client.send("GET", "/imports/template")
    as_csv = client.send("GET", "/imports/template", query={"format": "csv"})

    assert whole.body["file_name"] == "customer-import-template.xlsx"
    assert load_workbook(BytesIO(content_of(whole))).worksheets[0].max_column == len(ENTRIES)
    assert as_csv.body["file_name"] == "customer-import-template.csv"
    assert content_of(as_csv).decode("utf-8-sig").startswith("Customer code,")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"format": "ods"}, "format"),
        ({"columns": "full_name,nickname"}, "columns"),
        ({"columns": "gender"}, "columns"),
        ({"columns": "x" * 1001}, "columns"),
    ],
)
def test_a_template_of_invalid_columns_is_refused_with_its_parameter(
    query: dict[str, str], field: str
) -> None:
    answer = Client(templates_api).send("GET", "/imports/template", query=query)

    assert answer.status == 400, answer.body
    ProblemAnswer.model_validate(answer.body)
    assert [each["field"] for each in answer.body["errors"]] == [field]


@pytest.mark.req("B-03")
def test_a_report_has_a_fresh_link_and_the_import_shows_that_it_is_available() -> None:
    client = Client(imports_api)
    job = a_job(1, status="finished", report="xlsx", created_at=stamp(now()))
    imports().add(MERCHANT, job)
    files().write(MERCHANT, "imports", import_files.report(job.id, "xlsx"), b"a report")

    shown = client.send("GET", f"/imports/{job.id}")
    answer = client.send("GET", f"/imports/{job.id}/report")

    ImportAnswer.model_validate(shown.body)
    assert shown.body["report_available"] is True
    assert answer.status == 200, answer.body
    assert answer.body["file_name"] == "khach-hang-can-sua.xlsx"
    assert content_of(answer) == b"a report"


def test_an_import_without_a_report_or_of_another_merchant_has_no_link() -> None:
    job = a_job(1, status="finished")
    imports().add(MERCHANT, job)

    none = Client(imports_api).send("GET", f"/imports/{job.id}/report")
    foreign = Client(imports_api, merchant_id="m-2").send("GET", f"/imports/{job.id}/report")

    assert (none.status, foreign.status) == (409, 404)
    ProblemAnswer.model_validate(none.body)
