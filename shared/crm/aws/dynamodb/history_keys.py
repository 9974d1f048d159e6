"""Keys of the rows of a customer's history, which the table in `keys` lists.

A source of orders never contains "#"; the last part of a key may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from crm.aws.dynamodb.keys import ACTIVITY, LAST, key
from crm.domain.kernel.ids import CustomerId, MerchantId

if TYPE_CHECKING:
    from crm.aws.dynamodb.keys import Key
    from crm.domain.loyalty.points import PointsPosition
    from crm.domain.orders.orders import OrderPosition

#: First parts of sort keys, which tell the kinds of rows.
ORDER = "ORDER#"
OPENING = "OPENING#"
TALLY = "TALLY#"
POINTS = "POINTS#"
REDEMPTION = "REDEMPTION#"
#: Sort keys between which all orders lie, and between which orders and opening balances lie.
ORDERS = ORDER, f"{ORDER}{LAST}"
OPENINGS_AND_ORDERS = OPENING, f"{ORDER}{LAST}"

#: The dimensions by which a customer's interactions are counted.
type Tally = Literal["item", "channel", "device"]


def of_history(merchant_id: MerchantId, customer_id: CustomerId) -> str:
    """Return the partition of a customer's history: M#m-1#C#01J…."""
    return f"M#{merchant_id}#C#{customer_id}"


def customer_of(pk: str) -> CustomerId:
    """Return the customer of a history's partition."""
    _, _, _, customer_id = pk.split("#", 3)
    return CustomerId(customer_id)


def kind_of(sk: str) -> str:
    """Return the first part of a sort key, which tells the kind of the row."""
    return f"{sk.partition('#')[0]}#"


def of_activity(
    merchant_id: MerchantId, customer_id: CustomerId, at: str, activity_id: str
) -> Key:
    """Return the key of an activity of a customer; activities sort by time."""
    return key(of_history(merchant_id, customer_id), f"{ACTIVITY}{at}#{activity_id}")


def activities_between(since: str, until: str) -> tuple[str, str]:
    """Return the sort keys between which the activities of a time range lie, ends included."""
    return f"{ACTIVITY}{since}", f"{ACTIVITY}{until}#{LAST}"


def of_order(merchant_id: MerchantId, customer_id: CustomerId, position: OrderPosition) -> Key:
    """Return the key of an order's snapshot: M#m-1#C#01J…, ORDER#2026-11-22T…Z#haravan#1001."""
    return key(of_history(merchant_id, customer_id), sort_key_of_order(position))


def sort_key_of_order(position: OrderPosition) -> str:
    """Return the sort key of an order."""
    return f"{ORDER}{position.placed_at}#{position.source}#{position.id}"


def of_opening(merchant_id: MerchantId, customer_id: CustomerId, opening_id: str) -> Key:
    """Return the key of a customer's opening balances."""
    return key(of_history(merchant_id, customer_id), f"{OPENING}{opening_id}")


def opening_id(sk: str) -> str:
    """Return the id of opening balances."""
    return sk.removeprefix(OPENING)


def of_tally(merchant_id: MerchantId, customer_id: CustomerId, kind: Tally, *values: str) -> Key:
    """Return the key of a customer's interaction count with an item, channel or device."""
    return key(of_history(merchant_id, customer_id), f"{TALLY}{kind}#{'#'.join(values)}")


def tally_of(sk: str) -> tuple[str, str]:
    """Return what a tally counts by, and the value; an item's value has its kind and id."""
    kind, _, value = sk.removeprefix(TALLY).partition("#")
    return kind, value


def item_of(value: str) -> tuple[str, str]:
    """Return kind and id of the item whose interactions a tally counts."""
    kind, _, item_id = value.partition("#")
    return kind, item_id


def of_points(merchant_id: MerchantId, customer_id: CustomerId, position: PointsPosition) -> Key:
    """Return the key of a line of the ledger: M#m-1#C#01J…, POINTS#2026-11-22T…Z#01J…."""
    return key(of_history(merchant_id, customer_id), f"{POINTS}{position.at}#{position.id}")


def of_redemption(merchant_id: MerchantId, customer_id: CustomerId, redemption_id: str) -> Key:
    """Return the key of a redemption in its customer's history."""
    return key(of_history(merchant_id, customer_id), f"{REDEMPTION}{redemption_id}")


def time_and_id(sk: str) -> tuple[str, str]:
    """Return the time and the id of an activity or a line of the ledger."""
    _, at, row_id = sk.split("#", 2)
    return at, row_id
