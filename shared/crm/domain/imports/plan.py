"""The plan of an import: an outcome for each row, from the rows and the holders of identities.

mode              a row that matches nobody    one customer or earlier row            two of them
----------------  ---------------------------  -------------------------------------  -------------
overwrite         created                      updated, unchanged, or merged_in_file  conflict
skip              created                      skipped                                skipped
create_duplicate  created                      duplicated                             duplicated

A row with unreadable cells is invalid in every mode and matches nobody. Under `overwrite` the rows
of one person make one change: the last cell that is not blank wins, the first row has the outcome,
the others are `merged_in_file`. A row that matches two customers never picks one of them (D3).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple

from crm.domain.customers.activities import plain_changes
from crm.domain.customers.customer import Customer, FieldChange, Identity, Provenance
from crm.domain.imports.columns import OPENING, field_of
from crm.domain.imports.progress import Outcome, RowOutcome
from crm.domain.imports.rows import DataRow, json_line, problems_line, problems_of_line
from crm.domain.imports.values import SOURCE, omitted_parts, values_for
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId, derived_ulid
from crm.domain.kernel.times import moment
from crm.domain.merchants.merchant import Mode

type Holders = Mapping[Identity, CustomerId]
#: Existing customers by id; a survivor also by the ids of the records merged into it.
type Existing = Mapping[CustomerId, Customer]

#: Outcomes of rows that create a customer.
CREATING: frozenset[RowOutcome] = frozenset({"created", "duplicated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A row and its planned outcome.

    `fields` merges all rows of the person; `origins` names the row of each field that came from
    another row; `into` is the row that this one was merged into. `changes` are the changes to an
    existing customer, in the form of the activity history; `was` is the earlier provenance of the
    changed fields, and `restores` tells that the customer was archived. `brings` are the opening
    balances that the row adds.
    """

    number: int
    outcome: RowOutcome
    fields: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, int] = field(default_factory=dict)
    customer_id: CustomerId | None = None
    version: int | None = None
    into: int | None = None
    problems: tuple[Problem, ...] = ()
    notices: tuple[Problem, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    was: Mapping[str, Provenance | None] = field(default_factory=dict)
    restores: bool = False
    brings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data_row(self) -> DataRow:
        """The person's rows as one row."""
        return DataRow(self.number, self.fields)

    def with_later(self, later: "PlannedRow") -> "PlannedRow":
        """Return the row with the fields of a later row of the same person applied over it."""
        origins = {name: later.origins.get(name, later.number) for name in later.fields}
        return replace(
            self, fields={**self.fields, **later.fields}, origins={**self.origins, **origins}
        )


def assign_rows(
    rows: Sequence[DataRow], holders: Holders, mode: Mode, existing: Existing
) -> list[PlannedRow]:
    """Match each row to the customer it names; rows that overwrite one are `updated` for now.

    A customer code that nobody has is ignored, with a notice.
    """
    rows = [_without_unknown_code(row, holders) for row in rows]
    if mode == "overwrite":
        return _Folder(holders, existing).plan(rows)
    return _plan_separately(rows, holders, "skipped" if mode == "skip" else "duplicated")


def disambiguate(
    identities: Sequence[Identity], holders: Holders, existing: Existing
) -> Sequence[Identity]:
    """Return a row's identities without those held by another customer than the one it means.

    Customers may share a phone: the row means the one customer who has all its identities, if
    there is exactly one. So a row of an export matches its own customer (B-04).
    """
    held = {each: holders[each] for each in identities if each in holders}
    candidates = [
        customer_id
        for customer_id in dict.fromkeys(held.values())
        if (customer := existing.get(customer_id))
        and all(
            holder == customer_id or each in customer.identities() for each, holder in held.items()
        )
    ]
    if len(candidates) != 1:
        return identities
    return [each for each in identities if held.get(each, candidates[0]) == candidates[0]]


def compare(row: PlannedRow, current: Customer | None, at: str) -> PlannedRow:
    """Return the row as updated or unchanged, compared with the current customer."""
    return diff_row(row, current, at).row


class Compared(NamedTuple):
    """A row compared with its customer, and the changes it makes."""

    row: PlannedRow
    changes: tuple[FieldChange, ...] = ()


def diff_row(row: PlannedRow, current: Customer | None, at: str) -> Compared:
    """Return the row as updated or unchanged, with its changes in the record's own values."""
    if current is None or current.status not in {"active", "archived"}:
        return Compared(refused(row, "conflict", "customer_gone"))
    try:
        values = values_for(row.fields, at, current)
    except Invalid as invalid:
        return Compared(replace(row, outcome="invalid", problems=invalid.problems))
    if _nameless({**{name: getattr(current, name) for name in _IDENTIFYING}, **values}):
        return Compared(refused(row, "invalid", "row_names_nobody"))
    changes = current.changes(values)
    same = current.status == "active" and not changes
    compared = replace(
        row,
        outcome="unchanged" if same else "updated",
        version=current.version,
        notices=_noticed(row, current),
        changes=plain_changes(changes),
        was={name: current.provenance.get(name) for name, _, _ in changes},
        restores=current.status == "archived",
    )
    return Compared(compared, changes)


def validate_new_row(row: PlannedRow, at: str) -> PlannedRow:
    """Return a creating row, or invalid: valid rows merged into it may leave no identity."""
    try:
        values = values_for(row.fields, at) if row.origins else row.fields
    except Invalid as invalid:
        return replace(row, outcome="invalid", problems=invalid.problems)
    if _nameless(values) and not any(values.get(name) for name in ("family_name", "given_name")):
        return refused(row, "invalid", "row_names_nobody")
    notices = _noticed(row, None)
    return replace(row, notices=notices) if notices else row


def refused(row: PlannedRow, outcome: Outcome, code: str) -> PlannedRow:
    """Return the row as a conflict or as invalid, with its reason."""
    return replace(
        row,
        outcome=outcome,
        problems=(Problem("", code),),
        changes=(),
        was={},
        restores=False,
        brings={},
    )


class RowHash(NamedTuple):
    """A row's number, and the SHA-256 of everything its plan decides."""

    number: int
    digest: bytes


def hash_of_row(row: PlannedRow) -> RowHash:
    """Return the hash of a planned row: outcome, customer, version and new values."""
    new = row.fields if row.outcome in CREATING else {name: each for name, _, each in row.changes}
    if row.brings:
        new = {**new, "brings": row.brings}
    decided = json_line([row.number, row.outcome, row.customer_id, row.version, new])
    return RowHash(row.number, sha256(decided).digest())


def hash_of_plan(file_hash: str, rows: Iterable[RowHash]) -> str:
    """Return the hash of a file and its planned rows, in the file's order."""
    whole = sha256(file_hash.encode())
    for row in sorted(rows):
        whole.update(row.digest)
    return whole.hexdigest()


def new_customer_id(import_id: ImportId, created_at: str, number: int) -> CustomerId:
    """Return the id of the customer that a row creates, the same on every retry."""
    return CustomerId(derived_ulid(moment(created_at), import_id, str(number)))


def new_customer(
    merchant_id: MerchantId,
    import_id: ImportId,
    row: PlannedRow,
    values: Mapping[str, Any],
    *,
    customer_id: CustomerId,
    code: str,
    at: str,
) -> Customer:
    """Return the customer that a row creates, with its provenance."""
    author = author_of(import_id, row.number)
    return Customer(
        merchant_id=merchant_id,
        id=customer_id,
        code=code,
        source=SOURCE,
        created_at=at,
        updated_at=at,
        created_by=author,
        provenance=_origins(import_id, row, at),
        **values,
    )


def overwritten(
    current: Customer,
    import_id: ImportId,
    row: PlannedRow,
    changes: Sequence[FieldChange],
    at: str,
) -> Customer:
    """Return the customer with a row's changes applied, active again if it was archived."""
    if not changes:
        return current.moved_to("active", at)
    after = current.edited(changes, author_of(import_id, row.number), at)
    later = _origins(import_id, row, at, {change.field for change in changes})
    if current.status != "active":
        after = replace(after, status="active", status_since=at)
    return replace(after, provenance={**after.provenance, **later})


def was_written_by(customer: Customer, import_id: ImportId, row: PlannedRow) -> bool:
    """Tell whether a row has already written a value to this customer."""
    mine = {author_of(import_id, number) for number in (row.number, *row.origins.values())}
    return any(Author(*each[:2]) in mine for each in customer.provenance.values())


def only_restores(row: PlannedRow) -> bool:
    """Tell whether a row only restores an archived customer."""
    return row.restores and not row.changes


def author_of(import_id: ImportId, number: int) -> Author:
    """Return the author of a row's changes: ("import", "01J…:12")."""
    return Author(SOURCE, f"{import_id}:{number}")


def line_of(row: PlannedRow) -> bytes:
    """Return a planned row as one line of JSON, without empty values."""
    line = {
        "row": row.number,
        "outcome": row.outcome,
        "fields": row.fields,
        "origins": row.origins,
        "customer": row.customer_id,
        "version": row.version,
        "into": row.into,
        "problems": problems_line(row.problems),
        "notices": problems_line(row.notices),
        "changes": row.changes,
        "was": row.was,
        "restores": row.restores,
        "brings": row.brings,
    }
    return json_line({name: value for name, value in line.items() if value})


def row_of_line(line: bytes) -> PlannedRow:
    """Return the planned row that `line_of` serialized."""
    read = json.loads(line)
    return PlannedRow(
        number=read["row"],
        outcome=read["outcome"],
        fields=read.get("fields", {}),
        origins=read.get("origins", {}),
        customer_id=read.get("customer"),
        version=read.get("version"),
        into=read.get("into"),
        problems=problems_of_line(read.get("problems", ())),
        notices=problems_of_line(read.get("notices", ())),
        changes=tuple(FieldChange(*each) for each in read.get("changes", ())),
        was={
            name: Provenance(*each) if each else None for name, each in read.get("was", {}).items()
        },
        restores=read.get("restores", False),
        brings=read.get("brings", {}),
    )


_IDENTIFYING = ("full_name", "phone", "email")


def _nameless(values: Mapping[str, Any]) -> bool:
    return not any(values.get(name) for name in _IDENTIFYING)


def _noticed(row: PlannedRow, current: Customer | None) -> tuple[Problem, ...]:
    """Return the row's notices and those that the plan adds, each once."""
    more = (each for each in omitted_parts(row.fields, current) if each not in row.notices)
    return (*row.notices, *more)


def _without_unknown_code(row: DataRow, holders: Holders) -> DataRow:
    code = row.fields.get("code")
    if code is None or Identity("code", code) in holders:
        return row
    fields = {name: value for name, value in row.fields.items() if name != "code"}
    return replace(row, fields=fields, notices=(*row.notices, Problem("code", "code_unknown")))


def _origins(
    import_id: ImportId, row: PlannedRow, at: str, names: Collection[str] | None = None
) -> dict[str, Provenance]:
    """Return the provenance of the fields that came from a later row of the person.

    The last row that has a column of a field counts.
    """
    latest: dict[str, int] = {}
    for column, number in row.origins.items():
        if column in OPENING:
            continue
        name = field_of(column)
        latest[name] = max(latest.get(name, number), number)
    return {
        name: Provenance(*author_of(import_id, number), at)
        for name, number in latest.items()
        if number != row.number and (names is None or name in names)
    }


def _plan_separately(
    rows: Sequence[DataRow], holders: Holders, when_matched: Outcome
) -> list[PlannedRow]:
    """Plan every row by itself, with the outcome `when_matched` if it names somebody."""
    seen: set[Identity] = set()
    planned: list[PlannedRow] = []
    for row in rows:
        if row.problems:
            planned.append(_invalid(row))
            continue
        identities = row.identities()
        holder = next((holders[each] for each in identities if each in holders), None)
        matched = holder is not None or not seen.isdisjoint(identities)
        seen.update(identities)
        planned.append(
            PlannedRow(
                number=row.number,
                outcome=when_matched if matched else "created",
                fields=row.fields,
                customer_id=holder,
                notices=row.notices,
            )
        )
    return planned


def _invalid(row: DataRow) -> PlannedRow:
    return PlannedRow(number=row.number, outcome="invalid", problems=row.problems)


class _Folder:
    """Merges rows with earlier rows and matches them to customers, in the order of the file."""

    def __init__(self, holders: Holders, existing: Existing) -> None:
        self._holders = holders
        self._existing = existing
        self._planned: list[PlannedRow] = []
        self._by_identity: dict[Identity, int] = {}  # to an index of `_planned`
        self._by_customer: dict[CustomerId, int] = {}

    def plan(self, rows: Sequence[DataRow]) -> list[PlannedRow]:
        for row in rows:
            if row.problems:
                self._planned.append(_invalid(row))
            else:
                self._place(row)
        return self._planned

    def _place(self, row: DataRow) -> None:
        identities: Sequence[Identity] = row.identities()
        earlier, unmatched = self._matches(identities)
        if len(earlier) + len(unmatched) > 1:
            identities = disambiguate(identities, self._holders, self._existing)
            earlier, unmatched = self._matches(identities)
        planned = PlannedRow(
            number=row.number, outcome="created", fields=row.fields, notices=row.notices
        )
        if len(earlier) + len(unmatched) > 1:
            self._planned.append(refused(planned, "conflict", "names_two_customers"))
            return
        index = len(self._planned)
        if earlier:
            (index,) = earlier
            first = self._planned[index]
            self._planned[index] = first.with_later(planned)
            planned = replace(planned, outcome="merged_in_file", fields={}, into=first.number)
        elif unmatched:
            (customer_id,) = unmatched
            self._by_customer[customer_id] = index
            planned = replace(planned, outcome="updated", customer_id=customer_id)
        self._planned.append(planned)
        self._by_identity.update(dict.fromkeys(identities, index))

    def _matches(self, identities: Iterable[Identity]) -> tuple[set[int], set[CustomerId]]:
        """Return the matching earlier rows, and the customers that no earlier row matched."""
        earlier: set[int] = set()
        unmatched: set[CustomerId] = set()
        for identity in identities:
            if identity in self._by_identity:
                earlier.add(self._by_identity[identity])
            elif (holder := self._holders.get(identity)) is not None:
                if holder in self._by_customer:
                    earlier.add(self._by_customer[holder])
                else:
                    unmatched.add(holder)
        return earlier, unmatched
