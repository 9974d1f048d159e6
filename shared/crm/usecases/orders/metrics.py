"""Explain, rebuild and audit a customer's metrics, and change their opening balances."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.acts import Author
from crm.domain.kernel.conflicts import PERSON_ROUNDS, retry_on_conflict
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.earning import opening_key
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.loyalty.points import PointsEntry, PointsPosition
from crm.domain.loyalty.tiers import SOURCE
from crm.domain.merges.changeset import Changeset, Entry, Lookup, Owner, revised
from crm.domain.merges.openings import OpeningChange, opening_changeset
from crm.domain.merges.person import Person, moves_between
from crm.domain.merges.rebuilds import RecordRows, drifted, metrics_from, rebuilt
from crm.domain.orders.orders import (
    History,
    Opening,
    combined_history,
    with_opening,
)
from crm.ports.customers import Customers
from crm.ports.lists import CustomerWalk
from crm.ports.loyalty import Points
from crm.ports.merchants import Merchants
from crm.ports.orders import Changesets, Orders
from crm.usecases.orders.persons import load_person

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


def explain(merchant_id: MerchantId, customer_id: CustomerId, *, ports: MetricsPorts) -> Explained:
    """Return every order behind a customer's metrics, and the metrics they give (B-06).

    For a person with several records, the orders of all records count.
    """
    person = load_person(merchant_id, customer_id, ports.changesets)
    histories = [ports.orders.history(merchant_id, each.id) for each in person.records]
    history = combined_history(histories)
    zone = ports.merchants.get(merchant_id).zone
    return Explained(person.survivor, history, metrics_from(person.survivor, history, zone))


def rebuild(
    merchant_id: MerchantId, customer_id: CustomerId, *, now: datetime, ports: MetricsPorts
) -> Rebuilt:
    """Recompute a customer's metrics, months and tier from stored rows; repair what drifted.

    Open checkouts and points balances are counters and stay as they are; ranking points are the
    sum of the ledger's order lots. For a person with several records, each record is computed
    alone and the results are summed.
    """
    context = _rebuild_context(merchant_id, now, ports)

    def attempt() -> Rebuilt:
        before = load_person(merchant_id, customer_id, ports.changesets)
        after, lines = rebuilt(before, _rows_of(merchant_id, before, ports), context)
        shown, was = after.survivor, before.survivor.metrics
        if not drifted(before, after, context.at):
            return Rebuilt(before.survivor, was, was, repaired=False)
        changeset = Changeset(
            customers=revised(moves_between(before, after), context.at),
            entries=tuple(Entry(shown.id, each) for each in lines),
        )
        ports.changesets.write(merchant_id, changeset)
        return Rebuilt(shown, was, shown.metrics, repaired=True)

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


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
    drifting = [
        each
        for each in customers
        if each.merged_into is None and _has_drifted(merchant_id, each, context, ports)
    ]
    repaired = 0
    for each in drifting if repair else ():
        repaired += rebuild(merchant_id, each.id, now=now, ports=ports).repaired
    return Audited(
        last,
        so_far.checked + len(customers),
        so_far.drifted + len(drifting),
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

    def attempt() -> bool:
        person = load_person(merchant_id, customer_id, ports.changesets)
        histories = _histories(merchant_id, person, ports.orders)
        openings = [each for history in histories.values() for each in history.openings]
        if any(each.id == opening.id for each in openings):
            return True
        if alone and any(each.reversed_at is None for each in openings):
            return False
        metrics = with_opening(person.standalone(customer_id).metrics, opening)
        change = OpeningChange(customer_id, metrics, opening)
        _write_opening(merchant_id, person, change, by=opening.by, now=now, ports=ports)
        return True

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


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

    def attempt() -> None:
        person = load_person(merchant_id, customer_id, ports.changesets)
        histories = _histories(merchant_id, person, ports.orders)
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
            return
        taken = replace(stored, reversed_at=stamp(now))
        openings = tuple(taken if each.id == opening_id else each for each in history.openings)
        after = history._replace(openings=openings)
        metrics = metrics_from(person.standalone(record_id), after, zone)
        change = OpeningChange(record_id, metrics, taken)
        _write_opening(merchant_id, person, change, by=by, now=now, ports=ports)

    retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


def _histories(
    merchant_id: MerchantId, person: Person, orders: Orders
) -> Mapping[CustomerId, History]:
    return {each.id: orders.history(merchant_id, each.id) for each in person.records}


def _write_opening(
    merchant_id: MerchantId,
    person: Person,
    change: OpeningChange,
    *,
    by: Author,
    now: datetime,
    ports: MetricsPorts,
) -> None:
    """Write an opening balance that changed; raises `Stale`."""
    found = ports.changesets.look_up(merchant_id, Lookup())
    context = LoyaltyContext(
        program=found.program,
        zone=found.merchant.zone if found.merchant else DEFAULT_ZONE,
        at=stamp(now),
        by=by,
        seed=f"{change.opening.id} {change.kind}",
    )
    lot = _lot_of(merchant_id, change.customer_id, change.opening, ports)
    ports.changesets.write(merchant_id, opening_changeset(person, change, lot, context))


def _lot_of(
    merchant_id: MerchantId, customer_id: CustomerId, opening: Opening, ports: MetricsPorts
) -> PointsEntry | None:
    """Return the ledger entry of an opening balance's points, if there is one."""
    owner = Owner(customer_id, opening.at, 0)
    return ports.changesets.snapshot(merchant_id, (), opening_key(opening), owner).lot


def _has_drifted(
    merchant_id: MerchantId, read: Customer, context: LoyaltyContext, ports: MetricsPorts
) -> bool:
    person: Person | None = Person(survivor=read) if not read.merged_from else None
    for _ in range(2):
        person = person or load_person(merchant_id, read.id, ports.changesets)
        recomputed, _ = rebuilt(person, _rows_of(merchant_id, person, ports), context)
        if not drifted(person, recomputed, context.at):
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


def _rows_of(
    merchant_id: MerchantId, person: Person, ports: MetricsPorts
) -> dict[CustomerId, RecordRows]:
    return {
        each.id: RecordRows(
            ports.orders.history(merchant_id, each.id), _lots(merchant_id, each, ports.points)
        )
        for each in person.records
    }


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
