"""Record and update privacy requests; withdrawals and restrictions take effect at once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Consent, Customer, FieldChange
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.conflicts import require_version, retry_on_conflict
from crm.domain.kernel.errors import Invalid, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.jobs import JobPage
from crm.domain.kernel.times import moment, stamp
from crm.domain.merges.person import person_of, relatives
from crm.domain.privacy.requests import (
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
#: The field in the history that shows the start and end of a restriction.
_RESTRICTED = "restricted_by"


class RequestPorts(NamedTuple):
    """The ports that record privacy requests and put them into effect."""

    customers: Customers
    merchants: Merchants
    requests: PrivacyRequests


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What a person asked for; without `received_at` they asked now."""

    customer_id: CustomerId
    kind: RequestKind
    received_at: str | None = None
    third_party: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Changes of a request: its state and reason, more days to answer, or its end."""

    state: RequestState | None = None
    reason: str | None = None
    days_more: int | None = None
    lifted: bool = False


def create_privacy_request(
    merchant_id: MerchantId, request_id: str, new: NewRequest, *, act: Act, ports: RequestPorts
) -> PrivacyRequest:
    """Store a request with its deadlines; a withdrawal or a restriction takes effect at once.

    Such a request is then done, unless a third party must act too. A request about a merged record
    is stored for its survivor. Raises `Conflict` for an erased person, about whom nothing is left
    to ask.
    """
    at = act.at
    received = _received(new.received_at, act.now)
    customer, *_ = records_of_person(merchant_id, new.customer_id, ports.customers)
    refuse_unwritable(customer)
    zone = ports.merchants.get(merchant_id).zone
    request = PrivacyRequest(
        merchant_id=merchant_id,
        id=request_id,
        kind=new.kind,
        customer_id=customer.id,
        received_at=received,
        answer_by=answer_by(received, zone),
        due_at=due_of(new.kind, received, zone, third_party=new.third_party),
        third_party=new.third_party,
        created_at=at,
        created_by=UserId(act.by.actor),
    )
    if new.kind in {"withdraw_consent", "restrict"}:
        _withdraw(customer, request, act, ports.customers)
        state: RequestState = "in_progress" if new.third_party else "done"
        request = request.moved_to(state, UserId(act.by.actor), at)
    ports.requests.add(merchant_id, request, line_of(request, "privacy_requested", act.by, at))
    return request


def update_privacy_request(
    merchant_id: MerchantId,
    request_id: str,
    decision: Decision,
    *,
    seen_version: int,
    act: Act,
    ports: RequestPorts,
) -> PrivacyRequest:
    """Change the state of a request, extend it once, or lift it; raise `Stale` if it changed."""
    before = ports.requests.get(merchant_id, request_id)
    require_version(seen_version, before.revision)
    at = act.at
    after = before
    if decision.days_more is not None:
        after = after.extended(decision.days_more, ports.merchants.get(merchant_id).zone)
    if decision.state is not None:
        after = after.moved_to(decision.state, UserId(act.by.actor), at, decision.reason)
    elif decision.reason is not None:
        after = replace(after, reason=decision.reason)
    if decision.lifted:
        after = after.lifted(at)
        _lift(after, act, ports.customers)
    if after == before:
        return before
    line = line_of(after, "privacy_decided", act.by, at, before.revision)
    return ports.requests.replace(merchant_id, before, after, line)


def get_privacy_request(
    merchant_id: MerchantId, request_id: str, *, privacy: PrivacyRequests
) -> PrivacyRequest:
    """Return a request, or raise `NotFound`."""
    return privacy.get(merchant_id, request_id)


def list_privacy_requests(
    merchant_id: MerchantId, *, limit: int, before: str | None, privacy: PrivacyRequests
) -> JobPage[PrivacyRequest]:
    """Return the newest requests that are older than `before`."""
    return privacy.newest(merchant_id, limit=limit, before=before)


def records_of_person(
    merchant_id: MerchantId, customer_id: CustomerId, customers: Customers
) -> tuple[Customer, ...]:
    """Return the records of a person, the survivor first; raise `Busy` while merges run."""

    def attempt() -> tuple[Customer, ...]:
        named = customers.get(merchant_id, customer_id)
        found = {named.id: named, **customers.get_many(merchant_id, relatives(named))}
        person = person_of(named, found)
        if person is None:
            raise Stale("stale", current_version=None)
        return person.records

    return retry_on_conflict(attempt)


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


def _withdraw(customer: Customer, request: PrivacyRequest, act: Act, customers: Customers) -> None:
    """Withdraw the consent to advertising, and restrict it if requested; may be repeated.

    The evidence names the request. Consents of merged records are withdrawn too, so that undoing
    a merge does not restore one.
    """
    at, restricts = act.at, request.kind == "restrict"
    evidence = f"{request.kind} {request.id}"
    withdrawn = Consent(accepted=False, at=at, source=SOURCE, evidence=evidence)

    def attempt() -> None:
        records = records_of_person(customer.merchant_id, customer.id, customers)
        survivor, *merged = records
        refuse_unwritable(survivor)
        left = [each for each in merged if each.marketing_consent.accepted]
        if survivor.marketing_consent.evidence != evidence:
            left.append(survivor)
        for before in left:
            changes = before.changes({"marketing_consent": withdrawn})
            after = before.edited(changes, act.by, at)
            if restricts and before is survivor:
                after = replace(after, restricted_by=request.id)
                changes = (*changes, FieldChange(_RESTRICTED, old=None, new=request.id))
            line = _edit(request, before.id, changes, act)
            customers.update(customer.merchant_id, before, after, line)

    retry_on_conflict(attempt)


def _lift(request: PrivacyRequest, act: Act, customers: Customers) -> None:
    """Lift the restriction of a request from its record; another request's restriction stays."""

    def attempt() -> None:
        records = records_of_person(request.merchant_id, request.customer_id, customers)
        before = next((each for each in records if each.restricted_by == request.id), None)
        if before is None:
            return
        after = replace(before.edited((), act.by, act.at), restricted_by=None)
        over = FieldChange(_RESTRICTED, old=request.id, new=None)
        line = _edit(request, before.id, (over,), act)
        customers.update(request.merchant_id, before, after, line)

    retry_on_conflict(attempt)


def _edit(
    request: PrivacyRequest,
    customer_id: CustomerId,
    changes: tuple[FieldChange, ...],
    act: Act,
) -> Activity:
    line_id = derived_ulid(act.now, request.id, customer_id, "edited")
    return Activity(id=line_id, at=act.at, kind="edited", by=act.by, changes=changes)
