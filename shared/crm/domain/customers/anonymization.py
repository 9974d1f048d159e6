"""What is left of a customer whose personal data is erased: id, code, figures, membership (D1)."""

from typing import Any, NamedTuple

from crm.domain.customers.customer import Customer, Identity, Own
from crm.domain.kernel.ids import CustomerId

#: Everything else is of the person, whatever fields a customer comes to have.
KEPT = frozenset(
    {
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
        "own",
        "returns_to",
    }
)
#: Of what a record comes to by itself while others are merged into it.
KEPT_OF_OWN = frozenset({"since", "metrics", "membership", "extra"})


class Tombstone(NamedTuple):
    """That a customer was erased, when, and by which request; kept for ever, it names no one."""

    customer_id: CustomerId
    request_id: str
    at: str


def erased(customer: Customer, at: str) -> Customer:
    """Return a customer without anything personal; one merged into another stays merged.

    One of whom nothing is left to erase comes back as it is.
    """
    status = customer.status if customer.status == "merged" else "erased"
    left: dict[str, Any] = {name: getattr(customer, name) for name in KEPT}
    if customer.own is not None:
        left["own"] = Own(**{name: getattr(customer.own, name) for name in KEPT_OF_OWN})
    after = Customer(**{**left, "status": status})
    if after == customer:
        return customer
    moved = status != customer.status
    return Customer(
        **{
            **left,
            "status": status,
            "status_since": at if moved else customer.status_since,
            "version": customer.version + 1,
            "revision": customer.revision + 1,
            "updated_at": max(at, customer.updated_at),
        }
    )


def is_erased(customer: Customer) -> bool:
    """Tell whether nothing personal is left of a customer."""
    return erased(customer, customer.updated_at) is customer


def identities_of_person(customer: Customer) -> tuple[Identity, ...]:
    """Return what names the person: every identity but the code, which is the book's own."""
    return tuple(each for each in customer.identities() if each.kind != "code")
