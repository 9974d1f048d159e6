"""Privacy requests: legal deadlines and transitions between states."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from crm.domain.kernel.errors import Conflict, CrmError, Invalid
from crm.domain.kernel.ids import UserId
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.privacy.requests import (
    Erasure,
    PrivacyRequest,
    RequestKind,
    RequestState,
    answer_by,
    due_at,
)
from tests.builders import MERCHANT, customer_id

LAN = UserId("user-lan")
LATER = "2026-11-24T03:00:00.000Z"


def a_request(kind: RequestKind = "correct", **fields: Any) -> PrivacyRequest:
    at = "2026-11-20T03:00:00.000Z"  # a Friday in Hà Nội
    ordinary: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "id": "01J0",
        "kind": kind,
        "customer_id": customer_id(),
        "received_at": at,
        "answer_by": answer_by(at, DEFAULT_ZONE),
        "due_at": due_at(kind, at, DEFAULT_ZONE, third_party=False),
        "created_at": at,
        "created_by": LAN,
    }
    return PrivacyRequest(**{**ordinary, **fields})


def moved(request: PrivacyRequest, *states: RequestState) -> PrivacyRequest:
    for state in states:
        request = request.moved_to(state, LAN, LATER, "vì")
    return request


@pytest.mark.req("B-14")
@pytest.mark.parametrize(
    ("received", "answered_by"),
    [
        ("2026-11-16T03:00:00.000Z", "2026-11-18T16:59:59.999Z"),  # Monday → Wednesday
        ("2026-11-19T03:00:00.000Z", "2026-11-23T16:59:59.999Z"),  # Thursday → Monday
        ("2026-11-20T03:00:00.000Z", "2026-11-24T16:59:59.999Z"),  # Friday → Tuesday
        ("2026-11-21T03:00:00.000Z", "2026-11-24T16:59:59.999Z"),  # Saturday → Tuesday
        ("2026-11-22T18:00:00.000Z", "2026-11-25T16:59:59.999Z"),  # already Monday in Hà Nội
    ],
)
def test_a_request_is_answered_within_two_working_days_in_the_merchants_zone(
    received: str, answered_by: str
) -> None:
    assert answer_by(received, DEFAULT_ZONE) == answered_by


@pytest.mark.req("B-14")
@pytest.mark.parametrize(
    ("kind", "third_party", "day"),
    [
        ("access", False, "2026-11-30"),
        ("correct", False, "2026-11-30"),
        ("erase", False, "2026-11-30"),
        ("withdraw_consent", False, "2026-12-05"),
        ("restrict", False, "2026-12-05"),
        ("erase", True, "2026-12-10"),
        ("restrict", True, "2026-12-10"),
    ],
)
def test_each_kind_has_the_deadline_of_the_law(
    kind: RequestKind,
    third_party: bool,  # noqa: FBT001 - a case of the table
    day: str,
) -> None:
    due = due_at(kind, "2026-11-20T03:00:00.000Z", DEFAULT_ZONE, third_party=third_party)

    assert due == f"{day}T16:59:59.999Z"


def test_every_kind_is_due_after_its_answer() -> None:
    for kind in get_args(RequestKind):
        assert a_request(kind).due_at > a_request(kind).answer_by


@pytest.mark.req("B-14")
def test_a_request_is_overdue_without_an_answer_or_its_end_in_time() -> None:
    fresh = a_request()
    answered = moved(fresh, "in_progress")
    done = moved(answered, "done")

    assert not fresh.overdue_at(fresh.answer_by)
    assert fresh.overdue_at("2026-11-25T00:00:00.000Z")
    assert not answered.overdue_at("2026-11-25T00:00:00.000Z")
    assert answered.overdue_at("2026-12-01T00:00:00.000Z")
    assert not done.overdue_at("2027-12-01T00:00:00.000Z")
    extended = answered.extended(15, DEFAULT_ZONE)
    assert not extended.overdue_at("2026-12-01T00:00:00.000Z")
    assert extended.due_at == "2026-12-15T16:59:59.999Z"


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (("done", "in_progress"), "request_closed"),
        (("refused", "done"), "request_closed"),
        (("in_progress", "open"), "request_begun"),
    ],
)
def test_a_request_never_returns_to_an_earlier_state(
    states: tuple[RequestState, ...], code: str
) -> None:
    with pytest.raises(Conflict, match=code):
        moved(a_request(), *states)


@pytest.mark.req("B-14")
def test_a_refusal_needs_a_reason() -> None:
    with pytest.raises(Invalid):
        a_request().moved_to("refused", LAN, LATER)

    refused = a_request().moved_to("refused", LAN, LATER, "Không phải chủ tài khoản")
    assert (refused.reason, refused.closed_at) == ("Không phải chủ tài khoản", LATER)


def test_only_its_erasure_closes_a_request_to_erase() -> None:
    request = a_request("erase")
    erasing = request.erasing(Erasure(customer_ids=(customer_id(),), began_at=LATER), LAN, LATER)
    erased = replace(erasing, erasure=replace(erasing.erasure or _none(), step="done"))

    cases: list[tuple[PrivacyRequest, RequestState, str]] = [
        (request, "done", "erase_first"),
        (erasing, "done", "erasure_running"),
        (erasing, "refused", "erasure_running"),
    ]
    for before, state, code in cases:
        with pytest.raises(CrmError, match=code):
            moved(before, state)
    assert moved(erased, "done").state == "done"


def test_a_request_is_extended_once() -> None:
    extended = a_request().extended(5, DEFAULT_ZONE)

    assert extended.extended(5, DEFAULT_ZONE) == extended
    with pytest.raises(Conflict, match="request_prolonged"):
        extended.extended(6, DEFAULT_ZONE)
    with pytest.raises(Conflict, match="request_closed"):
        moved(a_request(), "done").extended(5, DEFAULT_ZONE)


def test_a_finished_erasure_has_no_fingerprints_or_imports() -> None:
    erasure = Erasure(
        customer_ids=(customer_id(),), began_at=LATER, fingerprints=("ab",), imports=("01J0",)
    )
    steps = []
    while erasure.step != "done":
        steps.append(erasure.step)
        erasure = erasure.at_next_step()

    assert steps == ["records", "history", "pairs", "merges", "exports", "imports", "late"]
    assert (erasure.fingerprints, erasure.imports) == ((), ())


def _none() -> Erasure:
    raise AssertionError("there is an erasure")
