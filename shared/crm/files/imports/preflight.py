"""Detect the kind of an uploaded file by its bytes, and check that a workbook is safe to parse.

threat                                             protection
-------------------------------------------------  ----------------------------------------------
inflates to gigabytes                              bytes are counted while they are inflated
defines an entity a billion times                  no DOCTYPE
one cell at XFD1048576: a table of 17 billion      no cell or row beyond the limits of an import
macros, or part names that leave their folder      refused by name
encrypted, truncated, or not a workbook at all     signatures and flags of the container

The parser is imported after this check, so that a hostile file costs milliseconds.
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
_SMALL = 1024 * 1024  # the XML of an empty workbook may inflate a hundred times

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
#: Web pages and XML, which some programs save as .xls.
_markup = re.compile(rb"\s*<(?:\?xml|!doctype|html|table|!--)", re.IGNORECASE).match
#: Control characters that text does not contain; a few are an error of their rows, not the file.
_control = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 100  # at most one byte in this many
_SNIFFED = 64 * 1024

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCKED_ENTRY = 0x1

# The last column is CV (100); a few rows beyond the limit are allowed, for titles and blanks.
_REFERENCE = (
    rb"r\s*=\s*[\"']"
    rb"(?:(?P<column>[A-Za-z]{3}|[Cc][W-Zw-z]|[D-Zd-z][A-Za-z])"
    rb"|[A-Za-z]{0,2}(?P<row>0*(?:[1-9]\d{6}|[3-9]\d{5}|2[1-9]\d{4}))"
    rb"|(?P<odd>[^A-Za-z0-9]))"
)
_cell_out_of_bounds = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)\s[^<>]*?\b" + _REFERENCE).search
#: A quick check: most blocks have no such reference, and need not be searched tag by tag.
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
class Inspection:
    """The kind of a file, and the hidden rows of a workbook by the index of their sheet."""

    kind: Literal["xlsx", "csv"]
    hidden_rows: Mapping[int, Collection[int]] = field(default_factory=dict)


def inspect_file(content: bytes) -> Inspection:
    """Return the kind of a file, or raise `ImportRefused` with the reason."""
    if len(content) > MOST_BYTES:
        raise ImportRefused("file_too_large", limit=MOST_BYTES // 2**20)
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise ImportRefused("empty_file")
    if content.startswith(_ZIP):
        return Inspection("xlsx", _checked_workbook(content))
    if content.startswith(_OLE):
        raise ImportRefused("encrypted_workbook" if _ENCRYPTED in content else "old_workbook")
    if content.startswith((_EMPTY_ZIP, *_NO_TABLES)) or _markup(content) or not _is_text(content):
        raise ImportRefused("not_a_workbook")
    return Inspection("csv")


def _is_text(content: bytes) -> bool:
    start = content[:_SNIFFED]
    if start.startswith(_UTF_16):
        return True
    return len(_control.findall(start)) * _MOST_CONTROLS <= len(start)


def _checked_workbook(content: bytes) -> dict[int, Collection[int]]:
    """Check a workbook, and return its hidden rows by the index of their sheet."""
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
    # zipfile raises NotImplementedError for a part of an unsupported zip version.
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
    if any(part.compress_type not in _COMPRESSIONS for part in parts):
        raise ImportRefused("broken_workbook")


def _check_size(inflated: int, size: int) -> None:
    if inflated > MOST_INFLATED_BYTES:
        raise ImportRefused("inflates_too_much", limit=MOST_INFLATED_BYTES // 2**20)
    if inflated > _SMALL and inflated > size * MOST_INFLATION:
        raise ImportRefused("zip_bomb")


def _blocks(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, hidden: dict[str, set[int]]
) -> Iterator[bytes]:
    """Yield a part block by block, checking each with the end of the block before it."""
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
    """Return the hidden rows by the index of their sheet, instead of the name of its part."""
    try:
        workbook, relations = (archive.read(each).decode() for each in (_WORKBOOK, _RELATIONS))
    except (KeyError, UnicodeDecodeError):
        return {}
    parts: dict[str, str] = {}
    for tag in _relation_tags(relations):
        relation = _attributes_of(tag)
        target = relation.get("Target", "")
        parts[relation.get("Id", "")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
    ids = [_attributes_of(tag, local=True).get("id", "") for tag in _sheet_tags(workbook)]
    found = {place: hidden.get(parts.get(each, ""), ()) for place, each in enumerate(ids)}
    return {place: rows for place, rows in found.items() if rows}


def _attributes_of(tag: str, *, local: bool = False) -> dict[str, str]:
    """Return the attributes of a tag by name; `local` names have no namespace prefix."""
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
