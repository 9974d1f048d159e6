"""Generate the sample import files: 1,000 rows of invented customers, as messy as real ones.

    python -m local.samples events/samples

A seed always gives the same bytes. The expected outcomes of an import are written beside them.

mess                                                            rows
--------------------------------------------------------------  -----------------------------------
two title rows above the header, blank lines between            not counted as data
phones dotted, spaced, bracketed, +84, labelled, as numbers     all but a few
phones from before 2018 (0162…), without their zero, as 9.1E8   about one in six
names in NFD, in capitals, with odd spaces                      about one in four
birthdays as dates, as dd/mm/yyyy, as d/m/yyyy, as 28/3         about three in five
gender as words, as 1 and 0, as true and false                  about four in five
a repeated person, by phone or e-mail, with new data            MERGED
one person's phone with another's e-mail                        CONFLICTS
an unreadable cell, or no name and contact                      the _INVALID ones
"""

import csv
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random
from unicodedata import normalize

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from local.demo_people import Person, people

type Value = str | int | float | bool | date | None
type Row = list[Value]

SEED = 71
ROWS = 1_000
MERGED = 30
CONFLICTS = 5
NAMELESS = 12  # rows without a name: a phone or an e-mail is enough for a customer (D5)
NAME_ONLY = 5

HEADER = ("STT", "Họ và tên", "Số điện thoại", "E-mail", "Ngày sinh", "Giới tính", "Ghi chú")
_TITLES = ("DANH SÁCH KHÁCH HÀNG", "Cửa hàng Mộc, cập nhật ngày 22/11/2026")
_BLANK_EVERY = 97
_MADE = datetime(2026, 11, 22, 8, 0)  # noqa: DTZ001 - a workbook's properties have no zone

#: Name, phone, e-mail, birthday, gender: one cell is invalid, or name, phone and e-mail are blank.
_INVALID: Sequence[Sequence[Value]] = (
    ("Trần Văn Sai", "09123", None, None, "Nam"),
    ("Lê Thị Che", "09xx xxx 678", None, None, "Nữ"),
    ("Phạm Văn Thiếu", "0912000001", "khong-phai-email", None, "Nam"),
    ("Vũ Thị Ẩn", "0912000002", "n***@…", None, "Nữ"),
    ("Đỗ Văn Ngày", "0912000003", None, "31/02/1990", "Nam"),
    ("Bùi Thị Mai Sau", "0912000004", None, "01/01/2099", "Nữ"),
    ("Hồ Văn Giới", "0912000005", None, None, "không rõ"),
    ("Tổng đài Mộc", "1900 1234", None, None, None),
    ("Ngô Thị Đôi", "0912000006 / 0912000007", None, None, "Nữ"),
    (None, None, None, "28/3", "Nam"),
)

#: Mode → outcome → rows, for an import of either file by a merchant without these customers.
EXPECTED: dict[str, dict[str, int]] = {
    "overwrite": {
        "created": ROWS - MERGED - CONFLICTS - len(_INVALID),
        "merged_in_file": MERGED,
        "conflict": CONFLICTS,
        "invalid": len(_INVALID),
    },
    "skip": {
        "created": ROWS - MERGED - CONFLICTS - len(_INVALID),
        "skipped": MERGED + CONFLICTS,
        "invalid": len(_INVALID),
    },
    "create_duplicate": {
        "created": ROWS - MERGED - CONFLICTS - len(_INVALID),
        "duplicated": MERGED + CONFLICTS,
        "invalid": len(_INVALID),
    },
    #: The same file imported twice: only rows with nothing but a name create customers.
    "overwrite again": {
        "created": NAME_ONLY,
        "unchanged": ROWS - MERGED - CONFLICTS - len(_INVALID) - NAME_ONLY,
        "merged_in_file": MERGED,
        "conflict": CONFLICTS,
        "invalid": len(_INVALID),
    },
}

#: Mobile prefix → the prefix before 2018.
_BEFORE_2018 = {
    "070": "0120", "079": "0121", "077": "0122", "076": "0126", "078": "0128",
    "083": "0123", "084": "0124", "085": "0125", "081": "0127", "082": "0129",
    "032": "0162", "033": "0163", "034": "0164", "035": "0165", "036": "0166",
    "037": "0167", "038": "0168", "039": "0169",
}  # fmt: skip


