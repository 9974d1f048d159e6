"""Erasing a person, in every engine: what goes, what stays, and whoever is killed on the way."""

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
from crm.usecases.privacy.requests import decide_privacy, line_of
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, a_customer, customer_id, moment
from tests.engines.faults import KilledError
from tests.erasure_builders import SETTLE_SECONDS, Death, Office, office_of
from tests.import_builders import FINGERPRINTS
from tests.merge_builders import keep_customers, merge, undo
from tests.order_builders import Backend, an_incoming_customer, an_order, placed

ANH, BINH = customer_id(1), customer_id(2)
PHONE = Identity("phone", "+84912345678")
HOME = {"line": "12 Lý Thường Kiệt", "recipient": "Nguyễn Thị Ánh"}


@pytest.fixture
def office(backend: Backend, engine: Table | None) -> Office:
    """Give the desk of a merchant's book, in each engine."""
    return office_of(backend, engine)


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


def a_past(office: Office, number: int = 1) -> None:
    """Give the person who holds the phone an order and a note."""
    office.backend.take(
        an_order(number, shipping_address=HOME), an_incoming_customer(f"e-{number}")
    )
    add_note(
        MERCHANT,
        ANH,
        "Ánh thích trà",
        by=LAN,
        now=moment(number),
        new_id=office.ids,
        activities=office.backend.activities,
    )


def rows(office: Office, whose: CustomerId, limit: int = 3) -> list[PersonalDataRow]:
    """Return what is kept beside a record, read in small pages."""
    found: list[PersonalDataRow] = []
    after: str | None = None
    while True:
        page = office.held.page(MERCHANT, whose, limit=limit, after=after)
        found += page.items
        after = page.next
        if after is None:
            return found


def left_of(office: Office, whose: CustomerId) -> list[tuple[str, ...]]:
    """Return what is personal in the rows beside a record."""
    return [row.personal for row in rows(office, whose) if row.personal]


@pytest.mark.req("B-14", "D1")
def test_who_is_erased_keeps_id_code_figures_and_membership_and_frees_their_identities(
    office: Office,
) -> None:
    office.backend.customers.add(MERCHANT, anh())
    a_past(office)
    before = office.backend.customers.get(MERCHANT, ANH)

    request = office.erase(ANH)

    after = office.backend.customers.get(MERCHANT, ANH)
    assert after == replace(erased(before, after.updated_at), revision=after.revision)
    assert (after.metrics, after.membership) == (before.metrics, before.membership)
    assert office.backend.metrics(ANH) == office.backend.fold(ANH)
    held = office.backend.customers.holders(MERCHANT, before.identities())
    assert held == {Identity("code", before.code): ANH}
    assert (request.state, left_of(office, ANH)) == ("done", [])
    assert [row.section for row in rows(office, ANH)].count("order") == 1


@pytest.mark.req("B-14")
def test_the_history_keeps_when_and_what_kind_and_loses_what_was_said(office: Office) -> None:
    office.backend.customers.add(MERCHANT, anh())
    a_past(office)
    query = ActivityQuery(since="", until="~", limit=50)
    before = office.backend.activities.page(MERCHANT, ANH, query).items

    office.erase(ANH)

    after = office.backend.activities.page(MERCHANT, ANH, query).items
    assert [each.kind for each in after] == ["erased", *(each.kind for each in before)]
    assert [(each.text, each.changes) for each in after] == [(None, ())] * len(after)
    (order,) = office.backend.orders.history(MERCHANT, ANH).orders
    assert order.total == 250_000


