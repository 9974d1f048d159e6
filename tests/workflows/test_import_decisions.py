"""A dry run, its commit and its revert, each an execution of the import's state machine."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crm.domain.customers.customer import Identity
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.imports import imports
from crm.usecases.imports.decisions import cancel_import, commit_import, revert_import
from functions.apply_import.handler import lambda_handler as apply_import
from functions.finish_import.handler import lambda_handler as finish_import
from tests.builders import MERCHANT
from tests.fakes.imports import RecordedRuns
from tests.functions.requests import CONTEXT
from tests.import_builders import import_id
from tests.workflows.handlers import always, mails
from tests.workflows.importing import ROOT, carry_on, now, start, uploaded
from tests.workflows.machine import Broken


def at() -> datetime:
    return datetime.now(UTC)


@pytest.mark.req("B-01", "B-02")
def test_a_dry_run_is_planned_then_committed_then_reverted() -> None:
    job = uploaded(dry_run=True)

    planned = start(job)

    assert planned.status == "SUCCEEDED"
    assert "Apply" not in planned.visited
    plan = now(job)
    assert (plan.status, mails()) == ("awaiting_commit", [])
    assert plan.progress.result is not None
    assert plan.progress.result.rows == {"created": 2, "merged_in_file": 1, "invalid": 1}
    assert imports().take_lock(MERCHANT, import_id(7), now=at(), until=at())

    imports().release_lock(MERCHANT, import_id(7))
    runs = RecordedRuns()
    commit_import(
        MERCHANT, job.id, plan.decision.plan_hash or "", now=at(), imports=imports(), runs=runs
    )
    committed = carry_on(job)

    assert runs.started == [job.id]
    assert "Plan" not in committed.visited
    assert committed.visited[:5] == [
        "HasImportId",
        "TakeLock",
        "NextStep",
        "Settle",
        "IsItApplied",
    ]
    done = now(job)
    assert (done.status, done.progress.result, len(mails())) == (
        "finished",
        plan.progress.result,
        1,
    )

    revert_import(MERCHANT, job.id, now=at(), imports=imports(), runs=runs)
    reverted = carry_on(job)

    assert reverted.visited[:5] == ["HasImportId", "TakeLock", "NextStep", "Revert", "RevertChunk"]
    back = now(job)
    assert back.progress.undone is not None
    assert (back.status, back.progress.undone.rows) == ("reverted", {"reverted": 2})
    phone = Identity("phone", "+84987654321")
    holder = customers().holders(MERCHANT, [phone])[phone]
    assert customers().get(MERCHANT, holder).status == "archived"
    assert len(mails()) == 1


def test_an_import_cancelled_while_it_is_applied_ends_with_its_applied_rows() -> None:
    job = uploaded()

    def give_up(given: dict[str, Any]) -> Any:
        cancel_import(MERCHANT, job.id, now=at(), imports=imports())
        return apply_import(given, CONTEXT)

    execution = start(job, apply=give_up)

    assert execution.status == "SUCCEEDED"
    stopped = now(job)
    assert (stopped.status, stopped.progress.applied, mails()) == ("cancelled", 0, [])
    assert stopped.finished_at is not None


def test_a_commit_whose_execution_breaks_ends_the_import_with_a_reason() -> None:
    job = uploaded(dry_run=True)
    start(job)
    plan = now(job).decision.plan_hash or ""
    commit_import(MERCHANT, job.id, plan, now=at(), imports=imports(), runs=RecordedRuns())

    execution = carry_on(job, apply=always(Broken("States.Runtime")))
    assert execution.status == "FAILED"
    stopped = json.loads((ROOT / "events/imports/execution_aborted.json").read_text("utf-8"))
    payload = {"merchant_id": MERCHANT, "import_id": job.id, "turn": {"attempt": 1}}
    arn = f"arn:aws:states:ap-southeast-1:123456789012:execution:khach-quen-import:{job.id}"
    stopped["detail"] |= {"input": json.dumps(payload), "executionArn": arn}
    finish_import(stopped, CONTEXT)

    done = now(job)
    assert done.failure is not None
    assert (done.status, done.failure.code) == ("failed", "import_stopped")


def test_the_end_of_the_planning_execution_does_not_end_the_commit() -> None:
    job = uploaded(dry_run=True)
    planned = start(job)
    plan = now(job).decision.plan_hash or ""
    commit_import(MERCHANT, job.id, plan, now=at(), imports=imports(), runs=RecordedRuns())

    payload = {
        "merchant_id": MERCHANT,
        "import_id": job.id,
        "execution": planned.id,
        "failure": "import_stopped",
    }
    finish_import(payload, CONTEXT)

    assert now(job).status == "queued"
