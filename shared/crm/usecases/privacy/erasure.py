"""Erase a person: their records at once, then everything else that is kept of them, step by step.

First the request and the tombstones stand, so that whatever is killed afterwards is taken up
again; then each record is stripped where it stands and its identities are freed; then a state
machine goes through the rest. Every step may be done twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crm.domain.customers.activities import Activity
from crm.domain.customers.anonymization import Tombstone, erased, identities_of_person, is_erased
from crm.domain.customers.customer import Author, Customer
from crm.domain.customers.fingerprints import Fingerprints
from crm.domain.kernel.errors import Busy, Conflict, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.times import stamp
from crm.domain.privacy.personal_data import imports_of
from crm.domain.privacy.requests import Erasure, PrivacyRequest, answer_by, due_at
from crm.ports.customers import Customers
from crm.ports.merchants import Merchants
from crm.ports.privacy import PrivacyRequests, PrivacyRuns
from crm.usecases.customers.editing import NewId
from crm.usecases.privacy.requests import line_of, records_of_person

_ROUNDS = 8
#: Whose a step is that nobody asked for by hand: after a restore, or by the machine itself.
MACHINE = Author("privacy", "erasure")


def erase_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    asked: str | None,
    by: Author,
    now: datetime,
    new_id: NewId,
    fingerprints: Fingerprints,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
    runs: PrivacyRuns,
) -> PrivacyRequest:
    """Erase the person of a record, and begin with all that is kept beside it.

    `asked` names the request that this answers; without it one is made. Whoever was merged with
    the record is the same person. Asked again, it goes on where it stands.
    """
    run = new_id(now)
    for _ in range(_ROUNDS):
        try:
            person = records_of_person(merchant_id, customer_id, customers)
            known = privacy.tombstone(merchant_id, person[0].id)
            if known is None:
                fresh = _asked(merchant_id, asked, person, run, by, now, merchants, privacy)
                request = _begun(
                    fresh, person, by=by, now=now, fingerprints=fingerprints, privacy=privacy
                )
            else:
                request = privacy.get(merchant_id, known.request_id)
        except Stale:
            continue
        return _carried_on(
            request,
            run,
            by=by,
            now=now,
            fingerprints=fingerprints,
            customers=customers,
            privacy=privacy,
            runs=runs,
        )
    raise Busy("busy")


def reapply_erasures(
    merchant_id: MerchantId,
    *,
    now: datetime,
    new_id: NewId,
    fingerprints: Fingerprints,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
    runs: PrivacyRuns,
) -> int:
    """Erase again whoever has a tombstone and came back, as by a restore; return how many did.

    An erasure that did not come to its end goes on. Done again, it finds nothing to do.
    """
    again = 0
    erasures: dict[str, list[Tombstone]] = {}
    for tombstone in privacy.tombstones(merchant_id):
        erasures.setdefault(tombstone.request_id, []).append(tombstone)
    for tombstones in erasures.values():
        ids = [each.customer_id for each in tombstones]
        there = customers.get_many(merchant_id, ids)  # not who came after the moment restored
        if not there:
            continue
        first = next(each for each in tombstones if each.customer_id in there)
        request = _restored(merchant_id, first, now, merchants, privacy)
        came_back = not all(map(is_erased, there.values()))
        if not came_back and request.erasure is not None and request.erasure.step == "done":
            continue
        again += 1
        if came_back or request.erasure is None:
            erasure = Erasure(customer_ids=tuple(there), began_at=first.at)
            begun = replace(request, state="in_progress", closed_at=None, erasure=erasure)
            line = line_of(begun, "erased", MACHINE, stamp(now), request.revision)
            request = privacy.replace(merchant_id, request, begun, line)
        _carried_on(
            request,
            new_id(now),
            by=MACHINE,
            now=now,
            fingerprints=fingerprints,
            customers=customers,
            privacy=privacy,
            runs=runs,
        )
    return again


def erase_records(
    request: PrivacyRequest,
    *,
    by: Author,
    now: datetime,
    fingerprints: Fingerprints,
    customers: Customers,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Strip every record of the person, the survivor last; raise `Busy` where others are faster.

    What identities a record has is marked in the request before the record is without them.
    """
    at = stamp(now)
    for _ in range(_ROUNDS):
        try:
            person = _records(request, customers)
            left = [each for each in reversed(person) if erased(each, at) is not each]
            if not left:
                return request
            request = _marked(request, person, fingerprints, privacy)
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


