"""Two persons made one by a merge, and parted again by its undoing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Author, Customer, Own, Provenance
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId, derived_ulid
from crm.domain.kernel.times import moment
from crm.domain.loyalty.membership import LoyaltyContext, after_unmerge
from crm.domain.loyalty.points import PointsEntry, PointsMove
from crm.domain.loyalty.tiers import SOURCE as LOYALTY
from crm.domain.merges.changeset import CustomerMove, Entry, LedgerMove
from crm.domain.merges.merge import DECIDING, MOST_LOSERS, SOURCE, Merge, merged, unmerged
from crm.domain.merges.person import EMPTY, Moved, Person, moves_between, own_of

type _Kind = Literal["merged", "unmerged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """What a merge or its undoing changes: records, lines of histories and of ledgers."""

    survivor: Customer
    customers: tuple[CustomerMove, ...]
    entries: tuple[Entry, ...]
    points: tuple[LedgerMove, ...] = ()


def merged_persons(
    survivor: Person, loser: Person, merge: Merge, context: LoyaltyContext
) -> MergeResult:
    """Return what a merge makes of two persons; raise `Conflict` for too many records."""
    mine, theirs = survivor.survivor, loser.survivor
    if len(survivor.losers) + len(loser.records) > MOST_LOSERS:
        raise Conflict("merge_too_many", limit=MOST_LOSERS)
    kept = merged(mine, theirs, merge.keep, merge.id, merge.at)
    if mine.status == "archived" and theirs.status == "active":
        kept = replace(kept, status="active", status_since=merge.at)
    if kept.skip_auto_group and not mine.skip_auto_group and theirs.membership.joined_at:
        frozen = replace(kept.membership, tier=theirs.membership.tier)
        kept = replace(kept, membership=frozen)
    kept = replace(
        kept,
        own=kept.own or own_of(mine, merge.at),
        merged_from={**mine.merged_from, **{each.id: merge.id for each in loser.records}},
    )
    gone = replace(
        theirs,
        status="merged",
        status_since=merge.at,
        returns_to=theirs.status,
        merged_into=mine.id,
        version=theirs.version + 1,
        membership=replace(theirs.membership, review_at=None) if theirs.own else theirs.membership,
    )
    along = [replace(each, merged_into=mine.id) for each in loser.losers.values()]
    records = _acquainted([*survivor.losers.values(), gone, *along])
    pooled = Person(survivor=kept, losers=records).summed(context, "merged")
    both = Person(
        survivor=mine, losers={**survivor.losers, **{each.id: each for each in loser.records}}
    )
    return _told(
        MergeResult(
            survivor=pooled.person.survivor,
            customers=moves_between(both, pooled.person),
            entries=(),
        ),
        "merged",
        merge,
        pooled,
        context,
    )


def unmerged_persons(
    person: Person, merge: Merge, merges: Sequence[Merge], context: LoyaltyContext
) -> MergeResult:
    """Return what the undoing of a merge makes of a person: two, as if they had never been one.

    `merges` are those that the survivor's fields come from. What happened since stays with the
    record that it named; what people did to the points of both is the survivor's.
    """
    before = person.survivor
    leaving = {each: person.losers[each] for each in (merge.loser_id, *merge.along)}
    staying = {each: kept for each, kept in person.losers.items() if each not in leaving}
    kept = unmerged(before, merge, tuple(leaving.values()), merges)
    kept = _status_before(kept, merge)
    loser = leaving.pop(merge.loser_id)
    ledger: list[LedgerMove] = []
    if staying:
        merged_from = {each: before.merged_from[each] for each in staying}
        kept = replace(kept, merged_from=merged_from)
        rest = Person(survivor=kept, losers=_acquainted(list(staying.values())))
        remaining = rest.summed(context, "unmerged")
    else:
        alone = _alone_again(kept, before.provenance.get("group"), ledger, context)
        remaining = Moved(Person(survivor=alone), ())
    back = _back(loser, merge, ledger, context)
    along = [replace(each, merged_into=back.id) for each in leaving.values()]
    returned = Person(survivor=back, losers=_acquainted(along)).summed(context, "unmerged")
    moves = (
        *moves_between(person, returned.person),
        *moves_between(person, remaining.person),
    )
    told = MergeResult(
        survivor=remaining.person.survivor, customers=moves, entries=(), points=tuple(ledger)
    )
    told = _told(told, "unmerged", merge, remaining, context)
    lines = (Entry(back.id, each) for each in returned.activities)
    return replace(told, entries=(*told.entries, *lines))


def _acquainted(losers: Sequence[Customer]) -> dict[CustomerId, Customer]:
    """Return losers of one survivor, each knowing the others."""
    ids = [each.id for each in losers]
    return {
        each.id: replace(each, siblings=tuple(other for other in ids if other != each.id))
        for each in losers
    }


def _status_before(survivor: Customer, merge: Merge) -> Customer:
    """Return a survivor that only the merge brought back among the archived ones again."""
    image = merge.survivor
    woken = survivor.status == "active" and survivor.status_since == merge.at
    if image is None or not woken:
        return survivor
    return replace(survivor, status=image.status, status_since=image.status_since)


def _alone_again(
    survivor: Customer,
    origin: Provenance | None,
    ledger: list[LedgerMove],
    context: LoyaltyContext,
) -> Customer:
    """Return a survivor with what it comes to by itself, its group too if nobody chose another.

    `origin` is whose the group was before.
    """
    own = survivor.own
    if own is None:
        return survivor
    alone = replace(
        survivor, metrics=own.metrics, membership=own.membership, own=None, merged_from={}
    )
    chosen = (
        origin is not None and origin.at >= own.since and origin.source not in {LOYALTY, SOURCE}
    )
    if not chosen and own.group != survivor.group:
        alone = replace(alone, group=own.group, version=alone.version + 1)
    alone = _with_own_fields(alone, own)
    unshared = own.extra.pending + own.extra.available
    if unshared:
        line = PointsEntry(
            id=context.id(f"unshared {alone.id}"),
            at=context.at,
            kind="reverse",
            points=-unshared,
            by=context.by,
            reason="unmerged",
        )
        ledger.append(LedgerMove(alone.id, PointsMove(None, line)))
    return _settled(alone, ledger, context)


def _with_own_fields(alone: Customer, own: Own) -> Customer:
    """Return a record whose fields that were blank hold what events would have filled, or nothing.

    What somebody decided since stays.
    """
    values: dict[str, Any] = {}
    provenance = dict(alone.provenance)
    for name in own.blank:
        origin = provenance.get(name)
        if origin is not None and origin.source in DECIDING and origin.at >= own.since:
            continue
        provenance.pop(name, None)
        values[name] = EMPTY.get(name)
        if name in own.filled:
            values[name], provenance[name] = own.filled[name]
    changes = alone.changes(values)
    new: dict[str, Any] = {change.field: change.new for change in changes}
    version = alone.version + 1 if changes else alone.version
    return replace(alone, **{**new, "version": version, "provenance": provenance})


def _back(
    loser: Customer, merge: Merge, ledger: list[LedgerMove], context: LoyaltyContext
) -> Customer:
    """Return the record that was merged, on its own; one that an event woke is active."""
    image, status = merge.loser, loser.returns_to or "active"
    same = image is not None and image.status == status
    back = replace(
        loser,
        status=status,
        status_since=image.status_since if image and same else context.at,
        returns_to=None,
        merged_into=None,
        siblings=(),
        version=loser.version + 1,
    )
    if back.own is not None:
        return back
    return _settled(back, ledger, context)


def _settled(alone: Customer, ledger: list[LedgerMove], context: LoyaltyContext) -> Customer:
    result = after_unmerge(alone, context)
    ledger += [LedgerMove(alone.id, each) for each in result.points]
    return result.customer


def _told(
    joining: MergeResult, kind: _Kind, merge: Merge, moved: Moved, context: LoyaltyContext
) -> MergeResult:
    """Return what a merge changes with a line in the history of either record."""
    by = context.by
    survivor = joining.survivor
    lines = [
        Entry(survivor.id, _line(merge, kind, merge.loser_id, by, context.at)),
        *(Entry(survivor.id, each) for each in moved.activities),
        Entry(merge.loser_id, _line(merge, kind, survivor.id, by, context.at)),
    ]
    return replace(joining, entries=tuple(lines))


def _line(merge: Merge, kind: _Kind, other: CustomerId, by: Author, at: str) -> Activity:
    """Return the line of a record that tells with which other one it was merged, or parted."""
    made = derived_ulid(moment(at), merge.id, kind, other)
    return Activity(id=made, at=at, kind=kind, by=by, text=other)
