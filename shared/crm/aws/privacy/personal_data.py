"""`ports.PersonalDataRows`: the partition of a customer's history, row by row."""

from collections.abc import Collection, Mapping
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Cancelled, Row, Table
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.privacy.personal_data import PersonalDataPage, PersonalDataRow, Section

#: By what the sort key begins with.
_SECTIONS: Mapping[str, Section] = {
    "ACT": "activity",
    "ORDER": "order",
    "POINTS": "points",
    "OPENING": "opening",
    "REDEMPTION": "redemption",
    "TALLY": "interaction",
}
#: Where a row stands and how the table looks after it: nothing that is known of anybody.
_KEEPING = frozenset({"pk", "sk", "expires_at", "due_shard", "due_at"})


class DynamoPersonalDataRows:
    """What is kept beside the records of all merchants; each method reaches that of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, limit: int, after: str | None
    ) -> PersonalDataPage:
        """Return the next rows after a place, as last written, in the order of their places."""
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": keys.of_history(merchant_id, customer_id)}},
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after is not None:
            place = keys.key(keys.of_history(merchant_id, customer_id), after)
            request["ExclusiveStartKey"] = place
        answer = self._table.query(**request)
        items = tuple(map(_held, answer["Items"]))
        more = "LastEvaluatedKey" in answer and items
        return PersonalDataPage(items, items[-1].place if more else None)

    def strip(
        self, merchant_id: MerchantId, customer_id: CustomerId, rows: Collection[PersonalDataRow]
    ) -> None:
        """Take what is personal out of rows, whatever else was written to them since."""
        for held in rows:
            names = {f"#{name}": name for name in held.personal}
            if not names:
                continue
            key = keys.key(keys.of_history(merchant_id, customer_id), held.place)
            removal = "REMOVE " + ", ".join(names)
            try:
                self._table.write(
                    self._table.updating(key, removal, "attribute_exists(pk)", names=names)
                )
            except Cancelled:
                continue


def _held(item: Row) -> PersonalDataRow:
    stored = plain_row(item)
    place = stored["sk"]
    kind, *rest = place.split("#")
    values = {name: value for name, value in stored.items() if name not in _KEEPING}
    section = _SECTIONS.get(kind, "other")
    match section:
        case "activity" | "points":
            values |= {"at": rest[0], "id": rest[1]}
        case "opening":
            values |= {"id": rest[0]}
        case "interaction":
            values |= {"by": rest[0], "value": "#".join(rest[1:])}
        case _:
            pass
    return PersonalDataRow(place, section, values)
