"""Revert the rows of an import, except for changes that somebody has overwritten since.

what the row did      how it is reverted                    kept if, since then
--------------------  ------------------------------------  ---------------------------------------
created a customer    archived, keeping its identities      edited, merged, bought, or enrolled
changed a field       earlier value and provenance          another writer changed it
restored a customer   archived again                        edited, or bought

The parts of a name are reverted together. A field that already has its earlier value is left
alone, so that reverting a row twice has no further effect.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from crm.domain.customers.activities import Activity, Edit, plain_changes
from crm.domain.customers.customer import Customer, FieldChange
from crm.domain.customers.fields import FIELD, NAME_PARTS
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import CREATING, PlannedRow, author_of, only_restores
from crm.domain.imports.values import SOURCE
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.ids import ImportId
from crm.domain.loyalty.tiers import SOURCE as TIER

#: Fields that cannot be reverted, each with the reason: another customer took the identity.
type Blocked = Mapping[str, str]


class Undone(NamedTuple):
    """A reverted or kept row, and the edit that reverts it, if any."""

    row: PlannedRow
    edit: Edit | None = None


def undo(
    row: PlannedRow, current: Customer | None, job: ImportJob, line: Activity, blocked: Blocked
) -> Undone | None:
    """Return how to revert a row; None if it did nothing, or nothing that is known.

    `line` is the activity to record, without its changes. A row of a chunk that was never recorded
    as applied may have done nothing.
    """
    if row.outcome in CREATING:
        return _undo_creation(row, current, job, line)
    if row.outcome == "updated" and (row.changes or row.restores):
        return _undo_update(row, current, job, line, blocked)
    return None


def revert_author(import_id: ImportId) -> Author:
    """Return the author of a revert: ("import", "01J…:revert")."""
    return Author(SOURCE, f"{import_id}:revert")


def value_of(field: str, recorded: Any) -> Any:  # noqa: ANN401 - the value of any field
    """Return a field's value in the record, from its value in the activity history."""
    return None if recorded is None else FIELD[field].decode(recorded)


def _undo_creation(
    row: PlannedRow, current: Customer | None, job: ImportJob, line: Activity
) -> Undone | None:
    if current is None:
        return None
    if current.status == "archived":
        return Undone(_done(row))
    if reason := _reason_to_keep(current, job):
        return Undone(_kept(row, (), (Problem("", reason),)))
    archived = current.moved_to("archived", line.at)
    return Undone(_done(row), Edit(current, archived, replace(line, kind="archived")))


def _reason_to_keep(current: Customer, job: ImportJob) -> str | None:
    """Return why a customer that an import created is kept, if it is."""
    if current.status != "active":
        return "customer_gone"
    if _was_edited(current, job.id):
        return "edited_since"
    if current.metrics.order_count or current.metrics.open_checkout_count:
        return "bought_since"
    # An opening balance of points enrols the customer.
    if current.membership.joined_at and not job.options.opening_balances:
        return "joined_since"
    return None


def _was_edited(current: Customer, import_id: ImportId) -> bool:
    """Tell whether anybody edited a created customer; a group set by its tier is no edit."""
    ranked = any(each.source == TIER for each in current.provenance.values())
    others = any(
        each.source != TIER and not (each.source == SOURCE and each.actor.startswith(import_id))
        for each in current.provenance.values()
    )
    moved = current.status_since is not None or bool(current.merged_from)
    return others or moved or (current.version > 1 and not ranked)


def _undo_update(
    row: PlannedRow, current: Customer | None, job: ImportJob, line: Activity, blocked: Blocked
) -> Undone | None:
    if current is None or current.status not in {"active", "archived"}:
        return Undone(_kept(row, row.changes, (Problem("", "customer_gone"),)))
    left = [each for each in row.changes if not _has_value(current, each.field, each.old)]
    mine = {author_of(job.id, number) for number in (row.number, *row.origins.values())}
    kept = {each.field: reason for each in left if (reason := _overwritten(each, current, mine))}
    kept |= {each.field: blocked[each.field] for each in left if each.field in blocked}
    if any(name in kept for name in NAME_PARTS):
        reason = next(reason for name, reason in kept.items() if name in NAME_PARTS)
        kept |= {each.field: reason for each in left if each.field in NAME_PARTS}
    restored = [each for each in left if each.field not in kept]
    archives = row.restores and current.status == "active"
    problems = [Problem(name, reason) for name, reason in kept.items()]
    if archives and (reason := _reason_to_stay_active(row, current, job)):
        archives = False
        problems.append(Problem("", reason))
    done = (
        _kept(row, [each for each in left if each.field in kept], problems)
        if problems
        else _done(row)
    )
    return Undone(done, _edit(row, current, restored, line, archives=archives))


def _overwritten(change: FieldChange, current: Customer, mine: Iterable[Author]) -> str | None:
    """Return the reason if another writer changed the field since."""
    origin = current.provenance.get(change.field)
    is_mine = origin is not None and Author(*origin[:2]) in mine
    same = is_mine and _has_value(current, change.field, change.new)
    return None if same else "edited_since"


def _reason_to_stay_active(row: PlannedRow, current: Customer, job: ImportJob) -> str | None:
    """Return why a customer that an import restored stays active, if it does."""
    written = 1 if row.version is None else row.version + 1
    if current.version != written:
        return "edited_since"
    bought = current.metrics.last_order_at or ""
    return "bought_since" if bought > (job.progress.applying_at or "") else None


def _edit(
    row: PlannedRow,
    current: Customer,
    restored: Iterable[FieldChange],
    line: Activity,
    *,
    archives: bool,
) -> Edit | None:
    values = {name: value_of(name, old) for name, old, _ in restored}
    changes = current.changes(values)
    if not changes and not archives:
        return None
    line = replace(line, kind="archived" if archives else "edited", changes=changes)
    if not changes:
        return Edit(current, current.moved_to("archived", line.at), line)
    after = current.edited(changes, line.by, line.at)
    origins = {**after.provenance, **{name: row.was.get(name) for name in values}}
    after = replace(
        after, provenance={name: each for name, each in origins.items() if each is not None}
    )
    if archives:
        after = replace(after, status="archived", status_since=line.at)
    return Edit(current, after, line)


def _has_value(current: Customer, field: str, recorded: object) -> bool:
    ((_, now, _),) = plain_changes((FieldChange(field, getattr(current, field), None),))
    return bool(now == recorded)


def _done(row: PlannedRow) -> PlannedRow:
    return PlannedRow(
        number=row.number, outcome="reverted", customer_id=row.customer_id, changes=row.changes
    )


def _kept(
    row: PlannedRow, changes: Iterable[FieldChange], problems: Iterable[Problem]
) -> PlannedRow:
    return PlannedRow(
        number=row.number,
        outcome="kept",
        customer_id=row.customer_id,
        changes=tuple(changes),
        problems=tuple(problems),
    )


def may_have_written(row: PlannedRow, current: Customer | None, import_id: ImportId) -> bool:
    """Tell whether a row was written although its chunk was never recorded as applied."""
    if current is None:
        return False
    if row.outcome in CREATING:
        return current.created_by == author_of(import_id, row.number)
    if only_restores(row):
        return current.status == "active" and row.version != current.version
    mine = {author_of(import_id, number) for number in (row.number, *row.origins.values())}
    return any(Author(*each[:2]) in mine for each in current.provenance.values())
