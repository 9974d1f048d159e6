"""Functions take few parameters: what travels together is one value."""

import ast
from collections.abc import Iterator
from pathlib import Path

from gates import handlers

ROOT = handlers.FUNCTIONS.parent
CODE = ("shared", "functions", "tests", "gates", "local", "benchmarks")
MOST_OF_A_USE_CASE = 9
#: Split, so that the test does not find itself.
TOO_MANY_POSITIONAL = "PLR" + "0917"


def _use_cases() -> Iterator[tuple[str, list[str]]]:
    """Yield the place of every function of the use cases, with the names of its parameters."""
    for file in sorted((ROOT / "shared/crm/usecases").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                taken = node.args
                names = [each.arg for each in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]
                place = f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield place, [each for each in names if each != "self"]


def _python_files() -> Iterator[Path]:
    for folder in CODE:
        yield from (ROOT / folder).rglob("*.py")


def test_a_use_case_takes_few_parameters() -> None:
    found = dict(_use_cases())

    assert "act" in {name for names in found.values() for name in names}
    long = {place: len(names) for place, names in found.items() if len(names) > MOST_OF_A_USE_CASE}
    assert long == {}


def test_author_moment_and_ids_travel_as_one_act() -> None:
    apart = [place for place, names in _use_cases() if {"by", "now", "new_id"} <= {*names}]

    assert apart == []


def test_no_function_is_allowed_more_positional_parameters() -> None:
    allowed = [
        str(file.relative_to(ROOT))
        for file in _python_files()
        if TOO_MANY_POSITIONAL in file.read_text(encoding="utf-8")
    ]

    assert allowed == []
