"""Manual changes of a member: enrol, set the tier and adjust points."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import UNRANKED, Customer, FieldChange, Provenance
from crm.domain.customers.customer import Points as Balances
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.conflicts import PERSON_ROUNDS, require_version, retry_on_conflict
from crm.domain.kernel.errors import Conflict, Invalid, NotFound, Problem
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.texts import is_visible, read_line
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.membership import (
    LoyaltyContext,
    LoyaltyResult,
    after_adjustment,
    after_review,
    enrolled,
)
from crm.domain.loyalty.points import LONGEST_REASON, MOST_ADJUSTED, PointsEntry, PointsPosition
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.tiers import Retiering, with_group
from crm.domain.merges.changeset import (
    Changeset,
    Entry,
    LedgerMove,
    Lookup,
    RedemptionMove,
    StockMove,
    revised,
)
from crm.domain.merges.person import Person, moves_between
from crm.ports.loyalty import Points
from crm.ports.orders import Changesets
from crm.usecases.customers.editing import refuse_unwritable
from crm.usecases.orders.persons import load_person


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipView:
    """A customer with the merchant's program and time zone."""

    customer: Customer
    program: Program
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A record as stored, its standalone values and its person.

    `pooled` are the balances of the person if this is one of several records.
    """

    person: Person
    record: Customer
    alone: Customer
    pooled: Balances | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The result for the standalone record, and what else is written with it.

    `reason` goes into the history if the pooled tier changes. `shown` replaces the stored record
    if it changes beyond its standalone values. `lines` are always added to the history.
    """

    result: LoyaltyResult
    reason: str = ""
    shown: Customer | None = None
    lines: tuple[Activity, ...] = ()
    redemption: RedemptionMove | None = None
    stock: StockMove | None = None


def membership_of(
    merchant_id: MerchantId, customer_id: CustomerId, *, changesets: Changesets
) -> MembershipView:
    """Return a customer, or the survivor of a merged record, with the active program."""
    found = changesets.look_up(merchant_id, Lookup())
    person = load_person(merchant_id, customer_id, changesets)
    if found.merchant is None:
        raise NotFound("customer_not_found")
    return MembershipView(
        customer=person.survivor, program=found.program, zone=found.merchant.zone
    )


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
    """Apply a change to the latest version of a customer, retrying on conflict.

    For a merged record, the survivor's pooled values change with it.
    """
    customer, _ = change_and_make(
        merchant_id,
        customer_id,
        lambda member, context: (change(member, context), None),
        by=by,
        seed=seed,
        now=now,
        changesets=changesets,
    )
    return customer


def change_and_make[Made](
    merchant_id: MerchantId,
    customer_id: CustomerId,
    change: Callable[[Member, LoyaltyContext], tuple[Change, Made]],
    *,
    by: Author,
    seed: str,
    now: datetime,
    changesets: Changesets,
) -> tuple[Customer, Made]:
    """Apply a change like `change_member`; return the customer and what the change made."""

    def attempt() -> tuple[Customer, Made]:
        found = changesets.look_up(merchant_id, Lookup())
        before = load_person(merchant_id, customer_id, changesets)
        if found.merchant is None:
            raise NotFound("customer_not_found")
        context = LoyaltyContext(
            program=found.program, zone=found.merchant.zone, at=stamp(now), by=by, seed=seed
        )
        changed, made = change(_member_of(before, customer_id), context)
        after, changeset = _changeset_of(before, changed, context)
        if changeset == Changeset():
            return before.record(customer_id), made
        changesets.write(merchant_id, changeset)
        written = (each.after for each in changeset.customers if each.after.id == customer_id)
        return next(written, after.record(customer_id)), made

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


def _member_of(person: Person, customer_id: CustomerId) -> Member:
    return Member(
        person=person,
        record=person.record(customer_id),
        alone=person.standalone(customer_id),
        pooled=person.survivor.membership.points if person.is_several else None,
    )


def _changeset_of(
    before: Person, change: Change, context: LoyaltyContext
) -> tuple[Person, Changeset]:
    """Return a person after a change, and the changeset that writes it."""
    result = change.result
    person = before.having(change.shown) if change.shown and before.is_several else before
    moved = person.changed(result, context, change.reason)
    after = moved.person
    changeset = Changeset(
        customers=revised(moves_between(before, after), context.at),
        points=tuple(LedgerMove(result.customer.id, each) for each in result.points),
        redemption=change.redemption,
        stock=change.stock,
        entries=tuple(
            Entry(after.survivor.id, each) for each in (*change.lines, *moved.activities)
        ),
    )
    return after, changeset


