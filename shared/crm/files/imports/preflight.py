"""What an uploaded file is, by its bytes, and whether a workbook is safe to hand to the parser.

what a file may do to a parser                     what stops it
-------------------------------------------------  ----------------------------------------------
inflate to gigabytes                               bytes are counted while they are inflated
define an entity a billion times                   no DOCTYPE
one cell at XFD1048576: a table of 17 billion      no cell or row beyond what an import may hold
carry macros, or names that climb out of a folder  refused by name
be locked, cut off, or no workbook at all          the container's own signs

The parser is imported after this, so that a hostile file costs milliseconds.
"""

import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import Literal

from crm.domain.imports.job import (
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_INFLATED_BYTES,
    MOST_INFLATION,
    MOST_ROWS,
    ImportRefused,
)

_MOST_PARTS = 100
_BLOCK = 1024 * 1024
_OVERLAP = 1024  # more than the opening tag of a cell takes
_SMALL = 1024 * 1024  # an empty workbook's XML may well inflate a hundred times

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: PDF, PNG, JPEG, GIF, RIFF, gzip, 7z, RAR, bzip2, ELF, SQLite, RTF.
_NO_TABLES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\x7fELF",
    b"SQLite format",
    b"{\\rtf",
)
#: Web pages and XML, which some programs call .xls.
_markup = re.compile(rb"\s*<(?:\?xml|!doctype|html|table|!--)", re.IGNORECASE).match
#: Control characters that no text has; one here and there is an error of a row, not of the file.
_control = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 100  # one byte in so many
_SNIFFED = 64 * 1024

_KEPT_WHOLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCKED_ENTRY = 0x1

# The widest cell is CV (100); rows may be a few more than an import takes, for titles and blanks.
_REFERENCE = (
    rb"r\s*=\s*[\"']"
    rb"(?:(?P<column>[A-Za-z]{3}|[Cc][W-Zw-z]|[D-Zd-z][A-Za-z])"
    rb"|[A-Za-z]{0,2}(?P<row>0*(?:[1-9]\d{6}|[3-9]\d{5}|2[1-9]\d{4}))"
    rb"|(?P<odd>[^A-Za-z0-9]))"
)
_cell_out_of_bounds = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)\s[^<>]*?\b" + _REFERENCE).search
#: Wherever it stands: most blocks have none, and need not be searched tag by tag.
_anything_out_of_bounds = re.compile(_REFERENCE).search


