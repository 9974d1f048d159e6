"""The state machine of exports with its functions, from the request to the file."""

import csv
import json
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm.domain.exports.job import ExportJob
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.exports import exports, files
from crm.runtime.adapters.merchants import merchants
from functions.finish_export.handler import lambda_handler as finish_export
from functions.read_export.handler import lambda_handler as read_export
from functions.start_export.handler import lambda_handler as start_export
from functions.write_export.handler import lambda_handler as write_export
from tests.builders import MERCHANT, a_customer, moment
from tests.export_builders import an_export, export_id
from tests.functions.requests import CONTEXT
from tests.workflows.handlers import always, faulty, mails
from tests.workflows.machine import Broken, Execution, Handler

ROOT = Path(__file__).parents[2]
DEFINITION = yaml.safe_load((ROOT / "statemachines/export.asl.yaml").read_text(encoding="utf-8"))
HANDLERS: Mapping[str, Callable[..., Any]] = {
    "${StartExportFunctionArn}": start_export,
    "${ReadExportFunctionArn}": read_export,
    "${WriteExportFunctionArn}": write_export,
    "${FinishExportFunctionArn}": finish_export,
}
START, READ, WRITE, FINISH = HANDLERS
FIRST = "arn:execution:first"


@pytest.fixture(autouse=True)
def three_customers() -> None:
    """Give the merchant three customers."""
    at = stamp(moment())
    merchant = Merchant(id=MERCHANT, name="Mộc", email="moc@moc.example", created_at=at)
    merchants().add(MERCHANT, merchant)
    customers().add_all(MERCHANT, [a_customer(number) for number in (1, 2, 3)])


def queued(**fields: Any) -> ExportJob:
    job = an_export(columns=("code", "full_name"), **fields)
    exports().add(MERCHANT, job)
    return job


def start(instead: Mapping[str, Handler] | None = None) -> Execution:
    """Execute the machine with the input of POST /exports, some functions replaced."""
    functions = {arn: faulty(handler) for arn, handler in HANDLERS.items()}
    return Execution(DEFINITION, {**functions, **(instead or {})}, FIRST).run(
        {"merchant_id": MERCHANT, "export_id": export_id()}
    )


def now() -> ExportJob:
    return exports().get(MERCHANT, export_id())


def rows() -> list[list[str]]:
    job = now()
    assert job.file
    content = files().read(MERCHANT, "exports", job.file).decode("utf-8-sig")
    header, *found = csv.reader(StringIO(content, newline=""))
    return [*sorted(found), header]


@pytest.mark.req("001-34", "001-35")
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_an_export_writes_a_file_and_sends_one_mail_with_a_link_to_the_export(locale: str) -> None:
    queued(locale=locale)

    execution = start()

    assert execution.status == "SUCCEEDED"
    assert [each for each in execution.visited if "Bucket" not in each and each != "ReadPart"] == [
        "Start", "WasItStarted", "Read", "Write", "Finish", "Ended",
    ]  # fmt: skip
    assert (now().status, now().rows, now().mail) == ("finished", 3, "sent")
    assert [row[0] for row in rows()[:3]] == ["KH000001", "KH000002", "KH000003"]
    (mail,) = mails()
    assert mail.destinations["ToAddresses"] == ["lan@moc.example"]
    assert mail.subject == (
        "Đã xuất xong khach-hang-2026-11-22.csv"
        if locale == "vi"
        else "customers-2026-11-22.csv is ready"
    )
    assert f"/exports/{export_id()}" in mail.body
    assert "X-Amz" not in mail.body


def test_every_failed_worker_is_retried() -> None:
    queued()
    errors = [ConnectionError(), Broken("Runtime.ExitError"), Broken("States.Timeout")]

    execution = start({arn: faulty(handler, *errors) for arn, handler in HANDLERS.items()})

    assert execution.status == "SUCCEEDED"
    assert len(rows()) == 4
    assert len(mails()) == 1


@pytest.mark.parametrize("broken", [START, READ, WRITE])
def test_an_export_whose_worker_keeps_failing_ends_with_a_failure(broken: str) -> None:
    queued()

    execution = start({broken: always(MemoryError())})

    assert (execution.status, execution.output) == ("FAILED", "ExportBroken")
    job = now()
    assert job.failure
    assert (job.status, job.failure.code, job.file) == ("failed", "export_stopped", None)
    (mail,) = mails()
    assert "Không xuất được" in mail.subject


def test_a_cancelled_export_ends_without_a_mail() -> None:
    job = queued()
    exports().replace(MERCHANT, job, job.cancelled(stamp(moment(61))))

    execution = start()

    assert execution.visited == ["Start", "WasItStarted", "Finish", "Ended"]
    assert now().status == "cancelled"
    assert mails() == []


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_stopped_execution_fails_its_export(status: str) -> None:
    queued()
    start_export({"merchant_id": MERCHANT, "export_id": export_id(), "execution": FIRST}, CONTEXT)
    payload = json.dumps({"merchant_id": MERCHANT, "export_id": export_id()})

    finish_export(
        {
            "source": "aws.states",
            "detail-type": "Step Functions Execution Status Change",
            "detail": {"executionArn": FIRST, "status": status, "input": payload},
        },
        CONTEXT,
    )

    assert now().status == "failed"
    assert len(mails()) == 1


def test_state_machine_payloads_contain_no_personal_data() -> None:
    queued()
    payloads: list[str] = []

    def recorded(handler: Callable[..., Any]) -> Handler:
        def call(payload: dict[str, Any]) -> Any:
            answer = json.loads(json.dumps(handler(payload, CONTEXT)))
            payloads.append(json.dumps([payload, answer], ensure_ascii=False))
            return answer

        return call

    start({arn: recorded(handler) for arn, handler in HANDLERS.items()})

    assert payloads
    assert "Nguyễn" not in "".join(payloads)
    assert "lan@moc.example" not in "".join(payloads)
