"""What people do to a member: enrol, rank by hand, adjust points, redeem rewards, give back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import UNRANKED, Author, Customer, FieldChange, Provenance
from crm.domain.customers.customer import Points as Balances
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.texts import is_visible, read_line
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.membership import (
    LoyaltyContext,
    LoyaltyResult,
    after_adjustment,
    after_cancellation,
    after_redemption,
    after_review,
    enrolled,
)
from crm.domain.loyalty.points import LONGEST_REASON, MOST_ADJUSTED, PointsEntry, PointsPosition
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.rewards import Redemption, Reward, read_reward, redemption_of
from crm.domain.loyalty.tiers import Retiering, with_group
from crm.domain.merges.changeset import (
    Changeset,
    Entry,
    LedgerMove,
    Lookup,
    RedemptionMove,
    StockMove,
)
from crm.domain.merges.person import Person, moves_between
from crm.ports.loyalty import Points, Rewards
from crm.ports.orders import Changesets
from crm.usecases.customers.editing import NewId, refuse_unwritable
from crm.usecases.orders.identity_resolution import ROUNDS, person_now, revised


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A customer, the program of the merchant and its zone, read together."""

    customer: Customer
    program: Program
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A record of a member as stored, what it comes to by itself, and its program.

    `pooled` are the balances of the person, if this is one of several records.
    """

    person: Person
    record: Customer
    alone: Customer
    pooled: Balances | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a member by itself, and what else is written with it.

    `reason` is told if the tier of all records together moves; `shown` is what becomes of the
    record itself, where that is more than follows; `lines` are told whatever follows.
    """

    result: LoyaltyResult
    reason: str = ""
    shown: Customer | None = None
    lines: tuple[Activity, ...] = ()
    redemption: RedemptionMove | None = None
    stock: StockMove | None = None


def membership_of(
    merchant_id: MerchantId, customer_id: CustomerId, *, changesets: Changesets
) -> Standing:
    """Return a customer, for a merged record its survivor, with the program it stands under."""
    known = changesets.known(merchant_id, Lookup())
    person = person_now(merchant_id, customer_id, changesets)
    if known.merchant is None:
        raise NotFound("customer_not_found")
    return Standing(customer=person.survivor, program=known.program, zone=known.merchant.zone)


def change_member(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    change: Callable[[Member, LoyaltyContext], Change],
    *,
    by: Author,
    seed: str,
    now: datetime,
    changesets: Changesets,
) -> Customer:
    """Write what a change makes of a customer as it stands; done again if it met another.

    Of a record that shares its person, the survivor's sums move with it.
    """
    for _ in range(ROUNDS):
        known = changesets.known(merchant_id, Lookup())
        before = person_now(merchant_id, customer_id, changesets)
        if known.merchant is None:
            raise NotFound("customer_not_found")
        context = LoyaltyContext(
            program=known.program, zone=known.merchant.zone, at=stamp(now), by=by, seed=seed
        )
        wanted = change(_member_of(before, customer_id), context)
        after, changeset = _moved(before, wanted, context)
        if changeset == Changeset():
            return before.record(customer_id)
        try:
            changesets.write(merchant_id, changeset)
        except Stale:
            continue
        return next(
            (each.after for each in changeset.customers if each.after.id == customer_id),
            after.record(customer_id),
        )
    raise Busy("busy")


def _member_of(person: Person, customer_id: CustomerId) -> Member:
    return Member(
        person=person,
        record=person.record(customer_id),
        alone=person.standalone(customer_id),
        pooled=person.survivor.membership.points if person.is_several else None,
    )


def _moved(before: Person, wanted: Change, context: LoyaltyContext) -> tuple[Person, Changeset]:
    """Return a person after a change, and what is written for it."""
    result = wanted.result
    person = before.having(wanted.shown) if wanted.shown and before.is_several else before
    moved = person.moved(result, context, wanted.reason)
    after = moved.person
    changeset = Changeset(
        customers=revised(moves_between(before, after), context.at),
        points=tuple(LedgerMove(result.customer.id, each) for each in result.points),
        redemption=wanted.redemption,
        stock=wanted.stock,
        entries=tuple(
            Entry(after.survivor.id, each) for each in (*wanted.lines, *moved.activities)
        ),
    )
    return after, changeset


