"""The tree says what is deployed: one folder, one Lambda, one role."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from gates import handlers
from gates.expand import template

ROOT = handlers.FUNCTIONS.parent
#: Most files in a folder and most lines in a module: what a reader can survey.
FILES_A_FOLDER = 22
LINES_A_MODULE = 450
#: Modules that are tables of data, whose length says nothing about their difficulty.
DATA = {"shared/crm/domain/messages/catalogue.py"}
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service"}


def _deployed() -> dict[str, str]:
    return {
        logical_id: resource["Properties"]["CodeUri"].strip("/")
        for logical_id, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _ours(pattern: str) -> list[Path]:
    trees = ("functions", "shared/crm", "gates", "local", "tests", "benchmarks")
    files = (file for tree in trees for file in (ROOT / tree).rglob(pattern) if file.is_file())
    return [file for file in files if not {"__pycache__", "node_modules"} & {*file.parts}]


def _decorators(folder: str) -> list[str]:
    """Return the decorators of the handler in a function folder."""
    source = (handlers.FUNCTIONS / folder / "handler.py").read_text(encoding="utf-8")
    (handler,) = (
        statement
        for statement in ast.parse(source).body
        if isinstance(statement, ast.FunctionDef) and statement.name == "lambda_handler"
    )
    return [ast.unparse(decorator) for decorator in handler.decorator_list]


def test_every_function_folder_is_deployed_under_its_name() -> None:
    folders = {handlers.logical_id(name): f"functions/{name}" for name in handlers.folders()}

    assert folders == _deployed()


def test_a_function_folder_holds_its_handler_and_nothing_else() -> None:
    others = [
        str(file.relative_to(ROOT))
        for file in handlers.FUNCTIONS.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.name != "handler.py"
    ]

    assert others == []


def test_no_folder_has_more_files_than_a_reader_can_survey() -> None:
    files = Counter(file.parent for file in _ours("*"))
    full = {str(folder.relative_to(ROOT)): count for folder, count in files.items()}

    assert {name: count for name, count in full.items() if count > FILES_A_FOLDER} == {}


def test_no_module_is_longer_than_a_reader_can_survey() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in _ours("*.py")
    }

    assert {name for name, lines in lengths.items() if lines > LINES_A_MODULE} == DATA


def test_functions_with_routes_are_named_for_a_resource_and_others_are_not() -> None:
    with_routes = [
        name
        for name in handlers.folders()
        if "\napp = " in (handlers.FUNCTIONS / name / "handler.py").read_text(encoding="utf-8")
    ]

    assert with_routes == [name for name in handlers.folders() if name.endswith("_api")]


@pytest.mark.parametrize("folder", handlers.folders())
def test_every_handler_logs_its_invocations(folder: str) -> None:
    assert _decorators(folder) == ["log_invocation"]


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = [file for file in _ours("*.py") if EMPTY_WORDS & set(file.stem.split("_"))]

    assert empty == []


@pytest.mark.parametrize("edit", ["sys.path.insert", "sys.path.append", "importlib.reload"])
def test_nothing_bends_the_import_system(edit: str) -> None:
    bent = [
        str(file.relative_to(ROOT))
        for file in _ours("*.py")
        if file != Path(__file__) and edit in file.read_text(encoding="utf-8")
    ]

    assert bent == []
