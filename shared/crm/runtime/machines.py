"""State machines that functions start; a function has the settings of those it starts."""

from botocore.config import Config

from crm.aws.executions import Machine
from crm.runtime.clients import later_client_of
from crm.runtime.settings import setting

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


def machine(name: str) -> Machine:
    """Return the state machine that a setting names."""
    return Machine(later_client_of("stepfunctions", _CONFIG), setting(name))
