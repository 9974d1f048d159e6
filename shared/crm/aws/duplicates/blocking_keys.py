"""`ports.BlockingKeyIndex`: claims of identities, and rows that hold only a hash for other keys.

Nearly every key has one customer. That customer's id is in the row FIRST, so that one batch read
tells which of many keys are shared; each further customer of a key has a row beside it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import batched

from crm.aws.dynamodb import duplicate_keys, keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table, starting_with
from crm.domain.duplicates.blocking_keys import MOST_CANDIDATES, BlockingKey
from crm.domain.kernel.ids import CustomerId, MerchantId

type _Entry = tuple[CustomerId, BlockingKey]

_FREE_OR_MINE = "attribute_not_exists(id) OR id = :me"
_ACTIONS_A_TRANSACTION = 100


class DynamoBlockingKeyIndex:
    """Blocking keys of all merchants; each method reads or writes those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def update(
        self,
        merchant_id: MerchantId,
        added: Iterable[tuple[CustomerId, BlockingKey]],
        removed: Iterable[tuple[CustomerId, BlockingKey]],
    ) -> None:
        """Add and remove blocking keys of customers, except claims, which other adapters write.

        Keys are written before candidates are read, so of two customers that are processed at the
        same moment at least one sees the other.
        """
        added = [entry for entry in added if entry[1].identity is None]
        removed = [entry for entry in removed if entry[1].identity is None]
        further = self._add_first_customers(merchant_id, added)
        self._table.write_many(
            [
                {
                    **duplicate_keys.of_blocking_key_entry(merchant_id, blocking_key, each),
                    **row({"id": each}),
                }
                for each, blocking_key in further
            ],
            [
                duplicate_keys.of_blocking_key_entry(merchant_id, blocking_key, each)
                for each, blocking_key in removed
            ],
        )
        for blocking_key in {blocking_key for _, blocking_key in further}:
            first = duplicate_keys.of_first_blocking_key(merchant_id, blocking_key)
            self._table.write(self._table.updating(first, "SET more = :yes", None, {":yes": True}))
        for each, blocking_key in removed:
            self._remove_from_first(merchant_id, each, blocking_key)

    def find(
        self, merchant_id: MerchantId, blocking_keys: Collection[BlockingKey]
    ) -> Mapping[BlockingKey, Sequence[CustomerId]]:
        """Return the first customers of each key: a batch read, and a query a shared key."""
        first_rows = {
            keys.pk_and_sk(_first_key_of(merchant_id, each)): each for each in blocking_keys
        }
        lookups = [keys.key(*each) for each in first_rows]
        found: dict[BlockingKey, Sequence[CustomerId]] = dict.fromkeys(blocking_keys, ())
        for item in self._table.get_many(lookups) if lookups else ():
            found[first_rows[keys.pk_and_sk(item)]] = self._ids_of(item)
        return found

    def _ids_of(self, first: Row) -> Sequence[CustomerId]:
        """Return the customers of a claim or row FIRST, and of the rows beside it, by id."""
        start = keys.ALSO if first["sk"]["S"] == keys.CLAIM else keys.CUSTOMER
        holder = first.get("holder") or first.get("id")
        found = [CustomerId(holder["S"])] if holder else []
        if "more" in first or int(first.get("also", {"N": "0"})["N"]):
            found += self._ids_beside(first["pk"]["S"], start)
        return sorted(set(found))[:MOST_CANDIDATES]

    def _ids_beside(self, partition: str, start: str) -> list[CustomerId]:
        answer = self._table.query(
            **starting_with(partition, start),
            ConsistentRead=True,
            Limit=MOST_CANDIDATES,
        )
        return [keys.customer_beside(item["sk"]["S"]) for item in answer["Items"]]

    def _add_first_customers(
        self, merchant_id: MerchantId, added: Sequence[_Entry]
    ) -> list[_Entry]:
        """Add each customer as the first of its key if it has none; return the other entries."""
        firsts = {blocking_key: each for each, blocking_key in reversed(added)}
        further = [
            (each, blocking_key) for each, blocking_key in added if firsts[blocking_key] != each
        ]
        for some in batched(firsts.items(), _ACTIONS_A_TRANSACTION, strict=False):
            pending = list(some)
            while pending:
                try:
                    self._table.transact([self._add_first(merchant_id, *each) for each in pending])
                except Cancelled as cancelled:
                    further += [
                        (pending[index][1], pending[index][0]) for index in cancelled.refused
                    ]
                    pending = [
                        each
                        for index, each in enumerate(pending)
                        if index not in cancelled.refused
                    ]
                else:
                    pending = []
        return further

    def _add_first(
        self, merchant_id: MerchantId, blocking_key: BlockingKey, customer_id: CustomerId
    ) -> Action:
        first = duplicate_keys.of_first_blocking_key(merchant_id, blocking_key)
        return self._table.updating(first, "SET id = :me", _FREE_OR_MINE, {":me": customer_id})

    def _remove_from_first(
        self, merchant_id: MerchantId, customer_id: CustomerId, blocking_key: BlockingKey
    ) -> None:
        """Remove a customer from the row FIRST, and delete the row if the key has no customer."""
        first = duplicate_keys.of_first_blocking_key(merchant_id, blocking_key)
        try:
            self._table.write(
                self._table.updating(first, "REMOVE id", "id = :me", {":me": customer_id})
            )
        except Cancelled as cancelled:
            if "id" in cancelled.refused[0]:
                return
        partition = duplicate_keys.of_blocking_key(merchant_id, blocking_key)
        if not self._ids_beside(partition, keys.CUSTOMER):
            try:
                self._table.write(self._table.deleting(first, "attribute_not_exists(id)"))
            except Cancelled:
                return


def _first_key_of(merchant_id: MerchantId, blocking_key: BlockingKey) -> keys.Key:
    """Return the key of the row with the first customer: the claim, or the row FIRST."""
    if identity := blocking_key.identity:
        return keys.of_claim(merchant_id, identity)
    return duplicate_keys.of_first_blocking_key(merchant_id, blocking_key)
