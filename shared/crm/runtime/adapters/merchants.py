"""The adapters of merchants: their settings, history, groups and displays."""

from functools import cache

from crm.aws.customers.groups import DynamoGroups
from crm.aws.dynamodb.ttl_cache import TtlCache
from crm.aws.merchants.history import DynamoMerchantHistory
from crm.aws.merchants.merchants import DynamoDisplays, DynamoMerchants
from crm.domain.kernel.ids import MerchantId
from crm.runtime.clients import table

#: How long a merchant's time zone is cached; it hardly ever changes.
_ZONE_SECONDS = 60


@cache
def merchants() -> DynamoMerchants:
    """Return the merchants, kept in DynamoDB."""
    return DynamoMerchants(table())


@cache
def zones() -> TtlCache[MerchantId, str]:
    """Return the time zones of merchants, cached for a minute."""
    return TtlCache(lambda merchant_id: merchants().get(merchant_id).zone, _ZONE_SECONDS)


@cache
def history() -> DynamoMerchantHistory:
    """Return the histories of merchants, kept in DynamoDB."""
    return DynamoMerchantHistory(table())


@cache
def groups() -> DynamoGroups:
    """Return the groups of merchants, kept in DynamoDB."""
    return DynamoGroups(table())


@cache
def displays() -> DynamoDisplays:
    """Return the displays that people chose, kept in DynamoDB."""
    return DynamoDisplays(table())
