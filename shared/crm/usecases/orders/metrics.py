"""Explain, rebuild and audit a customer's metrics, and change their opening balances."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Busy, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.earning import after_opening, opening_key
from crm.domain.loyalty.membership import LoyaltyContext, after_rebuild
from crm.domain.loyalty.points import PointsEntry, PointsPosition
from crm.domain.loyalty.tiers import SOURCE
from crm.domain.merges.changeset import Changeset, Entry, LedgerMove, Lookup, Owner, revised
from crm.domain.merges.person import Person, PersonChange, moves_between, standalone
from crm.domain.orders.orders import (
    History,
    Opening,
    combined_history,
    metrics_of_history,
    with_opening,
)
from crm.ports.customers import Customers
from crm.ports.lists import CustomerWalk
from crm.ports.loyalty import Points
from crm.ports.merchants import Merchants
from crm.ports.orders import Changesets, Orders
from crm.usecases.orders.persons import ROUNDS, load_person

_LINES_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class MetricsPorts:
    """The ports needed to explain and rebuild metrics."""

    customers: Customers
    merchants: Merchants
    changesets: Changesets
    orders: Orders
    points: Points


class Explained(NamedTuple):
    """A customer, the history behind their metrics, and the metrics computed from it."""

    customer: Customer
    history: History
    computed: Metrics


class Rebuilt(NamedTuple):
    """A customer, their metrics before and after a rebuild, and whether anything was repaired."""

    customer: Customer
    before: Metrics
    after: Metrics
    repaired: bool


class Audited(NamedTuple):
    """Progress of an audit in one bucket: the last customer read, and counts of customers.

    `after` is None when the bucket is done.
    """

    after: CustomerId | None
    checked: int
    drifted: int
    repaired: int


type _Histories = Mapping[CustomerId, History]


class _OpeningChange(NamedTuple):
    """A record, its standalone metrics with the change, and the opening balance that changed."""

    customer_id: CustomerId
    metrics: Metrics
    opening: Opening


def explain(merchant_id: MerchantId, customer_id: CustomerId, *, ports: MetricsPorts) -> Explained:
    """Return every order behind a customer's metrics, and the metrics they give (B-06).

    For a person with several records, the orders of all records count.
    """
    person = load_person(merchant_id, customer_id, ports.changesets)
    histories = [ports.orders.history(merchant_id, each.id) for each in person.records]
    history = combined_history(histories)
    zone = ports.merchants.get(merchant_id).zone
    return Explained(person.survivor, history, _fold(person.survivor, history, zone))


def rebuild(
    merchant_id: MerchantId, customer_id: CustomerId, *, now: datetime, ports: MetricsPorts
) -> Rebuilt:
    """Recompute a customer's metrics, months and tier from stored rows; repair what drifted.

    Open checkouts and points balances are counters and stay as they are; ranking points are the
    sum of the ledger's order lots. For a person with several records, each record is computed
    alone and the results are summed.
    """
    context = _rebuild_context(merchant_id, now, ports)
    for _ in range(ROUNDS):
        before = load_person(merchant_id, customer_id, ports.changesets)
        after, lines = _recomputed(merchant_id, before, context, ports)
        shown, was = after.survivor, before.survivor.metrics
        if not _differ(before, after, context.at):
            return Rebuilt(before.survivor, was, was, repaired=False)
        changeset = Changeset(
            customers=revised(moves_between(before, after), context.at),
            entries=tuple(Entry(shown.id, each) for each in lines),
        )
        try:
            ports.changesets.write(merchant_id, changeset)
        except Stale:
            continue
        return Rebuilt(shown, was, shown.metrics, repaired=True)
    raise Busy("busy")


def audit_bucket(
    merchant_id: MerchantId,
    bucket: str,
    so_far: Audited,
    *,
    repair: bool,
    now: datetime,
    ports: MetricsPorts,
    walk: CustomerWalk,
) -> Audited:
    """Check the next customers of a bucket against their stored orders; repair drifted ones.

    A customer counts as drifted only if a second read confirms it, since metrics may change
    during the first. Merged records are checked with their survivor.
    """
    context = _rebuild_context(merchant_id, now, ports)
    customers, last = walk.page(merchant_id, bucket, so_far.after)
    drifted = [
        each
        for each in customers
        if each.merged_into is None and _drifted(merchant_id, each, context, ports)
    ]
    repaired = 0
    for each in drifted if repair else ():
        repaired += rebuild(merchant_id, each.id, now=now, ports=ports).repaired
    return Audited(
        last,
        so_far.checked + len(customers),
        so_far.drifted + len(drifted),
        so_far.repaired + repaired,
    )


def add_opening(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    opening: Opening,
    *,
    now: datetime,
    ports: MetricsPorts,
    alone: bool = False,
) -> bool:
    """Add an opening balance to a customer, once for each opening id (B-16).

    With `alone`, a person who has another opening balance on any record keeps it: nothing is
    added and False is returned.
    """
    refused: list[bool] = []

    def added(person: Person, histories: _Histories) -> _OpeningChange | None:
        openings = [each for history in histories.values() for each in history.openings]
        known = any(each.id == opening.id for each in openings)
        others = any(each.reversed_at is None for each in openings)
        refused[:] = [alone and others and not known]
        if known or refused[0]:
            return None
        metrics = with_opening(person.standalone(customer_id).metrics, opening)
        return _OpeningChange(customer_id, metrics, opening)

    _change_opening(merchant_id, customer_id, added, "opening", opening.by, now, ports)
    return not refused[0]


def reverse_opening(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    opening_id: str,
    *,
    by: Author,
    now: datetime,
    ports: MetricsPorts,
) -> None:
    """Remove an opening balance from a person's metrics; its row stays, with `reversed_at`."""
    zone = ports.merchants.get(merchant_id).zone

    def reversed_opening(person: Person, histories: _Histories) -> _OpeningChange | None:
        found = (
            (each, record_id, history)
            for record_id, history in histories.items()
            for each in history.openings
            if each.id == opening_id
        )
        stored, record_id, history = next(found, (None, customer_id, History((), ())))
        if stored is None:
            raise NotFound("opening_not_found")
        if stored.reversed_at is not None:
            return None
        taken = replace(stored, reversed_at=stamp(now))
        openings = tuple(taken if each.id == opening_id else each for each in history.openings)
        metrics = _fold(person.standalone(record_id), History(history.orders, openings), zone)
        return _OpeningChange(record_id, metrics, taken)

    _change_opening(merchant_id, customer_id, reversed_opening, "opening_reversed", by, now, ports)


