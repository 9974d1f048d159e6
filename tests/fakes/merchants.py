"""The port of merchants, kept in memory."""

from crm.domain.errors import Conflict, NotFound
from crm.domain.ids import MerchantId
from crm.domain.merchants import Merchant


class InMemoryMerchants:
    """`ports.Merchants` over a dictionary."""

    def __init__(self, *known: Merchant) -> None:
        self._kept = {merchant.id: merchant for merchant in known}

    def get(self, merchant_id: MerchantId) -> Merchant:
        try:
            return self._kept[merchant_id]
        except KeyError:
            raise NotFound("merchant_not_found") from None

    def add(self, merchant_id: MerchantId, merchant: Merchant) -> None:
        if merchant_id in self._kept:
            raise Conflict("merchant_exists")
        self._kept[merchant_id] = merchant
