"""Convert ledger lines, programs, rewards and redemptions to and from DynamoDB rows."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Row
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.points import Lot, PointsEntry, PointsPosition
from crm.domain.loyalty.programs import STANDARD, Program, Rung
from crm.domain.loyalty.rewards import Redemption, Reward
from crm.domain.orders.orders import OrderKey

_ENTRY = ("kind", "points", "reason", "redemption_id", "shared_since")
_PROGRAM = (
    "version",
    "enrolment",
    "rank_by",
    "window_months",
    "rounding",
    "hold_days",
    "expiry_months",
    "review_every",
    "review_rule",
    "since",
    "activated_at",
)
_REWARD = ("id", "name", "points", "stock", "active", "version", "created_at", "updated_at")
_REDEMPTION = (
    "id",
    "customer_id",
    "reward_id",
    "reward_name",
    "points",
    "status",
    "at",
    "by",
    "cancelled_at",
    "cancelled_by",
)


def points_row(merchant_id: MerchantId, customer_id: CustomerId, entry: PointsEntry) -> Row:
    """Return the row of a ledger line; a lot with a due time is in the due index."""
    values = {name: getattr(entry, name) for name in _ENTRY}
    values |= {"by": list(entry.by), "order": list(entry.order) if entry.order else None}
    if entry.lot is not None:
        values["lot"] = lot_values(entry)
        if entry.lot.due_at is not None:
            values |= {
                "id": entry.id,
                "due_shard": keys.bucket_of(customer_id),
                "due_at": entry.lot.due_at,
            }
    place = PointsPosition(entry.at, entry.id)
    return {**history_keys.of_points(merchant_id, customer_id, place), **row(values)}


def lot_values(entry: PointsEntry) -> dict[str, Any]:
    """Return the stored values of a line's lot."""
    return _filled(asdict(entry.lot)) if entry.lot else {}


def points_of(item: Row) -> PointsEntry:
    """Return the ledger line of a row."""
    stored = plain_row(item)
    place = PointsPosition(*history_keys.time_and_id(stored["sk"]))
    lot = stored.get("lot")
    return PointsEntry(
        id=place.id,
        at=place.at,
        by=Author(*stored["by"]),
        order=OrderKey(*stored["order"]) if "order" in stored else None,
        lot=Lot(**{"points": 0, **lot}) if lot else None,
        **{name: stored[name] for name in _ENTRY if name in stored},
    )


def program_row(key: keys.Key, program: Program) -> Row:
    """Return the row of a program version, or of the active program."""
    values = {name: getattr(program, name) for name in _PROGRAM}
    rungs = [_filled(asdict(rung)) for rung in program.rungs]
    return {**key, **row({**values, "rungs": rungs})}


def program_of(item: Row | None) -> Program:
    """Return the program of a row; `STANDARD` without one."""
    if item is None:
        return STANDARD
    stored = plain_row(item)
    rungs = tuple(Rung(**{"least": 0, **each}) for each in stored["rungs"])
    values = {name: stored[name] for name in _PROGRAM if name in stored}
    return replace(Program(version=0, rungs=rungs), **values)


def reward_row(merchant_id: MerchantId, reward: Reward) -> Row:
    """Return the row of a reward."""
    values = {name: getattr(reward, name) for name in _REWARD}
    return {**keys.of_reward(merchant_id, reward.id), **row(values)}


def reward_of(item: Row) -> Reward:
    """Return the reward of a row."""
    stored = plain_row(item)
    return Reward(**{name: stored[name] for name in _REWARD if name in stored})


def redemption_row(merchant_id: MerchantId, redemption: Redemption) -> Row:
    """Return the row of a redemption under its customer."""
    values = {name: getattr(redemption, name) for name in _REDEMPTION}
    key = history_keys.of_redemption(merchant_id, redemption.customer_id, redemption.id)
    return {**key, **row(values)}


def redemption_of(stored: Mapping[str, Any]) -> Redemption:
    """Return the redemption of a row's plain values."""
    return Redemption(**{name: stored[name] for name in _REDEMPTION if name in stored})


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the truthy values only; readers restore the defaults."""
    return {name: value for name, value in values.items() if value}