def _change_opening(  # noqa: PLR0917 - only the two use cases above call it
    merchant_id: MerchantId,
    customer_id: CustomerId,
    change: Callable[[Person, _Histories], _OpeningChange | None],
    kind: ActivityKind,
    by: Author,
    now: datetime,
    ports: MetricsPorts,
) -> None:
    for _ in range(ROUNDS):
        person = load_person(merchant_id, customer_id, ports.changesets)
        histories = {
            each.id: ports.orders.history(merchant_id, each.id) for each in person.records
        }
        changed = change(person, histories)
        if changed is None:
            return
        record_id, metrics, opening = changed
        line = Activity(
            id=derived_ulid(now, opening.id, kind),
            at=stamp(now),
            kind=kind,
            by=by,
            text=f"{opening.order_count} · {opening.total_spent} · {opening.debt}",
        )
        found = ports.changesets.look_up(merchant_id, Lookup())
        context = LoyaltyContext(
            program=found.program,
            zone=found.merchant.zone if found.merchant else DEFAULT_ZONE,
            at=stamp(now),
            by=by,
            seed=f"{opening.id} {kind}",
        )
        counted = replace(person.standalone(record_id), metrics=metrics)
        lot = _lot_of(merchant_id, record_id, opening, ports)
        result = after_opening(counted, opening, lot, context)
        after, activities = person.changed(result, context, "opening")
        changeset = Changeset(
            customers=revised(moves_between(person, after), stamp(now)),
            opening=(record_id, opening),
            points=tuple(LedgerMove(record_id, each) for each in result.points),
            entries=(
                Entry(record_id, line),
                *(Entry(after.survivor.id, each) for each in activities),
            ),
        )
        try:
            ports.changesets.write(merchant_id, changeset)
        except Stale:
            continue
        return
    raise Busy("busy")


