"""The mail of an ended import: html and text, in the language of the import."""

import os
from typing import Any, cast

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from crm.aws.events.mailer import SesMailer
from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import Counts
from crm.domain.kernel.jobs import Failure, MailRefused
from crm.runtime.adapters.mails import mailer
from tests.builders import MERCHANT
from tests.fakes.suppressions import InMemorySuppressions
from tests.import_builders import a_finished_job, a_job

END = "2026-11-22T05:00:00.000Z"
RESULT = Counts({"created": 990, "updated": 3, "conflict": 2, "invalid": 5})


class Outbox:
    """Record the requests to SES."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def send_email(self, **request: Any) -> None:
        self.requests.append(request)


def mailed(job: ImportJob) -> tuple[str, str, str]:
    """Return the subject, the text and the html of a job's mail."""
    outbox = Outbox()
    web = "https://crm.example/v1/"
    suppressions = InMemorySuppressions()
    SesMailer(cast("Any", outbox), "crm@moc.example", web, suppressions).import_ended(
        MERCHANT, job
    )
    (request,) = outbox.requests
    assert request["Source"] == "crm@moc.example"
    assert request["Destination"] == {"ToAddresses": ["lan@moc.example"]}
    assert request["Tags"] == [
        {"Name": "merchant", "Value": MERCHANT},
        {"Name": "kind", "Value": "import"},
        {"Name": "job", "Value": job.id},
    ]
    message = request["Message"]
    body = message["Body"]
    return message["Subject"]["Data"], body["Text"]["Data"], body["Html"]["Data"]


def finished(**fields: Any) -> ImportJob:
    return a_finished_job(RESULT, END, **fields)


@pytest.mark.req("001-32")
@pytest.mark.parametrize(
    ("locale", "subject", "lines"),
    [
        (
            "vi",
            "Đã nhập xong khach-hang.xlsx",
            ["1000 dòng", "- Khách hàng mới: 990", "7 dòng không được nhập"],
        ),
        (
            "en",
            "khach-hang.xlsx was imported",
            ["1000 rows", "- New customers: 990", "7 rows were not imported"],
        ),
    ],
)
def test_a_finished_import_mails_its_counts_to_its_creator(
    locale: str, subject: str, lines: list[str]
) -> None:
    actual, text, html = mailed(finished(locale=locale))

    assert actual == subject
    for line in lines:
        assert line in text
    for number in ("1000", ">990<", "7 "):
        assert number in html
    assert f'lang="{locale}"' in html


@pytest.mark.req("001-32")
@pytest.mark.parametrize(
    ("locale", "subject", "reason"),
    [
        ("vi", "Không nhập được khach-hang.xlsx", "nhiều hơn 200000 dòng"),
        ("en", "khach-hang.xlsx could not be imported", "more than 200000 rows"),
    ],
)
def test_a_failed_import_mails_the_reason_and_that_nobody_was_changed(
    locale: str, subject: str, reason: str
) -> None:
    failure = Failure("too_many_rows", {"limit": 200_000})
    actual, text, html = mailed(a_job(locale=locale).failed(failure, Counts(), END))

    assert actual == subject
    nobody = "Không có khách hàng nào" if locale == "vi" else "No customer was changed"
    for body in (text, html):
        assert reason in body
        assert nobody in body


def test_a_stopped_import_mails_its_applied_rows() -> None:
    stopped = a_job().failed(Failure("import_stopped"), Counts({"created": 500}), END)

    _, text, html = mailed(stopped)

    assert "- Khách hàng mới: 500" in text
    assert ">500<" in html


def test_a_mail_links_to_the_import_and_to_its_report_if_there_is_one() -> None:
    link = f"https://crm.example/v1/imports/{a_job().id}"

    for locale in ("vi", "en"):
        _, *plain = mailed(finished(locale=locale))
        _, *reported = mailed(finished(locale=locale).reported("xlsx"))
        for body in plain:
            assert link in body
            assert "/report" not in body
        for body in reported:
            assert f"{link}/report" in body


def test_the_mail_of_a_points_import_has_its_own_labels() -> None:
    _, text, _ = mailed(finished(kind="points"))

    assert "- Dòng điểm đã ghi sổ: 3" in text


def test_a_file_name_is_escaped_in_html_and_plain_in_text() -> None:
    subject, text, html = mailed(finished(file_name="<b>&khách<b>.xlsx"))

    assert "<b>&khách<b>.xlsx" in subject
    assert "<b>&khách<b>.xlsx" in text
    assert "&lt;b&gt;&amp;khách&lt;b&gt;.xlsx" in html


def test_ses_receives_a_mail_from_the_senders_address() -> None:
    boto3.client("ses").verify_email_identity(EmailAddress=os.environ["SENDER_ADDRESS"])

    mailer().import_ended(MERCHANT, finished())

    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID]["ap-southeast-1"].sent_messages
    assert sent.source == os.environ["SENDER_ADDRESS"]


def test_a_mail_that_ses_rejects_raises_mail_refused() -> None:
    with pytest.raises(MailRefused):
        mailer().import_ended(MERCHANT, finished())
    with pytest.raises(MailRefused):
        mailer().import_ended(MERCHANT, finished(email=None))