@pytest.mark.req("B-14", "D12")
def test_the_ledger_keeps_every_entry_and_loses_the_reasons_that_were_typed(
    office: Office,
) -> None:
    office.backend.customers.add(MERCHANT, anh(membership=Membership(joined_at=placed(-400))))
    a_past(office)
    for points in (50, -20):
        adjust_points(
            MERCHANT,
            ANH,
            points,
            "Chị Ánh sinh nhật",
            by=LAN,
            now=moment(70),
            seed=office.ids(moment(70)),
            changesets=office.backend.changesets,
        )
    before = office.backend.customers.get(MERCHANT, ANH).membership
    entries = [row for row in rows(office, ANH) if row.section == "points"]

    office.erase(ANH)

    assert office.backend.customers.get(MERCHANT, ANH).membership == before
    after = [row for row in rows(office, ANH) if row.section == "points"]
    assert [row.values["points"] for row in after] == [row.values["points"] for row in entries]
    assert {"reason"} & {name for row in entries for name in row.values}
    assert not {"reason"} & {name for row in after for name in row.values}


@pytest.mark.req("B-14")
def test_an_identity_that_was_shared_is_the_next_holders(office: Office) -> None:
    office.backend.customers.add(MERCHANT, anh())
    other = a_customer(2, phone=PHONE.value)
    office.backend.customers.add(MERCHANT, other, allow_duplicate=True)

    office.erase(ANH)

    assert office.backend.customers.holders(MERCHANT, [PHONE]) == {PHONE: BINH}


@pytest.mark.req("B-14", "D2")
@pytest.mark.parametrize("named", [0, 1, 2])
def test_a_person_of_several_records_is_erased_whole_whichever_is_named(
    office: Office, named: int
) -> None:
    ids = keep_customers(office.backend, 11, 12, 13)
    joined = [merge(office.backend, ids[0], each) for each in ids[1:]]

    request = office.erase(ids[named])

    records = office.backend.customers.get_many(MERCHANT, ids)
    assert all(map(is_erased, records.values()))
    assert [records[each].status for each in ids] == ["erased", "merged", "merged"]
    assert request.erasure is not None
    assert set(request.erasure.customer_ids) == set(ids)
    for each in joined:
        kept = office.backend.merges.get(MERCHANT, each.id)
        assert (kept.survivor, kept.loser) == (None, None)
    with pytest.raises(Conflict):
        undo(office.backend, joined[-1].id)
    phones = [Identity("phone", f"+849123456{number}") for number in (11, 12, 13)]
    assert office.backend.customers.holders(MERCHANT, phones) == {}


@pytest.mark.req("B-14", "D17")
def test_who_was_restricted_takes_no_leave_to_advertise_through_a_survivor_either(
    office: Office,
) -> None:
    ids = keep_customers(office.backend, 11, 12)

    def told_yes() -> None:
        edit_latest(
            MERCHANT,
            ids[0],
            lambda _: {"marketing_consent": Consent(accepted=True, at="", source="quầy")},
            by=LAN,
            now=office.now(),
            new_id=office.ids,
            customers=office.backend.customers,
        )

    request = office.told(ids[1], "restrict")
    merge(office.backend, ids[0], ids[1])
    with pytest.raises(Conflict, match="processing_restricted"):
        told_yes()
    decide_privacy(
        MERCHANT,
        request.id,
        state=None,
        reason=None,
        days_more=None,
        lifted=True,
        seen_version=request.revision,
        by=LAN,
        now=office.now(),
        customers=office.backend.customers,
        merchants=office.backend.merchants,
        privacy=office.requests,
    )
    told_yes()
    assert office.backend.customers.get(MERCHANT, ids[0]).marketing_consent.accepted


@pytest.mark.req("B-14", "D2")
def test_a_survivor_that_shows_what_the_other_holds_is_erased_too(office: Office) -> None:
    ids = keep_customers(office.backend, 11, 12)
    merge(office.backend, ids[0], ids[1], {"phone": "loser"})

    office.erase(ids[0])

    assert all(map(is_erased, office.backend.customers.get_many(MERCHANT, ids).values()))


