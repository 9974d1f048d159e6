"""Files that hold an erased person: exports go whole, imports lose the person's lines alone."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.domain.customers.customer import Customer, Membership
from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import ExportJob
from crm.domain.imports import file_names as import_files
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.times import stamp
from crm.usecases.privacy.erased_files import ERASED
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, an_activity, customer_id
from tests.engines.faults import KilledError
from tests.erasure_builders import SETTLE_SECONDS, Kill, PrivacyBackend, privacy_backend
from tests.export_builders import an_export
from tests.import_builders import Backend, OpenCustomers, opening
from tests.order_builders import Backend as OrderBackend
from tests.order_builders import a_backend

ANH, BINH = customer_id(1), customer_id(2)
HEADER = ("Họ và tên", "Số điện thoại", "Email", "Ghi chú", "Ngày sinh")
LINES = (
    ("Ánh", "0912345678", "", "lần một", ""),
    ("", "", "anh@example.vn", "lần hai", ""),
    ("Bình", "0987654321", "", "mới", ""),
    ("Ánh", "0912345678", "", "", "31/31"),
    ("Cúc", "0966000001", "", "lần đầu", ""),
)
SECRETS = ("912345678", "anh@example", "Ánh", "lần một", "lần hai", "cũ của Ánh")


def anh(**fields: Any) -> Customer:
    ordinary = {"full_name": "Ánh", "phone": "+84912345678", "email": "anh@example.vn"}
    return a_customer(1, code="KH000901", note="cũ của Ánh", **{**ordinary, **fields})


class Scene:
    """A book with imports and exports, and the desk beside it."""

    def __init__(self) -> None:
        binh = a_customer(2, code="KH000902", full_name="Bình", phone="+84987654321", note="cũ")
        self.customers = OpenCustomers(anh(), binh)
        self.backend = Backend(self.customers)
        other: OrderBackend = replace(
            a_backend(),
            customers=self.customers,
            changesets=self.backend.changesets,
            merchants=self.backend.merchants,
            orders=self.backend.changesets,
            activities=self.customers.history,
            merges=self.backend.changesets.merges,
        )
        made = privacy_backend(other, None)
        self.privacy: PrivacyBackend = replace(
            made, imports=self.backend.imports, files=self.backend.files
        )

    def imported(self, *lines: tuple[str, ...], **fields: Any) -> ImportJob:
        job = self.backend.upload(**fields)
        return self.backend.run(job, opening(HEADER, *(lines or LINES)))

    def kept(self, job: ImportJob) -> dict[str, bytes]:
        """Return what is kept of an import, by the part of the name after its id."""
        return {
            f"{area}/{name.partition('/')[2]}": content
            for (_, area, name), content in self.backend.files.kept.items()
            if name.startswith(f"{job.id}/")
        }

    def export(self, number: int = 1, **fields: Any) -> ExportJob:
        """Keep an export with a file of its own."""
        job = an_export(number, **fields)
        self.privacy.exports.add(MERCHANT, job)
        name = export_files.manifest(job.id)
        self.backend.files.write(MERCHANT, "exports", name, b"of everybody")
        return job

    def names_in(self, area: str) -> set[str]:
        return {name for _, where, name in self.backend.files.kept if where == area}


def text(kept: dict[str, bytes]) -> str:
    return b"\n".join(kept.values()).decode(errors="replace")


def until_it_waits(scene: Scene, request_id: str) -> int:
    """Let an erasure go on until it waits; return for how long."""
    for _ in range(8):
        progress = scene.privacy.step(request_id)
        if progress.wait_seconds:
            return progress.wait_seconds
    raise AssertionError("it waits for nobody")


@pytest.fixture
def scene() -> Scene:
    """Give a desk, the book of which has two customers."""
    return Scene()


@pytest.mark.req("B-14")
def test_an_import_loses_what_was_sent_and_the_lines_of_the_person_and_no_other_line(
    scene: Scene,
) -> None:
    job = scene.imported()
    before = scene.kept(job)
    assert all(secret in text(before) for secret in SECRETS[:3])

    scene.privacy.erase(ANH)

    after = scene.kept(job)
    assert not [secret for secret in SECRETS if secret in text(after)]
    assert before.keys() - after.keys() == {"uploads/upload"}
    for name in after:
        old, new = (each[name].split(b"\n") for each in (before, after))
        assert len(old) == len(new)
        for was, now in zip(old, new, strict=True):
            of_others = b"B\xc3\xacnh" in was or b"C\xc3\xbac" in was
            assert now == was or not of_others
            if name.endswith(".jsonl"):
                assert json.loads(now)["row"] == json.loads(was)["row"]
                assert json.loads(now).get("outcome") == json.loads(was).get("outcome")
    assert scene.privacy.erase(ANH).erasure is not None


@pytest.mark.req("B-14")
def test_an_import_can_be_taken_back_for_all_others(scene: Scene) -> None:
    job = scene.imported()
    assert scene.customers.get(MERCHANT, BINH).note == "mới"
    scene.privacy.erase(ANH)

    done = scene.backend.reverted(job)

    assert done.status == "reverted"
    assert scene.customers.get(MERCHANT, BINH).note == "cũ"
    anh_now = scene.customers.get(MERCHANT, ANH)
    assert (anh_now.status, anh_now.note, anh_now.full_name) == ("erased", None, None)


@pytest.mark.req("B-14")
def test_an_import_without_the_person_stays_as_it_is(scene: Scene) -> None:
    job = scene.imported(LINES[2], LINES[4])
    before = scene.kept(job)

    scene.privacy.erase(ANH)

    assert scene.kept(job) == before


@pytest.mark.req("B-14")
def test_an_import_that_knew_the_person_by_what_they_gave_up_is_found_too(
    scene: Scene,
) -> None:
    job = scene.imported(("Ánh", "0912345678", "", "số cũ", ""), LINES[2])
    before = scene.customers.get(MERCHANT, ANH)
    changes = before.changes({"phone": "+84966000009", "note": None})
    after = before.edited(changes, before.created_by, before.updated_at)
    scene.customers.update(MERCHANT, before, after, an_activity(9, changes=changes))

    scene.privacy.erase(ANH)

    assert "số cũ" not in text(scene.kept(job))
    assert "Bình" in text(scene.kept(job))


@pytest.mark.req("B-14")
def test_a_row_of_who_has_the_identity_now_is_not_the_persons(scene: Scene) -> None:
    before = scene.customers.get(MERCHANT, ANH)
    changes = before.changes({"phone": None})
    after = before.edited(changes, before.created_by, before.updated_at)
    scene.customers.update(MERCHANT, before, after, an_activity(9, changes=changes))
    job = scene.imported(("Dũng", "0912345678", "", "của Dũng", ""))

    scene.privacy.erase(ANH)

    assert "của Dũng" in text(scene.kept(job))


@pytest.mark.req("B-14")
def test_a_plan_that_waits_for_its_commit_is_not_carried_out_for_the_person(
    scene: Scene,
) -> None:
    job = scene.backend.upload(dry_run=True)
    scene.backend.planned(job, opening(HEADER, *LINES))
    scene.privacy.erase(ANH)

    done = scene.backend.committed(job)

    assert done.status == "finished"
    assert done.result is not None
    assert done.result.by_outcome()["conflict"] == 1
    assert scene.customers.get(MERCHANT, BINH).note == "mới"
    assert scene.customers.get(MERCHANT, ANH).full_name is None


@pytest.mark.req("B-14")
def test_a_plan_to_create_somebody_who_came_and_was_erased_meanwhile_creates_nobody(
    scene: Scene,
) -> None:
    job = scene.backend.upload(dry_run=True)
    scene.backend.planned(job, opening(HEADER, ("Dũng", "0977000001", "", "", ""), LINES[4]))
    dung = a_customer(5, code="KH000905", full_name="Dũng", phone="+84977000001")
    scene.customers.add(MERCHANT, dung)
    scene.privacy.erase(dung.id)

    assert "977000001" not in text(scene.kept(job))
    done = scene.backend.committed(job)

    assert done.result is not None
    assert done.result.rows == {"conflict": 1, "created": 1}


@pytest.mark.req("B-02", "B-14")
def test_a_stopped_commit_that_goes_on_makes_nobody_of_who_was_erased_meanwhile(
    scene: Scene,
) -> None:
    job = scene.backend.upload(dry_run=True)
    new = ("Dũng", "0977000001", "", "", "")
    scene.backend.planned(job, opening(HEADER, new, *LINES[2:3], LINES[4]))
    scene.backend.commit(job)
    scene.backend.queue(job)
    scene.backend.settle(job)
    scene.backend.finish(job, failure="import_stopped", execution=job.id)
    dung = a_customer(5, code="KH000905", full_name="Dũng", phone="+84977000001")
    scene.customers.add(MERCHANT, dung)
    scene.privacy.erase(dung.id)

    done = scene.backend.committed(job)

    assert done.result is not None
    assert done.result.rows == {"conflict": 1, "updated": 1, "created": 1}
    names = [each.full_name for each in scene.customers.everyone(MERCHANT)]
    assert sorted(map(str, names)) == ["Bình", "Cúc", "None", "Ánh"]


@pytest.mark.req("B-02", "B-14")
def test_a_stopped_commit_of_points_that_goes_on_passes_over_who_was_erased(
    scene: Scene,
) -> None:
    joined = Membership(joined_at="2026-01-01T00:00:00.000Z")
    for number, phone in ((5, "+84977000001"), (6, "+84977000002")):
        member = a_customer(number, code=f"KH00090{number}", phone=phone, membership=joined)
        scene.customers.add(MERCHANT, member)
    job = scene.backend.upload(kind="points", dry_run=True)
    lines = opening(("SĐT", "Điểm"), ("0977000001", 10), ("0977000002", 20))
    scene.backend.planned(job, lines)
    scene.backend.commit(job)
    scene.backend.finish(job, failure="import_stopped", execution=job.id)
    scene.privacy.erase(customer_id(5))

    done = scene.backend.committed(job)

    assert done.result is not None
    assert done.result.rows == {"conflict": 1, "updated": 1}
    balances = [
        scene.customers.get(MERCHANT, customer_id(number)).membership.points.available
        for number in (5, 6)
    ]
    assert balances == [0, 20]


@pytest.mark.req("B-14")
def test_a_running_import_is_waited_for_and_its_row_of_the_person_is_a_conflict(
    scene: Scene,
) -> None:
    job = scene.backend.upload()
    ready = scene.backend.planned(job, opening(HEADER, *LINES))
    request = scene.privacy.start(ANH)
    assert until_it_waits(scene, request.id) == 30
    for chunk in ready:
        scene.backend.apply(job, chunk)
    scene.backend.finish(job)

    waited = scene.privacy.finish(request.id)

    assert waited == [SETTLE_SECONDS]
    outcomes = {row.number: row.outcome for row in scene.backend.rows(job)}
    assert (outcomes[2], outcomes[4]) == ("conflict", "updated")
    assert not [secret for secret in SECRETS if secret in text(scene.kept(job))]
    assert scene.customers.get(MERCHANT, ANH).full_name is None


@pytest.mark.req("B-14")
def test_a_file_that_was_refused_may_hold_the_person_and_goes(scene: Scene) -> None:
    job = scene.imported(("Ánh", "0912345678"), ("Số điện thoại", "Số điện thoại"))
    refused = scene.backend.upload(b"0912345678")
    scene.backend.read(refused, opening(("Sản phẩm",), ("0912345678",)))
    assert scene.backend.imports.get(MERCHANT, refused.id).status == "failed"

    scene.privacy.erase(ANH)

    assert scene.kept(refused) == {}
    assert "uploads/upload" not in scene.kept(job)


@pytest.mark.req("B-14")
def test_a_report_goes_with_the_file_that_it_was_made_of(scene: Scene) -> None:
    job = scene.imported()
    known = scene.backend.imports.get(MERCHANT, job.id)
    scene.backend.imports.replace(MERCHANT, known, known.reported("csv"))
    name = import_files.report(job.id, "csv")
    scene.backend.files.write(MERCHANT, "imports", name, "Ánh".encode())

    scene.privacy.erase(ANH)

    assert scene.backend.imports.get(MERCHANT, job.id).report is None
    assert not [secret for secret in SECRETS if secret in text(scene.kept(job))]


@pytest.mark.req("B-14")
@pytest.mark.parametrize(
    ("called", "left"), [("Ánh 0912345678.XLSX", "***.xlsx"), ("danh-sach.anh", "***")]
)
def test_the_name_of_a_file_goes_with_the_file_it_may_be_called_after_the_person(
    scene: Scene, called: str, left: str
) -> None:
    holding = scene.imported(file_name=called)
    without = scene.imported(LINES[2], file_name="Bình.xlsx")
    long_ago = stamp(scene.privacy.now() - timedelta(hours=2))
    never_read = scene.backend.upload(file_name=called, created_at=long_ago)

    scene.privacy.erase(ANH)

    jobs = (holding, without, never_read)
    named = [scene.backend.imports.get(MERCHANT, job.id).file_name for job in jobs]
    assert named == [left, "Bình.xlsx", left]


@pytest.mark.req("B-14")
def test_the_name_of_a_file_that_is_long_gone_goes_too_if_it_wrote_to_the_person(
    scene: Scene,
) -> None:
    old = scene.imported(file_name="Ánh.xlsx")
    job = scene.backend.imports.get(MERCHANT, old.id)
    scene.backend.imports.replace(
        MERCHANT, job, replace(job, created_at="2026-01-01T00:00:00.000Z")
    )

    scene.privacy.erase(ANH)

    assert scene.backend.imports.get(MERCHANT, old.id).file_name == "***.xlsx"


@pytest.mark.req("B-14", "B-15")
def test_every_live_export_of_the_merchant_goes_and_those_of_others_stay(
    scene: Scene,
) -> None:
    at = "2026-11-22T06:30:00.000Z"
    finished = replace(an_export(1).reading("x", "Asia/Ho_Chi_Minh", at).writing(2, at))
    finished = finished.written(f"{finished.id}/a.csv", 9, "ab", "cd").finished(at)
    scene.privacy.exports.add(MERCHANT, finished)
    scene.backend.files.write(MERCHANT, "exports", f"{finished.id}/a.csv", "Ánh".encode())
    scene.backend.files.write(OTHER_MERCHANT, "exports", f"{finished.id}/a.csv", b"theirs")

    request = scene.privacy.erase(ANH)

    after = scene.privacy.exports.get(MERCHANT, finished.id)
    assert (after.status, after.failure and after.failure.code) == ("failed", ERASED)
    assert after.expires_at is None
    kept = {(owner, where) for owner, where, _ in scene.backend.files.kept}
    assert (MERCHANT, "exports") not in kept
    assert (OTHER_MERCHANT, "exports") in kept
    assert request.erasure is not None
    assert request.erasure.stripped["export"] == 1


@pytest.mark.req("B-14")
def test_what_is_left_of_exports_that_were_given_up_or_have_expired_goes_too(
    scene: Scene,
) -> None:
    at = "2026-11-22T05:30:00.000Z"
    given_up = an_export(1).cancelled(at)
    old = an_export(2, created_at="2026-11-12T05:00:00.000Z").reading("x", "Asia/Ho_Chi_Minh", at)
    expired = old.writing(2, at).written("a.csv", 9, "ab", "cd")
    for job in (given_up, expired.finished("2026-11-12T05:01:00.000Z")):
        scene.privacy.exports.add(MERCHANT, job)
        scene.backend.files.write(MERCHANT, "exports", f"{job.id}/left", "Ánh".encode())

    request = scene.privacy.erase(ANH)

    assert scene.names_in("exports") == set()
    assert scene.privacy.exports.get(MERCHANT, given_up.id).status == "cancelled"
    assert request.erasure is not None
    assert "export" not in request.erasure.stripped


@pytest.mark.req("B-14")
def test_an_export_under_way_is_given_up_and_what_its_writer_still_writes_goes_too(
    scene: Scene,
) -> None:
    job = scene.export()
    request = scene.privacy.start(ANH)
    assert until_it_waits(scene, request.id) == 30
    assert scene.privacy.exports.get(MERCHANT, job.id).status == "failed"
    scene.backend.files.write(MERCHANT, "exports", f"{job.id}/parts/late", "Ánh".encode())

    waited = scene.privacy.finish(request.id)

    assert sum(waited) >= 15 * 60
    assert scene.names_in("exports") == set()


@pytest.mark.req("B-14")
def test_what_began_after_the_records_were_blank_is_of_somebody_new(scene: Scene) -> None:
    request = scene.privacy.start(ANH)
    scene.privacy.step(request.id)
    later = stamp(scene.privacy.now())
    export = scene.export(created_at=later)
    job = scene.imported(("Ánh mới", "0912345678", "", "mới tới", ""), created_at=later)

    scene.privacy.finish(request.id)

    assert scene.privacy.exports.get(MERCHANT, export.id).status == "queued"
    assert "mới tới" in text(scene.kept(job))
    (new,) = (each for each in scene.customers.everyone(MERCHANT) if each.note == "mới tới")
    assert new.id != ANH


@pytest.mark.req("B-14")
def test_many_imports_are_gone_through_some_a_call(scene: Scene) -> None:
    holding = [scene.imported() for _ in range(3)]
    others = [scene.imported(LINES[2]) for _ in range(25)]

    request = scene.privacy.erase(ANH)

    assert request.erasure is not None
    assert request.erasure.stripped["import"] == 3
    for job in holding:
        assert not [secret for secret in SECRETS if secret in text(scene.kept(job))]
    for job in others:
        assert "uploads/upload" in scene.kept(job)


@pytest.mark.req("B-14")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_files_are_stripped_whole_whoever_is_killed_on_the_way(
    scene: Scene,
    after: bool,  # noqa: FBT001 - a case of the table
) -> None:
    jobs = [scene.imported(), scene.imported(LINES[0], LINES[2])]
    request = scene.privacy.start(ANH)
    settled = False
    for attempt in range(300):
        try:
            progress = scene.privacy.step(
                request.id, Kill(attempt % 29 + 1, after=after), settled=settled
            )
        except KilledError:
            continue
        settled = progress.settled
        if progress.done:
            break

    assert scene.privacy.requests.get(MERCHANT, request.id).state == "done"
    for job in jobs:
        assert not [secret for secret in SECRETS if secret in text(scene.kept(job))]
        assert "Bình" in text(scene.kept(job))
