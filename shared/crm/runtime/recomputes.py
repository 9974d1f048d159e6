"""What starts recomputes, apart from the other adapters so that nobody else needs its setting."""

from functools import cache

from botocore.config import Config

from crm.aws.recomputes import RecomputeExecutions
from crm.runtime.clients import later_client_of
from crm.runtime.settings import setting

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


@cache
def recompute_runs() -> RecomputeExecutions:
    """Return the state machine that carries recomputes out."""
    client = later_client_of("stepfunctions", _CONFIG)
    return RecomputeExecutions(client, setting("RECOMPUTE_STATE_MACHINE"))
