"""A person with several records: each record's standalone values, and the pooled ones.

A merge moves nothing: orders, points and history stay under the record that they named, and each
record keeps its standalone metrics. The survivor shows the pooled values:

value                           pooled over all records
------------------------------  ---------------------------------------------
counts, spend, debt, checkouts  added
first and last order, days      of all orders: the ends and the newest days
points, ranking points, months  added
member since                    the earliest
tier and its group              computed from the sums (D17)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import (
    UNRANKED,
    Customer,
    Membership,
    Month,
    Points,
    StandaloneValues,
)
from crm.domain.customers.fields import FILLED_BY_EVENTS
from crm.domain.customers.metrics import Metrics, median_gap
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.membership import LoyaltyContext, LoyaltyResult, after_review
from crm.domain.merges.changeset import CustomerMove, PersonSnapshot
from crm.domain.orders.orders import RECENT, first_and_last

_BALANCES = tuple(each.name for each in fields(Points))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A surviving record, and the records that were merged into it."""

    survivor: Customer
    losers: Mapping[CustomerId, Customer] = field(default_factory=dict)

    @property
    def is_several(self) -> bool:
        """Tell whether the person has more than one record."""
        return bool(self.losers)

    @property
    def records(self) -> tuple[Customer, ...]:
        """Every record, the survivor first."""
        return (self.survivor, *self.losers.values())

    def __contains__(self, customer_id: CustomerId) -> bool:
        """Tell whether a record is one of the person's."""
        return customer_id == self.survivor.id or customer_id in self.losers

    def record(self, customer_id: CustomerId) -> Customer:
        """Return one of the records as stored."""
        if customer_id == self.survivor.id:
            return self.survivor
        return self.losers[customer_id]

    def having(self, record: Customer) -> "Person":
        """Return the person with one record replaced."""
        if record.id == self.survivor.id:
            return replace(self, survivor=record)
        return replace(self, losers={**self.losers, record.id: record})

    def standalone(self, customer_id: CustomerId) -> Customer:
        """Return one of the records as if it had never been merged."""
        return standalone(self.record(customer_id))

    def changed(
        self, result: LoyaltyResult, context: LoyaltyContext, reason: str
    ) -> "PersonChange":
        """Apply a change of one standalone record; return the person and the history lines.

        With several records, tier lines are about the pooled tier, and enrolment lines are kept
        only if the person was no member before.
        """
        after = result.customer
        if not self.is_several:
            return PersonChange(replace(self, survivor=after), result.activities)
        alone = self.standalone(after.id)
        record = with_standalone_values(self.record(after.id), after)
        pooled = self.having(record).with_pooled_values(context, reason)
        survivor = pooled.person.survivor
        warning, before = after.membership.expiring, alone.membership.expiring
        if warning is not None and warning != before:
            expiring = warning.beyond(before).after(survivor.membership.expiring)
            warned = replace(survivor.membership, expiring=expiring)
            survivor = replace(survivor, membership=warned)
        was_no_member = self.survivor.membership.joined_at is None
        enrolments = [each for each in result.activities if each.kind == "enrolled"]
        lines = (*(enrolments if was_no_member else ()), *pooled.activities)
        return PersonChange(pooled.person.having(survivor), lines)

    def with_pooled_values(self, context: LoyaltyContext, reason: str) -> "PersonChange":
        """Return the person with the pooled values of all records, and the tier that they earn."""
        if not self.is_several:
            return PersonChange(self, ())
        alone = [standalone(each) for each in self.records]
        counted = replace(
            self.survivor,
            metrics=pooled_metrics([each.metrics for each in alone]),
            membership=pooled_membership(
                self.survivor.membership,
                [each.membership for each in alone],
                [each.standalone_values.extra for each in self.records if each.standalone_values],
            ),
        )
        ranked = after_review(counted, context, reason)
        survivor = with_earliest_review(ranked.customer)
        return PersonChange(self.having(survivor), ranked.activities)


def moves_between(before: Person, after: Person) -> tuple[CustomerMove, ...]:
    """Return the records of a person that changed, losers first."""
    records = (*after.losers.values(), after.survivor)
    moves = (CustomerMove(before.record(each.id), each) for each in records)
    return tuple(move for move in moves if move.before != move.after)


class PersonChange(NamedTuple):
    """A person after a change, and the history lines of the change."""

    person: Person
    activities: tuple[Activity, ...]


def person_of(customer: Customer, records: Mapping[CustomerId, Customer]) -> Person | None:
    """Return the person of a record, from the records read; None if they contradict each other.

    Records that were read while a merge was being written may be inconsistent.
    """
    survivor = records.get(customer.merged_into) if customer.merged_into else customer
    if survivor is None or survivor.merged_into is not None:
        return None
    losers = {each: records[each] for each in survivor.merged_from if each in records}
    is_complete = len(losers) == len(survivor.merged_from) and all(
        each.merged_into == survivor.id for each in losers.values()
    )
    if not is_complete or (customer.merged_into and customer.id not in losers):
        return None
    return Person(survivor=survivor, losers=losers)


