"""Erase a person: their records at once, then all other data about them, step by step.

The request and the tombstones are stored first, so that a killed erasure can be resumed. Then each
record is stripped and its identities are freed. Then a state machine processes the rest. Every
step may be repeated.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.activities import Activity
from crm.domain.customers.anonymization import Tombstone, erased, identities_of_person, is_erased
from crm.domain.customers.customer import Customer
from crm.domain.customers.fingerprints import Fingerprints
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Conflict, NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.times import stamp
from crm.domain.privacy.personal_data import imports_of
from crm.domain.privacy.requests import Erasure, PrivacyRequest, answer_by, due_at
from crm.ports.customers import Customers
from crm.ports.merchants import Merchants
from crm.ports.privacy import PrivacyRequests, PrivacyRuns
from crm.usecases.privacy.requests import line_of, records_of_person

#: The author of steps without a user: after a restore, or by the state machine.
MACHINE = Author("privacy", "erasure")


class ErasureStartPorts(NamedTuple):
    """The ports that start an erasure."""

    fingerprints: Fingerprints
    customers: Customers
    merchants: Merchants
    requests: PrivacyRequests
    runs: PrivacyRuns


def erase_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    request_id: str | None,
    act: Act,
    ports: ErasureStartPorts,
) -> PrivacyRequest:
    """Erase the records of a person, and start the erasure of all other data about them.

    `request_id` names the request to answer; without it one is created. Merged records belong to
    the same person. A repeated call resumes the erasure.
    """
    run = act.new_id()

    def attempt() -> PrivacyRequest:
        person = records_of_person(merchant_id, customer_id, ports.customers)
        tombstone = ports.requests.tombstone(merchant_id, person[0].id)
        if tombstone is not None:
            return ports.requests.get(merchant_id, tombstone.request_id)
        if request_id is None:
            author, merchants = UserId(act.by.actor), ports.merchants
            fresh = _new_request(
                Tombstone(person[0].id, run, act.at), merchant_id, author, merchants
            )
        else:
            fresh = _request_to_answer(merchant_id, request_id, person, ports.requests)
        return _begin(
            fresh, person, act=act, fingerprints=ports.fingerprints, requests=ports.requests
        )

    return _continue(retry_on_conflict(attempt), run, act, ports)


def reapply_erasures(
    merchant_id: MerchantId,
    *,
    act: Act,
    ports: ErasureStartPorts,
) -> int:
    """Erase again persons with a tombstone who are back, as after a restore; return how many.

    An unfinished erasure is resumed. A repeated call finds nothing to do.
    """
    count = 0
    erasures: dict[str, list[Tombstone]] = {}
    for tombstone in ports.requests.tombstones(merchant_id):
        erasures.setdefault(tombstone.request_id, []).append(tombstone)
    for tombstones in erasures.values():
        ids = [each.customer_id for each in tombstones]
        # Customers created after the moment of the restore are missing.
        existing = ports.customers.get_many(merchant_id, ids)
        if not existing:
            continue
        first = next(each for each in tombstones if each.customer_id in existing)
        request = _request_of_tombstone(merchant_id, first, act, ports)
        is_back = not all(map(is_erased, existing.values()))
        if not is_back and request.erasure is not None and request.erasure.step == "done":
            continue
        count += 1
        if is_back or request.erasure is None:
            erasure = Erasure(customer_ids=tuple(existing), began_at=first.at)
            begun = replace(request, state="in_progress", closed_at=None, erasure=erasure)
            line = line_of(begun, "erased", act.by, act.at, request.revision)
            request = ports.requests.replace(merchant_id, request, begun, line)
        _continue(request, act.new_id(), act, ports)
    return count


def erase_records(
    request: PrivacyRequest,
    *,
    by: Author,
    now: datetime,
    fingerprints: Fingerprints,
    customers: Customers,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Strip every record of the person, the survivor last; raise `Busy` after repeated conflicts.

    The fingerprints of a record's identities are stored in the request before the identities are
    removed.
    """
    at = stamp(now)

    def strip(current: PrivacyRequest) -> PrivacyRequest:
        while True:
            person = _records(current, customers)
            left = [each for each in reversed(person) if erased(each, at) is not each]
            if not left:
                return current
            current = _save_traces(current, person, fingerprints, privacy)
            for record in left:
                line_id = derived_ulid(now, current.id, record.id, "erased")
                line = Activity(id=line_id, at=at, kind="erased", by=by)
                customers.update(current.merchant_id, record, erased(record, at), line)
            # A merge may have added a record meanwhile; erased records are merged no more.

    return retry_on_conflict(
        lambda: strip(privacy.get(request.merchant_id, request.id)), first=lambda: strip(request)
    )


