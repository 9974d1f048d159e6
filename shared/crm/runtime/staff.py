"""Adapters that only settings need: staff, logins, groups and displays."""

from functools import cache

from botocore.config import Config

from crm.aws.customers.groups import DynamoGroups
from crm.aws.merchants.logins import CognitoLogins
from crm.aws.merchants.merchants import DynamoDisplays
from crm.aws.merchants.staff import DynamoStaff
from crm.runtime.adapters import table
from crm.runtime.clients import later_client_of
from crm.runtime.settings import setting

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


@cache
def staff() -> DynamoStaff:
    """Return the staff of merchants, kept in DynamoDB."""
    return DynamoStaff(table())


@cache
def logins() -> CognitoLogins:
    """Return the logins of this deployment's user pool."""
    return CognitoLogins(later_client_of("cognito-idp", _CONFIG), setting("USER_POOL_ID"))


@cache
def groups() -> DynamoGroups:
    """Return the groups of merchants, kept in DynamoDB."""
    return DynamoGroups(table())


@cache
def displays() -> DynamoDisplays:
    """Return the displays that people chose, kept in DynamoDB."""
    return DynamoDisplays(table())
