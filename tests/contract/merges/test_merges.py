"""Merges in every engine: sums, identities, lists and refusals."""

from typing import Any

import pytest

from crm.aws.duplicates.pairs import DynamoPairs
from crm.aws.dynamodb.table import Table
from crm.aws.lists.lists import DynamoCustomerLists
from crm.aws.lists.search import DynamoCustomerSearch
from crm.domain.customers.activities import ActivityQuery
from crm.domain.kernel.errors import Conflict, DuplicateCustomer, Invalid, NotFound
from crm.domain.kernel.ids import CustomerId
from crm.domain.lists.conditions import Conditions
from crm.domain.lists.pages import ListQuery
from crm.domain.lists.search import search_of
from crm.domain.orders.orders import OrderPosition, OrderQuery, metrics_of_history
from crm.usecases.customers.customers import get_customer, look_up_customer
from crm.usecases.customers.survivors import records_of
from crm.usecases.customers.timeline import pooled_activities
from crm.usecases.merges.merges import Partner, merge_customers, preview_merge
from crm.usecases.orders.metrics import explain, rebuild
from crm.usecases.orders.person_history import pooled_orders
from tests.builders import (
    MERCHANT,
    OTHER_MERCHANT,
    Ids,
    a_customer,
    an_act,
    customer_id,
    moment,
)
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.search import InMemorySearch
from tests.merge_builders import keep_customers, merge, phone, take_order, undo
from tests.order_builders import HOA, Backend, an_incoming_customer, an_order, placed

A, B, C = (customer_id(number) for number in (1, 2, 3))


@pytest.mark.req("004-14", "004-18", "D17", "B-05")
def test_the_survivor_shows_pooled_metrics_and_the_loser_keeps_its_own(backend: Backend) -> None:
    keep_customers(backend, 1, 2)
    take_order(backend, 1, of=1)
    take_order(backend, 2, of=2, paid=0, status="open")
    alone = backend.metrics(B)

    merge(backend, A, B)

    survivor = backend.customers.get(MERCHANT, A)
    assert (survivor.metrics.order_count, survivor.metrics.total_spent) == (2, 500_000)
    assert survivor.metrics.debt == 250_000
    assert survivor.metrics.first_order_at == placed(1)
    assert survivor.metrics.last_order_at == placed(2)
    assert survivor.metrics.median_days_between_orders == 1
    assert backend.metrics(B) == alone
    loser = backend.customers.get(MERCHANT, B)
    assert (loser.status, loser.merged_into) == ("merged", A)


@pytest.mark.req("B-05")
def test_every_identity_of_both_records_finds_the_survivor(backend: Backend) -> None:
    keep_customers(backend, 1, 2)
    merge(backend, A, B, {"phone": "loser"})

    for named in ({"phone": phone(1)}, {"phone": phone(2)}, {"code": "KH000002"}):
        assert look_up_customer(MERCHANT, named, customers=backend.customers).id == A
    assert get_customer(MERCHANT, B, customers=backend.customers).id == A
    with pytest.raises(DuplicateCustomer) as refused:
        backend.customers.add(MERCHANT, a_customer(3, phone=phone(2)))
    assert refused.value.params["existing_customer_id"] == A


@pytest.mark.req("B-05")
def test_a_merged_record_is_not_listed_and_a_search_finds_its_survivor(
    backend: Backend, engine: Table | None
) -> None:
    keep_customers(backend, 1, 2)
    merge(backend, A, B)

    lists: Any
    search: Any
    if engine is None:
        assert isinstance(backend.customers, InMemoryCustomers)
        lists, search = backend.customers, InMemorySearch(backend.customers)
    else:
        lists, search = DynamoCustomerLists(engine), DynamoCustomerSearch(engine)
    query = ListQuery(
        sort="updated_at", descending=True, conditions=Conditions(), limit=50, after=None
    )
    assert [each.customer.id for each in lists.page(MERCHANT, query).items] == [A]
    found = search.find(MERCHANT, search_of(phone(2)), 10)
    assert [each.customer.id for each in found.items] == [A]


