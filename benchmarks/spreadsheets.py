"""Measure reading and writing files, and their memory, against the bare libraries.

Reading is all the work of an import's first worker except S3: preflight, header, parsing and
checking every row, merging rows of one person, chunks. Its floor is the bare library plus one
plain pass over the rows: patterns for phones and e-mails, dates, a dictionary of earlier people,
json.
"""

import csv
import json
import re
import resource
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Literal

from python_calamine import CalamineWorkbook
from rustpy_xlsxwriter import write_worksheets

from benchmarks import Size
from benchmarks.populations import exported
from benchmarks.reporting import Cell, Result, Table, Target, run
from crm.domain.customers.columns import COLUMN_IDS, ENTRIES
from crm.domain.kernel.tables import NewTable
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.spreadsheets.cells import row_reader
from crm.files.exports.new_table import write_table
from crm.usecases.exports.reading import line_of
from tests.import_builders import Backend

type Kind = Literal["xlsx", "csv"]

_SIZES = {"tiny": [200], "quick": [20_000], "full": [50_000, 200_000]}
_ROUNDS = {"tiny": 1, "quick": 2, "full": 3}
_ROWS_A_PART = 4_000
_IMPORTED = tuple(ENTRIES)
_READ_AT_MOST, _WRITE_AT_MOST = 2.0, 1.5
_SECONDS_OF_50_000 = {"xlsx": 5.0, "csv": 3.0}
_SECONDS_WRITING = {"xlsx": 2.0, "csv": 1.0}
_MOST_MB, _MOST_MB_WRITING = 900.0, 120.0

_WHY_WRITE = "words, days and moments in the merchant's language, and no cell that is a formula"

_phone = re.compile(r"(?:\+84|0)\d{9}").fullmatch
_email = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch
_day = re.compile(r"(\d\d)/(\d\d)/(\d{4})").fullmatch


def measure(size: Size) -> Result:
    """Read and write both kinds of file at each size, each in its own process."""
    reads: list[list[Cell]] = []
    writes: list[list[Cell]] = []
    targets: list[Target] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for rows in _SIZES[size]:
            _in_own_process(keep_files, folder, rows)
            for kind in ("xlsx", "csv"):
                what = f"{kind} of {rows:,}"
                arguments = (folder, kind, rows, _ROUNDS[size])
                ours, memory = _in_own_process(_read, *arguments)
                bare, _ = _in_own_process(_read_barely, *arguments)
                floor, floor_memory = _in_own_process(_read_plainly, *arguments)
                reads.append(
                    [what, *(round(x, 2) for x in (ours, floor, bare)), round(memory),
                     round(floor_memory)]
                )  # fmt: skip
                targets.append(
                    Target(f"reading {what}, ours ÷ floor", round(ours / floor, 2), _READ_AT_MOST)
                )
                most = _SECONDS_OF_50_000[kind] * max(rows, 50_000) / 50_000
                targets.append(Target(f"reading {what}, s", round(ours, 2), most))
                targets.append(Target(f"reading {what}, MB", round(memory), _MOST_MB))
                ours, memory = _in_own_process(_write, *arguments)
                bare, bare_memory = _in_own_process(_write_barely, *arguments)
                writes.append(
                    [what, round(ours, 2), round(bare, 2), round(memory), round(bare_memory)]
                )
                most = _SECONDS_WRITING[kind] * max(rows, 50_000) / 50_000
                targets += [
                    Target(
                        f"writing {what}, ours ÷ bare",
                        round(ours / bare, 2),
                        _WRITE_AT_MOST,
                        reason=_WHY_WRITE,
                    ),
                    Target(f"writing {what}, s", round(ours, 2), most),
                    Target(f"writing {what}, MB", round(memory), _MOST_MB_WRITING),
                ]
    return Result(
        [
            Table(
                f"Reading {len(_IMPORTED)} columns, processor time",
                ("file", "ours, s", "floor, s", "library alone, s", "ours, MB", "floor, MB"),
                reads,
            ),
            Table(
                f"Writing {len(COLUMN_IDS)} columns from parts, processor time",
                ("file", "ours, s", "bare, s", "ours, MB", "bare, MB"),
                writes,
            ),
        ],
        targets,
        [
            (
                "Memory is the most that the process ever held, the interpreter and its modules "
                "too. The bare writers get the same rows out of the same parts, and write them "
                "with no widths, formats, guide, neutralised cells or language."
            ),
        ],
    )


