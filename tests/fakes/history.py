"""In-memory port of activities."""

from collections.abc import Callable
from dataclasses import replace

from crm.domain.customers.activities import (
    Activity,
    ActivityPage,
    ActivityPosition,
    ActivityQuery,
    plain_changes,
)
from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId, MerchantId


class InMemoryHistory:
    """`ports.Activities` over a dictionary; `find` returns the customer of a history."""

    def __init__(self, find: Callable[[MerchantId, CustomerId], Customer]) -> None:
        self._find = find
        self._lines: dict[tuple[MerchantId, CustomerId], dict[str, Activity]] = {}

    def add(self, merchant_id: MerchantId, customer_id: CustomerId, activity: Activity) -> None:
        customer = self._find(merchant_id, customer_id)
        if customer.status == "merged":
            raise Conflict("customer_merged", survivor_id=customer.merged_into)
        if customer.status == "erased":
            raise Conflict("customer_erased")
        self.write(merchant_id, customer_id, activity)

    def write(self, merchant_id: MerchantId, customer_id: CustomerId, activity: Activity) -> None:
        line = replace(activity, changes=plain_changes(activity.changes))
        self._lines.setdefault((merchant_id, customer_id), {})[activity.id] = line

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: ActivityQuery
    ) -> ActivityPage:
        lines = sorted(
            (
                (line.at, line.id, line)
                for line in self._lines.get((merchant_id, customer_id), {}).values()
                if query.since <= line.at <= query.until and query.kind in {None, line.kind}
            ),
            reverse=True,
        )
        if query.after is not None:
            lines = [each for each in lines if each[:2] < tuple(query.after)]
        shown = [line for _, _, line in lines[: query.limit]]
        more = len(lines) > query.limit
        last = ActivityPosition(shown[-1].at, shown[-1].id) if more else None
        return ActivityPage(tuple(shown), last)
