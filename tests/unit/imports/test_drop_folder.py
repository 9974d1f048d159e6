"""Dropped files: their merchants, their import options, and the quarantine."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crm.domain.imports.drop_folder import DROPPED_BY, Drop, job_of
from crm.domain.imports.job import MOST_BYTES
from crm.domain.kernel.ids import is_ulid
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import ImportOptions, Merchant
from crm.domain.messages.catalogue import text
from crm.usecases.imports.drop_folder import accept_drop
from tests.builders import MERCHANT, moment
from tests.fakes.drop_folder import InMemoryDrops
from tests.fakes.merchants import InMemoryMerchants
from tests.import_builders import Backend

FILE = "SĐT\n0912345678\n".encode()
MOC = Merchant(
    id=MERCHANT,
    name="Mộc",
    email="chu@moc.example",
    locale="en",
    import_options=ImportOptions("skip", dry_run=True),
    created_at=stamp(moment()),
)


def a_drop(key: str = f"drop/{MERCHANT}/khach.csv", **fields: Any) -> Drop:
    ordinary: dict[str, Any] = {
        "bucket": "files",
        "version": "v1",
        "etag": "e1",
        "size": 9,
        "at": moment(5),
    }
    return Drop(key=key, **{**ordinary, **fields})


class Door:
    """A drop folder, its imports and one merchant."""

    def __init__(self) -> None:
        self.backend = Backend()
        self.drops = InMemoryDrops(self.backend.files)
        self.merchants = InMemoryMerchants(MOC)

    def put(self, drop: Drop, content: bytes = b"x", **metadata: str) -> Drop:
        self.drops.kept[drop.key, drop.version] = (content, metadata)
        return drop

    def arrives(self, drop: Drop) -> str:
        return accept_drop(
            drop.merchant_id,
            drop,
            merchants=self.merchants,
            imports=self.backend.imports,
            drops=self.drops,
        )


@pytest.mark.req("001-28")
def test_a_dropped_file_is_imported_with_the_merchants_settings() -> None:
    door = Door()
    drop = door.put(a_drop(), FILE)

    assert door.arrives(drop) == "accepted"

    job = door.backend.imports.get(MERCHANT, drop.import_id)
    assert (job.options.mode, job.options.dry_run, job.options.kind, job.locale) == (
        "skip",
        True,
        "customers",
        "en",
    )
    assert (job.file.name, job.email, job.created_by) == (
        "khach.csv",
        "chu@moc.example",
        DROPPED_BY,
    )
    assert job.created_at == stamp(moment(5))
    assert door.backend.files.read(MERCHANT, "uploads", f"{job.id}/upload") == FILE
    assert door.drops.kept == {}


def test_metadata_of_a_file_takes_precedence_over_the_settings() -> None:
    metadata = {
        "mode": "Overwrite",
        "dry-run": "false",
        "kind": "points",
        "locale": "vi",
        "by": "x",
    }

    job = job_of(a_drop(), metadata, MOC)

    assert (job.options.mode, job.options.dry_run, job.options.kind, job.locale) == (
        "overwrite",
        False,
        "points",
        "vi",
    )
    assert job.file.refusal is None


@pytest.mark.parametrize(
    ("metadata", "option"),
    [
        ({"mode": "replace"}, "x-amz-meta-mode"),
        ({"dry-run": "maybe"}, "x-amz-meta-dry-run"),
        ({"kind": "orders"}, "x-amz-meta-kind"),
        ({"locale": "fr"}, "x-amz-meta-locale"),
    ],
)
def test_a_file_with_invalid_metadata_fails_with_a_reason_and_a_mail(
    metadata: Mapping[str, str], option: str
) -> None:
    door = Door()
    drop = door.put(a_drop(), FILE, **metadata)

    assert door.arrives(drop) == "refused"
    job = door.backend.imports.get(MERCHANT, drop.import_id)
    assert door.backend.read(job).outcome == "refused"
    door.backend.finish(job)

    failed = door.backend.imports.get(MERCHANT, job.id)
    assert failed.failure is not None
    assert (failed.status, failed.failure.code) == ("failed", "drop_option_invalid")
    for locale in ("vi", "en"):
        assert option in text(failed.failure.code, locale, failed.failure.params)
    (mail,) = door.backend.mails.sent
    assert mail.email == "chu@moc.example"
    assert door.drops.kept == {}


def test_a_file_over_the_limit_is_not_moved_and_its_import_fails() -> None:
    door = Door()
    drop = door.put(a_drop(size=MOST_BYTES + 1))

    assert door.arrives(drop) == "refused"

    job = door.backend.imports.get(MERCHANT, drop.import_id)
    assert job.file.refusal == Failure("file_too_large", {"limit": 64})
    assert door.backend.files.read(MERCHANT, "uploads", f"{job.id}/upload") == b""


@pytest.mark.parametrize(
    "key",
    ["drop/nobody/khach.csv", "drop/khach.csv", "drop//khach.csv", "drop/m-1#B#00/khach.csv"],
)
def test_a_file_of_an_unknown_merchant_is_quarantined_and_not_imported(key: str) -> None:
    door = Door()
    drop = door.put(a_drop(key))

    assert door.arrives(drop) == "quarantined"
    assert door.arrives(drop) == "ignored"

    assert door.drops.quarantined == {f"{drop.import_id}/{key.removeprefix('drop/')}": b"x"}
    assert door.backend.files.kept == {}
    assert door.backend.imports.newest(MERCHANT, limit=9, before=None).items == ()


def test_a_folder_marker_is_ignored() -> None:
    door = Door()
    for key in ("drop/", f"drop/{MERCHANT}/", f"drop/{MERCHANT}/2026/"):
        assert door.arrives(door.put(a_drop(key, size=0), b"")) == "ignored"

    assert len(door.drops.kept) == 3


def test_a_repeated_event_has_the_same_import_id_and_moves_nothing() -> None:
    door = Door()
    drop = door.put(a_drop())
    door.arrives(drop)

    assert door.arrives(drop) == "ignored"
    assert len(door.backend.imports.newest(MERCHANT, limit=9, before=None).items) == 1


def test_a_crash_before_the_file_was_moved_is_repaired_by_the_next_delivery() -> None:
    door = Door()
    drop = door.put(a_drop())
    door.backend.imports.add(MERCHANT, job_of(drop, {}, MOC))

    assert door.arrives(drop) == "accepted"
    assert door.backend.files.read(MERCHANT, "uploads", f"{drop.import_id}/upload") == b"x"


def test_a_second_file_of_the_same_name_is_another_import() -> None:
    first = a_drop()
    others = [
        a_drop(version="v2"),
        a_drop(version=None, etag="e2"),
        a_drop(at=moment(6)),
        a_drop(bucket="others"),
        a_drop(f"drop/{MERCHANT}/2026/khach.csv"),
    ]

    ids = {each.import_id for each in (first, *others)}

    assert len(ids) == 6
    assert all(map(is_ulid, ids))
    assert replace(first, size=10).import_id == first.import_id


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("2026/tháng 11/khách mới.xlsx", "khách mới.xlsx"),
        ("a+b%20c.csv", "a+b%20c.csv"),
        ("kh\r\nSubject: x.csv", "kh__Subject: x.csv"),
        ("..\\..\\x.csv", ".._.._x.csv"),
        ("  ", "file"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
    ],
)
def test_the_name_of_a_dropped_file_is_one_line_without_folders(key: str, name: str) -> None:
    assert a_drop(f"drop/{MERCHANT}/{key}").file_name == name


def test_a_key_of_the_maximum_length_fits_into_quarantine() -> None:
    drop = a_drop("drop/" + "ạ" * 339)

    assert len(f"quarantine/{drop.quarantine_name}".encode()) <= 1024
