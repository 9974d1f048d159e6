"""Imports whose workers and executions are killed between any two writes, and restarted."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from crm.domain.customers.customer import Customer
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import new_customer_id
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.imports import files, imports
from crm.runtime.clients import table
from crm.usecases.imports.decisions import commit_import, revert_import
from functions.finish_import.handler import lambda_handler as finish_import
from tests.builders import MERCHANT, a_customer, moment
from tests.engines.faults import Fate, KilledError
from tests.fakes.imports import RecordedRuns
from tests.functions.requests import CONTEXT
from tests.import_builders import Backend, OpenCustomers
from tests.workbooks import a_workbook
from tests.workflows.handlers import faulty
from tests.workflows.importing import HANDLERS, ROOT, carry_on, now, start, uploaded
from tests.workflows.machine import Broken, Execution, Handler

type Victim = Literal["worker", "execution"]
type When = Literal["before", "after"]

KNOWN = (
    a_customer(1, code="KH000901", phone="+84900000001", email="mot@moc.example", note="quen"),
    a_customer(2, code="KH000902", phone="+84900000002", status="archived"),
    a_customer(3, phone="+84900000003", code="KH000903", full_name="Lê Lan"),
)
HEADER = ("Mã khách hàng", "Họ và tên", "SĐT", "Email", "Ghi chú", "Nhóm khách hàng")
FILE = a_workbook(
    HEADER,
    ("", "", "0900000001", "", "phone", ""),
    ("", "Mới", "0900000011", "moi@moc.example", "", "VIP"),
    ("", "", "0900000002", "", "", ""),
    ("", "Sai", "09", "", "", ""),
    ("", "Lê Lan", "0900000003", "", "", ""),
    ("", "", "", "mot@moc.example", "mail", "VIP"),
    ("", "Hai", "0900000012", "", "", ""),
    ("", "Hai", "0900000012", "", "lần hai", ""),
    ("", "", "0900000001", "moi@moc.example", "", ""),
    ("", "Ba", "0900000013", "", "", ""),
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the file into three chunks."""
    monkeypatch.setattr("crm.domain.imports.chunks.ROWS_A_CHUNK", 4)


@pytest.fixture
def fated(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fate], None]:
    """Let the injected fault intercept every write."""

    def fate_over(fate: Fate) -> None:
        for holder in (table(), files()):
            monkeypatch.setattr(holder, "_client", fate.over(vars(holder)["_client"]))

    return fate_over


def state(people: list[Customer]) -> dict[str, Customer]:
    """Return customers by id without times, and with codes replaced by their order."""
    made = sorted(each.code for each in people if each.source == "import")
    return {
        each.id: replace(
            each,
            code=each.code if each.source != "import" else f"new {made.index(each.code)}",
            created_at="",
            updated_at="",
            status_since=None,
            provenance={name: origin._replace(at="") for name, origin in each.provenance.items()},
        )
        for each in people
    }


def expected(steps: str) -> tuple[dict[str, Customer], ImportJob]:
    """Return the result of an uninterrupted run over ports in memory."""
    known = OpenCustomers(*KNOWN)
    backend = Backend(known)
    job = backend.upload(FILE, dry_run="commit" in steps)
    if "commit" in steps:
        backend.planned(job)
        done = backend.committed(job)
    else:
        done = backend.run(job)
    if "revert" in steps:
        done = backend.reverted(job)
    return state(known.everyone(MERCHANT)), done


def everyone(job: ImportJob) -> list[Customer]:
    """Return all customers that may exist: the earlier ones, and one for every row."""
    made = [new_customer_id(job.id, job.created_at, number) for number in range(1, 20)]
    known = [each.id for each in KNOWN]
    return [*customers().get_many(MERCHANT, [*known, *made]).values()]


def mortal(victim: Victim) -> dict[str, Handler]:
    """Return the functions; a kill ends one alone or with its execution."""

    def call(handler: Handler) -> Handler:
        def invoked(given: dict[str, Any]) -> Any:
            try:
                return handler(given)
            except KilledError:
                if victim == "worker":
                    raise Broken("Lambda.Unknown") from None
                raise

        return invoked

    names = {arn: arn.removeprefix("${").split("Import")[0].lower() for arn in HANDLERS}
    return {names[arn]: call(faulty(handler)) for arn, handler in HANDLERS.items()}


