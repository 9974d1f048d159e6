"""Erasure in every engine: what it removes and what it keeps."""

from dataclasses import replace

import pytest

from crm.domain.customers.activities import ActivityQuery
from crm.domain.customers.anonymization import erased, is_erased
from crm.domain.customers.customer import Identity, Membership
from crm.domain.duplicates.scoring import KeptPair, pair_id
from crm.domain.kernel.errors import Conflict, Stale
from crm.domain.kernel.times import stamp
from crm.usecases.loyalty.membership import adjust_points
from tests.builders import MERCHANT, a_customer, an_act, customer_id, moment
from tests.erasure_builders import (
    ANH,
    BINH,
    HOME,
    PHONE,
    SETTLE_SECONDS,
    PrivacyBackend,
    add_order_and_note,
    anh,
    personal_fields,
    rows,
)
from tests.merge_builders import keep_customers, merge, undo
from tests.order_builders import an_incoming_customer, an_order, placed


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


@pytest.mark.req("B-14", "B-17")
def test_a_record_erased_as_read_before_an_order_is_stale_if_the_order_changed_its_own_numbers(
    privacy: PrivacyBackend,
) -> None:
    backend = privacy.backend
    backend.customers.add(MERCHANT, a_customer(1, phone=PHONE.value))
    backend.customers.add(MERCHANT, a_customer(2, phone="+84987654321"))
    backend.take(an_order(1), an_incoming_customer("e-1"))
    merge(backend, ANH, BINH)
    before = backend.customers.get(MERCHANT, ANH)
    backend.take(an_order(1, version=2, total=1_000), an_incoming_customer("e-2"))

    with pytest.raises(Stale):
        backend.customers.update(MERCHANT, before, erased(before, stamp(moment(60))))
    privacy.erase(ANH)

    after = backend.customers.get(MERCHANT, ANH)
    assert is_erased(after)
    assert after.standalone_values
    assert after.standalone_values.metrics.total_spent == after.metrics.total_spent == 1_000


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
            entry_id=privacy.ids(moment(70)),
            act=an_act(now=moment(70), ids=privacy.ids),
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
