"""Lists of customers: the five orders they stand in, and a position between two of them."""

from typing import Literal

SortKey = Literal["updated_at", "order_count", "last_order_at", "debt", "total_spent"]
