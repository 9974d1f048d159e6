"""Remove a customer's personal data; id, code, metrics and membership stay (D1)."""

from typing import Any, NamedTuple

from crm.domain.customers.customer import Customer, Identity, StandaloneValues
from crm.domain.customers.fields import FIELDS
from crm.domain.kernel.ids import CustomerId

#: The fields that stay. All others are personal data, including fields added later.
KEPT = frozenset(
    {
        *(each.name for each in FIELDS if each.in_erasure == "kept"),
        "merchant_id",
        "id",
        "code",
        "status",
        "status_since",
        "source",
        "metrics",
        "membership",
        "version",
        "revision",
        "created_at",
        "updated_at",
        "created_by",
        "merged_into",
        "merged_from",
        "siblings",
        "standalone_values",
        "returns_to",
    }
)
#: The standalone fields that stay (see `StandaloneValues`).
KEPT_STANDALONE = frozenset({"since", "metrics", "membership", "extra"})


class Tombstone(NamedTuple):
    """Records that a request erased a customer; kept for ever, holds no personal data."""

    customer_id: CustomerId
    request_id: str
    at: str


def erased(customer: Customer, at: str) -> Customer:
    """Return the customer without personal data; a merged one keeps the status `merged`.

    If there is nothing to erase, return the same object.
    """
    status = customer.status if customer.status == "merged" else "erased"
    kept: dict[str, Any] = {name: getattr(customer, name) for name in KEPT}
    if customer.standalone_values is not None:
        kept["standalone_values"] = StandaloneValues(
            **{name: getattr(customer.standalone_values, name) for name in KEPT_STANDALONE}
        )
    after = Customer(**{**kept, "status": status})
    if after == customer:
        return customer
    moved = status != customer.status
    return Customer(
        **{
            **kept,
            "status": status,
            "status_since": at if moved else customer.status_since,
            "version": customer.version + 1,
            "revision": customer.revision + 1,
            "updated_at": max(at, customer.updated_at),
        }
    )


def is_erased(customer: Customer) -> bool:
    """Return whether the customer holds no personal data any more."""
    return erased(customer, customer.updated_at) is customer


def identities_of_person(customer: Customer) -> tuple[Identity, ...]:
    """Return the identities of the person: all but the code, which the merchant assigns."""
    return tuple(each for each in customer.identities() if each.kind != "code")
