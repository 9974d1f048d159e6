"""The events that tell others what became of a member: tier, points earned, redeemed, expiring."""

from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.representation import customer_shape
from crm.domain.kernel.ids import derived_ulid
from crm.domain.kernel.sources import OutboundEvent
from crm.domain.kernel.times import moment


def loyalty_events(before: Customer | None, after: Customer) -> list[OutboundEvent]:
    """Return what a write to a customer says of their membership; a repeated one says the same.

    As in every event of a customer, the whole customer is in the detail, with its revision. Points
    that a merge or its undoing puts together are not earned, nor spent, once more.
    """
    if after.status == "merged":
        return []
    was = before.membership if before else type(after.membership)()
    now = after.membership
    told: list[tuple[str, dict[str, Any]]] = []
    if now.tier != was.tier:
        told.append(("TierChanged", {"was": was.tier, "now": now.tier}))
    if before and (before.status == "merged" or before.merged_from != after.merged_from):
        return [_event(after, kind, said) for kind, said in told]
    if now.points.earned > was.points.earned:
        told.append(("PointsEarned", {"points": now.points.earned - was.points.earned}))
    if now.points.used > was.points.used:
        told.append(("PointsRedeemed", {"points": now.points.used - was.points.used}))
    if now.expiring and now.expiring != was.expiring:
        told.append(
            (
                "PointsExpiring",
                {"points": now.expiring.points, "expires_at": now.expiring.expires_at},
            )
        )
    return [_event(after, kind, said) for kind, said in told]


def _event(customer: Customer, kind: str, said: dict[str, Any]) -> OutboundEvent:
    made = derived_ulid(moment(customer.updated_at), customer.id, str(customer.revision), kind)
    return OutboundEvent(
        kind,
        {
            "event_id": made,
            "merchant_id": customer.merchant_id,
            "occurred_at": customer.updated_at,
            "revision": customer.revision,
            "changed": ["membership"],
            "customer": customer_shape(customer),
            **said,
        },
    )
