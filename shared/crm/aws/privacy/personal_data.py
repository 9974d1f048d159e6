"""`ports.PersonalDataRows` over the partition of a customer's history."""

from collections.abc import Collection, Mapping
from typing import Any

from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Cancelled, Row, Table, in_partition
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.privacy.personal_data import PersonalDataPage, PersonalDataRow, Section

#: Sections by the first part of the sort key.
_SECTIONS: Mapping[str, Section] = {
    keys.ACTIVITY: "activity",
    history_keys.ORDER: "order",
    history_keys.POINTS: "points",
    history_keys.OPENING: "opening",
    history_keys.REDEMPTION: "redemption",
    history_keys.TALLY: "interaction",
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
            **in_partition(history_keys.of_history(merchant_id, customer_id)),
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after is not None:
            place = keys.key(history_keys.of_history(merchant_id, customer_id), after)
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
            key = keys.key(history_keys.of_history(merchant_id, customer_id), each.place)
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
    values = {name: value for name, value in stored.items() if name not in _TECHNICAL}
    section = _SECTIONS.get(history_keys.kind_of(place), "other")
    match section:
        case "activity" | "points":
            values["at"], values["id"] = history_keys.time_and_id(place)
        case "opening":
            values["id"] = history_keys.opening_id(place)
        case "interaction":
            values["by"], values["value"] = history_keys.tally_of(place)
        case _:
            pass
    return PersonalDataRow(place, section, values)
