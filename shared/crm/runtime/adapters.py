"""Adapters for the ports, each created once per process; IAM must allow what they do.

An adapter's module is imported on first use, so a function loads only what it uses.
"""

from functools import cache
from typing import TYPE_CHECKING

from botocore.config import Config

from crm.runtime.clients import client_of
from crm.runtime.settings import setting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from crm.aws.customers.activities import DynamoActivities
    from crm.aws.customers.customers import DynamoCustomers
    from crm.aws.customers.shards import DynamoShards
    from crm.aws.duplicates.blocking_keys import DynamoBlockingKeyIndex
    from crm.aws.duplicates.pairs import DynamoPairs
    from crm.aws.dynamodb.table import Table
    from crm.aws.dynamodb.ttl_cache import TtlCache
    from crm.aws.events.event_bus import EventBridge
    from crm.aws.idempotency.requests import DynamoIdempotencyRecords
    from crm.aws.lists.facets import DynamoFacets
    from crm.aws.lists.full_walk import DynamoCustomerWalk
    from crm.aws.lists.lists import DynamoCustomerLists
    from crm.aws.lists.search import DynamoCustomerSearch
    from crm.aws.lists.views import DynamoViews
    from crm.aws.loyalty.loyalty import DynamoPoints, DynamoPrograms, DynamoRewards
    from crm.aws.loyalty.recomputes import DynamoRecomputes
    from crm.aws.merchants.merchants import DynamoMerchants
    from crm.aws.merges.merges import DynamoMerges
    from crm.aws.orders.audits import DynamoAudits
    from crm.aws.orders.changesets import DynamoChangesets
    from crm.aws.orders.orders import DynamoOrders
    from crm.domain.kernel.ids import MerchantId
    from crm.http.cursors import Cursors

#: How long a merchant's time zone is cached; it hardly ever changes.
_ZONE_SECONDS = 60
#: Retries cover a passing fault, but a request must be answered within API Gateway's 29 seconds.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    # Our own code builds the items; validating them again takes a third of a write's time.
    parameter_validation=False,
    # botocore would build its own user agent anew for each request, from a dozen parts.
    user_agent="khach-quen",
)


@cache
def _dynamodb() -> "DynamoDBClient":
    from crm.aws.dynamodb.raw_json import use_raw_json

    return use_raw_json(client_of("dynamodb", _CONFIG))


@cache
def table() -> "Table":
    """Return the main table."""
    from crm.aws.dynamodb.table import Table

    return Table(_dynamodb(), setting("TABLE_NAME"))


@cache
def customers() -> "DynamoCustomers":
    """Return the customers, kept in DynamoDB."""
    from crm.aws.customers.customers import DynamoCustomers

    return DynamoCustomers(table(), shards())


@cache
def activities() -> "DynamoActivities":
    """Return the activities of customers, kept in DynamoDB."""
    from crm.aws.customers.activities import DynamoActivities

    return DynamoActivities(table())


@cache
def changesets() -> "DynamoChangesets":
    """Return the writer of changesets in DynamoDB."""
    from crm.aws.orders.changesets import DynamoChangesets

    return DynamoChangesets(table(), shards())


@cache
def orders() -> "DynamoOrders":
    """Return the orders of customers, kept in DynamoDB."""
    from crm.aws.orders.orders import DynamoOrders

    return DynamoOrders(table())


@cache
def merges() -> "DynamoMerges":
    """Return the merges of customers, kept in DynamoDB."""
    from crm.aws.merges.merges import DynamoMerges

    return DynamoMerges(table())


@cache
def customer_walk() -> "DynamoCustomerWalk":
    """Return the walk over all customers of a merchant in DynamoDB."""
    from crm.aws.lists.full_walk import DynamoCustomerWalk

    return DynamoCustomerWalk(table())


@cache
def programs() -> "DynamoPrograms":
    """Return the versions of loyalty programs, kept in DynamoDB."""
    from crm.aws.loyalty.loyalty import DynamoPrograms

    return DynamoPrograms(table())


@cache
def rewards() -> "DynamoRewards":
    """Return the rewards, kept in DynamoDB."""
    from crm.aws.loyalty.loyalty import DynamoRewards

    return DynamoRewards(table())


@cache
def points() -> "DynamoPoints":
    """Return the ledgers of points, kept in DynamoDB."""
    from crm.aws.loyalty.loyalty import DynamoPoints

    return DynamoPoints(table())


@cache
def recomputes() -> "DynamoRecomputes":
    """Return the recomputation jobs, kept in DynamoDB."""
    from crm.aws.loyalty.recomputes import DynamoRecomputes

    return DynamoRecomputes(table())


@cache
def audits() -> "DynamoAudits":
    """Return the progress of audits, kept in DynamoDB."""
    from crm.aws.orders.audits import DynamoAudits

    return DynamoAudits(table())


@cache
def customer_lists() -> "DynamoCustomerLists":
    """Return the customer lists, read from DynamoDB's indexes."""
    from crm.aws.lists.lists import DynamoCustomerLists

    return DynamoCustomerLists(table(), shards())


@cache
def customer_search() -> "DynamoCustomerSearch":
    """Return the customer search, over claims and indexes."""
    from crm.aws.lists.search import DynamoCustomerSearch

    return DynamoCustomerSearch(table(), shards())


@cache
def shards() -> "DynamoShards":
    """Return the shards of lists, cached for some seconds."""
    from crm.aws.customers.shards import DynamoShards

    return DynamoShards(table())


@cache
def views() -> "DynamoViews":
    """Return the saved views, kept in DynamoDB."""
    from crm.aws.lists.views import DynamoViews

    return DynamoViews(table())


@cache
def merchants() -> "DynamoMerchants":
    """Return the merchants, kept in DynamoDB."""
    from crm.aws.merchants.merchants import DynamoMerchants

    return DynamoMerchants(table())


@cache
def zones() -> "TtlCache[MerchantId, str]":
    """Return the time zones of merchants, cached for a minute."""
    from crm.aws.dynamodb.ttl_cache import TtlCache

    return TtlCache(lambda merchant_id: merchants().get(merchant_id).zone, _ZONE_SECONDS)


@cache
def idempotency_records() -> "DynamoIdempotencyRecords":
    """Return the idempotency records, kept in a table of their own."""
    from crm.aws.dynamodb.table import Table
    from crm.aws.idempotency.requests import DynamoIdempotencyRecords

    return DynamoIdempotencyRecords(Table(_dynamodb(), setting("IDEMPOTENCY_TABLE_NAME")))


@cache
def facets() -> "DynamoFacets":
    """Return the counts of facets, kept in DynamoDB."""
    from crm.aws.lists.facets import DynamoFacets

    return DynamoFacets(table())


@cache
def blocking_key_index() -> "DynamoBlockingKeyIndex":
    """Return the index from blocking keys to customers, kept in DynamoDB."""
    from crm.aws.duplicates.blocking_keys import DynamoBlockingKeyIndex

    return DynamoBlockingKeyIndex(table())


@cache
def pairs() -> "DynamoPairs":
    """Return the pairs of possible duplicates, kept in DynamoDB."""
    from crm.aws.duplicates.pairs import DynamoPairs

    return DynamoPairs(table())


@cache
def events() -> "EventBridge":
    """Return the event bus of this deployment."""
    from crm.aws.events.event_bus import EventBridge

    return EventBridge(client_of("events", _CONFIG), setting("EVENT_BUS_NAME"))


@cache
def cursors() -> "Cursors":
    """Return the cursor codec, which signs with this deployment's secret."""
    from crm.http.cursors import Cursors

    return Cursors(setting("CURSOR_SECRET"))