def _carried_on(
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
    """Return the request once the records are stripped and the rest is under way."""
    if request.erasure is None or request.erasure.step == "done":
        return request
    request = erase_records(
        request, by=by, now=now, fingerprints=fingerprints, customers=customers, privacy=privacy
    )
    runs.start(request.merchant_id, request.id, run)
    return request


def _records(request: PrivacyRequest, customers: Customers) -> tuple[Customer, ...]:
    """Return every record that an erasure is about, a survivor before those merged into it."""
    found: dict[CustomerId, Customer] = {}
    for customer_id in _ids(request):
        if customer_id not in found:
            person = records_of_person(request.merchant_id, customer_id, customers)
            found |= {each.id: each for each in person}
    return tuple(found.values())


def _ids(request: PrivacyRequest) -> tuple[CustomerId, ...]:
    further = request.erasure.customer_ids if request.erasure else ()
    return tuple(dict.fromkeys((request.customer_id, *further)))


def _asked(  # noqa: PLR0917 - as its only caller
    merchant_id: MerchantId,
    asked: str | None,
    person: Sequence[Customer],
    request_id: str,
    by: Author,
    now: datetime,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Return the request that an erasure answers, or one made of it, which is not kept yet.

    The record that it was asked of may have been merged since.
    """
    if asked is None:
        at, actor = stamp(now), UserId(by.actor)
        return _own_request(person[0].id, merchant_id, request_id, actor, at, merchants)
    request = privacy.get(merchant_id, asked)
    if request.kind != "erase" or request.customer_id not in {each.id for each in person}:
        raise Conflict("request_of_other")
    if request.closed:
        raise Conflict("request_closed")
    return request


def _own_request(  # noqa: PLR0917 - what a request is made of
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


def _restored(
    merchant_id: MerchantId,
    tombstone: Tombstone,
    now: datetime,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Return the request of a tombstone; a restore may have lost it, then there is a new one."""
    try:
        return privacy.get(merchant_id, tombstone.request_id)
    except NotFound:
        customer_id, request_id, at = tombstone
        by = UserId(MACHINE.actor)
        lost = _own_request(customer_id, merchant_id, request_id, by, at, merchants)
        request = replace(lost, revision=1)
        line = line_of(request, "privacy_requested", MACHINE, stamp(now))
        privacy.add(merchant_id, request, line)
        return request


def _begun(
    request: PrivacyRequest,
    person: Sequence[Customer],
    *,
    by: Author,
    now: datetime,
    fingerprints: Fingerprints,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Keep the request in the hands of its erasure, with the tombstones that name it."""
    at = stamp(now)
    fresh = Erasure(customer_ids=(), began_at=at)
    erasure = _told_of(fresh, request.merchant_id, person, fingerprints)
    begun = request.erasing(erasure, UserId(by.actor), at)
    line = line_of(begun, "erased", by, at)
    tombstones = _tombstones(begun)
    if request.revision:
        return privacy.replace(request.merchant_id, request, begun, line, tombstones)
    begun = replace(begun, revision=1)
    privacy.add(request.merchant_id, begun, line, tombstones)
    return begun


def _marked(
    request: PrivacyRequest,
    person: Sequence[Customer],
    fingerprints: Fingerprints,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Keep what the records tell of the person, if it is more than the request knows."""
    known = request.erasure or Erasure(customer_ids=(), began_at=request.created_at)
    told = _told_of(known, request.merchant_id, person, fingerprints)
    if told == known:
        return request
    after = replace(request, erasure=told)
    return privacy.replace(request.merchant_id, request, after, tombstones=_tombstones(after))


def _told_of(
    known: Erasure, merchant_id: MerchantId, person: Sequence[Customer], fingerprints: Fingerprints
) -> Erasure:
    ids, imports = dict.fromkeys(known.customer_ids), set(known.imports)
    found = set(known.fingerprints)
    for record in person:
        ids[record.id] = None
        imports |= imports_of(record)
        found.update(fingerprints.spelled(merchant_id, identities_of_person(record)))
    return replace(
        known,
        customer_ids=tuple(ids),
        fingerprints=tuple(sorted(found)),
        imports=tuple(sorted(imports)),
    )


def _tombstones(request: PrivacyRequest) -> list[Tombstone]:
    at = request.erasure.began_at if request.erasure else request.created_at
    return [Tombstone(each, request.id, at) for each in _ids(request)]
