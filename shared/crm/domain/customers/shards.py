"""Shards: the partitions that a merchant's list is spread over, because one takes only so much.

A customer stands in shard CRC-32 of the id mod n. While a book moves from n to m shards, readers
ask all of 0 … max(n, m) - 1, so that where a customer stands never matters. Writers use m once the
new shards are open, which is when every reader has heard of them.
"""

from dataclasses import dataclass
from zlib import crc32

from crm.domain.kernel.ids import CustomerId

MOST_SHARDS = 64


@dataclass(frozen=True, slots=True)
class Shards:
    """How many shards a merchant's list has, how many it is moving to, and who has moved."""

    count: int = 1
    target: int | None = None
    moved: int = 0
    is_open: bool = False

    @property
    def written(self) -> int:
        """Return the number of shards that new customers are spread over."""
        return self.target if self.target and self.is_open else self.count

    @property
    def read(self) -> int:
        """Return how many shards may hold customers."""
        return max(self.count, self.target or 0)


def shard_of(customer_id: CustomerId, shards: int) -> int:
    """Return the shard of a customer among so many."""
    return crc32(customer_id.encode()) % shards
