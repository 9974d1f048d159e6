"""Erasure in every engine: what it removes and keeps, and how killed workers resume it."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from crm.aws.dynamodb.table import Table
from crm.domain.customers.activities import ActivityQuery
from crm.domain.customers.anonymization import erased, is_erased
from crm.domain.customers.customer import Address, Consent, Customer, Identity, Membership
from crm.domain.duplicates.scoring import KeptPair, pair_id
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.privacy.personal_data import PersonalDataRow
from crm.domain.privacy.requests import PrivacyRequest, RequestKind, answer_by, due_at
from crm.usecases.customers.editing import edit_latest
from crm.usecases.customers.timeline import add_note
from crm.usecases.loyalty.membership import adjust_points
from crm.usecases.privacy.erasure import reapply_erasures
from crm.usecases.privacy.requests import line_of, update_privacy_request
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, a_customer, customer_id, moment
from tests.engines.faults import KilledError
from tests.erasure_builders import SETTLE_SECONDS, Kill, PrivacyBackend, privacy_backend
from tests.import_builders import FINGERPRINTS
from tests.merge_builders import keep_customers, merge, undo
from tests.order_builders import Backend, an_incoming_customer, an_order, placed

ANH, BINH = customer_id(1), customer_id(2)
PHONE = Identity("phone", "+84912345678")
HOME = {"line": "12 Lý Thường Kiệt", "recipient": "Nguyễn Thị Ánh"}


@pytest.fixture
def privacy(backend: Backend, engine: Table | None) -> PrivacyBackend:
    """Give the privacy ports of a merchant's backend, in each engine."""
    return privacy_backend(backend, engine)


def anh(**fields: Any) -> Customer:
    ordinary: dict[str, Any] = {
        "code": "KH000901",
        "phone": PHONE.value,
        "email": "anh@example.vn",
        "card_code": "TV0001",
        "external_ids": {"haravan": "1009"},
        "birthday": "1990-05-17",
        "gender": "female",
        "note": "Gọi sau 18 giờ",
        "tags": ("sỉ",),
        "group": "vip",
        "addresses": (Address(id="a-1", line="12 Lý Thường Kiệt", is_default=True),),
    }
    return a_customer(1, **{**ordinary, **fields})


def add_order_and_note(privacy: PrivacyBackend, number: int = 1) -> None:
    """Add an order under the phone, and a note."""
    privacy.backend.take(
        an_order(number, shipping_address=HOME), an_incoming_customer(f"e-{number}")
    )
    add_note(
        MERCHANT,
        ANH,
        "Ánh thích trà",
        by=LAN,
        now=moment(number),
        new_id=privacy.ids,
        activities=privacy.backend.activities,
    )


def rows(privacy: PrivacyBackend, whose: CustomerId, limit: int = 3) -> list[PersonalDataRow]:
    """Return the rows beside a record, read in small pages."""
    found: list[PersonalDataRow] = []
    after: str | None = None
    while True:
        page = privacy.personal_data.page(MERCHANT, whose, limit=limit, after=after)
        found += page.items
        after = page.next
        if after is None:
            return found


def personal_fields(privacy: PrivacyBackend, whose: CustomerId) -> list[tuple[str, ...]]:
    """Return the personal fields in the rows beside a record."""
    return [row.personal for row in rows(privacy, whose) if row.personal]


@pytest.mark.req("B-14", "D1")
def test_an_erased_customer_keeps_id_code_metrics_and_membership_and_frees_identities(
    privacy: PrivacyBackend,
) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    add_order_and_note(privacy)
    before = privacy.backend.customers.get(MERCHANT, ANH)

    request = privacy.erase(ANH)

    after = privacy.backend.customers.get(MERCHANT, ANH)
    assert after == replace(erased(before, after.updated_at), revision=after.revision)
    assert (after.metrics, after.membership) == (before.metrics, before.membership)
    assert privacy.backend.metrics(ANH) == privacy.backend.fold(ANH)
    holders = privacy.backend.customers.holders(MERCHANT, before.identities())
    assert holders == {Identity("code", before.code): ANH}
    assert (request.state, personal_fields(privacy, ANH)) == ("done", [])
    assert [row.section for row in rows(privacy, ANH)].count("order") == 1


