"""What an import does with each row, decided from the rows and who holds their identities.

mode              a row that names nobody yet  … one customer or earlier row          … two of them
----------------  ---------------------------  -------------------------------------  -------------
overwrite         created                      updated, unchanged, or merged_in_file  conflict
skip              created                      skipped                                skipped
create_duplicate  created                      duplicated                             duplicated

A row whose cells cannot be read is invalid in every mode, and names nobody. Under `overwrite` the
rows of one person are one change: the last cell that is not blank wins, the first row has the
outcome, the others are `merged_in_file`. Two customers are never guessed between (D3).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple

from crm.domain.customers.activities import told
from crm.domain.customers.customer import Author, Customer, FieldChange, Identity, Provenance
from crm.domain.imports.columns import OPENING, field_of
from crm.domain.imports.job import Outcome, RowOutcome
from crm.domain.imports.rows import DataRow, json_line, problems_line, problems_of_line
from crm.domain.imports.values import SOURCE, left_out, values_for
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId, derived_ulid
from crm.domain.kernel.times import moment
from crm.domain.merchants.merchant import Mode

type Holders = Mapping[Identity, CustomerId]
#: Customers by any id that names them, a survivor by that of a merged record too.
type Known = Mapping[CustomerId, Customer]

#: What a row does to make a customer of its own.
CREATING: frozenset[RowOutcome] = frozenset({"created", "duplicated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A row and what becomes of it.

    `fields` is what all rows of the person say; `origins` names the row of each field that this
    one did not say itself; `into` is the row that this one was merged into. `changes` are those
    of a customer who was there, as a history tells them; `was` says who gave the changed fields
    their values before, and `restores` that the customer was archived. `brings` are the opening
    balances that it brings along.
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
    def says(self) -> DataRow:
        """The person's rows as if they were one."""
        return DataRow(self.number, self.fields)

    def with_later(self, later: "PlannedRow") -> "PlannedRow":
        """Return the row with what a later one of the same person says laid over it."""
        said = {name: later.origins.get(name, later.number) for name in later.fields}
        return replace(
            self, fields={**self.fields, **later.fields}, origins={**self.origins, **said}
        )


def assign_rows(
    rows: Sequence[DataRow], holders: Holders, mode: Mode, known: Known
) -> list[PlannedRow]:
    """Give each row the customer it names; those that overwrite one stand as `updated` for now.

    A customer code that nobody has is ignored, with a notice.
    """
    rows = [_without_unknown_code(row, holders) for row in rows]
    if mode == "overwrite":
        return _Folding(holders, known).plan(rows)
    return _each_its_own(rows, holders, "skipped" if mode == "skip" else "duplicated")


def told_apart(
    identities: Sequence[Identity], holders: Holders, known: Known
) -> Sequence[Identity]:
    """Return identities of a row without those that name another customer than it means.

    Customers may share a phone: it names the one of them who has all that the row says, if there
    is just one. So a row of an export names its own customer (B-04).
    """
    held = {each: holders[each] for each in identities if each in holders}
    able = [
        customer_id
        for customer_id in dict.fromkeys(held.values())
        if (customer := known.get(customer_id))
        and all(
            holder == customer_id or each in customer.identities() for each, holder in held.items()
        )
    ]
    if len(able) != 1:
        return identities
    return [each for each in identities if held.get(each, able[0]) == able[0]]


def compare(row: PlannedRow, current: Customer | None, at: str) -> PlannedRow:
    """Return the row as updated or unchanged, by what the customer it names is now."""
    return hold_against(row, current, at).row


class Compared(NamedTuple):
    """A row held against the customer it names, and what it changes of them."""

    row: PlannedRow
    changes: tuple[FieldChange, ...] = ()


def hold_against(row: PlannedRow, current: Customer | None, at: str) -> Compared:
    """Return the row as updated or unchanged, with the changes as the record holds them."""
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
    held = replace(
        row,
        outcome="unchanged" if same else "updated",
        version=current.version,
        notices=_noticed(row, current),
        changes=told(changes),
        was={name: current.provenance.get(name) for name, _, _ in changes},
        restores=current.status == "archived",
    )
    return Compared(held, changes)


def checked(row: PlannedRow, at: str) -> PlannedRow:
    """Return a row that creates, or as invalid: rows joined in it, each valid, may be nobody."""
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
    """A row's number, and the SHA-256 of all that its plan decides."""

    number: int
    digest: bytes


def hash_of_row(row: PlannedRow) -> RowHash:
    """Return the hash of a planned row: outcome, customer, version and new values."""
    new = row.fields if row.outcome in CREATING else {name: each for name, _, each in row.changes}
    if row.brings:
        new = {**new, "brings": row.brings}
    said = json_line([row.number, row.outcome, row.customer_id, row.version, new])
    return RowHash(row.number, sha256(said).digest())


