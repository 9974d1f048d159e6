"""What taking an import back does to a row: only what nobody touched since is as it was before.

what the row did          is taken back                         unless, since then
------------------------  ------------------------------------  -----------------------------------
made a customer           archived, its identities stay taken   edited, merged, bought, or enrolled
changed a field           its value and origin before           another writer gave it a value
put one back on the list  archived again                        edited, or bought

The parts of a name are one. A field that is as it was before needs nothing; so a row that is
taken back twice is taken back once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from crm.domain.customers.activities import Activity, Edit, told
from crm.domain.customers.customer import (
    Address,
    Author,
    Consent,
    Customer,
    FieldChange,
    InvoiceProfile,
)
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import CREATING, PlannedRow, author_of, only_restores
from crm.domain.imports.values import SOURCE
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.ids import ImportId
from crm.domain.loyalty.tiers import SOURCE as TIER

_NAMES = frozenset({"full_name", "family_name", "given_name"})

#: Fields that cannot be as they were before, by the reason: an identity that is another's by now.
type Hindered = Mapping[str, str]


class Undone(NamedTuple):
    """A row as taking it back leaves it, and the edit that it takes, if it takes one."""

    row: PlannedRow
    edit: Edit | None = None


def undo(
    row: PlannedRow, current: Customer | None, job: ImportJob, line: Activity, hindered: Hindered
) -> Undone | None:
    """Return how a row is taken back; None if it did nothing, or nothing that can be told.

    `line` is the history's, but for what it says. A row of a chunk that was never recorded as
    applied may have done nothing.
    """
    if row.outcome in CREATING:
        return _made(row, current, job, line)
    if row.outcome == "updated" and (row.changes or row.restores):
        return _changed(row, current, job, line, hindered)
    return None


def revert_author(import_id: ImportId) -> Author:
    """Return who takes an import back: ("import", "01J…:revert")."""
    return Author(SOURCE, f"{import_id}:revert")


def value_of(field: str, told_value: Any) -> Any:  # noqa: ANN401 - the value of any field
    """Return the record's value of what a history tells of a field."""
    if told_value is None:
        return None
    match field:
        case "tags":
            return tuple(told_value)
        case "marketing_consent":
            return Consent(**told_value)
        case "addresses":
            return tuple(
                Address(**{**each, "candidates": tuple(each.get("candidates", ()))})
                for each in told_value
            )
        case "invoice_profile":
            return InvoiceProfile(**told_value)
    return told_value


def _made(
    row: PlannedRow, current: Customer | None, job: ImportJob, line: Activity
) -> Undone | None:
    if current is None:
        return None
    if current.status == "archived":
        return Undone(_done(row))
    if reason := _why_kept(current, job):
        return Undone(_kept(row, (), (Problem("", reason),)))
    archived = current.moved_to("archived", line.at)
    return Undone(_done(row), Edit(current, archived, replace(line, kind="archived")))


def _why_kept(current: Customer, job: ImportJob) -> str | None:
    """Return why a customer that an import made stays: somebody has to do with them."""
    if current.status != "active":
        return "customer_gone"
    if _touched_whole(current, job.id):
        return "edited_since"
    if current.metrics.order_count or current.metrics.open_checkout_count:
        return "bought_since"
    # Points that were brought along make a member.
    if current.membership.joined_at and not job.opening_balances:
        return "joined_since"
    return None


def _touched_whole(current: Customer, import_id: ImportId) -> bool:
    """Tell whether anybody edited a customer that an import made; its tier may give it a group."""
    ranked = any(each.source == TIER for each in current.provenance.values())
    others = any(
        each.source != TIER and not (each.source == SOURCE and each.actor.startswith(import_id))
        for each in current.provenance.values()
    )
    moved = current.status_since is not None or bool(current.merged_from)
    return others or moved or (current.version > 1 and not ranked)


def _changed(
    row: PlannedRow, current: Customer | None, job: ImportJob, line: Activity, hindered: Hindered
) -> Undone | None:
    if current is None or current.status not in {"active", "archived"}:
        return Undone(_kept(row, row.changes, (Problem("", "customer_gone"),)))
    left = [each for each in row.changes if not _is(current, each.field, each.old)]
    mine = {author_of(job.id, number) for number in (row.number, *row.origins.values())}
    kept = {each.field: reason for each in left if (reason := _touched(each, current, mine))}
    kept |= {each.field: hindered[each.field] for each in left if each.field in hindered}
    if not _NAMES.isdisjoint(kept):
        reason = next(reason for name, reason in kept.items() if name in _NAMES)
        kept |= {each.field: reason for each in left if each.field in _NAMES}
    restored = [each for each in left if each.field not in kept]
    archives = row.restores and current.status == "active"
    problems = [Problem(name, reason) for name, reason in kept.items()]
    if archives and (reason := _why_active(row, current, job)):
        archives = False
        problems.append(Problem("", reason))
    done = (
        _kept(row, [each for each in left if each.field in kept], problems)
        if problems
        else _done(row)
    )
    return Undone(done, _edit(row, current, restored, line, archives=archives))


def _touched(change: FieldChange, current: Customer, mine: Iterable[Author]) -> str | None:
    origin = current.provenance.get(change.field)
    untouched = origin is not None and Author(*origin[:2]) in mine
    same = untouched and _is(current, change.field, change.new)
    return None if same else "edited_since"


def _why_active(row: PlannedRow, current: Customer, job: ImportJob) -> str | None:
    """Return why a customer that an import put back on the lists stays on them."""
    own = 1 if row.version is None else row.version + 1
    if current.version != own:
        return "edited_since"
    bought = current.metrics.last_order_at or ""
    return "bought_since" if bought > (job.applying_at or "") else None


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
    told_line = replace(line, kind="archived" if archives else "edited", changes=changes)
    if not changes:
        return Edit(current, current.moved_to("archived", line.at), told_line)
    after = current.edited(changes, line.by, line.at)
    origins = {**after.provenance, **{name: row.was.get(name) for name in values}}
    after = replace(
        after, provenance={name: each for name, each in origins.items() if each is not None}
    )
    if archives:
        after = replace(after, status="archived", status_since=line.at)
    return Edit(current, after, told_line)


def _is(current: Customer, field: str, told_value: object) -> bool:
    ((_, now, _),) = told((FieldChange(field, getattr(current, field), None),))
    return bool(now == told_value)


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
    """Tell whether a row was written whose chunk was never recorded as applied."""
    if current is None:
        return False
    if row.outcome in CREATING:
        return current.created_by == author_of(import_id, row.number)
    if only_restores(row):
        return current.status == "active" and row.version != current.version
    mine = {author_of(import_id, number) for number in (row.number, *row.origins.values())}
    return any(Author(*each[:2]) in mine for each in current.provenance.values())
