"""Exports from start to end: which customers they include, and what they write."""

from dataclasses import replace
from hashlib import sha256
from json import loads
from pathlib import Path
from typing import Any

import pytest

from crm.domain.exports.job import ROWS_A_SHEET, SnapshotFilter, manifest_of
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from tests.builders import LAN, MERCHANT, a_customer, customer_id, moment
from tests.export_builders import MANY, Exporting, an_export, export_id, people
from tests.fakes.imports import RecordedMails


def codes(exporting: Exporting) -> list[str]:
    """Return the codes in the file, a CSV of one column, with its header."""
    return exporting.file.decode("utf-8-sig").split()[1:]


def of_codes(folder: Path, *customers: Any, **fields: Any) -> Exporting:
    return Exporting(folder, *customers, columns=("code",), locale="en", **fields)


# ── included customers ───────────────────────────────────────────────────────────────────────


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


# ── results ──────────────────────────────────────────────────────────────────────────────────


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
