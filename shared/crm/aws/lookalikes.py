"""`ports.Lookalikes`: claims, where there are any, and rows that hold no more than a hash."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from crm.aws import keys
from crm.aws.attributes import row
from crm.aws.table import Table
from crm.domain.clues import LOOKED_AT, Clue
from crm.domain.ids import CustomerId, MerchantId


class DynamoLookalikes:
    """The clues of all merchants; each method reaches those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def mark(
        self,
        merchant_id: MerchantId,
        joined: Iterable[tuple[CustomerId, Clue]],
        left: Iterable[tuple[CustomerId, Clue]],
    ) -> None:
        """Let customers be found by clues, and no more by others; claims are others' to write."""
        self._table.write_many(
            [
                {**keys.of_lookalike(merchant_id, clue, each), **row({"id": each})}
                for each, clue in joined
                if clue.identity is None
            ],
            [
                keys.of_lookalike(merchant_id, clue, each)
                for each, clue in left
                if clue.identity is None
            ],
        )

    def sharing(
        self, merchant_id: MerchantId, clues: Collection[Clue]
    ) -> Mapping[Clue, Sequence[CustomerId]]:
        """Return the first of those that each clue finds: one call for claims, a query a clue."""
        found: dict[Clue, Sequence[CustomerId]] = {
            clue: self._found(keys.of_lookalikes(merchant_id, clue), "C#")
            for clue in clues
            if clue.identity is None
        }
        claimed = {
            keys.of_identity(merchant_id, identity): clue
            for clue in clues
            if (identity := clue.identity)
        }
        for claim in self._table.get_many([keys.key(each, "CLAIM") for each in claimed]):
            partition = claim["pk"]["S"]
            holders = [CustomerId(claim["holder"]["S"])]
            if int(claim.get("also", {"N": "0"})["N"]):
                holders += self._found(partition, keys.ALSO)
            found[claimed[partition]] = sorted(holders)[:LOOKED_AT]
        return found

    def _found(self, partition: str, start: str) -> list[CustomerId]:
        answer = self._table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :start)",
            ExpressionAttributeValues={":pk": {"S": partition}, ":start": {"S": start}},
            ConsistentRead=True,
            Limit=LOOKED_AT,
        )
        return [CustomerId(item["sk"]["S"].removeprefix(start)) for item in answer["Items"]]
