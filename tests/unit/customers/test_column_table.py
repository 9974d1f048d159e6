"""Every column of customers, walked through the places that follow its row."""

from collections import Counter
from typing import Any, get_args

import pytest

from crm.domain.customers.column import Column, Entry, Field, Kind, OpeningBalance, Text
from crm.domain.customers.columns import COLUMNS, COLUMNS_BY_ID, ENTRIES, WRITABLE_COLUMNS
from crm.domain.customers.customer import Customer
from crm.domain.customers.fields import FIELD_OF
from crm.domain.customers.groups import DEFAULT_GROUPS
from crm.domain.imports.balances import (
    BalanceReader,
    opening_of,
    with_balances,
    without_balances,
)
from crm.domain.imports.columns import OPENING, Header, column_of, find_header
from crm.domain.imports.headers import AMBIGUOUS, fold_header, spellings_of
from crm.domain.imports.rows import DataRow, RowReader
from crm.domain.imports.templates import template_of
from crm.domain.imports.values import values_for
from crm.domain.kernel.acts import Author
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.cells import cell_of, read_cell, written_for_csv, written_for_xlsx
from crm.files.exports.workbook import FORMATS
from tests.builders import a_customer, moment
from tests.import_builders import Lines, a_job, example_cells

AT = stamp(moment())
LOCALES: tuple[Locale, ...] = get_args(Locale)
HEADER = Header(1, {column.id: place for place, column in enumerate(WRITABLE_COLUMNS)})


def name_of(column: Column) -> str:
    return column.id


every_column = pytest.mark.parametrize("column", COLUMNS, ids=name_of)
every_writable_column = pytest.mark.parametrize("column", WRITABLE_COLUMNS, ids=name_of)


def read_row(cells: dict[str, Cell]) -> DataRow:
    row = NumberedRow(2, [cells[column.id] for column in WRITABLE_COLUMNS])
    return RowReader(HEADER, "day_first", AT, DEFAULT_GROUPS).read_fully(row)


def imported(cells: dict[str, Cell]) -> Customer:
    """Return the customer that a row of these cells creates."""
    row = read_row(cells)
    assert row.problems == row.notices == ()
    return a_customer(code=str(cells["code"]), **values_for(row.fields, AT))


@pytest.mark.parametrize("locale", LOCALES)
def test_no_two_columns_have_the_same_header(locale: Locale) -> None:
    headers = [column.header(locale).strip() for column in COLUMNS]

    assert all(headers)
    assert len(set(headers)) == len(headers)


@every_column
def test_a_column_has_a_guide_in_both_languages_and_an_example(column: Column) -> None:
    vi, en, example = column.guide

    assert vi != en
    assert vi.endswith(".")
    assert en.endswith(".")
    assert example.strip() == example != ""


@every_column
def test_a_column_has_words_if_its_kind_says_so(column: Column) -> None:
    assert (column.words is not None) == (column.kind == "word")
    if column.words:
        assert all(map(all, column.words.spelled.values()))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_cell_has_a_format_and_a_column(kind: Kind) -> None:
    assert kind in FORMATS
    assert kind in {column.kind for column in COLUMNS}


@every_column
def test_only_a_column_with_an_entry_is_found_and_by_each_of_its_spellings(column: Column) -> None:
    spelled = (column.vi, column.en, *spellings_of(column))
    requested = a_job(opening_balances=True)

    for header in spelled:
        plain = find_header(Lines(("external_ids.x", header)))
        assert plain is not None
        opening = with_balances(plain, requested)
        place = {name: at for name, at in opening.columns.items() if at == 1}

        assert column_of(header) == (column.id if column.id in ENTRIES else None)
        assert place == ({} if column.entry is None else {column.id: 1})


def test_no_spelling_names_two_columns() -> None:
    read = [column for column in COLUMNS if column.entry is not None]
    counts = Counter(spelled for column in read for spelled in set(spellings_of(column)))

    assert [spelled for spelled, columns in counts.items() if columns > 1] == []
    assert counts.keys().isdisjoint(AMBIGUOUS)
    assert [spelled for spelled in counts if fold_header(spelled) != spelled] == []
    assert {name for names in AMBIGUOUS.values() for name in names} <= COLUMNS_BY_ID.keys()


