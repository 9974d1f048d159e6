"""`ports.MerchantGroups`: all groups of a merchant in one row, which keeps codes unique."""

from collections.abc import Iterable
from dataclasses import asdict

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table
from crm.domain.customers.groups import DEFAULT_GROUPS, Group, Groups
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import MerchantId


def requiring_groups(table: Table, merchant_id: MerchantId, *codes: str) -> Action:
    """Return the action that checks that a merchant has all these groups."""
    conditions = []
    for index, code in enumerate(codes):
        condition = f"contains(codes, :code{index})"
        if DEFAULT_GROUPS.find(code) is not None:
            condition = f"({condition} OR attribute_not_exists(pk))"
        conditions.append(condition)
    values = {f":code{index}": code for index, code in enumerate(codes)}
    return table.checking(keys.of_groups(merchant_id), " AND ".join(conditions), values)


def missing_groups(item: Row, codes: Iterable[str]) -> set[str]:
    """Return the groups missing from the row that failed the check of `requiring_groups`."""
    if not item:
        return {code for code in codes if DEFAULT_GROUPS.find(code) is None}
    return set(codes).difference(plain_row(item)["codes"])


class DynamoGroups:
    """The groups of all merchants; a merchant without a row has the default ones."""

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
        """Replace the groups if the stored revision is that of `before`, else raise `Stale`."""
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
