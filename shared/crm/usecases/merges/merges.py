"""Preview, apply and undo merges of two records of one person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.customer import Customer, Identity
from crm.domain.customers.lookups import identity_of
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.conflicts import PERSON_ROUNDS, retry_on_conflict
from crm.domain.kernel.errors import Conflict, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merges.apply_merge import MergeResult, apply_merge, reverse_merge
from crm.domain.merges.changeset import Changeset, ClaimMove, Lookup, MergeMove, revised
from crm.domain.merges.merge import SOURCE, Choice, Merge, MergePage, Side, choices, read_keep
from crm.domain.merges.person import Person, person_of
from crm.ports.customers import Customers
from crm.ports.merges import Merges
from crm.ports.orders import Changesets
from crm.usecases.customers.survivors import survivor_of


@dataclass(frozen=True, slots=True)
class MergePorts:
    """The ports of the merge use cases."""

    customers: Customers
    changesets: Changesets
    merges: Merges


class Partner(NamedTuple):
    """The customer to merge: by id, or by one identity as the caller wrote it."""

    customer_id: CustomerId | None
    identity: Mapping[str, str] | None = None


class Preview(NamedTuple):
    """The survivor after a merge, and every field of both records."""

    merged: Customer
    loser_id: CustomerId
    choices: Sequence[Choice]


def get_merge(merchant_id: MerchantId, merge_id: str, *, merges: Merges) -> Merge:
    """Return a merge, or raise `NotFound`."""
    return merges.get(merchant_id, merge_id)


def list_merges(
    merchant_id: MerchantId, *, limit: int, before: str | None, merges: Merges
) -> MergePage:
    """Return the newest merges older than `before`."""
    return merges.newest(merchant_id, limit=limit, before=before)


def active_merges(
    merchant_id: MerchantId, customer_id: CustomerId, *, ports: MergePorts
) -> list[Merge]:
    """Return the merges of a customer's records that are in effect, newest first."""
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
    """Preview a merge without writing anything."""
    loser_id = _partner_id(merchant_id, partner, ports.customers)
    survivor, loser = _two_persons(merchant_id, survivor_id, loser_id, ports)
    sides = read_keep(keep, survivor.survivor, loser.survivor)
    context = _loyalty_context(merchant_id, Author(SOURCE, "preview"), "preview", now, ports)
    merge = _new_merge("preview", survivor, loser, sides, context)
    result = apply_merge(survivor, loser, merge, context)
    return Preview(
        result.survivor, loser.survivor.id, choices(survivor.survivor, loser.survivor, sides)
    )


def merge_customers(
    merchant_id: MerchantId,
    merge_id: str,
    survivor_id: CustomerId,
    partner: Partner,
    keep: Mapping[str, str],
    *,
    act: Act,
    ports: MergePorts,
) -> Merge:
    """Merge two customers; either may be named by a record that was merged before.

    Raises `Conflict` for records of the same person, an erased record, or too many records.
    """
    loser_id = _partner_id(merchant_id, partner, ports.customers)

    def attempt() -> Merge:
        survivor, loser = _two_persons(merchant_id, survivor_id, loser_id, ports)
        sides = read_keep(keep, survivor.survivor, loser.survivor)
        context = _loyalty_context(merchant_id, act.by, merge_id, act.now, ports)
        merge = _new_merge(merge_id, survivor, loser, sides, context)
        result = apply_merge(survivor, loser, merge, context)
        changeset = _changeset(result, MergeMove(None, merge), context.at)
        try:
            ports.changesets.write(merchant_id, changeset)
        except Stale:
            stored = _stored_merge(merchant_id, merge_id, ports.merges)
            if stored is None:
                raise
            return stored
        return merge

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


def undo_merge(merchant_id: MerchantId, merge_id: str, *, act: Act, ports: MergePorts) -> Merge:
    """Undo a merge within thirty days; an undone merge is returned as it is.

    Raises `Conflict` if the merge is too old, if either record was erased, or if the survivor has
    been merged since: that merge must be undone first.
    """
    at = act.at

    def attempt() -> Merge:
        merge = ports.merges.get(merchant_id, merge_id)
        if merge.status == "undone":
            return merge
        if merge.undo_until < at:
            raise Conflict("merge_too_old")
        person = _merged_person(merchant_id, merge, ports)
        context = _loyalty_context(merchant_id, act.by, f"{merge_id} undo", act.now, ports)
        origins = _origin_merges(merchant_id, person, merge, ports.merges)
        result = reverse_merge(person, merge, origins, context)
        undone = replace(merge, undone_at=at, undone_by=act.by)
        claims = _claim_moves(merchant_id, merge, origins, result, ports.customers)
        changeset = _changeset(result, MergeMove(merge, undone), at)
        ports.changesets.write(merchant_id, replace(changeset, claims=claims))
        return undone

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


