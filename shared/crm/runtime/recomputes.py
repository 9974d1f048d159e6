"""What starts recomputes, apart from the other adapters so that nobody else needs its setting."""

from functools import cache

from crm.aws.executions import RecomputeExecutions
from crm.runtime.machines import machine


@cache
def recompute_runs() -> RecomputeExecutions:
    """Return the state machine that carries recomputes out."""
    return RecomputeExecutions(machine("RECOMPUTE_STATE_MACHINE"))
