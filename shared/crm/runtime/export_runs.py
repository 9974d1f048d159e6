"""What starts exports, apart from the other adapters so that nobody else needs its setting."""

from functools import cache

from crm.aws.executions import ExportExecutions
from crm.runtime.machines import machine


@cache
def export_runs() -> ExportExecutions:
    """Return what starts the state machine of exports."""
    return ExportExecutions(machine("EXPORT_STATE_MACHINE"))
