"""Exports from request to end: which customers they include, faults, links, cancellation."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import count
from json import loads
from pathlib import Path
from typing import Any

import pytest

from crm.domain.customers.customer import Author
from crm.domain.events.job_events import Job, JobChange
from crm.domain.exports.job import ROWS_A_SHEET, SnapshotFilter, manifest_of
from crm.domain.kernel.errors import Conflict, Forbidden, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, UserId
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.permissions import OF_ROLE
from crm.domain.kernel.times import stamp
from crm.usecases.events.stream_changes import begin_exports
from crm.usecases.exports.exports import cancel_export, fetch_export, list_exports, request_export
from tests.builders import LAN, MERCHANT, Ids, a_customer, customer_id, moment
from tests.export_builders import EXECUTION, Exporting, an_export, export_id
from tests.fakes.exports import InMemoryExports, RecordedRuns
from tests.fakes.imports import InMemoryFiles, RecordedMails
from tests.import_builders import a_job

MANY = 60


def people(some: int = MANY) -> list[Any]:
    return [
        a_customer(number, phone=f"+849{number:08}", full_name=f"=Khách {number}")
        for number in range(1, some + 1)
    ]


def codes(exporting: Exporting) -> list[str]:
    """Return the codes in the file, a CSV of one column, with its header."""
    return exporting.file.decode("utf-8-sig").split()[1:]


def of_codes(folder: Path, *customers: Any, **fields: Any) -> Exporting:
    return Exporting(folder, *customers, columns=("code",), locale="en", **fields)


# ── included customers ─────────────────────────────────────────────────────────────────────────


@pytest.mark.req("001-34", "B-15")
def test_an_export_includes_every_active_customer_once(tmp_path: Path) -> None:
    exporting = of_codes(tmp_path, *people())

    exporting.run()

    assert sorted(codes(exporting)[1:]) == [f"KH{number:06}" for number in range(1, MANY + 1)]
    assert exporting.now.rows == exporting.now.read == MANY


def test_rows_are_ordered_by_bucket_and_then_by_id(tmp_path: Path) -> None:
    exporting = of_codes(tmp_path, *people())
    exporting.run()

    ids_by_code = {each.code: each.id for each in exporting.backend.of_merchant(MERCHANT)}
    ids = [ids_by_code[code] for code in codes(exporting)[1:]]
    walked = [
        customer.id
        for bucket in exporting.walk.buckets(MERCHANT)
        for customer in sorted(
            (
                each
                for each in exporting.backend.of_merchant(MERCHANT)
                if _bucket(each.id) == bucket
            ),
            key=lambda each: each.id,
        )
    ]
    assert ids == walked


def _bucket(customer: CustomerId) -> str:
    from zlib import crc32  # noqa: PLC0415 - the one place that needs it

    return f"{crc32(customer.encode()) % 16:02x}"


@pytest.mark.req("B-15")
def test_customers_created_after_the_start_are_excluded_and_changed_ones_included(
    tmp_path: Path,
) -> None:
    exporting = of_codes(tmp_path, *people(3))
    buckets = exporting.start(moment(62))
    late = a_customer(9, created_at=stamp(moment(62.1)))
    exporting.backend.add(MERCHANT, late)
    first = exporting.backend.get(MERCHANT, customer_id(1))
    edited = first.edited(first.changes({"note": "mới"}), LAN, stamp(moment(62.5)))
    exporting.backend.update(MERCHANT, first, edited)

    exporting.read(buckets)
    exporting.write()
    exporting.finish()

    assert sorted(codes(exporting)[1:]) == ["KH000001", "KH000002", "KH000003"]


@pytest.mark.req("B-15")
@pytest.mark.parametrize(
    ("status", "since", "taken"),
    [
        ("active", None, True),
        ("archived", moment(10), False),
        ("archived", moment(62.5), True),
        ("archived", None, False),
        ("merged", moment(10), False),
        ("merged", moment(62.5), True),
        ("erased", moment(62.5), False),
        ("active", moment(62.5), True),
    ],
)
def test_customers_active_at_the_start_are_included_unless_erased_since(
    status: Any, since: Any, *, taken: bool
) -> None:
    job = an_export(since=stamp(moment(62)))
    customer = a_customer(status=status, status_since=stamp(since) if since else None)

    assert SnapshotFilter(job).includes(customer) is taken


def test_archived_customers_are_exported_when_a_filter_asks_for_them(tmp_path: Path) -> None:
    archived = replace(a_customer(1), status="archived")
    exporting = of_codes(
        tmp_path, archived, a_customer(2), scope="filter", filter={"archived": True}
    )

    exporting.run()

    assert codes(exporting)[1:] == ["KH000001"]


@pytest.mark.req("001-33", "001-34")
def test_an_export_filters_as_the_customer_list_does(tmp_path: Path) -> None:
    vip = a_customer(1, group="vip", tags=("sỉ",))
    others = [a_customer(2, group="vip"), a_customer(3, tags=("sỉ",))]
    conditions = {"group": "vip", "tag": ["sỉ"]}
    exporting = of_codes(tmp_path, vip, *others, scope="filter", filter=conditions)

    exporting.run()

    assert codes(exporting)[1:] == ["KH000001"]


@pytest.mark.req("001-34")
def test_selected_ids_of_no_customer_are_ignored_and_counted(tmp_path: Path) -> None:
    exporting = of_codes(tmp_path, *people(5), scope="selected", selected=3)
    ids = [customer_id(2), customer_id(4), "01J00000000000000000000000"]
    exporting.files.write(
        MERCHANT, "exports", f"{export_id()}/selection.json", repr(ids).replace("'", '"').encode()
    )

    exporting.run()

    assert sorted(codes(exporting)[1:]) == ["KH000002", "KH000004"]
    assert (exporting.now.rows, exporting.now.ignored) == (2, 1)


def test_an_empty_export_has_a_header_only(tmp_path: Path) -> None:
    exporting = of_codes(tmp_path)

    assert exporting.run() == b"\xef\xbb\xbfCustomer code\r\n"
    assert exporting.now.rows == 0


# ── results ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("B-15")
def test_the_manifest_describes_the_origin_of_the_file(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(3), scope="filter", filter={"group": "new"})
    content = exporting.run()

    job = exporting.now
    manifest = loads(exporting.files.kept[MERCHANT, "exports", f"{job.id}/manifest.json"])
    assert manifest == manifest_of(job)
    assert manifest["sha256"] == sha256(content).hexdigest()
    assert (manifest["bytes"], manifest["by"], manifest["filter"]) == (
        len(content), "user-lan", {"group": "new"},
    )  # fmt: skip
    assert (manifest["from"], manifest["to"]) == (stamp(moment(62)), stamp(moment(64)))


@pytest.mark.req("B-15")
def test_the_merchants_history_records_an_export(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.run()
    exporting.finish()

    (line,) = exporting.history.lines.values()
    values = {change.field: change.new for change in line.changes}
    assert (line.kind, line.by) == ("exported", Author("web", "user-lan"))
    assert (values["scope"], values["filter"], values["rows"]) == ("all", None, 2)


def test_finishing_twice_sends_one_mail(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.run()
    exporting.finish()

    assert [job.status for job in exporting.mailer.exports] == ["finished"]
    assert exporting.now.mail == "sent"


def test_a_refused_mail_does_not_fail_the_export(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.mailer = RecordedMails(refuses=True)

    exporting.run()

    assert (exporting.now.status, exporting.now.mail) == ("finished", "failed")


def test_parts_are_removed_at_the_end(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    exporting.run()

    assert {name for _, _, name in exporting.files.kept} == {
        exporting.now.file,
        f"{export_id()}/manifest.json",
    }
    assert [*tmp_path.iterdir()] == []


def test_contacts_are_masked_for_users_who_may_not_manage_customers(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(1), masked=True, columns=("full_name", "phone"))

    assert b"\r\n'=Kh\xc3\xa1ch 1,09xx xxx 001\r\n" in exporting.run()


def test_a_sheet_has_as_many_rows_as_excel_allows() -> None:
    assert ROWS_A_SHEET == 2**20 - 1


# ── faults ─────────────────────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """The death of a worker; `except Exception` does not catch it."""


def dying(method: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """Return a method whose first call raises `Killed`, before or after its effect."""
    calls = count()

    def wrapped(*positional: Any, **named: Any) -> Any:
        if next(calls):
            return method(*positional, **named)
        if after:
            method(*positional, **named)
        raise Killed

    return wrapped


KILL_POINTS = [
    ("exports", "recorded", "read"),
    ("exports", "record", "read"),
    ("files", "write", "read"),
    ("walk", "page", "read"),
    ("exports", "parts", "write"),
    ("files", "read", "write"),
    ("files", "write_from", "write"),
    ("files", "write", "write"),
    ("exports", "replace", "write"),
    ("exports", "replace", "finish"),
    ("files", "remove", "finish"),
    ("history", "add", "finish"),
]


@pytest.mark.req("B-15")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("port", "method", "step"), KILL_POINTS)
def test_a_worker_restarted_after_a_kill_writes_the_same_rows(
    tmp_path: Path, port: str, method: str, step: str, *, after: bool
) -> None:
    undisturbed = Exporting(tmp_path, *people())
    undisturbed.run()
    exporting = Exporting(tmp_path, *people())
    steps: dict[str, Callable[[], Any]] = {
        "read": lambda: exporting.read(exporting.walk.buckets(MERCHANT)),
        "write": exporting.write,
        "finish": exporting.finish,
    }
    exporting.start()
    for name, run in steps.items():
        if name == step:
            holder = getattr(exporting, port)
            setattr(holder, method, dying(getattr(holder, method), after=after))
            with pytest.raises(Killed):
                run()
        run()

    assert exporting.now.rows_sha256 == undisturbed.now.rows_sha256
    assert exporting.file == undisturbed.file
    assert exporting.now.status == "finished"


def test_a_second_reader_of_a_part_returns_the_stored_part(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    exporting.start()
    first = exporting.read_one("00")
    for number in range(1, 4):
        customer = exporting.backend.get(MERCHANT, customer_id(number))
        changes = customer.changes({"note": "khác"})
        exporting.backend.update(MERCHANT, customer, customer.edited(changes, LAN, "2026-11-23"))

    assert exporting.read_one("00") == first
    assert len(exporting.exports.parts(MERCHANT, export_id())) == 1


def test_a_failed_export_keeps_no_parts(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    exporting.read(exporting.start())

    exporting.finish("export_stopped")

    assert (exporting.now.status, exporting.now.failure) == ("failed", Failure("export_stopped"))
    assert exporting.files.kept == {}
    assert [job.status for job in exporting.mailer.exports] == ["failed"]


def test_another_execution_cannot_change_an_export(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.start()

    assert exporting.start(execution="another") == []
    exporting.finish("export_stopped", execution="another")

    assert (exporting.now.status, exporting.now.execution) == ("reading", EXECUTION)


def test_an_export_without_a_file_fails(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.read(exporting.start())

    exporting.finish()

    assert exporting.now.status == "failed"


def test_a_writer_called_again_after_success_changes_nothing(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2), format="xlsx")
    exporting.read(exporting.start())
    assert exporting.write()
    first, files = exporting.now, dict(exporting.files.kept)

    assert exporting.write()

    assert (exporting.now, exporting.files.kept) == (first, files)


def test_an_export_whose_file_was_named_but_not_stored_fails(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.read(exporting.start())
    exporting.files.write_from = dying(exporting.files.write_from, after=False)  # type: ignore[method-assign]
    with pytest.raises(Killed):
        exporting.write()

    exporting.finish()

    assert exporting.now.status == "failed"


def test_a_writer_that_meets_a_newer_revision_raises_stale(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.read(exporting.start())
    job = exporting.now
    exporting.exports.replace(MERCHANT, job, job)
    exporting.exports.get = lambda *_: replace(job, revision=job.revision)  # type: ignore[method-assign]

    with pytest.raises(Stale):
        exporting.write()


def test_an_unknown_export_neither_starts_nor_ends(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path)
    exporting.job = an_export(7)

    exporting.finish("export_stopped")
    assert exporting.start() == []

    assert exporting.mailer.exports == []


# ── requests, links, cancellation ──────────────────────────────────────────────────────────────


def requested(
    exports: InMemoryExports, files: InMemoryFiles, runs: RecordedRuns, **fields: Any
) -> Any:
    ordinary: dict[str, Any] = {
        "scope": "all",
        "conditions": None,
        "customer_ids": None,
        "kind": "xlsx",
        "columns": ("code",),
        "locale": "vi",
        "masked": False,
        "by": UserId("user-lan"),
        "email": None,
        "now": moment(),
    }
    return request_export(
        MERCHANT,
        export_id(),
        **{**ordinary, **fields},
        exports=exports,
        files=files,
        runs=runs,
    )


def test_a_requested_export_is_started() -> None:
    exports, files, runs = InMemoryExports(), InMemoryFiles(), RecordedRuns()

    job = requested(exports, files, runs, scope="selected", customer_ids=["b", "a", "b"])

    assert (job.status, job.selected, runs.started) == ("queued", 2, [job.id])
    assert files.read(MERCHANT, "exports", f"{job.id}/selection.json") == b'["a", "b"]'


def test_the_stream_starts_an_export_that_could_not_start() -> None:
    exports, runs = InMemoryExports(), RecordedRuns(fails=True)
    job = requested(exports, InMemoryFiles(), runs)
    change = JobChange(merchant_id=MERCHANT, sequence="7", before=None, after=job)

    assert job.status == "queued"
    assert begin_exports([change], runs=runs) == "7"
    runs = RecordedRuns()
    assert begin_exports([change], runs=runs) is None
    assert runs.started == [job.id]


def test_the_stream_starts_only_new_queued_exports() -> None:
    runs = RecordedRuns()
    waiting = an_export()
    others: list[tuple[Job | None, Job]] = [
        (waiting, waiting),
        (None, waiting.cancelled("2026")),
        (None, a_job()),
    ]

    changes = [
        JobChange(merchant_id=MERCHANT, sequence="7", before=before, after=after)
        for before, after in others
    ]

    assert begin_exports(changes, runs=runs) is None
    assert runs.started == []


def fetched(exporting: Exporting, role: str = "manager", minutes: float = 70) -> Any:
    return fetch_export(
        MERCHANT,
        export_id(),
        by=LAN,
        permissions=OF_ROLE[role],
        now=moment(minutes),
        new_id=Ids(),
        exports=exporting.exports,
        files=exporting.files,
        history=exporting.history,
    )


@pytest.mark.req("B-15")
def test_a_link_expires_after_15_minutes_and_is_recorded_in_the_history(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.run()

    link = fetched(exporting)

    assert link.expires_at == stamp(moment(85))
    assert link.file_name == "khach-hang-2026-11-22.csv"
    assert f"exports/{MERCHANT}/{exporting.now.file}" in link.url
    assert [line.kind for line in exporting.history.lines.values()] == [
        "exported", "export_fetched",
    ]  # fmt: skip


@pytest.mark.req("B-15")
def test_a_user_with_fewer_permissions_than_the_creator_gets_no_link(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.run()

    with pytest.raises(Forbidden):
        fetched(exporting, "staff")
    assert [line.kind for line in exporting.history.lines.values()] == ["exported"]


def test_an_unfinished_or_expired_export_has_no_link(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    with pytest.raises(Conflict):
        fetched(exporting)

    exporting.run()
    with pytest.raises(NotFound):
        fetched(exporting, minutes=65 + 7 * 24 * 60)


def test_cancelling_stops_the_workers_and_removes_the_files(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    buckets = exporting.start()
    exporting.read(buckets[:5])

    job = cancel_export(MERCHANT, export_id(), now=moment(63), exports=exporting.exports)
    exporting.read(buckets[5:])
    written = exporting.write()
    exporting.finish()

    assert (job.status, written, exporting.now.status) == ("cancelled", False, "cancelled")
    assert exporting.files.kept == {}
    assert exporting.mailer.exports == []


def test_an_export_cancelled_while_its_file_is_written_leaves_no_files(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    exporting.read(exporting.start())
    write_from = exporting.files.write_from

    def interrupted(*positional: Any) -> Any:
        write_from(*positional)
        cancel_export(MERCHANT, export_id(), now=moment(63), exports=exporting.exports)

    exporting.files.write_from = interrupted  # type: ignore[assignment,method-assign]
    written = exporting.write()
    exporting.finish()

    assert (written, exporting.now.status) == (False, "cancelled")
    assert exporting.files.kept == {}


def test_cancelling_is_idempotent_and_refused_for_a_finished_export(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    first = cancel_export(MERCHANT, export_id(), now=moment(63), exports=exporting.exports)
    assert cancel_export(MERCHANT, export_id(), now=moment(64), exports=exporting.exports) == first

    done = Exporting(tmp_path, *people(2))
    done.run()
    with pytest.raises(Conflict):
        cancel_export(MERCHANT, export_id(), now=moment(70), exports=done.exports)


def test_exports_are_listed_newest_first() -> None:
    exports = InMemoryExports()
    for number in (2, 3, 1):
        exports.add(MERCHANT, an_export(number))

    page = list_exports(MERCHANT, limit=2, before=None, exports=exports)

    assert ([job.id for job in page.items], page.more) == ([export_id(3), export_id(2)], True)
