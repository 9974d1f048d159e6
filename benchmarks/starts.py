"""Measure the start of each function's process against `boto3` and a DynamoDB client alone.

A start is all that Lambda does before the first event: the interpreter, the imports and the
module-level code of the handler. It is measured as processor time, which depends little on other
processes. pyOpenSSL, which Lambda lacks, is excluded from both sides: a tenth of a second.
"""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks import Size
from benchmarks.reporting import Cell, Result, Table, Target, run
from gates import handlers

_LAMBDA = "import sys; sys.modules['OpenSSL'] = None; "
_CLIENT = "import boto3; boto3.client('dynamodb')"
#: What every function of a kind needs: a client, the logger, and models or a resolver.
_LOGGER = f"{_CLIENT}; from aws_lambda_powertools import Logger; Logger()"
_MODEL = f"{_LOGGER}; import pydantic; pydantic.create_model('Event', id=(str, ...))"
_RESOLVER = (
    f"{_MODEL}; from aws_lambda_powertools import Metrics; Metrics(namespace='n'); "
    "from aws_lambda_powertools.event_handler import APIGatewayRestResolver as Resolver; "
    "Resolver(enable_validation=True)"
)
_ROUNDS = {"tiny": 1, "quick": 1, "full": 5}
_SHOWN, _BETWEEN = 12, 8
_BARE = "boto3 and a client"
_LEAST = {
    "and Powertools' Logger": _LOGGER,
    "and a model of pydantic": _MODEL,
    "and Powertools' Metrics and resolver with validation": _RESOLVER,
}
_AT_MOST = {"HTTP": 1.8, "events": 1.5}
_REASONS = {
    "HTTP": "Powertools' resolver and pydantic alone come to the limit, see the least of them",
    "events": "Powertools' Logger and a model of pydantic alone come to it, see the least of them",
    "events_api": "a second client, for the bus, beside the least of HTTP",
}


def measure(size: Size) -> Result:
    """Start every function's process several times, in turns."""
    folders = ["customers_api", "record_orders"] if size == "tiny" else handlers.folders()
    codes = {_BARE: _CLIENT, **_LEAST}
    codes |= {folder: f"import functions.{folder}.handler" for folder in folders}
    times: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(_ROUNDS[size]):
        for place, (name, code) in enumerate(codes.items()):
            times[name].append(_seconds(_LAMBDA + code))
            if place % _BETWEEN == 0:  # repeat the common reference
                times[_BARE].append(_seconds(_LAMBDA + _CLIENT))
    client = min(times[_BARE])
    lines: list[list[Cell]] = []
    targets: list[Target] = []
    for folder in folders:
        took = min(times[folder])
        kind = "HTTP" if folder.endswith("_api") else "events"
        lines.append([folder, kind, round(took * 1_000), round(took / client, 3)])
        target = Target(f"{folder} ÷ client", round(took / client, 3), _AT_MOST[kind])
        targets.append(replace(target, reason=_REASONS.get(folder, _REASONS[kind])))
    for name in (_BARE, *_LEAST):
        took = min(times[name])
        lines.append([name, "", round(took * 1_000), round(took / client, 3)])
    tables = [Table("Start of a process", ("function", "asked by", "ms", "÷ client"), lines)]
    tables += [
        Table(
            f"What {folder} loads, the dearest first, itself without what it loads in turn",
            ("package", "ms", "modules"),
            list(_slowest_imports(f"{_LAMBDA}import functions.{folder}.handler")),
        )
        for folder in ("customers_api", "record_orders")
    ]
    return Result(tables, targets)


def _seconds(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _python("-c", code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _slowest_imports(code: str) -> Iterator[Sequence[str | float]]:
    """Yield the packages that an import loads, by their own import time."""
    report = _python("-X", "importtime", "-c", code)
    costs: dict[str, list[int]] = {}
    for own, module in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", report):
        costs.setdefault(_package(module), []).append(int(own))
    for package, each in sorted(costs.items(), key=lambda pair: -sum(pair[1]))[:_SHOWN]:
        yield package, round(sum(each) / 1_000, 1), len(each)


def _package(module: str) -> str:
    """Return the package of a module: two names for `crm`, one for others."""
    first, _, rest = module.partition(".")
    if first in sys.stdlib_module_names:
        return "the standard library"
    return f"{first}.{rest.partition('.')[0]}" if first == "crm" and rest else first


def _python(*arguments: str) -> str:
    """Run Python with a function's environment; return its standard error."""
    completed = subprocess.run(
        [sys.executable, *arguments],
        cwd=handlers.FUNCTIONS.parent,
        env={**os.environ, **handlers.NO_ACCOUNT, **handlers.environment()},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if completed.returncode:
        raise RuntimeError(completed.stderr)
    return completed.stderr


if __name__ == "__main__":
    sys.exit(run("starts", measure))