@pytest.mark.req("B-14")
def test_what_a_merge_that_was_undone_kept_of_a_person_goes_with_them(office: Office) -> None:
    ids = keep_customers(office.backend, 11, 12, 13)
    first = merge(office.backend, ids[0], ids[1])
    second = merge(office.backend, ids[0], ids[2], minutes=61)
    undo(office.backend, second.id, minutes=62)
    undo(office.backend, first.id, minutes=63)
    later = merge(office.backend, ids[0], ids[2], minutes=64)

    office.erase(ids[1])

    images = [office.backend.merges.get(MERCHANT, each.id).survivor for each in (first, second)]
    assert images == [None, None]
    assert office.backend.merges.get(MERCHANT, later.id).survivor is not None
    assert office.backend.customers.get(MERCHANT, ids[0]).phone is not None


@pytest.mark.req("B-14")
def test_pairs_of_the_person_go_and_those_of_others_stay(office: Office) -> None:
    keep_customers(office.backend, 1, 2, 3)
    pairs = [
        KeptPair(id=pair_id(*two), found_at=stamp(moment(1)), score=80, is_listed=True)
        for two in ((ANH, BINH), (BINH, customer_id(3)))
    ]
    for pair in pairs:
        office.pairs.replace(MERCHANT, None, pair)

    office.erase(ANH)

    assert list(office.pairs.of(MERCHANT, ANH)) == []
    assert [each.id for each in office.pairs.of(MERCHANT, BINH)] == [pairs[1].id]


@pytest.mark.req("B-14")
def test_a_history_of_many_pages_is_gone_through_page_by_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.usecases.privacy.requests.erasure_steps.ROWS_A_PAGE", 2)
    monkeypatch.setattr("crm.usecases.privacy.requests.erasure_steps.PAGES_A_CALL", 2)
    office.backend.customers.add(MERCHANT, anh())
    for number in range(1, 6):
        a_past(office, number)

    request = office.erase(ANH)

    assert left_of(office, ANH) == []
    assert request.erasure is not None
    assert request.erasure.stripped["order"] == 5
    assert office.backend.metrics(ANH).order_count == 5


@pytest.mark.req("B-14")
def test_a_late_version_of_an_order_and_a_note_on_its_way_leave_nothing_personal(
    office: Office,
) -> None:
    office.backend.customers.add(MERCHANT, anh())
    a_past(office)
    request = office.ask(ANH)
    late = an_order(1, version=2, refunded=50_000, shipping_address=HOME)
    office.backend.take(late, an_incoming_customer("e-late"))

    waited = office.carry_out(request.id)

    assert waited == [SETTLE_SECONDS]
    assert left_of(office, ANH) == []
    assert office.backend.metrics(ANH).total_spent == 200_000
    assert office.backend.metrics(ANH) == office.backend.fold(ANH)
    new = office.backend.take(an_order(2, shipping_address=HOME), an_incoming_customer("e-new"))
    assert new != ANH


@pytest.mark.req("B-14")
def test_what_was_filled_in_while_the_records_were_stripped_goes_at_the_last_look(
    office: Office,
) -> None:
    office.backend.customers.add(MERCHANT, anh())
    request = office.ask(ANH)
    progress = office.carry_on(request.id)
    while not progress.wait_seconds:
        progress = office.carry_on(request.id)
    gone = office.backend.customers.get(MERCHANT, ANH)
    late = replace(anh(), status="erased", version=gone.version, revision=gone.revision)
    office.backend.customers.update(MERCHANT, gone, late)

    office.carry_out(request.id)

    assert is_erased(office.backend.customers.get(MERCHANT, ANH))
    assert office.backend.customers.holders(MERCHANT, [PHONE]) == {}


@pytest.mark.req("B-14")
def test_what_was_said_of_other_requests_of_the_person_goes(office: Office) -> None:
    office.backend.customers.add(MERCHANT, anh())
    others = [replace(_request(number), reason="Chị Ánh gọi") for number in (1, 2)]
    others[1] = replace(others[1], customer_id=BINH)
    for each in others:
        office.requests.add(
            MERCHANT, each, line_of(each, "privacy_requested", LAN, each.created_at)
        )

    office.erase(ANH)

    reasons = [office.requests.get(MERCHANT, each.id).reason for each in others]
    assert reasons == [None, "Chị Ánh gọi"]