def carried_out(job: ImportJob, victim: Victim, run: Callable[..., Execution]) -> None:
    """Run an execution; if it is killed, end the import as its event does."""
    try:
        run(job, **mortal(victim))
    except KilledError:
        stopped(job, now(job).execution or "arn:execution:first")


def stopped(job: ImportJob, execution: str) -> None:
    """Send the event of the aborted execution."""
    event = json.loads((ROOT / "events/imports/execution_aborted.json").read_text("utf-8"))
    event["detail"]["input"] = json.dumps({"merchant_id": MERCHANT, "import_id": job.id})
    event["detail"]["executionArn"] = execution
    finish_import(event, CONTEXT)


def again(job: ImportJob) -> None:
    """Restart a stopped import."""
    if now(job).status == "failed":
        assert start(job, "again").status == "SUCCEEDED"


def committed(job: ImportJob) -> None:
    """Commit the plan of an import."""
    plan = now(job).decision.plan_hash or ""
    at = moment(70)
    commit_import(MERCHANT, job.id, plan, now=at, imports=imports(), runs=RecordedRuns())


def reverting(job: ImportJob) -> None:
    """Start to revert an import."""
    at = datetime.now(UTC)
    revert_import(MERCHANT, job.id, now=at, imports=imports(), runs=RecordedRuns())


def killed_at(*points: int) -> pytest.MarkDecorator:
    """Return where the fault strikes, before or after the write, and what it kills."""
    cases = [
        (point, "before" if place % 2 else "after", victim)
        for victim in ("worker", "execution")
        for place, point in enumerate(points)
    ]
    return pytest.mark.parametrize(("kill_at", "when", "victim"), cases)


@pytest.mark.req("001-32")
@killed_at(2, 6, 9, 13, 16, 19, 22, 25, 28, 31)
def test_a_killed_and_restarted_import_ends_like_an_uninterrupted_one(
    fated: Callable[[Fate], None], kill_at: int, when: When, victim: Victim
) -> None:
    people, done = expected("import")
    customers().add_all(MERCHANT, KNOWN)
    job = uploaded(FILE)
    fate = Fate(kill_at, after=when == "after")
    fated(fate)

    carried_out(job, victim, start)
    again(job)

    assert fate.came
    assert (now(job).status, now(job).progress.result) == ("finished", done.progress.result)
    assert state(everyone(job)) == people


@pytest.mark.req("B-02")
@killed_at(4, 8)
def test_a_killed_and_repeated_commit_ends_like_an_uninterrupted_one(
    fated: Callable[[Fate], None], kill_at: int, when: When, victim: Victim
) -> None:
    people, done = expected("commit")
    customers().add_all(MERCHANT, KNOWN)
    job = uploaded(FILE, dry_run=True)
    start(job)
    committed(job)
    fate = Fate(kill_at, after=when == "after")
    fated(fate)

    carried_out(job, victim, carry_on)
    if now(job).status == "failed":
        committed(job)
        carry_on(job)

    assert fate.came
    assert (now(job).status, now(job).progress.result) == ("finished", done.progress.result)
    assert state(everyone(job)) == people


@pytest.mark.req("B-01")
@killed_at(3, 6)
def test_a_killed_and_repeated_revert_ends_like_an_uninterrupted_one(
    fated: Callable[[Fate], None], kill_at: int, when: When, victim: Victim
) -> None:
    people, done = expected("import revert")
    customers().add_all(MERCHANT, KNOWN)
    job = uploaded(FILE)
    start(job)
    reverting(job)
    fate = Fate(kill_at, after=when == "after")
    fated(fate)

    carried_out(job, victim, carry_on)
    if now(job).status != "reverted":
        reverting(job)
        carry_on(job)

    assert fate.came
    assert (now(job).status, now(job).progress.undone) == ("reverted", done.progress.undone)
    assert state(everyone(job)) == people
