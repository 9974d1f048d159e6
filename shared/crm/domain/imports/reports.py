"""The report of the rows that need attention, in a form that can be corrected and imported again.

outcome                  where it is reported                imported again
-----------------------  ----------------------------------  -----------------------------------
invalid, conflict        the first sheet, with suggestions   yes: nothing of it was imported
merged into one of them  the first sheet                     yes: it was not imported either
duplicated               a separate sheet of a workbook      no: it created a customer
any, with a notice       a separate sheet of a workbook      no: it was imported

The columns are the merchant's own. A header known only from a `mapping` gets our spelling.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from crm.domain.customers.column import Guide
from crm.domain.customers.columns import COLUMNS_BY_ID, ENTRIES, EXTERNAL
from crm.domain.imports.columns import Header, is_recognized
from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import OUTCOMES, Outcome
from crm.domain.kernel.errors import Problem, Refused
from crm.domain.kernel.tables import Cell
from crm.domain.messages.catalogue import Locale, text
from crm.domain.messages.imports import OUTCOME_LABELS
from crm.domain.spreadsheets.dates import Order, iso_of

ReportKind = Literal["xlsx", "csv"]

FAILED: frozenset[Outcome] = frozenset({"invalid", "conflict"})
#: Headers of the added columns: the reason and what to do.
ADDED: Mapping[Locale, tuple[str, str]] = {
    "vi": ("Lý do", "Gợi ý"),
    "en": ("Reason", "Suggestion"),
}
_NOT_IMPORTED: Mapping[Locale, str] = {"vi": "không nhập", "en": "not imported"}
_EXAMPLE: Mapping[Locale, str] = {"vi": "Ví dụ", "en": "For example"}
_ROW: Mapping[Locale, str] = {"vi": "Dòng", "en": "Row"}
_EXTERNAL_GUIDE = Guide(
    "Mã của khách hàng trên nền tảng đó.", "What that platform calls the customer.", "1009"
)
#: The first sentence of a message is what is wrong, the others are what to do.
_after_first = re.compile(r"(?<=[.!?])\s+(?=\w)").split
_ISO_DAY = re.compile(r"(?:\d{4}|-)-\d\d-\d\d", re.ASCII).fullmatch
_MOST_RANGES = 100

type ReportRow = Sequence[Cell]


class Remark(NamedTuple):
    """Why a row was not imported, and what to do."""

    reason: str
    suggestion: str


class Notice(NamedTuple):
    """A remark about one cell of a row that was imported."""

    number: int
    column: str
    remark: Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report to write. `rows` and `duplicated` can be iterated once.

    Rows have a cell for each header; the reason and the suggestion come last.
    """

    kind: ReportKind
    locale: Locale
    delimiter: str
    sheet: str
    headers: Sequence[Cell]
    rows: Iterator[ReportRow]
    duplicated: Iterator[ReportRow]
    notices: Sequence[Notice]
    summary: Sequence[tuple[str, str | int]]


def needs_report(job: ImportJob, kind: ReportKind) -> bool:
    """Tell whether a report of this kind would list any row."""
    if job.progress.result is None:
        return False
    counts = job.progress.result.by_outcome()
    failed = sum(counts[outcome] for outcome in FAILED)
    return bool(failed or (kind == "xlsx" and counts["duplicated"]))


def remark_of(problems: Iterable[Problem], header: Header, locale: Locale) -> Remark:
    """Return why a row was not imported, column by column, and what to do.

    The guide of the column stands in for a message without a suggestion.
    """
    reasons: list[str] = []
    suggestions: list[str] = []
    for problem in problems:
        column = column_name(problem.field, header)
        before = f"{column}: " if column else ""
        reason, *more = _after_first(text(problem.code, locale, problem.params), maxsplit=1)
        reasons.append(before + reason)
        if suggestion := more[0] if more else _guide(problem.field, locale):
            suggestions.append(before + suggestion)
    return Remark(" ".join(reasons), " ".join(suggestions))


def numbered(remark: Remark, number: int, locale: Locale) -> Remark:
    """Return the remark with the row's number in the merchant's file."""
    return Remark(f"{_ROW[locale]} {number}. {remark.reason}", remark.suggestion)


def column_name(column: str, header: Header) -> str:
    """Return the header of a column in the merchant's file, blank if it has none."""
    place = header.columns.get(column)
    return str(header.cells[place]).strip() if place is not None else ""


def merchant_places(header: Header) -> list[int]:
    """Return the indexes of the merchant's columns, without those that an earlier report added."""
    return [place for place in range(len(header.cells)) if place not in header.added]


def headers_for(header: Header, job: ImportJob) -> list[Cell]:
    """Return the merchant's headers, spelled so that each is recognized without a mapping."""
    columns = {place: column for column, place in header.columns.items()}
    return [
        _spelled_for(header.cells[place], columns.get(place), job)
        for place in merchant_places(header)
    ]


def as_iso_day(cell: Cell, order: Order) -> Cell:
    """Return a typed date in ISO form, which reads the same in every date order."""
    if not isinstance(cell, str):
        return cell
    try:
        day = iso_of(cell, order)
    except Refused:
        return cell
    return day if _ISO_DAY(day) else cell


def summary_of(job: ImportJob, hidden_rows: Iterable[int]) -> list[tuple[str, str | int]]:
    """Return the row counts by outcome, the ignored columns, and the hidden sheets and rows."""
    vietnamese = job.locale == "vi"
    language = 0 if vietnamese else 1
    counts = job.progress.result.by_outcome() if job.progress.result else {}
    lines: list[tuple[str, str | int]] = [
        ("Tệp" if vietnamese else "File", job.file.name),
        ("Số dòng" if vietnamese else "Rows", sum(counts.values())),
        *(
            (OUTCOME_LABELS[outcome][language], counts[outcome])
            for outcome in OUTCOMES
            if counts.get(outcome)
        ),
    ]
    if job.file.ignored_columns:
        label = "Cột không nhập" if vietnamese else "Columns not imported"
        lines.append((label, ", ".join(job.file.ignored_columns)))
    if job.file.hidden_sheets:
        label = "Trang tính ẩn, không nhập" if vietnamese else "Hidden sheets, not imported"
        lines.append((label, ", ".join(job.file.hidden_sheets)))
    if ranges := _ranges(hidden_rows):
        label = "Dòng ẩn, vẫn được nhập" if vietnamese else "Hidden rows, imported all the same"
        lines.append((label, ranges))
    return lines


def _ranges(numbers: Iterable[int]) -> str:
    """Return numbers as "2, 4-7", at most 100 ranges."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    more = ["…"] if len(shown) > _MOST_RANGES else []
    return ", ".join([*shown[:_MOST_RANGES], *more])


def _spelled_for(cell: Cell, column: str | None, job: ImportJob) -> Cell:
    """Return a header unchanged, unless only a mapping or a merged cell identified its column."""
    if column is None:
        unread = job.options.mapping and is_recognized(cell)
        return f"{cell} - {_NOT_IMPORTED[job.locale]}" if unread else cell
    if is_recognized(cell, column) or not (job.options.mapping or column in ENTRIES):
        return cell
    standard = COLUMNS_BY_ID.get(column)
    if standard is None:
        return column if column.startswith(EXTERNAL) else cell
    return standard.header(job.locale)


def _guide(column: str, locale: Locale) -> str:
    known = COLUMNS_BY_ID.get(column)
    guide = _EXTERNAL_GUIDE if column.startswith(EXTERNAL) else known and known.guide
    return f"{guide.of(locale)} {_EXAMPLE[locale]}: {guide.example}." if guide else ""
