"""An interpreter for the subset of Amazon States Language that our state machines use.

Waits are skipped and retries are immediate. An unsupported field fails the test, so that no
definition is silently misread.
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

type Json = Any
type Handler = Callable[[dict[str, Any]], Any]
type State = Mapping[str, Any]

#: The errors that States.ALL does not catch on AWS.
_UNCATCHABLE = frozenset({"States.Runtime", "States.DataLimitExceeded"})
_MAX_BYTES = 256 * 1024
_STARTED = "2026-11-22T05:00:00.000Z"
_SUPPORTED = {
    "Pass": {"Parameters", "ResultPath"},
    "Task": {"Parameters", "ResultPath", "Resource", "TimeoutSeconds", "Retry", "Catch"},
    "Map": {"ItemsPath", "ItemSelector", "ItemProcessor", "MaxConcurrency", "ResultPath", "Catch"},
    "Choice": {"Choices", "Default"},
    "Wait": {"SecondsPath"},
    "Succeed": set(),
    "Fail": {"Error", "Cause"},
}
_split = re.compile(
    r"States\.ArrayGetItem\(States\.StringSplit\((?P<path>\$[\w.]+), '(?P<by>.)'\), (?P<n>\d+)\)"
).fullmatch


class Broken(Exception):
    """A Step Functions error, identified by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass
class Execution:
    """One execution with its visited states, waits, status and output."""

    definition: Mapping[str, Any]
    functions: Mapping[str, Handler]
    id: str
    visited: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    status: str = "RUNNING"
    output: Json = None

    def run(self, event: Json) -> "Execution":
        """Run the state machine; an uncaught error sets the status FAILED."""
        try:
            self.output = self._walk(self.definition, event, _context(self.id))
            self.status = "SUCCEEDED"
        except Broken as error:
            self.status, self.output = "FAILED", error.name
        return self

    def _walk(self, machine: Mapping[str, Any], data: Json, context: Json) -> Json:
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            self.visited.append(name)
            unknown = state.keys() - _SUPPORTED[state["Type"]] - {"Type", "Next", "End", "Comment"}
            assert not unknown, f"{name} has {unknown}, which this interpreter does not support"
            if state["Type"] == "Succeed":
                return data
            if state["Type"] == "Fail":
                raise Broken(state["Error"])
            data, next_name = self._step(state, data, context)
            assert len(repr(data)) < _MAX_BYTES, f"{name} has too much output"
            if next_name is None:
                return data
            name = next_name

    def _step(self, state: State, data: Json, context: Json) -> tuple[Json, str | None]:
        kind = state["Type"]
        if kind == "Choice":
            return data, _next_state(state, data)
        if kind == "Wait":
            self.waited.append(_lookup(state["SecondsPath"], data, context))
            return data, state["Next"]
        try:
            result = self._result(state, data, context)
        except Broken as error:
            catcher = _matching(state.get("Catch", ()), error.name)
            if catcher is None:
                raise
            return _put(catcher["ResultPath"], data, {"Error": error.name}), catcher["Next"]
        return _put(state.get("ResultPath", "$"), data, result), state.get("Next")

    def _result(self, state: State, data: Json, context: Json) -> Json:
        if state["Type"] == "Pass":
            return _filled(state["Parameters"], data, context)
        if state["Type"] == "Task":
            return self._task(state, data, context)
        assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
        results = []
        for item in _lookup(state["ItemsPath"], data, context):
            inside = {**context, "Map": {"Item": {"Value": item}}}
            task_input = _filled(state["ItemSelector"], data, inside)
            results.append(self._walk(state["ItemProcessor"], task_input, inside))
        return results

    def _task(self, state: State, data: Json, context: Json) -> Json:
        task_input = _filled(state["Parameters"], data, context) if "Parameters" in state else data
        attempts: dict[int, int] = {}
        while True:
            try:
                return self.functions[state["Resource"]](copy.deepcopy(task_input))
            except Exception as error:
                name = error.name if isinstance(error, Broken) else type(error).__name__
                retriers = state.get("Retry", ())
                retrier = _matching(retriers, name)
                if retrier is None:
                    raise Broken(name) from error
                index = retriers.index(retrier)
                attempts[index] = attempts.get(index, 0) + 1
                if attempts[index] > retrier["MaxAttempts"]:
                    raise Broken(name) from error


def _context(execution_id: str) -> Json:
    return {"Execution": {"Id": execution_id, "StartTime": _STARTED}}


def _matching(rules: Any, error: str) -> Any:
    return next(
        (
            rule
            for rule in rules
            if error in rule["ErrorEquals"]
            or ("States.ALL" in rule["ErrorEquals"] and error not in _UNCATCHABLE)
        ),
        None,
    )


def _next_state(state: State, data: Json) -> str:
    for rule in state["Choices"]:
        (test,) = rule.keys() - {"Variable", "Next"}
        assert test in {"StringEquals", "BooleanEquals", "IsPresent"}
        if test == "IsPresent":
            if (rule["Variable"].removeprefix("$.") in data) == rule[test]:
                return str(rule["Next"])
        elif _lookup(rule["Variable"], data, {}) == rule[test]:
            return str(rule["Next"])
    return str(state["Default"])


def _lookup(path: str, data: Json, context: Json) -> Json:
    root = context if path.startswith("$$.") else data
    for part in path.removeprefix("$$").removeprefix("$").strip(".").split("."):
        try:
            root = root[part] if part else root
        except (KeyError, TypeError) as missing:
            raise Broken("States.Runtime") from missing
    return root


def _filled(template: Json, data: Json, context: Json) -> Json:
    if not isinstance(template, dict):
        return template
    filled = {}
    for name, value in template.items():
        if not name.endswith(".$"):
            filled[name] = _filled(value, data, context)
        elif found := _split(value):
            parts = _lookup(found["path"], data, context).split(found["by"])
            if int(found["n"]) >= len(parts):
                raise Broken("States.Runtime")
            filled[name.removesuffix(".$")] = parts[int(found["n"])]
        else:
            filled[name.removesuffix(".$")] = _lookup(value, data, context)
    return filled


def _put(path: str | None, data: Json, result: Json) -> Json:
    if path is None:
        return data
    if path == "$":
        return result
    name = path.removeprefix("$.")
    assert "." not in name
    return {**data, name: result}
