"""Dates as text are read in the order of their column."""

import pytest

from crm.domain.imports import file_names as import_files
from crm.domain.imports.rows import row_of_line
from crm.domain.kernel.errors import Refused
from crm.domain.spreadsheets.dates import DateOrderCounter, Order, iso_of
from tests.builders import MERCHANT
from tests.import_builders import Backend, opening


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        ([], "day_first"),
        (["01/02/1990", "03/04/1991"], "day_first"),
        (["28/03/1990", "01/02/1990"], "day_first"),
        (["03/28/1990", "01/02/1990"], "month_first"),
        (["28/3"], "day_first"),
        (["3/28", "không rõ"], "month_first"),
        (["28/03/1990", "03/28/1990"], "mixed"),
        (["28/03/1990"] * 20 + ["03/28/1990"], "day_first"),
        (["28/03/1990"] * 19 + ["03/28/1990"], "mixed"),
        (["31/31/1990", "0/0/1990"], "day_first"),
    ],
)
def test_the_order_is_decided_by_the_whole_column(texts: list[str], order: str) -> None:
    seen = DateOrderCounter()
    for text in texts:
        seen.see(text)

    assert seen.order == order


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("17/05/1990", "day_first", "1990-05-17"),
        ("5/17/1990", "month_first", "1990-05-17"),
        ("04/03/1990", "day_first", "1990-03-04"),
        ("04/03/1990", "month_first", "1990-04-03"),
        ("28/3", "day_first", "--03-28"),
        ("17-05-1990", "day_first", "1990-05-17"),
        ("17.5.1990", "day_first", "1990-05-17"),
        (" 17 / 05 / 1990 ", "day_first", "1990-05-17"),
        ("17/05/1990 00:00:00", "day_first", "1990-05-17"),
        ("1990-05-17", "mixed", "1990-05-17"),
        ("1990-05-17T00:00:00", "day_first", "1990-05-17"),
        ("--05-17", "day_first", "--05-17"),
        ("hôm qua", "day_first", "hôm qua"),
        ("17/05/90", "day_first", "17/05/90"),
    ],
)
def test_a_date_is_converted_to_iso_in_its_columns_order(
    text: str, order: Order, iso: str
) -> None:
    assert iso_of(text, order) == iso


@pytest.mark.parametrize(
    ("text", "order", "code"),
    [
        ("03/28/1990", "day_first", "date_order_day_first"),
        ("28/03/1990", "month_first", "date_order_month_first"),
        ("28/03/1990", "mixed", "dates_mixed"),
    ],
)
def test_a_date_that_contradicts_its_columns_order_is_refused(
    text: str, order: Order, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        iso_of(text, order)
    assert refused.value.code == code


def test_dates_are_read_again_if_a_later_row_decides_their_order() -> None:
    backend = Backend()
    job = backend.upload()
    lines = [("Tên", "Ngày sinh"), *[("Lan", "05/06/1990")] * 1_001, ("Ánh", "05/17/1990")]

    backend.read(job, opening(*lines))

    rows = [
        row_of_line(line)
        for chunk in range(backend.imports.get(MERCHANT, job.id).progress.chunks)
        for line in backend.files.read(
            MERCHANT, "imports", import_files.rows(job.id, chunk)
        ).split(b"\n")
    ]
    assert len(rows) == 1_002
    assert {row.fields["birthday"] for row in rows} == {"1990-05-06", "1990-05-17"}