@pytest.mark.req("B-05", "004-18")
def test_a_late_order_of_the_loser_changes_both_records_and_stays_with_the_loser_after_an_undo(
    backend: Backend,
) -> None:
    keep_customers(backend, 1, 2)
    take_order(backend, 1, of=1)
    made = merge(backend, A, B)

    assert take_order(backend, 2, of=2) == B
    take_order(backend, 3, of=1)

    assert backend.metrics(A).order_count == 3
    assert backend.metrics(B).order_count == 1
    explained = explain(MERCHANT, B, ports=backend.metrics_ports)
    assert explained.customer.id == A
    assert explained.computed == backend.metrics(A)
    assert not rebuild(MERCHANT, A, now=moment(90), ports=backend.metrics_ports).repaired

    undo(backend, made.id)

    for each, count in ((A, 2), (B, 1)):
        assert backend.metrics(each).order_count == count
        assert backend.metrics(each) == backend.fold(each)


@pytest.mark.req("B-05")
def test_orders_and_history_of_all_records_are_listed_together(backend: Backend) -> None:
    keep_customers(backend, 1, 2, 3)
    for number in range(1, 10):
        take_order(backend, number, of=number % 3 + 1)
    merge(backend, A, B)
    merge(backend, A, C, minutes=61)
    ids = records_of(MERCHANT, C, customers=backend.customers).ids
    assert set(ids) == {A, B, C}

    seen: list[str] = []
    query = OrderQuery(limit=4)
    pages = []
    while True:
        page = pooled_orders(MERCHANT, ids, query, orders=backend.orders)
        pages.append(page)
        seen += [order.id for order in page.items]
        if not page.has_older:
            break
        last = page.items[-1]
        query = OrderQuery(limit=4, beside=OrderPosition(last.placed_at, *last.key))
    assert seen == [f"o-{number}" for number in range(9, 0, -1)]
    assert [page.has_newer for page in pages] == [False, True, True]

    lines: list[str] = []
    wanted = ActivityQuery(since=placed(-10), until=placed(20), limit=3)
    while True:
        history = pooled_activities(MERCHANT, ids, wanted, activities=backend.activities)
        lines += [line.id for line in history.items]
        if history.next is None:
            break
        wanted = ActivityQuery(since=placed(-10), until=placed(20), limit=3, after=history.next)
    # Nine orders, and a line for each merge in the history of both records.
    assert len(lines) == len(set(lines)) == 9 + 4


@pytest.mark.req("D2")
def test_the_survivor_keeps_its_email_and_a_caller_cannot_choose_it(backend: Backend) -> None:
    backend.customers.add(MERCHANT, a_customer(1, email="mot@example.vn"))
    backend.customers.add(MERCHANT, a_customer(2, email="hai@example.vn"))

    with pytest.raises(Invalid) as refused:
        merge(backend, A, B, {"email": "loser"})
    assert [each.code for each in refused.value.problems] == ["merge_not_choosable"]

    merge(backend, A, B)
    assert backend.customers.get(MERCHANT, A).email == "mot@example.vn"


@pytest.mark.req("004-15", "D2")
def test_a_partner_is_found_by_email_phone_card_or_code(backend: Backend) -> None:
    keep_customers(backend, 1)
    theirs = a_customer(2, phone=phone(2), email="hai@example.vn", card_code="TV0002")
    backend.customers.add(MERCHANT, theirs)

    for named in (
        {"email": "HAI@example.vn"},
        {"phone": phone(2)},
        {"card_code": "tv0002"},
        {"code": "KH000002"},
    ):
        seen = preview_merge(
            MERCHANT, A, Partner(None, named), {}, now=moment(60), ports=backend.merge_ports
        )
        assert seen.loser_id == B
    assert backend.customers.get(MERCHANT, B).status == "active"


