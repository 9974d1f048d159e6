"""The report of an import: rows that need attention, to be corrected and imported again."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from crm.domain.imports import file_names as import_files
from crm.domain.imports.job import ImportJob
from crm.domain.imports.reports import ReportKind
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.tables import Cell
from crm.files.imports.reports import write_report
from crm.files.imports.uploads import open_table
from crm.usecases.imports.report_link import fetch_report
from crm.usecases.imports.reporting import report_import
from tests.builders import MERCHANT, a_customer, moment
from tests.import_builders import Backend, OpenCustomers
from tests.workbooks import a_row_of, a_workbook, packed, sheet_xml

HEADER = ("STT", "Họ và tên", "SĐT", "Email", "Ngày sinh")


def reported(
    backend: Backend, content: bytes, sent_later: bytes | None = None, **fields: Any
) -> ImportJob:
    """Run an import with its report, and return it."""
    job = backend.upload(content, **fields)
    for ready in backend.planned(job):
        backend.apply(job, ready)
    if sent_later is not None:
        backend.files.write(MERCHANT, "uploads", import_files.upload(job.id), sent_later)
    report(backend, job)
    backend.finish(job)
    return backend.imports.get(MERCHANT, job.id)


def report(backend: Backend, job: ImportJob) -> None:
    """Write the report of an import that is applied."""
    with TemporaryDirectory() as folder:
        report_import(
            MERCHANT,
            job.id,
            folder=Path(folder),
            imports=backend.imports,
            files=backend.files,
            open_table=open_table,
            write_report=write_report,
        )
        assert not list(Path(folder).iterdir())


def written(backend: Backend, job: ImportJob) -> bytes:
    assert job.report is not None
    return backend.files.read(MERCHANT, "imports", import_files.report(job.id, job.report))


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    workbook = load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in workbook}


def a_csv(*lines: Sequence[str], delimiter: str = ",") -> bytes:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(lines)
    return text.getvalue().encode()


def of_csv(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


@pytest.mark.req("B-03")
def test_a_report_has_the_rows_not_imported_as_typed_with_reasons_and_suggestions() -> None:
    backend = Backend()
    content = a_workbook(
        ("Danh sách khách",),
        HEADER,
        (1, "Lan", 912345678, "lan@x.vn", date(1990, 5, 17)),
        (2, "Bình", "0912345679", "khong-phai", "17/05/1990"),
        (3, "Ánh", 12, "anh@x.vn", date(1991, 1, 2)),
        title="Khách tháng 11",
    )

    job = reported(backend, content)

    assert job.report == "xlsx"
    report = sheets(written(backend, job))
    assert list(report) == ["Khách tháng 11", "Tổng kết"]
    header, mail, short = report["Khách tháng 11"]
    assert header == (*HEADER, "Lý do", "Gợi ý")
    assert mail[:5] == (2, "Bình", "0912345679", "khong-phai", "17/05/1990")
    assert mail[5:] == ("Dòng 4. Email: Email không hợp lệ.", "Email: Nhập dạng ten@congty.vn.")
    assert [cell.date() if hasattr(cell, "date") else cell for cell in short[:5]] == [
        3, "Ánh", 12, "anh@x.vn", date(1991, 1, 2)
    ]  # fmt: skip
    assert short[5].startswith("Dòng 5. SĐT: Không đọc được số điện thoại.")
    sheet = load_workbook(BytesIO(written(backend, job)))["Khách tháng 11"]
    assert sheet["E3"].number_format == "dd/mm/yyyy"
    assert dict(report["Tổng kết"]) == {
        "Tệp": "khach-hang.xlsx",
        "Số dòng": 3,
        "Khách hàng mới": 1,
        "Không hợp lệ, không nhập": 2,
        "Cột không nhập": "STT",
    }


@pytest.mark.req("B-03")
def test_a_file_uploaded_in_place_of_the_imported_one_gets_no_report() -> None:
    first = a_csv(HEADER, ("1", "Sai", "09", "", ""))
    other = a_csv(HEADER, ("1", "Khác", "0912345678", "", ""))

    assert reported(Backend(), first, sent_later=first).report == "csv"
    assert reported(Backend(), first, sent_later=other).report is None


def test_text_that_looks_like_a_formula_or_an_error_stays_text() -> None:
    lines = [(("A", "Họ và tên"), ("B", "SĐT")), (("A", "=1+1"), ("B", "#N/A"))]
    content = packed(sheet_xml("".join(a_row_of(n, *line) for n, line in enumerate(lines, 1))))
    backend = Backend()

    report = load_workbook(BytesIO(written(backend, reported(backend, content))))

    cells = report.worksheets[0][2]
    assert [(cell.value, cell.data_type) for cell in cells[:2]] == [("=1+1", "s"), ("#N/A", "s")]


@pytest.mark.req("B-03")
def test_a_report_is_in_the_language_of_the_import() -> None:
    backend = Backend()
    job = reported(backend, a_workbook(HEADER, (1, "Lan", "12")), locale="en")

    (header, row), summary = sheets(written(backend, job)).values()
    assert header[5:] == ("Reason", "Suggestion")
    assert row[5].startswith("Row 2. SĐT: This phone number cannot be read.")
    assert ("Not valid, not imported", 1) in summary


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_reported_as_csv_with_its_own_delimiter_and_no_formulas(delimiter: str) -> None:
    backend = Backend()
    content = a_csv(HEADER, ("1", "'=1+1", "12", "", "x"), ("2", "Lan", "0912345678", "", ""),
                    delimiter=delimiter)  # fmt: skip

    job = reported(backend, content, file_name="khach.csv")

    assert job.report == "csv"
    header, row = of_csv(written(backend, job), delimiter)
    assert header == [*HEADER, "Lý do", "Gợi ý"]
    assert row[:5] == ["1", "'=1+1", "12", "", "x"]


def test_an_import_of_every_row_has_no_report() -> None:
    backend = Backend()
    job = reported(backend, a_workbook(HEADER, (1, "Lan", "0912345678")))

    assert job.report is None
    with pytest.raises(Conflict, match="import_has_no_report"):
        fetch_report(MERCHANT, job.id, now=moment(), imports=backend.imports, files=backend.files)


@pytest.mark.req("001-31", "D3")
def test_rows_that_created_duplicates_are_on_a_sheet_that_is_not_imported() -> None:
    lines = [("Họ và tên", "SĐT"), ("Lan", "0912345678"), ("Lan Anh", "0912345678")]
    known = a_customer(1, phone="+84912345678")
    backend, other = Backend(OpenCustomers(known)), Backend(OpenCustomers(known))

    job = reported(backend, a_workbook(*lines, ("Ánh", "9")), mode="create_duplicate")
    as_csv = reported(other, a_csv(*lines), mode="create_duplicate", file_name="k.csv")

    report = sheets(written(backend, job))
    assert [row[0] for row in report["Khách hàng"]] == ["Họ và tên", "Ánh"]
    assert [row[:2] for row in report["Đã tạo trùng"]] == lines
    assert as_csv.report is None


def test_notices_of_imported_rows_are_on_a_separate_sheet() -> None:
    backend = Backend()
    content = a_workbook(("Mã KH", "Họ tên", "SĐT"), ("KH000999", "Lan", ""), ("", "Ánh", "9"))

    report = sheets(written(backend, reported(backend, content)))

    header, notice = report["Cần xem lại"]
    assert header == ("Dòng", "Cột", "Lý do", "Gợi ý")
    assert notice[:2] == (2, "Mã KH")
    assert "Không có khách hàng nào mang mã này" in notice[2]


def test_rows_merged_into_a_failed_row_are_reported_with_it() -> None:
    backend = Backend()
    content = a_workbook(
        ("Họ và tên", "Mã thẻ"), ("Lan", "TV1"), ("__CLEAR__", "TV1"), ("Ánh", "TV2")
    )

    (_, first, later), _ = sheets(written(backend, reported(backend, content))).values()

    assert first[2].startswith("Dòng 2. Dòng này cần ít nhất họ, tên,")
    assert later[2:] == (
        "Dòng 3. Dòng này cùng một người với dòng 2, mà dòng đó không nhập được.",
        "Hãy sửa dòng 2.",
    )


@pytest.mark.req("B-03")
def test_mapped_headers_are_recognized_in_the_report_without_a_mapping() -> None:
    backend = Backend()
    content = a_workbook(
        ("Mã", "ID", "SĐT", "Di động", "Tên riêng"), ("TV9", "7", "x", "12", "Lan")
    )
    mapping = {"Mã": "card_code", "ID": "external_ids.haravan", "Di động": "phone",
               "Tên riêng": "full_name"}  # fmt: skip

    job = reported(backend, content, mapping=mapping)

    header, _ = sheets(written(backend, job))["Khách hàng"]
    assert header[:5] == ("Mã thẻ thành viên", "external_ids.haravan", "SĐT - không nhập",
                          "Di động", "Họ và tên")  # fmt: skip
    again = backend.upload(written(backend, job))
    backend.run(again)
    read = backend.imports.get(MERCHANT, again.id)
    assert read.failure is None
    assert read.file.ignored_columns == ("SĐT - không nhập",)
    assert [each.problems for each in backend.outcomes(again)] == [
        each.problems for each in backend.outcomes(job)
    ]


def test_a_name_under_a_merged_header_has_two_columns_in_the_report() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    lines: list[tuple[str | int | None, ...]] = [
        ("STT", "Họ và tên", None, "SĐT"),
        (1, "Nguyễn Thị", "Ánh", "12"),
        (2, "Lê", "Lan", "0912345678"),
    ]
    for number, line in enumerate(lines, 3):
        for place, value in enumerate(line, 2):  # not from the first column
            sheet.cell(number, place, value)
    sheet.merge_cells("C3:D3")
    target = BytesIO()
    workbook.save(target)
    customers = OpenCustomers()
    backend = Backend(customers)

    job = reported(backend, target.getvalue())

    (lan,) = customers.everyone(MERCHANT)
    assert (lan.family_name, lan.given_name, lan.full_name) == ("Lê", "Lan", "Lê Lan")
    header, anh = sheets(written(backend, job))["Sheet"]
    assert header[:4] == ("STT", "Họ", "Tên", "SĐT")
    assert anh[:4] == (1, "Nguyễn Thị", "Ánh", "12")


def test_a_report_of_a_report_has_one_reason_and_one_suggestion_column() -> None:
    backend = Backend()
    first = reported(backend, a_workbook(HEADER, (1, "Lan", "12")))

    second = reported(backend, written(backend, first))

    header, row = sheets(written(backend, second))["Khách hàng"]
    assert header == (*HEADER, "Lý do", "Gợi ý")
    assert row[5].startswith("Dòng 2. SĐT:")
    assert second.file.ignored_columns == ("STT",)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_date_keeps_its_meaning_without_the_rows_that_implied_its_order(
    kind: ReportKind,
) -> None:
    lines = [
        ("Tên", "SĐT", "Ngày sinh"),
        ("Lan", "12", "05/06/1990"),
        *((f"Khách {n}", f"09123456{n:02}", f"05/{n + 13}/1990") for n in range(10)),
    ]
    backend = Backend()
    content = a_workbook(*lines) if kind == "xlsx" else a_csv(*lines)

    job = reported(backend, content, file_name=f"k.{kind}")

    report = written(backend, job)
    row = sheets(report)["Khách hàng"][1] if kind == "xlsx" else of_csv(report)[1]
    assert row[2] == "1990-05-06"


def test_the_summary_lists_hidden_rows_and_sheets() -> None:
    workbook = load_workbook(BytesIO(a_workbook(HEADER, *[(n, "Lan", "12") for n in range(6)],
                                                hidden=True)))  # fmt: skip
    for number in (3, 4, 6):
        workbook["Khách hàng"].row_dimensions[number].hidden = True
    target = BytesIO()
    workbook.save(target)
    backend = Backend()

    job = reported(backend, target.getvalue())

    assert (job.file.hidden_sheets, job.file.hidden_rows) == (("Ẩn",), 3)
    summary = dict(sheets(written(backend, job))["Tổng kết"])
    assert summary["Trang tính ẩn, không nhập"] == "Ẩn"
    assert summary["Dòng ẩn, vẫn được nhập"] == "3-4, 6"


def test_a_link_lasts_a_quarter_of_an_hour_and_the_report_thirty_days() -> None:
    backend = Backend()
    job = reported(backend, a_workbook(HEADER, (1, "Lan", "12")), file_name="Khách tháng 11.xlsx")
    now = moment(60)

    link = fetch_report(MERCHANT, job.id, now=now, imports=backend.imports, files=backend.files)

    assert link.file_name == "khach-thang-11-can-sua.xlsx"
    assert f"/imports/{MERCHANT}/{job.id}/report.xlsx" in link.url
    assert link.expires_at > job.created_at
    late = now + timedelta(days=31)
    with pytest.raises(NotFound, match="import_report_gone"):
        fetch_report(MERCHANT, job.id, now=late, imports=backend.imports, files=backend.files)


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("Khách hàng (bản 2).XLSX", "khach-hang-ban-2-to-correct.csv"),
        ("客户.csv", "import-to-correct.csv"),
        ("khach", "khach-to-correct.csv"),
        ("x" * 250 + ".csv", "x" * 60 + "-to-correct.csv"),
    ],
)
def test_a_report_is_named_after_its_file_in_ascii_letters(file_name: str, expected: str) -> None:
    assert import_files.report_saved_as(file_name, "csv", "en") == expected


#: Rows that fail or not, and what their sender writes instead of what failed.
bad_phones = st.sampled_from(["09", "1900 1234", "09xx xxx 678"])
bad_mails = st.sampled_from(["@", "a@", "n***@…"])
people = st.lists(
    st.tuples(
        st.booleans(),
        st.booleans(),
        bad_phones,
        bad_mails,
        st.sampled_from(["", "28/3", "17/05/1990", "5/6/1990", "05/17/1990"]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.req("B-03")
@given(people, st.sampled_from(["xlsx", "csv"]))
def test_a_corrected_report_is_imported_completely_without_duplicates(
    drawn: list[tuple[bool, bool, str, str, str]], kind: ReportKind
) -> None:
    def line(place: int, *, mended: bool) -> tuple[str, ...]:
        phone_fails, mail_fails, phone, mail, birthday = drawn[place]
        return (
            str(place),
            f"Khách {place}",
            phone if phone_fails and not mended else f"091234560{place}",
            mail if mail_fails and not mended else f"k{place}@x.vn",
            birthday if not mended or "17/1" not in birthday else "17/05/1990",
        )

    lines = [line(place, mended=False) for place in range(len(drawn))]
    content = a_workbook(HEADER, *lines) if kind == "xlsx" else a_csv(HEADER, *lines)
    customers = OpenCustomers()
    backend = Backend(customers)
    first = reported(backend, content, file_name=f"khach.{kind}")
    assert first.progress.result is not None
    if first.report is not None:
        report = written(backend, first)
        rows = (
            [list(row) for row in next(iter(sheets(report).values()))]
            if kind == "xlsx"
            else of_csv(report)
        )
        for row in rows[1:]:
            row[2:4] = line(int(row[0]), mended=True)[2:4]
            if "17/1" in str(row[4]):
                row[4] = "17/05/1990"
        mended = a_workbook(*rows) if kind == "xlsx" else a_csv(*rows)

        second = reported(backend, mended, file_name=f"khach.{kind}")

        assert second.progress.result is not None
        assert set(second.progress.result.rows) == {"created"}
        assert second.report is None
        assert second.file.ignored_columns == ("STT",)
    assert sorted(each.phone or "" for each in customers.everyone(MERCHANT)) == [
        f"+8491234560{place}" for place in range(len(drawn))
    ]


def test_unwritable_cells_do_not_stop_a_report() -> None:
    odd: list[tuple[Cell, ...]] = [
        ("1", "Lan\x00", "0912345678", "x" * 40_000, ""),
        ("2", "#N/A", "12", "\u2028\ud7ff", "-"),
    ]
    backend = Backend()

    job = reported(
        backend, a_csv(HEADER, *[[str(c) for c in row] for row in odd]), file_name="k.csv"
    )

    first, second = of_csv(written(backend, job))[1:]
    assert (first[1], len(first[3])) == ("Lan", 40_000)
    assert second[1] == "#N/A"


def test_recording_a_report_reads_the_import_again_only_after_another_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = Backend()
    job = backend.upload(a_csv(HEADER, ("1", "Lan", "12", "", "")), file_name="k.csv")
    for ready in backend.planned(job):
        backend.apply(job, ready)
    reads: list[ImportJob] = []
    get, replace_job = backend.imports.get, backend.imports.replace
    conflicts = [Stale("stale", current_version=None)]

    def count(*key: Any) -> ImportJob:
        reads.append(get(*key))
        return reads[-1]

    def meet_another_write(*written: Any) -> ImportJob:
        if conflicts:
            raise conflicts.pop()
        return replace_job(*written)

    monkeypatch.setattr(backend.imports, "get", count)
    report(backend, job)
    assert len(reads) == 1

    monkeypatch.setattr(backend.imports, "replace", meet_another_write)
    report(backend, job)
    assert len(reads) == 3
