"""Bounces and complaints from sample SES events; no local engine emits these events."""

import json
import os
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import Counts
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.jobs import MailRefused, MailStatus
from crm.runtime.adapters.events import suppressions
from crm.runtime.adapters.exports import exports
from crm.runtime.adapters.imports import imports
from crm.runtime.adapters.mails import mailer
from functions.record_bounces.handler import lambda_handler
from tests.builders import MERCHANT
from tests.export_builders import an_export
from tests.functions.requests import CONTEXT
from tests.import_builders import a_finished_job

EVENTS = Path(__file__).parents[3] / "events/mails"
LAN = "lan@moc.example"
END = "2026-11-22T05:00:00.000Z"


def event(name: str, **tags: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    read["detail"]["mail"]["tags"] |= {tag: [value] for tag, value in tags.items()}
    return read


def an_import(mail: MailStatus = "sent", merchant_id: MerchantId = MERCHANT) -> ImportJob:
    """Store the finished import of the sample events, with its mail status."""
    job_id = ImportId(event("bounced")["detail"]["mail"]["tags"]["job"][0])
    done = a_finished_job(Counts({"created": 1}), END, id=job_id, merchant_id=merchant_id)
    imports().add(merchant_id, done)
    return imports().replace(merchant_id, done, replace(done, mail=mail))


@pytest.mark.req("001-32")
def test_a_bounce_marks_the_mail_of_an_import_as_failed_and_keeps_it_finished() -> None:
    job = an_import()

    lambda_handler(event("bounced"), CONTEXT)
    lambda_handler(event("bounced"), CONTEXT)

    after = imports().get(MERCHANT, job.id)
    assert (after.status, after.mail, after.progress.result) == (
        "finished",
        "failed",
        job.progress.result,
    )


@pytest.mark.req("001-34")
def test_a_bounce_marks_the_mail_of_an_export_as_failed() -> None:
    job = an_export(status="writing").finished(END)
    exports().add(MERCHANT, job)
    exports().replace(MERCHANT, job, replace(job, mail="sent"))

    lambda_handler(event("bounced", kind="export", job=job.id), CONTEXT)

    after = exports().get(MERCHANT, job.id)
    assert (after.status, after.mail) == ("finished", "failed")


def test_no_mail_is_sent_after_a_permanent_bounce() -> None:
    job = an_import()
    boto3.client("ses").verify_email_identity(EmailAddress=os.environ["SENDER_ADDRESS"])
    mailer().import_ended(MERCHANT, job)

    lambda_handler(event("bounced"), CONTEXT)

    assert suppressions().holds(MERCHANT, LAN)
    with pytest.raises(MailRefused):
        mailer().import_ended(MERCHANT, job)


def test_a_transient_bounce_fails_the_mail_but_does_not_suppress_the_address() -> None:
    job = an_import()
    soft = event("bounced")
    soft["detail"]["bounce"]["bounceType"] = "Transient"

    lambda_handler(soft, CONTEXT)

    assert imports().get(MERCHANT, job.id).mail == "failed"
    assert not suppressions().holds(MERCHANT, LAN)


def test_a_complaint_suppresses_the_address_and_keeps_the_mail_sent() -> None:
    job = an_import()

    lambda_handler(event("complained"), CONTEXT)

    assert imports().get(MERCHANT, job.id).mail == "sent"
    assert suppressions().holds(MERCHANT, LAN)


def test_a_bounce_before_the_job_is_marked_as_mailed_is_retried() -> None:
    an_import(mail="none")

    with pytest.raises(Busy):
        lambda_handler(event("bounced"), CONTEXT)


def test_a_bounce_of_a_missing_job_is_no_failure() -> None:
    lambda_handler(event("bounced", job="01KAM5Y7Z0R8Q2W4T6V9XBCDEG"), CONTEXT)

    assert suppressions().holds(MERCHANT, LAN)


@pytest.mark.req("002-01")
def test_a_bounce_changes_nothing_of_another_merchant() -> None:
    other = MerchantId("m-2")
    theirs = an_import(merchant_id=other)

    lambda_handler(event("bounced"), CONTEXT)

    assert imports().get(other, theirs.id).mail == "sent"
    assert not suppressions().holds(other, LAN)


def test_a_bounce_without_our_tags_is_refused_and_its_address_is_not_logged(
    log: StringIO,
) -> None:
    untagged = event("bounced")
    del untagged["detail"]["mail"]["tags"]["job"]
    an_import()

    with pytest.raises(ValidationError) as refused:
        lambda_handler(untagged, CONTEXT)
    assert LAN not in str(refused.value)
    lambda_handler(event("bounced"), CONTEXT)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["event", "bounced", "event"]
    assert LAN not in str(lines)
