"""The data about a person, read page by page."""

from dataclasses import replace

import pytest

from crm.domain.customers.customer import Consent
from crm.domain.duplicates.scoring import KeptPair, pair_id
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Cursor
from crm.domain.privacy.personal_data import PersonalDataRow
from crm.usecases.customers.timeline import add_note
from crm.usecases.privacy.personal_data import (
    PersonalDataExtract,
    PersonalDataPorts,
    extract_personal_data,
)
from tests.builders import LAN, MERCHANT, a_customer, an_act, an_activity, customer_id, moment
from tests.erasure_builders import PrivacyBackend, privacy_backend
from tests.export_builders import an_export
from tests.import_builders import FINGERPRINTS, Backend, opening
from tests.merge_builders import keep_customers, merge, undo
from tests.order_builders import a_backend, an_incoming_customer, an_order

ANH, BINH = customer_id(901), customer_id(902)


@pytest.fixture
def privacy() -> PrivacyBackend:
    """Give a backend with two customers."""
    privacy = privacy_backend(a_backend(), None)
    privacy.backend.customers.add(MERCHANT, a_customer(901, phone="+84912345678"))
    privacy.backend.customers.add(MERCHANT, a_customer(902, phone="+84987654321"))
    return privacy


def ports_of(privacy: PrivacyBackend) -> PersonalDataPorts:
    return PersonalDataPorts(
        fingerprints=FINGERPRINTS,
        customers=privacy.backend.customers,
        personal_data=privacy.personal_data,
        pairs=privacy.pairs,
        imports=privacy.imports,
        exports=privacy.exports,
        files=privacy.versions,
        requests=privacy.requests,
        merges=privacy.backend.merges,
    )


def extract(
    privacy: PrivacyBackend, whose: CustomerId, after: Cursor | None = None
) -> PersonalDataExtract:
    return extract_personal_data(
        MERCHANT, whose, after=after, limit=2, now=privacy.now(), ports=ports_of(privacy)
    )


def everything(
    privacy: PrivacyBackend, whose: CustomerId
) -> list[tuple[CustomerId, PersonalDataRow]]:
    items: list[tuple[CustomerId, PersonalDataRow]] = []
    after: Cursor | None = None
    while True:
        page = extract(privacy, whose, after)
        assert (page.holdings is None) is (after is not None)
        items += page.items
        after = page.next
        if after is None:
            return items


@pytest.mark.req("B-14")
def test_the_rows_of_every_record_of_the_person_are_returned_once(privacy: PrivacyBackend) -> None:
    for number in range(1, 4):
        privacy.backend.take(an_order(number), an_incoming_customer(f"e-{number}"))
    merge(privacy.backend, BINH, ANH)
    act = an_act(now=moment(90), ids=privacy.ids)
    add_note(
        MERCHANT,
        BINH,
        act.new_id(),
        "Ánh thích trà",
        act=act,
        activities=privacy.backend.activities,
    )

    items = everything(privacy, ANH)

    assert everything(privacy, BINH) == items
    places = [(whose, row.place) for whose, row in items]
    assert len(places) == len(set(places))
    assert [row.section for _, row in items].count("order") == 3
    assert {whose for whose, _ in items} == {ANH, BINH}
    assert "Ánh thích trà" in {row.values.get("text") for _, row in items}


@pytest.mark.req("B-14")
def test_the_consent_ledger_lists_every_change_with_its_evidence(privacy: PrivacyBackend) -> None:
    for minutes, accepted in ((10, True), (20, False)):
        before = privacy.backend.customers.get(MERCHANT, ANH)
        at = an_activity(minutes).at
        consent = Consent(accepted=accepted, at=at, source="quầy", evidence=f"phiếu {minutes}")
        changes = before.changes({"marketing_consent": consent})
        line = an_activity(minutes, changes=changes)
        privacy.backend.customers.update(MERCHANT, before, before.edited(changes, LAN, at), line)

    holdings = extract(privacy, ANH).holdings

    assert holdings is not None
    ledger = [(each.accepted, each.source, each.evidence) for each in holdings.consents]
    assert ledger == [(True, "quầy", "phiếu 10"), (False, "quầy", "phiếu 20")]


@pytest.mark.req("B-14")
def test_the_first_page_has_records_pairs_exports_and_requests(privacy: PrivacyBackend) -> None:
    pair = KeptPair(id=pair_id(ANH, BINH), score=80, is_listed=True)
    privacy.pairs.replace(MERCHANT, None, pair)
    privacy.exports.add(MERCHANT, an_export(1))

    holdings = extract(privacy, ANH).holdings

    assert holdings is not None
    assert [each.id for each in holdings.records] == [ANH]
    assert holdings.pairs == (pair,)
    assert holdings.exports == (an_export(1).id,)
    assert holdings.requests == ()


@pytest.mark.req("B-14", "B-05")
def test_merges_are_listed_with_before_images_of_the_person_only(
    privacy: PrivacyBackend,
) -> None:
    (other,) = keep_customers(privacy.backend, 11)
    undone = merge(privacy.backend, ANH, other)
    undo(privacy.backend, undone.id)
    merged = merge(privacy.backend, BINH, ANH, minutes=180)

    holdings = extract(privacy, ANH).holdings

    assert holdings is not None
    assert [
        (each.merge.id, each.merge.status, [was.id for was in each.before])
        for each in holdings.merges
    ] == [(merged.id, "merged", [BINH, ANH]), (undone.id, "undone", [ANH])]


@pytest.mark.req("B-14")
def test_imports_that_wrote_to_the_person_or_name_them_are_listed(privacy: PrivacyBackend) -> None:
    backend = Backend()
    header = ("Họ và tên", "Số điện thoại")
    jobs = [
        backend.run(backend.upload(), opening(header, ("Ai đó", phone)))
        for phone in ("0912345678", "0966000001")
    ]

    holdings = extract(
        replace(privacy, imports=backend.imports, files=backend.files), ANH
    ).holdings

    assert holdings is not None
    assert holdings.imports == (jobs[0].id,)


@pytest.mark.req("B-14")
def test_a_cursor_of_another_customer_starts_at_the_first_record(privacy: PrivacyBackend) -> None:
    keep_customers(privacy.backend, 11)

    page = extract(privacy, ANH, Cursor("", BINH))

    assert page.holdings is None
    assert page.customer_id == ANH
