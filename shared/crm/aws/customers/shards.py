"""`ports.ListShards`: one row per merchant, which readers cache."""

from collections.abc import Mapping
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Cancelled, Row, Table, in_partition
from crm.aws.dynamodb.ttl_cache import TtlCache
from crm.domain.customers.shards import Shards, shard_of
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId, MerchantId

#: How long a process may keep writing to the old shards after a move has begun.
CACHE_SECONDS = 20
_ROWS_PER_PAGE = 200


class DynamoShards:
    """The shards of merchants' lists; a merchant without a row has one shard."""

    def __init__(self, table: Table, seconds: float = CACHE_SECONDS) -> None:
        self._table = table
        self._cached = TtlCache(self._read_eventually, seconds)

    def of(self, merchant_id: MerchantId) -> Shards:
        """Return a merchant's shards, at most `seconds` old."""
        return self._cached(merchant_id)

    def forget(self, merchant_id: MerchantId) -> None:
        """Drop a merchant's shards from the cache."""
        self._cached.forget(merchant_id)

    def now(self, merchant_id: MerchantId) -> Shards:
        """Return a merchant's shards as last written."""
        return _shards_of(self._table.get(keys.of_shards(merchant_id)))

    def begin(self, merchant_id: MerchantId, target: int) -> Shards:
        """Make readers query `target` shards too; raise `Conflict` while another move runs."""
        return self._step(
            merchant_id,
            "SET #count = if_not_exists(#count, :one), #target = :target, moved = :none",
            "attribute_not_exists(#target) OR #target = :target",
            {":one": 1, ":target": target, ":none": 0},
        )

    def open(self, merchant_id: MerchantId, target: int) -> Shards:
        """Make writers use the `target` shards, which readers already query."""
        return self._step(
            merchant_id,
            "SET is_open = :open",
            "#target = :target",
            {":open": True, ":target": target},
        )

    def move(
        self, merchant_id: MerchantId, bucket: str, target: int, after: CustomerId | None
    ) -> CustomerId | None:
        """Move a page of a bucket's customers; return the last one if more follow.

        A customer that was archived or moved in the meantime stays where it is.
        """
        request = {
            **in_partition(keys.of_bucket(merchant_id, bucket)),
            "ProjectionExpression": "pk, sk, id, list_partition",
            "ConsistentRead": True,
            "Limit": _ROWS_PER_PAGE,
        }
        if after is not None:
            request["ExclusiveStartKey"] = keys.of_customer(merchant_id, after)
        answer = self._table.query(**request)
        archived = keys.of_list(merchant_id, archived=True)
        moved = 0
        for item in answer["Items"]:
            stored = plain_row(item)
            current = stored.get("list_partition", archived)
            shard = shard_of(CustomerId(stored["id"]), target)
            new = keys.of_list(merchant_id, archived=False, shard=shard)
            if current not in {archived, new}:
                moved += self._move_customer(merchant_id, CustomerId(stored["id"]), current, new)
        if moved:
            self._table.increment(keys.of_shards(merchant_id), "moved", moved)
        more = "LastEvaluatedKey" in answer
        return CustomerId(answer["Items"][-1]["id"]["S"]) if more else None

    def finish(self, merchant_id: MerchantId, target: int) -> Shards:
        """Make readers query only the new shards; a repeat has no effect."""
        return self._step(
            merchant_id,
            "SET #count = :target REMOVE #target, is_open",
            "#target = :target OR (attribute_not_exists(#target) AND #count = :target)",
            {":target": target},
        )

    def _step(
        self, merchant_id: MerchantId, update: str, condition: str, values: Mapping[str, Any]
    ) -> Shards:
        """Write a step of a move, or raise `Conflict` if another one is running."""
        key = keys.of_shards(merchant_id)
        names = {name: _NAMES[name] for name in _NAMES if name in f"{update} {condition}"}
        try:
            self._table.write(self._table.updating(key, update, condition, values, names))
        except Cancelled as cancelled:
            raise Conflict("reshard_running") from cancelled
        self.forget(merchant_id)
        return self.now(merchant_id)

    def _read_eventually(self, merchant_id: MerchantId) -> Shards:
        """Read with eventual consistency: a second of delay is short beside the cache."""
        return _shards_of(self._table.get(keys.of_shards(merchant_id), consistent=False))

    def _move_customer(
        self, merchant_id: MerchantId, customer_id: CustomerId, current: str, new: str
    ) -> bool:
        try:
            self._table.write(
                self._table.updating(
                    keys.of_customer(merchant_id, customer_id),
                    "SET list_partition = :new",
                    "list_partition = :current",
                    {":new": new, ":current": current},
                )
            )
        except Cancelled:
            return False
        return True


_NAMES = {"#count": "count", "#target": "target"}


def _shards_of(item: Row | None) -> Shards:
    if item is None:
        return Shards()
    stored = plain_row(item)
    return Shards(
        stored["count"],
        stored.get("target"),
        stored.get("moved", 0),
        is_open=stored.get("is_open", False),
    )