@pytest.mark.req("B-14")
def test_the_history_keeps_times_and_kinds_and_loses_texts_and_changes(
    privacy: PrivacyBackend,
) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    add_order_and_note(privacy)
    query = ActivityQuery(since="", until="~", limit=50)
    before = privacy.backend.activities.page(MERCHANT, ANH, query).items

    privacy.erase(ANH)

    after = privacy.backend.activities.page(MERCHANT, ANH, query).items
    assert [each.kind for each in after] == ["erased", *(each.kind for each in before)]
    assert [(each.text, each.changes) for each in after] == [(None, ())] * len(after)
    (order,) = privacy.backend.orders.history(MERCHANT, ANH).orders
    assert order.total == 250_000


@pytest.mark.req("B-14", "D12")
def test_the_ledger_keeps_every_entry_and_loses_typed_reasons(
    privacy: PrivacyBackend,
) -> None:
    privacy.backend.customers.add(MERCHANT, anh(membership=Membership(joined_at=placed(-400))))
    add_order_and_note(privacy)
    for points in (50, -20):
        adjust_points(
            MERCHANT,
            ANH,
            points,
            "Chị Ánh sinh nhật",
            by=LAN,
            now=moment(70),
            seed=privacy.ids(moment(70)),
            changesets=privacy.backend.changesets,
        )
    before = privacy.backend.customers.get(MERCHANT, ANH).membership
    entries = [row for row in rows(privacy, ANH) if row.section == "points"]

    privacy.erase(ANH)

    assert privacy.backend.customers.get(MERCHANT, ANH).membership == before
    after = [row for row in rows(privacy, ANH) if row.section == "points"]
    assert [row.values["points"] for row in after] == [row.values["points"] for row in entries]
    assert {"reason"} & {name for row in entries for name in row.values}
    assert not {"reason"} & {name for row in after for name in row.values}


@pytest.mark.req("B-14")
def test_a_shared_identity_passes_to_the_next_holder(privacy: PrivacyBackend) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    other = a_customer(2, phone=PHONE.value)
    privacy.backend.customers.add(MERCHANT, other, allow_duplicate=True)

    privacy.erase(ANH)

    assert privacy.backend.customers.holders(MERCHANT, [PHONE]) == {PHONE: BINH}


@pytest.mark.req("B-14", "D2")
@pytest.mark.parametrize("named", [0, 1, 2])
def test_all_merged_records_of_a_person_are_erased_whichever_is_named(
    privacy: PrivacyBackend, named: int
) -> None:
    ids = keep_customers(privacy.backend, 11, 12, 13)
    merged = [merge(privacy.backend, ids[0], each) for each in ids[1:]]

    request = privacy.erase(ids[named])

    records = privacy.backend.customers.get_many(MERCHANT, ids)
    assert all(map(is_erased, records.values()))
    assert [records[each].status for each in ids] == ["erased", "merged", "merged"]
    assert request.erasure is not None
    assert set(request.erasure.customer_ids) == set(ids)
    for each in merged:
        stored = privacy.backend.merges.get(MERCHANT, each.id)
        assert (stored.survivor, stored.loser) == (None, None)
    with pytest.raises(Conflict):
        undo(privacy.backend, merged[-1].id)
    phones = [Identity("phone", f"+849123456{number}") for number in (11, 12, 13)]
    assert privacy.backend.customers.holders(MERCHANT, phones) == {}


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
            by=LAN,
            now=privacy.now(),
            new_id=privacy.ids,
            customers=privacy.backend.customers,
        )

    request = privacy.request(ids[1], "restrict")
    merge(privacy.backend, ids[0], ids[1])
    with pytest.raises(Conflict, match="processing_restricted"):
        consent()
    update_privacy_request(
        MERCHANT,
        request.id,
        state=None,
        reason=None,
        days_more=None,
        lifted=True,
        seen_version=request.revision,
        by=LAN,
        now=privacy.now(),
        customers=privacy.backend.customers,
        merchants=privacy.backend.merchants,
        privacy=privacy.requests,
    )
    consent()
    assert privacy.backend.customers.get(MERCHANT, ids[0]).marketing_consent.accepted


