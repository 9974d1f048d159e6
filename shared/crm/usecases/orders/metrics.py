"""A customer's figures: explained, folded anew, and begun with what they brought along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Author, Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.errors import Busy, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.earning import after_opening, opening_key
from crm.domain.loyalty.membership import LoyaltyContext, after_rebuild
from crm.domain.loyalty.points import PointsEntry, PointsPosition
from crm.domain.loyalty.tiers import SOURCE
from crm.domain.merges.changeset import Changeset, Entry, LedgerMove, Lookup, Owner
from crm.domain.merges.person import Moved, Person, moves_between, standalone
from crm.domain.orders.orders import History, Opening, folded, opened, united
from crm.ports.customers import Customers
from crm.ports.lists import CustomerWalk
from crm.ports.loyalty import Points
from crm.ports.merchants import Merchants
from crm.ports.orders import Changesets, Orders
from crm.usecases.orders.identity_resolution import ROUNDS, person_now, revised

_LINES_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class MetricsPorts:
    """The ports that explaining and mending figures takes."""

    customers: Customers
    merchants: Merchants
    changesets: Changesets
    orders: Orders
    points: Points


class Explained(NamedTuple):
    """A customer, the history that their figures come from, and the fold over it."""

    customer: Customer
    history: History
    folded: Metrics


class Rebuilt(NamedTuple):
    """A customer, their figures before and after a rebuild, and whether anything was amiss."""

    customer: Customer
    before: Metrics
    after: Metrics
    repaired: bool


class Audited(NamedTuple):
    """How far an audit of one bucket is: the last customer, who was looked at, drifted, mended."""

    after: CustomerId | None
    checked: int
    drifted: int
    repaired: int


type _Histories = Mapping[CustomerId, History]


class _Opened(NamedTuple):
    """Whose opening balance came or went, what they come to by themselves, and the balance."""

    customer_id: CustomerId
    metrics: Metrics
    opening: Opening


def explain(merchant_id: MerchantId, customer_id: CustomerId, *, ports: MetricsPorts) -> Explained:
    """Return every order behind a customer's figures, and what they come to (B-06).

    Of a person with several records, those of all of them.
    """
    person = person_now(merchant_id, customer_id, ports.changesets)
    histories = [ports.orders.history(merchant_id, each.id) for each in person.records]
    history = united(histories)
    zone = ports.merchants.get(merchant_id).zone
    return Explained(person.survivor, history, _fold(person.survivor, history, zone))


def rebuild(
    merchant_id: MerchantId, customer_id: CustomerId, *, now: datetime, ports: MetricsPorts
) -> Rebuilt:
    """Fold a customer's figures, months and tier from what is stored; repair what drifted.

    Open checkouts are counted as they come and stay as they are, and so do the balances of points;
    ranking points are those that the ledger's lots of orders come to.
    Of a person with several records each is folded by itself, and then summed.
    """
    context = _audit_of(merchant_id, now, ports)
    for _ in range(ROUNDS):
        before = person_now(merchant_id, customer_id, ports.changesets)
        after, lines = _mended(merchant_id, before, context, ports)
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
    """Compare the next customers of a bucket with the fold, and repair those that drifted.

    One whose figures move while they are looked at is looked at again before it counts. Records
    that were merged are looked at with their survivor.
    """
    context = _audit_of(merchant_id, now, ports)
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


def bring_opening(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    opening: Opening,
    *,
    now: datetime,
    ports: MetricsPorts,
    alone: bool = False,
) -> bool:
    """Add balances that a customer brought along, once for each id of an opening (B-16).

    With `alone` a person who has others, in any of their records, keeps those, and False is
    returned.
    """
    refused: list[bool] = []

    def brought(person: Person, histories: _Histories) -> _Opened | None:
        openings = [each for history in histories.values() for each in history.openings]
        known = any(each.id == opening.id for each in openings)
        others = any(each.reversed_at is None for each in openings)
        refused[:] = [alone and others and not known]
        if known or refused[0]:
            return None
        metrics = opened(person.standalone(customer_id).metrics, opening)
        return _Opened(customer_id, metrics, opening)

    _open(merchant_id, customer_id, brought, "opening", opening.by, now, ports)
    return not refused[0]


def take_opening_back(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    opening_id: str,
    *,
    by: Author,
    now: datetime,
    ports: MetricsPorts,
) -> None:
    """Take an opening balance out of a person's figures; its entry stays, with the moment."""
    zone = ports.merchants.get(merchant_id).zone

    def returned(person: Person, histories: _Histories) -> _Opened | None:
        found = (
            (each, whose, history)
            for whose, history in histories.items()
            for each in history.openings
            if each.id == opening_id
        )
        standing, whose, history = next(found, (None, customer_id, History((), ())))
        if standing is None:
            raise NotFound("opening_not_found")
        if standing.reversed_at is not None:
            return None
        taken = replace(standing, reversed_at=stamp(now))
        openings = tuple(taken if each.id == opening_id else each for each in history.openings)
        anew = _fold(person.standalone(whose), History(history.orders, openings), zone)
        return _Opened(whose, anew, taken)

    _open(merchant_id, customer_id, returned, "opening_reversed", by, now, ports)


