"""API representation of personal data and privacy requests."""

from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.representation import customer_shape
from crm.domain.privacy.requests import PrivacyRequest
from crm.usecases.privacy.personal_data import Holdings, PersonalDataExtract


def request_answer(request: PrivacyRequest, now: str) -> dict[str, Any]:
    """Return the body of `PrivacyRequestAnswer`."""
    erasure = request.erasure
    return {
        "id": request.id,
        "kind": request.kind,
        "customer_id": request.customer_id,
        "state": request.state,
        "received_at": request.received_at,
        "answer_by": request.answer_by,
        "due_at": request.due_at,
        "overdue": request.overdue_at(now),
        "third_party": request.third_party,
        "days_more": request.days_more,
        "reason": request.reason,
        "answered_at": request.answered_at,
        "closed_at": request.closed_at,
        "lifted_at": request.lifted_at,
        "created_at": request.created_at,
        "created_by": request.created_by,
        "decided_by": request.decided_by,
        "erasure": {
            "customer_ids": list(erasure.customer_ids),
            "step": erasure.step,
            "stripped": dict(erasure.stripped),
        }
        if erasure
        else None,
        "version": request.revision,
    }


def personal_data_answer(
    extract: PersonalDataExtract, now: str, cursor: str | None
) -> dict[str, Any]:
    """Return the body of `PersonalDataAnswer`; nothing is masked."""
    return {
        "customer_id": extract.customer_id,
        "at": now,
        "holdings": _holdings(extract.holdings, now) if extract.holdings else None,
        "items": [
            {"customer_id": whose, "section": row.section, "data": dict(row.values)}
            for whose, row in extract.items
        ],
        "next_cursor": cursor,
    }


def _holdings(holdings: Holdings, now: str) -> dict[str, Any]:
    return {
        "records": [_record(each) for each in holdings.records],
        "consent_ledger": [each._asdict() for each in holdings.consents],
        "duplicates": [
            {
                "customer_ids": list(each.id),
                "status": each.status,
                "score": each.score,
                "reasons": list(each.reasons),
                "found_at": each.found_at or None,
            }
            for each in holdings.pairs
        ],
        "imports": list(holdings.imports),
        "exports": list(holdings.exports),
        "requests": [request_answer(each, now) for each in holdings.requests],
        "merges": [
            {
                "id": merge.id,
                "status": merge.status,
                "survivor_id": merge.survivor_id,
                "loser_id": merge.loser_id,
                "at": merge.at,
                "before": [_record(each) for each in before],
            }
            for merge, before in holdings.merges
        ],
    }


def _record(customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer_shape(customer),
        "identities": [each._asdict() for each in customer.identities()],
        "provenance": {name: each._asdict() for name, each in customer.provenance.items()},
        "consent_evidence": customer.marketing_consent.evidence,
        "merged_into": customer.merged_into,
        "restricted_by": customer.restricted_by,
    }
