"""What carries decided imports on, apart from the other adapters so that no worker needs it."""

from functools import cache

from crm.aws.executions import ImportExecutions
from crm.runtime.machines import machine


@cache
def import_runs() -> ImportExecutions:
    """Return what starts the state machine of imports for a commit or a way back."""
    return ImportExecutions(machine("IMPORT_STATE_MACHINE"))
