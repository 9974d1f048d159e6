"""The resolver of an HTTP function, with this deployment's origins, logger, clock and cursors."""

from datetime import timedelta
from functools import cache

from crm.aws.dynamodb.table import Table
from crm.aws.idempotency.requests import DynamoIdempotencyRecords
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.grants import CachedGrants
from crm.runtime.adapters.staff import staff
from crm.runtime.clients import dynamodb
from crm.runtime.clock import new_id, now
from crm.runtime.observability import logger
from crm.runtime.settings import setting

#: How long changed permissions of a service user may take to apply.
_GRANTS_LAST = timedelta(seconds=30)


def api() -> Api:
    """Return a resolver without routes."""
    return Api(
        setting("CORS_ORIGINS"),
        logger,
        now=now,
        new_id=new_id,
        idempotency_records=idempotency_records,
        granted=CachedGrants(staff().granted, now, _GRANTS_LAST),
    )


@cache
def cursors() -> Cursors:
    """Return the cursor codec, which signs with this deployment's secret."""
    return Cursors(setting("CURSOR_SECRET"))


@cache
def idempotency_records() -> DynamoIdempotencyRecords:
    """Return the idempotency records, kept in a table of their own."""
    return DynamoIdempotencyRecords(Table(dynamodb(), setting("IDEMPOTENCY_TABLE_NAME")))
