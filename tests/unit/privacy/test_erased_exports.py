"""Exports that may contain an erased person are removed whole."""

from dataclasses import replace

import pytest

from crm.domain.exports.job import ERASED
from crm.domain.kernel.times import stamp
from tests.builders import MERCHANT, OTHER_MERCHANT
from tests.erased_file_builders import (
    ANH,
    Scene,
    text,
    until_it_waits,
)
from tests.export_builders import an_export


@pytest.fixture
def scene() -> Scene:
    """Give a backend with two customers."""
    return Scene()


@pytest.mark.req("B-14", "B-15")
def test_every_live_export_of_the_merchant_is_removed_and_others_stay(
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
    areas = {(owner, where) for owner, where, _ in scene.backend.files.kept}
    assert (MERCHANT, "exports") not in areas
    assert (OTHER_MERCHANT, "exports") in areas
    assert request.erasure is not None
    assert request.erasure.stripped["export"] == 1


@pytest.mark.req("B-14")
def test_leftover_files_of_cancelled_and_expired_exports_are_removed(
    scene: Scene,
) -> None:
    at = "2026-11-22T05:30:00.000Z"
    cancelled = an_export(1).cancelled(at)
    old = an_export(2, created_at="2026-11-12T05:00:00.000Z").reading("x", "Asia/Ho_Chi_Minh", at)
    expired = old.writing(2, at).written("a.csv", 9, "ab", "cd")
    for job in (cancelled, expired.finished("2026-11-12T05:01:00.000Z")):
        scene.privacy.exports.add(MERCHANT, job)
        scene.backend.files.write(MERCHANT, "exports", f"{job.id}/left", "Ánh".encode())

    request = scene.privacy.erase(ANH)

    assert scene.names_in("exports") == set()
    assert scene.privacy.exports.get(MERCHANT, cancelled.id).status == "cancelled"
    assert request.erasure is not None
    assert "export" not in request.erasure.stripped


@pytest.mark.req("B-14")
def test_a_running_export_fails_and_files_written_late_are_removed(
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
def test_jobs_created_after_the_records_were_stripped_are_kept(scene: Scene) -> None:
    request = scene.privacy.start(ANH)
    scene.privacy.step(request.id)
    later = stamp(scene.privacy.now())
    export = scene.export(created_at=later)
    job = scene.imported(("Ánh mới", "0912345678", "", "mới tới", ""), created_at=later)

    scene.privacy.finish(request.id)

    assert scene.privacy.exports.get(MERCHANT, export.id).status == "queued"
    assert "mới tới" in text(scene.files_of(job))
    (new,) = (each for each in scene.customers.everyone(MERCHANT) if each.note == "mới tới")
    assert new.id != ANH
