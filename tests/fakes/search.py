"""In-memory port of the search box."""

from crm.domain.customers.customer import Customer
from crm.domain.customers.listed import ListedCustomer
from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.pages import SearchResult
from crm.domain.lists.search import Fit, Search
from crm.domain.values.names import folded
from crm.domain.values.phones import phone_suffix_key
from tests.fakes.customers import InMemoryCustomers


class InMemorySearch:
    """`ports.CustomerSearch` that checks every customer."""

    def __init__(self, customers: InMemoryCustomers) -> None:
        self._customers = customers

    def find(self, merchant_id: MerchantId, search: Search, limit: int) -> SearchResult:
        holder_ids = set(self._customers.holders(merchant_id, search.identities).values())
        found = self._customers.get_many(merchant_id, holder_ids).values()
        holders = {each.merged_into or each.id for each in found}
        active = (
            each for each in self._customers.of_merchant(merchant_id) if each.status == "active"
        )
        fits = [
            (Fit.IDENTITY if each.id in holders else search.fit_of(ListedCustomer(each)), each)
            for each in active
            if each.id in holders or _fits(search, each)
        ]
        fits.sort(key=lambda pair: (pair[0], pair[1].full_name or "", pair[1].id))
        items = tuple(ListedCustomer(each) for _, each in fits[:limit])
        return SearchResult(items, len(fits) > limit)


def _fits(search: Search, customer: Customer) -> bool:
    phone = phone_suffix_key(customer.phone) if customer.phone else ""
    email = customer.email or ""
    name = folded(customer.full_name or "")
    return bool(
        (search.phone_ending and phone.startswith(search.phone_ending))
        or (search.email_start and email.startswith(search.email_start))
        or (search.words and _is_named(search, name))
    )


def _is_named(search: Search, name: str) -> bool:
    """Tell whether the words start the name in some order, or include its given name."""
    *family, given = name.split()
    if any(f"{name} ".startswith(start) for start in search.name_starts()):
        return True
    if len(search.words) == 1:
        return given.startswith(search.words[0])
    return given in search.words and search.is_within(" ".join([given, *family]))
