"""What carries decided imports on, apart from the other adapters so that no worker needs it."""

from functools import cache

from botocore.config import Config

from crm.aws.executions import ImportExecutions
from crm.runtime.clients import later_client_of
from crm.runtime.settings import setting

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


@cache
def import_runs() -> ImportExecutions:
    """Return what starts the state machine of imports for a commit or a way back."""
    client = later_client_of("stepfunctions", _CONFIG)
    return ImportExecutions(client, setting("IMPORT_STATE_MACHINE"))
