"""The adapter that starts committed imports and reverts, separate from what workers load."""

from functools import cache

from crm.aws.executions import ImportExecutions
from crm.runtime.machines import machine


@cache
def import_runs() -> ImportExecutions:
    """Return the starter of the import state machine, for commits and reverts."""
    return ImportExecutions(machine("IMPORT_STATE_MACHINE"))
