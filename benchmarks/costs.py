"""Measure each operation's cost on DynamoDB against the least that its promises allow.

The README derives the least of each. Units are what AWS bills: see `benchmarks.meter`.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from benchmarks import Size
from benchmarks.floor import Item, querying
from benchmarks.meter import Change
from benchmarks.populations import MERCHANT, NOW, RARE_TAG, population
from benchmarks.reporting import Result, Table, run
from benchmarks.shop import Least, Shop
from crm.aws.customers.rows import row_of
from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import row
from crm.aws.exports.jobs import DynamoExports
from crm.aws.imports.jobs import DynamoImports
from crm.aws.lists.facets import DynamoFacets
from crm.aws.lists.full_walk import DynamoCustomerWalk
from crm.aws.loyalty.loyalty import DynamoPrograms
from crm.aws.orders.rows import position_of
from crm.domain.customers.customer import Customer, Identity
from crm.domain.customers.listed import ListedCustomer
from crm.domain.customers.representation import listed_shape
from crm.domain.kernel.acts import Act
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.lists.filters import Filter, conditions_of
from crm.domain.lists.pages import ListQuery
from crm.domain.lists.sorting import SortKey
from crm.domain.loyalty.points import place_of_lot
from crm.domain.loyalty.programs import STANDARD
from crm.domain.loyalty.rewards import Reward
from crm.domain.merges.merge import Merge
from crm.domain.orders.orders import Order
from crm.domain.values.phones import national
from crm.usecases.customers.customers import (
    create_customer,
    edit_customer,
    get_customer,
    look_up_customer,
)
from crm.usecases.lists.search import search_customers
from crm.usecases.loyalty.membership import enrol
from crm.usecases.loyalty.rewards import redeem
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.orders import record_order
from gates import handlers
from tests.builders import LAN, Ids
from tests.contract.conftest import dynamodb_backend_of
from tests.engines.dynamodb_local import running
from tests.export_builders import Exporting
from tests.import_builders import Backend as ImportBackend
from tests.import_builders import opening
from tests.loyalty_builders import a_program
from tests.merge_builders import merge
from tests.order_builders import an_incoming_customer, an_order

_CUSTOMERS = {"tiny": 120, "quick": 1_000, "full": 1_000}
_IMPORTED = {"tiny": 60, "quick": 250, "full": 500}
_PAGE = 50


def measure(size: Size) -> Result:
    """Run each operation once among a thousand customers, with every index."""
    handlers.remove_aws_account()
    with running() as address:
        shop = Shop(address, list(population(_CUSTOMERS[size])))
        _record(shop)
        _lists(shop)
        _searches(shop)
        _orders(shop)
        _points(shop)
        _merges(shop)
        _imports(shop, _IMPORTED[size])
        _exports(shop)
    columns = (
        "operation", "trips", "least", "read units", "least", "write units", "least",
        "units told", "bytes sent", "bytes got",
    )  # fmt: skip
    title = f"Cost of each operation, in a book of {_CUSTOMERS[size]:,}, one shard"
    return Result(
        [Table(title, columns, shop.lines)],
        shop.targets,
        [
            (
                "Units are those of AWS's bill; `units told` is what DynamoDB Local says, reads "
                "and writes together, which is too little for transactions and for what is not "
                "there. Index entries of a transaction are taken twice, as DynamoDB Local does; "
                "what AWS does is not written down, so its bill may be lower."
            ),
        ],
    )


# ── the record ──────────────────────────────────────────────────────────────────────────────────

_ANH = {
    "full_name": "Nguyễn Thị Ánh",
    "phone": "0912345678",
    "email": "anh@example.vn",
    "birthday": "1990-05-17",
    "gender": "nữ",
    "addresses": [{"line": "12 Lý Thường Kiệt", "ward": "Phường Cửa Nam", "province": "Hà Nội"}],
}
_ids = Ids("costs")


def _create(shop: Shop, fields: dict[str, Any]) -> Customer:
    act = Act(LAN, NOW, _ids)
    customer_id = CustomerId(act.new_id())
    return create_customer(MERCHANT, customer_id, fields, act=act, customers=shop.customers)


def _edit(shop: Shop, customer_id: CustomerId, version: int, **fields: str) -> None:
    edit_customer(
        MERCHANT,
        customer_id,
        fields,
        seen_version=version,
        act=Act(LAN, NOW, _ids),
        customers=shop.customers,
    )


def _record(shop: Shop) -> None:
    customer = shop.people[0]
    row_key = keys.of_customer(MERCHANT, customer.id)
    claim = keys.of_claim(MERCHANT, Identity("phone", customer.phone or ""))
    shop.measure(
        "get",
        lambda: get_customer(MERCHANT, customer.id, customers=shop.customers),
        Least(trips=1, reads=shop.rows(row_key)),
    )
    shop.measure(
        "exact lookup by phone",
        lambda: look_up_customer(
            MERCHANT, {"phone": customer.phone or ""}, customers=shop.customers
        ),
        Least(trips=2, reads=shop.rows(claim, row_key)),
    )
    created: list[Customer] = []
    shop.measure(
        "create, three identities",
        lambda: created.append(_create(shop, _ANH)),
        # One more write takes the code's number; the record itself says who created it.
        Least(trips=0, reads=0, written=_is_promised, more_writes=1),
    )
    (anh,) = created
    of_anh = keys.of_customer(MERCHANT, anh.id)
    for what, version, fields in (
        ("edit of a birthday", 1, {"birthday": "1990-05-18"}),
        ("edit of a phone", 2, {"phone": "0987654321"}),
    ):
        reads = shop.rows(of_anh)
        shop.measure(
            what,
            partial(_edit, shop, anh.id, version, **fields),
            Least(trips=1, reads=reads),
        )


def _is_promised(change: Change) -> bool:
    return not change.sk.startswith(keys.ACTIVITY) and change.sk != keys.CODES


# ── lists and search ────────────────────────────────────────────────────────────────────────────


def _lists(shop: Shop) -> None:
    sorts: tuple[SortKey, ...] = get_args(SortKey)
    for sort in sorts:
        query = ListQuery(sort=sort, limit=_PAGE)
        page = shop.lists.page(MERCHANT, query).items
        shop.measure(
            f"list of {_PAGE} by {sort}",
            partial(shop.lists.page, MERCHANT, query),
            Least(trips=1, reads=querying(_shown(each, sort) for each in page)),
        )
    tagged = conditions_of(Filter(tag=(RARE_TAG,)), today=NOW.date(), zone=DEFAULT_ZONE)
    holders = [each for each in shop.people if RARE_TAG in each.tags]
    members = [_member(RARE_TAG, each.id) for each in holders]
    read = shop.rows(*(keys.of_customer(MERCHANT, each.id) for each in holders), consistent=False)
    shop.measure(
        f"list of a tag of {len(holders)}",
        lambda: shop.lists.page(MERCHANT, ListQuery(conditions=tagged, limit=_PAGE)),
        Least(trips=2, reads=querying(members) + read),
    )
    counts = [{**keys.of_count(MERCHANT, "tag", RARE_TAG), **row({"n": 50})}]
    shop.measure(
        "counts of a facet",
        lambda: DynamoFacets(shop.table).counts(MERCHANT, "tag"),
        Least(trips=1, reads=querying(counts)),
    )


def _member(tag: str, customer_id: CustomerId) -> Item:
    return {**keys.of_tag_member(MERCHANT, tag, customer_id), **row({"id": customer_id})}


def _shown(listed: ListedCustomer, sort: SortKey) -> Item:
    """Return the smallest entry of a list index: its keys and the non-blank response fields."""
    answer = {
        **listed_shape(listed.customer),
        "default_address": listed.default_address,
        "province_code": listed.province_code,
    }
    value = {**answer, **answer["metrics"]}.get(sort) or "0000"
    return {
        **keys.of_customer(MERCHANT, listed.customer.id),
        **row({"list_partition": f"{MERCHANT}#0", "id": listed.customer.id, sort: value}),
        **row({"summary": _filled(answer)}),
    }


def _filled(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the non-blank fields of a response, without derived ones."""
    derived = {"id", "display_name", "family_name", "given_name", "status", "is_member"}
    derived |= {"average_order_value", "orders_per_active_month"}
    return {
        name: _filled(value) if isinstance(value, dict) else value
        for name, value in answer.items()
        if value and name not in derived
    }


