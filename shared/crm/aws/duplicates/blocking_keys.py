"""`ports.BlockingKeyIndex`: claims, where there are any, and rows that hold no more than a hash.

Nearly every clue has one customer. So the first who has it stands in the row FIRST, and whether
anybody shares it is read for many clues at once; whoever comes after that has a row beside it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import batched

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table
from crm.domain.duplicates.blocking_keys import LOOKED_AT, BlockingKey
from crm.domain.kernel.ids import CustomerId, MerchantId

type _Place = tuple[CustomerId, BlockingKey]

_FREE_OR_MINE = "attribute_not_exists(id) OR id = :me"
_ACTIONS_A_TRANSACTION = 100


class DynamoBlockingKeyIndex:
    """The clues of all merchants; each method reaches those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def mark(
        self,
        merchant_id: MerchantId,
        joined: Iterable[tuple[CustomerId, BlockingKey]],
        left: Iterable[tuple[CustomerId, BlockingKey]],
    ) -> None:
        """Let customers be found by clues, and no more by others; claims are others' to write.

        Who finds somebody first is written before anybody looks, so of two that come at the same
        moment at least one sees the other.
        """
        come = [place for place in joined if place[1].identity is None]
        gone = [place for place in left if place[1].identity is None]
        after = self._after_the_first(merchant_id, come)
        self._table.write_many(
            [
                {
                    **keys.of_blocking_key_entry(merchant_id, blocking_key, each),
                    **row({"id": each}),
                }
                for each, blocking_key in after
            ],
            [
                keys.of_blocking_key_entry(merchant_id, blocking_key, each)
                for each, blocking_key in gone
            ],
        )
        for blocking_key in {blocking_key for _, blocking_key in after}:
            first = keys.of_first_blocking_key(merchant_id, blocking_key)
            self._table.write(self._table.updating(first, "SET more = :yes", None, {":yes": True}))
        for each, blocking_key in gone:
            self._leave_first(merchant_id, each, blocking_key)

    def sharing(
        self, merchant_id: MerchantId, blocking_keys: Collection[BlockingKey]
    ) -> Mapping[BlockingKey, Sequence[CustomerId]]:
        """Return the first of those that each clue finds: one call, and a query a shared clue."""
        places = dict(_place_of(merchant_id, blocking_key) for blocking_key in blocking_keys)
        asked = [keys.key(*place) for place in places]
        found: dict[BlockingKey, Sequence[CustomerId]] = dict.fromkeys(blocking_keys, ())
        for item in self._table.get_many(asked) if asked else ():
            place = item["pk"]["S"], item["sk"]["S"]
            found[places[place]] = self._found(item)
        return found

    def _found(self, first: Row) -> Sequence[CustomerId]:
        """Return who stands in the row of a claim or of the first, and those beside it."""
        start = keys.ALSO if first["sk"]["S"] == "CLAIM" else keys.LOOKALIKE
        holder = first.get("holder") or first.get("id")
        found = [CustomerId(holder["S"])] if holder else []
        if "more" in first or int(first.get("also", {"N": "0"})["N"]):
            found += self._beside(first["pk"]["S"], start)
        return sorted(set(found))[:LOOKED_AT]

    def _beside(self, partition: str, start: str) -> list[CustomerId]:
        answer = self._table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :start)",
            ExpressionAttributeValues={":pk": {"S": partition}, ":start": {"S": start}},
            ConsistentRead=True,
            Limit=LOOKED_AT,
        )
        return [CustomerId(item["sk"]["S"].removeprefix(start)) for item in answer["Items"]]

    def _after_the_first(self, merchant_id: MerchantId, come: Sequence[_Place]) -> list[_Place]:
        """Let each be the first of its clue where nobody is; return those who come after."""
        firsts = {blocking_key: each for each, blocking_key in reversed(come)}
        after = [
            (each, blocking_key) for each, blocking_key in come if firsts[blocking_key] != each
        ]
        for some in batched(firsts.items(), _ACTIONS_A_TRANSACTION, strict=False):
            waiting = list(some)
            while waiting:
                try:
                    self._table.transact([self._first(merchant_id, *each) for each in waiting])
                except Cancelled as cancelled:
                    after += [
                        (waiting[place][1], waiting[place][0]) for place in cancelled.refused
                    ]
                    waiting = [
                        each
                        for place, each in enumerate(waiting)
                        if place not in cancelled.refused
                    ]
                else:
                    waiting = []
        return after

    def _first(
        self, merchant_id: MerchantId, blocking_key: BlockingKey, customer_id: CustomerId
    ) -> Action:
        first = keys.of_first_blocking_key(merchant_id, blocking_key)
        return self._table.updating(first, "SET id = :me", _FREE_OR_MINE, {":me": customer_id})

    def _leave_first(
        self, merchant_id: MerchantId, customer_id: CustomerId, blocking_key: BlockingKey
    ) -> None:
        """Take somebody out of the row of the first, and the row away if nobody is left."""
        first = keys.of_first_blocking_key(merchant_id, blocking_key)
        try:
            self._table.write(
                self._table.updating(first, "REMOVE id", "id = :me", {":me": customer_id})
            )
        except Cancelled as cancelled:
            if "id" in cancelled.refused[0]:
                return
        if not self._beside(keys.of_blocking_key(merchant_id, blocking_key), keys.LOOKALIKE):
            try:
                self._table.write(self._table.deleting(first, "attribute_not_exists(id)"))
            except Cancelled:
                return


def _place_of(
    merchant_id: MerchantId, blocking_key: BlockingKey
) -> tuple[tuple[str, str], BlockingKey]:
    """Return where the first who has a clue stands: in the claim, or in a row of its own."""
    if identity := blocking_key.identity:
        return (keys.of_identity(merchant_id, identity), "CLAIM"), blocking_key
    return (keys.of_blocking_key(merchant_id, blocking_key), "FIRST"), blocking_key
