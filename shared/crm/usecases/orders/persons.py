"""Read persons with all their records, and reserve the ids of new customers."""

from datetime import datetime

from crm.domain.inbound.recognition import RecognizedEvent
from crm.domain.inbound.resolution import NewCustomer, ResolvedPerson, created, filled, person_in
from crm.domain.kernel.acts import NewId
from crm.domain.kernel.errors import Busy, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merges.person import Person
from crm.ports.customers import Customers
from crm.ports.orders import Changesets

#: How many times an event is retried because a row changed after it was read.
ROUNDS = 12


class NewCustomers:
    """Reserves the id and the number of one event's customer, the same on every retry (D5)."""

    def __init__(
        self, merchant_id: MerchantId, now: datetime, new_id: NewId, customers: Customers
    ) -> None:
        self._merchant_id = merchant_id
        self._now = now
        self._new_id = new_id
        self._customers = customers
        self._reserved: NewCustomer | None = None

    def reserve(self) -> NewCustomer:
        """Return the reserved id and number."""
        if self._reserved is None:
            self._reserved = NewCustomer(
                self._merchant_id,
                CustomerId(self._new_id(self._now)),
                self._customers.reserve_codes(self._merchant_id, 1),
            )
        return self._reserved


def resolve_event(
    merchant_id: MerchantId, event: RecognizedEvent, new: NewCustomers, changesets: Changesets
) -> ResolvedPerson | None:
    """Read and fill the customer of an event, or create one; None if the event names nobody."""
    if event.holder is None:
        return created(event, new.reserve()) if event.incoming.person.identities else None
    ids = [*event.found.holders.values()]
    return filled(event, changesets.snapshot(merchant_id, ids), event.holder)


def load_person(
    merchant_id: MerchantId, customer_id: CustomerId, changesets: Changesets
) -> Person:
    """Read the person of a record with all its records, or raise `NotFound`."""
    for _ in range(ROUNDS):
        snapshot = changesets.snapshot(merchant_id, [customer_id])
        if customer_id not in snapshot.customers:
            raise NotFound("customer_not_found")
        try:
            return person_in(snapshot, customer_id)
        except Stale:
            continue
    raise Busy("busy")
