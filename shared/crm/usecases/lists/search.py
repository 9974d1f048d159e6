"""Search a merchant's customers by whatever a cashier types."""

from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.pages import Found
from crm.domain.lists.search import search_of
from crm.ports.lists import CustomerSearch


def search_customers(
    merchant_id: MerchantId, typed: str, *, limit: int, search: CustomerSearch
) -> Found:
    """Return the active customers that a text may mean, the best first."""
    return search.find(merchant_id, search_of(typed), limit)
