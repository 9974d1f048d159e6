"""In-memory port of suppressed addresses."""

from datetime import datetime

from crm.domain.kernel.ids import MerchantId


class InMemorySuppressions:
    """`ports.Suppressions` over a dictionary."""

    def __init__(self) -> None:
        self.until: dict[tuple[MerchantId, str], datetime] = {}

    def holds(self, merchant_id: MerchantId, address: str) -> bool:
        return (merchant_id, address.strip().lower()) in self.until

    def add(self, merchant_id: MerchantId, address: str, *, until: datetime) -> None:
        self.until[merchant_id, address.strip().lower()] = until