@pytest.mark.req("B-14", "D2")
def test_a_survivor_that_shows_a_value_of_the_loser_is_erased_too(privacy: PrivacyBackend) -> None:
    ids = keep_customers(privacy.backend, 11, 12)
    merge(privacy.backend, ids[0], ids[1], {"phone": "loser"})

    privacy.erase(ids[0])

    assert all(map(is_erased, privacy.backend.customers.get_many(MERCHANT, ids).values()))


@pytest.mark.req("B-14")
def test_before_images_of_undone_merges_of_the_person_are_removed(
    privacy: PrivacyBackend,
) -> None:
    ids = keep_customers(privacy.backend, 11, 12, 13)
    first = merge(privacy.backend, ids[0], ids[1])
    second = merge(privacy.backend, ids[0], ids[2], minutes=61)
    undo(privacy.backend, second.id, minutes=62)
    undo(privacy.backend, first.id, minutes=63)
    later = merge(privacy.backend, ids[0], ids[2], minutes=64)

    privacy.erase(ids[1])

    images = [privacy.backend.merges.get(MERCHANT, each.id).survivor for each in (first, second)]
    assert images == [None, None]
    assert privacy.backend.merges.get(MERCHANT, later.id).survivor is not None
    assert privacy.backend.customers.get(MERCHANT, ids[0]).phone is not None


@pytest.mark.req("B-14")
def test_pairs_of_the_person_are_removed_and_others_stay(privacy: PrivacyBackend) -> None:
    keep_customers(privacy.backend, 1, 2, 3)
    pairs = [
        KeptPair(id=pair_id(*two), found_at=stamp(moment(1)), score=80, is_listed=True)
        for two in ((ANH, BINH), (BINH, customer_id(3)))
    ]
    for pair in pairs:
        privacy.pairs.replace(MERCHANT, None, pair)

    privacy.erase(ANH)

    assert list(privacy.pairs.of(MERCHANT, ANH)) == []
    assert [each.id for each in privacy.pairs.of(MERCHANT, BINH)] == [pairs[1].id]


