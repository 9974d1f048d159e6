"""Write the report of an import."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from crm.domain.imports import file_names as import_files
from crm.domain.imports.columns import Header
from crm.domain.imports.job import MOST_BYTES, ImportJob
from crm.domain.imports.progress import sum_of
from crm.domain.imports.reports import (
    ADDED,
    FAILED,
    Notice,
    Remark,
    Report,
    ReportKind,
    ReportRow,
    as_iso_day,
    column_name,
    headers_for,
    merchant_places,
    needs_report,
    numbered,
    remark_of,
    summary_of,
)
from crm.domain.imports.rows import birthday_order
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.tables import NumberedRow, Sheet
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.dates import Order
from crm.ports.files import ExportFiles
from crm.ports.imports import Imports, OpenTable, WriteReport
from crm.usecases.imports.chunk_rows import rows_of_chunk
from crm.usecases.imports.reading import find_sheet


class _Reported(NamedTuple):
    """Remarks on the rows of a report, by row number."""

    failed: Mapping[int, Remark]
    duplicated: Mapping[int, Remark]
    notices: list[Notice]


def report_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    folder: Path,
    imports: Imports,
    files: ExportFiles,
    open_table: OpenTable,
    write_report: WriteReport,
) -> ReportKind | None:
    """Write a report if any row of an applied import needs attention; retries write the same.

    The merchant's file is read once more for the cells as they were typed.
    """
    job = imports.get(merchant_id, import_id)
    if job.status != "applying":
        return None
    applied = imports.recorded(merchant_id, import_id, "applied")
    so_far = job.finished(sum_of(applied.values()), job.created_at)
    if not needs_report(so_far, "xlsx"):
        return None
    content = files.read(
        merchant_id, "uploads", import_files.upload(import_id), largest=MOST_BYTES
    )
    if sha256(content).hexdigest() != job.file.hash:
        return None  # another file was uploaded in its place
    table = open_table(content)
    if not needs_report(so_far, table.kind):
        return None
    sheet, header = find_sheet(table, job)
    reported = _remarks_on_rows(job, header, sorted(applied), files)
    report_rows = _ReportRows(sheet, header, job.locale)
    report = Report(
        kind=table.kind,
        locale=job.locale,
        delimiter=table.delimiter,
        sheet=sheet.name,
        headers=[*headers_for(header, job), *ADDED[job.locale]],
        rows=report_rows.with_remarks(reported.failed),
        duplicated=report_rows.with_remarks(reported.duplicated),
        notices=reported.notices,
        summary=summary_of(so_far, [each for each in sheet.hidden_rows if each > header.number]),
    )
    target = folder / f"{import_id}.{table.kind}"
    try:
        write_report(target, report)
        name = import_files.report(import_id, table.kind)
        files.write_from(merchant_id, "imports", name, target)
    finally:
        target.unlink(missing_ok=True)
    return _record_report(job, table.kind, imports)


def _record_report(job: ImportJob, kind: ReportKind, imports: Imports) -> ReportKind:
    def record(current: ImportJob) -> ReportKind:
        imports.replace(current.merchant_id, current, current.reported(kind))
        return kind

    return retry_on_conflict(
        lambda: record(imports.get(job.merchant_id, job.id)), first=lambda: record(job)
    )


def _remarks_on_rows(
    job: ImportJob, header: Header, chunks: Iterable[int], files: ExportFiles
) -> _Reported:
    """Collect the remarks on rows; equal remarks share one object, to save memory at 200,000."""
    remarks = _Remarks(header, job.locale)
    notices: list[Notice] = []
    failed: dict[int, Remark] = {}
    duplicated: dict[int, Remark] = {}
    merged: list[tuple[int, int]] = []
    for row in chain.from_iterable(rows_of_chunk(job, "applied", each, files) for each in chunks):
        if row.outcome in FAILED:
            failed[row.number] = remarks.of(row.problems)
        elif row.outcome == "duplicated":
            duplicated[row.number] = remarks.of([Problem("", "row_duplicated")])
        elif row.outcome == "merged_in_file" and row.into is not None:
            merged.append((row.number, row.into))
        notices.extend(
            Notice(row.number, column_name(each.field, header), remarks.of([each]))
            for each in row.notices
        )
    for number, into in merged:
        if into in failed:
            failed[number] = remarks.of([Problem("", "merged_into_failed", {"row": into})])
    return _Reported(failed, duplicated, sorted(notices))


class _Remarks:
    """Formats remarks, caching equal ones."""

    def __init__(self, header: Header, locale: Locale) -> None:
        self._header = header
        self._locale = locale
        self._cache: dict[tuple[tuple[object, ...], ...], Remark] = {}

    def of(self, problems: Iterable[Problem]) -> Remark:
        """Return the remark on problems."""
        problems = tuple(problems)
        key = tuple((each.field, each.code, *each.params.items()) for each in problems)
        if key not in self._cache:
            self._cache[key] = remark_of(problems, self._header, self._locale)
        return self._cache[key]


class _ReportRows:
    """Builds report rows from the merchant's sheet: cells as typed, and a remark."""

    def __init__(self, sheet: Sheet, header: Header, locale: Locale) -> None:
        self._sheet = sheet
        self._header = header
        self._locale = locale

    def with_remarks(self, remarks: Mapping[int, Remark]) -> Iterator[ReportRow]:
        """Yield the rows that have a remark, in the order of the sheet."""
        places = merchant_places(self._header)
        birthday = self._header.columns.get("birthday")
        order = self._order(remarks)
        for number, cells in self._selected(remarks):
            width = len(cells)
            row = [cells[place] if place < width else "" for place in places]
            if order and birthday is not None and birthday < width:
                row[places.index(birthday)] = as_iso_day(cells[birthday], order)
            yield [*row, *numbered(remarks[number], number, self._locale)]

    def _selected(self, remarks: Mapping[int, Remark]) -> Iterator[NumberedRow]:
        return (row for row in self._sheet if row.number in remarks)

    def _order(self, remarks: Mapping[int, Remark]) -> Order | None:
        """Return the date order of the birthdays, unless these rows alone imply day first."""
        whole = birthday_order(self._sheet, self._header)
        if whole == "day_first" == birthday_order(self._selected(remarks), self._header):
            return None
        return whole