@every_writable_column
def test_a_column_of_a_whole_field_has_its_name(column: Column) -> None:
    target = ENTRIES[column.id].target

    assert not isinstance(target, Field) or target.name == column.id


def test_an_identity_in_the_template_belongs_to_nobody() -> None:
    own = {column for column, entry in ENTRIES.items() if entry.example}

    assert {name for name in FIELD_OF.values() if name in ENTRIES} <= own


@every_writable_column
def test_a_text_may_have_as_many_characters_as_its_column_says_and_no_more(column: Column) -> None:
    reading = ENTRIES[column.id].reading
    if not isinstance(reading, Text):
        return
    cells = example_cells()

    accepted = read_row(cells | {column.id: "x" * reading.longest})
    refused = read_row(cells | {column.id: "x" * (reading.longest + 1)})

    assert accepted.problems == ()
    assert [(each.field, each.code) for each in refused.problems] == [(column.id, "too_long")]


@every_writable_column
def test_an_imported_cell_is_in_the_same_column_of_an_export(column: Column) -> None:
    cells = example_cells()
    # Of the columns of yes and no, only this one is yes.
    cells |= {
        each.id: "Có" if each is column else "Không"
        for each in WRITABLE_COLUMNS
        if each.kind == "flag"
    }

    exported = cell_of(column.id, imported(cells), DEFAULT_ZONE)

    assert exported is not None
    assert exported == read_cell(column.id, cells[column.id])


@every_writable_column
def test_an_exported_cell_is_imported_to_the_same_field(column: Column) -> None:
    customer = imported(example_cells())
    plain = cell_of(column.id, customer, DEFAULT_ZONE)

    for locale in LOCALES:
        for written_for in (written_for_csv, written_for_xlsx):
            convert = written_for(column.id, locale)
            written: Any = convert(plain) if convert else plain
            row = read_row(example_cells() | {column.id: written})

            assert values_for(row.fields, AT) == values_for(read_row(example_cells()).fields, AT)
            assert values_for(row.fields, AT, customer) == {}


@pytest.mark.parametrize("column", OPENING)
def test_an_opening_balance_reads_its_example_and_reaches_the_record(column: str) -> None:
    kind, entry = COLUMNS_BY_ID[column].kind, COLUMNS_BY_ID[column].entry
    assert isinstance(entry, OpeningBalance)
    assert (entry.most is not None) == (kind == "number")
    cell = COLUMNS_BY_ID[column].guide.example.replace("2026", "2025")
    job = a_job(opening_balances=True)
    found = find_header(Lines(("external_ids.x", column)))
    assert found is not None
    header = with_balances(found, job)
    rows = RowReader(without_balances(header, job), "day_first", AT, DEFAULT_GROUPS)

    fields = BalanceReader(rows, header, job).read(NumberedRow(2, ["7", cell])).fields

    assert fields[column] == read_cell(column, cell)
    opening, blank = (
        opening_of(job.id, 2, values, at=AT, by=Author("import", "x:2"), zone=DEFAULT_ZONE)
        for values in ({column: fields[column] or 1}, {})
    )
    assert opening != blank


@every_writable_column
@pytest.mark.parametrize("locale", LOCALES)
def test_a_writable_column_is_in_the_template(column: Column, locale: Locale) -> None:
    (found,) = (
        each
        for each in template_of("csv", (), locale, DEFAULT_GROUPS).columns
        if each.id == column.id
    )

    assert (found.header, found.guide) == (column.header(locale), column.guide.of(locale))
    assert not found.words or found.example in found.words
    assert bool(found.words) == (column.kind in {"flag", "word"} or column.id == "group")


def test_the_writable_columns_come_first_and_the_computed_ones_are_read_only_on_request() -> None:
    entries = [column.entry for column in COLUMNS]

    assert all(isinstance(each, Entry) for each in entries[: len(WRITABLE_COLUMNS)])
    assert not any(isinstance(each, Entry) for each in entries[len(WRITABLE_COLUMNS) :])
    assert any(isinstance(each, OpeningBalance) for each in entries)