def keep_files(folder: Path, rows: int) -> None:
    """Write the parts of an export, and files to import."""
    people = list(exported(rows))
    whole = row_reader(COLUMN_IDS, DEFAULT_ZONE)
    some = row_reader(_IMPORTED, DEFAULT_ZONE)
    imported = []
    for start in range(0, rows, _ROWS_A_PART):
        portion = people[start : start + _ROWS_A_PART]
        lines = b"".join(line_of(whole(each)) for each in portion)
        (folder / f"{start:07}.ndjson").write_bytes(lines)
        # A file of new customers has no codes.
        imported.append([line_of([None, *some(each)[1:]]) for each in portion])
    for kind in ("xlsx", "csv"):
        table = NewTable(kind, _IMPORTED, "vi", rows, imported)  # type: ignore[arg-type]
        write_table(folder / f"people.{kind}", table)


def _read(folder: Path, kind: Kind, rows: int) -> None:
    backend = Backend()
    job = backend.upload((folder / f"people.{kind}").read_bytes())
    backend.read(job)
    if backend.imports.get(job.merchant_id, job.id).progress.total != rows:
        raise AssertionError("not every row was read")


def _read_barely(folder: Path, kind: Kind, _: int) -> None:
    for _row in _rows(folder, kind):
        pass


def _read_plainly(folder: Path, kind: Kind, _: int) -> None:
    rows = iter(_rows(folder, kind))
    header = [str(each) for each in next(rows)]
    earlier: dict[str, int] = {}
    chunks: list[bytes] = []
    lines: list[str] = []
    for number, row in enumerate(rows):
        person = {
            name: _checked(text)
            for name, text in zip(header, map(str, row), strict=True)
            if text.strip()
        }
        earlier.setdefault(person.get("Số điện thoại", ""), number)
        earlier.setdefault(person.get("Email", ""), number)
        lines.append(json.dumps(person, ensure_ascii=False))
        if len(lines) == 500:  # noqa: PLR2004 - the rows of a chunk
            chunks.append("\n".join(lines).encode())
            lines.clear()


def _checked(text: str) -> str:
    text = text.strip()
    if _phone(text) or _email(text):
        return text
    if found := _day(text):
        return "-".join(reversed(found.groups()))
    return text


def _rows(folder: Path, kind: Kind) -> Iterable[Sequence[Any]]:
    path = folder / f"people.{kind}"
    if kind == "csv":
        return csv.reader(StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    workbook = CalamineWorkbook.from_path(str(path))
    return workbook.get_sheet_by_index(0).iter_rows()


def _write(folder: Path, kind: Kind, rows: int) -> None:
    parts = (path.read_bytes().splitlines() for path in _parts(folder, rows))
    write_table(folder / f"ours.{kind}", NewTable(kind, COLUMN_IDS, "vi", rows, parts))


def _write_barely(folder: Path, kind: Kind, rows: int) -> None:
    parts = (path.read_bytes().splitlines() for path in _parts(folder, rows))
    every = (json.loads(line) for lines in parts for line in lines)
    if kind == "csv":
        with (folder / "bare.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(every)
    else:
        named = (dict(zip(COLUMN_IDS, row, strict=True)) for row in every)
        write_worksheets([("Customers", named)], str(folder / "bare.xlsx"))


def _parts(folder: Path, rows: int) -> Sequence[Path]:
    return [folder / f"{start:07}.ndjson" for start in range(0, rows, _ROWS_A_PART)]


def _in_own_process(act: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - any arguments
    """Run in a fresh process; return the seconds of the fastest round and the peak MB."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_timed, act, *arguments).result()


def _timed(act: Callable[..., Any], folder: Path, *arguments: Any) -> tuple[float, float]:  # noqa: ANN401 - as above
    *rest, rounds = arguments if act is not keep_files else (*arguments, 1)
    times = []
    for _ in range(rounds):
        start_time = process_time()
        act(folder, *rest)
        times.append(process_time() - start_time)
    return min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(run("spreadsheets", measure))
