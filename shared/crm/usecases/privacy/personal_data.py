"""Gather everything that is kept of a person, so that it can be handed over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.customers.fingerprints import Fingerprints, fingerprints_in
from crm.domain.duplicates.scoring import KeptPair
from crm.domain.imports import file_names as import_files
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Position
from crm.domain.merges.merge import Merge
from crm.domain.privacy.personal_data import (
    ConsentLine,
    PersonalDataRow,
    consents_told,
    imports_of,
    imports_told,
)
from crm.domain.privacy.requests import PrivacyRequest
from crm.ports.customers import Customers
from crm.ports.duplicates import Pairs
from crm.ports.exports import Exports
from crm.ports.files import FileVersions
from crm.ports.imports import Imports
from crm.ports.merges import Merges
from crm.ports.privacy import PersonalDataRows, PrivacyRequests
from crm.usecases.privacy.erased_files import live_exports, recent_imports
from crm.usecases.privacy.requests import records_of_person

_ROWS_A_LOOK = 500
_REQUESTS_A_PAGE = 100
_MERGES_A_PAGE = 100


class PersonalDataMerge(NamedTuple):
    """A merge, undone ones too, and what it keeps of the person's records as they were before."""

    merge: Merge
    before: tuple[Customer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The records of a person and what stands beside them; imports and exports by their ids."""

    records: tuple[Customer, ...]
    consents: tuple[ConsentLine, ...]
    pairs: tuple[KeptPair, ...]
    imports: tuple[str, ...]
    exports: tuple[str, ...]
    requests: tuple[PrivacyRequest, ...]
    merges: tuple[PersonalDataMerge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Some of what is kept of a person, and where the rest starts; `holdings` at the beginning."""

    customer_id: CustomerId
    holdings: Holdings | None
    items: tuple[tuple[CustomerId, PersonalDataRow], ...]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataPorts:
    """Everything that is looked through for a person."""

    fingerprints: Fingerprints
    customers: Customers
    held: PersonalDataRows
    pairs: Pairs
    imports: Imports
    exports: Exports
    files: FileVersions
    requests: PrivacyRequests
    merges: Merges


def hand_over(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    after: Position | None,
    limit: int,
    now: datetime,
    archive: PersonalDataPorts,
) -> HandedOver:
    """Return the next rows kept of a person, record by record, and first of all the records."""
    records = records_of_person(merchant_id, customer_id, archive.customers)
    ids = [each.id for each in records]
    whose = after.id if after and after.id in ids else ids[0]
    place = str(after.value) if after else ""
    page = archive.held.page(merchant_id, whose, limit=limit, after=place or None)
    left = ids[ids.index(whose) + 1 :]
    following = None
    if page.next is not None:
        following = Position(page.next, whose)
    elif left:
        following = Position("", left[0])
    return HandedOver(
        customer_id=ids[0],
        holdings=None if after else _holdings(merchant_id, records, now, archive),
        items=tuple((whose, row) for row in page.items),
        next=following,
    )


def _holdings(
    merchant_id: MerchantId,
    records: tuple[Customer, ...],
    now: datetime,
    archive: PersonalDataPorts,
) -> Holdings:
    ids = {each.id for each in records}
    consents: list[ConsentLine] = []
    imports = {each for record in records for each in imports_of(record)}
    for record in records:
        for rows in _telling(merchant_id, record.id, archive.held):
            consents += consents_told(rows)
            imports |= imports_told(rows)
    return Holdings(
        records=records,
        consents=tuple(sorted(consents)),
        pairs=tuple(pair for each in sorted(ids) for pair in archive.pairs.of(merchant_id, each)),
        imports=_imports(merchant_id, records, imports, now, archive),
        exports=tuple(
            job.id
            for job in live_exports(merchant_id, now, archive.exports)
            if job.since is None or any(each.created_at <= job.since for each in records)
        ),
        requests=_requests(merchant_id, ids, archive.requests),
        merges=tuple(_merges(merchant_id, ids, archive.merges)),
    )


def _telling(
    merchant_id: MerchantId, customer_id: CustomerId, held: PersonalDataRows
) -> Iterator[tuple[PersonalDataRow, ...]]:
    """Yield the lines of a history and the opening balances, which stand before all else."""
    place: str | None = None
    while True:
        page = held.page(merchant_id, customer_id, limit=_ROWS_A_LOOK, after=place)
        yield page.items
        place = page.next
        if place is None or page.items[-1].section not in {"activity", "opening"}:
            return


def _imports(
    merchant_id: MerchantId,
    records: tuple[Customer, ...],
    told: set[str],
    now: datetime,
    archive: PersonalDataPorts,
) -> tuple[str, ...]:
    """Return the imports that wrote to the person, and those whose files name them."""
    identities = [each for record in records for each in record.identities()]
    known = set(archive.fingerprints.spelled(merchant_id, identities))
    found = set(told)
    for job in recent_imports(merchant_id, now=now, before=None, imports=archive.imports):
        name = import_files.fingerprints(job.id)
        if job.id in found or not archive.files.names(merchant_id, "imports", name):
            continue
        if known.intersection(fingerprints_in(archive.files.read(merchant_id, "imports", name))):
            found.add(job.id)
    return tuple(sorted(found))


def _requests(
    merchant_id: MerchantId, ids: set[CustomerId], requests: PrivacyRequests
) -> tuple[PrivacyRequest, ...]:
    found: list[PrivacyRequest] = []
    before: str | None = None
    while True:
        page = requests.newest(merchant_id, limit=_REQUESTS_A_PAGE, before=before)
        found += [each for each in page.items if each.customer_id in ids]
        if not page.more:
            return tuple(found)
        before = page.items[-1].id


def _merges(
    merchant_id: MerchantId, ids: set[CustomerId], merges: Merges
) -> Iterator[PersonalDataMerge]:
    """Yield the merges of the person's records; what one keeps of somebody else stays there."""
    before: str | None = None
    while True:
        page = merges.newest(merchant_id, limit=_MERGES_A_PAGE, before=before)
        for each in page.items:
            if not ids.isdisjoint({each.survivor_id, each.loser_id}):
                merge = merges.get(merchant_id, each.id)
                kept = (merge.survivor, merge.loser)
                yield PersonalDataMerge(merge, tuple(was for was in kept if was and was.id in ids))
        if not page.more:
            return
        before = page.items[-1].id
