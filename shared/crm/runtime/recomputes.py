"""The adapter that starts recomputations, separate because only its users have its setting."""

from functools import cache

from crm.aws.executions import RecomputeExecutions
from crm.runtime.machines import machine


@cache
def recompute_runs() -> RecomputeExecutions:
    """Return the starter of the recompute state machine."""
    return RecomputeExecutions(machine("RECOMPUTE_STATE_MACHINE"))
