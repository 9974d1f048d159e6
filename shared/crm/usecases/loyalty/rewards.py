"""Create and edit rewards, redeem them for points and cancel redemptions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm.domain.kernel.acts import Act
from crm.domain.kernel.conflicts import require_version
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.membership import (
    LoyaltyContext,
    LoyaltyResult,
    after_cancellation,
    after_redemption,
)
from crm.domain.loyalty.rewards import Redemption, Reward, read_reward, redemption_of
from crm.domain.merges.changeset import RedemptionMove, StockMove
from crm.ports.loyalty import Points, Rewards
from crm.ports.orders import Changesets
from crm.usecases.customers.editing import refuse_unwritable
from crm.usecases.loyalty.membership import Change, Member, change_and_make, require_member


def redeem(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    redemption_id: str,
    reward_id: str,
    *,
    act: Act,
    changesets: Changesets,
    rewards: Rewards,
) -> Redemption:
    """Spend points on a reward; raise `Conflict` without enough points or stock."""

    def spend(member: Member, context: LoyaltyContext) -> tuple[Change, Redemption]:
        refuse_unwritable(member.record)
        require_member(member.record)
        reward = rewards.get(merchant_id, reward_id)
        redemption = redemption_of(reward, redemption_id, customer_id, context.at, act.by.actor)
        change = Change(
            result=after_redemption(member.alone, redemption, context, member.pooled),
            redemption=RedemptionMove(None, redemption),
            stock=None if reward.stock is None else StockMove(reward.id, reward.points),
        )
        return change, redemption

    _, redemption = change_and_make(
        merchant_id,
        customer_id,
        spend,
        by=act.by,
        seed=redemption_id,
        now=act.now,
        changesets=changesets,
    )
    return redemption


def cancel_redemption(
    merchant_id: MerchantId,
    redemption_id: str,
    *,
    act: Act,
    changesets: Changesets,
    rewards: Rewards,
    points: Points,
) -> Redemption:
    """Cancel a redemption: return its points and its stock; once."""

    def cancel(member: Member, context: LoyaltyContext) -> tuple[Change, Redemption]:
        redemption = points.redemption(merchant_id, redemption_id)
        if redemption.status == "cancelled":
            return Change(result=LoyaltyResult(customer=member.alone)), redemption
        cancelled = redemption.cancelled(context.at, act.by.actor)
        reward = rewards.get(merchant_id, redemption.reward_id)
        has_stock = reward.stock is not None
        change = Change(
            result=after_cancellation(member.alone, redemption, context),
            redemption=RedemptionMove(redemption, cancelled),
            stock=StockMove(reward.id, redemption.points, given_back=True) if has_stock else None,
        )
        return change, cancelled

    redeemed = points.redemption(merchant_id, redemption_id)
    _, cancelled = change_and_make(
        merchant_id,
        redeemed.customer_id,
        cancel,
        by=act.by,
        seed=redemption_id,
        now=act.now,
        changesets=changesets,
    )
    return cancelled


def create_reward(
    merchant_id: MerchantId,
    reward_id: str,
    fields: Mapping[str, Any],
    *,
    act: Act,
    rewards: Rewards,
) -> Reward:
    """Create a reward."""
    at = act.at
    reward = Reward(id=reward_id, created_at=at, updated_at=at, **read_reward(fields))
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
    """Change the given fields of a reward; raise `Stale` unless at the version the caller saw."""
    before = rewards.get(merchant_id, reward_id)
    require_version(seen_version, before.version)
    after = replace(before, **read_reward(fields))
    if after == before:
        return before
    after = replace(after, version=before.version + 1, updated_at=stamp(now))
    rewards.replace(merchant_id, before, after)
    return after
