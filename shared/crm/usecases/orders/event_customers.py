"""Read or create the customer of an inbound event."""

from dataclasses import dataclass
from datetime import datetime

from crm.domain.inbound.recognition import RecognizedEvent
from crm.domain.inbound.resolution import NewCustomer, ResolvedPerson, created, filled
from crm.domain.kernel.acts import NewId
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import Customers
from crm.ports.orders import Changesets


@dataclass(frozen=True, slots=True)
class EventPorts:
    """The ports needed to record an inbound event, and the source of new ids."""

    customers: Customers
    changesets: Changesets
    new_id: NewId


class EventCustomers:
    """Reads or creates the customer of an event, with the same id and code on a retry (D5)."""

    def __init__(self, merchant_id: MerchantId, now: datetime, ports: EventPorts) -> None:
        self._merchant_id = merchant_id
        self._now = now
        self._ports = ports
        self._reserved: NewCustomer | None = None

    def reserve(self) -> NewCustomer:
        """Return the id and the number reserved for a new customer."""
        if self._reserved is None:
            self._reserved = NewCustomer(
                self._merchant_id,
                CustomerId(self._ports.new_id(self._now)),
                self._ports.customers.reserve_codes(self._merchant_id, 1),
            )
        return self._reserved

    def resolve(self, event: RecognizedEvent) -> ResolvedPerson | None:
        """Read and fill the customer of an event, or create it; None if the event names nobody."""
        if event.holder is None:
            return created(event, self.reserve()) if event.incoming.person.identities else None
        ids = [*event.found.holders.values()]
        snapshot = self._ports.changesets.snapshot(self._merchant_id, ids)
        return filled(event, snapshot, event.holder)
