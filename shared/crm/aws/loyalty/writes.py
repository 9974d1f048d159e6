"""The loyalty actions in the transaction of a changeset: lines, redemptions, stock."""

from collections.abc import Iterator

from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Action, Table
from crm.aws.loyalty.rows import lot_values, points_row, redemption_row
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.points import PointsMove, PointsPosition
from crm.domain.merges.changeset import Changeset, RedemptionMove, StockMove


def loyalty_actions(
    table: Table, merchant_id: MerchantId, changeset: Changeset
) -> Iterator[Action]:
    """Yield the actions of a changeset's points, redemption and stock."""
    for customer_id, move in changeset.points:
        yield from _points(table, merchant_id, customer_id, move)
    if changeset.redemption:
        yield from _redemption(table, merchant_id, changeset.redemption)
    if changeset.stock:
        yield _stock(table, merchant_id, changeset.stock)


def _points(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, move: PointsMove
) -> Iterator[Action]:
    """Write a ledger line if its stored lot is still the one that was read.

    The customer's revision does not show a change of a lot that leaves the balances alone.
    """
    before, after = move
    written = points_row(merchant_id, customer_id, after)
    if before is None:
        yield table.putting(written)
        return
    names, seen = {"#lot": "lot"}, {":seen": lot_values(before)}
    if (before.at, before.id) == (after.at, after.id):
        yield table.putting(written, "#lot = :seen", seen, names)
        return
    old_key = history_keys.of_points(
        merchant_id, customer_id, PointsPosition(before.at, before.id)
    )
    yield table.deleting(old_key, "#lot = :seen", seen, names)
    yield table.putting(written)


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
    """Take one of an active reward in stock at the same price, or put one back."""
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
