"""What of an import needs a person's eye, told so that whoever mends it can import it as it is.

outcome                  where it stands                     imported again
-----------------------  ----------------------------------  -----------------------------------
invalid, conflict        the first sheet, with what to do    yes: nothing of it was taken
merged into one of them  there too                           yes: it was not taken either
duplicated               a workbook's sheet of its own       no: it made a customer
any, with a notice       a workbook's sheet of its own       no: it was taken

The columns are the merchant's own. A header that only a `mapping` made known is spelled our way.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from crm.domain.customers.columns import COLUMNS
from crm.domain.imports.columns import COLUMN_IDS, EXTERNAL, Header, is_taken
from crm.domain.imports.job import OUTCOMES, ImportJob, Outcome
from crm.domain.kernel.errors import Problem, Refused
from crm.domain.kernel.tables import Cell
from crm.domain.messages.catalogue import Locale, text
from crm.domain.messages.imports import OUTCOME_LABELS
from crm.domain.spreadsheets.column_guides import GUIDES, Guide
from crm.domain.spreadsheets.dates import Order, iso_of

ReportKind = Literal["xlsx", "csv"]

FAILED: frozenset[Outcome] = frozenset({"invalid", "conflict"})
#: Headers of what is added: the reason and what to do.
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
_BY_ID = {column.id: column for column in COLUMNS}
#: Messages say what is wrong in their first sentence, and what to do in those after it.
_after_first = re.compile(r"(?<=[.!?])\s+(?=\w)").split
_ISO_DAY = re.compile(r"(?:\d{4}|-)-\d\d-\d\d", re.ASCII).fullmatch
_MOST_RANGES = 100

type ReportRow = Sequence[Cell]


class Remark(NamedTuple):
    """What is said of a row: why it was not taken, and what to do."""

    reason: str
    suggestion: str


class Notice(NamedTuple):
    """What is said of one cell of a row that was taken."""

    number: int
    column: str
    remark: Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report to be written. `rows` and `duplicated` can be gone through once.

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
    """Tell whether any row needs attention that a report of this kind shows."""
    if job.result is None:
        return False
    counts = job.result.by_outcome()
    failed = sum(counts[outcome] for outcome in FAILED)
    return bool(failed or (kind == "xlsx" and counts["duplicated"]))


def remark_of(problems: Iterable[Problem], header: Header, locale: Locale) -> Remark:
    """Return why a row was not taken, column by column, and what to do.

    Where a message says nothing to do, the guide of the column does.
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
    """Return what is said of a row with the number that it has in the merchant's file."""
    return Remark(f"{_ROW[locale]} {number}. {remark.reason}", remark.suggestion)


def column_name(column: str, header: Header) -> str:
    """Return how the merchant's own file calls a column, blank if it has none."""
    place = header.columns.get(column)
    return str(header.cells[place]).strip() if place is not None else ""


def kept_places(header: Header) -> list[int]:
    """Return the places of the merchant's columns: without what an earlier report added."""
    return [place for place in range(len(header.cells)) if place not in header.added]


def headers_for(header: Header, job: ImportJob) -> list[Cell]:
    """Return the merchant's headers, so spelled that each reads by itself as it did."""
    columns = {place: column for column, place in header.columns.items()}
    return [
        _spelled_for(header.cells[place], columns.get(place), job) for place in kept_places(header)
    ]


def unambiguous(cell: Cell, order: Order) -> Cell:
    """Return a date that was typed, as it reads whatever its column turns out to look like."""
    if not isinstance(cell, str):
        return cell
    try:
        day = iso_of(cell, order)
    except Refused:
        return cell
    return day if _ISO_DAY(day) else cell


def summary_of(job: ImportJob, hidden_rows: Iterable[int]) -> list[tuple[str, str | int]]:
    """Return how many rows came to what, which columns were not read, and what was hidden."""
    vietnamese = job.locale == "vi"
    language = 0 if vietnamese else 1
    counts = job.result.by_outcome() if job.result else {}
    lines: list[tuple[str, str | int]] = [
        ("Tệp" if vietnamese else "File", job.file_name),
        ("Số dòng" if vietnamese else "Rows", sum(counts.values())),
        *(
            (OUTCOME_LABELS[outcome][language], counts[outcome])
            for outcome in OUTCOMES
            if counts.get(outcome)
        ),
    ]
    if job.ignored_columns:
        said = "Cột không nhập" if vietnamese else "Columns not imported"
        lines.append((said, ", ".join(job.ignored_columns)))
    if job.hidden_sheets:
        said = "Trang tính ẩn, không nhập" if vietnamese else "Hidden sheets, not imported"
        lines.append((said, ", ".join(job.hidden_sheets)))
    if ranges := _ranges(hidden_rows):
        said = "Dòng ẩn, vẫn được nhập" if vietnamese else "Hidden rows, imported all the same"
        lines.append((said, ranges))
    return lines


def _ranges(numbers: Iterable[int]) -> str:
    """Return numbers as "2, 4-7", as far as a cell is worth reading."""
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
    """Return a header as it was, unless a mapping or a merged cell alone told its column."""
    if column is None:
        unread = job.mapping and is_taken(cell)
        return f"{cell} - {_NOT_IMPORTED[job.locale]}" if unread else cell
    if is_taken(cell, column) or not (job.mapping or column in COLUMN_IDS):
        return cell
    known = _BY_ID.get(column)
    if known is None:
        return column if column.startswith(EXTERNAL) else cell
    return known.vi if job.locale == "vi" else known.en


def _guide(column: str, locale: Locale) -> str:
    guide = _EXTERNAL_GUIDE if column.startswith(EXTERNAL) else GUIDES.get(column)
    return f"{guide.of(locale)} {_EXAMPLE[locale]}: {guide.example}." if guide else ""