def enrol(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    changesets: Changesets,
) -> Customer:
    """Make a customer a member from now on, with the tier that the record comes to; once."""

    def joining(member: Member, context: LoyaltyContext) -> Change:
        refuse_unwritable(member.record)
        if member.record.membership.joined_at is not None:
            return Change(result=LoyaltyResult(customer=member.alone))
        joined = enrolled(member.alone, context.at)
        line = Activity(id=context.id("enrolled"), at=context.at, kind="enrolled", by=by)
        ranked = after_review(joined, context, "enrolled")
        return Change(result=ranked, reason="enrolled", lines=(line,))

    seed = new_id(now)
    return change_member(
        merchant_id, customer_id, joining, by=by, seed=seed, now=now, changesets=changesets
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
    changesets: Changesets,
) -> Customer:
    """Put a member into a tier and freeze it there, or with no tier let the record decide again.

    Raises `Stale` if the customer does not stand at the version that the caller saw.
    """
    why = _reason(reason)

    def ranking(member: Member, context: LoyaltyContext) -> Change:
        record = member.record
        refuse_unwritable(record)
        if record.version != seen_version:
            raise Stale("stale", current_version=record.version)
        _member(record)
        if tier is None:
            thawed = _frozen(record, by, context.at, frozen=False)
            alone = _frozen(member.alone, by, context.at, frozen=False)
            return Change(result=after_review(alone, context, why), reason=why, shown=thawed)
        ranked = _put_into(record, tier, by, context)
        alone = _put_into(member.alone, tier, by, context).customer
        line = replace(context.activity(record.id, ranked.changes, why), by=by)
        return Change(
            result=LoyaltyResult(customer=_frozen(alone, by, context.at, frozen=True)),
            shown=_frozen(ranked.customer, by, context.at, frozen=True),
            lines=(line,) if ranked.changes else (),
        )

    seed = new_id(now)
    return change_member(
        merchant_id, customer_id, ranking, by=by, seed=seed, now=now, changesets=changesets
    )


def rank_now(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    by: Author,
    now: datetime,
    seed: str,
    *,
    changesets: Changesets,
) -> Customer:
    """Give a member the tier and group that the record comes to, unless frozen."""
    return change_member(
        merchant_id,
        customer_id,
        lambda member, context: Change(
            result=after_review(member.alone, context, "unfrozen"), reason="unfrozen"
        ),
        by=by,
        seed=seed,
        now=now,
        changesets=changesets,
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
    changesets: Changesets,
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

    def adjusting(member: Member, context: LoyaltyContext) -> Change:
        known = points_known and points_known.line(
            merchant_id, customer_id, PointsPosition(context.at, seed)
        )
        if known:
            made[:] = [known]
            return Change(result=LoyaltyResult(customer=member.alone))
        refuse_unwritable(member.record)
        _member(member.record)
        result = after_adjustment(member.alone, points, why, context, member.pooled)
        made[:] = [move.after for move in result.points]
        return Change(result=result)

    change_member(
        merchant_id, customer_id, adjusting, by=by, seed=seed, now=now, changesets=changesets
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
    changesets: Changesets,
    rewards: Rewards,
) -> Redemption:
    """Spend points on a reward; raise `Conflict` if points or stock do not suffice."""
    redemption_id = new_id(now)
    made: list[Redemption] = []

    def redeeming(member: Member, context: LoyaltyContext) -> Change:
        refuse_unwritable(member.record)
        _member(member.record)
        reward = rewards.get(merchant_id, reward_id)
        redemption = redemption_of(reward, redemption_id, customer_id, context.at, by.actor)
        made[:] = [redemption]
        return Change(
            result=after_redemption(member.alone, redemption, context, member.pooled),
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
        changesets=changesets,
    )
    return made[0]


def cancel_redemption(
    merchant_id: MerchantId,
    redemption_id: str,
    *,
    by: Author,
    now: datetime,
    changesets: Changesets,
    rewards: Rewards,
    points: Points,
) -> Redemption:
    """Give the points of a redemption back, and the reward to its stock; once."""
    made: list[Redemption] = []

    def cancelling(member: Member, context: LoyaltyContext) -> Change:
        redemption = points.redemption(merchant_id, redemption_id)
        made[:] = [redemption]
        if redemption.status == "cancelled":
            return Change(result=LoyaltyResult(customer=member.alone))
        cancelled = redemption.cancelled(context.at, by.actor)
        made[:] = [cancelled]
        reward = rewards.get(merchant_id, redemption.reward_id)
        counted = reward.stock is not None
        return Change(
            result=after_cancellation(member.alone, redemption, context),
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
        changesets=changesets,
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


def _put_into(customer: Customer, tier: str, by: Author, context: LoyaltyContext) -> Retiering:
    rung = context.program.rung(tier)
    if rung is None and tier != UNRANKED:
        expected = ", ".join([UNRANKED, *(each.code for each in context.program.rungs)])
        raise Invalid("invalid_fields", Problem("tier", "tier_unknown", {"expected": expected}))
    membership = replace(customer.membership, tier=tier, review_at=None)
    moved = replace(customer, membership=membership)
    if tier == customer.membership.tier:
        return Retiering(moved, ())
    change = FieldChange("tier", customer.membership.tier, tier)
    return with_group(moved, rung, change, by, context.at)


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