@pytest.mark.req("B-14", "B-05")
def test_a_request_of_a_record_that_was_merged_since_is_answered_by_erasing_the_person(
    office: Office,
) -> None:
    ids = keep_customers(office.backend, 11, 12)
    request = replace(_request(), kind="erase", customer_id=ids[1])
    office.requests.add(
        MERCHANT, request, line_of(request, "privacy_requested", LAN, request.created_at)
    )
    merge(office.backend, ids[0], ids[1])

    begun = office.ask(ids[1], request.id)
    office.carry_out(begun.id)

    assert begun.id == request.id
    assert office.requests.get(MERCHANT, request.id).state == "done"
    assert all(map(is_erased, office.backend.customers.get_many(MERCHANT, ids).values()))


@pytest.mark.req("B-14")
def test_an_erasure_answers_every_request_for_it_and_no_other(office: Office) -> None:
    office.backend.customers.add(MERCHANT, anh())
    to_erase, to_read, of_other = (
        replace(_request(1), kind="erase", reason="Chị Ánh gọi"),
        _request(2),
        replace(_request(3), kind="erase", customer_id=BINH),
    )
    for each in (to_erase, to_read, of_other):
        office.requests.add(
            MERCHANT, each, line_of(each, "privacy_requested", LAN, each.created_at)
        )

    done = office.erase(ANH)

    kept = [office.requests.get(MERCHANT, each.id) for each in (to_erase, to_read, of_other)]
    assert [each.state for each in kept] == ["done", "open", "open"]
    assert (kept[0].closed_at, kept[0].reason) == (done.closed_at, None)
    assert kept[0].answered_at is not None


@pytest.mark.req("B-14", "D17")
@pytest.mark.parametrize("kind", ["withdraw_consent", "restrict"])
def test_a_consent_that_was_withdrawn_stays_so_in_both_records_when_a_merge_is_undone(
    office: Office, kind: RequestKind
) -> None:
    yes = Consent(accepted=True, at=stamp(moment(1)), source="quầy")
    ids = keep_customers(office.backend, 11, 12, marketing_consent=yes)
    merged = merge(office.backend, ids[0], ids[1])

    office.told(ids[1], kind)
    undo(office.backend, merged.id)

    both = office.backend.customers.get_many(MERCHANT, ids).values()
    assert [each.status for each in both] == ["active", "active"]
    assert [each.marketing_consent.accepted for each in both] == [False, False]


def _scene(office: Office) -> CustomerId:
    """Let somebody with two records have a past."""
    office.backend.customers.add(MERCHANT, anh())
    a_past(office)
    office.backend.customers.add(MERCHANT, a_customer(2, phone="+84987654321"))
    merge(office.backend, ANH, BINH)
    pair = KeptPair(id=pair_id(ANH, customer_id(3)), found_at=stamp(moment(1)), is_listed=True)
    office.pairs.replace(MERCHANT, None, pair)
    return ANH


def _is_over(office: Office) -> None:
    """Assert that the person of the scene is erased, once, and the figures stand."""
    records = office.backend.customers.get_many(MERCHANT, [ANH, BINH])
    assert all(map(is_erased, records.values()))
    assert [records[each].status for each in (ANH, BINH)] == ["erased", "merged"]
    assert [left_of(office, each) for each in (ANH, BINH)] == [[], []]
    assert list(office.pairs.of(MERCHANT, ANH)) == []
    (merged,) = office.backend.merges.newest(MERCHANT, limit=5, before=None).items
    assert office.backend.merges.get(MERCHANT, merged.id).loser is None
    assert office.backend.metrics(ANH).total_spent == 250_000
    (request,) = office.requests.newest(MERCHANT, limit=5, before=None).items
    assert (request.state, request.erasure and request.erasure.fingerprints) == ("done", ())
    kinds = [row.values["kind"] for row in rows(office, ANH) if row.section == "activity"]
    assert kinds.count("erased") == 1


