"""Merge two records of one person, look at what it would come to, and undo it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.customer import Author, Customer, Identity
from crm.domain.customers.lookups import identity_of
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merges.apply_merge import MergeResult, merged_persons, unmerged_persons
from crm.domain.merges.changeset import Changeset, ClaimMove, Lookup, MergeMove
from crm.domain.merges.merge import SOURCE, Choice, Merge, MergePage, Side, choices, read_keep
from crm.domain.merges.person import Person, person_of
from crm.ports.customers import Customers
from crm.ports.merges import Merges
from crm.ports.orders import Changesets
from crm.usecases.customers.survivors import survivor_of
from crm.usecases.orders.identity_resolution import ROUNDS, revised


@dataclass(frozen=True, slots=True)
class MergePorts:
    """The ports that merging takes."""

    customers: Customers
    changesets: Changesets
    merges: Merges


class Partner(NamedTuple):
    """Who is to be merged: an id, or one identity as a caller names it."""

    customer_id: CustomerId | None
    named: Mapping[str, str] | None = None


class Preview(NamedTuple):
    """What a merge would make of a survivor, and every field of both."""

    merged: Customer
    loser_id: CustomerId
    choices: Sequence[Choice]


def get_merge(merchant_id: MerchantId, merge_id: str, *, merges: Merges) -> Merge:
    """Return a merge, or raise `NotFound`."""
    return merges.get(merchant_id, merge_id)


def list_merges(
    merchant_id: MerchantId, *, limit: int, before: str | None, merges: Merges
) -> MergePage:
    """Return the newest merges that are older than `before`."""
    return merges.newest(merchant_id, limit=limit, before=before)


def standing_merges(
    merchant_id: MerchantId, customer_id: CustomerId, *, ports: MergePorts
) -> list[Merge]:
    """Return the merges that made a customer's records one and still stand, newest first."""
    survivor = survivor_of(merchant_id, customer_id, customers=ports.customers)
    ids = sorted(set(survivor.merged_from.values()), reverse=True)
    return [ports.merges.get(merchant_id, each) for each in ids]


def preview_merge(
    merchant_id: MerchantId,
    survivor_id: CustomerId,
    partner: Partner,
    keep: Mapping[str, str],
    *,
    now: datetime,
    ports: MergePorts,
) -> Preview:
    """Return what a merge would come to; nothing is written."""
    loser_id = _found(merchant_id, partner, ports.customers)
    survivor, loser = _two(merchant_id, survivor_id, loser_id, ports)
    sides = read_keep(keep, survivor.survivor, loser.survivor)
    context = _loyalty_context(merchant_id, Author(SOURCE, "preview"), "preview", now, ports)
    merge = _new("preview", survivor, loser, sides, context)
    made = merged_persons(survivor, loser, merge, context)
    return Preview(
        made.survivor, loser.survivor.id, choices(survivor.survivor, loser.survivor, sides)
    )


def merge_customers(
    merchant_id: MerchantId,
    merge_id: str,
    survivor_id: CustomerId,
    partner: Partner,
    keep: Mapping[str, str],
    *,
    by: Author,
    now: datetime,
    ports: MergePorts,
) -> Merge:
    """Make two records one person's; each may be named by a record that was merged before.

    Raises `Conflict` for two records of one person, for an erased one and for too many.
    """
    loser_id = _found(merchant_id, partner, ports.customers)
    for _ in range(ROUNDS):
        survivor, loser = _two(merchant_id, survivor_id, loser_id, ports)
        sides = read_keep(keep, survivor.survivor, loser.survivor)
        context = _loyalty_context(merchant_id, by, merge_id, now, ports)
        merge = _new(merge_id, survivor, loser, sides, context)
        made = merged_persons(survivor, loser, merge, context)
        changeset = _changeset(made, MergeMove(None, merge), context.at)
        try:
            ports.changesets.write(merchant_id, changeset)
        except Stale:
            known = _known(merchant_id, merge_id, ports.merges)
            if known is not None:
                return known
            continue
        return merge
    raise Busy("busy")


def undo_merge(
    merchant_id: MerchantId, merge_id: str, *, by: Author, now: datetime, ports: MergePorts
) -> Merge:
    """Part two records again, within thirty days; a merge that is undone stays so.

    Raises `Conflict` if it is too old, if either record was erased, or if the survivor was since
    merged itself: then that merge has to be undone first.
    """
    at = stamp(now)
    for _ in range(ROUNDS):
        merge = ports.merges.get(merchant_id, merge_id)
        if merge.status == "undone":
            return merge
        if merge.undo_until < at:
            raise Conflict("merge_too_old")
        person = _joined_by(merchant_id, merge, ports)
        if person is None:
            continue
        context = _loyalty_context(merchant_id, by, f"{merge_id} undo", now, ports)
        origins = _origins(merchant_id, person, merge, ports.merges)
        made = unmerged_persons(person, merge, origins, context)
        undone = replace(merge, undone_at=at, undone_by=by)
        claims = _claims(merchant_id, merge, origins, made, ports.customers)
        changeset = _changeset(made, MergeMove(merge, undone), at)
        try:
            ports.changesets.write(merchant_id, replace(changeset, claims=claims))
        except Stale:
            continue
        return undone
    raise Busy("busy")


