"""Collect all data about a person, to answer a request for access."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.customers.fingerprints import Fingerprints, fingerprints_in
from crm.domain.duplicates.scoring import KeptPair
from crm.domain.imports import file_names as import_files
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.jobs import JobPage
from crm.domain.kernel.paging import Cursor, items_of_pages
from crm.domain.merges.merge import Merge, MergePage
from crm.domain.privacy.personal_data import (
    ConsentLine,
    PersonalDataRow,
    consents_in,
    imports_in,
    imports_of,
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

_ROWS_A_PAGE = 500
_REQUESTS_A_PAGE = 100
_MERGES_A_PAGE = 100


class PersonalDataMerge(NamedTuple):
    """A merge, possibly undone, and its before-images of the person's records."""

    merge: Merge
    before: tuple[Customer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The records of a person and related data; imports and exports by their ids."""

    records: tuple[Customer, ...]
    consents: tuple[ConsentLine, ...]
    pairs: tuple[KeptPair, ...]
    imports: tuple[str, ...]
    exports: tuple[str, ...]
    requests: tuple[PrivacyRequest, ...]
    merges: tuple[PersonalDataMerge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataExtract:
    """One page of the data about a person; `holdings` on the first page, `next` if more follow."""

    customer_id: CustomerId
    holdings: Holdings | None
    items: tuple[tuple[CustomerId, PersonalDataRow], ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataPorts:
    """The ports that may have data about a person."""

    fingerprints: Fingerprints
    customers: Customers
    personal_data: PersonalDataRows
    pairs: Pairs
    imports: Imports
    exports: Exports
    files: FileVersions
    requests: PrivacyRequests
    merges: Merges


def extract_personal_data(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    after: Cursor | None,
    limit: int,
    now: datetime,
    ports: PersonalDataPorts,
) -> PersonalDataExtract:
    """Return the next rows about a person, record by record; the first page has the records."""
    records = records_of_person(merchant_id, customer_id, ports.customers)
    ids = [each.id for each in records]
    whose = next((each for each in ids if after and each == after.tiebreak), ids[0])
    place = str(after.value) if after else ""
    page = ports.personal_data.page(merchant_id, whose, limit=limit, after=place or None)
    left = ids[ids.index(whose) + 1 :]
    following = None
    if page.next is not None:
        following = Cursor(page.next, whose)
    elif left:
        following = Cursor("", left[0])
    return PersonalDataExtract(
        customer_id=ids[0],
        holdings=None if after else _holdings(merchant_id, records, now, ports),
        items=tuple((whose, row) for row in page.items),
        next=following,
    )


def _holdings(
    merchant_id: MerchantId,
    records: tuple[Customer, ...],
    now: datetime,
    ports: PersonalDataPorts,
) -> Holdings:
    ids = {each.id for each in records}
    consents: list[ConsentLine] = []
    imports = {each for record in records for each in imports_of(record)}
    for record in records:
        for rows in _activities_and_openings(merchant_id, record.id, ports.personal_data):
            consents += consents_in(rows)
            imports |= imports_in(rows)
    return Holdings(
        records=records,
        consents=tuple(sorted(consents)),
        pairs=tuple(pair for each in sorted(ids) for pair in ports.pairs.of(merchant_id, each)),
        imports=_imports(merchant_id, records, imports, now, ports),
        exports=tuple(
            job.id
            for job in live_exports(merchant_id, now, ports.exports)
            if job.since is None or any(each.created_at <= job.since for each in records)
        ),
        requests=_requests(merchant_id, ids, ports.requests),
        merges=tuple(_merges(merchant_id, ids, ports.merges)),
    )


def _activities_and_openings(
    merchant_id: MerchantId, customer_id: CustomerId, personal_data: PersonalDataRows
) -> Iterator[tuple[PersonalDataRow, ...]]:
    """Yield pages of the history and the opening balances, which sort before all other rows."""
    place: str | None = None
    while True:
        page = personal_data.page(merchant_id, customer_id, limit=_ROWS_A_PAGE, after=place)
        yield page.items
        place = page.next
        if place is None or page.items[-1].section not in {"activity", "opening"}:
            return


def _imports(
    merchant_id: MerchantId,
    records: tuple[Customer, ...],
    written: set[str],
    now: datetime,
    ports: PersonalDataPorts,
) -> tuple[str, ...]:
    """Return the imports that wrote to the person and those whose files name them."""
    identities = [each for record in records for each in record.identities()]
    hashes = set(ports.fingerprints.hex_of(merchant_id, identities))
    found = set(written)
    for job in recent_imports(merchant_id, now=now, before=None, imports=ports.imports):
        name = import_files.fingerprints(job.id)
        if job.id in found or not ports.files.names(merchant_id, "imports", name):
            continue
        if hashes.intersection(fingerprints_in(ports.files.read(merchant_id, "imports", name))):
            found.add(job.id)
    return tuple(sorted(found))


def _requests(
    merchant_id: MerchantId, ids: set[CustomerId], requests: PrivacyRequests
) -> tuple[PrivacyRequest, ...]:
    def older(last: PrivacyRequest | None) -> JobPage[PrivacyRequest]:
        before = last.id if last else None
        return requests.newest(merchant_id, limit=_REQUESTS_A_PAGE, before=before)

    return tuple(each for each in items_of_pages(older) if each.customer_id in ids)


def _merges(
    merchant_id: MerchantId, ids: set[CustomerId], merges: Merges
) -> Iterator[PersonalDataMerge]:
    """Yield the merges of the person's records, without before-images of other people."""

    def older(last: Merge | None) -> MergePage:
        before = last.id if last else None
        return merges.newest(merchant_id, limit=_MERGES_A_PAGE, before=before)

    for each in items_of_pages(older):
        if not ids.isdisjoint({each.survivor_id, each.loser_id}):
            merge = merges.get(merchant_id, each.id)
            images = (merge.survivor, merge.loser)
            own = tuple(image for image in images if image and image.id in ids)
            yield PersonalDataMerge(merge, own)
