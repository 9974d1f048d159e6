"""Record and update privacy requests; withdrawals and restrictions take effect at once."""

from dataclasses import replace
from datetime import datetime, timedelta

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Consent, Customer, FieldChange
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.conflicts import require_version
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

#: The source of a consent withdrawn by a request.
SOURCE = "privacy_request"
#: The tolerated difference from clients' clocks.
_CLOCK_TOLERANCE = timedelta(minutes=5)
_ATTEMPTS = 8
#: The field in the history that shows the start and end of a restriction.
_RESTRICTED = "restricted_by"


def create_privacy_request(
    merchant_id: MerchantId,
    request_id: str,
    customer_id: CustomerId,
    kind: RequestKind,
    *,
    received_at: str | None,
    third_party: bool,
    act: Act,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Store a request with its deadlines; a withdrawal or a restriction takes effect at once.

    Such a request is then done, unless a third party must act too. A request about a merged record
    is stored for its survivor. Raises `Conflict` for an erased person, about whom nothing is left
    to ask.
    """
    at = act.at
    received = _received(received_at, act.now)
    customer, *_ = records_of_person(merchant_id, customer_id, customers)
    refuse_unwritable(customer)
    zone = merchants.get(merchant_id).zone
    request = PrivacyRequest(
        merchant_id=merchant_id,
        id=request_id,
        kind=kind,
        customer_id=customer.id,
        received_at=received,
        answer_by=answer_by(received, zone),
        due_at=due_of(kind, received, zone, third_party=third_party),
        third_party=third_party,
        created_at=at,
        created_by=UserId(act.by.actor),
    )
    if kind in {"withdraw_consent", "restrict"}:
        _withdraw(customer, request, act.by, act.now, customers)
        state: RequestState = "in_progress" if third_party else "done"
        request = request.moved_to(state, UserId(act.by.actor), at)
    privacy.add(merchant_id, request, line_of(request, "privacy_requested", act.by, at))
    return request


def update_privacy_request(
    merchant_id: MerchantId,
    request_id: str,
    *,
    state: RequestState | None,
    reason: str | None,
    days_more: int | None,
    lifted: bool = False,
    seen_version: int,
    act: Act,
    customers: Customers,
    merchants: Merchants,
    privacy: PrivacyRequests,
) -> PrivacyRequest:
    """Change the state of a request, extend it once, or lift it; raise `Stale` if it changed."""
    before = privacy.get(merchant_id, request_id)
    require_version(seen_version, before.revision)
    at = act.at
    after = before
    if days_more is not None:
        after = after.extended(days_more, merchants.get(merchant_id).zone)
    if state is not None:
        after = after.moved_to(state, UserId(act.by.actor), at, reason)
    elif reason is not None:
        after = replace(after, reason=reason)
    if lifted:
        after = after.lifted(at)
        _lift(after, act.by, act.now, customers)
    if after == before:
        return before
    line = line_of(after, "privacy_decided", act.by, at, before.revision)
    return privacy.replace(merchant_id, before, after, line)


def get_privacy_request(
    merchant_id: MerchantId, request_id: str, *, privacy: PrivacyRequests
) -> PrivacyRequest:
    """Return a request, or raise `NotFound`."""
    return privacy.get(merchant_id, request_id)


def list_privacy_requests(
    merchant_id: MerchantId, *, limit: int, before: str | None, privacy: PrivacyRequests
) -> PrivacyPage:
    """Return the newest requests that are older than `before`."""
    return privacy.newest(merchant_id, limit=limit, before=before)


def records_of_person(
    merchant_id: MerchantId, customer_id: CustomerId, customers: Customers
) -> tuple[Customer, ...]:
    """Return the records of a person, the survivor first; raise `Busy` while merges run."""
    for _ in range(_ATTEMPTS):
        named = customers.get(merchant_id, customer_id)
        found = {named.id: named, **customers.get_many(merchant_id, relatives(named))}
        person = person_of(named, found)
        if person is not None:
            return person.records
    raise Busy("busy")


def line_of(
    request: PrivacyRequest, kind: ActivityKind, by: Author, at: str, seen: int = 0
) -> Activity:
    """Return the line of the merchant's history about a request: ids, states and dates only."""
    values = {
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
        changes=tuple(FieldChange(name, None, value) for name, value in values.items()),
    )


def _received(received_at: str | None, now: datetime) -> str:
    """Return when a request was received, at the latest now, in UTC with milliseconds."""
    if received_at is None:
        return stamp(now)
    try:
        received = moment(received_at)
    except ValueError as error:
        raise Invalid("invalid_fields", Problem("received_at", "moment_invalid")) from error
    if received.tzinfo is None:
        raise Invalid("invalid_fields", Problem("received_at", "moment_invalid"))
    if received > now + _CLOCK_TOLERANCE:
        raise Invalid("invalid_fields", Problem("received_at", "in_the_future"))
    return stamp(min(received, now))


def _withdraw(
    customer: Customer,
    request: PrivacyRequest,
    by: Author,
    now: datetime,
    customers: Customers,
) -> None:
    """Withdraw the consent to advertising, and restrict it if requested; may be repeated.

    The evidence names the request. Consents of merged records are withdrawn too, so that undoing
    a merge does not restore one.
    """
    at, restricts = stamp(now), request.kind == "restrict"
    evidence = f"{request.kind} {request.id}"
    withdrawn = Consent(accepted=False, at=at, source=SOURCE, evidence=evidence)
    for _ in range(_ATTEMPTS):
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
    """Lift the restriction of a request from its record; another request's restriction stays."""
    for _ in range(_ATTEMPTS):
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
    line_id = derived_ulid(now, request.id, customer_id, "edited")
    return Activity(id=line_id, at=stamp(now), kind="edited", by=by, changes=changes)
