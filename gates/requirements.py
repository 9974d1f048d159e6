"""Report which requirements passing tests prove by citing them with `@pytest.mark.req`.

    pytest --cited=build/cited.json                     record the requirements that a run proves
    python -m gates.requirements build/cited.json       list the unproven requirements
    python -m gates.requirements --read requirements.md rewrite docs/requirements-ids.txt

A requirement is proven if a test that cites it passed and no such test failed.
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


def requirement_texts() -> dict[str, str]:
    """Return the text of each requirement by its id."""
    lines = IDS.read_text(encoding="utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if not line.startswith("#"))


def expanded(page: str) -> Iterator[tuple[str, str]]:
    """Yield ids and texts from a page's tables; a range like `001-05..14` yields ten."""
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
    """Add the option `--cited`."""
    parser.addoption("--cited", type=Path, help="write the cited requirements to this file")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attach the cited ids to each test's report, which also reaches xdist's controller."""
    for item in items:
        ids = [requirement for mark in item.iter_markers("req") for requirement in mark.args]
        unknown = set(ids) - requirement_texts().keys()
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} cites unknown requirements: {sorted(unknown)}")
        item.user_properties += [("req", requirement) for requirement in ids]


class Citations:
    """Collects the ids that the tests of a run cite, with the tests' outcomes."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._passed: set[str] = set()
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record one phase of one test."""
        cited = {str(value) for name, value in report.user_properties if name == "req"}
        if report.failed:
            self._failed |= cited
        elif report.when == "call" and report.passed:
            self._passed |= cited

    def pytest_sessionfinish(self) -> None:
        """Write the requirements that the run proved."""
        outcome = {"proven": sorted(self._passed - self._failed), "failed": sorted(self._failed)}
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._target.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Record citations in the process that receives the reports of all tests."""
    target = config.getoption("cited")
    if target and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Citations(target))


# ── as a command ────────────────────────────────────────────────────────────────────────────────


def report(outcome: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the unproven requirements and the number of proven ones."""
    requirements = requirement_texts()
    unproven = requirements.keys() - outcome["proven"]
    for requirement, text in requirements.items():
        if requirement in unproven:
            failed = " (its test fails)" if requirement in outcome["failed"] else ""
            yield f"{requirement:7} {text}{failed}"
    yield f"{len(requirements) - len(unproven)} of {len(requirements)} requirements are proven."


def main(*arguments: str) -> None:
    """List the unproven requirements, or with --read rewrite their ids."""
    if arguments[0] == "--read":
        page = Path(arguments[1]).read_text(encoding="utf-8")
        lines = [f"{requirement:7} {text}\n" for requirement, text in expanded(page)]
        IDS.write_text("".join(lines), encoding="utf-8")
        return
    outcome = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    print("\n".join(report(outcome)))


if __name__ == "__main__":
    main(*sys.argv[1:])
