"""Shards: the partitions that a merchant's list is spread over, because one takes only so much.

A customer stands in shard CRC-32 of the id mod n. While a book moves from n to m shards, writers
use m, and readers ask all of 0 … max(n, m) - 1, so that where a customer stands never matters.
"""

from dataclasses import dataclass
from zlib import crc32

from crm.domain.ids import CustomerId

MOST_SHARDS = 64


@dataclass(frozen=True, slots=True)
class Shards:
    """How many shards a merchant's list has, how many it is moving to, and who has moved."""

    count: int = 1
    target: int | None = None
    moved: int = 0

    @property
    def written(self) -> int:
        """Return the number of shards that new customers are spread over."""
        return self.target or self.count

    @property
    def read(self) -> int:
        """Return how many shards may hold customers."""
        return max(self.count, self.written)


def shard_of(customer_id: CustomerId, shards: int) -> int:
    """Return the shard of a customer among so many."""
    return crc32(customer_id.encode()) % shards
