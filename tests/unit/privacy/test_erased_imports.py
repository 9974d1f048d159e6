"""Imports with an erased person lose the person's lines, and nothing of others."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from crm.domain.customers.customer import Membership
from crm.domain.imports import file_names as import_files
from crm.domain.kernel.times import stamp
from tests.builders import MERCHANT, a_customer, an_activity, customer_id
from tests.engines.faults import KilledError
from tests.erased_file_builders import (
    ANH,
    BINH,
    HEADER,
    LINES,
    SECRETS,
    Scene,
    text,
    until_it_waits,
)
from tests.erasure_builders import SETTLE_SECONDS, Kill
from tests.import_builders import opening


@pytest.fixture
def scene() -> Scene:
    """Give a backend with two customers."""
    return Scene()


@pytest.mark.req("B-14")
def test_an_import_loses_its_upload_and_the_lines_of_the_person_only(
    scene: Scene,
) -> None:
    job = scene.imported()
    before = scene.files_of(job)
    assert all(secret in text(before) for secret in SECRETS[:3])

    scene.privacy.erase(ANH)

    after = scene.files_of(job)
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
def test_an_import_can_be_reverted_for_everyone_else(scene: Scene) -> None:
    job = scene.imported()
    assert scene.customers.get(MERCHANT, BINH).note == "mới"
    scene.privacy.erase(ANH)

    done = scene.backend.reverted(job)

    assert done.status == "reverted"
    assert scene.customers.get(MERCHANT, BINH).note == "cũ"
    anh_now = scene.customers.get(MERCHANT, ANH)
    assert (anh_now.status, anh_now.note, anh_now.full_name) == ("erased", None, None)


@pytest.mark.req("B-14")
def test_an_import_without_the_person_is_unchanged(scene: Scene) -> None:
    job = scene.imported(LINES[2], LINES[4])
    before = scene.files_of(job)

    scene.privacy.erase(ANH)

    assert scene.files_of(job) == before


@pytest.mark.req("B-14")
def test_an_import_that_names_the_person_by_a_former_identity_is_stripped(
    scene: Scene,
) -> None:
    job = scene.imported(("Ánh", "0912345678", "", "số cũ", ""), LINES[2])
    before = scene.customers.get(MERCHANT, ANH)
    changes = before.changes({"phone": "+84966000009", "note": None})
    after = before.edited(changes, before.created_by, before.updated_at)
    scene.customers.update(MERCHANT, before, after, an_activity(9, changes=changes))

    scene.privacy.erase(ANH)

    assert "số cũ" not in text(scene.files_of(job))
    assert "Bình" in text(scene.files_of(job))


@pytest.mark.req("B-14")
def test_a_row_of_the_new_holder_of_an_identity_is_kept(scene: Scene) -> None:
    before = scene.customers.get(MERCHANT, ANH)
    changes = before.changes({"phone": None})
    after = before.edited(changes, before.created_by, before.updated_at)
    scene.customers.update(MERCHANT, before, after, an_activity(9, changes=changes))
    job = scene.imported(("Dũng", "0912345678", "", "của Dũng", ""))

    scene.privacy.erase(ANH)

    assert "của Dũng" in text(scene.files_of(job))


@pytest.mark.req("B-14")
def test_a_plan_committed_after_the_erasure_skips_the_person(
    scene: Scene,
) -> None:
    job = scene.backend.upload(dry_run=True)
    scene.backend.planned(job, opening(HEADER, *LINES))
    scene.privacy.erase(ANH)

    done = scene.backend.committed(job)

    assert done.status == "finished"
    assert done.progress.result is not None
    assert done.progress.result.by_outcome()["conflict"] == 1
    assert scene.customers.get(MERCHANT, BINH).note == "mới"
    assert scene.customers.get(MERCHANT, ANH).full_name is None


@pytest.mark.req("B-14")
def test_a_plan_does_not_create_a_customer_added_and_erased_meanwhile(
    scene: Scene,
) -> None:
    job = scene.backend.upload(dry_run=True)
    scene.backend.planned(job, opening(HEADER, ("Dũng", "0977000001", "", "", ""), LINES[4]))
    dung = a_customer(5, code="KH000905", full_name="Dũng", phone="+84977000001")
    scene.customers.add(MERCHANT, dung)
    scene.privacy.erase(dung.id)

    assert "977000001" not in text(scene.files_of(job))
    done = scene.backend.committed(job)

    assert done.progress.result is not None
    assert done.progress.result.rows == {"conflict": 1, "created": 1}


@pytest.mark.req("B-02", "B-14")
def test_a_resumed_commit_does_not_create_a_customer_erased_meanwhile(
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

    assert done.progress.result is not None
    assert done.progress.result.rows == {"conflict": 1, "updated": 1, "created": 1}
    names = [each.full_name for each in scene.customers.everyone(MERCHANT)]
    assert sorted(map(str, names)) == ["Bình", "Cúc", "None", "Ánh"]


@pytest.mark.req("B-02", "B-14")
def test_a_resumed_commit_of_points_skips_an_erased_customer(
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

    assert done.progress.result is not None
    assert done.progress.result.rows == {"conflict": 1, "updated": 1}
    balances = [
        scene.customers.get(MERCHANT, customer_id(number)).membership.points.available
        for number in (5, 6)
    ]
    assert balances == [0, 20]


@pytest.mark.req("B-14")
def test_an_erasure_waits_for_a_running_import_whose_row_of_the_person_is_a_conflict(
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
    assert not [secret for secret in SECRETS if secret in text(scene.files_of(job))]
    assert scene.customers.get(MERCHANT, ANH).full_name is None


@pytest.mark.req("B-14")
def test_a_refused_upload_is_removed_because_it_may_contain_the_person(scene: Scene) -> None:
    job = scene.imported(("Ánh", "0912345678"), ("Số điện thoại", "Số điện thoại"))
    refused = scene.backend.upload(b"0912345678")
    scene.backend.read(refused, opening(("Sản phẩm",), ("0912345678",)))
    assert scene.backend.imports.get(MERCHANT, refused.id).status == "failed"

    scene.privacy.erase(ANH)

    assert scene.files_of(refused) == {}
    assert "uploads/upload" not in scene.files_of(job)


@pytest.mark.req("B-14")
def test_the_report_of_a_stripped_import_is_removed(scene: Scene) -> None:
    job = scene.imported()
    stored = scene.backend.imports.get(MERCHANT, job.id)
    scene.backend.imports.replace(MERCHANT, stored, stored.reported("csv"))
    name = import_files.report(job.id, "csv")
    scene.backend.files.write(MERCHANT, "imports", name, "Ánh".encode())

    scene.privacy.erase(ANH)

    assert scene.backend.imports.get(MERCHANT, job.id).report is None
    assert not [secret for secret in SECRETS if secret in text(scene.files_of(job))]


@pytest.mark.req("B-14")
@pytest.mark.parametrize(
    ("called", "left"), [("Ánh 0912345678.XLSX", "***.xlsx"), ("danh-sach.anh", "***")]
)
def test_the_name_of_a_removed_upload_is_removed_because_it_may_name_the_person(
    scene: Scene, called: str, left: str
) -> None:
    containing = scene.imported(file_name=called)
    without = scene.imported(LINES[2], file_name="Bình.xlsx")
    long_ago = stamp(scene.privacy.now() - timedelta(hours=2))
    never_read = scene.backend.upload(file_name=called, created_at=long_ago)

    scene.privacy.erase(ANH)

    jobs = (containing, without, never_read)
    named = [scene.backend.imports.get(MERCHANT, job.id).file.name for job in jobs]
    assert named == [left, "Bình.xlsx", left]


@pytest.mark.req("B-14")
def test_the_name_of_an_expired_file_that_wrote_to_the_person_is_removed(
    scene: Scene,
) -> None:
    old = scene.imported(file_name="Ánh.xlsx")
    job = scene.backend.imports.get(MERCHANT, old.id)
    scene.backend.imports.replace(
        MERCHANT, job, replace(job, created_at="2026-01-01T00:00:00.000Z")
    )

    scene.privacy.erase(ANH)

    assert scene.backend.imports.get(MERCHANT, old.id).file.name == "***.xlsx"


@pytest.mark.req("B-14")
def test_many_imports_are_processed_over_several_calls(scene: Scene) -> None:
    containing = [scene.imported() for _ in range(3)]
    others = [scene.imported(LINES[2]) for _ in range(25)]

    request = scene.privacy.erase(ANH)

    assert request.erasure is not None
    assert request.erasure.stripped["import"] == 3
    for job in containing:
        assert not [secret for secret in SECRETS if secret in text(scene.files_of(job))]
    for job in others:
        assert "uploads/upload" in scene.files_of(job)


@pytest.mark.req("B-14")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_files_are_stripped_completely_after_kills_at_any_call(
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
        assert not [secret for secret in SECRETS if secret in text(scene.files_of(job))]
        assert "Bình" in text(scene.files_of(job))
