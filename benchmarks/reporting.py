"""What a benchmark found: printed, kept in `results/`, and shown in the README."""

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
#: What a benchmark ends with that missed a target: it was measured all the same.
MISSED = 3
_PACKAGES = (
    "boto3",
    "aws-lambda-powertools",
    "pydantic",
    "python-calamine",
    "rustpy-xlsxwriter",
    "ministack",
)
#: The engine comes inside an npm package, which names it; see `gates/npm/package.json`.
_DYNAMODB_LOCAL = "3.3.0"

type Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that stand together."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and what it was to be; `reason` says why it is missed, where it is known."""

    what: str
    figure: float
    limit: float
    bound: Literal["at most", "at least"] = "at most"
    reason: str = ""

    @property
    def is_met(self) -> bool:
        """Say whether the figure is within its limit."""
        return self.figure <= self.limit if self.bound == "at most" else self.figure >= self.limit


@dataclass(frozen=True, slots=True)
class Result:
    """All that a benchmark found, and what a reader must know of how."""

    tables: Sequence[Table]
    targets: Sequence[Target] = ()
    notes: Sequence[str] = field(default=())


def run(name: str, measure: Callable[[Size], Result]) -> int:
    """Measure at the size of the command line, `quick` if none; return `MISSED` or 0."""
    size = _size(sys.argv[1:])
    result = measure(size)
    print(printed(name, result))
    if size != "tiny":
        _keep(name, size, result)
        show_in_readme()
    return 0 if all(target.is_met for target in result.targets) else MISSED


def printed(name: str, result: Result) -> str:
    """Return a result as a terminal shows it."""
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
    """Put every kept result between its markers in the README, which names each of them once."""
    text = README.read_text(encoding="utf-8")
    for name in NAMES:
        path = RESULTS / f"{name}.json"
        if path.exists():
            shown = _markdown(json.loads(path.read_text(encoding="utf-8")))
            begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
            pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
            text = pattern.sub(_put(f"{begin}\n{shown}\n{end}"), text)
    README.write_text(text, encoding="utf-8")


def _put(text: str) -> Callable[[re.Match[str]], str]:
    """Return what puts a text in the place of a match, whatever signs it has."""
    return lambda _: text


def _keep(name: str, size: Size, result: Result) -> None:
    kept = {
        "command": f"python -m benchmarks.{name} {size}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": _machine(),
        "versions": _versions(),
        **asdict(result),
        "targets": [{**asdict(each), "met": each.is_met} for each in result.targets],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


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
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*: (.*)$", told, re.MULTILINE)
    return found[1] if found else platform.processor()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "dynamodb-local": _DYNAMODB_LOCAL}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _markdown(kept: Mapping[str, Any]) -> str:
    machine = kept["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in kept["versions"].items())
    where = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['architecture']}, "
        f"{machine['memory_gb']} GB, load {machine['busy']} at the end"
    )
    lines = [f"`{kept['command']}`, {kept['date']}, {where}; {versions}."]
    for table in kept["tables"]:
        lines += ["", f"**{table['title']}**", ""]
        lines += _rows(table["columns"], table["rows"])
    if kept["targets"]:
        rows = [
            [
                each["what"],
                each["figure"],
                f"{'≤' if each['bound'] == 'at most' else '≥'} {_text(each['limit'])}",
                "met" if each["met"] else f"**missed**{_because(each['reason'])}",
            ]
            for each in kept["targets"]
        ]
        lines += ["", *_rows(["target", "figure", "limit", ""], rows)]
    lines += [f"\n{note}" for note in kept["notes"]]
    return "\n".join(lines)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _rows(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return [f"| {' | '.join(map(_text, row))} |" for row in (columns, rule, *rows)]


def _text(cell: Cell) -> str:
    """Return a cell as it is read: three digits of a small figure, none behind a large one."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or cell == int(cell):
        return f"{int(cell):,}"
    return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"  # noqa: PLR2004 - three digits
