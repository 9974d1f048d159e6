"""Shards: the index partitions of a merchant's list, since one partition's throughput is limited.

A customer is in shard CRC-32 of its id mod n. While a list moves from n to m shards, readers query
all of 0 … max(n, m) - 1, so it does not matter which shard a customer is in. Writers use m once
the new shards are open, which is when every reader knows of them.
"""

from dataclasses import dataclass
from zlib import crc32

from crm.domain.kernel.ids import CustomerId

MOST_SHARDS = 64


@dataclass(frozen=True, slots=True)
class Shards:
    """A merchant's number of shards, the target of a move, and how many customers it moved."""

    count: int = 1
    target: int | None = None
    moved: int = 0
    is_open: bool = False

    @property
    def written(self) -> int:
        """Return the number of shards that writers use."""
        return self.target if self.target and self.is_open else self.count

    @property
    def read(self) -> int:
        """Return the number of shards that readers query."""
        return max(self.count, self.target or 0)


def shard_of(customer_id: CustomerId, shards: int) -> int:
    """Return the shard of a customer, from 0 to `shards` - 1."""
    return crc32(customer_id.encode()) % shards