def _searches(shop: Shop) -> None:
    customer = next(each for each in shop.people if each.email and each.full_name)
    words = (customer.full_name or "").split()
    phone = national(customer.phone or "")
    row_key = keys.of_customer(MERCHANT, customer.id)
    claim = keys.of_claim(MERCHANT, Identity("phone", customer.phone or ""))
    for what, typed, is_exact in (
        ("a phone", phone, True),
        ("the end of a phone", phone[-6:], False),
        ("the start of an e-mail", (customer.email or "")[:9], False),
        ("a full name", " ".join(reversed(words)), False),
        ("a given name and a word", f"{words[-1]} {words[0]}", False),
    ):
        found = search_customers(MERCHANT, typed, limit=20, search=shop.search).items
        shown = [keys.of_customer(MERCHANT, each.customer.id) for each in found]
        reads = (
            shop.rows(claim, row_key)
            if is_exact
            else querying([]) + shop.rows(*shown, consistent=False)
        )
        shop.measure(
            f"search by {what}, {len(found)} found",
            partial(search_customers, MERCHANT, typed, limit=20, search=shop.search),
            Least(trips=2, reads=reads),
            reasons=(_WHY_SEARCH, ""),
        )


_WHY_SEARCH = (
    "the least is one index that knows what will be typed; ours asks each order of the words and "
    "each index that may hold them, half a unit each"
)


