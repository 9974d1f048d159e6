"""The repository's layout: each function folder is one Lambda, within size and naming rules."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from gates import handlers
from gates.expand import template

ROOT = handlers.FUNCTIONS.parent
#: The most files in a folder and lines in a module.
FILES_A_FOLDER = 22
LINES_A_MODULE = 450
#: Data tables, which may be longer.
DATA = {
    "shared/crm/domain/customers/columns.py",
    "shared/crm/domain/customers/fields.py",
    "shared/crm/domain/messages/catalogue.py",
}
MEANINGLESS_WORDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service"}


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
    """Return the decorators of a folder's `lambda_handler`."""
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


def test_no_folder_has_too_many_files() -> None:
    files = Counter(file.parent for file in _ours("*"))
    per_folder = {str(folder.relative_to(ROOT)): count for folder, count in files.items()}

    assert {name: count for name, count in per_folder.items() if count > FILES_A_FOLDER} == {}


def test_only_data_tables_exceed_the_line_limit() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in _ours("*.py")
    }

    assert {name for name, lines in lengths.items() if lines > LINES_A_MODULE} <= DATA


def test_exactly_the_functions_with_routes_are_named_api() -> None:
    with_routes = [
        name
        for name in handlers.folders()
        if "\napp = " in (handlers.FUNCTIONS / name / "handler.py").read_text(encoding="utf-8")
    ]

    assert with_routes == [name for name in handlers.folders() if name.endswith("_api")]


@pytest.mark.parametrize("folder", handlers.folders())
def test_every_handler_logs_its_invocations(folder: str) -> None:
    assert _decorators(folder) == ["log_invocation"]


def test_no_module_has_a_meaningless_name() -> None:
    meaningless = [file for file in _ours("*.py") if MEANINGLESS_WORDS & set(file.stem.split("_"))]

    assert meaningless == []


@pytest.mark.parametrize("edit", ["sys.path.insert", "sys.path.append", "importlib.reload"])
def test_nothing_changes_the_import_path_or_reloads_modules(edit: str) -> None:
    offending = [
        str(file.relative_to(ROOT))
        for file in _ours("*.py")
        if file != Path(__file__) and edit in file.read_text(encoding="utf-8")
    ]

    assert offending == []
