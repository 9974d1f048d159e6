"""Privacy requests in every engine: storage, consent, and answers by erasures."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.anonymization import is_erased
from crm.domain.customers.customer import Consent
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.privacy.requests import PrivacyRequest, RequestKind, answer_by, due_at
from crm.usecases.customers.editing import edit_latest
from crm.usecases.privacy.requests import Decision, line_of, update_privacy_request
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, an_act, moment
from tests.erasure_builders import (
    ANH,
    BINH,
    PrivacyBackend,
    anh,
)
from tests.merge_builders import keep_customers, merge, undo


def _request(number: int = 1, merchant: Any = MERCHANT) -> PrivacyRequest:
    at = stamp(moment(number))
    return PrivacyRequest(
        merchant_id=merchant,
        id=f"01J{number}",
        kind="access",
        customer_id=ANH,
        received_at=at,
        answer_by=answer_by(at, DEFAULT_ZONE),
        due_at=due_at("access", at, DEFAULT_ZONE, third_party=False),
        created_at=at,
        created_by=LAN.actor,  # type: ignore[arg-type]
    )


@pytest.mark.req("B-14", "D17")
def test_a_restriction_also_blocks_consent_on_the_survivor_until_lifted(
    privacy: PrivacyBackend,
) -> None:
    ids = keep_customers(privacy.backend, 11, 12)

    def consent() -> None:
        edit_latest(
            MERCHANT,
            ids[0],
            lambda _: {"marketing_consent": Consent(accepted=True, at="", source="quầy")},
            act=an_act(now=privacy.now(), ids=privacy.ids),
            customers=privacy.backend.customers,
        )

    request = privacy.request(ids[1], "restrict")
    merge(privacy.backend, ids[0], ids[1])
    with pytest.raises(Conflict, match="processing_restricted"):
        consent()
    update_privacy_request(
        MERCHANT,
        request.id,
        Decision(lifted=True),
        seen_version=request.revision,
        act=an_act(now=privacy.now()),
        ports=privacy.request_ports,
    )
    consent()
    assert privacy.backend.customers.get(MERCHANT, ids[0]).marketing_consent.accepted


@pytest.mark.req("B-14")
def test_the_reasons_of_other_requests_of_the_person_are_removed(privacy: PrivacyBackend) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    others = [replace(_request(number), reason="Chị Ánh gọi") for number in (1, 2)]
    others[1] = replace(others[1], customer_id=BINH)
    for each in others:
        privacy.requests.add(
            MERCHANT, each, line_of(each, "privacy_requested", LAN, each.created_at)
        )

    privacy.erase(ANH)

    reasons = [privacy.requests.get(MERCHANT, each.id).reason for each in others]
    assert reasons == [None, "Chị Ánh gọi"]


@pytest.mark.req("B-14", "B-05")
def test_a_request_about_a_record_merged_since_is_answered_by_erasing_the_person(
    privacy: PrivacyBackend,
) -> None:
    ids = keep_customers(privacy.backend, 11, 12)
    request = replace(_request(), kind="erase", customer_id=ids[1])
    privacy.requests.add(
        MERCHANT, request, line_of(request, "privacy_requested", LAN, request.created_at)
    )
    merge(privacy.backend, ids[0], ids[1])

    started = privacy.start(ids[1], request.id)
    privacy.finish(started.id)

    assert started.id == request.id
    assert privacy.requests.get(MERCHANT, request.id).state == "done"
    assert all(map(is_erased, privacy.backend.customers.get_many(MERCHANT, ids).values()))


@pytest.mark.req("B-14")
def test_an_erasure_closes_every_request_to_erase_of_the_person_and_no_other(
    privacy: PrivacyBackend,
) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    to_erase, to_access, of_other = (
        replace(_request(1), kind="erase", reason="Chị Ánh gọi"),
        _request(2),
        replace(_request(3), kind="erase", customer_id=BINH),
    )
    for each in (to_erase, to_access, of_other):
        privacy.requests.add(
            MERCHANT, each, line_of(each, "privacy_requested", LAN, each.created_at)
        )

    done = privacy.erase(ANH)

    stored = [privacy.requests.get(MERCHANT, each.id) for each in (to_erase, to_access, of_other)]
    assert [each.state for each in stored] == ["done", "open", "open"]
    assert (stored[0].closed_at, stored[0].reason) == (done.closed_at, None)
    assert stored[0].answered_at is not None


@pytest.mark.req("B-14", "D17")
@pytest.mark.parametrize("kind", ["withdraw_consent", "restrict"])
def test_undoing_a_merge_restores_no_withdrawn_consent(
    privacy: PrivacyBackend, kind: RequestKind
) -> None:
    yes = Consent(accepted=True, at=stamp(moment(1)), source="quầy")
    ids = keep_customers(privacy.backend, 11, 12, marketing_consent=yes)
    merged = merge(privacy.backend, ids[0], ids[1])

    privacy.request(ids[1], kind)
    undo(privacy.backend, merged.id)

    both = privacy.backend.customers.get_many(MERCHANT, ids).values()
    assert [each.status for each in both] == ["active", "active"]
    assert [each.marketing_consent.accepted for each in both] == [False, False]


def test_requests_are_stored_once_listed_newest_first_and_replaced_by_revision(
    privacy: PrivacyBackend,
) -> None:
    added = [_request(number) for number in (1, 2, 3)]
    for each in [*added, replace(added[0], reason="lần hai")]:
        privacy.requests.add(
            MERCHANT, each, line_of(each, "privacy_requested", LAN, each.created_at)
        )
    privacy.requests.add(
        OTHER_MERCHANT,
        _request(9, OTHER_MERCHANT),
        line_of(added[0], "privacy_requested", LAN, added[0].created_at),
    )

    page = privacy.requests.newest(MERCHANT, limit=2, before=None)
    assert (page.items, page.more) == ((added[2], added[1]), True)
    rest = privacy.requests.newest(MERCHANT, limit=2, before=added[1].id)
    assert (rest.items, rest.more) == ((added[0],), False)
    after = privacy.requests.replace(MERCHANT, added[0], replace(added[0], state="in_progress"))
    assert after.revision == 2
    assert privacy.requests.get(MERCHANT, added[0].id) == after
    with pytest.raises(Stale):
        privacy.requests.replace(MERCHANT, added[0], replace(added[0], state="done"))
    with pytest.raises(NotFound):
        privacy.requests.get(OTHER_MERCHANT, added[0].id)