_hidden_row = re.compile(
    rb"<(?:[\w.-]+:)?row\s(?=[^<>]*?\bhidden\s*=\s*[\"'](?:1|true)[\"'])"
    rb"[^<>]*?\br\s*=\s*[\"'](\d+)[\"']"
).findall
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_sheet_tags = re.compile(r"<(?:[\w.-]+:)?sheet\s([^<>]*)>").findall
_relation_tags = re.compile(r"<(?:[\w.-]+:)?Relationship\s([^<>]*)>").findall
_attributes = re.compile(r"([\w.:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')").findall


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file is, and the hidden rows of a workbook by the place of their sheet in it."""

    kind: Literal["xlsx", "csv"]
    hidden_rows: Mapping[int, Collection[int]] = field(default_factory=dict)


def inspected(content: bytes) -> Inspected:
    """Return what a file is, or raise `ImportRefused` with a reason of its own."""
    if len(content) > MOST_BYTES:
        raise ImportRefused("file_too_large", limit=MOST_BYTES // 2**20)
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise ImportRefused("empty_file")
    if content.startswith(_ZIP):
        return Inspected("xlsx", _checked_workbook(content))
    if content.startswith(_OLE):
        raise ImportRefused("encrypted_workbook" if _ENCRYPTED in content else "old_workbook")
    if content.startswith((_EMPTY_ZIP, *_NO_TABLES)) or _markup(content) or not _is_text(content):
        raise ImportRefused("not_a_workbook")
    return Inspected("csv")


def _is_text(content: bytes) -> bool:
    start = content[:_SNIFFED]
    if start.startswith(_UTF_16):
        return True
    return len(_control.findall(start)) * _MOST_CONTROLS <= len(start)


def _checked_workbook(content: bytes) -> dict[int, Collection[int]]:
    """Return the hidden rows by the place of their sheet."""
    hidden: dict[str, set[int]] = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_names(parts)
            inflated = 0
            for part in parts:
                for block in _blocks(archive, part, hidden):
                    inflated += len(block)
                    _check_size(inflated, len(content))
            return _by_sheet(archive, hidden) if hidden else {}
    # zipfile raises NotImplementedError for a part of a zip version that it cannot read.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as broken:
        raise ImportRefused("broken_workbook") from broken


def _check_names(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename.lower() for part in parts]
    if any(part.flag_bits & _LOCKED_ENTRY for part in parts):
        raise ImportRefused("encrypted_workbook")
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise ImportRefused("not_a_workbook")
    if "xl/workbook.bin" in names:
        raise ImportRefused("old_workbook")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise ImportRefused("macro_workbook")
    if len(names) > _MOST_PARTS:
        raise ImportRefused("too_many_parts", limit=_MOST_PARTS)
    odd = any(".." in name or name.startswith("/") or "\\" in name for name in names)
    if odd or len(set(names)) < len(names):
        raise ImportRefused("unsafe_workbook")
    if any(part.compress_type not in _KEPT_WHOLE for part in parts):
        raise ImportRefused("broken_workbook")


def _check_size(inflated: int, size: int) -> None:
    if inflated > MOST_INFLATED_BYTES:
        raise ImportRefused("inflates_too_much", limit=MOST_INFLATED_BYTES // 2**20)
    if inflated > _SMALL and inflated > size * MOST_INFLATION:
        raise ImportRefused("zip_bomb")


def _blocks(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, hidden: dict[str, set[int]]
) -> Iterator[bytes]:
    """Yield a part block by block, each looked at with the end of the one before it."""
    is_xml = part.filename.lower().endswith((".xml", ".rels"))
    is_sheet = part.filename.lower().startswith("xl/worksheets/") and is_xml
    before = b""
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            if is_xml:
                _check_markup(before, before + block)
            if is_sheet:
                text = before + block
                _check_cells(text)
                if b"hidden" in text:
                    rows = map(int, _hidden_row(text))
                    hidden.setdefault(part.filename, set()).update(rows)
            before = block[-_OVERLAP:]
            yield block


def _by_sheet(
    archive: zipfile.ZipFile, hidden: Mapping[str, Collection[int]]
) -> dict[int, Collection[int]]:
    """Return what was found in parts by the places of the sheets that they are of."""
    try:
        workbook, relations = (archive.read(each).decode() for each in (_WORKBOOK, _RELATIONS))
    except (KeyError, UnicodeDecodeError):
        return {}
    parts: dict[str, str] = {}
    for tag in _relation_tags(relations):
        told = _told(tag)
        target = told.get("Target", "")
        parts[told.get("Id", "")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
    ids = [_told(tag, local=True).get("id", "") for tag in _sheet_tags(workbook)]
    found = {place: hidden.get(parts.get(each, ""), ()) for place, each in enumerate(ids)}
    return {place: rows for place, rows in found.items() if rows}


def _told(tag: str, *, local: bool = False) -> dict[str, str]:
    """Return the attributes of a tag, by their names or by what follows their prefixes."""
    return {
        name.rpartition(":")[2] if local else name: unescape(quoted or single)
        for name, quoted, single in _attributes(tag)
    }


def _check_markup(before: bytes, text: bytes) -> None:
    wide = not before and (text.startswith(_UTF_16) or b"\x00" in text[:4])
    if wide or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ImportRefused("unsafe_workbook")


def _check_cells(text: bytes) -> None:
    found = _anything_out_of_bounds(text) and _cell_out_of_bounds(text)
    if not found:
        return
    if found["column"]:
        raise ImportRefused("too_many_columns", limit=MOST_COLUMNS)
    if found["row"]:
        raise ImportRefused("too_many_rows", limit=MOST_ROWS)
    raise ImportRefused("unsafe_workbook")
