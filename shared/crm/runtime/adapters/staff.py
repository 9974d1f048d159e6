"""The adapters of staff and their logins."""

from functools import cache

from crm.aws.merchants.logins import CognitoLogins
from crm.aws.merchants.staff import DynamoStaff
from crm.runtime.clients import BRIEF, later_client_of, table
from crm.runtime.settings import setting


@cache
def staff() -> DynamoStaff:
    """Return the staff of merchants, kept in DynamoDB."""
    return DynamoStaff(table())


@cache
def logins() -> CognitoLogins:
    """Return the logins of this deployment's user pool."""
    return CognitoLogins(later_client_of("cognito-idp", BRIEF), setting("USER_POOL_ID"))
