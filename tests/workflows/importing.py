"""Run the import's state machine with the functions that it calls."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from crm.domain.imports.job import ImportJob
from crm.runtime.adapters.imports import files, imports
from functions.apply_import.handler import lambda_handler as apply_import
from functions.finish_import.handler import lambda_handler as finish_import
from functions.plan_import.handler import lambda_handler as plan_import
from functions.queue_import.handler import lambda_handler as queue_import
from functions.read_import.handler import lambda_handler as read_import
from functions.report_import.handler import lambda_handler as report_import
from functions.revert_import.handler import lambda_handler as revert_import
from functions.settle_import.handler import lambda_handler as settle_import
from tests.builders import MERCHANT
from tests.import_builders import a_job
from tests.workbooks import a_workbook
from tests.workflows.handlers import faulty
from tests.workflows.machine import Execution, Handler

ROOT = Path(__file__).parents[2]
DEFINITION = yaml.safe_load((ROOT / "statemachines/import.asl.yaml").read_text(encoding="utf-8"))
EVENT = json.loads((ROOT / "events/imports/object_created.json").read_text(encoding="utf-8"))
HANDLERS: dict[str, Callable[..., Any]] = {
    "${ReadImportFunctionArn}": read_import,
    "${QueueImportFunctionArn}": queue_import,
    "${PlanImportFunctionArn}": plan_import,
    "${SettleImportFunctionArn}": settle_import,
    "${ApplyImportFunctionArn}": apply_import,
    "${RevertImportFunctionArn}": revert_import,
    "${ReportImportFunctionArn}": report_import,
    "${FinishImportFunctionArn}": finish_import,
}
READ, QUEUE, PLAN, SETTLE, APPLY, REVERT, REPORT, FINISH = HANDLERS
HEADER = ("Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính")
FILE = a_workbook(
    ["DANH SÁCH KHÁCH HÀNG"],
    HEADER,
    ("Nguyễn Thị Ánh", 912345678, "anh@example.vn", "28/3", "Nữ"),
    ("Lê Lan", "0987 654 321"),
    ("Lê Lan", "0987654321", "lan@example.vn"),
    ("Sai", "09"),
)


def start(job: ImportJob, name: str = "first", /, **instead: Handler) -> Execution:
    """Run the machine on the event of the import's file, with some functions replaced."""
    event = json.loads(json.dumps(EVENT))
    event["detail"]["object"]["key"] = f"uploads/{MERCHANT}/{job.id}/upload"
    return run(event, name, **instead)


def carry_on(job: ImportJob, **instead: Handler) -> Execution:
    """Run the execution that a commit or a revert starts."""
    event = {"merchant_id": MERCHANT, "import_id": job.id, "turn": {"attempt": 1}}
    return run(event, now(job).execution or "", **instead)


def run(event: dict[str, Any], name: str, /, **instead: Handler) -> Execution:
    """Run the machine on an input, with some functions replaced."""
    functions = {arn: faulty(handler) for arn, handler in HANDLERS.items()}
    by_name = {arn.removeprefix("${").split("Import")[0].lower(): arn for arn in functions}
    for function, handler in instead.items():
        functions[by_name[function]] = handler
    return Execution(DEFINITION, functions, f"arn:execution:{name}").run(event)


def now(job: ImportJob) -> ImportJob:
    """Return the stored import."""
    return imports().get(MERCHANT, job.id)


def uploaded(content: bytes = FILE, number: int = 1, **fields: Any) -> ImportJob:
    """Return a new import with an uploaded file."""
    job = a_job(number, **fields)
    imports().add(MERCHANT, job)
    files().write(MERCHANT, "uploads", f"{job.id}/upload", content)
    return job