# ── orders and points ───────────────────────────────────────────────────────────────────────────


def _orders(shop: Shop) -> None:
    """Measure the sixth order of a customer and of a member."""
    binh = {"name": "Trần Văn Bình", "phone": "0912000001"}
    cuc = {"name": "Lê Thị Cúc", "phone": "0912000002"}
    program = a_program(enrolment="explicit", hold_days=7, expiry_months=12)
    DynamoPrograms(shop.table).activate(MERCHANT, STANDARD, program)
    for what, person in (("order event", binh), ("order event of a member", cuc)):
        customer_id = _take(shop, an_order(1, id=f"{what} 1"), person)
        for day in range(2, 6):
            _take(shop, an_order(day, id=f"{what} {day}"), person)
        if person is cuc:
            enrol(MERCHANT, customer_id, act=Act(LAN, NOW, _ids), changesets=shop.changesets)
        for label, version in ((what, 1), (f"{what}, refunded in part", 2)):
            order = an_order(6, id=f"{what} 6", version=version, refunded=50_000 * (version - 1))
            read_keys = [
                keys.of_settings(MERCHANT),
                keys.of_active_program(MERCHANT),
                keys.of_order_owner(MERCHANT, order.key),
                keys.of_claim(MERCHANT, Identity("phone", f"+84{person['phone'][1:]}")),
                keys.of_customer(MERCHANT, customer_id),
            ]
            if version > 1:
                lot = place_of_lot(order.source, order.id, order.placed_at)
                read_keys += [
                    history_keys.of_order(MERCHANT, customer_id, position_of(order)),
                    history_keys.of_points(MERCHANT, customer_id, lot),
                ]
            shop.measure(
                label,
                partial(_take, shop, order, person),
                Least(trips=2, reads=shop.rows(*read_keys)),
            )


def _take(shop: Shop, order: Order, person: Mapping[str, str]) -> CustomerId:
    incoming = an_incoming_customer(f"{order.id} {order.version}", at=order.placed_at, **person)
    customer_id = record_order(
        MERCHANT,
        order,
        incoming,
        now=NOW,
        ports=EventPorts(shop.customers, shop.changesets, _ids),
    )
    return customer_id or CustomerId("")


