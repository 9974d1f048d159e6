"""State machines: what starts their executions, and what they pass to a function."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from crm.aws.executions import (
    ErasureExecutions,
    ExportExecutions,
    ImportExecutions,
    Machine,
    RecomputeExecutions,
)
from crm.runtime.clients import BRIEF, later_client_of
from crm.runtime.settings import setting


@cache
def export_runs() -> ExportExecutions:
    """Return the starter of the export state machine."""
    return ExportExecutions(_machine("EXPORT_STATE_MACHINE"))


@cache
def import_runs() -> ImportExecutions:
    """Return the starter of the import state machine, for commits and reverts."""
    return ImportExecutions(_machine("IMPORT_STATE_MACHINE"))


@cache
def recompute_runs() -> RecomputeExecutions:
    """Return the starter of the recompute state machine."""
    return RecomputeExecutions(_machine("RECOMPUTE_STATE_MACHINE"))


@cache
def erasure_runs() -> ErasureExecutions:
    """Return the starter of the state machine of erasures."""
    return ErasureExecutions(_machine("ERASE_STATE_MACHINE"))


def read_payload[Payload](kind: Callable[..., Payload], event: Mapping[str, Any]) -> Payload:
    """Build a named tuple from the event; raise `TypeError` naming a missing field.

    It does without pydantic, whose import takes a third of a start.
    """
    return kind(**{name: event[name] for name in kind.__annotations__ if name in event})


def _machine(name: str) -> Machine:
    return Machine(later_client_of("stepfunctions", BRIEF), setting(name))
