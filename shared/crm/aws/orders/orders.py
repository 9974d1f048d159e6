"""`ports.Orders` and `ports.DueCheckouts`: read orders, opening balances and tallies."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Table, between, due_by, starting_with
from crm.aws.orders.rows import METRIC_FIELDS, OPENING_FIELDS, opening_of, order_of
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.orders.checkouts import CheckoutKey
from crm.domain.orders.interactions import KINDS, Interactions, ItemCount
from crm.domain.orders.orders import History, OrderPage, OrderQuery


class DynamoOrders:
    """The orders of all merchants' customers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: OrderQuery
    ) -> OrderPage:
        """Return some orders of a customer, newest first."""
        start, end = history_keys.ORDERS
        if query.beside is not None:
            place = history_keys.sort_key_of_order(query.beside)
            start, end = (place, end) if query.newer else (start, place)
        # BETWEEN includes the position itself, and one more row tells whether there are more.
        wanted = query.limit + 2
        # A query reads at most 1 MB, and a hundred large orders take 3 MB.
        rows = self._table.query_all(
            **between(history_keys.of_history(merchant_id, customer_id), start, end),
            ScanIndexForward=query.newer,
            Limit=wanted,
            ConsistentRead=True,
        )
        beside = {start, end} - {*history_keys.ORDERS}
        stored = [plain_row(item) for item in islice(rows, wanted)]
        found = [order_of(each) for each in stored if each["sk"] not in beside]
        items, more = found[: query.limit], len(found) > query.limit
        if query.newer:
            return OrderPage(
                tuple(reversed(items)), has_older=query.beside is not None, has_newer=more
            )
        return OrderPage(tuple(items), has_older=more, has_newer=query.beside is not None)

    def history(self, merchant_id: MerchantId, customer_id: CustomerId) -> History:
        """Return what metrics are computed from: all orders without their lines, and openings."""
        names = (*METRIC_FIELDS, *OPENING_FIELDS, "by")
        rows = self._table.query_all(
            **between(
                history_keys.of_history(merchant_id, customer_id),
                *history_keys.OPENINGS_AND_ORDERS,
            ),
            ProjectionExpression=", ".join(["sk", *(f"#{name}" for name in names)]),
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        rows_of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for stored in map(plain_row, rows):
            rows_of[history_keys.kind_of(stored["sk"])].append(stored)
        return History(
            tuple(order_of(each) for each in rows_of[history_keys.ORDER]),
            tuple(opening_of(each) for each in rows_of[history_keys.OPENING]),
        )

    def interactions(self, merchant_id: MerchantId, customer_id: CustomerId) -> Interactions:
        """Return the counts of a customer's interactions."""
        tallies = self._tallies(merchant_id, customer_id)
        found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for kind, value, tally in tallies:
            found.setdefault(kind, []).append((value, tally))
        items = [(history_keys.item_of(value), tally) for value, tally in found.get("item", ())]
        return Interactions(
            tuple(
                ItemCount(kind, item_id, tally.get("name"), tally["n"])
                for (stored, item_id), tally in items
                for kind in KINDS
                if kind == stored
            ),
            tuple((value, tally["n"]) for value, tally in found.get("channel", ())),
            tuple((value, tally["n"]) for value, tally in found.get("device", ())),
        )

    def due(self, now: str) -> Iterator[tuple[MerchantId, CheckoutKey]]:
        """Yield the open checkouts that are due by a moment."""
        for shard in keys.buckets():
            rows = self._table.query_all(
                **due_by(shard, now),
            )
            for item in rows:
                if checkout := keys.checkout_of(item["pk"]["S"]):
                    merchant_id, *key = checkout
                    yield merchant_id, CheckoutKey(*key)

    def _tallies(
        self, merchant_id: MerchantId, customer_id: CustomerId
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        rows = self._table.query_all(
            **starting_with(history_keys.of_history(merchant_id, customer_id), history_keys.TALLY),
            ConsistentRead=True,
        )
        for item in rows:
            stored = plain_row(item)
            kind, value = history_keys.tally_of(stored["sk"])
            yield kind, value, stored
