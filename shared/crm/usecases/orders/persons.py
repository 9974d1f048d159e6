"""Read the person of a record, with all its records."""

from crm.domain.kernel.conflicts import PERSON_ROUNDS, retry_on_conflict
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merges.person import Person, person_in
from crm.ports.orders import Changesets


def load_person(
    merchant_id: MerchantId, customer_id: CustomerId, changesets: Changesets
) -> Person:
    """Read the person of a record with all its records, or raise `NotFound`."""

    def attempt() -> Person:
        snapshot = changesets.snapshot(merchant_id, [customer_id])
        if customer_id not in snapshot.customers:
            raise NotFound("customer_not_found")
        return person_in(snapshot, customer_id)

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)
