"""What starts exports, apart from the other adapters so that nobody else needs its setting."""

from functools import cache

from botocore.config import Config

from crm.aws.executions import ExportExecutions
from crm.runtime.clients import later_client_of
from crm.runtime.settings import setting

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


@cache
def export_runs() -> ExportExecutions:
    """Return what starts the state machine of exports."""
    client = later_client_of("stepfunctions", _CONFIG)
    return ExportExecutions(client, setting("EXPORT_STATE_MACHINE"))