def _lot_of(
    merchant_id: MerchantId, customer_id: CustomerId, opening: Opening, ports: MetricsPorts
) -> PointsEntry | None:
    """Return the ledger entry of an opening balance's points, if there is one."""
    owner = Owner(customer_id, opening.at, 0)
    return ports.changesets.snapshot(merchant_id, (), opening_key(opening), owner).lot


def _drifted(
    merchant_id: MerchantId, read: Customer, context: LoyaltyContext, ports: MetricsPorts
) -> bool:
    person: Person | None = Person(survivor=read) if not read.merged_from else None
    for _ in range(2):
        person = person or load_person(merchant_id, read.id, ports.changesets)
        recomputed, _ = _recomputed(merchant_id, person, context, ports)
        if not _differ(person, recomputed, context.at):
            return False
        person = None
    return True


def _rebuild_context(
    merchant_id: MerchantId, now: datetime, ports: MetricsPorts
) -> LoyaltyContext:
    program = ports.changesets.look_up(merchant_id, Lookup()).program
    zone = ports.merchants.get(merchant_id).zone
    return LoyaltyContext(
        program=program, zone=zone, at=stamp(now), by=Author(SOURCE, "rebuild"), seed="rebuild"
    )


def _recomputed(
    merchant_id: MerchantId, person: Person, context: LoyaltyContext, ports: MetricsPorts
) -> PersonChange:
    """Recompute every record of a person alone; return the person and its history lines."""
    recomputed = person
    lines: list[Activity] = []
    for record in person.records:
        alone = recomputed.standalone(record.id)
        history = ports.orders.history(merchant_id, record.id)
        with_metrics = replace(alone, metrics=_fold(alone, history, context.zone))
        lots = _lots(merchant_id, record, ports.points)
        result = after_rebuild(with_metrics, history, lots, context)
        recomputed, activities = recomputed.changed(result, context, "rebuild")
        lines += activities
    return PersonChange(recomputed, tuple({each.id: each for each in lines}.values()))


def _lots(merchant_id: MerchantId, record: Customer, points: Points) -> list[PointsEntry]:
    """Return a member's ledger entries earned by orders, each with its current lot."""
    lots: list[PointsEntry] = []
    more = record.membership.joined_at is not None
    before: PointsPosition | None = None
    while more:
        page = points.page(merchant_id, record.id, limit=_LINES_A_PAGE, before=before)
        lots += [each for each in page.items if each.order and each.lot]
        more = page.has_older
        before = PointsPosition(page.items[-1].at, page.items[-1].id) if page.items else None
    return lots


def _differ(stored: Person, recomputed: Person, at: str) -> bool:
    pairs = [(each, recomputed.record(each.id)) for each in stored.records]
    pairs += [(standalone(was), standalone(now)) for was, now in pairs if was.standalone_values]
    return any(_differs(was, now, at) for was, now in pairs)


def _differs(stored: Customer, recomputed: Customer, at: str) -> bool:
    """Tell whether anything drifted; a tier whose review is due is left to the sweep."""
    was, now = stored.membership, recomputed.membership
    if stored.metrics != recomputed.metrics or was.months != now.months:
        return True
    if was.ranking_points != now.ranking_points:
        return True
    if was.review_at is not None and was.review_at <= at:
        return False
    never_reviewed = now.review_at is not None and (
        was.review_at is None or was.review_at > now.review_at
    )
    return was.tier != now.tier or never_reviewed


def _fold(customer: Customer, history: History, zone: str) -> Metrics:
    return metrics_of_history(history, zone, open_checkouts=customer.metrics.open_checkout_count)
