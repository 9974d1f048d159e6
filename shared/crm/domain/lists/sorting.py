"""Sort keys of lists of customers."""

from typing import Literal

SortKey = Literal["updated_at", "order_count", "last_order_at", "debt", "total_spent"]
