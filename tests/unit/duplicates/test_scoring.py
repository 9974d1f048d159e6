"""Scores of pairs, their reasons, and how stored pairs change with their customers."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.customer import Address, Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.duplicates.scoring import (
    POINTS,
    EventEvidence,
    KeptPair,
    PairScore,
    compared_fields_changed,
    default_survivor,
    format_pair_id,
    pair_id,
    parse_pair_id,
    score_pair,
    strength_of,
    updated_pair,
)
from tests.builders import a_customer

HOME = Address(id="a-1", line="12 Lý Thường Kiệt", province_code="01", is_default=True)
PHONE = {"phone": "+84912345678"}
BORN = {"birthday": "1990-05-17"}
AT = "2026-11-22T05:00:00.000Z"


def _score(shared: dict[str, Any], **other: Any) -> PairScore:
    return score_pair(a_customer(1, **shared), a_customer(2, **{**shared, **other}))


@pytest.mark.req("B-12")
@pytest.mark.parametrize(
    ("scored", "strength", "reasons"),
    [
        (_score(PHONE), "exact", ("phone", "name")),
        (_score(PHONE, full_name="Nguyen Thi Anh"), "exact", ("phone", "name")),
        (_score(PHONE, full_name="N. T. Ánh"), "likely", ("phone", "short_name")),
        (_score(PHONE, full_name="Chị Ánh"), "likely", ("phone", "part_name")),
        (_score(PHONE, full_name=None), "likely", ("phone", "no_name")),
        (_score(PHONE | BORN, birthday="1961-01-02"), "possible",
         ("phone", "name", "other_birthday")),
        (_score(PHONE, full_name="Nguyễn Thị Lan"), "possible", ("phone", "other_name")),
        (_score({"email": "anh@example.vn"}), "exact", ("email", "name")),
        (_score({"card_code": "TV1"}), "exact", ("card", "name")),
        (_score({"external_ids": {"haravan": "1"}}), "exact", ("external_id", "name")),
        (_score({"email": "anh.n@gmail.com"}, email="anhn@gmail.com"), "exact",
         ("mailbox", "name")),
        (_score(BORN), "likely", ("birthday", "name")),
        (_score(BORN, birthday="--05-17"), "possible", ("name", "birthday_day")),
        (_score(BORN | {"gender": "female"}, gender="male"), "possible",
         ("birthday", "name", "other_gender")),
        (_score({"addresses": (HOME,)}), "likely", ("address", "name")),
        (_score({"addresses": (HOME,)} | BORN, birthday="1961-05-17"), "possible",
         ("address", "name", "other_birthday")),
        (_score(PHONE | {"addresses": (HOME,)}, full_name="Trần Văn Nam"), "possible",
         ("phone", "other_name", "address")),
    ],
)  # fmt: skip
def test_strength_follows_from_the_reasons(
    scored: PairScore, strength: str, reasons: tuple[str, ...]
) -> None:
    assert strength_of(scored.score) == strength
    assert set(scored.reasons) == set(reasons)


@pytest.mark.req("B-12")
def test_a_pair_with_only_the_same_name_is_not_listed() -> None:
    assert not _score({}).is_listed


@pytest.mark.req("B-12")
def test_different_names_with_one_phone_are_listed_with_a_low_score() -> None:
    scored = _score(PHONE, full_name="Nguyễn Thị Lan")

    assert scored.is_listed
    assert scored.score == POINTS["phone"] + POINTS["other_name"]


def test_a_score_does_not_depend_on_the_order_of_the_customers() -> None:
    one, other = a_customer(1, **PHONE, **BORN), a_customer(2, **PHONE, full_name="Anh")

    assert score_pair(one, other) == score_pair(other, one)


def test_birthdays_with_day_and_month_swapped_do_not_affect_the_score() -> None:
    assert _score(PHONE, birthday="1990-04-03") == _score(PHONE)
    swapped = _score(PHONE | {"birthday": "1990-03-04"}, birthday="1990-04-03")
    assert swapped == _score(PHONE)


def test_addresses_in_different_wards_do_not_match() -> None:
    here, there = replace(HOME, ward_code="00070"), replace(HOME, ward_code="00071")

    assert _score({"addresses": (here,)}, addresses=(there,)).reasons == ("name",)


def test_the_default_survivor_has_more_orders_or_is_older() -> None:
    one, other = a_customer(1), a_customer(2)
    busy = replace(other, metrics=Metrics(order_count=3))

    assert default_survivor(one, other) == default_survivor(other, one) == one.id
    assert default_survivor(one, busy) == busy.id


def _updated(before: KeptPair | None, one: Customer, other: Customer, *, together: bool) -> Any:
    pair = pair_id(one.id, other.id)
    customers = {one.id: one, other.id: other}
    return updated_pair(
        before, customers[pair.lower], customers[pair.higher], together=together, at=AT, pair=pair
    )


ONE, OTHER = a_customer(1, **PHONE), a_customer(2, **PHONE)
OPEN = _updated(None, ONE, OTHER, together=True)
DISMISSED = replace(OPEN, status="dismissed", decided_at=AT, decided_by="user-lan")


@pytest.mark.req("B-12")
def test_a_pair_is_deleted_with_its_evidence() -> None:
    assert OPEN.status == "open"
    assert OPEN.is_listed
    assert _updated(OPEN, ONE, replace(OTHER, phone=None), together=False) is None
    assert _updated(OPEN, ONE, OTHER.moved_to("archived", AT), together=False) is None


@pytest.mark.req("B-12")
def test_a_dismissed_pair_stays_dismissed_when_its_customers_change() -> None:
    separate = _updated(DISMISSED, ONE, replace(OTHER, phone=None), together=False)
    archived = _updated(separate, ONE, OTHER.moved_to("archived", AT), together=False)
    back = _updated(archived, ONE, OTHER, together=True)

    assert separate.status == archived.status == back.status == "dismissed"
    assert (separate.is_listed, archived.is_listed, back.is_listed) == (True, False, True)
    assert back == DISMISSED


@pytest.mark.req("B-12")
def test_evidence_of_an_event_is_kept_while_one_customer_is_archived() -> None:
    strangers = ONE, a_customer(2, full_name=None)
    named = KeptPair(id=OPEN.id, named=EventEvidence("email", "haravan", AT))

    kept = _updated(named, *strangers, together=False)
    archived = _updated(kept, strangers[0].moved_to("archived", AT), strangers[1], together=False)

    assert (kept.is_listed, kept.reasons) == (True, ("conflict", "no_name"))
    assert (archived.is_listed, archived.named) == (False, named.named)


def test_a_merged_pair_is_open_again_when_the_merge_is_undone() -> None:
    gone = replace(OTHER.moved_to("merged", AT), merged_into=ONE.id)

    merged = _updated(OPEN, ONE, gone, together=False)

    assert (merged.status, merged.is_listed) == ("merged", False)
    assert _updated(None, ONE, gone, together=False) is None
    assert _updated(merged, ONE, OTHER, together=True) == OPEN


def test_no_pair_is_stored_for_an_erased_customer() -> None:
    assert _updated(DISMISSED, ONE, OTHER.moved_to("erased", AT), together=False) is None


def test_orders_change_no_compared_field() -> None:
    bought = replace(ONE, metrics=Metrics(order_count=1), revision=2, tags=("sỉ",))

    assert not compared_fields_changed(ONE, bought)
    assert compared_fields_changed(ONE, replace(ONE, full_name="Lan"))
    assert compared_fields_changed(None, ONE)


@pytest.mark.parametrize("spelled", ["", "01J", "01K-01J", "-01J", "01J-", "01J-01J"])
def test_a_text_without_two_ids_in_order_is_no_pair_id(spelled: str) -> None:
    assert parse_pair_id(spelled) is None
    assert parse_pair_id(format_pair_id(OPEN.id)) == OPEN.id
