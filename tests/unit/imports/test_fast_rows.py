"""The fast path for plain cells gives the same as the full check."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.customers.groups import DEFAULT_GROUPS
from crm.domain.imports.columns import Header, column_of
from crm.domain.imports.fast_rows import PlainCells
from crm.domain.imports.reports import remark_of
from crm.domain.imports.rows import RowReader, line_of
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.kernel.times import stamp
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.dates import Order
from tests.builders import moment
from tests.import_scenarios import FILLED

AT = stamp(moment())
COLUMNS = (
    *(column.id for column in WRITABLE_COLUMNS),
    "external_ids.haravan",
    "external_ids.shopify",
)
HEADER = Header(1, {column: place for place, column in enumerate(COLUMNS)})

#: What people and programs leave in cells of any column, right there or not.
ODD: tuple[Cell, ...] = (
    "", " ", "x", "***", "__CLEAR__", " __CLEAR__ ", "a***b", "0", "1", "Có", "không", "Nam", "nữ",
    "VIP", "Thân thiết", "không có nhóm này", "sỉ, hà nội", ",;,", "x" * 41, "x" * 67, "x" * 250,
    "é" * 34, "ﬁ", "שׁ" * 40, "\u0344" * 120, "\u3164", "…", "-", "\u0301", "Lan\x00", "Lan\u200b",
    "\ufb2c" * 33, "\ufb2c" * 66, "a\nb", "a\r\nb", "a\tb", "\u2028", "\x85", "\x1c", "\ud800",
    "=1+1", "'0912345678", "0912345678",
    "0912 345 678", "+84912345678", "0835123456", "0890000000", "024 3822 1234", "+1 650 253 0000",
    "1900 1234", "09xx xxx 678", "anh@example.vn", "Anh@Example.VN", "mailto:anh@example.vn",
    "n***@…", "17/05/1990", "05/17/1990", "28/3", "1990-05-17", "--05-17", "31/02/1990", "Hà Nội",
    "Việt Nam", "VN", "vn", "us", "USA", "Công ty", "Cá nhân", "0100233488", "0100233480",
    "100233488", "001090012345", "8012345674", "0314409058-002", "KH000123", "kh 7", "KH0", "tv 1",
    "ü" * 45, "a#b", "haravan", "x" * 101,
    0.0, 1.0, 2026.0, 0.5, -1.0, 912345678.0, 100233488.0, 33010.0, 1e300, True, False, 7,
    date(1990, 5, 17), date(1899, 12, 31), date(2099, 1, 1), datetime(1990, 5, 17, 8, 30),  # noqa: DTZ001
    timedelta(hours=5),
)  # fmt: skip
RIGHT: dict[str, Cell] = {str(column_of(header)): cell for header, cell in FILLED.items()}

cells = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=40),
    st.floats(allow_nan=False),
    st.dates(),
)
odd_ones = st.dictionaries(st.sampled_from(COLUMNS), cells, max_size=5)
omitted = st.sets(st.sampled_from(COLUMNS), max_size=20)


@settings(max_examples=300)
@given(odd_ones, omitted, st.sampled_from(["day_first", "month_first", "mixed"]))
def test_a_row_reads_the_same_by_the_fast_path_and_the_full_check(
    odd: dict[str, Cell], out: set[str], order: Order
) -> None:
    reader = RowReader(HEADER, order, AT, DEFAULT_GROUPS)
    cells = {name: cell for name, cell in RIGHT.items() if name not in out} | odd
    row = NumberedRow(2, [cells.get(column, "") for column in COLUMNS])

    short, full = reader.read(row), reader.read_fully(row)

    assert short == full
    again = reader.read(row)  # with the cells cached by the first read
    assert again == full
    if not full.problems:
        assert line_of(short) == line_of(full)


@pytest.mark.parametrize("column", COLUMNS)
def test_any_cell_of_a_column_reads_the_same_by_both_paths(column: str) -> None:
    reader = RowReader(HEADER, "day_first", AT, DEFAULT_GROUPS)
    for beside in (RIGHT, {"full_name": "Lan"}, {}):
        for cell in ODD:
            cells = {**beside, column: cell}
            row = NumberedRow(2, [cells.get(each, "") for each in COLUMNS])

            short, full = reader.read(row), reader.read_fully(row)

            assert short == full, (column, cell)
            assert list(short.fields) == list(full.fields)


def test_a_row_that_fills_every_column_takes_the_fast_path() -> None:
    reader = RowReader(HEADER, "day_first", AT, DEFAULT_GROUPS)
    plain = PlainCells(HEADER.columns, lambda _, cell: cell, str)
    row = [RIGHT.get(column, "") for column in COLUMNS]

    assert plain.fields(row) is not None
    assert reader.read(NumberedRow(2, row)).problems == ()


def test_more_external_ids_than_a_customer_may_have_are_refused() -> None:
    names = ("full_name", *(f"external_ids.p{number}" for number in range(11)))
    header = Header(1, {name: place for place, name in enumerate(names)})
    reader = RowReader(header, "day_first", AT, DEFAULT_GROUPS)
    row = NumberedRow(2, ["Lan", *("7" for _ in range(11))])

    assert [each.code for each in reader.read(row).problems] == ["too_many"]
    assert reader.read(row) == reader.read_fully(row)


@pytest.mark.req("B-03")
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_reason_to_refuse_a_cell_has_a_suggestion(locale: Locale) -> None:
    header = replace(HEADER, cells=tuple(COLUMNS))
    reader = RowReader(header, "day_first", AT, DEFAULT_GROUPS)
    for column in COLUMNS:
        for cell in ODD:
            row = reader.read(
                NumberedRow(2, [{**RIGHT, column: cell}.get(each, "") for each in COLUMNS])
            )
            if row.problems:
                reason, suggestion = remark_of(row.problems, header, locale)
                assert column in reason
                assert suggestion
