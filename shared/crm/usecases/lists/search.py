"""Search a merchant's customers by the text that a cashier types."""

from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.pages import SearchResult
from crm.domain.lists.search import search_of
from crm.ports.lists import CustomerSearch


def search_customers(
    merchant_id: MerchantId, typed: str, *, limit: int, search: CustomerSearch
) -> SearchResult:
    """Return the active customers that match a text, the best first."""
    return search.find(merchant_id, search_of(typed), limit)
