"""What people do to a member: enrol, rank by hand, adjust points, redeem rewards, give back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm.domain.activities import Activity
from crm.domain.customer import Author, Customer, FieldChange, Provenance
from crm.domain.errors import Busy, Conflict, Invalid, NotFound, Problem, Stale
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.loyalty import (
    Loyal,
    Occasion,
    after_adjustment,
    after_cancellation,
    after_redemption,
    after_review,
    enrolled,
)
from crm.domain.movements import (
    Asked,
    CustomerMove,
    Entry,
    LedgerMove,
    Movement,
    RedemptionMove,
    StockMove,
)
from crm.domain.points import LONGEST_REASON, MOST_ADJUSTED, PointsEntry, PointsPosition
from crm.domain.programs import UNRANKED, Program
from crm.domain.rewards import Redemption, Reward, read_reward, redemption_of
from crm.domain.texts import is_visible, read_line
from crm.domain.tiers import Retiering, with_group
from crm.domain.times import stamp
from crm.ports import Movements, Points, Rewards
from crm.usecases.arrivals import ROUNDS, revised
from crm.usecases.editing import NewId, refuse_unwritable


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A customer, the program of the merchant and its zone, read together."""

    customer: Customer
    program: Program
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a member, and what else is written with it."""

    loyal: Loyal
    redemption: RedemptionMove | None = None
    stock: StockMove | None = None


def membership_of(
    merchant_id: MerchantId, customer_id: CustomerId, *, movements: Movements
) -> Standing:
    """Return a customer with the program that it stands under."""
    known = movements.known(merchant_id, Asked())
    customer = movements.standing(merchant_id, [customer_id]).customers.get(customer_id)
    if customer is None or known.merchant is None:
        raise NotFound("customer_not_found")
    return Standing(customer=customer, program=known.program, zone=known.merchant.zone)


def change_member(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    change: Callable[[Customer, Occasion], Change],
    *,
    by: Author,
    seed: str,
    now: datetime,
    movements: Movements,
) -> Customer:
    """Write what a change makes of a customer as it stands; done again if it met another."""
    for _ in range(ROUNDS):
        standing = membership_of(merchant_id, customer_id, movements=movements)
        before = standing.customer
        occasion = Occasion(
            program=standing.program, zone=standing.zone, at=stamp(now), by=by, seed=seed
        )
        wanted = change(before, occasion)
        movement = Movement(
            customers=revised([CustomerMove(before, wanted.loyal.customer)], stamp(now)),
            points=tuple(LedgerMove(customer_id, each) for each in wanted.loyal.points),
            redemption=wanted.redemption,
            stock=wanted.stock,
            entries=tuple(Entry(customer_id, each) for each in wanted.loyal.activities),
        )
        if movement == Movement():
            return before
        try:
            movements.write(merchant_id, movement)
        except Stale:
            continue
        return movement.customers[0].after if movement.customers else before
    raise Busy("busy")


def enrol(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    movements: Movements,
) -> Customer:
    """Make a customer a member from now on, with the tier that the record comes to; once."""

    def joining(customer: Customer, occasion: Occasion) -> Change:
        refuse_unwritable(customer)
        if customer.membership.joined_at is not None:
            return Change(loyal=Loyal(customer=customer))
        joined = enrolled(customer, occasion.at)
        line = Activity(id=occasion.id("enrolled"), at=occasion.at, kind="enrolled", by=by)
        ranked = after_review(joined, occasion, "enrolled")
        return Change(loyal=replace(ranked, activities=(line, *ranked.activities)))

    seed = new_id(now)
    return change_member(
        merchant_id, customer_id, joining, by=by, seed=seed, now=now, movements=movements
    )


def rank_by_hand(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    tier: str | None,
    reason: str,
    *,
    seen_version: int,
    by: Author,
    now: datetime,
    new_id: NewId,
    movements: Movements,
) -> Customer:
    """Put a member into a tier and freeze it there, or with no tier let the record decide again.

    Raises `Stale` if the customer does not stand at the version that the caller saw.
    """
    why = _reason(reason)

    def ranking(customer: Customer, occasion: Occasion) -> Change:
        refuse_unwritable(customer)
        if customer.version != seen_version:
            raise Stale("stale", current_version=customer.version)
        _member(customer)
        if tier is None:
            thawed = _frozen(customer, by, occasion.at, frozen=False)
            return Change(loyal=after_review(thawed, occasion, why))
        ranked = _put_into(customer, tier, by, occasion)
        frozen = _frozen(ranked.customer, by, occasion.at, frozen=True)
        line = replace(occasion.activity(customer.id, ranked.changes, why), by=by)
        return Change(loyal=Loyal(customer=frozen, activities=(line,) if ranked.changes else ()))

    seed = new_id(now)
    return change_member(
        merchant_id, customer_id, ranking, by=by, seed=seed, now=now, movements=movements
    )


def rank_now(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    by: Author,
    now: datetime,
    seed: str,
    *,
    movements: Movements,
) -> Customer:
    """Give a member the tier and group that the record comes to, unless frozen."""
    return change_member(
        merchant_id,
        customer_id,
        lambda customer, occasion: Change(loyal=after_review(customer, occasion, "unfrozen")),
        by=by,
        seed=seed,
        now=now,
        movements=movements,
    )


def adjust_points(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    points: int,
    reason: str,
    *,
    by: Author,
    now: datetime,
    seed: str,
    movements: Movements,
    points_known: Points | None = None,
) -> PointsEntry:
    """Put points in or take them out, up to a million; the line's id is the seed.

    With `points_known` that is done once for each moment and seed, however often it is asked.
    """
    if points == 0:
        raise Invalid("invalid_fields", Problem("points", "points_zero"))
    if abs(points) > MOST_ADJUSTED:
        limits = {"least": -MOST_ADJUSTED, "most": MOST_ADJUSTED}
        raise Invalid("invalid_fields", Problem("points", "not_in_range", limits))
    why = _reason(reason)
    made: list[PointsEntry] = []

    def adjusting(customer: Customer, occasion: Occasion) -> Change:
        known = points_known and points_known.line(
            merchant_id, customer_id, PointsPosition(occasion.at, seed)
        )
        if known:
            made[:] = [known]
            return Change(loyal=Loyal(customer=customer))
        refuse_unwritable(customer)
        _member(customer)
        loyal = after_adjustment(customer, points, why, occasion)
        made[:] = [move.after for move in loyal.points]
        return Change(loyal=loyal)

    change_member(
        merchant_id, customer_id, adjusting, by=by, seed=seed, now=now, movements=movements
    )
    return made[0]


def redeem(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    reward_id: str,
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    movements: Movements,
    rewards: Rewards,
) -> Redemption:
    """Spend points on a reward; raise `Conflict` if points or stock do not suffice."""
    redemption_id = new_id(now)
    made: list[Redemption] = []

    def redeeming(customer: Customer, occasion: Occasion) -> Change:
        refuse_unwritable(customer)
        _member(customer)
        reward = rewards.get(merchant_id, reward_id)
        redemption = redemption_of(reward, redemption_id, customer_id, occasion.at, by.actor)
        made[:] = [redemption]
        return Change(
            loyal=after_redemption(customer, redemption, occasion),
            redemption=RedemptionMove(None, redemption),
            stock=None if reward.stock is None else StockMove(reward.id, reward.points),
        )

    change_member(
        merchant_id,
        customer_id,
        redeeming,
        by=by,
        seed=redemption_id,
        now=now,
        movements=movements,
    )
    return made[0]


def cancel_redemption(
    merchant_id: MerchantId,
    redemption_id: str,
    *,
    by: Author,
    now: datetime,
    movements: Movements,
    rewards: Rewards,
    points: Points,
) -> Redemption:
    """Give the points of a redemption back, and the reward to its stock; once."""
    made: list[Redemption] = []

    def cancelling(customer: Customer, occasion: Occasion) -> Change:
        redemption = points.redemption(merchant_id, redemption_id)
        made[:] = [redemption]
        if redemption.status == "cancelled":
            return Change(loyal=Loyal(customer=customer))
        cancelled = redemption.cancelled(occasion.at, by.actor)
        made[:] = [cancelled]
        reward = rewards.get(merchant_id, redemption.reward_id)
        counted = reward.stock is not None
        return Change(
            loyal=after_cancellation(customer, redemption, occasion),
            redemption=RedemptionMove(redemption, cancelled),
            stock=StockMove(reward.id, redemption.points, given_back=True) if counted else None,
        )

    known = points.redemption(merchant_id, redemption_id)
    change_member(
        merchant_id,
        known.customer_id,
        cancelling,
        by=by,
        seed=redemption_id,
        now=now,
        movements=movements,
    )
    return made[0]


def create_reward(
    merchant_id: MerchantId,
    fields: Mapping[str, Any],
    *,
    now: datetime,
    new_id: NewId,
    rewards: Rewards,
) -> Reward:
    """Keep a new reward."""
    at = stamp(now)
    reward = Reward(id=new_id(now), created_at=at, updated_at=at, **read_reward(fields))
    rewards.add(merchant_id, reward)
    return reward


def edit_reward(
    merchant_id: MerchantId,
    reward_id: str,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    now: datetime,
    rewards: Rewards,
) -> Reward:
    """Change the named fields of a reward that stands at the version the caller saw."""
    before = rewards.get(merchant_id, reward_id)
    if before.version != seen_version:
        raise Stale("stale", current_version=before.version)
    after = replace(before, **read_reward(fields))
    if after == before:
        return before
    after = replace(after, version=before.version + 1, updated_at=stamp(now))
    rewards.replace(merchant_id, before, after)
    return after


def _put_into(customer: Customer, tier: str, by: Author, occasion: Occasion) -> Retiering:
    rung = occasion.program.rung(tier)
    if rung is None and tier != UNRANKED:
        expected = ", ".join([UNRANKED, *(each.code for each in occasion.program.rungs)])
        raise Invalid("invalid_fields", Problem("tier", "tier_unknown", {"expected": expected}))
    membership = replace(customer.membership, tier=tier, review_at=None)
    moved = replace(customer, membership=membership)
    if tier == customer.membership.tier:
        return Retiering(moved, ())
    change = FieldChange("tier", customer.membership.tier, tier)
    return with_group(moved, rung, change, by, occasion.at)


def _frozen(customer: Customer, by: Author, at: str, *, frozen: bool) -> Customer:
    if customer.skip_auto_group == frozen:
        return customer
    return replace(
        customer,
        skip_auto_group=frozen,
        version=customer.version + 1,
        provenance={**customer.provenance, "skip_auto_group": Provenance(*by, at)},
    )


def _member(customer: Customer) -> None:
    if customer.membership.joined_at is None:
        raise Conflict("not_a_member")


def _reason(raw: str) -> str:
    reason = read_line(raw, LONGEST_REASON)
    if not is_visible(reason):
        raise Invalid("invalid_fields", Problem("reason", "reason_required"))
    return reason
