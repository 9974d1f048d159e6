"""`ports.Activities`: the history of a customer in one partition, sorted by time."""

from typing import Any

from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table, between
from crm.domain.customers.activities import (
    Activity,
    ActivityPage,
    ActivityPosition,
    ActivityQuery,
    plain_changes,
)
from crm.domain.customers.customer import FieldChange
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Conflict, NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId

#: A page of one kind reads at most this many lines.
_LINES_PER_PAGE = 1_000


class DynamoActivities:
    """The histories of all merchants' customers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, merchant_id: MerchantId, customer_id: CustomerId, activity: Activity) -> None:
        """Add a line; raise `NotFound` for no customer, `Conflict` for a merged or erased one."""
        customer = self._table.checking(
            keys.of_customer(merchant_id, customer_id),
            "attribute_exists(pk) AND #status IN (:active, :archived)",
            {":active": "active", ":archived": "archived"},
            {"#status": "status"},
        )
        line = adding_activity(self._table, merchant_id, customer_id, activity)
        try:
            self._table.transact([customer, line])
        except Cancelled as cancelled:
            raise _refusal(cancelled.refused[0]) from cancelled

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: ActivityQuery
    ) -> ActivityPage:
        """Return a page of a history, newest first; a page with a `next` may be short."""
        times = history_keys.activities_between(query.since, query.until)
        request = {
            **between(history_keys.of_history(merchant_id, customer_id), *times),
            "ScanIndexForward": False,
            "Limit": query.limit if query.kind is None else _LINES_PER_PAGE,
        }
        if query.after is not None:
            request["ExclusiveStartKey"] = history_keys.of_activity(
                merchant_id, customer_id, query.after.at, query.after.id
            )
        answer = self._table.query(**request)
        read = [_activity(item) for item in answer["Items"]]
        matching = [each for each in read if query.kind in {None, each.kind}]
        shown = matching[: query.limit]
        if len(shown) < len(matching):
            return ActivityPage(tuple(shown), _position(shown[-1]))
        more = "LastEvaluatedKey" in answer and read
        return ActivityPage(tuple(shown), _position(read[-1]) if more else None)


def adding_activity(
    table: Table,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    activity: Activity,
    *,
    once: bool = False,
) -> Action:
    """Return the action that adds a line to a customer's history; `once` refuses a repeat."""
    key = history_keys.of_activity(merchant_id, customer_id, activity.at, activity.id)
    item = {**key, **row(line_of(activity))}
    return table.putting(item, "attribute_not_exists(pk)" if once else None)


def line_of(activity: Activity) -> dict[str, Any]:
    """Return the attributes of a history line, without its key."""
    changes = [change._asdict() for change in plain_changes(activity.changes)]
    return {
        "kind": activity.kind,
        "source": activity.by.source,
        "actor": activity.by.actor,
        "text": activity.text,
        "changes": changes or None,
    }


def _activity(item: Row) -> Activity:
    stored = plain_row(item)
    at, activity_id = history_keys.time_and_id(stored["sk"])
    return Activity(
        id=activity_id,
        at=at,
        kind=stored["kind"],
        by=Author(stored["source"], stored["actor"]),
        text=stored.get("text"),
        changes=tuple(
            FieldChange(each["field"], each["old"], each["new"])
            for each in stored.get("changes", ())
        ),
    )


def _position(activity: Activity) -> ActivityPosition:
    return ActivityPosition(activity.at, activity.id)


def _refusal(item: Row) -> NotFound | Conflict:
    if not item:
        return NotFound("customer_not_found")
    if item["status"]["S"] == "merged":
        return Conflict("customer_merged", survivor_id=item["merged_into"]["S"])
    return Conflict("customer_erased")
