"""List a merchant's customers."""

from collections.abc import Callable
from datetime import datetime

from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.times import DEFAULT_ZONE, day_of, stamp
from crm.domain.lists.filters import Filter, conditions_of
from crm.domain.lists.pages import ListQuery, Page
from crm.domain.lists.sorting import SortKey
from crm.ports.lists import CustomerLists


def list_customers(
    merchant_id: MerchantId,
    criteria: Filter,
    *,
    sort: SortKey,
    descending: bool,
    limit: int,
    after: Cursor | None,
    now: datetime,
    lists: CustomerLists,
    zone_of: Callable[[MerchantId], str],
) -> Page:
    """Return the next page of customers that match a filter; days are in the merchant's zone."""
    zone = zone_of(merchant_id) if criteria.needs_days else DEFAULT_ZONE
    conditions = conditions_of(criteria, today=day_of(stamp(now), zone), zone=zone)
    query = ListQuery(
        sort=sort, descending=descending, conditions=conditions, limit=limit, after=after
    )
    return lists.page(merchant_id, query)