def _partner_id(merchant_id: MerchantId, partner: Partner, customers: Customers) -> CustomerId:
    """Return the id of the customer to merge; raise `Invalid` unless named in exactly one way."""
    if (partner.customer_id is None) == (partner.identity is None):
        raise Invalid("invalid_fields", Problem("loser_id", "merge_one_partner"))
    if partner.customer_id is not None:
        return partner.customer_id
    identity: Identity = identity_of(partner.identity or {})
    holder = customers.holders(merchant_id, [identity]).get(identity)
    if holder is None:
        raise NotFound("nobody_has_it")
    return holder


def _two_persons(
    merchant_id: MerchantId, survivor_id: CustomerId, loser_id: CustomerId, ports: MergePorts
) -> tuple[Person, Person]:
    """Return the persons of two records; raise `Conflict` if they cannot be merged."""
    if survivor_id == loser_id:
        raise Conflict("merge_itself")

    def attempt() -> tuple[Person, Person]:
        records = ports.changesets.snapshot(merchant_id, [survivor_id, loser_id]).customers
        if survivor_id not in records or loser_id not in records:
            raise NotFound("customer_not_found")
        survivor, loser = (person_of(records[each], records) for each in (survivor_id, loser_id))
        if survivor is None or loser is None:
            raise Stale("stale", current_version=None)
        if survivor.survivor.id == loser.survivor.id:
            raise Conflict("merge_same_person", survivor_id=survivor.survivor.id)
        if "erased" in {each.status for each in (*survivor.records, *loser.records)}:
            raise Conflict("merge_erased")
        return survivor, loser

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


def _new_merge(
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


def _changeset(result: MergeResult, move: MergeMove, at: str) -> Changeset:
    return Changeset(
        customers=revised(result.customers, at),
        entries=result.entries,
        points=result.points,
        merge=move,
    )


def _loyalty_context(
    merchant_id: MerchantId, by: Author, seed: str, now: datetime, ports: MergePorts
) -> LoyaltyContext:
    found = ports.changesets.look_up(merchant_id, Lookup())
    zone = found.merchant.zone if found.merchant else DEFAULT_ZONE
    return LoyaltyContext(program=found.program, zone=zone, at=stamp(now), by=by, seed=seed)


def _stored_merge(merchant_id: MerchantId, merge_id: str, merges: Merges) -> Merge | None:
    """Return a stored merge, or None."""
    try:
        return merges.get(merchant_id, merge_id)
    except NotFound:
        return None


def _merged_person(merchant_id: MerchantId, merge: Merge, ports: MergePorts) -> Person:
    """Return the person of a merge, or raise `Conflict` if it cannot be undone.

    Raises `Stale` if the records were read while another write was in progress.
    """
    records = ports.changesets.snapshot(merchant_id, [merge.survivor_id]).customers
    survivor = records.get(merge.survivor_id)
    if survivor is None or merge.survivor is None or merge.loser is None:
        raise Conflict("merge_erased")
    person = person_of(survivor, records)
    if person is None:
        raise Stale("stale", current_version=None)
    if survivor.merged_into is not None:
        raise Conflict("merge_not_last", merge_id=person.survivor.merged_from[survivor.id])
    if "erased" in {each.status for each in person.records}:
        raise Conflict("merge_erased")
    if survivor.merged_from.get(merge.loser_id) != merge.id:
        raise Stale("stale", current_version=None)
    return person


def _origin_merges(
    merchant_id: MerchantId, person: Person, merge: Merge, merges: Merges
) -> list[Merge]:
    """Return the merges that the survivor's fields come from, and those in effect."""
    found: dict[str, Merge] = {merge.id: merge}
    pending = [*person.survivor.merged_from.values(), *_merge_ids_of(person.survivor)]
    if merge.survivor is not None:
        pending += _merge_ids_of(merge.survivor)
    while pending:
        merge_id = pending.pop()
        if merge_id in found:
            continue
        stored = _stored_merge(merchant_id, merge_id, merges)
        if stored is None:
            continue
        found[merge_id] = stored
        if stored.survivor is not None:
            pending += _merge_ids_of(stored.survivor)
    return [each for each in found.values() if each.survivor_id == merge.survivor_id]


def _merge_ids_of(customer: Customer) -> Iterable[str]:
    return {each.actor for each in customer.provenance.values() if each.source == SOURCE}


def _claim_moves(
    merchant_id: MerchantId,
    merge: Merge,
    origins: Sequence[Merge],
    result: MergeResult,
    customers: Customers,
) -> tuple[ClaimMove, ...]:
    """Return the claim changes of identities that the two records held for each other.

    The survivor releases claims on values that it no longer shows, and shares values that it still
    shows with a leaving record that holds the claim.
    """
    after = result.survivor
    images = [each.survivor for each in origins if each.survivor is not None]
    shown = after.identities()
    past = {identity for image in images for identity in image.identities()} - set(shown)
    holders = customers.holders(merchant_id, {*shown, *past})
    leaving = {merge.loser_id, *merge.along}
    behind = (each for each in shown if holders.get(each) in leaving)
    left = (
        each for each in sorted(past) if holders.get(each) == after.id and not after.merged_from
    )
    return (
        *(ClaimMove(after.id, each, "stand behind") for each in behind),
        *(ClaimMove(after.id, each, "leave") for each in left),
    )