def _found(merchant_id: MerchantId, partner: Partner, customers: Customers) -> CustomerId:
    """Return the id of the one who is to be merged, however they are named."""
    if (partner.customer_id is None) == (partner.named is None):
        raise Invalid("invalid_fields", Problem("loser_id", "merge_one_partner"))
    if partner.customer_id is not None:
        return partner.customer_id
    identity: Identity = identity_of(partner.named or {})
    holder = customers.holders(merchant_id, [identity]).get(identity)
    if holder is None:
        raise NotFound("nobody_has_it")
    return holder


def _two(
    merchant_id: MerchantId, survivor_id: CustomerId, loser_id: CustomerId, ports: MergePorts
) -> tuple[Person, Person]:
    """Return the persons that two records stand for, or raise why they cannot be merged."""
    if survivor_id == loser_id:
        raise Conflict("merge_itself")
    for _ in range(ROUNDS):
        known = ports.changesets.standing(merchant_id, [survivor_id, loser_id]).customers
        if survivor_id not in known or loser_id not in known:
            raise NotFound("customer_not_found")
        survivor, loser = (person_of(known[each], known) for each in (survivor_id, loser_id))
        if survivor is None or loser is None:
            continue
        if survivor.survivor.id == loser.survivor.id:
            raise Conflict("merge_same_person", survivor_id=survivor.survivor.id)
        if "erased" in {each.status for each in (*survivor.records, *loser.records)}:
            raise Conflict("merge_erased")
        return survivor, loser
    raise Busy("busy")


def _new(
    merge_id: str,
    survivor: Person,
    loser: Person,
    sides: Mapping[str, Side],
    context: LoyaltyContext,
) -> Merge:
    return Merge(
        id=merge_id,
        survivor_id=survivor.survivor.id,
        loser_id=loser.survivor.id,
        at=context.at,
        by=context.by,
        keep=sides,
        along=tuple(loser.losers),
        survivor=survivor.survivor,
        loser=loser.survivor,
    )


def _changeset(made: MergeResult, move: MergeMove, at: str) -> Changeset:
    return Changeset(
        customers=revised(made.customers, at),
        entries=made.entries,
        points=made.points,
        merge=move,
    )


def _loyalty_context(
    merchant_id: MerchantId, by: Author, seed: str, now: datetime, ports: MergePorts
) -> LoyaltyContext:
    known = ports.changesets.known(merchant_id, Lookup())
    zone = known.merchant.zone if known.merchant else DEFAULT_ZONE
    return LoyaltyContext(program=known.program, zone=zone, at=stamp(now), by=by, seed=seed)


def _known(merchant_id: MerchantId, merge_id: str, merges: Merges) -> Merge | None:
    """Return a merge whose answer was lost, if there is one."""
    try:
        return merges.get(merchant_id, merge_id)
    except NotFound:
        return None


def _joined_by(merchant_id: MerchantId, merge: Merge, ports: MergePorts) -> Person | None:
    """Return the person that a merge made, or raise why it cannot be undone now."""
    known = ports.changesets.standing(merchant_id, [merge.survivor_id]).customers
    survivor = known.get(merge.survivor_id)
    if survivor is None or merge.survivor is None or merge.loser is None:
        raise Conflict("merge_erased")
    person = person_of(survivor, known)
    if person is None:
        return None
    if survivor.merged_into is not None:
        raise Conflict("merge_not_last", merge_id=person.survivor.merged_from[survivor.id])
    if "erased" in {each.status for each in person.records}:
        raise Conflict("merge_erased")
    if survivor.merged_from.get(merge.loser_id) != merge.id:
        return None
    return person


def _origins(merchant_id: MerchantId, person: Person, merge: Merge, merges: Merges) -> list[Merge]:
    """Return the merges that the survivor's fields come from, and those that still stand."""
    found: dict[str, Merge] = {merge.id: merge}
    wanted = [*person.survivor.merged_from.values(), *_named_by(person.survivor)]
    if merge.survivor is not None:
        wanted += _named_by(merge.survivor)
    while wanted:
        merge_id = wanted.pop()
        if merge_id in found:
            continue
        known = _known(merchant_id, merge_id, merges)
        if known is None:
            continue
        found[merge_id] = known
        if known.survivor is not None:
            wanted += _named_by(known.survivor)
    return [each for each in found.values() if each.survivor_id == merge.survivor_id]


def _named_by(customer: Customer) -> Iterable[str]:
    return {each.actor for each in customer.provenance.values() if each.source == SOURCE}


def _claims(
    merchant_id: MerchantId,
    merge: Merge,
    origins: Sequence[Merge],
    made: MergeResult,
    customers: Customers,
) -> tuple[ClaimMove, ...]:
    """Return what becomes of identities that the two records held for one another.

    What the survivor gave up while it had another's value is left; what it still shows of those
    that part from it, it shares.
    """
    after = made.survivor
    images = [each.survivor for each in origins if each.survivor is not None]
    shown = after.identities()
    past = {identity for image in images for identity in image.identities()} - set(shown)
    held = customers.holders(merchant_id, {*shown, *past})
    parting = {merge.loser_id, *merge.along}
    behind = (each for each in shown if held.get(each) in parting)
    left = (each for each in sorted(past) if held.get(each) == after.id and not after.merged_from)
    return (
        *(ClaimMove(after.id, each, "stand behind") for each in behind),
        *(ClaimMove(after.id, each, "leave") for each in left),
    )
