"""What `ports.Facets` promises, whoever provides it."""

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
    known = after or before
    assert known is not None
    return CustomerChange(known.merchant_id, known.id, bucket, f"{sequence:040d}", before, after)


def test_a_new_customer_is_counted_under_all_that_it_has(facets: Facets) -> None:
    member = Membership(joined_at=stamp(moment()), tier="gold")
    anh = a_customer(tags=("sỉ", "hà nội"), group="vip", membership=member, addresses=(HA_NOI,))

    facets.move(MERCHANT, [_change(1, None, anh)])

    assert facets.counts(MERCHANT, "tag") == {"sỉ": 1, "hà nội": 1}
    assert facets.counts(MERCHANT, "group") == {"vip": 1}
    assert facets.counts(MERCHANT, "tier") == {"gold": 1}
    assert facets.counts(MERCHANT, "province") == {"01": 1}
    assert facets.counts(OTHER_MERCHANT, "tag") == {}


@pytest.mark.req("002-16")
def test_the_unranked_are_no_tier_that_is_counted_for_who_is_no_member_is_one_of_them(
    facets: Facets,
) -> None:
    joined = a_customer(membership=Membership(joined_at=stamp(moment()), tier="unranked"))
    risen = replace(joined, membership=replace(joined.membership, tier="gold"))

    facets.move(MERCHANT, [_change(1, None, joined)])
    assert facets.counts(MERCHANT, "tier") == {}
    facets.move(MERCHANT, [_change(2, joined, risen)])
    assert facets.counts(MERCHANT, "tier") == {"gold": 1}


@pytest.mark.req("D1")
def test_an_archived_customer_is_counted_nowhere(facets: Facets) -> None:
    anh = a_customer(tags=("sỉ",), group="vip")
    gone = anh.moved_to("archived", stamp(moment(1)))

    facets.move(MERCHANT, [_change(1, None, anh), _change(2, anh, gone)])

    assert facets.counts(MERCHANT, "tag") == {}
    assert facets.counts(MERCHANT, "group") == {}


@pytest.mark.req("B-05", "D17")
def test_a_merge_counts_one_customer_and_its_undoing_two_again(facets: Facets) -> None:
    anh = a_customer(1, tags=("sỉ",), group="vip", addresses=(HA_NOI,))
    hers = a_customer(2, tags=("sỉ", "lẻ"), group="new")
    context = a_loyalty_context(a_program())
    two = Person(survivor=anh), Person(survivor=hers)
    merge = Merge(
        id="01M", survivor_id=anh.id, loser_id=hers.id, at=context.at, by=LAN,
        survivor=anh, loser=hers,
    )  # fmt: skip
    made = apply_merge(*two, merge, context).customers
    facets.move(MERCHANT, [_change(1, None, anh), _change(2, None, hers)])

    facets.move(MERCHANT, [_change(3 + n, *move) for n, move in enumerate(made)])

    assert facets.counts(MERCHANT, "tag") == {"sỉ": 1, "lẻ": 1}
    assert facets.counts(MERCHANT, "group") == {"vip": 1}
    assert facets.counts(MERCHANT, "province") == {"01": 1}
    now = {move.after.id: move.after for move in made}
    one = person_of(now[anh.id], now)
    assert one is not None
    back = reverse_merge(one, merge, [merge], context).customers
    facets.move(MERCHANT, [_change(5 + n, *move) for n, move in enumerate(back)])
    assert facets.counts(MERCHANT, "tag") == {"sỉ": 2, "lẻ": 1}
    assert facets.counts(MERCHANT, "group") == {"vip": 1, "new": 1}


def test_a_change_of_all_tags_at_once_is_counted_too(facets: Facets) -> None:
    before = a_customer(tags=tuple(f"cũ {n}" for n in range(30)), group="vip")
    after = replace(before, tags=tuple(f"mới {n}" for n in range(30)), group="loyal")

    facets.move(MERCHANT, [_change(1, None, before), _change(2, before, after)])

    assert facets.counts(MERCHANT, "tag") == {f"mới {n}": 1 for n in range(30)}
    assert facets.counts(MERCHANT, "group") == {"loyal": 1}


def test_each_change_is_counted_once_however_often_and_in_which_portions_it_comes(
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


def test_partitions_are_counted_apart(facets: Facets) -> None:
    facets.move(MERCHANT, [_change(9, None, a_customer(1, group="vip"), bucket="01")])
    facets.move(MERCHANT, [_change(2, None, a_customer(2, group="vip"), bucket="02")])

    assert facets.counts(MERCHANT, "group") == {"vip": 2}
