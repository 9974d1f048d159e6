"""The state machine of erasures with its function."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm.domain.customers.anonymization import is_erased
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.erasures import erasure_start_ports
from crm.runtime.adapters.imports import files, imports
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.privacy import requests
from crm.usecases.privacy.erasure import erase_customer
from functions.continue_erasure.handler import lambda_handler as continue_erasure
from tests.builders import MERCHANT, a_customer, an_act, moment
from tests.fakes.privacy import RecordedErasures
from tests.functions.requests import CONTEXT
from tests.import_builders import a_job
from tests.workflows.handlers import faulty
from tests.workflows.machine import Broken, Execution, Handler

ROOT = Path(__file__).parents[2]
DEFINITION = yaml.safe_load((ROOT / "statemachines/erase.asl.yaml").read_text(encoding="utf-8"))
FUNCTION = "${ContinueErasureFunctionArn}"
ANH = a_customer(1, phone="+84912345678", note="Gọi sau 18 giờ")


@pytest.fixture(autouse=True)
def request_id() -> str:
    """Give the request of an erasure that has only stripped the records."""
    merchant = Merchant(id=MERCHANT, name="Mộc", email="a@example.vn", created_at=stamp(moment()))
    merchants().add(MERCHANT, merchant)
    customers().add(MERCHANT, ANH)
    return erase_customer(
        MERCHANT,
        ANH.id,
        request_id=None,
        act=an_act(now=moment(60)),
        ports=erasure_start_ports()._replace(runs=RecordedErasures()),
    ).id


def run(request_id: str, function: Handler | None = None) -> Execution:
    handlers = {FUNCTION: function or faulty(continue_erasure)}
    event = {"merchant_id": MERCHANT, "request_id": request_id}
    return Execution(DEFINITION, handlers, "arn:erase").run(event)


@pytest.mark.req("B-14")
def test_an_erasure_runs_step_by_step_and_strips_late_writes_at_the_end(request_id: str) -> None:
    execution = run(request_id)

    assert execution.status == "SUCCEEDED"
    assert [each for each in execution.waited if each] == [60]
    assert Counter(execution.visited)["Strip"] == 8
    assert requests().get(MERCHANT, request_id).state == "done"
    assert is_erased(customers().get(MERCHANT, ANH.id))
    assert "912345678" not in json.dumps(execution.output)


@pytest.mark.req("B-14")
def test_a_failed_worker_is_retried(request_id: str) -> None:
    execution = run(request_id, faulty(continue_erasure, TimeoutError(), TimeoutError()))

    assert execution.status == "SUCCEEDED"
    assert requests().get(MERCHANT, request_id).state == "done"


@pytest.mark.req("B-14")
def test_a_new_execution_resumes_a_failed_erasure(request_id: str) -> None:
    calls = 0

    def breaking(event: dict[str, Any]) -> Any:
        nonlocal calls
        calls += 1
        if calls > 4:
            raise Broken("States.Runtime")
        return json.loads(json.dumps(continue_erasure(event, CONTEXT)))

    assert run(request_id, breaking).status == "FAILED"
    request = requests().get(MERCHANT, request_id)
    step = request.erasure and request.erasure.step
    assert (request.state, step) == ("in_progress", "exports")

    assert run(request_id).status == "SUCCEEDED"
    assert requests().get(MERCHANT, request_id).state == "done"


@pytest.mark.req("B-14")
def test_an_erasure_waits_for_a_running_import(request_id: str) -> None:
    job: ImportJob = a_job(created_at=stamp(datetime.now(UTC) - timedelta(minutes=1)))
    imports().add(MERCHANT, job)
    files().write(MERCHANT, "uploads", f"{job.id}/upload", b"0912345678")
    reading = imports().replace(MERCHANT, job, job.reading("arn:execution:x"))
    calls_of_step = 0

    def ending(event: dict[str, Any]) -> Any:
        nonlocal calls_of_step
        erasure = requests().get(MERCHANT, request_id).erasure
        if erasure is not None and erasure.step == "imports":
            calls_of_step += 1
            if calls_of_step == 4:
                imports().replace(MERCHANT, reading, reading.cancelled(stamp(moment(70))))
        return json.loads(json.dumps(continue_erasure(event, CONTEXT)))

    execution = run(request_id, ending)

    assert execution.status == "SUCCEEDED"
    assert [each for each in execution.waited if each] == [30, 30, 60]
    with pytest.raises(Exception, match="NoSuchKey"):
        files().read(MERCHANT, "uploads", f"{job.id}/upload")