def _open(  # noqa: PLR0917 - the two use cases above say each by name
    merchant_id: MerchantId,
    customer_id: CustomerId,
    change: Callable[[Person, _Histories], _Opened | None],
    kind: ActivityKind,
    by: Author,
    now: datetime,
    ports: MetricsPorts,
) -> None:
    for _ in range(ROUNDS):
        person = person_now(merchant_id, customer_id, ports.changesets)
        histories = {
            each.id: ports.orders.history(merchant_id, each.id) for each in person.records
        }
        changed = change(person, histories)
        if changed is None:
            return
        whose, metrics, opening = changed
        line = Activity(
            id=derived_ulid(now, opening.id, kind),
            at=stamp(now),
            kind=kind,
            by=by,
            text=f"{opening.order_count} · {opening.total_spent} · {opening.debt}",
        )
        known = ports.changesets.known(merchant_id, Lookup())
        context = LoyaltyContext(
            program=known.program,
            zone=known.merchant.zone if known.merchant else DEFAULT_ZONE,
            at=stamp(now),
            by=by,
            seed=f"{opening.id} {kind}",
        )
        counted = replace(person.standalone(whose), metrics=metrics)
        lot = _lot_of(merchant_id, whose, opening, ports)
        result = after_opening(counted, opening, lot, context)
        after, told = person.moved(result, context, "opening")
        changeset = Changeset(
            customers=revised(moves_between(person, after), stamp(now)),
            opening=(whose, opening),
            points=tuple(LedgerMove(whose, each) for each in result.points),
            entries=(
                Entry(whose, line),
                *(Entry(after.survivor.id, each) for each in told),
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
    """Return the line of the points that an opening balance brought, if it is there."""
    owner = Owner(customer_id, opening.at, 0)
    return ports.changesets.standing(merchant_id, (), opening_key(opening), owner).lot


def _drifted(
    merchant_id: MerchantId, seen: Customer, context: LoyaltyContext, ports: MetricsPorts
) -> bool:
    person: Person | None = Person(survivor=seen) if not seen.merged_from else None
    for _ in range(2):
        person = person or person_now(merchant_id, seen.id, ports.changesets)
        mended, _ = _mended(merchant_id, person, context, ports)
        if not _differ(person, mended, context.at):
            return False
        person = None
    return True


def _audit_of(merchant_id: MerchantId, now: datetime, ports: MetricsPorts) -> LoyaltyContext:
    program = ports.changesets.known(merchant_id, Lookup()).program
    zone = ports.merchants.get(merchant_id).zone
    return LoyaltyContext(
        program=program, zone=zone, at=stamp(now), by=Author(SOURCE, "rebuild"), seed="rebuild"
    )


def _mended(
    merchant_id: MerchantId, person: Person, context: LoyaltyContext, ports: MetricsPorts
) -> Moved:
    """Return a person each of whose records is folded by itself, and what to tell of it."""
    mended = person
    lines: list[Activity] = []
    for record in person.records:
        alone = mended.standalone(record.id)
        history = ports.orders.history(merchant_id, record.id)
        folded_anew = replace(alone, metrics=_fold(alone, history, context.zone))
        lots = _lots(merchant_id, record, ports.points)
        result = after_rebuild(folded_anew, history, lots, context)
        mended, told = mended.moved(result, context, "rebuild")
        lines += told
    return Moved(mended, tuple({each.id: each for each in lines}.values()))


def _lots(merchant_id: MerchantId, record: Customer, points: Points) -> list[PointsEntry]:
    """Return the lines of a member's ledger that orders earned, each with its lot as it stands."""
    lots: list[PointsEntry] = []
    more = record.membership.joined_at is not None
    before: PointsPosition | None = None
    while more:
        page = points.page(merchant_id, record.id, limit=_LINES_A_PAGE, before=before)
        lots += [each for each in page.items if each.order and each.lot]
        more = page.has_older
        before = PointsPosition(page.items[-1].at, page.items[-1].id) if page.items else None
    return lots


def _differ(seen: Person, mended: Person, at: str) -> bool:
    pairs = [(each, mended.record(each.id)) for each in seen.records]
    pairs += [(standalone(was), standalone(now)) for was, now in pairs if was.own]
    return any(_differs(was, now, at) for was, now in pairs)


def _differs(seen: Customer, mended: Customer, at: str) -> bool:
    """Return whether anything drifted; a tier whose review is due waits for the sweep."""
    was, now = seen.membership, mended.membership
    if seen.metrics != mended.metrics or was.months != now.months:
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
    return folded(history, zone, open_checkouts=customer.metrics.open_checkout_count)
