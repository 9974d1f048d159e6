"""Erase a person: their records at once, then all other data about them, step by step.

The request and the tombstones are stored first, so that a killed erasure can be resumed. Then each
record is stripped and its identities are freed. Then a state machine processes the rest. Every
step may be repeated.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crm.domain.customers.activities import Activity
from crm.domain.customers.anonymization import Tombstone, erased, identities_of_person, is_erased
from crm.domain.customers.customer import Customer
from crm.domain.customers.fingerprints import Fingerprints
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.errors import Busy, Conflict, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.times import stamp
from crm.domain.privacy.personal_data import imports_of
from crm.domain.privacy.requests import Erasure, PrivacyRequest, answer_by, due_at
from crm.ports.customers import Customers
from crm.ports.merchants import Merchants
from crm.ports.privacy import PrivacyRequests, PrivacyRuns
from crm.usecases.privacy.requests import line_of, records_of_person

_ATTEMPTS = 8
#: The author of steps without a user: after a restore, or by the state machine.
MACHINE = Author("privacy", "erasure")


def erase_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    request_id: str | None,
    act: Act,
    fingerprints: Fingerprints,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
    runs: PrivacyRuns,
) -> PrivacyRequest:
    """Erase the records of a person, and start the erasure of all other data about them.

    `request_id` names the request to answer; without it one is created. Merged records belong to
    the same person. A repeated call resumes the erasure.
    """
    run = act.new_id()
    for _ in range(_ATTEMPTS):
        try:
            person = records_of_person(merchant_id, customer_id, customers)
            tombstone = privacy.tombstone(merchant_id, person[0].id)
            if tombstone is None:
                fresh = _request_to_answer(
                    merchant_id, request_id, person, run, act.by, act.now, merchants, privacy
                )
                request = _begin(
                    fresh,
                    person,
                    by=act.by,
                    now=act.now,
                    fingerprints=fingerprints,
                    privacy=privacy,
                )
            else:
                request = privacy.get(merchant_id, tombstone.request_id)
        except Stale:
            continue
        return _continue(
            request,
            run,
            by=act.by,
            now=act.now,
            fingerprints=fingerprints,
            customers=customers,
            privacy=privacy,
            runs=runs,
        )
    raise Busy("busy")


def reapply_erasures(
    merchant_id: MerchantId,
    *,
    act: Act,
    fingerprints: Fingerprints,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
    runs: PrivacyRuns,
) -> int:
    """Erase again persons with a tombstone who are back, as after a restore; return how many.

    An unfinished erasure is resumed. A repeated call finds nothing to do.
    """
    count = 0
    erasures: dict[str, list[Tombstone]] = {}
    for tombstone in privacy.tombstones(merchant_id):
        erasures.setdefault(tombstone.request_id, []).append(tombstone)
    for tombstones in erasures.values():
        ids = [each.customer_id for each in tombstones]
        # Customers created after the moment of the restore are missing.
        existing = customers.get_many(merchant_id, ids)
        if not existing:
            continue
        first = next(each for each in tombstones if each.customer_id in existing)
        request = _request_of_tombstone(merchant_id, first, act.now, merchants, privacy)
        is_back = not all(map(is_erased, existing.values()))
        if not is_back and request.erasure is not None and request.erasure.step == "done":
            continue
        count += 1
        if is_back or request.erasure is None:
            erasure = Erasure(customer_ids=tuple(existing), began_at=first.at)
            begun = replace(request, state="in_progress", closed_at=None, erasure=erasure)
            line = line_of(begun, "erased", MACHINE, act.at, request.revision)
            request = privacy.replace(merchant_id, request, begun, line)
        _continue(
            request,
            act.new_id(),
            by=MACHINE,
            now=act.now,
            fingerprints=fingerprints,
            customers=customers,
            privacy=privacy,
            runs=runs,
        )
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
    for _ in range(_ATTEMPTS):
        try:
            person = _records(request, customers)
            left = [each for each in reversed(person) if erased(each, at) is not each]
            if not left:
                return request
            request = _save_traces(request, person, fingerprints, privacy)
            for record in left:
                line = Activity(
                    id=derived_ulid(now, request.id, record.id, "erased"),
                    at=at,
                    kind="erased",
                    by=by,
                )
                customers.update(request.merchant_id, record, erased(record, at), line)
        except Stale:
            request = privacy.get(request.merchant_id, request.id)
    raise Busy("busy")


def _continue(
    request: PrivacyRequest,
    run: str,
    *,
    by: Author,
    now: datetime,
    fingerprints: Fingerprints,
    customers: Customers,
    privacy: PrivacyRequests,
    runs: PrivacyRuns,
) -> PrivacyRequest:
    """Strip the records, start the execution of the rest, and return the request."""
    if request.erasure is None or request.erasure.step == "done":
        return request
    request = erase_records(
        request, by=by, now=now, fingerprints=fingerprints, customers=customers, privacy=privacy
    )
    runs.start(request.merchant_id, request.id, run)
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


def _request_to_answer(  # noqa: PLR0917 - as its only caller
    merchant_id: MerchantId,
    request_id: str | None,
    person: Sequence[Customer],
    new_request_id: str,
    by: Author,
    now: datetime,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Return the request that an erasure answers, or a new one that is not stored yet.

    The record of the request may have been merged since.
    """
    if request_id is None:
        at, actor = stamp(now), UserId(by.actor)
        return _new_request(person[0].id, merchant_id, new_request_id, actor, at, merchants)
    request = privacy.get(merchant_id, request_id)
    if request.kind != "erase" or request.customer_id not in {each.id for each in person}:
        raise Conflict("request_of_other")
    if request.closed:
        raise Conflict("request_closed")
    return request


def _new_request(  # noqa: PLR0917 - the fields of a request
    customer_id: CustomerId,
    merchant_id: MerchantId,
    request_id: str,
    by: UserId,
    at: str,
    merchants: Merchants,
) -> PrivacyRequest:
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
    merchant_id: MerchantId,
    tombstone: Tombstone,
    now: datetime,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Return the request of a tombstone, or store a new one if a restore lost it."""
    try:
        return privacy.get(merchant_id, tombstone.request_id)
    except NotFound:
        customer_id, request_id, at = tombstone
        by = UserId(MACHINE.actor)
        lost = _new_request(customer_id, merchant_id, request_id, by, at, merchants)
        request = replace(lost, revision=1)
        line = line_of(request, "privacy_requested", MACHINE, stamp(now))
        privacy.add(merchant_id, request, line)
        return request


def _begin(
    request: PrivacyRequest,
    person: Sequence[Customer],
    *,
    by: Author,
    now: datetime,
    fingerprints: Fingerprints,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Store the request with its erasure and the tombstones that name it."""
    at = stamp(now)
    fresh = Erasure(customer_ids=(), began_at=at)
    erasure = _with_traces(fresh, request.merchant_id, person, fingerprints)
    begun = request.erasing(erasure, UserId(by.actor), at)
    line = line_of(begun, "erased", by, at)
    tombstones = _tombstones(begun)
    if request.revision:
        return privacy.replace(request.merchant_id, request, begun, line, tombstones)
    begun = replace(begun, revision=1)
    privacy.add(request.merchant_id, begun, line, tombstones)
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
