"""Take in what people ask about their data, do what can be done at once, follow the rest."""

from dataclasses import replace
from datetime import datetime, timedelta

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Author, Consent, Customer, FieldChange
from crm.domain.kernel.errors import Busy, Invalid, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.times import moment, stamp
from crm.domain.merges.person import person_of, relatives
from crm.domain.privacy.requests import (
    PrivacyPage,
    PrivacyRequest,
    RequestKind,
    RequestState,
    answer_by,
)
from crm.domain.privacy.requests import due_at as due_of
from crm.ports.customers import Customers
from crm.ports.merchants import Merchants
from crm.ports.privacy import PrivacyRequests
from crm.usecases.customers.editing import refuse_unwritable

#: What a consent that was withdrawn by a request names as its source.
SOURCE = "privacy_request"
#: Nobody's clock agrees with ours to the minute.
_CLOCKS_DIFFER = timedelta(minutes=5)
_ROUNDS = 8
#: What a history calls it that a record was restricted, or is no more.
_RESTRICTED = "restricted_by"


def ask_privacy(
    merchant_id: MerchantId,
    request_id: str,
    customer_id: CustomerId,
    kind: RequestKind,
    *,
    received_at: str | None,
    third_party: bool,
    by: Author,
    now: datetime,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Keep a request with its clocks; a withdrawal or a restriction has its effect at once.

    With that it is done, unless a third party must act too. The request is of the person: asked of
    a record that was merged, it is the survivor's. Raises `Conflict` for who is erased: nothing is
    kept of them that one could ask about.
    """
    at = stamp(now)
    came = _received(received_at, now)
    customer, *_ = records_of_person(merchant_id, customer_id, customers)
    refuse_unwritable(customer)
    zone = merchants.get(merchant_id).zone
    request = PrivacyRequest(
        merchant_id=merchant_id,
        id=request_id,
        kind=kind,
        customer_id=customer.id,
        received_at=came,
        answer_by=answer_by(came, zone),
        due_at=due_of(kind, came, zone, third_party=third_party),
        third_party=third_party,
        created_at=at,
        created_by=UserId(by.actor),
    )
    if kind in {"withdraw_consent", "restrict"}:
        _withdraw(customer, request, by, now, customers)
        state: RequestState = "in_progress" if third_party else "done"
        request = request.moved_to(state, UserId(by.actor), at)
    privacy.add(merchant_id, request, line_of(request, "privacy_requested", by, at))
    return request


def decide_privacy(
    merchant_id: MerchantId,
    request_id: str,
    *,
    state: RequestState | None,
    reason: str | None,
    days_more: int | None,
    lifted: bool = False,
    seen_version: int,
    by: Author,
    now: datetime,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Move a request on, prolong it once, or lift its restriction, if it stands as it was seen."""
    before = privacy.get(merchant_id, request_id)
    if before.revision != seen_version:
        raise Stale("stale", current_version=before.revision)
    at = stamp(now)
    after = before
    if days_more is not None:
        after = after.prolonged(days_more, merchants.get(merchant_id).zone)
    if state is not None:
        after = after.moved_to(state, UserId(by.actor), at, reason)
    elif reason is not None:
        after = replace(after, reason=reason)
    if lifted:
        after = after.lifted(at)
        _lift(after, by, now, customers)
    if after == before:
        return before
    line = line_of(after, "privacy_decided", by, at, before.revision)
    return privacy.replace(merchant_id, before, after, line)


def get_privacy(
    merchant_id: MerchantId, request_id: str, *, privacy: PrivacyRequests
) -> PrivacyRequest:
    """Return a request as far as it is."""
    return privacy.get(merchant_id, request_id)


def list_privacy(
    merchant_id: MerchantId, *, limit: int, before: str | None, privacy: PrivacyRequests
) -> PrivacyPage:
    """Return the newest requests that are older than `before`."""
    return privacy.newest(merchant_id, limit=limit, before=before)


def records_of_person(
    merchant_id: MerchantId, customer_id: CustomerId, customers: Customers
) -> tuple[Customer, ...]:
    """Return the records of a person, the survivor first; `Busy` while merges are written."""
    for _ in range(_ROUNDS):
        named = customers.get(merchant_id, customer_id)
        known = {named.id: named, **customers.get_many(merchant_id, relatives(named))}
        person = person_of(named, known)
        if person is not None:
            return person.records
    raise Busy("busy")


def line_of(
    request: PrivacyRequest, kind: ActivityKind, by: Author, at: str, seen: int = 0
) -> Activity:
    """Return the line of the merchant's history about a request: ids and states alone."""
    said = {
        "request_id": request.id,
        "kind": request.kind,
        "customer_id": request.customer_id,
        "state": request.state,
        "due_at": request.due_at,
    }
    return Activity(
        id=derived_ulid(moment(at), "privacy", request.id, kind, str(seen)),
        at=at,
        kind=kind,
        by=by,
        changes=tuple(FieldChange(name, None, value) for name, value in said.items()),
    )


def _received(received_at: str | None, now: datetime) -> str:
    """Return when a request came in, at the latest now, in our spelling."""
    if received_at is None:
        return stamp(now)
    try:
        came = moment(received_at)
    except ValueError as error:
        raise Invalid("invalid_fields", Problem("received_at", "moment_invalid")) from error
    if came.tzinfo is None:
        raise Invalid("invalid_fields", Problem("received_at", "moment_invalid"))
    if came > now + _CLOCKS_DIFFER:
        raise Invalid("invalid_fields", Problem("received_at", "in_the_future"))
    return stamp(min(came, now))


def _withdraw(
    customer: Customer,
    request: PrivacyRequest,
    by: Author,
    now: datetime,
    customers: Customers,
) -> None:
    """Take the leave to advertise back, for good if asked; told again, it is taken.

    The request is the evidence of it. Leave that merged records hold is taken too: whoever asks
    is not to be advertised to again because a merge is undone.
    """
    at, restricts = stamp(now), request.kind == "restrict"
    evidence = f"{request.kind} {request.id}"
    withdrawn = Consent(accepted=False, at=at, source=SOURCE, evidence=evidence)
    for _ in range(_ROUNDS):
        records = records_of_person(customer.merchant_id, customer.id, customers)
        survivor, *merged = records
        refuse_unwritable(survivor)
        left = [each for each in merged if each.marketing_consent.accepted]
        if survivor.marketing_consent.evidence != evidence:
            left.append(survivor)
        try:
            for before in left:
                changes = before.changes({"marketing_consent": withdrawn})
                after = before.edited(changes, by, at)
                if restricts and before is survivor:
                    after = replace(after, restricted_by=request.id)
                    changes = (*changes, FieldChange(_RESTRICTED, old=None, new=request.id))
                line = _edit(request, before.id, changes, by, now)
                customers.update(customer.merchant_id, before, after, line)
        except Stale:
            continue
        return
    raise Busy("busy")


def _lift(request: PrivacyRequest, by: Author, now: datetime, customers: Customers) -> None:
    """Let a record take leave to advertise again; another restriction of it stays."""
    for _ in range(_ROUNDS):
        records = records_of_person(request.merchant_id, request.customer_id, customers)
        before = next((each for each in records if each.restricted_by == request.id), None)
        if before is None:
            return
        after = replace(
            before.edited((), by, stamp(now)),
            restricted_by=None,
        )
        over = FieldChange(_RESTRICTED, old=request.id, new=None)
        line = _edit(request, before.id, (over,), by, now)
        try:
            customers.update(request.merchant_id, before, after, line)
        except Stale:
            continue
        return
    raise Busy("busy")


def _edit(
    request: PrivacyRequest,
    customer_id: CustomerId,
    changes: tuple[FieldChange, ...],
    by: Author,
    now: datetime,
) -> Activity:
    made = derived_ulid(now, request.id, customer_id, "edited")
    return Activity(id=made, at=stamp(now), kind="edited", by=by, changes=changes)
