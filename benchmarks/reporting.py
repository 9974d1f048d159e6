"""Print a benchmark's result, store it in `results/` and show it in the README."""

import json
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from benchmarks import NAMES, Size

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent / "README.md"
#: The exit status of a complete benchmark that missed a target.
MISSED = 3
_PACKAGES = (
    "boto3",
    "aws-lambda-powertools",
    "pydantic",
    "python-calamine",
    "rustpy-xlsxwriter",
    "ministack",
)
#: The version that the npm package of the engine contains; see `gates/npm/package.json`.
_DYNAMODB_LOCAL = "3.3.0"

type Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and its limit; `reason` explains a known miss."""

    what: str
    figure: float
    limit: float
    bound: Literal["at most", "at least"] = "at most"
    reason: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is within its limit."""
        return self.figure <= self.limit if self.bound == "at most" else self.figure >= self.limit


@dataclass(frozen=True, slots=True)
class Result:
    """All figures of a benchmark, with notes for the reader."""

    tables: Sequence[Table]
    targets: Sequence[Target] = ()
    notes: Sequence[str] = field(default=())


def run(name: str, measure: Callable[[Size], Result]) -> int:
    """Measure at the command line's size, by default `quick`; return `MISSED` or 0."""
    size = _size(sys.argv[1:])
    result = measure(size)
    print(formatted(name, result))
    if size != "tiny":
        _store(name, size, result)
        show_in_readme()
    return 0 if all(target.is_met for target in result.targets) else MISSED


def formatted(name: str, result: Result) -> str:
    """Return a result formatted for a terminal."""
    lines = [f"── {name} ──"]
    for table in result.tables:
        texts = [list(table.columns), *([_text(cell) for cell in row] for row in table.rows)]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        lines += ["", table.title]
        lines += [
            "  ".join(
                text.ljust(width) if place == 0 else text.rjust(width)
                for place, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in texts
        ]
    lines += [""] if result.targets else []
    for target in result.targets:
        verdict = "met" if target.is_met else "MISSED"
        lines.append(
            f"{verdict:<6} {target.what}: {_text(target.figure)}"
            f" ({target.bound} {_text(target.limit)})"
        )
    return "\n".join(lines)


def show_in_readme() -> None:
    """Write every stored result between its two markers in the README."""
    text = README.read_text(encoding="utf-8")
    for name in NAMES:
        path = RESULTS / f"{name}.json"
        if path.exists():
            shown = _markdown(json.loads(path.read_text(encoding="utf-8")))
            begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
            pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
            text = pattern.sub(_replacement(f"{begin}\n{shown}\n{end}"), text)
    README.write_text(text, encoding="utf-8")


def _replacement(text: str) -> Callable[[re.Match[str]], str]:
    """Return a replacement function for `re.sub`, which reads no escapes in the text."""
    return lambda _: text


def _store(name: str, size: Size, result: Result) -> None:
    stored = {
        "command": f"python -m benchmarks.{name} {size}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": _machine(),
        "versions": _versions(),
        **asdict(result),
        "targets": [{**asdict(each), "met": each.is_met} for each in result.targets],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _size(arguments: Sequence[str]) -> Size:
    match arguments:
        case []:
            return "quick"
        case ["tiny" | "quick" | "full" as size]:
            return size
        case _:
            sys.exit("a benchmark takes one of: tiny, quick, full")


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "memory_gb": round(memory / 2**30),
        "busy": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*: (.*)$", cpuinfo, re.MULTILINE)
    return found[1] if found else platform.processor()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "dynamodb-local": _DYNAMODB_LOCAL}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _markdown(stored: Mapping[str, Any]) -> str:
    machine = stored["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in stored["versions"].items())
    where = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['architecture']}, "
        f"{machine['memory_gb']} GB, load {machine['busy']} at the end"
    )
    lines = [f"`{stored['command']}`, {stored['date']}, {where}; {versions}."]
    for table in stored["tables"]:
        lines += ["", f"**{table['title']}**", ""]
        lines += _rows(table["columns"], table["rows"])
    if stored["targets"]:
        rows = [
            [
                each["what"],
                each["figure"],
                f"{'≤' if each['bound'] == 'at most' else '≥'} {_text(each['limit'])}",
                "met" if each["met"] else f"**missed**{_reason_text(each['reason'])}",
            ]
            for each in stored["targets"]
        ]
        lines += ["", *_rows(["target", "figure", "limit", ""], rows)]
    lines += [f"\n{note}" for note in stored["notes"]]
    return "\n".join(lines)


def _reason_text(reason: str) -> str:
    return f": {reason}" if reason else ""


def _rows(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return [f"| {' | '.join(map(_text, row))} |" for row in (columns, rule, *rows)]


def _text(cell: Cell) -> str:
    """Format a cell: three significant digits below 100, no decimals above."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or cell == int(cell):
        return f"{int(cell):,}"
    return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"  # noqa: PLR2004 - three digits
