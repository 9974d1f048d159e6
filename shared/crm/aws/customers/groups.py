"""`ports.MerchantGroups`: all groups of a merchant in one row, so that a code is given once."""

from collections.abc import Iterable
from dataclasses import asdict

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table
from crm.domain.customers.groups import DEFAULT_GROUPS, Group, Groups
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import MerchantId


def holding(table: Table, merchant_id: MerchantId, *codes: str) -> Action:
    """Return the action that makes sure that a merchant has these groups, all in one row."""
    conditions = []
    for place, code in enumerate(codes):
        known = f"contains(codes, :code{place})"
        if DEFAULT_GROUPS.find(code) is not None:
            known = f"({known} OR attribute_not_exists(pk))"
        conditions.append(known)
    values = {f":code{place}": code for place, code in enumerate(codes)}
    return table.checking(keys.of_groups(merchant_id), " AND ".join(conditions), values)


def lacking(item: Row, codes: Iterable[str]) -> set[str]:
    """Return which of the groups a merchant has not whose row refused `holding`."""
    if not item:
        return {code for code in codes if DEFAULT_GROUPS.find(code) is None}
    return set(codes).difference(plain_row(item)["codes"])


class DynamoGroups:
    """The groups of all merchants; those of one who never changed any are the default ones."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, merchant_id: MerchantId) -> Groups:
        """Return a merchant's groups as last written."""
        item = self._table.get(keys.of_groups(merchant_id))
        if item is None:
            return DEFAULT_GROUPS
        stored = plain_row(item)
        return Groups(tuple(Group(**each) for each in stored["groups"]), stored["revision"])

    def replace(self, merchant_id: MerchantId, before: Groups, after: Groups) -> None:
        """Keep the groups if those before still stand, else raise `Stale`."""
        values = {
            "groups": [asdict(group) for group in after.items],
            "codes": [group.code for group in after.items],
            "revision": after.revision,
        }
        first = before.revision == 0
        try:
            self._table.write(
                self._table.putting(
                    {**keys.of_groups(merchant_id), **row(values)},
                    "attribute_not_exists(pk)" if first else "revision = :seen",
                    None if first else {":seen": before.revision},
                )
            )
        except Cancelled as cancelled:
            raise Stale("stale") from cancelled