def _points(shop: Shop) -> None:
    """Measure the redemption of a reward with limited stock."""
    customer = next(each for each in shop.people if each.membership.points.available)
    at = stamp(NOW)
    reward = Reward(id="r-1", name="Ly sứ", points=20, stock=100, created_at=at, updated_at=at)
    shop.rewards.add(MERCHANT, reward)
    read_keys = [
        keys.of_settings(MERCHANT),
        keys.of_active_program(MERCHANT),
        keys.of_customer(MERCHANT, customer.id),
        keys.of_reward(MERCHANT, reward.id),
    ]
    shop.measure(
        "redemption",
        lambda: redeem(
            MERCHANT,
            customer.id,
            _ids(NOW),
            reward.id,
            act=Act(LAN, NOW, _ids),
            changesets=shop.changesets,
            rewards=shop.rewards,
        ),
        Least(trips=1, reads=shop.rows(*read_keys)),
    )


def _merges(shop: Shop) -> None:
    """Measure the merge of two customers with orders."""
    ports = dynamodb_backend_of(shop.table)
    first, second = shop.people[1], shop.people[2]
    read_keys = [
        keys.of_customer(MERCHANT, first.id),
        keys.of_customer(MERCHANT, second.id),
        keys.of_settings(MERCHANT),
        keys.of_active_program(MERCHANT),
    ]
    created: list[Merge] = []
    shop.measure(
        "merge",
        lambda: created.append(merge(ports, first.id, second.id)),
        Least(trips=1, reads=shop.rows(*read_keys)),
        reasons=(_WHY_MERGE, ""),
    )


_WHY_MERGE = "the survivor's metrics and lots are read again, because they are pooled"


# ── files ───────────────────────────────────────────────────────────────────────────────────────

_HEADER = ("Họ và tên", "Số điện thoại", "Email", "Giới tính", "Ghi chú")


def _imports(shop: Shop, count: int) -> None:
    """Measure the rows of files that create customers, update them and change nothing.

    The writes to the import job are counted, but are no part of the least.
    """
    lines = [
        (f"Phạm Thị Dung {number}", f"0977{number:06}", f"dung.{number}@example.vn", "Nữ", "")
        for number in range(count)
    ]
    changed = [(*line[:4], "Thích giao buổi sáng") for line in lines]
    backend = ImportBackend()
    backend.customers = shop.customers  # type: ignore[assignment]
    backend.metrics = replace(backend.metrics, customers=shop.customers)
    backend.imports = DynamoImports(shop.table)  # type: ignore[assignment]
    for what, rows, known in (
        ("import row, created", lines, 0),
        ("import row, updated", changed, 1),
        ("import row, unchanged", changed, 1),
    ):
        job = backend.upload()
        shop.measure(
            what,
            partial(backend.run, job, opening(_HEADER, *rows)),
            # The claims of the phone and the e-mail, and the record if there is one.
            Least(trips=0, reads=count * (2 + known), written=_is_of_a_person),
            share=count,
            reasons=(_WHY_IMPORT, ""),
        )


_WHY_IMPORT = "a row is applied up to a week after it was planned, so its record is read again"


def _is_of_a_person(change: Change) -> bool:
    return change.sk.startswith((keys.CUSTOMER, keys.CLAIM, keys.ACTIVITY))


def _exports(shop: Shop) -> None:
    """Measure reading all customers and the progress that an export stores."""
    walk = DynamoCustomerWalk(shop.table)
    everyone = [each for bucket in walk.buckets(MERCHANT) for each in _all_of(walk, bucket)]
    units = querying(map(row_of, everyone), consistent=True)
    with TemporaryDirectory() as folder:
        exporting = Exporting(Path(folder))
        exporting.exports = DynamoExports(shop.table)  # type: ignore[assignment]
        exporting.walk = walk  # type: ignore[assignment]
        exporting.exports.add(MERCHANT, exporting.job)
        shop.measure(
            "export, a thousand customers",
            exporting.run,
            Least(trips=1, reads=units, written=lambda _: False),
            share=len(everyone) / 1_000,
            reasons=(_WHY_EXPORT, ""),
        )


_WHY_EXPORT = "some sixty units an export go to its own job and to how far each reader is"


def _all_of(walk: DynamoCustomerWalk, bucket: str) -> Iterator[Customer]:
    page = walk.page(MERCHANT, bucket, None)
    yield from page.customers
    while page.last:
        page = walk.page(MERCHANT, bucket, page.last)
        yield from page.customers


if __name__ == "__main__":
    sys.exit(run("costs", measure))
