"""Contract of `ports.Facets` for every adapter."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Address, Customer, Membership
from crm.domain.kernel.times import stamp
from crm.domain.merges.apply_merge import apply_merge, reverse_merge
from crm.domain.merges.merge import Merge
from crm.domain.merges.person import Person, person_of
from crm.ports.lists import Facets
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.loyalty_builders import a_loyalty_context, a_program

HA_NOI = Address(id="a-1", province_code="01", is_default=True)


def _change(
    sequence: int, before: Customer | None, after: Customer | None, bucket: str = "0a"
) -> CustomerChange:
    customer = after or before
    assert customer is not None
    return CustomerChange(
        customer.merchant_id, customer.id, bucket, f"{sequence:040d}", before, after
    )


def test_a_new_customer_is_counted_in_each_of_its_facets(facets: Facets) -> None:
    member = Membership(joined_at=stamp(moment()), tier="gold")
    anh = a_customer(tags=("sỉ", "hà nội"), group="vip", membership=member, addresses=(HA_NOI,))

    facets.move(MERCHANT, [_change(1, None, anh)])

    assert facets.counts(MERCHANT, "tag") == {"sỉ": 1, "hà nội": 1}
    assert facets.counts(MERCHANT, "group") == {"vip": 1}
    assert facets.counts(MERCHANT, "tier") == {"gold": 1}
    assert facets.counts(MERCHANT, "province") == {"01": 1}
    assert facets.counts(OTHER_MERCHANT, "tag") == {}


@pytest.mark.req("002-16")
def test_the_unranked_tier_is_not_counted(
    facets: Facets,
) -> None:
    joined = a_customer(membership=Membership(joined_at=stamp(moment()), tier="unranked"))
    risen = replace(joined, membership=replace(joined.membership, tier="gold"))

    facets.move(MERCHANT, [_change(1, None, joined)])
    assert facets.counts(MERCHANT, "tier") == {}
    facets.move(MERCHANT, [_change(2, joined, risen)])
    assert facets.counts(MERCHANT, "tier") == {"gold": 1}


@pytest.mark.req("D1")
def test_an_archived_customer_is_not_counted(facets: Facets) -> None:
    anh = a_customer(tags=("sỉ",), group="vip")
    gone = anh.moved_to("archived", stamp(moment(1)))

    facets.move(MERCHANT, [_change(1, None, anh), _change(2, anh, gone)])

    assert facets.counts(MERCHANT, "tag") == {}
    assert facets.counts(MERCHANT, "group") == {}


@pytest.mark.req("B-05", "D17")
def test_a_merge_counts_one_customer_and_undoing_it_counts_two(facets: Facets) -> None:
    anh = a_customer(1, tags=("sỉ",), group="vip", addresses=(HA_NOI,))
    duplicate = a_customer(2, tags=("sỉ", "lẻ"), group="new")
    context = a_loyalty_context(a_program())
    two = Person(survivor=anh), Person(survivor=duplicate)
    merge = Merge(
        id="01M", survivor_id=anh.id, loser_id=duplicate.id, at=context.at, by=LAN,
        survivor=anh, loser=duplicate,
    )  # fmt: skip
    merged = apply_merge(*two, merge, context).customers
    facets.move(MERCHANT, [_change(1, None, anh), _change(2, None, duplicate)])

    facets.move(MERCHANT, [_change(3 + n, *move) for n, move in enumerate(merged)])

    assert facets.counts(MERCHANT, "tag") == {"sỉ": 1, "lẻ": 1}
    assert facets.counts(MERCHANT, "group") == {"vip": 1}
    assert facets.counts(MERCHANT, "province") == {"01": 1}
    now = {move.after.id: move.after for move in merged}
    one = person_of(now[anh.id], now)
    assert one is not None
    unmerged = reverse_merge(one, merge, [merge], context).customers
    facets.move(MERCHANT, [_change(5 + n, *move) for n, move in enumerate(unmerged)])
    assert facets.counts(MERCHANT, "tag") == {"sỉ": 2, "lẻ": 1}
    assert facets.counts(MERCHANT, "group") == {"vip": 1, "new": 1}


def test_a_change_of_all_tags_at_once_is_counted(facets: Facets) -> None:
    before = a_customer(tags=tuple(f"cũ {n}" for n in range(30)), group="vip")
    after = replace(before, tags=tuple(f"mới {n}" for n in range(30)), group="loyal")

    facets.move(MERCHANT, [_change(1, None, before), _change(2, before, after)])

    assert facets.counts(MERCHANT, "tag") == {f"mới {n}": 1 for n in range(30)}
    assert facets.counts(MERCHANT, "group") == {"loyal": 1}


def test_repeated_changes_are_counted_once_in_batches_of_any_size(
    facets: Facets,
) -> None:
    dice = random.Random(7)
    changes: list[CustomerChange] = []
    now: dict[int, Customer] = {}
    for sequence in range(1, 81):
        number = dice.randrange(6)
        before = now.get(number)
        fields = {
            "tags": tuple(dice.sample(["sỉ", "lẻ", "xa", "gần"], dice.randrange(4))),
            "group": dice.choice([None, "vip", "new"]),
            "status": dice.choice(["active", "active", "archived", "merged"]),
        }
        after = replace(before or a_customer(number), **fields)  # type: ignore[arg-type]
        changes.append(_change(sequence, before, after))
        now[number] = after

    start = 0
    while start < len(changes):
        end = min(len(changes), start + dice.randrange(1, 30))
        for _ in range(dice.randrange(1, 4)):
            facets.move(MERCHANT, changes[max(0, start - dice.randrange(20)) : end])
        start = end

    active = [each for each in now.values() if each.status == "active"]
    assert facets.counts(MERCHANT, "tag") == Counter(tag for each in active for tag in each.tags)
    groups = Counter(each.group for each in active if each.group)
    assert facets.counts(MERCHANT, "group") == groups


def test_partitions_have_separate_sequences(facets: Facets) -> None:
    facets.move(MERCHANT, [_change(9, None, a_customer(1, group="vip"), bucket="01")])
    facets.move(MERCHANT, [_change(2, None, a_customer(2, group="vip"), bucket="02")])

    assert facets.counts(MERCHANT, "group") == {"vip": 2}