def test_each_invalid_partner_has_its_own_error(backend: Backend) -> None:
    keep_customers(backend, 1, 2, 3)
    backend.customers.add(
        OTHER_MERCHANT,
        a_customer(4, merchant_id=OTHER_MERCHANT, id=customer_id(4), phone=phone(4)),
    )
    merge(backend, A, B)

    for loser, code in ((A, "merge_itself"), (B, "merge_same_person")):
        with pytest.raises(Conflict) as refused:
            merge(backend, A, loser)
        assert refused.value.code == code
    for stranger in (customer_id(4), CustomerId("01J0")):
        with pytest.raises(NotFound):
            merge(backend, A, stranger)
    with pytest.raises(NotFound):
        merge_customers(
            MERCHANT,
            "01M",
            A,
            Partner(None, {"phone": phone(4)}),
            {},
            act=an_act(now=moment(60)),
            ports=backend.merge_ports,
        )
    # A merged record names its survivor.
    merge(backend, C, B, minutes=62)
    assert backend.customers.get(MERCHANT, A).merged_into == C


def test_at_most_twenty_records_are_merged_into_one(backend: Backend) -> None:
    keep_customers(backend, *range(1, 23))
    for number in range(2, 22):
        merge(backend, A, customer_id(number), minutes=60 + number)

    with pytest.raises(Conflict) as refused:
        merge(backend, A, customer_id(22), minutes=90)
    assert refused.value.code == "merge_too_many"
    with pytest.raises(Conflict):
        merge(backend, customer_id(22), A, minutes=90)
    take_order(backend, 1, of=21)
    assert backend.metrics(A).order_count == 1
    survivor = backend.customers.get(MERCHANT, A)
    assert len(survivor.merged_from) == 20
    assert (
        metrics_of_history(backend.orders.history(MERCHANT, customer_id(21)), HOA.zone).order_count
        == 1
    )


def test_merges_are_listed_newest_first(backend: Backend) -> None:
    keep_customers(backend, 1, 2, 3)
    first, second = merge(backend, A, B), merge(backend, A, C, minutes=61)

    page = backend.merges.newest(MERCHANT, limit=1, before=None)

    assert ([each.id for each in page.items], page.more) == ([second.id], True)
    rest = backend.merges.newest(MERCHANT, limit=5, before=second.id)
    assert ([each.id for each in rest.items], rest.more) == ([first.id], False)
    assert backend.merges.get(MERCHANT, first.id) == first
    with pytest.raises(NotFound):
        backend.merges.get(OTHER_MERCHANT, first.id)


def test_repeating_a_merge_with_its_id_keeps_the_stored_merge(backend: Backend) -> None:
    keep_customers(backend, 1, 2)
    partner = Partner(B)
    act = an_act(now=moment(60), ids=lambda _: "01M")
    made = merge_customers(MERCHANT, "01M", A, partner, {}, act=act, ports=backend.merge_ports)

    with pytest.raises(Conflict) as refused:
        merge_customers(MERCHANT, "01M", A, partner, {}, act=act, ports=backend.merge_ports)

    assert refused.value.code == "merge_same_person"
    assert backend.merges.get(MERCHANT, "01M") == made
    assert Ids()(moment()) != made.id


@pytest.mark.req("B-12", "B-05")
def test_an_order_that_names_two_customers_pairs_the_survivors_of_merged_records(
    backend: Backend, engine: Table | None
) -> None:
    keep_customers(backend, 1, 2, 3)
    merge(backend, B, C)
    backend.customers.add(MERCHANT, a_customer(4, email="anh@example.vn"))

    backend.take(an_order(), an_incoming_customer(phone=phone(1), email="anh@example.vn"))
    merge(backend, B, customer_id(4), minutes=90)
    backend.take(an_order(2), an_incoming_customer("e-2", phone=phone(1), email="anh@example.vn"))

    assert _named_pairs(backend, engine, A) == {(A, customer_id(4)), (A, B)}


def _named_pairs(
    backend: Backend, engine: Table | None, whose: CustomerId
) -> set[tuple[str, str]]:
    """Return the pairs named by events, by their lower id."""
    if engine is not None:
        return {(*each.id,) for each in DynamoPairs(engine).of(MERCHANT, whose) if each.named}
    assert isinstance(backend.changesets, InMemoryChangesets)
    return {(lower, higher) for _, lower, higher in backend.changesets.pairs if lower == whose}