def enrol(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    act: Act,
    changesets: Changesets,
) -> Customer:
    """Enrol a customer now, with the tier that the record earns; a member stays as it is."""

    def enrolment(member: Member, context: LoyaltyContext) -> Change:
        refuse_unwritable(member.record)
        if member.record.membership.joined_at is not None:
            return Change(result=LoyaltyResult(customer=member.alone))
        joined = enrolled(member.alone, context.at)
        line = Activity(id=context.id("enrolled"), at=context.at, kind="enrolled", by=act.by)
        ranked = after_review(joined, context, "enrolled")
        return Change(result=ranked, reason="enrolled", lines=(line,))

    return change_member(
        merchant_id,
        customer_id,
        enrolment,
        by=act.by,
        seed=act.new_id(),
        now=act.now,
        changesets=changesets,
    )


def rank_by_hand(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    tier: str | None,
    reason: str,
    *,
    seen_version: int,
    act: Act,
    changesets: Changesets,
) -> Customer:
    """Set a member's tier by hand and freeze it; with no tier, unfreeze and rank it again.

    Raises `Stale` unless the customer is at the version that the caller saw.
    """
    why = _read_reason(reason)

    def set_tier(member: Member, context: LoyaltyContext) -> Change:
        record = member.record
        refuse_unwritable(record)
        require_version(seen_version, record.version)
        require_member(record)
        if tier is None:
            thawed = _frozen(record, act.by, context.at, frozen=False)
            alone = _frozen(member.alone, act.by, context.at, frozen=False)
            return Change(result=after_review(alone, context, why), reason=why, shown=thawed)
        ranked = _with_tier(record, tier, act.by, context)
        alone = _with_tier(member.alone, tier, act.by, context).customer
        line = replace(context.activity(record.id, ranked.changes, why), by=act.by)
        return Change(
            result=LoyaltyResult(customer=_frozen(alone, act.by, context.at, frozen=True)),
            shown=_frozen(ranked.customer, act.by, context.at, frozen=True),
            lines=(line,) if ranked.changes else (),
        )

    return change_member(
        merchant_id,
        customer_id,
        set_tier,
        by=act.by,
        seed=act.new_id(),
        now=act.now,
        changesets=changesets,
    )


def rank_now(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    by: Author,
    seed: str,
    now: datetime,
    changesets: Changesets,
) -> Customer:
    """Move a member to the tier and group that the record earns, unless frozen."""
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
    entry_id: str,
    act: Act,
    changesets: Changesets,
    points_known: Points | None = None,
) -> PointsEntry:
    """Add or remove points, up to a million.

    With `points_known`, a repeated call for the same moment and `entry_id` has no effect.
    """
    if points == 0:
        raise Invalid("invalid_fields", Problem("points", "points_zero"))
    if abs(points) > MOST_ADJUSTED:
        limits = {"least": -MOST_ADJUSTED, "most": MOST_ADJUSTED}
        raise Invalid("invalid_fields", Problem("points", "not_in_range", limits))
    why = _read_reason(reason)

    def adjustment(member: Member, context: LoyaltyContext) -> tuple[Change, PointsEntry]:
        line = points_known and points_known.line(
            merchant_id, customer_id, PointsPosition(context.at, entry_id)
        )
        if line:
            return Change(result=LoyaltyResult(customer=member.alone)), line
        refuse_unwritable(member.record)
        require_member(member.record)
        result = after_adjustment(member.alone, points, why, context, member.pooled)
        return Change(result=result), result.points[0].after

    _, entry = change_and_make(
        merchant_id,
        customer_id,
        adjustment,
        by=act.by,
        seed=entry_id,
        now=act.now,
        changesets=changesets,
    )
    return entry


def require_member(customer: Customer) -> None:
    """Raise `Conflict` unless the customer is a member."""
    if customer.membership.joined_at is None:
        raise Conflict("not_a_member")


def _with_tier(customer: Customer, tier: str, by: Author, context: LoyaltyContext) -> Retiering:
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


def _read_reason(raw: str) -> str:
    reason = read_line(raw, LONGEST_REASON)
    if not is_visible(reason):
        raise Invalid("invalid_fields", Problem("reason", "reason_required"))
    return reason