def person_in(snapshot: PersonSnapshot, customer_id: CustomerId) -> Person:
    """Return the person of a record; raise `Stale` if a merge or its undo ran during the read."""
    person = person_of(snapshot.customers[customer_id], snapshot.customers)
    if person is None:
        raise Stale("stale", current_version=None)
    return person


def relatives(customer: Customer) -> tuple[CustomerId, ...]:
    """Return the ids of the other records of the same person."""
    if customer.merged_into is not None:
        return (customer.merged_into, *customer.siblings)
    return tuple(customer.merged_from)


def standalone(record: Customer) -> Customer:
    """Return a record as if it had never been merged."""
    own = record.standalone_values
    status = record.returns_to if record.status == "merged" else record.status
    alone = replace(record, status=status or "active", returns_to=None)
    if own is None:
        return alone
    return replace(alone, metrics=own.metrics, membership=own.membership, group=own.group)


def with_standalone_values(record: Customer, after: Customer) -> Customer:
    """Return a record with its standalone values taken from `after`."""
    own = record.standalone_values
    if own is not None:
        own = replace(own, metrics=after.metrics, membership=after.membership, group=after.group)
        return with_earliest_review(replace(record, standalone_values=own))
    if record.merged_into is None:
        return after
    returns_to = after.status if record.status == "merged" else record.returns_to
    return replace(after, status=record.status, returns_to=returns_to)


def with_earliest_review(record: Customer) -> Customer:
    """Return a record with the review of its standalone tier, or of its pooled one if earlier.

    Only a survivor has a pooled tier. A record that was never a survivor has one review anyway.
    """
    own = record.standalone_values
    if own is None:
        return record
    reviews = [own.membership.review_at]
    if record.merged_into is None:
        reviews.append(record.membership.review_at)
    earliest = min((each for each in reviews if each), default=None)
    return replace(record, membership=replace(record.membership, review_at=earliest))


def standalone_values_of(alone: Customer, since: str) -> StandaloneValues:
    """Return the standalone values of a record, to be stored beside the pooled ones."""
    return StandaloneValues(
        since=since,
        metrics=alone.metrics,
        membership=alone.membership,
        group=alone.group,
        blank=tuple(name for name in FILLED_BY_EVENTS if not getattr(alone, name)),
    )


def pooled_metrics(parts: Sequence[Metrics]) -> Metrics:
    """Return the metrics of several records as one."""
    days = sorted(day for each in parts for day in each.recent_order_days)[-RECENT:]
    brought = first_and_last(moment for each in parts for moment in each.brought_order_at)
    ends = first_and_last(
        moment for each in parts for moment in (each.first_order_at, each.last_order_at) if moment
    )
    return Metrics(
        order_count=sum(each.order_count for each in parts),
        total_spent=sum(each.total_spent for each in parts),
        first_order_at=ends[0] if ends else None,
        last_order_at=ends[-1] if ends else None,
        open_checkout_count=sum(each.open_checkout_count for each in parts),
        debt=sum(each.debt for each in parts),
        median_days_between_orders=median_gap(days),
        recent_order_days=tuple(days),
        brought_order_at=brought,
    )


def pooled_membership(
    shown: Membership, parts: Sequence[Membership], extras: Sequence[Points] = ()
) -> Membership:
    """Return the memberships of all parts as one; tier, review and warning stay as in `shown`.

    `extras` are the balances of points that were earned only because the records are merged.
    """
    enrolment_times = [each.joined_at for each in parts if each.joined_at is not None]
    return replace(
        shown,
        joined_at=min(enrolment_times) if enrolment_times else None,
        tier=shown.tier if enrolment_times else UNRANKED,
        ranking_points=sum(each.ranking_points for each in parts),
        points=pooled_points([*(each.points for each in parts), *extras]),
        months=_pooled_months([each.months for each in parts]),
    )


def pooled_points(parts: Sequence[Points]) -> Points:
    """Return the balances of several ledgers as one."""
    return Points(**{name: sum(getattr(each, name) for each in parts) for name in _BALANCES})


def _pooled_months(parts: Iterable[Mapping[str, Month]]) -> dict[str, Month]:
    sums: dict[str, Month] = {}
    for months in parts:
        for name, each in months.items():
            total = sums.get(name, Month())
            sums[name] = Month(
                total.spent + each.spent, total.ranking_points + each.ranking_points
            )
    return {name: each for name, each in sorted(sums.items()) if each != Month()}
