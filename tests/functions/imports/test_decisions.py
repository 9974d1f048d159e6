"""Planned imports over HTTP: shown, committed, cancelled and reverted."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from crm.domain.customers.customer import FieldChange
from crm.domain.imports import file_names as import_files
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow, line_of
from crm.domain.imports.progress import Counts, Phase, Progress, counts_of
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.times import stamp
from crm.domain.messages.catalogue import text
from crm.http.bodies import ProblemAnswer
from crm.http.imports.models import ImportAnswer, ImportRowsAnswer
from crm.runtime.adapters.imports import files, imports
from functions.imports_api.handler import lambda_handler
from tests.builders import MERCHANT, OTHER_MERCHANT, customer_id, moment
from tests.functions.programs import a_service
from tests.functions.requests import Answered, Client
from tests.import_builders import a_finished_job, a_job, import_id

LAN = Client(lambda_handler)
HASH = "ab" * 32
PLAN = Counts({"created": 1, "updated": 1})
PATH = f"/imports/{import_id()}"


@pytest.fixture(autouse=True)
def machine(tables: None) -> Any:  # noqa: ARG001 - moto is there
    """Create the bucket of files and an idle state machine, named as in the template."""
    boto3.client("s3").create_bucket(
        Bucket=os.environ["FILES_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
    )
    client = boto3.client("stepfunctions")
    client.create_state_machine(
        name=os.environ["IMPORT_STATE_MACHINE"].rsplit(":", 1)[1],
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    return client


def now() -> datetime:
    return datetime.now(UTC)


def waiting(lasts: timedelta = timedelta(days=7), **options: Any) -> ImportJob:
    """Store an import whose plan awaits a commit."""
    planning = a_job(dry_run=True, status="planning", execution="first", **options)
    planned = planning.has_read(2, 1).with_plan(PLAN, HASH, stamp(now() + lasts))
    imports().add(MERCHANT, planned)
    return planned


def finished() -> ImportJob:
    at = stamp(now())
    done = a_finished_job(PLAN, at, execution="first", progress=Progress(applying_at=at))
    imports().add(MERCHANT, done)
    return done


def runs(machine: Any) -> list[str]:
    listed = machine.list_executions(stateMachineArn=os.environ["IMPORT_STATE_MACHINE"])
    return [each["name"] for each in listed["executions"]]


def refused_as(code: str, answer: Answered) -> bool:
    assert answer.status == 409, answer.body
    ProblemAnswer.model_validate(answer.body)
    return bool(answer.body["detail"] == text(code, "en"))


def record_rows(phase: Phase, *rows: PlannedRow) -> None:
    names = {
        "planned": import_files.plan,
        "applied": import_files.outcomes,
        "reverted": import_files.undone,
    }
    content = b"\n".join(map(line_of, rows))
    files().write(MERCHANT, "imports", names[phase](import_id(), 0), content)
    counts = counts_of(row.outcome for row in rows)
    imports().record(MERCHANT, import_id(), phase, 0, counts, now=moment())


@pytest.mark.req("B-02")
def test_a_flag_requests_a_dry_run() -> None:
    body = {"file_name": "khach.xlsx", "mode": "overwrite", "dry_run": True}

    assert LAN.send("POST", "/imports", body).body["dry_run"] is True


@pytest.mark.req("B-02")
def test_a_plan_shows_its_hash_counts_and_rows_with_their_changes() -> None:
    waiting()
    phone = FieldChange("phone", "+84912345678", "+84987654321")
    record_rows(
        "planned",
        PlannedRow(number=2, outcome="created", customer_id=customer_id(2)),
        PlannedRow(number=3, outcome="updated", customer_id=customer_id(), changes=(phone,)),
    )

    shown = LAN.send("GET", PATH).body
    rows = LAN.send("GET", f"{PATH}/rows", query={"outcome": "updated"})

    ImportAnswer.model_validate(shown)
    assert (shown["status"], shown["plan_hash"], shown["mail"]) == (
        "awaiting_commit",
        HASH,
        "none",
    )
    assert (shown["result"]["created"], shown["result"]["updated"]) == (1, 1)
    assert shown["progress"] == {"total": 2, "read": 2, "planned": 2, "applied": 0}
    ImportRowsAnswer.model_validate(rows.body)
    (row,) = rows.body["items"]
    assert (row["row"], row["changes"]) == (3, [phone._asdict()])


@pytest.mark.req("B-02")
def test_a_commit_starts_one_execution_named_by_the_import_and_can_be_repeated(
    machine: Any,
) -> None:
    waiting()

    first = LAN.send("POST", f"{PATH}/commit", {"plan_hash": HASH})
    again = LAN.send("POST", f"{PATH}/commit", {"plan_hash": HASH}, Idempotency_Key="k")

    assert (first.status, first.body["status"]) == (202, "queued")
    assert (again.status, again.body) == (202, first.body)
    assert runs(machine) == [import_id()]
    started = machine.describe_execution(
        executionArn=machine.list_executions(stateMachineArn=os.environ["IMPORT_STATE_MACHINE"])[
            "executions"
        ][0]["executionArn"]
    )
    assert json.loads(started["input"]) == {
        "merchant_id": MERCHANT,
        "import_id": import_id(),
        "turn": {"attempt": 1},
    }


@pytest.mark.req("B-02")
def test_a_commit_of_another_hash_or_without_a_plan_is_refused(machine: Any) -> None:
    waiting()
    other = LAN.send("POST", f"{PATH}/commit", {"plan_hash": "0" * 64})
    assert refused_as("plan_hash_differs", other)
    LAN.send("POST", f"{PATH}/cancel")
    late = LAN.send("POST", f"{PATH}/commit", {"plan_hash": HASH})
    assert refused_as("import_not_awaiting_commit", late)
    assert runs(machine) == []


def test_an_expired_plan_cannot_be_committed() -> None:
    waiting(lasts=timedelta(seconds=-1))

    assert LAN.send("GET", PATH).body["status"] == "expired"
    assert LAN.send("GET", "/imports").body["items"][0]["status"] == "expired"
    assert refused_as("plan_expired", LAN.send("POST", f"{PATH}/commit", {"plan_hash": HASH}))


@pytest.mark.parametrize("body", [{}, {"plan_hash": "x"}, {"plan_hash": 7}, {"plan": HASH}])
def test_a_commit_requires_a_valid_plan_hash(body: dict[str, Any]) -> None:
    waiting()

    assert LAN.send("POST", f"{PATH}/commit", body).status == 422


def test_a_commit_is_accepted_even_if_its_execution_cannot_be_started_now(machine: Any) -> None:
    waiting()
    machine.delete_state_machine(stateMachineArn=os.environ["IMPORT_STATE_MACHINE"])

    assert LAN.send("POST", f"{PATH}/commit", {"plan_hash": HASH}).status == 202


def test_a_repeated_cancellation_returns_the_same() -> None:
    waiting()

    first, again = (LAN.send("POST", f"{PATH}/cancel") for _ in range(2))

    ImportAnswer.model_validate(first.body)
    assert (first.status, first.body["status"], first.body["result"]) == (200, "cancelled", None)
    assert again.body == first.body


def test_an_import_that_has_ended_is_not_cancelled() -> None:
    finished()

    assert refused_as("import_ended", LAN.send("POST", f"{PATH}/cancel"))


@pytest.mark.req("B-01")
def test_a_revert_starts_one_execution_of_its_own(machine: Any) -> None:
    finished()

    first, again = (LAN.send("POST", f"{PATH}/revert") for _ in range(2))

    assert (first.status, first.body["status"]) == (202, "reverting")
    assert again.body == first.body
    assert runs(machine) == [f"{import_id()}-revert-1"]


@pytest.mark.req("B-01")
def test_a_reverted_import_lists_its_kept_rows() -> None:
    done = finished()
    reverting = imports().replace(MERCHANT, done, done.reverting())
    reverted = reverting.reverted(Counts({"reverted": 1, "kept": 1}))
    imports().replace(MERCHANT, reverting, reverted)
    note = FieldChange("note", "cũ", "mới")
    record_rows(
        "applied", PlannedRow(number=2, outcome="updated"), PlannedRow(number=3, outcome="created")
    )
    record_rows(
        "reverted",
        PlannedRow(
            number=2, outcome="kept", changes=(note,), problems=(Problem("note", "edited_since"),)
        ),
        PlannedRow(number=3, outcome="reverted"),
    )

    shown = LAN.send("GET", PATH).body
    kept_rows = LAN.send("GET", f"{PATH}/rows", query={"outcome": "kept"}).body
    all_rows = LAN.send("GET", f"{PATH}/rows").body

    assert (shown["status"], shown["revert"]) == ("reverted", {"reverted": 1, "kept": 1})
    ImportRowsAnswer.model_validate(kept_rows)
    (row,) = kept_rows["items"]
    assert (row["row"], row["changes"]) == (2, [note._asdict()])
    assert "changed after the import" in row["reason"]
    assert [each["outcome"] for each in all_rows["items"]] == ["updated", "created"]


def test_an_import_that_wrote_nothing_cannot_be_reverted() -> None:
    waiting()

    assert refused_as("import_not_revertible", LAN.send("POST", f"{PATH}/revert"))


def test_imports_of_another_merchant_cannot_be_decided() -> None:
    waiting()
    others = Client(lambda_handler, merchant_id=OTHER_MERCHANT)

    for action, body in (("commit", {"plan_hash": HASH}), ("cancel", None), ("revert", None)):
        assert others.send("POST", f"{PATH}/{action}", body).status == 404
    assert imports().get(MERCHANT, import_id()).status == "awaiting_commit"


def test_decisions_require_the_permission_to_import() -> None:
    waiting()

    for role in ("staff", "viewer"):
        client = Client(lambda_handler, role=role)
        for action, body in (("commit", {"plan_hash": HASH}), ("cancel", None), ("revert", None)):
            assert client.send("POST", f"{PATH}/{action}", body).status == 403


@pytest.mark.parametrize("options", [{"kind": "points"}, {"opening_balances": True}])
def test_decisions_about_points_require_the_permission_to_adjust_them(
    options: dict[str, Any],
) -> None:
    waiting(**options)
    service = a_service(lambda_handler, "customers:read", "customers:import")

    for action, body in (("commit", {"plan_hash": HASH}), ("revert", None)):
        assert service.send("POST", f"{PATH}/{action}", body).status == 403
        assert LAN.send("POST", f"{PATH}/{action}", body).status != 403
