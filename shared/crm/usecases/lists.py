"""List a merchant's customers."""

from crm.domain.ids import MerchantId
from crm.domain.lists import ListQuery, Page
from crm.ports import CustomerLists


def list_customers(merchant_id: MerchantId, query: ListQuery, *, lists: CustomerLists) -> Page:
    """Return the next page of a list."""
    return lists.page(merchant_id, query)