@pytest.mark.req("B-14")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whoever_is_killed_at_any_call_is_followed_by_one_who_goes_on(
    office: Office,
    after: bool,  # noqa: FBT001 - a case of the table
) -> None:
    person = _scene(office)
    for deadline in count(1):
        assert deadline < 100
        try:
            office.ask(person, death=Death(deadline, after=after))
        except KilledError:
            continue
        break
    (request,) = office.requests.newest(MERCHANT, limit=5, before=None).items
    settled, deadline = False, 0
    for attempt in range(300):
        # The worst that there is: never the same number of calls, and often only one or two.
        deadline = attempt % 9 + 1
        try:
            progress = office.carry_on(request.id, Death(deadline, after=after), settled=settled)
        except KilledError:
            continue
        if progress.done:
            break
        settled = progress.settled
    _is_over(office)


@pytest.mark.req("B-14")
def test_two_workers_at_once_do_no_more_than_one(office: Office) -> None:
    person = _scene(office)
    request = office.ask(person)
    again = office.ask(BINH)
    assert again.id == request.id
    settled = False
    for _ in range(100):
        first = office.carry_on(request.id, settled=settled)
        second = office.carry_on(request.id, settled=settled)
        settled = first.settled or second.settled
        if first.done and second.done:
            break
    _is_over(office)


@pytest.mark.req("B-14")
def test_a_restore_brings_nobody_back_for_good(office: Office) -> None:
    office.backend.customers.add(MERCHANT, anh())
    before = office.backend.customers.get(MERCHANT, ANH)
    office.erase(ANH)
    gone = office.backend.customers.get(MERCHANT, ANH)
    back = replace(before, version=gone.version, revision=gone.revision)
    office.backend.customers.update(MERCHANT, gone, back)

    def reapplied() -> int:
        return reapply_erasures(
            MERCHANT,
            now=office.now(),
            new_id=office.ids,
            fingerprints=FINGERPRINTS,
            customers=office.backend.customers,
            merchants=office.backend.merchants,
            privacy=office.requests,
            runs=office.runs,
        )

    assert reapplied() == 1
    (request,) = office.requests.newest(MERCHANT, limit=5, before=None).items
    office.carry_out(request.id)
    assert is_erased(office.backend.customers.get(MERCHANT, ANH))
    assert office.backend.customers.holders(MERCHANT, before.identities()[1:]) == {}
    assert reapplied() == 0


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


def test_requests_are_kept_once_listed_newest_first_and_replaced_by_revision(
    office: Office,
) -> None:
    kept = [_request(number) for number in (1, 2, 3)]
    for each in [*kept, replace(kept[0], reason="lần hai")]:
        office.requests.add(
            MERCHANT, each, line_of(each, "privacy_requested", LAN, each.created_at)
        )
    office.requests.add(
        OTHER_MERCHANT,
        _request(9, OTHER_MERCHANT),
        line_of(kept[0], "privacy_requested", LAN, kept[0].created_at),
    )

    page = office.requests.newest(MERCHANT, limit=2, before=None)
    assert (page.items, page.more) == ((kept[2], kept[1]), True)
    rest = office.requests.newest(MERCHANT, limit=2, before=kept[1].id)
    assert (rest.items, rest.more) == ((kept[0],), False)
    after = office.requests.replace(MERCHANT, kept[0], replace(kept[0], state="in_progress"))
    assert after.revision == 2
    assert office.requests.get(MERCHANT, kept[0].id) == after
    with pytest.raises(Stale):
        office.requests.replace(MERCHANT, kept[0], replace(kept[0], state="done"))
    with pytest.raises(NotFound):
        office.requests.get(OTHER_MERCHANT, kept[0].id)
