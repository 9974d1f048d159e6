"""The state machine of imports, for who starts it: apart, so that no worker makes its client."""

from functools import cache

import boto3
from botocore.config import Config

from crm.aws.executions import ImportExecutions
from crm.runtime.settings import setting

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


@cache
def runs() -> ImportExecutions:
    """Return what carries on an import that someone decided about."""
    client = boto3.client("stepfunctions", config=_CONFIG)
    return ImportExecutions(client, setting("IMPORT_STATE_MACHINE"))
