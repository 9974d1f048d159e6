"""What loyalty writes in the transaction of a movement: lines, redemptions, stock."""

from collections.abc import Iterator

from crm.aws import keys
from crm.aws.attributes import row
from crm.aws.loyalty_rows import points_row, redemption_row
from crm.aws.table import Action, Table
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.movements import Movement, RedemptionMove, StockMove
from crm.domain.points import PointsMove, PointsPosition


def loyalty_actions(table: Table, merchant_id: MerchantId, movement: Movement) -> Iterator[Action]:
    """Yield the actions of a movement's points, redemption and stock."""
    for customer_id, move in movement.points:
        yield from _points(table, merchant_id, customer_id, move)
    if movement.redemption:
        yield from _redemption(table, merchant_id, movement.redemption)
    if movement.stock:
        yield _stock(table, merchant_id, movement.stock)


def _points(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, move: PointsMove
) -> Iterator[Action]:
    """Write a line of the ledger; its customer's revision tells whether it still stands."""
    before, after = move
    if before is not None and (before.at, before.id) != (after.at, after.id):
        left = PointsPosition(before.at, before.id)
        yield table.deleting(keys.of_points(merchant_id, customer_id, left))
    yield table.putting(points_row(merchant_id, customer_id, after))


def _redemption(table: Table, merchant_id: MerchantId, move: RedemptionMove) -> Iterator[Action]:
    before, after = move
    written = redemption_row(merchant_id, after)
    if before is None:
        place = keys.of_redemption_place(merchant_id, after.id)
        yield table.putting({**place, **row({"customer": after.customer_id})})
        yield table.putting(written, "attribute_not_exists(pk)")
    else:
        seen, names = {":was": before.status}, {"#status": "status"}
        yield table.putting(written, "#status = :was", seen, names)


def _stock(table: Table, merchant_id: MerchantId, move: StockMove) -> Action:
    """Take one of a reward that still costs as much, or put one back."""
    key = keys.of_reward(merchant_id, move.reward_id)
    if move.given_back:
        return table.updating(key, "ADD stock :one", "attribute_exists(stock)", {":one": 1})
    return table.updating(
        key,
        "ADD stock :less",
        "active = :yes AND #points = :points AND stock > :none",
        {":less": -1, ":yes": True, ":points": move.points, ":none": 0},
        {"#points": "points"},
    )