@pytest.mark.req("B-14")
def test_a_history_of_many_pages_is_stripped_page_by_page(
    privacy: PrivacyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.usecases.privacy.erasure_steps.ROWS_A_PAGE", 2)
    monkeypatch.setattr("crm.usecases.privacy.erasure_steps.PAGES_A_CALL", 2)
    privacy.backend.customers.add(MERCHANT, anh())
    for number in range(1, 6):
        add_order_and_note(privacy, number)

    request = privacy.erase(ANH)

    assert personal_fields(privacy, ANH) == []
    assert request.erasure is not None
    assert request.erasure.stripped["order"] == 5
    assert privacy.backend.metrics(ANH).order_count == 5


@pytest.mark.req("B-14")
def test_a_late_version_of_an_order_leaves_no_personal_data(
    privacy: PrivacyBackend,
) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    add_order_and_note(privacy)
    request = privacy.start(ANH)
    late = an_order(1, version=2, refunded=50_000, shipping_address=HOME)
    privacy.backend.take(late, an_incoming_customer("e-late"))

    waited = privacy.finish(request.id)

    assert waited == [SETTLE_SECONDS]
    assert personal_fields(privacy, ANH) == []
    assert privacy.backend.metrics(ANH).total_spent == 200_000
    assert privacy.backend.metrics(ANH) == privacy.backend.fold(ANH)
    new = privacy.backend.take(an_order(2, shipping_address=HOME), an_incoming_customer("e-new"))
    assert new != ANH


@pytest.mark.req("B-14")
def test_a_record_refilled_during_the_erasure_is_stripped_again_at_the_end(
    privacy: PrivacyBackend,
) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    request = privacy.start(ANH)
    progress = privacy.step(request.id)
    while not progress.wait_seconds:
        progress = privacy.step(request.id)
    gone = privacy.backend.customers.get(MERCHANT, ANH)
    late = replace(anh(), status="erased", version=gone.version, revision=gone.revision)
    privacy.backend.customers.update(MERCHANT, gone, late)

    privacy.finish(request.id)

    assert is_erased(privacy.backend.customers.get(MERCHANT, ANH))
    assert privacy.backend.customers.holders(MERCHANT, [PHONE]) == {}


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


def add_merged_person(privacy: PrivacyBackend) -> CustomerId:
    """Add a person with two merged records, an order, a note and a pair."""
    privacy.backend.customers.add(MERCHANT, anh())
    add_order_and_note(privacy)
    privacy.backend.customers.add(MERCHANT, a_customer(2, phone="+84987654321"))
    merge(privacy.backend, ANH, BINH)
    pair = KeptPair(id=pair_id(ANH, customer_id(3)), found_at=stamp(moment(1)), is_listed=True)
    privacy.pairs.replace(MERCHANT, None, pair)
    return ANH


def assert_erased(privacy: PrivacyBackend) -> None:
    """Assert that the merged person is erased once and keeps the metrics."""
    records = privacy.backend.customers.get_many(MERCHANT, [ANH, BINH])
    assert all(map(is_erased, records.values()))
    assert [records[each].status for each in (ANH, BINH)] == ["erased", "merged"]
    assert [personal_fields(privacy, each) for each in (ANH, BINH)] == [[], []]
    assert list(privacy.pairs.of(MERCHANT, ANH)) == []
    (merged,) = privacy.backend.merges.newest(MERCHANT, limit=5, before=None).items
    assert privacy.backend.merges.get(MERCHANT, merged.id).loser is None
    assert privacy.backend.metrics(ANH).total_spent == 250_000
    (request,) = privacy.requests.newest(MERCHANT, limit=5, before=None).items
    assert (request.state, request.erasure and request.erasure.fingerprints) == ("done", ())
    kinds = [row.values["kind"] for row in rows(privacy, ANH) if row.section == "activity"]
    assert kinds.count("erased") == 1


@pytest.mark.req("B-14")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_erasure_killed_at_any_call_is_resumed(
    privacy: PrivacyBackend,
    after: bool,  # noqa: FBT001 - a case of the table
) -> None:
    person = add_merged_person(privacy)
    for deadline in count(1):
        assert deadline < 100
        try:
            privacy.start(person, kill=Kill(deadline, after=after))
        except KilledError:
            continue
        break
    (request,) = privacy.requests.newest(MERCHANT, limit=5, before=None).items
    settled, deadline = False, 0
    for attempt in range(300):
        # The worst case: the number of calls varies, and is often only one or two.
        deadline = attempt % 9 + 1
        try:
            progress = privacy.step(request.id, Kill(deadline, after=after), settled=settled)
        except KilledError:
            continue
        if progress.done:
            break
        settled = progress.settled
    assert_erased(privacy)


@pytest.mark.req("B-14")
def test_two_workers_at_once_erase_once(privacy: PrivacyBackend) -> None:
    person = add_merged_person(privacy)
    request = privacy.start(person)
    again = privacy.start(BINH)
    assert again.id == request.id
    settled = False
    for _ in range(100):
        first = privacy.step(request.id, settled=settled)
        second = privacy.step(request.id, settled=settled)
        settled = first.settled or second.settled
        if first.done and second.done:
            break
    assert_erased(privacy)


@pytest.mark.req("B-14")
def test_an_erased_customer_brought_back_by_a_restore_is_erased_again(
    privacy: PrivacyBackend,
) -> None:
    privacy.backend.customers.add(MERCHANT, anh())
    before = privacy.backend.customers.get(MERCHANT, ANH)
    privacy.erase(ANH)
    gone = privacy.backend.customers.get(MERCHANT, ANH)
    restored = replace(before, version=gone.version, revision=gone.revision)
    privacy.backend.customers.update(MERCHANT, gone, restored)

    def reapply() -> int:
        return reapply_erasures(
            MERCHANT,
            now=privacy.now(),
            new_id=privacy.ids,
            fingerprints=FINGERPRINTS,
            customers=privacy.backend.customers,
            merchants=privacy.backend.merchants,
            privacy=privacy.requests,
            runs=privacy.runs,
        )

    assert reapply() == 1
    (request,) = privacy.requests.newest(MERCHANT, limit=5, before=None).items
    privacy.finish(request.id)
    assert is_erased(privacy.backend.customers.get(MERCHANT, ANH))
    assert privacy.backend.customers.holders(MERCHANT, before.identities()[1:]) == {}
    assert reapply() == 0


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
