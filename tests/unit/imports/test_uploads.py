"""Uploaded files: how they are opened, and which are refused before any parser reads them."""

import subprocess
import sys
import textwrap
from datetime import date
from io import BytesIO

import pytest
from openpyxl import Workbook

from crm.domain.imports.job import MOST_ROWS, ImportRefused
from crm.domain.kernel.tables import Cell
from crm.files.imports.uploads import open_table
from tests.workbooks import CONTENT_TYPES, a_row_of, a_workbook, packed, sheet_xml, zipped

HEADER = a_row_of(1, ("A", "Họ và tên"), ("B", "SĐT"))
GOOD = packed(sheet_xml(HEADER + a_row_of(2, ("A", "Lan"), ("B", "0912345678"))))
ENTITIES = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(9)
)
LAUGHS = (
    f'<?xml version="1.0"?><!DOCTYPE x [{ENTITIES}]>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>&l8;</t></is></c></row></sheetData></worksheet>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


def rows(content: bytes) -> list[tuple[int, list[Cell]]]:
    return [
        (number, list(cells)) for sheet in open_table(content).sheets for number, cells in sheet
    ]


def refusal(content: bytes) -> str:
    with pytest.raises(ImportRefused) as refused:
        rows(content)
    return refused.value.code


HOSTILE = {
    "billion laughs": (packed(LAUGHS), "unsafe_workbook"),
    "zip bomb of 300 MB": (
        packed(sheet_xml(HEADER), {"xl/sharedStrings.xml": b" " * 300_000_000}),
        "zip_bomb",
    ),
    "cells A1 and XFD1048576": (
        packed(sheet_xml(HEADER + a_row_of(1_048_576, ("XFD", "x")))),
        "too_many_rows",
    ),
    "a cell far below": (
        packed(sheet_xml(HEADER + a_row_of(1_048_576, ("A", "x")))),
        "too_many_rows",
    ),
    "a cell without a reference in a row far below": (
        packed(sheet_xml(HEADER + '<row r="1048576"><c t="n"><v>1</v></c></row>')),
        "too_many_rows",
    ),
    "a cell in single quotes": (
        packed(sheet_xml(HEADER + "<row r='2'><c t='n' r = 'XFD2'><v>1</v></c></row>")),
        "too_many_columns",
    ),
    "a cell under a prefix": (
        packed(sheet_xml(HEADER + '<x:row r="2"><x:c r="cw2"><x:v>1</x:v></x:c></x:row>')),
        "too_many_columns",
    ),
    "a cell whose reference is spelled in entities": (
        packed(sheet_xml(HEADER + '<row r="2"><c r="&#88;FD2"><v>1</v></c></row>')),
        "unsafe_workbook",
    ),
    "a sheet in UTF-16": (
        packed(sheet_xml(HEADER), {"xl/worksheets/sheet1.xml": LAUGHS.encode("utf-16")}),
        "unsafe_workbook",
    ),
    "macros": (packed(sheet_xml(HEADER), {"xl/vbaProject.bin": b"x"}), "macro_workbook"),
    "a part that climbs out": (packed(sheet_xml(HEADER), {"xl/../../x": "x"}), "unsafe_workbook"),
    "101 parts": (
        packed(sheet_xml(HEADER), {f"xl/media/{n}.png": b"x" for n in range(96)}),
        "too_many_parts",
    ),
    "a binary workbook": (packed(sheet_xml(HEADER), {"xl/workbook.bin": b"x"}), "old_workbook"),
    "truncated": (GOOD[: len(GOOD) // 2], "broken_workbook"),
    "damaged": (GOOD.replace(b"xl/worksheets", b"xl/worksheetz", 1), "broken_workbook"),
    "with a password": (
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "encrypted_workbook",
    ),
    "an .xls, renamed": (OLE + "Workbook".encode("utf-16-le"), "old_workbook"),
    "an image, renamed": (PNG, "not_a_workbook"),
    "a PDF, renamed": (b"%PDF-1.7\n1 0 obj", "not_a_workbook"),
    "a Word document, renamed": (
        zipped([("[Content_Types].xml", CONTENT_TYPES), ("word/document.xml", "<x/>")]),
        "not_a_workbook",
    ),
    "an empty zip": (zipped([]), "not_a_workbook"),
    "a web page called .xls": (b"\r\n<html><table></table></html>", "not_a_workbook"),
    "bytes of any kind": (bytes(range(256)) * 100, "not_a_workbook"),
    "nothing": (b"", "empty_file"),
    "nothing but a mark": (b"\xef\xbb\xbf\r\n", "empty_file"),
    "over 64 MB": (b"x" * (64 * 2**20 + 1), "file_too_large"),
}


@pytest.mark.parametrize(("content", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_or_unsupported_file_is_refused_with_its_own_reason(
    content: bytes, code: str
) -> None:
    assert refusal(content) == code


@pytest.mark.parametrize("name", HOSTILE)
def test_the_corpus_is_refused_in_two_seconds_and_150_mb_without_the_parser(name: str) -> None:
    script = """
        import resource, sys, time
        resource.setrlimit(resource.RLIMIT_DATA, (150 * 2**20, 150 * 2**20))
        from crm.domain.imports.job import ImportRefused
        from crm.files.imports.uploads import open_table
        content = sys.stdin.buffer.read()
        start = time.process_time()
        try:
            open_table(content)
        except ImportRefused:
            pass
        else:
            raise SystemExit("it was opened")
        assert "python_calamine" not in sys.modules
        print(time.process_time() - start)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        input=HOSTILE[name][0],
        capture_output=True,
        check=True,
    )
    assert float(ended.stdout) < 2


def test_a_refused_zip_bomb_was_not_inflated_whole() -> None:
    content = packed(sheet_xml(HEADER), {"xl/a.xml": b" " * 3_000_000})

    assert len(content) < 10_000
    assert refusal(content) == "zip_bomb"


def test_a_workbook_opens_with_the_types_and_the_row_numbers_of_its_cells() -> None:
    content = a_workbook(
        ["Danh sách"],
        [],
        ["Họ và tên", "SĐT", "Ngày sinh", "Giới tính"],
        ["Lan", 912345678, date(1990, 5, 17), True],
        [None, "", None],
        ["Ánh", "0912345678", "28/3", None],
    )
    assert rows(content) == [
        (1, ["Danh sách", "", "", ""]),
        (3, ["Họ và tên", "SĐT", "Ngày sinh", "Giới tính"]),
        (4, ["Lan", 912345678.0, date(1990, 5, 17), True]),
        (6, ["Ánh", "0912345678", "28/3", ""]),
    ]


def test_row_numbers_are_right_if_the_table_does_not_start_in_the_first_cell() -> None:
    content = packed(sheet_xml(a_row_of(5, ("C", "SĐT")) + a_row_of(7, ("C", "0912345678"))))

    assert rows(content) == [(5, ["SĐT"]), (7, ["0912345678"])]


def test_a_sheet_can_be_read_twice() -> None:
    (sheet,) = open_table(a_workbook(["SĐT"], ["0912345678"])).sheets

    assert list(sheet) == list(sheet) != []


def test_a_hidden_sheet_is_not_read() -> None:
    assert rows(a_workbook(["SĐT"], hidden=True)) == [(1, ["SĐT"])]


def test_hidden_sheets_are_named_and_hidden_rows_are_listed_by_sheet() -> None:
    workbook = Workbook()
    workbook.worksheets[0].title = "Ẩn"
    workbook.worksheets[0].sheet_state = "hidden"
    workbook.worksheets[0].append(["SĐT"])
    workbook.worksheets[0].row_dimensions[1].hidden = True
    shown, filtered = workbook.create_sheet("Khách & bạn"), workbook.create_sheet("Lọc")
    workbook.create_sheet("Rất ẩn").sheet_state = "veryHidden"
    for sheet in (shown, filtered):
        for number in range(1, 6):
            sheet.append([f"dòng {number}"])
    for number in (2, 4, 5):
        filtered.row_dimensions[number].hidden = True
    target = BytesIO()
    workbook.save(target)

    table = open_table(target.getvalue())

    assert table.hidden_sheets == ("Ẩn", "Rất ẩn")
    assert [(sheet.name, sorted(sheet.hidden_rows)) for sheet in table.sheets] == [
        ("Khách & bạn", []),
        ("Lọc", [2, 4, 5]),
    ]
    assert [number for number, _ in table.sheets[1]] == [1, 2, 3, 4, 5]


def test_a_formula_is_read_as_its_saved_value() -> None:
    cell = '<c r="A2" t="str"><f>UPPER("lan")</f><v>LAN</v></c>'
    number = '<c r="B2"><f>912345677+1</f><v>912345678</v></c>'
    content = packed(sheet_xml(HEADER + f'<row r="2">{cell}{number}</row>'))

    assert rows(content)[1] == (2, ["LAN", 912345678.0])


def test_a_workbook_of_100_columns_and_200_000_rows_opens() -> None:
    content = packed(sheet_xml(HEADER + a_row_of(MOST_ROWS + 4, ("CV", "x"))))

    assert [number for number, _ in rows(content)] == [1, MOST_ROWS + 4]


def test_text_that_looks_like_a_reference_is_text() -> None:
    text = 'xem r="XFD1048576" nhé'
    assert rows(packed(sheet_xml(a_row_of(1, ("A", text))))) == [(1, [text])]


TABLE = "Họ và tên,SĐT\r\nÁnh,0912345678\r\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TABLE.encode(), "Ánh"),
        (TABLE.encode("utf-8-sig"), "Ánh"),
        (TABLE.encode("utf-16"), "Ánh"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "Ánh"),
        (TABLE.replace(",", ";").encode(), "Ánh"),
        (TABLE.replace(",", "\t").encode(), "Ánh"),
        (TABLE.replace("\r\n", "\n").encode(), "Ánh"),
        (TABLE.replace("\r\n", "\r").encode(), "Ánh"),
        (b"Ho va ten,SDT\r\n\xc1nh,0912345678\r\n", "Ánh"),
    ],
    ids=["utf-8", "with its mark", "utf-16", "utf-16 be", "semicolons", "tabs", "lines of Unix",
         "lines of old Macs", "windows-1258"],
)  # fmt: skip
def test_a_csv_opens_in_every_encoding_and_with_every_delimiter(
    content: bytes, expected: str
) -> None:
    assert [cells for _, cells in rows(content)][1] == [expected, "0912345678"]


@pytest.mark.req("B-15")
def test_a_csv_keeps_quoted_line_breaks_and_loses_the_apostrophe_before_a_formula() -> None:
    content = b'name;note\n"Lan";"one;\ntwo"\n\n\'=1+1;\'0912345678\n'

    assert rows(content) == [
        (1, ["name", "note"]),
        (2, ["Lan", "one;\ntwo"]),
        (4, ["=1+1", "0912345678"]),
    ]


def test_titles_above_the_table_do_not_decide_the_delimiter() -> None:
    content = "Khách hàng, tháng 11, năm 2026\n\nTên;SĐT;Email\nLan;09;x\nÁnh;08;y\n".encode()

    assert rows(content)[1:] == [
        (3, ["Tên", "SĐT", "Email"]),
        (4, ["Lan", "09", "x"]),
        (5, ["Ánh", "08", "y"]),
    ]


@pytest.mark.parametrize(
    "lines", [["sỉ;hà nội;vip"] * 9, ["a,b;c", "d;e;f", "g;h;i"], ["x,y,z", "u,v,w", "s,t,q"]]
)
def test_a_csv_of_one_column_is_not_split_by_the_contents_of_its_cells(lines: list[str]) -> None:
    content = "\n".join(["DANH SÁCH", "Nhãn", *lines]).encode()

    assert [cells for _, cells in rows(content)][2:] == [[each] for each in lines]


def test_a_csv_of_one_column_needs_no_delimiter() -> None:
    assert rows(b"SDT\n0912345678\n") == [(1, ["SDT"]), (2, ["0912345678"])]


def test_a_cell_of_40_000_characters_or_with_a_nul_fails_only_its_row() -> None:
    content = b"name,phone\n" + b"x" * 40_000 + b",1\na\x00b,2\n" + b"Lan,3\n" * 50

    assert [len(str(cells[0])) for _, cells in rows(content)[1:3]] == [40_000, 3]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'name,phone\n"Lan,1\n' + b"x,1\n" * 50_000, "broken_csv"),
        ("Họ và tên,SĐT\n".encode() + b"\xc1nh,09\n", "mixed_encoding"),
        (b"name\n\xc1nh\x8a\n", "unknown_encoding"),
        (b"\xff\xfea\x00\x00\xd8b", "unknown_encoding"),
    ],
    ids=["a quote left open", "mixed", "of no encoding we know", "half a UTF-16"],
)
def test_an_unreadable_csv_is_refused_with_its_reason(content: bytes, code: str) -> None:
    assert refusal(content) == code
