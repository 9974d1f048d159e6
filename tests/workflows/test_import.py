"""The import's state machine with its functions, from the event of a file to the end."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm.domain.customers.customer import Identity
from crm.domain.imports.job import ImportJob, LockHeld
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.imports import imports
from functions.apply_import.handler import lambda_handler as apply_import
from functions.finish_import.handler import lambda_handler as finish_import
from functions.queue_import.handler import lambda_handler as queue_import
from tests.builders import MERCHANT, a_customer
from tests.functions.requests import CONTEXT
from tests.import_builders import a_job, import_id
from tests.workbooks import a_workbook
from tests.workflows.handlers import always, faulty, mails
from tests.workflows.importing import (
    APPLY,
    DEFINITION,
    FINISH,
    HANDLERS,
    PLAN,
    QUEUE,
    READ,
    ROOT,
    SETTLE,
    now,
    start,
    uploaded,
)
from tests.workflows.machine import Broken, Handler


@pytest.fixture
def upload() -> Callable[..., ImportJob]:
    return uploaded


@pytest.mark.req("001-29", "001-30", "001-32", "B-09")
def test_a_file_becomes_customers_and_one_mail(upload: Callable[..., ImportJob]) -> None:
    job = upload()

    execution = start(job)

    assert execution.status == "SUCCEEDED"
    assert execution.visited == [
        "HasImportId", "Name", "Read", "WasItRead", "TakeLock", "NextStep", "Plan", "PlanChunk",
        "Settle", "IsItApplied", "Apply", "ApplyChunk", "Report", "Finish", "Ended",
    ]  # fmt: skip
    done = now(job)
    assert (done.status, done.mail, done.progress.total) == ("finished", "sent", 4)
    assert done.progress.result is not None
    assert done.progress.result.rows == {"created": 2, "merged_in_file": 1, "invalid": 1}
    phone = Identity("phone", "+84987654321")
    holder = customers().holders(MERCHANT, [phone])[phone]
    assert customers().get(MERCHANT, holder).email == "lan@example.vn"
    (mail,) = mails()
    assert mail.destinations["ToAddresses"] == ["lan@moc.example"]


@pytest.mark.req("001-28", "B-04", "D3")
def test_a_row_of_every_column_is_stored_found_by_each_identity_and_then_unchanged(
    upload: Callable[..., ImportJob],
) -> None:
    row = {
        "Họ và tên": "Nguyễn Thị Ánh",
        "Số điện thoại": "0912345678",
        "Nhóm khách hàng": "Thân thiết",
        "Nhãn": "sỉ; hà nội",
        "Mã thẻ thành viên": "tv 0001",
        "Nhận email quảng cáo": "Có",
        "Địa chỉ": "12 Lý Thường Kiệt",
        "Phường/Xã": "Hoàn Kiếm",
        "Tỉnh/Thành phố": "Hà Nội",
        "Tên công ty": "Mộc",
        "Mã số thuế": "0100233488",
        "Địa chỉ hóa đơn": "1 Tràng Tiền",
        "ID Haravan": 1009,
    }
    mapping = {"ID Haravan": "external_ids.haravan"}
    whole = a_workbook([*row], [*row.values()])
    start(upload(whole, mapping=mapping))
    card = Identity("card", "TV0001")
    made = customers().get(MERCHANT, customers().holders(MERCHANT, [card])[card])

    assert (made.group, made.tags) == ("loyal", ("sỉ", "hà nội"))
    assert (made.marketing_consent.accepted, made.marketing_consent.source) == (True, "import")
    assert made.external_ids == {"haravan": "1009"}
    assert made.default_address is not None
    assert made.default_address.ward_code == "00070"
    assert made.invoice_profile is not None
    assert made.invoice_profile.code == "0100233488"

    again = upload(whole, number=2, mapping=mapping)
    start(again, "again")
    result = now(again).progress.result
    assert result is not None
    assert result.rows == {"unchanged": 1}

    ways = (("Mã khách hàng", made.code), ("Mã thẻ", "TV0001"), ("external_ids.haravan", "1009"))
    for number, (header, named) in enumerate(ways, 3):
        job = upload(a_workbook([header, "Ghi chú"], [named, header]), number=number)
        start(job, header)
        assert customers().get(MERCHANT, made.id).note == header


def test_an_ambiguous_header_ends_the_import_with_its_candidates(
    upload: Callable[..., ImportJob],
) -> None:
    job = upload(a_workbook(["Mã", "Tên"], ["1", "Lan"]))

    assert start(job).visited == ["HasImportId", "Name", "Read", "WasItRead", "Finish", "Ended"]
    failure = now(job).failure
    assert failure is not None
    assert (failure.code, failure.params["candidates"]) == ("ambiguous_header", "code, card_code")


def test_the_input_of_states_has_no_personal_data(upload: Callable[..., ImportJob]) -> None:
    passed: list[Any] = []

    def recording(handler: Callable[..., Any]) -> Handler:
        def call(given: dict[str, Any]) -> Any:
            answered = json.loads(json.dumps(handler(given, CONTEXT)))
            passed.append((given, answered))
            return answered

        return call

    start(
        upload(file_name="Nguyễn Thị Ánh.xlsx"),
        **{name: recording(HANDLERS[arn]) for name, arn in {
            "read": READ, "queue": QUEUE, "plan": PLAN, "settle": SETTLE, "apply": APPLY,
            "finish": FINISH,
        }.items()},
    )  # fmt: skip

    text = json.dumps(passed, ensure_ascii=False)
    assert len(passed) == 6
    for personal in ("Ánh", "912345678", "example", "Nữ"):
        assert personal not in text


def test_a_repeated_event_ends_at_once_and_counts_nothing_twice(
    upload: Callable[..., ImportJob],
) -> None:
    job = upload()
    start(job)

    again = start(job, "second")

    assert again.visited == ["HasImportId", "Name", "Read", "WasItRead", "Ended"]
    assert again.status == "SUCCEEDED"
    assert len(mails()) == 1
    done = now(job).progress.result
    assert done is not None
    assert done.total == 4


def test_an_event_of_a_file_without_an_import_ends_at_once() -> None:
    assert start(a_job(9)).visited == ["HasImportId", "Name", "Read", "WasItRead", "Ended"]


@pytest.mark.parametrize("code", ["not_a_workbook", "unknown_header"])
def test_an_unusable_file_fails_the_import_with_its_reason_and_one_mail(
    upload: Callable[..., ImportJob], code: str
) -> None:
    job = upload(b"%PDF-1.7" if code == "not_a_workbook" else b"a,b\n1,2\n")

    execution = start(job)

    assert execution.visited == ["HasImportId", "Name", "Read", "WasItRead", "Finish", "Ended"]
    assert execution.status == "SUCCEEDED"
    done = now(job)
    assert done.failure is not None
    assert (done.status, done.failure.code, done.mail) == ("failed", code, "sent")
    assert len(mails()) == 1


@pytest.mark.parametrize("function", ["read", "queue", "plan", "settle", "apply", "finish"])
def test_retries_of_a_failed_worker_or_a_lost_answer_give_the_same_result(
    upload: Callable[..., ImportJob], function: str
) -> None:
    job = upload()
    arn = next(arn for arn in HANDLERS if arn.lower().startswith("${" + function))
    handler = HANDLERS[arn]
    answers_lost = 1

    def shaky(given: dict[str, Any]) -> Any:
        nonlocal answers_lost
        answered = faulty(handler)(given)
        if answers_lost:
            answers_lost -= 1
            raise Broken("Lambda.Unknown")
        return answered

    execution = start(job, **{function: shaky})

    assert execution.status == "SUCCEEDED"
    done = now(job)
    assert done.status == "finished"
    assert done.progress.result is not None
    assert done.progress.result.rows == {"created": 2, "merged_in_file": 1, "invalid": 1}
    assert len(mails()) == 1


@pytest.mark.parametrize("error", ["Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"])
def test_a_file_that_kills_its_reader_fails_with_a_reason_and_is_not_read_again(
    upload: Callable[..., ImportJob], error: str
) -> None:
    job = upload()
    killed = Counter[str]()

    def kill(_: dict[str, Any]) -> Any:
        killed[error] += 1
        raise Broken(error)

    execution = start(job, read=kill)

    assert killed[error] == 1
    assert (execution.status, execution.output) == ("FAILED", "ImportBroken")
    done = now(job)
    assert done.failure is not None
    assert (done.status, done.failure.code, done.mail) == ("failed", "file_unreadable", "sent")


@pytest.mark.parametrize("function", ["read", "queue", "plan", "settle", "apply"])
def test_a_worker_that_always_fails_ends_the_import_with_a_reason(
    upload: Callable[..., ImportJob], function: str
) -> None:
    job = upload()

    execution = start(job, **{function: always(ValueError("defect"))})

    assert execution.status == "FAILED"
    assert execution.visited[-2:] == ["Stop", "Broken"]
    done = now(job)
    assert done.failure is not None
    assert (done.status, done.failure.code, done.mail) == ("failed", "import_stopped", "sent")
    assert imports().take_lock(MERCHANT, import_id(7), now=_moment(), until=_moment()), (
        "the lock was not released"
    )


def test_an_uncaught_failure_is_ended_by_the_event_of_the_broken_execution(
    upload: Callable[..., ImportJob],
) -> None:
    job = upload()
    execution = start(job, plan=always(Broken("States.Runtime")))
    assert (execution.status, execution.output) == ("FAILED", "States.Runtime")
    assert now(job).status == "planning"

    stopped = json.loads(
        (ROOT / "events/imports/execution_aborted.json").read_text(encoding="utf-8")
    )
    began = json.loads(stopped["detail"]["input"])
    began["detail"]["object"]["key"] = f"uploads/{MERCHANT}/{job.id}/upload"
    stopped["detail"] |= {"input": json.dumps(began), "executionArn": execution.id}
    for _ in range(2):
        finish_import(stopped, CONTEXT)

    done = now(job)
    assert done.failure is not None
    assert (done.failure.code, len(mails())) == ("import_stopped", 1)

    assert start(job, "again").status == "SUCCEEDED"
    finished = now(job)
    assert finished.progress.result is not None
    assert (finished.status, finished.progress.result.total, len(mails())) == ("finished", 4, 2)


def test_an_import_waits_for_the_lock_with_growing_delays_and_then_continues(
    upload: Callable[..., ImportJob],
) -> None:
    first, second = upload(number=1), upload(number=2)
    imports().take_lock(MERCHANT, first.id, now=_moment(), until=_far())
    attempts = Counter[str]()

    def ask(given: dict[str, Any]) -> Any:
        attempts["times"] += 1
        if attempts["times"] == 8:
            imports().release_lock(MERCHANT, first.id)
        return queue_import(given, CONTEXT)

    execution = start(second, queue=ask)

    assert execution.waited == [2, 4, 8, 16, 32, 60, 60]
    assert execution.status == "SUCCEEDED"
    assert now(second).status == "finished"


def test_a_worker_whose_import_lost_the_lock_retries_later(
    upload: Callable[..., ImportJob],
) -> None:
    job = upload()

    execution = start(job, apply=faulty(apply_import, *[LockHeld()] * 10))

    assert execution.status == "SUCCEEDED"
    assert now(job).status == "finished"


def test_customers_are_overwritten_in_dynamodb_as_in_memory(
    upload: Callable[..., ImportJob],
) -> None:
    known = a_customer(9, phone="+84912345678", status="archived", email="cu@example.vn")
    customers().add(MERCHANT, known)
    job = upload()

    start(job)

    done = now(job).progress.result
    assert done is not None
    assert done.rows == {"updated": 1, "created": 1, "merged_in_file": 1, "invalid": 1}
    after = customers().get(MERCHANT, known.id)
    assert (after.status, after.email, after.birthday) == ("active", "anh@example.vn", "--03-28")
    assert after.provenance_of("birthday").actor == f"{job.id}:3"


def test_every_state_is_reachable_and_every_transition_has_a_target() -> None:
    def walk(machine: dict[str, Any]) -> None:
        states = machine["States"]
        to = {machine["StartAt"]}
        for state in states.values():
            to |= {state[key] for key in ("Next", "Default") if key in state}
            to |= {rule["Next"] for rule in (*state.get("Catch", ()), *state.get("Choices", ()))}
            ends = state.get("End") or state["Type"] in {"Succeed", "Fail"}
            assert ends or "Next" in state or state["Type"] == "Choice"
            if "ItemProcessor" in state:
                walk(state["ItemProcessor"])
        assert to == states.keys()

    walk(DEFINITION)


def test_every_task_has_a_timeout_and_retries_and_every_outer_one_a_catch() -> None:
    handing_over = {"Finish", "Stop", "GiveUpOnFile"}  # the rule ImportStopped ends these
    for name, state in DEFINITION["States"].items():
        inner = state.get("ItemProcessor", {}).get("States", {})
        for task in (state, *inner.values()):
            if task["Type"] == "Task":
                assert task["TimeoutSeconds"] > 0
                assert any("States.ALL" in rule["ErrorEquals"] for rule in task["Retry"])
        if state["Type"] in {"Task", "Map"} and name not in handing_over:
            assert any("States.ALL" in rule["ErrorEquals"] for rule in state["Catch"])


def _moment() -> datetime:
    return datetime.now(UTC)


def _far() -> datetime:
    return _moment() + timedelta(hours=1)