def hash_of_plan(file_hash: str, rows: Iterable[RowHash]) -> str:
    """Return the hash of a file and of what its plan makes of each row, in the file's order."""
    whole = sha256(file_hash.encode())
    for row in sorted(rows):
        whole.update(row.digest)
    return whole.hexdigest()


def new_customer_id(import_id: ImportId, created_at: str, number: int) -> CustomerId:
    """Return the id of the customer that a row creates, the same however often it is done."""
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
    """Return the customer that a row creates; its provenance is in it."""
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
    """Return the customer with a row's changes, active again if it was archived."""
    if not changes:
        return current.moved_to("active", at)
    after = current.edited(changes, author_of(import_id, row.number), at)
    later = _origins(import_id, row, at, {change.field for change in changes})
    if current.status != "active":
        after = replace(after, status="active", status_since=at)
    return replace(after, provenance={**after.provenance, **later})


def was_written_by(customer: Customer, import_id: ImportId, row: PlannedRow) -> bool:
    """Tell whether a row has given this customer a value already."""
    mine = {author_of(import_id, number) for number in (row.number, *row.origins.values())}
    return any(Author(*each[:2]) in mine for each in customer.provenance.values())


def only_restores(row: PlannedRow) -> bool:
    """Tell whether a row does no more than put an archived customer back on the lists."""
    return row.restores and not row.changes


def author_of(import_id: ImportId, number: int) -> Author:
    """Return who a row's changes are by: ("import", "01J…:12")."""
    return Author(SOURCE, f"{import_id}:{number}")


def line_of(row: PlannedRow) -> bytes:
    """Return a planned row as one line of JSON, without what is blank."""
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
    """Return the planned row that `line_of` made this of."""
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
    """Return the row's notices and what the plan adds to them, each once."""
    more = (each for each in left_out(row.fields, current) if each not in row.notices)
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
    """Return the provenance of those fields that another row than the person's first one said.

    Of the rows that said the columns of a field, the last counts.
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


def _each_its_own(
    rows: Sequence[DataRow], holders: Holders, when_known: Outcome
) -> list[PlannedRow]:
    seen: set[Identity] = set()
    planned: list[PlannedRow] = []
    for row in rows:
        if row.problems:
            planned.append(_invalid(row))
            continue
        identities = row.identities()
        held = next((holders[each] for each in identities if each in holders), None)
        known = held is not None or not seen.isdisjoint(identities)
        seen.update(identities)
        planned.append(
            PlannedRow(
                number=row.number,
                outcome=when_known if known else "created",
                fields=row.fields,
                customer_id=held,
                notices=row.notices,
            )
        )
    return planned


def _invalid(row: DataRow) -> PlannedRow:
    return PlannedRow(number=row.number, outcome="invalid", problems=row.problems)


class _Folding:
    """Rows of a file joined with earlier rows and with customers, in the order of the file."""

    def __init__(self, holders: Holders, known: Known) -> None:
        self._holders = holders
        self._known = known
        self._planned: list[PlannedRow] = []
        self._by_identity: dict[Identity, int] = {}  # to a place in `_planned`
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
        earlier, strangers = self._named(identities)
        if len(earlier) + len(strangers) > 1:
            identities = told_apart(identities, self._holders, self._known)
            earlier, strangers = self._named(identities)
        said = PlannedRow(
            number=row.number, outcome="created", fields=row.fields, notices=row.notices
        )
        if len(earlier) + len(strangers) > 1:
            self._planned.append(refused(said, "conflict", "names_two_customers"))
            return
        here = len(self._planned)
        if earlier:
            (here,) = earlier
            first = self._planned[here]
            self._planned[here] = first.with_later(said)
            said = replace(said, outcome="merged_in_file", fields={}, into=first.number)
        elif strangers:
            (customer_id,) = strangers
            self._by_customer[customer_id] = here
            said = replace(said, outcome="updated", customer_id=customer_id)
        self._planned.append(said)
        self._by_identity.update(dict.fromkeys(identities, here))

    def _named(self, identities: Iterable[Identity]) -> tuple[set[int], set[CustomerId]]:
        """Return the earlier rows that are named, and the customers that no earlier row named."""
        earlier: set[int] = set()
        strangers: set[CustomerId] = set()
        for identity in identities:
            if identity in self._by_identity:
                earlier.add(self._by_identity[identity])
            elif (holder := self._holders.get(identity)) is not None:
                if holder in self._by_customer:
                    earlier.add(self._by_customer[holder])
                else:
                    strangers.add(holder)
        return earlier, strangers
