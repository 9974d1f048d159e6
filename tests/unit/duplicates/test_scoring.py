"""What speaks for two customers being one person, what against, and what is kept of it."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.customer import Address, Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.duplicates.scoring import (
    POINTS,
    KeptPair,
    Named,
    Verdict,
    compared_fields_changed,
    default_survivor,
    judged,
    pair_id,
    read_pair,
    settled,
    spelled_pair,
    strength_of,
)
from tests.builders import a_customer

HOME = Address(id="a-1", line="12 Lý Thường Kiệt", province_code="01", is_default=True)
PHONE = {"phone": "+84912345678"}
BORN = {"birthday": "1990-05-17"}
AT = "2026-11-22T05:00:00.000Z"


def _two(shared: dict[str, Any], **other: Any) -> Verdict:
    return judged(a_customer(1, **shared), a_customer(2, **{**shared, **other}))


@pytest.mark.req("B-12")
@pytest.mark.parametrize(
    ("verdict", "strength", "reasons"),
    [
        (_two(PHONE), "exact", ("phone", "name")),
        (_two(PHONE, full_name="Nguyen Thi Anh"), "exact", ("phone", "name")),
        (_two(PHONE, full_name="N. T. Ánh"), "likely", ("phone", "short_name")),
        (_two(PHONE, full_name="Chị Ánh"), "likely", ("phone", "part_name")),
        (_two(PHONE, full_name=None), "likely", ("phone", "no_name")),
        (_two(PHONE | BORN, birthday="1961-01-02"), "possible",
         ("phone", "name", "other_birthday")),
        (_two(PHONE, full_name="Nguyễn Thị Lan"), "possible", ("phone", "other_name")),
        (_two({"email": "anh@example.vn"}), "exact", ("email", "name")),
        (_two({"card_code": "TV1"}), "exact", ("card", "name")),
        (_two({"external_ids": {"haravan": "1"}}), "exact", ("external_id", "name")),
        (_two({"email": "anh.n@gmail.com"}, email="anhn@gmail.com"), "exact",
         ("mailbox", "name")),
        (_two(BORN), "likely", ("birthday", "name")),
        (_two(BORN, birthday="--05-17"), "possible", ("name", "birthday_day")),
        (_two(BORN | {"gender": "female"}, gender="male"), "possible",
         ("birthday", "name", "other_gender")),
        (_two({"addresses": (HOME,)}), "likely", ("address", "name")),
        (_two({"addresses": (HOME,)} | BORN, birthday="1961-05-17"), "possible",
         ("address", "name", "other_birthday")),
        (_two(PHONE | {"addresses": (HOME,)}, full_name="Trần Văn Nam"), "possible",
         ("phone", "other_name", "address")),
    ],
)  # fmt: skip
def test_a_pair_is_as_likely_as_its_reasons(
    verdict: Verdict, strength: str, reasons: tuple[str, ...]
) -> None:
    assert strength_of(verdict.score) == strength
    assert set(verdict.reasons) == set(reasons)


@pytest.mark.req("B-12")
def test_a_name_alone_is_never_listed() -> None:
    assert not _two({}).is_listed


@pytest.mark.req("B-12")
def test_a_family_with_one_phone_is_listed_last() -> None:
    verdict = _two(PHONE, full_name="Nguyễn Thị Lan")

    assert verdict.is_listed
    assert verdict.score == POINTS["phone"] + POINTS["other_name"]


def test_the_order_of_two_customers_says_nothing() -> None:
    one, other = a_customer(1, **PHONE, **BORN), a_customer(2, **PHONE, full_name="Anh")

    assert judged(one, other) == judged(other, one)


def test_day_and_month_that_changed_places_speak_neither_for_nor_against() -> None:
    assert _two(PHONE, birthday="1990-04-03") == _two(PHONE)
    swapped = _two(PHONE | {"birthday": "1990-03-04"}, birthday="1990-04-03")
    assert swapped == _two(PHONE)


def test_another_ward_is_another_house() -> None:
    here, there = replace(HOME, ward_code="00070"), replace(HOME, ward_code="00071")

    assert _two({"addresses": (here,)}, addresses=(there,)).reasons == ("name",)


def test_the_one_with_more_orders_survives_else_the_older() -> None:
    one, other = a_customer(1), a_customer(2)
    busy = replace(other, metrics=Metrics(order_count=3))

    assert default_survivor(one, other) == default_survivor(other, one) == one.id
    assert default_survivor(one, busy) == busy.id


def _settled(before: KeptPair | None, one: Customer, other: Customer, *, together: bool) -> Any:
    pair = pair_id(one.id, other.id)
    known = {one.id: one, other.id: other}
    return settled(
        before, known[pair.lower], known[pair.higher], together=together, at=AT, pair=pair
    )


ONE, OTHER = a_customer(1, **PHONE), a_customer(2, **PHONE)
OPEN = _settled(None, ONE, OTHER, together=True)
DISMISSED = replace(OPEN, status="dismissed", decided_at=AT, decided_by="user-lan")


@pytest.mark.req("B-12")
def test_a_pair_goes_with_what_spoke_for_it() -> None:
    assert OPEN.status == "open"
    assert OPEN.is_listed
    assert _settled(OPEN, ONE, replace(OTHER, phone=None), together=False) is None
    assert _settled(OPEN, ONE, OTHER.moved_to("archived", AT), together=False) is None


@pytest.mark.req("B-12")
def test_that_two_are_not_one_person_is_remembered_whatever_comes() -> None:
    apart = _settled(DISMISSED, ONE, replace(OTHER, phone=None), together=False)
    away = _settled(apart, ONE, OTHER.moved_to("archived", AT), together=False)
    back = _settled(away, ONE, OTHER, together=True)

    assert apart.status == away.status == back.status == "dismissed"
    assert (apart.is_listed, away.is_listed, back.is_listed) == (True, False, True)
    assert back == DISMISSED


@pytest.mark.req("B-12")
def test_what_an_event_said_is_remembered_while_one_of_them_is_away() -> None:
    strangers = ONE, a_customer(2, full_name=None)
    named = KeptPair(id=OPEN.id, named=Named("email", "haravan", AT))

    kept = _settled(named, *strangers, together=False)
    away = _settled(kept, strangers[0].moved_to("archived", AT), strangers[1], together=False)

    assert (kept.is_listed, kept.reasons) == (True, ("conflict", "no_name"))
    assert (away.is_listed, away.named) == (False, named.named)


def test_a_pair_that_was_merged_says_so_and_comes_back_when_that_is_undone() -> None:
    gone = replace(OTHER.moved_to("merged", AT), merged_into=ONE.id)

    merged = _settled(OPEN, ONE, gone, together=False)

    assert (merged.status, merged.is_listed) == ("merged", False)
    assert _settled(None, ONE, gone, together=False) is None
    assert _settled(merged, ONE, OTHER, together=True) == OPEN


def test_nothing_is_kept_of_who_was_erased() -> None:
    assert _settled(DISMISSED, ONE, OTHER.moved_to("erased", AT), together=False) is None


def test_orders_change_no_likeness() -> None:
    bought = replace(ONE, metrics=Metrics(order_count=1), revision=2, tags=("sỉ",))

    assert not compared_fields_changed(ONE, bought)
    assert compared_fields_changed(ONE, replace(ONE, full_name="Lan"))
    assert compared_fields_changed(None, ONE)


@pytest.mark.parametrize("spelled", ["", "01J", "01K-01J", "-01J", "01J-", "01J-01J"])
def test_what_names_no_two_customers_in_order_is_no_pair(spelled: str) -> None:
    assert read_pair(spelled) is None
    assert read_pair(spelled_pair(OPEN.id)) == OPEN.id
