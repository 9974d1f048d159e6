"""Merge two persons, and undo a merge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer, Provenance, StandaloneValues
from crm.domain.customers.fields import FIELD
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId, derived_ulid
from crm.domain.kernel.times import moment
from crm.domain.loyalty.membership import LoyaltyContext, after_unmerge
from crm.domain.loyalty.points import PointsEntry, PointsMove
from crm.domain.loyalty.tiers import SOURCE as LOYALTY
from crm.domain.merges.changeset import CustomerMove, Entry, LedgerMove
from crm.domain.merges.merge import (
    DECIDING,
    MOST_LOSERS,
    SOURCE,
    Merge,
    with_merged_fields,
    without_merged_fields,
)
from crm.domain.merges.person import (
    Person,
    PersonChange,
    moves_between,
    standalone_values_of,
    with_earliest_review,
)

type _Kind = Literal["merged", "unmerged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """The changes of a merge or of its undoing: records, history lines and ledger lines."""

    survivor: Customer
    customers: tuple[CustomerMove, ...]
    entries: tuple[Entry, ...]
    points: tuple[LedgerMove, ...] = ()


class _Separated(NamedTuple):
    """A record that is standalone again, and the ledger lines of its points."""

    record: Customer
    points: tuple[LedgerMove, ...] = ()


def apply_merge(
    survivor: Person, loser: Person, merge: Merge, context: LoyaltyContext
) -> MergeResult:
    """Merge the records of two persons into one; raise `Conflict` for too many records."""
    mine, theirs = survivor.survivor, loser.survivor
    if len(survivor.losers) + len(loser.records) > MOST_LOSERS:
        raise Conflict("merge_too_many", limit=MOST_LOSERS)
    kept = with_merged_fields(mine, theirs, merge.keep, merge.id, merge.at)
    if mine.status == "archived" and theirs.status == "active":
        kept = replace(kept, status="active", status_since=merge.at)
    if kept.skip_auto_group and not mine.skip_auto_group and theirs.membership.joined_at:
        frozen = replace(kept.membership, tier=theirs.membership.tier)
        kept = replace(kept, membership=frozen)
    kept = replace(
        kept,
        standalone_values=kept.standalone_values or standalone_values_of(mine, merge.at),
        merged_from={**mine.merged_from, **{each.id: merge.id for each in loser.records}},
    )
    gone = with_earliest_review(
        replace(
            theirs,
            status="merged",
            status_since=merge.at,
            returns_to=theirs.status,
            merged_into=mine.id,
            version=theirs.version + 1,
        )
    )
    along = [replace(each, merged_into=mine.id) for each in loser.losers.values()]
    records = _with_siblings([*survivor.losers.values(), gone, *along])
    pooled = Person(survivor=kept, losers=records).with_pooled_values(context, "merged")
    both = Person(
        survivor=mine, losers={**survivor.losers, **{each.id: each for each in loser.records}}
    )
    return _with_history(
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


def reverse_merge(
    person: Person, merge: Merge, merges: Sequence[Merge], context: LoyaltyContext
) -> MergeResult:
    """Undo a merge: return two persons, as if they had never been merged.

    `merges` are those that the survivor's fields come from. Later events stay with the record that
    they named; manual changes of the pooled points stay with the survivor.
    """
    before = person.survivor
    leaving = {each: person.losers[each] for each in (merge.loser_id, *merge.along)}
    staying = {each: kept for each, kept in person.losers.items() if each not in leaving}
    kept = without_merged_fields(before, merge, tuple(leaving.values()), merges)
    kept = _restore_status(kept, merge)
    loser = leaving.pop(merge.loser_id)
    points: tuple[LedgerMove, ...] = ()
    if staying:
        merged_from = {each: before.merged_from[each] for each in staying}
        kept = replace(kept, merged_from=merged_from)
        rest = Person(survivor=kept, losers=_with_siblings(list(staying.values())))
        remaining = rest.with_pooled_values(context, "unmerged")
    else:
        alone, points = _standalone_survivor(kept, before.provenance.get("group"), context)
        remaining = PersonChange(Person(survivor=alone), ())
    former, former_points = _returned_loser(loser, merge, context)
    along = [replace(each, merged_into=former.id) for each in leaving.values()]
    unmerged = Person(survivor=former, losers=_with_siblings(along))
    returned = unmerged.with_pooled_values(context, "unmerged")
    moves = (
        *moves_between(person, returned.person),
        *moves_between(person, remaining.person),
    )
    result = MergeResult(
        survivor=remaining.person.survivor,
        customers=moves,
        entries=(),
        points=(*points, *former_points),
    )
    result = _with_history(result, "unmerged", merge, remaining, context)
    lines = (Entry(former.id, each) for each in returned.activities)
    return replace(result, entries=(*result.entries, *lines))


def _with_siblings(losers: Sequence[Customer]) -> dict[CustomerId, Customer]:
    """Return the losers of one survivor, each with the others as `siblings`."""
    ids = [each.id for each in losers]
    return {
        each.id: replace(each, siblings=tuple(other for other in ids if other != each.id))
        for each in losers
    }


def _restore_status(survivor: Customer, merge: Merge) -> Customer:
    """Archive the survivor again if only this merge made it active."""
    image = merge.survivor
    activated = survivor.status == "active" and survivor.status_since == merge.at
    if image is None or not activated:
        return survivor
    return replace(survivor, status=image.status, status_since=image.status_since)


def _standalone_survivor(
    survivor: Customer, origin: Provenance | None, context: LoyaltyContext
) -> _Separated:
    """Return a survivor with its standalone values, and its group unless somebody chose another.

    `origin` is the provenance of the group before the undoing.
    """
    own = survivor.standalone_values
    if own is None:
        return _Separated(survivor)
    alone = replace(
        survivor,
        metrics=own.metrics,
        membership=own.membership,
        standalone_values=None,
        merged_from={},
    )
    chosen = (
        origin is not None and origin.at >= own.since and origin.source not in {LOYALTY, SOURCE}
    )
    if not chosen and own.group != survivor.group:
        alone = replace(alone, group=own.group, version=alone.version + 1)
    alone = _with_standalone_fields(alone, own)
    record, expired = _expire_overdue(alone, context)
    lost = own.extra.pending + own.extra.available
    if lost:
        line = PointsEntry(
            id=context.id(f"unshared {alone.id}"),
            at=context.at,
            kind="reverse",
            points=-lost,
            by=context.by,
            reason="unmerged",
        )
        return _Separated(record, (LedgerMove(alone.id, PointsMove(None, line)), *expired))
    return _Separated(record, expired)


def _with_standalone_fields(alone: Customer, own: StandaloneValues) -> Customer:
    """Reset fields that were blank before the merge to what events filled in, or to blank.

    Values that a person, an import or the program set since stay.
    """
    values: dict[str, Any] = {}
    provenance = dict(alone.provenance)
    for name in own.blank:
        origin = provenance.get(name)
        if origin is not None and origin.source in DECIDING and origin.at >= own.since:
            continue
        provenance.pop(name, None)
        values[name] = FIELD[name].empty
        if name in own.filled:
            values[name], provenance[name] = own.filled[name]
    changes = alone.changes(values)
    new: dict[str, Any] = {change.field: change.new for change in changes}
    version = alone.version + 1 if changes else alone.version
    return replace(alone, **{**new, "version": version, "provenance": provenance})


def _returned_loser(loser: Customer, merge: Merge, context: LoyaltyContext) -> _Separated:
    """Return the merged record as a standalone one; active if an event reactivated it."""
    image, status = merge.loser, loser.returns_to or "active"
    same = image is not None and image.status == status
    returned = replace(
        loser,
        status=status,
        status_since=image.status_since if image and same else context.at,
        returns_to=None,
        merged_into=None,
        siblings=(),
        version=loser.version + 1,
    )
    if returned.standalone_values is not None:
        return _Separated(returned)
    return _expire_overdue(returned, context)


def _expire_overdue(alone: Customer, context: LoyaltyContext) -> _Separated:
    result = after_unmerge(alone, context)
    points = tuple(LedgerMove(alone.id, each) for each in result.points)
    return _Separated(result.customer, points)


def _with_history(
    result: MergeResult, kind: _Kind, merge: Merge, moved: PersonChange, context: LoyaltyContext
) -> MergeResult:
    """Return the result with a line in the history of each record."""
    by = context.by
    survivor = result.survivor
    lines = [
        Entry(survivor.id, _history_line(merge, kind, merge.loser_id, by, context.at)),
        *(Entry(survivor.id, each) for each in moved.activities),
        Entry(merge.loser_id, _history_line(merge, kind, survivor.id, by, context.at)),
    ]
    return replace(result, entries=tuple(lines))


def _history_line(merge: Merge, kind: _Kind, other: CustomerId, by: Author, at: str) -> Activity:
    """Return the history line of a record that was merged with, or unmerged from, `other`."""
    made = derived_ulid(moment(at), merge.id, kind, other)
    return Activity(id=made, at=at, kind=kind, by=by, text=other)
