"""`ports.Lookalikes`: claims, where there are any, and rows that hold no more than a hash.

Nearly every clue has one customer. So the first who has it stands in the row FIRST, and whether
anybody shares it is read for many clues at once; whoever comes after that has a row beside it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import batched

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table
from crm.domain.duplicates.blocking_keys import LOOKED_AT, Clue
from crm.domain.kernel.ids import CustomerId, MerchantId

type _Place = tuple[CustomerId, Clue]

_FREE_OR_MINE = "attribute_not_exists(id) OR id = :me"
_ACTIONS_A_TRANSACTION = 100


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
        """Let customers be found by clues, and no more by others; claims are others' to write.

        Who finds somebody first is written before anybody looks, so of two that come at the same
        moment at least one sees the other.
        """
        come = [place for place in joined if place[1].identity is None]
        gone = [place for place in left if place[1].identity is None]
        after = self._after_the_first(merchant_id, come)
        self._table.write_many(
            [
                {**keys.of_lookalike(merchant_id, clue, each), **row({"id": each})}
                for each, clue in after
            ],
            [keys.of_lookalike(merchant_id, clue, each) for each, clue in gone],
        )
        for clue in {clue for _, clue in after}:
            first = keys.of_first_lookalike(merchant_id, clue)
            self._table.write(self._table.updating(first, "SET more = :yes", None, {":yes": True}))
        for each, clue in gone:
            self._leave_first(merchant_id, each, clue)

    def sharing(
        self, merchant_id: MerchantId, clues: Collection[Clue]
    ) -> Mapping[Clue, Sequence[CustomerId]]:
        """Return the first of those that each clue finds: one call, and a query a shared clue."""
        places = dict(_place_of(merchant_id, clue) for clue in clues)
        asked = [keys.key(*place) for place in places]
        found: dict[Clue, Sequence[CustomerId]] = dict.fromkeys(clues, ())
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
        firsts = {clue: each for each, clue in reversed(come)}
        after = [(each, clue) for each, clue in come if firsts[clue] != each]
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

    def _first(self, merchant_id: MerchantId, clue: Clue, customer_id: CustomerId) -> Action:
        first = keys.of_first_lookalike(merchant_id, clue)
        return self._table.updating(first, "SET id = :me", _FREE_OR_MINE, {":me": customer_id})

    def _leave_first(self, merchant_id: MerchantId, customer_id: CustomerId, clue: Clue) -> None:
        """Take somebody out of the row of the first, and the row away if nobody is left."""
        first = keys.of_first_lookalike(merchant_id, clue)
        try:
            self._table.write(
                self._table.updating(first, "REMOVE id", "id = :me", {":me": customer_id})
            )
        except Cancelled as cancelled:
            if "id" in cancelled.refused[0]:
                return
        if not self._beside(keys.of_lookalikes(merchant_id, clue), keys.LOOKALIKE):
            try:
                self._table.write(self._table.deleting(first, "attribute_not_exists(id)"))
            except Cancelled:
                return


def _place_of(merchant_id: MerchantId, clue: Clue) -> tuple[tuple[str, str], Clue]:
    """Return where the first who has a clue stands: in the claim, or in a row of its own."""
    if identity := clue.identity:
        return (keys.of_identity(merchant_id, identity), "CLAIM"), clue
    return (keys.of_lookalikes(merchant_id, clue), "FIRST"), clue
