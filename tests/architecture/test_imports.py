"""The core imports no AWS packages; a function imports only packages of its layers."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gates import handlers
from gates.expand import template

ROOT = handlers.FUNCTIONS.parent
FOREIGN = {
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "openpyxl",
    "pydantic",
    "python_calamine",
    "rustpy_xlsxwriter",
}
#: Here botocore also loads pyOpenSSL, which Lambda lacks: 0.1 s in both processes below.
CLIENT = "import boto3; boto3.client('dynamodb')"
LEAST_ROUNDS, MOST_ROUNDS = 3, 9
BUDGET = 1.8
#: Imports each module in a fork of a process that has loaded the runtime's packages: a fork takes
#: less time than a fresh process, and those packages are allowed anyway.
FORKS = f"""
{CLIENT}
import importlib, json, os, sys
for line in sys.stdin:
    child = os.fork()
    if not child:
        importlib.import_module(line.strip())
        print(json.dumps([*sys.modules]), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{{line.strip()}} cannot be imported")
"""


def _python(code: str) -> str:
    """Run code in a fresh process with a function's environment; return its standard output."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        # Bytecode may be cached, because the layers ship compiled: a repeated start is measured.
        env={**os.environ, **handlers.environment(), "PYTHONDONTWRITEBYTECODE": ""},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _loaded_by(*modules: str) -> set[str]:
    return _loaded_after("\n".join(f"import {module}" for module in modules))


def _loaded_after(code: str) -> set[str]:
    return _packages(_python(f"{code}\nimport json, sys\nprint(json.dumps([*sys.modules]))"))


def _packages(printed: str) -> set[str]:
    return {str(name).partition(".")[0] for name in json.loads(printed)}


def test_the_core_imports_no_packages_of_aws_or_file_formats() -> None:
    core = [
        ".".join(file.relative_to(ROOT / "shared").with_suffix("").parts)
        for part in ("domain", "ports", "usecases")
        for file in (ROOT / "shared/crm" / part).rglob("*.py")
        if file.stem != "__init__"
    ]

    loaded = _loaded_by(*core)

    assert "crm" in loaded
    assert loaded & FOREIGN == set()


@cache
def _modules_by_distribution() -> dict[str, set[str]]:
    modules: dict[str, set[str]] = {}
    for module, distributions in packages_distributions().items():
        for name in distributions:
            modules.setdefault(_normalized(name), set()).add(module)
    return modules


@cache
def _third_party() -> set[str]:
    return set(packages_distributions()) - sys.stdlib_module_names - {"crm"}


def _normalized(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _with_dependencies(names: Iterable[str]) -> set[str]:
    """Return distributions and their transitive dependencies, without extras."""
    found: set[str] = set()
    waiting = [_normalized(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        requirements = (Requirement(text) for text in distribution(name).requires or ())
        waiting += [
            _normalized(each.name)
            for each in requirements
            if each.marker is None or each.marker.evaluate({"extra": ""})
        ]
    return found


def _layers(folder: str) -> Iterator[str]:
    """Yield the folders of a function's layers with third-party packages."""
    sam = template()
    function = sam["Resources"][handlers.logical_id(folder)]["Properties"]
    own = function.get("Layers", sam["Globals"]["Function"]["Layers"])
    for layer in [*sam["Globals"]["Function"]["Layers"], *own]:
        content = Path(sam["Resources"][layer["Ref"]]["Properties"]["ContentUri"])
        if (ROOT / content / "requirements.txt").exists():
            yield str(content)


def _packages_of_layers(folder: str) -> set[str]:
    pinned = [
        Requirement(line).name
        for layer in _layers(folder)
        for line in (ROOT / layer / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    distributions = _with_dependencies(pinned)
    return {
        module for name in distributions for module in _modules_by_distribution().get(name, ())
    }


@cache
def _packages_of_the_runtime() -> set[str]:
    return _loaded_after(CLIENT)


@pytest.fixture(scope="session")
def forks() -> Iterator[subprocess.Popen[str]]:
    """Return a process that imports each given module in a fork and prints the loaded modules."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKS],
        cwd=ROOT,
        env={**os.environ, **handlers.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


@pytest.mark.parametrize("folder", handlers.folders())
def test_a_function_imports_only_packages_of_its_layers(
    forks: subprocess.Popen[str], folder: str
) -> None:
    assert forks.stdin
    assert forks.stdout
    print(f"functions.{folder}.handler", file=forks.stdin, flush=True)
    loaded = _packages(forks.stdout.readline())

    assert "functions" in loaded
    assert (
        loaded & _third_party() - _packages_of_layers(folder) - _packages_of_the_runtime() == set()
    )


def _seconds(code: str) -> float:
    """Return the processor time of a fresh process, which depends little on other load."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _python(code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_customers_api_starts_within_its_budget() -> None:
    client, handler = [], []
    for rounds in range(1, MOST_ROUNDS + 1):
        client.append(_seconds(CLIENT))
        handler.append(_seconds("import functions.customers_api.handler"))
        if rounds >= LEAST_ROUNDS and min(handler) <= BUDGET * min(client):
            break

    assert min(handler) <= BUDGET * min(client)
