"""Which requirements are proven: those that a passing test cites with `@pytest.mark.req`.

    pytest --cited=build/cited.json                     a test run notes what it proved
    python -m gates.requirements build/cited.json       lists what nothing proved
    python -m gates.requirements --read requirements.md writes docs/requirements-ids.txt anew

A requirement counts as proven when tests that cite it passed and none of them failed.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

IDS = Path(__file__).parent.parent / "docs/requirements-ids.txt"

_ROW = re.compile(
    r"^\| (?P<id>\d{3}-\d{2}|D\d+|B-\d{2})(?:\.\.(?P<last>\d{2}))? \| (?P<text>.*?) ?\|"
)
_LONGEST = 110


def known() -> dict[str, str]:
    """Return what each requirement asks for, by its id."""
    lines = IDS.read_text(encoding="utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if not line.startswith("#"))


def expanded(page: str) -> Iterator[tuple[str, str]]:
    """Read the tables of a page of requirements; `001-05..14` stands for the ten that it lists."""
    for row in filter(None, map(_ROW.match, page.splitlines())):
        first, last, text = row["id"], row["last"], row["text"].replace("**", "")
        if last is None:
            yield first, _shortened(text)
            continue
        seed, start = first.split("-")
        topic, _, parts = text.partition(": ")
        numbers = range(int(start), int(last) + 1)
        for number, part in zip(numbers, parts.split("; "), strict=True):
            yield f"{seed}-{number:02}", f"{topic}: {part}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rsplit(" ", 1)[0] + " …"


# ── in pytest ───────────────────────────────────────────────────────────────────────────────────


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run say where to note the requirements it proved."""
    parser.addoption("--cited", type=Path, help="write the cited requirements to this file")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each report carry the ids that its test cites, also across processes."""
    for item in items:
        ids = [requirement for mark in item.iter_markers("req") for requirement in mark.args]
        unknown = set(ids) - known().keys()
        if unknown:
            raise pytest.UsageError(
                f"{item.nodeid} cites what is no requirement: {sorted(unknown)}"
            )
        item.user_properties += [("req", requirement) for requirement in ids]


class Citations:
    """The ids that tests of this run cite, and how those tests ended."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._passed: set[str] = set()
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one step of one test."""
        cited = {str(value) for name, value in report.user_properties if name == "req"}
        if report.failed:
            self._failed |= cited
        elif report.when == "call" and report.passed:
            self._passed |= cited

    def pytest_sessionfinish(self) -> None:
        """Write what the whole run proved."""
        outcome = {"proven": sorted(self._passed - self._failed), "failed": sorted(self._failed)}
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._target.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Note citations in the process that hears of every test."""
    target = config.getoption("cited")
    if target and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Citations(target))


# ── as a command ────────────────────────────────────────────────────────────────────────────────


def report(outcome: Mapping[str, list[str]]) -> Iterator[str]:
    """Say which requirements are open, and how many are not."""
    requirements = known()
    open_ones = requirements.keys() - outcome["proven"]
    for requirement, text in requirements.items():
        if requirement in open_ones:
            failed = " (its test fails)" if requirement in outcome["failed"] else ""
            yield f"{requirement:7} {text}{failed}"
    yield f"{len(requirements) - len(open_ones)} of {len(requirements)} requirements are proven."


def main(*arguments: str) -> None:
    """List the open requirements, or read their ids anew."""
    if arguments[0] == "--read":
        page = Path(arguments[1]).read_text(encoding="utf-8")
        lines = [f"{requirement:7} {text}\n" for requirement, text in expanded(page)]
        IDS.write_text("".join(lines), encoding="utf-8")
        return
    outcome = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    print("\n".join(report(outcome)))


if __name__ == "__main__":
    main(*sys.argv[1:])
