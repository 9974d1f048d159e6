"""Mails that came back, as SES tells of them on the bus; no engine here emits these events."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from crm.domain.imports.job import Counts, ImportJob
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.jobs import MailRefused, MailStatus
from crm.runtime.exports import exports
from crm.runtime.imports import imports
from crm.runtime.mails import mailer
from crm.runtime.suppressions import suppressions
from functions.record_bounces.handler import lambda_handler
from tests.builders import MERCHANT
from tests.export_builders import an_export
from tests.functions.requests import CONTEXT
from tests.import_builders import a_job

EVENTS = Path(__file__).parents[3] / "events/mails"
LAN = "lan@moc.example"
END = "2026-11-22T05:00:00.000Z"


def event(name: str, **tags: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    read["detail"]["mail"]["tags"] |= {tag: [value] for tag, value in tags.items()}
    return read


def an_import(mail: MailStatus = "sent", merchant_id: MerchantId = MERCHANT) -> ImportJob:
    """Keep the import that the sample events speak of, its mail out."""
    job_id = ImportId(event("bounced")["detail"]["mail"]["tags"]["job"][0])
    done = a_job(id=job_id, merchant_id=merchant_id).finished(Counts({"created": 1}), END)
    imports().add(merchant_id, done)
    return imports().replace(merchant_id, done, replace(done, mail=mail))


@pytest.mark.req("001-32")
def test_an_import_says_that_its_mail_came_back_and_stays_finished() -> None:
    job = an_import()

    lambda_handler(event("bounced"), CONTEXT)
    lambda_handler(event("bounced"), CONTEXT)

    after = imports().get(MERCHANT, job.id)
    assert (after.status, after.mail, after.result) == ("finished", "failed", job.result)


@pytest.mark.req("001-34")
def test_an_export_says_that_its_mail_came_back() -> None:
    job = an_export().finished(END)
    exports().add(MERCHANT, job)
    exports().replace(MERCHANT, job, replace(job, mail="sent"))

    lambda_handler(event("bounced", kind="export", job=job.id), CONTEXT)

    after = exports().get(MERCHANT, job.id)
    assert (after.status, after.mail) == ("finished", "failed")


def test_nothing_more_is_sent_to_an_address_that_came_back_for_good() -> None:
    job = an_import()
    boto3.client("ses").verify_email_identity(EmailAddress=os.environ["SENDER_ADDRESS"])
    mailer().import_ended(MERCHANT, job)

    lambda_handler(event("bounced"), CONTEXT)

    assert suppressions().holds(MERCHANT, LAN)
    with pytest.raises(MailRefused):
        mailer().import_ended(MERCHANT, job)


def test_a_mail_that_came_back_for_now_is_told_and_the_next_one_sent() -> None:
    job = an_import()
    soft = event("bounced")
    soft["detail"]["bounce"]["bounceType"] = "Transient"

    lambda_handler(soft, CONTEXT)

    assert imports().get(MERCHANT, job.id).mail == "failed"
    assert not suppressions().holds(MERCHANT, LAN)


def test_who_called_a_mail_unwanted_has_read_it_and_gets_no_more() -> None:
    job = an_import()

    lambda_handler(event("complained"), CONTEXT)

    assert imports().get(MERCHANT, job.id).mail == "sent"
    assert suppressions().holds(MERCHANT, LAN)


def test_a_mail_that_came_back_before_its_job_knew_is_told_again_later() -> None:
    an_import(mail="none")

    with pytest.raises(Busy):
        lambda_handler(event("bounced"), CONTEXT)


def test_a_job_that_there_is_not_is_no_failure() -> None:
    lambda_handler(event("bounced", job="01KAM5Y7Z0R8Q2W4T6V9XBCDEG"), CONTEXT)

    assert suppressions().holds(MERCHANT, LAN)


@pytest.mark.req("002-01")
def test_a_bounce_of_one_merchants_mail_touches_no_other_merchant() -> None:
    other = MerchantId("m-2")
    theirs = an_import(merchant_id=other)

    lambda_handler(event("bounced"), CONTEXT)

    assert imports().get(other, theirs.id).mail == "sent"
    assert not suppressions().holds(other, LAN)


def test_a_mail_of_somebody_elses_is_refused_and_its_address_in_no_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    foreign = event("bounced")
    del foreign["detail"]["mail"]["tags"]["job"]
    an_import()

    with pytest.raises(ValidationError) as refused:
        lambda_handler(foreign, CONTEXT)
    assert LAN not in str(refused.value)
    lambda_handler(event("bounced"), CONTEXT)

    assert LAN not in capsys.readouterr().out
