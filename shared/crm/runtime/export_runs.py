"""The adapter that starts exports, separate because only its users have its setting."""

from functools import cache

from crm.aws.executions import ExportExecutions
from crm.runtime.machines import machine


@cache
def export_runs() -> ExportExecutions:
    """Return the starter of the export state machine."""
    return ExportExecutions(machine("EXPORT_STATE_MACHINE"))
