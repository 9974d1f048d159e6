"""The ports of merchants, display preferences and groups, in memory."""

from crm.domain.customers.activities import Activity
from crm.domain.customers.groups import DEFAULT_GROUPS, Groups
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.merchants.merchant import Display, Merchant


class InMemoryMerchants:
    """`ports.Merchants` over a dictionary."""

    def __init__(self, *known: Merchant) -> None:
        self._kept = {merchant.id: merchant for merchant in known}
        self.history: list[Activity] = []

    def get(self, merchant_id: MerchantId) -> Merchant:
        try:
            return self._kept[merchant_id]
        except KeyError:
            raise NotFound("merchant_not_found") from None

    def add(self, merchant_id: MerchantId, merchant: Merchant) -> None:
        if merchant_id in self._kept:
            raise Conflict("merchant_exists")
        self._kept[merchant_id] = merchant

    def update(
        self, merchant_id: MerchantId, before: Merchant, after: Merchant, activity: Activity
    ) -> None:
        current = self.get(merchant_id)
        if current.version != before.version:
            raise Stale("stale", current_version=current.version)
        self._kept[merchant_id] = after
        self.history.append(activity)


class InMemoryDisplays:
    """`ports.Displays` over a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[MerchantId, UserId], Display] = {}

    def get(self, merchant_id: MerchantId, user_id: UserId) -> Display:
        return self._kept.get((merchant_id, user_id), Display())

    def replace(
        self, merchant_id: MerchantId, user_id: UserId, before: Display, after: Display
    ) -> None:
        current = self.get(merchant_id, user_id)
        if current.version != before.version:
            raise Stale("stale", current_version=current.version)
        self._kept[merchant_id, user_id] = after


class InMemoryGroups:
    """`ports.MerchantGroups` over a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[MerchantId, Groups] = {}

    def get(self, merchant_id: MerchantId) -> Groups:
        return self._kept.get(merchant_id, DEFAULT_GROUPS)

    def replace(self, merchant_id: MerchantId, before: Groups, after: Groups) -> None:
        if self.get(merchant_id).revision != before.revision:
            raise Stale("stale")
        self._kept[merchant_id] = after