def rows() -> list[Row]:
    """Return the data rows, in the columns of `HEADER`."""
    chance = Random(SEED)  # noqa: S311 - nothing here is secret
    customers = [
        _with_sample_email(person) for person in people(EXPECTED["overwrite"]["created"], SEED)
    ]
    _remove_fields(customers)
    messy = [_messy(person, chance) for person in customers]
    for repeated in _repeated_rows(customers, chance):
        # Repetitions go into the second half, after the first occurrence.
        messy.insert(chance.randrange(len(messy) // 2, len(messy)), repeated)
    for wrong in _INVALID:
        messy.insert(chance.randrange(len(messy)), [*wrong])
    return [[number, *row, _note(number)] for number, row in enumerate(messy, 1)]


def _with_sample_email(person: Person) -> Person:
    """Return the person with an e-mail address that no demo customer has."""
    mail = person.get("email")
    return {**person, "email": mail.replace("@example.com", "@sample.example")} if mail else person


def _remove_fields(customers: list[Person]) -> None:
    """Remove the name of some, and everything but the name of others."""
    for place in range(NAMELESS):
        del customers[20 + place * 40]["full_name"]
    for place in range(NAME_ONLY):
        person = customers[25 + place * 60]
        person.pop("email", None)
        del person["phone"]


def _repeated_rows(customers: Sequence[Person], chance: Random) -> Iterator[Row]:
    """Yield rows that repeat people of the first half, then rows that conflict between two."""
    early = [person for person in customers[: len(customers) // 2] if "phone" in person]
    mailed = [person for person in early if "email" in person and "full_name" in person]
    for place, person in enumerate(chance.sample(mailed, MERGED)):
        by_phone = {"full_name": person["full_name"], "phone": person["phone"]}
        by_mail = {"full_name": person["full_name"], "email": person["email"].upper()}
        yield _messy({**(by_phone if place % 3 else by_mail), "birthday": "1990-05-17"}, chance)
    two = chance.sample(mailed, CONFLICTS * 2)
    for one, other in zip(two[::2], two[1::2], strict=True):
        row = {"full_name": one["full_name"], "phone": one["phone"], "email": other["email"]}
        yield _messy(row, chance)


def _messy(person: Person, chance: Random) -> Row:
    return [
        _name(person.get("full_name"), chance),
        _phone(person.get("phone"), chance),
        _mail(person.get("email"), chance),
        _birthday(person.get("birthday"), chance),
        _gender(person.get("gender"), chance),
    ]


def _name(name: str | None, chance: Random) -> Value:
    if name is None:
        return None
    spelled: Sequence[str] = (
        normalize("NFD", name),
        name.upper(),
        "  " + name.replace(" ", "  ") + " ",
        name.replace(" ", "\u00a0"),
    )
    return chance.choices([name, *spelled], [12, 1, 1, 1, 1])[0]


def _phone(phone: str | None, chance: Random) -> Value:
    if phone is None:
        return None
    old = _BEFORE_2018.get(phone[:3])
    if old and chance.randrange(3) == 0:
        phone = old + phone[3:]
    rest = phone[1:]
    shapes: Sequence[Callable[[], Value]] = (
        lambda: phone,
        lambda: f"{phone[:4]} {phone[4:7]} {phone[7:]}",
        lambda: f"{phone[:4]}.{phone[4:7]}.{phone[7:]}",
        lambda: f"({phone[:3]}) {phone[3:6]}-{phone[6:]}",
        lambda: "+84" + rest,
        lambda: f"+84 {rest[:3]} {rest[3:]}",
        lambda: "84" + rest,
        lambda: "'" + phone,
        lambda: f"ĐT: {phone}",
        lambda: phone[:4] + "\u00a0" + phone[4:],
        lambda: rest,
        lambda: int(rest),
        lambda: float(rest),
        lambda: f"{rest[0]}.{rest[1:]}E+{len(rest) - 1:02}",
    )
    return chance.choice(shapes)()


def _mail(mail: str | None, chance: Random) -> Value:
    if mail is None:
        return None
    return chance.choices([mail, mail.upper(), f" {mail} ", f"mailto:{mail}"], [9, 1, 1, 1])[0]


def _birthday(birthday: str | None, chance: Random) -> Value:
    if birthday is None:
        return None
    year, month, day = birthday[:-6], int(birthday[-5:-3]), int(birthday[-2:])
    if year == "-":
        return f"{day}/{month}"
    spelled: Sequence[Value] = (
        date(int(year), month, day),
        f"{day:02}/{month:02}/{year}",
        f"{day}/{month}/{year}",
        f"{day:02}-{month:02}-{year}",
        birthday,
    )
    return chance.choices(spelled, [6, 6, 2, 1, 1])[0]


def _gender(gender: str | None, chance: Random) -> Value:
    if gender is None:
        return None
    words: dict[str, Sequence[Value]] = {
        "male": ("Nam", "nam", "NAM", "Male", "M", 1, True),
        "female": ("Nữ", "nữ", "NỮ", "Female", "F", 0, False),
    }
    return chance.choices([None, *words[gender]], [3, 5, 1, 1, 1, 1, 1, 1])[0]


def _note(number: int) -> Value:
    return "Khách quen" if number % 50 == 0 else None


def as_csv(data: Iterable[Row]) -> bytes:
    """Return the rows as Vietnamese Excel saves CSV: UTF-8 with a BOM, semicolons."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for line in _sheet(data):
        writer.writerow([_as_text(value) for value in line])
    return text.getvalue().encode("utf-8-sig")


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(int(value)) if isinstance(value, float) else str(value)


def _sheet(data: Iterable[Row]) -> Iterator[Row]:
    """Yield every line of the sheet, including titles and blank lines."""
    titles: list[Row] = [[title] for title in _TITLES]
    yield from titles
    yield []
    yield [*HEADER]
    for number, row in enumerate(data, 1):
        yield row
        if number % _BLANK_EVERY == 0:
            yield []


def as_xlsx(data: Iterable[Row]) -> bytes:
    """Return the rows as a workbook with merged titles and dates formatted dd/mm/yyyy."""
    workbook = Workbook()
    workbook.properties.created = workbook.properties.modified = _MADE
    sheet = workbook.worksheets[0]
    sheet.title = "Khách hàng"
    for number, line in enumerate(_sheet(data), 1):
        for column, value in enumerate(line, 1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, date):
                cell.number_format = "dd/mm/yyyy"
    _format(sheet)
    saved = io.BytesIO()
    workbook.save(saved)
    return _without_timestamps(saved)


def _format(sheet: Worksheet) -> None:
    for number in range(1, len(_TITLES) + 1):
        sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=len(HEADER))
        sheet.cell(number, 1).alignment = Alignment(horizontal="center")
    for cell in sheet[len(_TITLES) + 2]:
        cell.font = Font(bold=True)
    for column, width in zip("ABCDEFG", (6, 28, 20, 40, 14, 10, 16), strict=True):
        sheet.column_dimensions[column].width = width


def _without_timestamps(saved: io.BytesIO) -> bytes:
    """Return the workbook without the time stamps of its zip members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "docProps/core.xml":
                content = _with_fixed_moment(content)
            target.writestr(
                zipfile.ZipInfo(part.filename), content, zipfile.ZIP_DEFLATED, compresslevel=9
            )
    return packed.getvalue()


def _with_fixed_moment(properties: bytes) -> bytes:
    """Return the workbook's properties with a fixed modification time."""
    head, _, rest = properties.partition(b'<dcterms:modified xsi:type="dcterms:W3CDTF">')
    _, _, tail = rest.partition(b"</dcterms:modified>")
    return (
        head
        + b'<dcterms:modified xsi:type="dcterms:W3CDTF">'
        + f"{_MADE:%Y-%m-%dT%H:%M:%SZ}".encode()
        + b"</dcterms:modified>"
        + tail
    )


def write(folder: Path) -> None:
    """Write both files and their expected outcomes."""
    data = rows()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "customers.xlsx").write_bytes(as_xlsx(data))
    (folder / "customers.csv").write_bytes(as_csv(data))
    expected = json.dumps({"rows": ROWS, **EXPECTED}, indent=2) + "\n"
    (folder / "customers.expected.json").write_text(expected, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
