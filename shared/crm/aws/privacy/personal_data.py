"""`ports.PersonalDataRows` over the partition of a customer's history."""

from collections.abc import Collection, Mapping
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Cancelled, Row, Table
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.privacy.personal_data import PersonalDataPage, PersonalDataRow, Section

#: Sections by the prefix of the sort key.
_SECTIONS: Mapping[str, Section] = {
    "ACT": "activity",
    "ORDER": "order",
    "POINTS": "points",
    "OPENING": "opening",
    "REDEMPTION": "redemption",
    "TALLY": "interaction",
}
#: Keys, expiry and schedule of a row: technical attributes without data about the customer.
_TECHNICAL = frozenset({"pk", "sk", "expires_at", "due_shard", "due_at"})


class DynamoPersonalDataRows:
    """The rows about customers of all merchants; each method accesses those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, limit: int, after: str | None
    ) -> PersonalDataPage:
        """Return the next rows after a place, read consistently, in the order of their places."""
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
        items = tuple(map(_personal_data_row, answer["Items"]))
        more = "LastEvaluatedKey" in answer and items
        return PersonalDataPage(items, items[-1].place if more else None)

    def strip(
        self, merchant_id: MerchantId, customer_id: CustomerId, rows: Collection[PersonalDataRow]
    ) -> None:
        """Remove the personal attributes of rows, keeping later writes to other attributes."""
        for each in rows:
            names = {f"#{name}": name for name in each.personal}
            if not names:
                continue
            key = keys.key(keys.of_history(merchant_id, customer_id), each.place)
            removal = "REMOVE " + ", ".join(names)
            try:
                self._table.write(
                    self._table.updating(key, removal, "attribute_exists(pk)", names=names)
                )
            except Cancelled:
                continue


def _personal_data_row(item: Row) -> PersonalDataRow:
    stored = plain_row(item)
    place = stored["sk"]
    kind, *rest = place.split("#")
    values = {name: value for name, value in stored.items() if name not in _TECHNICAL}
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