def _continue(
    request: PrivacyRequest, run: str, act: Act, ports: ErasureStartPorts
) -> PrivacyRequest:
    """Strip the records, start the execution of the rest, and return the request."""
    if request.erasure is None or request.erasure.step == "done":
        return request
    request = erase_records(
        request,
        by=act.by,
        now=act.now,
        fingerprints=ports.fingerprints,
        customers=ports.customers,
        privacy=ports.requests,
    )
    ports.runs.start(request.merchant_id, request.id, run)
    return request


def _records(request: PrivacyRequest, customers: Customers) -> tuple[Customer, ...]:
    """Return every record of an erasure, a survivor before the records merged into it."""
    found: dict[CustomerId, Customer] = {}
    for customer_id in _ids(request):
        if customer_id not in found:
            person = records_of_person(request.merchant_id, customer_id, customers)
            found |= {each.id: each for each in person}
    return tuple(found.values())


def _ids(request: PrivacyRequest) -> tuple[CustomerId, ...]:
    further = request.erasure.customer_ids if request.erasure else ()
    return tuple(dict.fromkeys((request.customer_id, *further)))


def _request_to_answer(
    merchant_id: MerchantId,
    request_id: str,
    person: Sequence[Customer],
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Return the request that an erasure answers; its record may have been merged since."""
    request = privacy.get(merchant_id, request_id)
    if request.kind != "erase" or request.customer_id not in {each.id for each in person}:
        raise Conflict("request_of_other")
    if request.closed:
        raise Conflict("request_closed")
    return request


def _new_request(
    tombstone: Tombstone, merchant_id: MerchantId, by: UserId, merchants: Merchants
) -> PrivacyRequest:
    """Return the request that a tombstone names; it is not stored yet."""
    customer_id, request_id, at = tombstone
    zone = merchants.get(merchant_id).zone
    return PrivacyRequest(
        merchant_id=merchant_id,
        id=request_id,
        kind="erase",
        customer_id=customer_id,
        received_at=at,
        answer_by=answer_by(at, zone),
        due_at=due_at("erase", at, zone, third_party=False),
        created_at=at,
        created_by=by,
        revision=0,
    )


def _request_of_tombstone(
    merchant_id: MerchantId, tombstone: Tombstone, act: Act, ports: ErasureStartPorts
) -> PrivacyRequest:
    """Return the request of a tombstone, or store a new one if a restore lost it."""
    try:
        return ports.requests.get(merchant_id, tombstone.request_id)
    except NotFound:
        lost = _new_request(tombstone, merchant_id, UserId(act.by.actor), ports.merchants)
        request = replace(lost, revision=1)
        line = line_of(request, "privacy_requested", act.by, act.at)
        ports.requests.add(merchant_id, request, line)
        return request


def _begin(
    request: PrivacyRequest,
    person: Sequence[Customer],
    *,
    act: Act,
    fingerprints: Fingerprints,
    requests: PrivacyRequests,
) -> PrivacyRequest:
    """Store the request with its erasure and the tombstones that name it."""
    at = act.at
    fresh = Erasure(customer_ids=(), began_at=at)
    erasure = _with_traces(fresh, request.merchant_id, person, fingerprints)
    begun = request.erasing(erasure, UserId(act.by.actor), at)
    line = line_of(begun, "erased", act.by, at)
    tombstones = _tombstones(begun)
    if request.revision:
        return requests.replace(request.merchant_id, request, begun, line, tombstones)
    begun = replace(begun, revision=1)
    requests.add(request.merchant_id, begun, line, tombstones)
    return begun


def _save_traces(
    request: PrivacyRequest,
    person: Sequence[Customer],
    fingerprints: Fingerprints,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Store ids, fingerprints and imports of the records that the request does not have yet."""
    stored = request.erasure or Erasure(customer_ids=(), began_at=request.created_at)
    erasure = _with_traces(stored, request.merchant_id, person, fingerprints)
    if erasure == stored:
        return request
    after = replace(request, erasure=erasure)
    return privacy.replace(request.merchant_id, request, after, tombstones=_tombstones(after))


def _with_traces(
    erasure: Erasure,
    merchant_id: MerchantId,
    person: Sequence[Customer],
    fingerprints: Fingerprints,
) -> Erasure:
    """Return the erasure with the ids, fingerprints and imports of the person's records."""
    ids, imports = dict.fromkeys(erasure.customer_ids), set(erasure.imports)
    found = set(erasure.fingerprints)
    for record in person:
        ids[record.id] = None
        imports |= imports_of(record)
        found.update(fingerprints.hex_of(merchant_id, identities_of_person(record)))
    return replace(
        erasure,
        customer_ids=tuple(ids),
        fingerprints=tuple(sorted(found)),
        imports=tuple(sorted(imports)),
    )


def _tombstones(request: PrivacyRequest) -> list[Tombstone]:
    at = request.erasure.began_at if request.erasure else request.created_at
    return [Tombstone(each, request.id, at) for each in _ids(request)]
