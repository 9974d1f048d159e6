"""Outbound events of members: tier changed; points earned, redeemed or expiring."""

from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.representation import customer_shape
from crm.domain.kernel.ids import derived_ulid
from crm.domain.kernel.sources import OutboundEvent
from crm.domain.kernel.times import moment


def loyalty_events(before: Customer | None, after: Customer) -> list[OutboundEvent]:
    """Return the membership events of a write to a customer; the same write gives the same ids.

    As in every customer event, the detail has the whole customer with its revision. Points that
    a merge or its undo moves between records count as neither earned nor redeemed.
    """
    if after.status == "merged":
        return []
    was = before.membership if before else type(after.membership)()
    now = after.membership
    details: list[tuple[str, dict[str, Any]]] = []
    if now.tier != was.tier:
        details.append(("TierChanged", {"was": was.tier, "now": now.tier}))
    if before and (before.status == "merged" or before.merged_from != after.merged_from):
        return [_event(after, kind, detail) for kind, detail in details]
    if now.points.earned > was.points.earned:
        details.append(("PointsEarned", {"points": now.points.earned - was.points.earned}))
    if now.points.used > was.points.used:
        details.append(("PointsRedeemed", {"points": now.points.used - was.points.used}))
    if now.expiring and now.expiring != was.expiring:
        details.append(
            (
                "PointsExpiring",
                {"points": now.expiring.points, "expires_at": now.expiring.expires_at},
            )
        )
    return [_event(after, kind, detail) for kind, detail in details]


def _event(customer: Customer, kind: str, detail: dict[str, Any]) -> OutboundEvent:
    event_id = derived_ulid(moment(customer.updated_at), customer.id, str(customer.revision), kind)
    return OutboundEvent(
        kind,
        {
            "event_id": event_id,
            "merchant_id": customer.merchant_id,
            "occurred_at": customer.updated_at,
            "revision": customer.revision,
            "changed": ["membership"],
            "customer": customer_shape(customer),
            **detail,
        },
    )
