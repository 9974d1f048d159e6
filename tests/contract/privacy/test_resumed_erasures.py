"""Erasures resumed in every engine: after kills, by several workers, after a restore."""

from dataclasses import replace
from itertools import count

import pytest

from crm.domain.customers.anonymization import is_erased
from crm.domain.duplicates.scoring import KeptPair, pair_id
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.usecases.privacy.erasure import MACHINE, reapply_erasures
from tests.builders import MERCHANT, a_customer, an_act, customer_id, moment
from tests.engines.faults import KilledError
from tests.erasure_builders import (
    ANH,
    BINH,
    Kill,
    PrivacyBackend,
    add_order_and_note,
    anh,
    personal_fields,
    rows,
)
from tests.merge_builders import merge


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
            act=an_act(by=MACHINE, now=privacy.now(), ids=privacy.ids),
            ports=privacy.start_ports(),
        )

    assert reapply() == 1
    (request,) = privacy.requests.newest(MERCHANT, limit=5, before=None).items
    privacy.finish(request.id)
    assert is_erased(privacy.backend.customers.get(MERCHANT, ANH))
    assert privacy.backend.customers.holders(MERCHANT, before.identities()[1:]) == {}
    assert reapply() == 0
